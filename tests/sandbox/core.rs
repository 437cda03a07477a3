//! Attacks that no compiler would produce: parts of a core module, in WebAssembly's text format, inserted into
//! `tests/hostile/core/base.wat` and wrapped for the contract.

#[path = "../../host/tests/support/mod.rs"]
mod wrapper;

/// The base with the parts of this text in place of its own, as a component.
pub fn component(attack: &str) -> Vec<u8> {
    wrapper::component(&module(attack))
}

fn module(attack: &str) -> String {
    let base = include_str!("../hostile/core/base.wat");
    let mut text = String::new();
    let replaced = parts(attack);
    for (name, _) in &replaced {
        assert!(parts(base).iter().any(|(known, _)| known == name), "{name}");
    }
    for (name, part) in parts(base) {
        let other = replaced.iter().find(|(known, _)| *known == name);
        text.push_str(other.map_or(part, |(_, part)| part));
        text.push('\n');
    }
    text
}

/// A text's parts by name; the text before the first part has no name.
fn parts(text: &str) -> Vec<(&str, &str)> {
    let named = |part| -> (&str, &str) {
        let (name, rest) = str::split_once(part, '\n').unwrap_or((part, ""));
        (name.trim(), rest)
    };
    let mut parts = text.split(";; @");
    let first = parts.next().unwrap_or_default();
    std::iter::once(("", first))
        .filter(|(_, text)| !text.trim().is_empty())
        .chain(parts.map(named))
        .collect()
}
