//! The config guard: JSON Schema, form items and secret pointers, all made from the field table.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde_json::{Map, Value, json};

use super::field::{Field, FieldType};
use super::reader::Place;
use crate::text::Language;

const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

/// The JSON Schema, draft 2020-12. `rules` are further members of the whole schema, as a JSON object, such as
/// `allOf`. Keys that no field has are allowed. The fields that say so are required, unless the rules have a
/// `required` of their own.
pub(crate) fn json_schema(fields: &[Field], rules: &str, language: Language) -> String {
    let mut schema = object(rules);
    schema.insert("$schema".into(), DRAFT.into());
    schema.insert("type".into(), "object".into());
    schema.insert("properties".into(), properties(fields, language));
    schema.entry("required").or_insert_with(|| required(fields));
    Value::Object(schema).to_string()
}

fn properties(fields: &[Field], language: Language) -> Value {
    let property = |field: &Field| {
        let mut schema = value_schema(field, language);
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

/// The schema of a field's value, with the fields of a block in it, whatever a schema of its own says: they mark the
/// secrets.
fn value_schema(field: &Field, language: Language) -> Map<String, Value> {
    let mut schema = object(field.schema);
    let is_made = field.schema == "{}";
    if is_made {
        schema = object(made_schema(field));
    }
    if field.fields.is_empty() {
        return schema;
    }
    let mut block = if field.is_list {
        members(schema.remove("items").unwrap_or_default())
    } else {
        core::mem::take(&mut schema)
    };
    block.insert("properties".into(), properties(field.fields, language));
    if is_made {
        block.insert("type".into(), "object".into());
        block.insert("required".into(), required(field.fields));
    }
    if !field.is_list {
        return block;
    }
    schema.insert("items".into(), Value::Object(block));
    schema
}

/// The schema of a value that follows from the field's form.
const fn made_schema(field: &Field) -> &'static str {
    match field.form {
        _ if field.is_list => r#"{"type":"array"}"#,
        FieldType::Text | FieldType::MultilineText | FieldType::Select => r#"{"type":"string"}"#,
        FieldType::Number => r#"{"type":"number"}"#,
        FieldType::Switch => r#"{"type":"boolean"}"#,
        FieldType::MultiSelect => r#"{"type":"array"}"#,
        FieldType::Json => "{}",
    }
}

fn required(fields: &[Field]) -> Value {
    let required = fields.iter().filter(|field| field.required);
    required.map(|field| field.key).collect()
}

/// The pattern of texts that count as absent: blank ones, and examples in angle brackets.
pub(crate) const ABSENT_TEXT: &str = r"^\s*(<[\s\S]*>)?\s*$";

/// Accepts the values that count as absent for an optional field: blank ones of every type, and examples in angle
/// brackets.
fn absent() -> Value {
    json!({"anyOf": [
        {"enum": [null, {}, []]},
        {"type": "string", "pattern": ABSENT_TEXT},
    ]})
}

/// The form items in display order, in the shape of Logto's form items.
pub(crate) fn form_json(fields: &[Field], language: Language) -> String {
    let item = |field: &Field| {
        let mut item = members(json!({
            "key": field.key,
            "type": field.form,
            "label": field.label.get(language),
            "description": field.help.get(language),
            "required": field.required,
        }));
        let mut set = |key: &str, value: Value| item.insert(key.into(), value);
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
        let pointer = Place::Root.key(field.key).pointer();
        let entry = if field.is_list { "/-" } else { "" };
        let inner = secret_pointers(field.fields).into_iter();
        pointers.extend(inner.map(|inner| format!("{pointer}{entry}{inner}")));
        if field.secret {
            pointers.push(pointer);
        }
    }
    pointers
}

/// The object that a constant of a field table holds; an empty one where that is none, which
/// [`crate::testing::mistakes`] reports.
fn object(json: &str) -> Map<String, Value> {
    members(value(json))
}

fn members(value: Value) -> Map<String, Value> {
    match value {
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
        Field::new("list", EMPTY).list(&INNER).default("[]"),
        Field::new("block", EMPTY).block(&INNER),
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
        static ODD: [Field; 1] = [Field::new("a/b~c", EMPTY).secret()];
        assert_eq!(secret_pointers(&ODD), ["/a~1b~0c"]);
    }

    /// Whatever a schema of its own says, and be it no schema.
    #[test]
    fn secrets_of_lists_and_blocks_are_always_marked() {
        for own in [
            "",
            "{",
            "[]",
            "{}",
            r#"{"items":true}"#,
            r#"{"type":"array","items":{"type":"object"}}"#,
        ] {
            let list = [Field::new("list", EMPTY).list(&INNER).schema(own)];
            let block = [Field::new("block", EMPTY).block(&INNER).schema(own)];
            for (fields, place, pointer) in [
                (list, "/properties/list/anyOf/1/items", "/list/-/token"),
                (block, "/properties/block/anyOf/1", "/block/token"),
            ] {
                assert_eq!(secret_pointers(&fields), [pointer], "{own}");
                let schema = json_schema(&fields, "{}", Language::English);
                let schema: Value = serde_json::from_str(&schema).unwrap();
                let token = format!("{place}/properties/token/writeOnly");
                assert_eq!(schema.pointer(&token), Some(&json!(true)), "{own}");
            }
        }
    }

    #[test]
    fn schema_follows_the_form_unless_it_has_its_own() {
        static ROW: [Field; 2] = [Field::new("a", EMPTY).required(), Field::new("b", EMPTY)];
        const FIELD: Field = Field::new("f", EMPTY).required();
        for (field, expected) in [
            (FIELD, json!({"type": "string"})),
            (FIELD.form(FieldType::Number), json!({"type": "number"})),
            (FIELD.form(FieldType::Switch), json!({"type": "boolean"})),
            (FIELD.form(FieldType::MultiSelect), json!({"type": "array"})),
            (FIELD.form(FieldType::Json), json!({})),
            (FIELD.digits(), json!({"type": ["string", "integer"]})),
            (FIELD.schema(r#"{"maxLength":3}"#), json!({"maxLength": 3})),
        ] {
            let mut schema = properties(&[field], Language::English);
            let schema = schema["f"].as_object_mut().unwrap();
            schema.remove("title");
            schema.remove("description");
            assert_eq!(Value::Object(schema.clone()), expected);
        }
        for (field, place) in [(FIELD.block(&ROW), ""), (FIELD.list(&ROW), "/items")] {
            let schema = &properties(&[field], Language::English)["f"];
            let block = schema.pointer(place).unwrap();
            assert_eq!(
                (&block["type"], &block["required"]),
                (&json!("object"), &json!(["a"]))
            );
        }
    }
}
