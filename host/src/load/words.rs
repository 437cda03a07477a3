//! Wasmtime's explanations in a refusal.

use auth_connector_egress::{Phrase, phrase};

/// Wasmtime's own words, as such.
pub(crate) fn words(error: &wasmtime::Error) -> Phrase {
    let said = one_line(error);
    phrase!("wasmtime", "{said}", said = said)
}

/// Wasmtime explains in several lines; a refusal has one.
fn one_line(error: &wasmtime::Error) -> String {
    let text = format!("{error:#}");
    let words: Vec<&str> = text.split_whitespace().collect();
    let shown = words.join(" ").replace(char::is_control, "");
    shown.chars().take(400).collect()
}
