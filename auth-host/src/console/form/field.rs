//! Fields of a form, the widgets that edit them, and texts that are fit to be shown.

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
    /// What belongs there.
    pub description: String,
    /// An example.
    pub placeholder: String,
    /// Whether the config needs it.
    pub is_required: bool,
    /// What a new connector begins with.
    pub default: Option<Value>,
    /// How it is edited.
    pub widget: Widget,
}

/// How a value is edited.
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
    /// Whatever else, as JSON.
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

/// A text of a plugin, fit to be shown: at most so many characters, none of which deceives.
pub fn shown(text: &str, most: usize) -> String {
    let mut short: String = text.chars().take(most).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    clean(&short)
}

/// The same for several lines.
pub fn lines(text: &str, most: usize) -> String {
    let all: Vec<String> = text.lines().map(|line| shown(line, most)).collect();
    all.join("\n")
}

/// Keys are part of names of controls; longer ones are edited as JSON.
pub fn is_key(key: &str) -> bool {
    (1..=64).contains(&key.len())
}

/// A key in a JSON Pointer.
pub fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}
