//! Texts that try to become markup, to control a terminal and to fill a page.

use crate::bindings::exports::auth::connector::sms;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Markup, a script, an escape sequence, a direction mark, escaped for JSON.
const JSON: &str = r#"<img src=x onerror=alert(1)><script>alert(1)</script><style>*{display:none}</style>\u001b[2J\u202e' onfocus=alert(1) "#;

/// The same without escapes.
const PLAIN: &str =
    "<img src=x onerror=alert(1)><script>alert(1)</script>\u{1b}[2J\u{202e}\" onfocus=\"alert(1)";

/// Ten kilobytes of it.
pub fn evil() -> String {
    PLAIN.repeat(10_240 / PLAIN.len())
}

/// A form of every type of item, each with such texts.
pub fn form() -> String {
    let long = JSON.repeat(10_240 / JSON.len());
    let types = [
        "Text",
        "Number",
        "MultilineText",
        "Switch",
        "Select",
        "MultiSelect",
        "Json",
    ];
    let items: Vec<String> = types
        .iter()
        .map(|kind| {
            format!(
                r#"{{"key":"{kind}","type":"{kind}","label":"{long}","description":"{long}","placeholder":"{long}","selectItems":[{{"value":"x","title":"{long}"}}]}}"#
            )
        })
        .collect();
    let items = items.join(",");
    format!(
        r#"[{{"key":"attack","type":"Text","label":"<b>attack</b>"}},{{"key":"\"><script>alert(1)</script>","type":"Text","label":"{long}"}},{items}]"#
    )
}

/// A list of objects whose columns have such names.
pub fn schema() -> String {
    format!(
        r#"{{"properties":{{"Json":{{"type":"array","items":{{"type":"object","properties":{{"a":{{"type":"string","title":"{JSON}"}},"<i>":{{"type":"string"}}}}}}}}}}}}"#
    )
}

/// Findings with such texts, at a field, at a place that does not exist, and at no place.
pub fn findings() -> Vec<sms::Diagnostic> {
    ["/Text", "/<b>", ""]
        .iter()
        .map(|pointer| sms::Diagnostic {
            pointer: pointer.to_string(),
            code: evil(),
            severity: sms::Severity::Warning,
            message: evil(),
            attributes: Vec::new(),
        })
        .collect()
}
