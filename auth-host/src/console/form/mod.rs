//! The form of a config, made from a plugin's guard alone: its form items, and its JSON Schema for what is inside of
//! lists and objects.
//!
//! | module | purpose |
//! |---|---|
//! | here | fields and their widgets |
//! | `schema` | what a JSON Schema says about the inside of a value |
//! | `read` | a posted form as a config |
//! | `control` | a config and its findings as controls |

mod control;
mod read;
mod schema;

pub use control::Shown;
pub use read::{Draft, parse_json, read};

use crate::clean::clean;
use auth_connector_host::ConfigGuard;
use serde_json::Value;

/// The most fields of one object.
const FIELDS: usize = 64;

/// The most choices of one field.
const CHOICES: usize = 300;

/// The longest label and the longest description that are shown, in characters. The rest is cut: a plugin could
/// otherwise make a page of megabytes.
const LABEL: usize = 120;
const DESCRIPTION: usize = 400;

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

/// The fields of a guard. What cannot be read of it is left out.
pub fn fields(guard: &ConfigGuard) -> Vec<Field> {
    let schema: Value = serde_json::from_str(&guard.json_schema).unwrap_or_default();
    let items: Value = serde_json::from_str(&guard.form_json).unwrap_or_default();
    let items = items.as_array().map(Vec::as_slice).unwrap_or_default();
    let mut found: Vec<Field> = Vec::new();
    for item in items.iter().take(FIELDS) {
        if let Some(field) = field(item, &schema, &guard.secret_pointers)
            && !found.iter().any(|before| before.key == field.key)
        {
            found.push(field);
        }
    }
    found
}

fn field(item: &Value, schema: &Value, secrets: &[String]) -> Option<Field> {
    let text = |name: &str, most| {
        let text = item.get(name).and_then(Value::as_str);
        shown(text.unwrap_or_default(), most)
    };
    let key = item.get("key")?.as_str().filter(|key| is_key(key))?;
    let pointer = format!("/{}", escaped(key));
    let is_secret = item.get("isConfidential") == Some(&Value::Bool(true))
        || secrets.iter().any(|secret| *secret == pointer);
    let choices = || choices(item.get("selectItems"));
    let widget = match item.get("type").and_then(Value::as_str) {
        Some("Number") => Widget::Number,
        Some("MultilineText") if !is_secret => Widget::Multiline,
        Some("Switch") => Widget::Switch,
        Some("Select") => Widget::Select(choices()),
        Some("MultiSelect") => Widget::MultiSelect(choices()),
        Some("Json") => schema::inside(schema, &pointer, secrets),
        _ if is_secret => Widget::Secret,
        _ => Widget::Text,
    };
    let label = text("label", LABEL);
    Some(Field {
        key: key.to_owned(),
        label: if label.is_empty() {
            shown(key, LABEL)
        } else {
            label
        },
        description: text("description", DESCRIPTION),
        placeholder: text("placeholder", LABEL),
        is_required: item.get("required") == Some(&Value::Bool(true)),
        default: item.get("defaultValue").cloned(),
        widget,
    })
}

/// Keys are part of names of controls; longer ones are edited as JSON.
fn is_key(key: &str) -> bool {
    (1..=64).contains(&key.len())
}

/// A key in a JSON Pointer.
pub fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

fn choices(items: Option<&Value>) -> Vec<Choice> {
    let items = items.and_then(Value::as_array).map(Vec::as_slice);
    let items = items.unwrap_or_default().iter().take(CHOICES);
    items
        .filter_map(|item| {
            let value = item.get("value")?.as_str().filter(|v| v.len() <= 256)?;
            let title = item.get("title").and_then(Value::as_str).unwrap_or(value);
            Some(Choice {
                value: value.to_owned(),
                title: shown(title, LABEL),
            })
        })
        .collect()
}

/// What a new connector begins with: the defaults of its fields.
pub fn defaults(fields: &[Field]) -> Value {
    let defaults = fields
        .iter()
        .filter_map(|field| Some((field.key.clone(), field.default.clone()?)))
        .filter(|(_, value)| !is_empty(value));
    Value::Object(defaults.collect())
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(on) => !on,
        Value::Array(list) => list.is_empty(),
        Value::Object(object) => object.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
