//! A posted form as a config.
//!
//! A control's name is `v` and the value's JSON Pointer, with an entry's hidden id in place of its index. `r` and a
//! list's pointer carries the ids in order. `j` carries a value that was edited as JSON, `s` whether the config had a
//! switch, `x` the members of an object without a control.

use super::field::{Field, Widget, escaped};
use crate::service::console::visit::Fields;
use serde_json::{Map, Value};
use std::collections::{HashMap, HashSet};

/// The most entries of a table. A longer one is shown as JSON.
pub const ROWS: usize = 200;

/// The most rows of all tables of a posted form. Each row has about 2 KB in the page that answers the form.
pub const FORM_ROWS: usize = 5 * ROWS;

/// Number of rows of a posted form.
pub fn rows(posted: &Fields) -> usize {
    posted.count(|name| name.starts_with("r/"))
}

/// A config that is being edited.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// The config.
    pub value: Value,
    /// The hidden ids of each list's entries.
    pub rows: HashMap<String, Vec<String>>,
    /// Texts that are not JSON, by the names of their controls.
    pub unreadable: HashMap<String, String>,
    /// The pointers of tables with too many entries.
    pub too_long: Vec<String>,
}

impl Draft {
    /// A stored config: each id has the index of its entry.
    pub fn stored(value: Value, fields: &[Field]) -> Self {
        let mut rows = HashMap::new();
        for (pointer, list) in lists(&value, fields, String::new()) {
            rows.insert(pointer, (0..list).map(|nth| format!("o{nth}")).collect());
        }
        Self {
            value,
            rows,
            ..Self::default()
        }
    }

    /// A pasted config: an entry that equals a stored one gets its id.
    pub fn pasted(value: Value, fields: &[Field], stored: &Value) -> Self {
        let mut rows = HashMap::new();
        for (pointer, list) in lists(&value, fields, String::new()) {
            let old = stored.pointer(&pointer).and_then(Value::as_array);
            let mut free: Vec<_> = old.into_iter().flatten().enumerate().collect();
            let mut ids = Vec::new();
            for nth in 0..list {
                let entry = value.pointer(&format!("{pointer}/{nth}"));
                let same = free.iter().position(|(_, old)| Some(*old) == entry);
                ids.push(match same {
                    Some(at) => format!("o{}", free.remove(at).0),
                    None => format!("n{nth}"),
                });
            }
            rows.insert(pointer, ids);
        }
        Self {
            value,
            rows,
            ..Self::default()
        }
    }

    /// Number of faults that prevent saving, beside the plugin's findings.
    pub fn faults(&self) -> usize {
        self.unreadable.len() + self.too_long.len()
    }

    /// Returns true if a form of the config would have too many rows to be sent.
    pub fn has_too_many_rows(&self) -> bool {
        self.rows.values().map(Vec::len).sum::<usize>() > FORM_ROWS
    }

    /// Entries of the stored config: their new pointers and their old ones.
    pub fn entries(&self) -> Vec<(String, String)> {
        let mut found = Vec::new();
        for (list, ids) in &self.rows {
            for (index, id) in ids.iter().enumerate() {
                let old = id.strip_prefix('o').and_then(|n| n.parse::<usize>().ok());
                if let Some(old) = old {
                    found.push((format!("{list}/{index}"), format!("{list}/{old}")));
                }
            }
        }
        found
    }
}

/// The tables of a config and their numbers of entries.
fn lists(value: &Value, fields: &[Field], pointer: String) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    for field in fields {
        let pointer = format!("{pointer}/{}", escaped(&field.key));
        match &field.widget {
            Widget::Table(_) => {
                let list = value.pointer(&pointer).and_then(Value::as_array);
                found.push((pointer, list.map_or(0, Vec::len).min(ROWS)));
            }
            Widget::Group(fields) => found.extend(lists(value, fields, pointer)),
            _ => {}
        }
    }
    found
}

/// Reads the JSON view: a config of these fields, or an export of Logto with the member `config`.
///
/// # Errors
///
/// Line and column of the JSON error; zeros if the JSON is not an object.
pub fn parse_json(text: &str, fields: &[Field]) -> Result<Value, (usize, usize)> {
    let value: Value =
        serde_json::from_str(text).map_err(|error| (error.line(), error.column()))?;
    let value = match value {
        Value::Array(mut list) if list.len() == 1 => list.pop().unwrap_or_default(),
        value => value,
    };
    let Value::Object(mut object) = value else {
        return Err((0, 0));
    };
    match object.get_mut("config").map(Value::take) {
        Some(config @ Value::Object(_)) if is_export(&object, fields) => Ok(config),
        Some(config) => {
            object.insert("config".to_owned(), config);
            Ok(Value::Object(object))
        }
        None => Ok(Value::Object(object)),
    }
}

/// Returns true if an object with a member `config` is an export: it has the identifier of a connector, or no member is
/// a field of the config itself.
fn is_export(object: &Map<String, Value>, fields: &[Field]) -> bool {
    let is_field = |key: &str| fields.iter().any(|field| field.key == key);
    let has = |key| object.contains_key(key) && !is_field(key);
    has("connectorId") || has("id") || !object.keys().any(|key| is_field(key))
}

/// Reads a form.
pub fn read(fields: &[Field], posted: &Fields) -> Draft {
    let mut draft = Draft::default();
    let value = object(fields, posted, "", "", &mut draft);
    draft.value = Value::Object(value);
    draft
}

fn object(
    fields: &[Field],
    posted: &Fields,
    name: &str,
    pointer: &str,
    draft: &mut Draft,
) -> Map<String, Value> {
    let mut object = Map::new();
    for field in fields {
        let key = escaped(&field.key);
        let (name, pointer) = (format!("{name}/{key}"), format!("{pointer}/{key}"));
        if let Some(value) = value(field, posted, &name, &pointer, draft) {
            object.insert(field.key.clone(), value);
        }
    }
    let others = posted.find(&format!("x{name}"));
    let others = others.and_then(|text| serde_json::from_str(text).ok());
    if let Some(Value::Object(others)) = others {
        for (key, value) in others {
            object.entry(key).or_insert(value);
        }
    }
    object
}

fn is_row_id(id: &str) -> bool {
    (1..=32).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric())
}

fn value(
    field: &Field,
    posted: &Fields,
    name: &str,
    pointer: &str,
    draft: &mut Draft,
) -> Option<Value> {
    let json_name = format!("j{name}");
    if let Some(text) = posted.find(&json_name) {
        return match serde_json::from_str(text) {
            _ if text.trim().is_empty() => None,
            Ok(value) => Some(value),
            Err(_) => {
                draft.unreadable.insert(json_name, text.to_owned());
                None
            }
        };
    }
    let value_name = format!("v{name}");
    let text = posted.get(&value_name);
    match &field.widget {
        Widget::Switch => match posted.find(&value_name) {
            Some(_) => Some(Value::Bool(true)),
            // Off, if the config had the switch; a config without it stays without it.
            None => (posted.get(&format!("s{name}")) == "set").then_some(Value::Bool(false)),
        },
        Widget::Number if !text.trim().is_empty() => {
            let number = serde_json::from_str(text.trim()).ok();
            Some(
                number
                    .filter(Value::is_number)
                    .unwrap_or_else(|| text.into()),
            )
        }
        Widget::MultiSelect(_) => {
            let all: Vec<Value> = posted
                .all(&value_name)
                .filter(|v| !v.is_empty())
                .map(Value::from)
                .collect();
            (!all.is_empty()).then_some(Value::Array(all))
        }
        Widget::Lines => {
            let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
            let lines: Vec<Value> = lines.map(Value::from).collect();
            (!lines.is_empty()).then_some(Value::Array(lines))
        }
        Widget::Group(fields) => {
            let inner = object(fields, posted, name, pointer, draft);
            (!inner.is_empty()).then_some(Value::Object(inner))
        }
        Widget::Either(fields) => {
            let inner = object(fields, posted, name, pointer, draft);
            match inner.is_empty() {
                true => (!text.is_empty()).then(|| text.into()),
                false => Some(Value::Object(inner)),
            }
        }
        Widget::Table(columns) => {
            let mut known = HashSet::new();
            let ids = posted.all(&format!("r{name}"));
            let ids: Vec<String> = ids
                .filter(|id| is_row_id(id) && known.insert(*id))
                .map(str::to_owned)
                .collect();
            let rows: Vec<Value> = ids
                .iter()
                .enumerate()
                .map(|(index, id)| {
                    let place = format!("{pointer}/{index}");
                    object(columns, posted, &format!("{name}/{id}"), &place, draft).into()
                })
                .collect();
            if ids.len() > ROWS {
                draft.too_long.push(pointer.to_owned());
            }
            draft.rows.insert(pointer.to_owned(), ids);
            (!rows.is_empty()).then_some(Value::Array(rows))
        }
        _ if text.is_empty() => None,
        _ => Some(text.replace("\r\n", "\n").into()),
    }
}
