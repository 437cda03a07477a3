//! Machine-readable output. Fields are stable: a field that does not apply is null, and none disappears.

use crate::clean::is_deceptive;
use crate::output::Page;
use crate::text;
use auth_connector_host::{
    Attributes, CacheUse, CallError, CallReport, Diagnostic, HttpExchange, Plugin, Provenance,
    Receipt, SendError,
};
use serde_json::{Map, Value, json};
use std::time::Duration;

/// Shows a document. Characters that could control a terminal or deceive a reader are escaped, which for a program is
/// the same text.
pub fn show(page: &mut Page, document: &Value) {
    let mut shown = String::new();
    for c in format!("{document:#}").chars() {
        // Such characters are in strings and nowhere else.
        if is_deceptive(c) && c != '\n' {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                shown.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            shown.push(c);
        }
    }
    page.line(shown);
}

/// The outcome of a send. `to` is already masked.
pub fn sent(
    to: &str,
    outcome: &Result<Receipt, SendError>,
    report: &CallReport,
    plugin: &Plugin,
) -> Value {
    let cause = outcome.as_ref().err().map(SendError::cause);
    let state = match outcome {
        Ok(_) => "accepted",
        Err(error) if error.is_certainly_not_sent() => "not-sent",
        Err(_) => "unknown",
    };
    let own = json!({"outcome": state, "to": to, "message_id": null});
    let mut document = document(own, cause);
    if let Ok(receipt) = outcome {
        set(&mut document, "message_id", json!(receipt.message_id));
        set(&mut document, "request_id", json!(receipt.request_id));
        set(&mut document, "attributes", attributes(&receipt.attributes));
    }
    set(&mut document, "timings", timings(report, plugin));
    document
}

/// The document of a call: its own members, and those of a failure, which are null without one.
pub fn document(mut own: Value, cause: Option<&CallError>) -> Value {
    let failure = json!({
        "source": "connector", "kind": null, "message": null, "provider_code": null, "request_id": null,
        "retry_after_ms": null, "diagnostics": [], "attributes": {},
    });
    if let (Value::Object(own), Value::Object(failure)) = (&mut own, failure) {
        for (name, value) in failure {
            own.entry(name).or_insert(value);
        }
    }
    if let Some(cause) = cause {
        add_cause(&mut own, cause);
    }
    own
}

/// Sets the fields of a failure in a document.
fn add_cause(document: &mut Value, cause: &CallError) {
    set(document, "kind", json!(cause.kind().as_str()));
    match cause {
        CallError::Connector(failure) => {
            set(document, "source", json!("connector"));
            set(document, "message", json!(failure.message));
            set(document, "provider_code", json!(failure.provider_code));
            set(document, "request_id", json!(failure.request_id));
            set(document, "retry_after_ms", json!(failure.retry_after_ms));
            set(document, "diagnostics", diagnostics(&failure.diagnostics));
            set(document, "attributes", attributes(&failure.attributes));
        }
        CallError::Host(_) | CallError::Policy(_) => {
            set(document, "source", json!("host"));
            set(document, "message", json!(cause.to_string()));
            set(
                document,
                "attributes",
                json!({ "host-fault": cause.code() }),
            );
        }
    }
}

/// Findings about a config.
pub fn diagnostics(findings: &[Diagnostic]) -> Value {
    let one = |finding: &Diagnostic| {
        json!({
            "pointer": finding.pointer, "code": finding.code, "severity": finding.severity.as_str(),
            "message": finding.message, "attributes": attributes(&finding.attributes),
        })
    };
    findings.iter().map(one).collect()
}

/// Attributes as an object; of a key that occurs twice, the first counts.
pub fn attributes(attributes: &Attributes) -> Value {
    let mut object = Map::new();
    for (key, value) in attributes {
        object.entry(key.clone()).or_insert_with(|| json!(value));
    }
    Value::Object(object)
}

/// The duration of loading.
pub fn load(plugin: &Plugin) -> Value {
    let timings = plugin.load_timings();
    json!({ "read_us": micros(timings.read), "compile_us": micros(timings.compile), "cached": timings.cache == CacheUse::Hit,
        "cache": timings.cache.as_str() })
}

/// A package: its signer, its requests and its grants.
pub fn package(package: &Provenance) -> Value {
    let (manifest, decision) = (&package.manifest, &package.decision);
    let signer = package
        .signer
        .as_ref()
        .map(|signer| json!({ "key": signer.key.to_string(), "comment": signer.trusted_comment }));
    let origins = decision.origins().iter().map(
        |origin| json!({ "origin": origin.origin.to_string(), "standing": origin.standing.as_str() }),
    );
    let limits = decision.limits().iter().map(|limit| {
        json!({
            "limit": limit.limit.as_str(), "asked": limit.asked, "granted": limit.granted, "given": limit.given(),
        })
    });
    json!({
        "id": manifest.id, "version": manifest.version, "contract": manifest.contract,
        "name": manifest.name, "description": manifest.description, "license": manifest.license,
        "homepage": manifest.homepage, "annotations": attributes(&manifest.annotations),
        "signer": signer, "complete": decision.is_complete(),
        "origins": origins.collect::<Value>(), "config_origins": manifest.config_origins, "limits": limits.collect::<Value>(),
    })
}

fn timings(report: &CallReport, plugin: &Plugin) -> Value {
    json!({
        "load": load(plugin),
        "queued_us": micros(report.queued),
        "instantiate_us": micros(report.instantiate),
        "guest_us": micros(report.guest),
        "total_us": micros(report.total),
        "memory_bytes": report.memory_bytes,
        "http": report.http.iter().map(exchange).collect::<Value>(),
    })
}

fn exchange(exchange: &HttpExchange) -> Value {
    json!({
        "method": exchange.method, "origin": exchange.origin, "path": exchange.path,
        "request_headers": exchange.request_headers,
        "request_body_bytes": exchange.request_body_bytes, "response_body_bytes": exchange.response_body_bytes,
        "status": exchange.status, "reused_connection": exchange.reused_connection,
        "dns_us": exchange.dns.map(micros), "connect_us": exchange.connect.map(micros),
        "tls_us": exchange.tls.map(micros), "first_byte_us": exchange.first_byte.map(micros),
        "total_us": micros(exchange.total), "error": text::network_error(exchange),
    })
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// Sets a field of a document.
pub fn set(document: &mut Value, key: &str, value: Value) {
    if let Value::Object(object) = document {
        object.insert(key.to_owned(), value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deceptive_characters_are_escaped_losslessly() {
        let text = "a\u{202e}b\u{9b}c\u{200b}d\u{e0041}e\u{7f}é短";
        let mut page = Page::default();
        show(&mut page, &json!({ text: text }));
        let shown = page.text();
        assert!(!shown.contains(|c: char| is_deceptive(c) && c != '\n'));
        assert!(
            shown.contains("\\u202e") && shown.contains("é短"),
            "{shown}"
        );
        let read: Value = serde_json::from_str(shown).unwrap();
        assert_eq!(read, json!({ text: text }));
    }
}
