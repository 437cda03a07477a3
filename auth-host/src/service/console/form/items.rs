//! The form items of a guard as fields.

use super::field::{Choice, DESCRIPTION, FIELDS, Field, LABEL, Widget, escaped, is_key, shown};
use super::schema;
use auth_connector_host::ConfigGuard;
use serde_json::Value;

/// The most choices of one field.
const CHOICES: usize = 300;

/// The fields of a guard. Items that cannot be read are left out.
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
    let is_secret =
        item.get("isConfidential") == Some(&Value::Bool(true)) || secrets.contains(&pointer);
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

/// The config of a new connector: the defaults of its fields.
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
