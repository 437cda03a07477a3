//! Lines about each request on the binary's standard error.
//!
//! Everything is masked, except lines that begin with `inbox `: they show the whole number and the text of an accepted
//! message, one line each, because that is the purpose of an inbox.

use std::fmt::Write;

use crate::service::Event;

/// The lines about one request, each ended by a line feed.
pub fn render(event: &Event) -> String {
    let entry = &event.entry;
    let mut out = String::new();
    let action = entry.action.as_deref().unwrap_or("(no known action)");
    let verdict = match (&entry.fault, entry.verdict.is_empty()) {
        (Some(fault), true) => format!("not processed, fault {fault}"),
        (Some(fault), false) => format!("{}, then fault {fault}", entry.verdict),
        (None, _) => entry.verdict.clone(),
    };
    line(
        &mut out,
        format_args!("#{} {action}: {verdict}", entry.sequence),
    );
    if let Some(credential) = &entry.credential {
        let account = entry.account.as_deref().unwrap_or("unknown");
        line(
            &mut out,
            format_args!("   key {credential}, account {account}"),
        );
    }
    for (title, text) in [
        (
            "canonical request, as this side computed it",
            &entry.canonical_request,
        ),
        ("string to sign", &entry.string_to_sign),
    ] {
        if let Some(text) = text {
            line(&mut out, format_args!("   {title}:"));
            for part in text.split('\n') {
                line(&mut out, format_args!("   | {part}"));
            }
        }
    }
    for recipient in &entry.recipients {
        line(
            &mut out,
            format_args!("   {}: {}", recipient.number, recipient.verdict),
        );
    }
    for detail in &entry.detail {
        line(&mut out, format_args!("   why: {detail}"));
    }
    for message in &event.accepted {
        line(
            &mut out,
            format_args!("inbox {} {}", message.to, message.text),
        );
    }
    out
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Control characters that a client sent must not steer the terminal.
    let mut buffer = String::new();
    let _ = buffer.write_fmt(text);
    out.extend(buffer.chars().map(|c| if c.is_control() { ' ' } else { c }));
    out.push('\n');
}
