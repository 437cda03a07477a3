//! Fields of a form, the widgets that edit them, and texts cleaned for display.

use crate::clean::clean;
use serde_json::Value;

/// The most fields of one object.
pub const FIELDS: usize = 64;

/// The longest label that is shown, in characters. The rest is cut: a plugin could otherwise make a page of megabytes.
pub const LABEL: usize = 120;
/// The longest description.
pub const DESCRIPTION: usize = 400;

/// A field.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its key in the config.
    pub key: String,
    /// Its name for people.
    pub label: String,
    /// Its description.
    pub description: String,
    /// An example.
    pub placeholder: String,
    /// True if the config requires it.
    pub is_required: bool,
    /// The default in a new connector.
    pub default: Option<Value>,
    /// The widget that edits it.
    pub widget: Widget,
}

/// Widget that edits a value.
#[derive(Clone, Debug)]
pub enum Widget {
    /// A line.
    Text,
    /// A line that is not shown again.
    Secret,
    /// A number.
    Number,
    /// Several lines.
    Multiline,
    /// On or off.
    Switch,
    /// One of several.
    Select(Vec<Choice>),
    /// Some of several.
    MultiSelect(Vec<Choice>),
    /// Texts, one in a line.
    Lines,
    /// A text for all, or one for each of some fields.
    Either(Vec<Field>),
    /// An object's fields.
    Group(Vec<Field>),
    /// A list of objects with these fields.
    Table(Vec<Field>),
    /// Any other value, as JSON.
    Json,
}

/// A choice.
#[derive(Clone, Debug)]
pub struct Choice {
    /// Its value.
    pub value: String,
    /// Its name for people.
    pub title: String,
}

/// A plugin's text cleaned for display: at most `most` characters, without deceptive ones.
pub fn shown(text: &str, most: usize) -> String {
    let mut short: String = text.chars().take(most).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    clean(&short)
}

/// Cleans each of several lines for display.
pub fn lines(text: &str, most: usize) -> String {
    let all: Vec<String> = text.lines().map(|line| shown(line, most)).collect();
    all.join("\n")
}

/// Returns true if a key is short enough for the name of a control. Longer ones are edited as JSON.
pub fn is_key(key: &str) -> bool {
    (1..=64).contains(&key.len())
}

/// A key as a part of a JSON Pointer.
pub fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}
