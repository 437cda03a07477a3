//! Readable output: short lines, aligned, one idea each.

use crate::clean::clean;
use crate::output::Page;
use auth_connector_host::{
    Attributes, CacheUse, CallError, CallReport, Diagnostic, HttpExchange, NO_TRUSTED_AUTHORITY,
    Origin, Plugin, Severity,
};
use std::time::Duration;

/// The column at which values start.
const COLUMN: usize = 18;

/// `  label       value`
pub fn field(page: &mut Page, label: &str, value: &str) {
    let one_line = clean(value);
    page.line(format_args!("  {label:<COLUMN$}{one_line}"));
}

/// A field, if there is a value.
pub fn optional(page: &mut Page, label: &str, value: Option<&str>) {
    if let Some(value) = value {
        field(page, label, value);
    }
}

/// Attributes, one field each, except those that were shown already.
pub fn attributes(page: &mut Page, attributes: &Attributes, shown: &[&str]) {
    for (key, value) in attributes
        .iter()
        .filter(|(key, _)| !shown.contains(&key.as_str()))
    {
        field(page, &clean(key), value);
    }
}

/// Findings, errors first as the connector ordered them.
pub fn diagnostics(page: &mut Page, findings: &[Diagnostic]) {
    for finding in findings {
        let place = if finding.pointer.is_empty() {
            "(the whole config)"
        } else {
            &finding.pointer
        };
        let severity = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Other => "note",
        };
        page.line(format_args!(
            "  {severity:<9}{} [{}]",
            clean(place),
            clean(&finding.code)
        ));
        page.line(format_args!("           {}", clean(&finding.message)));
    }
}

/// The cause of a failure: class, text, codes.
pub fn cause(page: &mut Page, cause: &CallError) {
    field(page, "kind", cause.kind().as_str());
    match cause {
        CallError::Connector(failure) => {
            field(page, "why", &failure.message);
            optional(page, "provider code", failure.provider_code.as_deref());
            optional(page, "request id", failure.request_id.as_deref());
            if let Some(ms) = failure.retry_after_ms {
                field(
                    page,
                    "try again",
                    &format!("in {}", span(Duration::from_millis(ms.into()))),
                );
            }
            attributes(page, &failure.attributes, &[]);
            diagnostics(page, &failure.diagnostics);
        }
        CallError::Host(_) | CallError::Policy(_) => field(page, "why", &cause.to_string()),
    }
}

/// The network's error, if a request failed: the connector's text is about its own side.
pub fn network(page: &mut Page, report: &CallReport) {
    optional(page, "network", last_error(report).as_deref());
}

/// The reason for which the last request failed, if it did. The library observed it, so that no plugin can add a
/// destination here that it did not request.
pub fn last_error(report: &CallReport) -> Option<String> {
    report.http.last().and_then(network_error)
}

/// The reason for which a request failed, with this program's own option if that fixes it.
pub fn network_error(exchange: &HttpExchange) -> Option<String> {
    let error = exchange.error.as_deref()?;
    Some(if error == NO_TRUSTED_AUTHORITY {
        format!("{error}: --ca FILE")
    } else if exchange.refused == Some("origin") {
        format!("{error}: {}", not_granted(&exchange.origin))
    } else {
        error.to_owned()
    })
}

/// A destination that was not granted, and the option that grants it.
fn not_granted(origin: &str) -> String {
    // As an option would be written: without the port that the scheme implies.
    let origin = Origin::parse(origin).map_or_else(|_| origin.to_owned(), |one| one.to_string());
    format!(
        "{origin} is not granted. If the connector is to reach it, grant it by --allow {origin}, or by --allow-beyond {origin} where a package's manifest does not name it"
    )
}

/// The duration of each phase.
pub fn report(page: &mut Page, report: &CallReport, plugin: &Plugin) {
    let load = plugin.load_timings();
    let how = if load.cache == CacheUse::Hit {
        "from the cache"
    } else {
        "compiled"
    };
    page.line("  where the time went");
    step(page, "load", load.read + load.compile, how);
    step(page, "queue", report.queued, "");
    step(page, "instance", report.instantiate, "fresh");
    step(
        page,
        "computing",
        report.guest,
        &format!(
            "guest and host functions, {} of memory",
            kilobytes(report.memory_bytes)
        ),
    );
    for request in &report.http {
        exchange(page, request);
    }
    step(page, "call", report.total, "all of it, waiting included");
}

fn exchange(page: &mut Page, exchange: &HttpExchange) {
    let what = format!("{} {}{}", exchange.method, exchange.origin, exchange.path);
    let came = match (network_error(exchange), exchange.status) {
        (Some(error), _) => error,
        (None, Some(status)) => format!("status {status}"),
        (None, None) => "no answer".to_owned(),
    };
    step(page, "request", exchange.total, &format!("{what}: {came}"));
    if exchange.reused_connection {
        page.line(format_args!("    {:<12}{:>11}", "connection", "kept"));
    } else {
        for (label, time) in [
            ("name", exchange.dns),
            ("connect", exchange.connect),
            ("TLS", exchange.tls),
        ] {
            if let Some(time) = time {
                page.line(format_args!("    {label:<12}{:>11}", span(time)));
            }
        }
    }
    if let Some(time) = exchange.first_byte {
        page.line(format_args!("    {:<12}{:>11}", "first byte", span(time)));
    }
    page.line(format_args!(
        "    {} bytes sent, {} received; headers: {}",
        exchange.request_body_bytes,
        exchange.response_body_bytes,
        clean(&exchange.request_headers.join(", "))
    ));
}

fn step(page: &mut Page, label: &str, time: Duration, remark: &str) {
    page.line(format_args!(
        "    {label:<12}{:>11}  {}",
        span(time),
        clean(remark)
    ));
}

/// A duration in the unit that reads best.
pub fn span(time: Duration) -> String {
    let micros = time.as_micros();
    match micros {
        0..1_000 => format!("{micros} µs"),
        1_000..1_000_000 => format!("{:.1} ms", time.as_secs_f64() * 1e3),
        _ => format!("{:.1} s", time.as_secs_f64()),
    }
}

/// A size in thousands of bytes.
pub fn kilobytes(bytes: usize) -> String {
    format!("{}.{} KB", bytes / 1000, bytes % 1000 / 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn span_is_shown_in_most_readable_unit() {
        for (micros, shown) in [
            (0, "0 µs"),
            (999, "999 µs"),
            (1_000, "1.0 ms"),
            (999_949, "999.9 ms"),
            (1_500_000, "1.5 s"),
        ] {
            assert_eq!(span(Duration::from_micros(micros)), shown);
        }
    }
}
