//! Readable output: short lines, aligned, one idea each.

use auth_connector_host::{
    Attributes, CallError, CallReport, Diagnostic, HttpExchange, Plugin, Severity,
};
use std::time::Duration;

/// The column at which values start.
const COLUMN: usize = 18;

/// `  label       value`
pub fn field(label: &str, value: &str) {
    let one_line = clean(value);
    println!("  {label:<COLUMN$}{one_line}");
}

/// A field, if there is a value.
pub fn optional(label: &str, value: Option<&str>) {
    if let Some(value) = value {
        field(label, value);
    }
}

/// What a component wrote, fit for a terminal: no control characters, so no escape sequences.
pub fn clean(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

/// Attributes, one field each, but for those that were shown already.
pub fn attributes(attributes: &Attributes, shown: &[&str]) {
    for (key, value) in attributes
        .iter()
        .filter(|(key, _)| !shown.contains(&key.as_str()))
    {
        field(&clean(key), value);
    }
}

/// Findings, errors first as the connector ordered them.
pub fn diagnostics(findings: &[Diagnostic]) {
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
        println!("  {severity:<9}{} [{}]", clean(place), clean(&finding.code));
        println!("           {}", clean(&finding.message));
    }
}

/// Why something did not work: class, words, codes.
pub fn cause(cause: &CallError) {
    field("kind", cause.kind().as_str());
    match cause {
        CallError::Connector(failure) => {
            field("why", &failure.message);
            optional("provider code", failure.provider_code.as_deref());
            optional("request id", failure.request_id.as_deref());
            if let Some(ms) = failure.retry_after_ms {
                field(
                    "try again",
                    &format!("in {}", span(Duration::from_millis(ms.into()))),
                );
            }
            attributes(&failure.attributes, &[]);
            diagnostics(&failure.diagnostics);
        }
        CallError::Host(fault) => field("why", &fault.to_string()),
    }
}

/// Where the time went.
pub fn report(report: &CallReport, plugin: &Plugin) {
    let load = plugin.load_timings();
    let how = if load.cached {
        "from the cache"
    } else {
        "compiled"
    };
    println!("  where the time went");
    step("load", load.read + load.compile, how);
    step("queue", report.queued, "");
    step("instance", report.instantiate, "fresh");
    step(
        "computing",
        report.guest,
        &format!(
            "guest and host functions, {} of memory",
            kilobytes(report.memory_bytes)
        ),
    );
    report.http.iter().for_each(exchange);
    step("call", report.total, "all of it, waiting included");
}

fn exchange(exchange: &HttpExchange) {
    let what = format!("{} {}{}", exchange.method, exchange.origin, exchange.path);
    let came = match (&exchange.error, exchange.status) {
        (Some(error), _) => error.clone(),
        (None, Some(status)) => format!("status {status}"),
        (None, None) => "no answer".to_owned(),
    };
    step("request", exchange.total, &format!("{what}: {came}"));
    if exchange.reused_connection {
        println!("    {:<12}{:>11}", "connection", "kept");
    } else {
        for (label, time) in [
            ("name", exchange.dns),
            ("connect", exchange.connect),
            ("TLS", exchange.tls),
        ] {
            if let Some(time) = time {
                println!("    {label:<12}{:>11}", span(time));
            }
        }
    }
    if let Some(time) = exchange.first_byte {
        println!("    {:<12}{:>11}", "first byte", span(time));
    }
    println!(
        "    {} bytes sent, {} received; headers: {}",
        exchange.request_body_bytes,
        exchange.response_body_bytes,
        clean(&exchange.request_headers.join(", "))
    );
}

fn step(label: &str, time: Duration, remark: &str) {
    println!("    {label:<12}{:>11}  {}", span(time), clean(remark));
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
    fn a_component_cannot_drive_the_terminal() {
        assert_eq!(clean("a\u{1b}[2Jb\r\nc\u{9b}d"), "a [2Jb  c d");
    }

    #[test]
    fn a_span_is_shown_in_the_unit_that_reads_best() {
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
