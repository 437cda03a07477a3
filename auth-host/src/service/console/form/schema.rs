//! JSON Schema of a value's inside, as widgets: an object's fields, a list's columns, a list of texts.

use super::field::{DESCRIPTION, FIELDS, Field, LABEL, Widget, escaped, is_key, shown};
use serde_json::{Map, Value};
use std::cell::Cell;

/// Maximum depth to which a `$ref` or a combination is followed.
const STEPS: usize = 8;

/// The most parts of a schema that are read for one field of the form.
const PARTS: usize = 2_000;

/// The most columns of a table. With more, its entries are edited as JSON.
const COLUMNS: usize = 12;

/// The widget of a value that the form calls `Json`, by its pointer in the schema.
pub fn inside(schema: &Value, pointer: &str, secrets: &[String]) -> Widget {
    let property = schema.pointer(&format!("/properties{pointer}"));
    let reader = Reader {
        schema,
        secrets,
        left: Cell::new(PARTS),
    };
    property.map_or(Widget::Json, |property| reader.widget(property, pointer, 0))
}

struct Reader<'a> {
    schema: &'a Value,
    secrets: &'a [String],
    /// Number of parts of the schema that may still be read; further parts are ignored. A plugin's schema may reach the
    /// same parts over any number of paths.
    left: Cell<usize>,
}

/// The types that a value may have.
#[derive(Default)]
struct Forms<'a> {
    object: Option<&'a Map<String, Value>>,
    list: Option<&'a Value>,
    is_text: bool,
    is_number: bool,
    is_switch: bool,
}

impl<'a> Reader<'a> {
    /// Maximum depth of objects in objects; deeper ones are edited as JSON.
    const DEPTH: usize = 2;

    fn widget(&self, schema: &'a Value, pointer: &str, depth: usize) -> Widget {
        let mut forms = Forms::default();
        self.gather(schema, &mut forms, 0);
        if self.secrets.iter().any(|secret| secret == pointer) && depth > 0 {
            return Widget::Secret;
        }
        match forms {
            Forms {
                object: Some(properties),
                is_text,
                ..
            } if depth < Self::DEPTH && fits(properties) => {
                let fields = self.fields(properties, schema, pointer, depth);
                let is_plain = |field: &Field| matches!(field.widget, Widget::Text);
                match (is_text, fields.iter().all(is_plain)) {
                    (false, _) => Widget::Group(fields),
                    (true, true) => Widget::Either(fields),
                    (true, false) => Widget::Json,
                }
            }
            Forms {
                list: Some(items), ..
            } => self.list(items, pointer, depth),
            Forms {
                object: None,
                is_switch: true,
                is_text: false,
                ..
            } => Widget::Switch,
            Forms {
                object: None,
                is_text: true,
                ..
            } if depth > 0 => Widget::Text,
            Forms {
                object: None,
                is_number: true,
                ..
            } if depth > 0 => Widget::Number,
            _ => Widget::Json,
        }
    }

    fn list(&self, items: &'a Value, pointer: &str, depth: usize) -> Widget {
        let mut forms = Forms::default();
        self.gather(items, &mut forms, 0);
        match forms.object {
            Some(properties) if depth == 0 && fits(properties) => {
                let pointer = format!("{pointer}/-");
                Widget::Table(self.fields(properties, items, &pointer, depth))
            }
            None if forms.is_text && forms.list.is_none() => Widget::Lines,
            _ => Widget::Json,
        }
    }

    fn fields(
        &self,
        properties: &'a Map<String, Value>,
        owner: &Value,
        pointer: &str,
        depth: usize,
    ) -> Vec<Field> {
        let required = owner.get("required").and_then(Value::as_array);
        let is_required =
            |key: &str| required.is_some_and(|list| list.iter().any(|name| name == key));
        let field = |(key, schema): (&'a String, &'a Value)| {
            let text = |name: &str, most| {
                let text = schema.get(name).and_then(Value::as_str);
                shown(text.unwrap_or_default(), most)
            };
            let title = text("title", LABEL);
            let pointer = format!("{pointer}/{}", escaped(key));
            Field {
                key: key.clone(),
                label: if title.is_empty() {
                    shown(key, LABEL)
                } else {
                    title
                },
                description: text("description", DESCRIPTION),
                placeholder: String::new(),
                is_required: is_required(key),
                default: None,
                widget: match schema.get("writeOnly") {
                    Some(Value::Bool(true)) => Widget::Secret,
                    _ => self.widget(schema, &pointer, depth + 1),
                },
            }
        };
        let mut fields: Vec<Field> = properties.iter().map(field).collect();
        // A schema's properties have no order. Required ones come first, in the order of `required`.
        let place = |field: &Field| {
            let at = required.and_then(|list| list.iter().position(|name| *name == field.key));
            at.unwrap_or(usize::MAX)
        };
        fields.sort_by_key(place);
        fields
    }

    /// Follows references and combinations to the types that a value may have.
    fn gather(&self, schema: &'a Value, forms: &mut Forms<'a>, steps: usize) {
        let left = self.left.get();
        if steps > STEPS || left == 0 {
            return;
        }
        self.left.set(left - 1);
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str)
            && let Some(target) = reference.strip_prefix('#')
            && let Some(target) = self.schema.pointer(target)
        {
            self.gather(target, forms, steps + 1);
        }
        for combination in ["anyOf", "oneOf"] {
            let parts = schema.get(combination).and_then(Value::as_array);
            for part in parts.into_iter().flatten().take(FIELDS) {
                // Blank values, which a form leaves out.
                let is_blank = part
                    .get("pattern")
                    .is_some_and(|pattern| pattern == r"^\s*(<[\s\S]*>)?\s*$");
                if !is_blank {
                    self.gather(part, forms, steps + 1);
                }
            }
        }
        for kind in types(schema) {
            match kind {
                "string" => forms.is_text = true,
                "integer" | "number" => forms.is_number = true,
                "boolean" => forms.is_switch = true,
                "object" => {
                    let properties = schema.get("properties").and_then(Value::as_object);
                    forms.object = forms.object.or(properties);
                }
                "array" => forms.list = forms.list.or(schema.get("items")),
                _ => {}
            }
        }
    }
}

fn types(schema: &Value) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(kind)) => vec![kind],
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn fits(properties: &Map<String, Value>) -> bool {
    (1..=COLUMNS).contains(&properties.len()) && properties.keys().all(|key| is_key(key))
}
