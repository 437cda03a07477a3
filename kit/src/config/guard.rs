//! The config guard: JSON Schema, form items and secret pointers, all made from the field table.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde_json::{Map, Value, json};

use super::field::{Field, FieldType};
use crate::text::Language;

const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

/// The JSON Schema, draft 2020-12. `rules` are further members of the whole schema, as a JSON object, such as
/// `allOf`. Keys that no field has are allowed. The fields that say so are required, unless the rules have a
/// `required` of their own.
pub fn json_schema(fields: &[Field], rules: &str, language: Language) -> String {
    let mut schema = object(rules);
    schema.insert("$schema".into(), DRAFT.into());
    schema.insert("type".into(), "object".into());
    schema.insert("properties".into(), properties(fields, language));
    let required = fields.iter().filter(|field| field.required);
    schema
        .entry("required")
        .or_insert_with(|| required.map(|field| field.key).collect());
    Value::Object(schema).to_string()
}

fn properties(fields: &[Field], language: Language) -> Value {
    let property = |field: &Field| {
        let mut schema = object(field.schema);
        if !field.fields.is_empty() {
            let inner = properties(field.fields, language);
            // An array has the fields in its items, an object in itself.
            match schema.get_mut("items").and_then(Value::as_object_mut) {
                Some(items) => items.insert("properties".into(), inner),
                None => schema.insert("properties".into(), inner),
            };
        }
        if !field.required {
            let any_of = Value::Array(alloc::vec![absent(), Value::Object(schema)]);
            schema = Map::from_iter([("anyOf".into(), any_of)]);
        }
        schema.insert("title".into(), field.label.get(language).into());
        schema.insert("description".into(), field.help.get(language).into());
        if field.secret {
            schema.insert("writeOnly".into(), true.into());
        }
        (field.key.to_string(), Value::Object(schema))
    };
    Value::Object(fields.iter().map(property).collect())
}

/// Accepts what counts as absent for an optional field: blank values of every type, and examples in angle brackets.
fn absent() -> Value {
    json!({"anyOf": [
        {"enum": [null, {}, []]},
        {"type": "string", "pattern": r"^\s*(<[\s\S]*>)?\s*$"},
    ]})
}

/// The form items in display order, in the shape of Logto's form items.
pub fn form_json(fields: &[Field], language: Language) -> String {
    let item = |field: &Field| {
        let mut item = Map::new();
        let mut set = |key: &str, value: Value| item.insert(key.into(), value);
        set("key", field.key.into());
        set("type", json!(field.form));
        set("label", field.label.get(language).into());
        set("description", field.help.get(language).into());
        set("required", field.required.into());
        if field.secret {
            set("isConfidential", true.into());
        }
        if !field.placeholder.is_empty() {
            set("placeholder", field.placeholder.into());
        }
        if !field.default.is_empty() {
            set("defaultValue", value(field.default));
        }
        if matches!(field.form, FieldType::Select | FieldType::MultiSelect) {
            let option = |(value, title): &(&str, &str)| json!({"value": value, "title": title});
            set("selectItems", field.options.iter().map(option).collect());
        }
        Value::Object(item)
    };
    fields.iter().map(item).collect::<Value>().to_string()
}

/// JSON Pointers of the secret values. `-` stands for any index of a list.
pub fn secret_pointers(fields: &[Field]) -> Vec<String> {
    let mut pointers = Vec::new();
    for field in fields {
        let is_list = object(field.schema).contains_key("items");
        let entry = if is_list { "/-" } else { "" };
        let inner = secret_pointers(field.fields).into_iter();
        pointers.extend(inner.map(|inner| format!("/{}{entry}{inner}", field.key)));
        if field.secret {
            pointers.push(format!("/{}", field.key));
        }
    }
    pointers
}

/// The object that a constant of a field table holds; an empty one where that is none, which the tests of a
/// connector exclude by reading its guard.
fn object(json: &str) -> Map<String, Value> {
    match value(json) {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

fn value(json: &str) -> Value {
    serde_json::from_str(json).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Text;

    const EMPTY: Text = Text::new("", "");
    static INNER: [Field; 1] = [Field::new("token", EMPTY).secret()];
    static FIELDS: [Field; 4] = [
        Field::new("name", Text::new("Name", "名称"))
            .required()
            .placeholder("<name>"),
        Field::new("list", EMPTY)
            .schema(r#"{"type":"array","items":{"type":"object"}}"#)
            .fields(&INNER)
            .default("[]"),
        Field::new("block", EMPTY)
            .schema(r#"{"type":"object"}"#)
            .fields(&INNER),
        Field::new("mode", EMPTY).options(&[("a", "A")]),
    ];

    #[test]
    fn schema_nests_fields_in_items_or_object() {
        let schema: Value = serde_json::from_str(&json_schema(
            &FIELDS,
            r#"{"required":["name"]}"#,
            Language::Chinese,
        ))
        .unwrap();
        assert_eq!(schema["required"], json!(["name"]));
        assert_eq!(schema["properties"]["name"]["title"], "名称");
        let token = "token";
        let inner = |key: &str| &schema["properties"][key]["anyOf"][1];
        assert!(inner("list")["items"]["properties"][token].is_object());
        assert!(inner("block")["properties"][token].is_object());
        assert_eq!(inner("block")["properties"][token]["writeOnly"], true);
    }

    #[test]
    fn required_fields_are_required_unless_rules_say_otherwise() {
        for (rules, expected) in [
            ("{}", json!(["name"])),
            (r#"{"required":["mode"]}"#, json!(["mode"])),
        ] {
            let schema = json_schema(&FIELDS, rules, Language::English);
            let schema: Value = serde_json::from_str(&schema).unwrap();
            assert_eq!(schema["required"], expected);
        }
    }

    #[test]
    fn form_lists_items_with_what_applies() {
        let form: Value = serde_json::from_str(&form_json(&FIELDS, Language::English)).unwrap();
        assert_eq!(
            form[0],
            json!({"key": "name", "type": "Text", "label": "Name", "description": "", "required": true,
                "placeholder": "<name>"})
        );
        assert_eq!(form[1]["defaultValue"], json!([]));
        assert_eq!(
            form[3]["selectItems"],
            json!([{"value": "a", "title": "A"}])
        );
    }

    #[test]
    fn secret_pointers_name_any_entry_of_a_list() {
        assert_eq!(secret_pointers(&FIELDS), ["/list/-/token", "/block/token"]);
    }
}
