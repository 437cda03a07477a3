//! The config guard: JSON Schema, form fields and secret pointers, all derived from [`crate::fields`].

use alloc::string::String;
use alloc::vec::Vec;

use crate::fields::{FIELDS, Field, FormType, REQUIRED_USAGES, RULES, USAGE_RULE, USAGES};
use crate::language::Language;
use crate::text::join as concat;

/// The JSON Schema, draft 2020-12. It accepts every config that validation accepts; keys that it does not name
/// are allowed, as Logto allows them.
#[must_use]
pub fn json_schema(language: Language) -> String {
    let mut schema = String::from(
        r#"{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","required":["#,
    );
    // A signature is needed only with mainland templates, which is one of the rules below.
    let required = FIELDS
        .iter()
        .filter(|field| field.required && field.key != "signName");
    join(&mut schema, required, |schema, field| {
        push_json_string(schema, field.key);
    });
    schema.push_str("],");
    push_properties(&mut schema, &FIELDS, language);
    schema.push(',');
    schema.push_str(&RULES.text());
    schema.push('}');
    schema
}

fn push_properties(schema: &mut String, fields: &[Field], language: Language) {
    schema.push_str(r#""properties":{"#);
    join(schema, fields, |schema, field| {
        push_json_string(schema, field.key);
        schema.push_str(r#":{"title":"#);
        push_json_string(schema, &field.label.get(language));
        schema.push_str(r#","description":"#);
        push_json_string(schema, &field.help.get(language));
        schema.push(',');
        schema.push_str(&field.schema.text());
        if !field.fields.is_empty() {
            schema.push(',');
            push_properties(schema, field.fields, language);
        }
        if field.key == "templates" {
            schema.push_str(r#"},"allOf":["#);
            join(schema, &REQUIRED_USAGES, |schema, usage| {
                let [before, after] = USAGE_RULE;
                schema.push_str(&concat(&[before, usage, after]));
            });
            schema.push(']');
        }
        schema.push('}');
    });
    schema.push('}');
}

/// The form fields in display order, in the shape of Logto's form items.
#[must_use]
pub fn form_json(language: Language) -> String {
    let mut form = String::from("[");
    join(&mut form, &FIELDS, |form, field| {
        form.push_str(r#"{"key":"#);
        push_json_string(form, field.key);
        form.push_str(r#","type":""#);
        form.push_str(field.form.as_str());
        form.push_str(r#"","label":"#);
        push_json_string(form, &field.label.get(language));
        form.push_str(r#","description":"#);
        push_json_string(form, &field.help.get(language));
        form.push_str(if field.required {
            r#","required":true"#
        } else {
            r#","required":false"#
        });
        if field.secret {
            form.push_str(r#","isConfidential":true"#);
        }
        if !field.placeholder.is_empty() {
            form.push_str(r#","placeholder":"#);
            push_json_string(form, field.placeholder);
        }
        if field.key == "templates" {
            form.push_str(r#","defaultValue":["#);
            join(form, &USAGES, |form, usage| {
                form.push_str(r#"{"usageType":""#);
                form.push_str(usage);
                form.push_str(r#"","templateCode":"<template-code>"}"#);
            });
            form.push(']');
        } else if field.form == FormType::Json {
            // Logto's Console takes a Json field without one for invalid JSON when a connector is created.
            form.push_str(if field.fields.is_empty() {
                r#","defaultValue":[]"#
            } else {
                r#","defaultValue":{}"#
            });
        }
        if field.form == FormType::Select {
            form.push_str(SELECT_LANGUAGE);
        }
        form.push('}');
    });
    form.push(']');
    form
}

/// The items of the only list to choose from.
const SELECT_LANGUAGE: &str = r#","selectItems":[{"value":"en-US","title":"English"},{"value":"zh-CN","title":"简体中文"}],"defaultValue":"en-US""#;

/// JSON Pointers of the secret values.
#[must_use]
pub fn secret_pointers() -> Vec<String> {
    let mut pointers = Vec::new();
    push_secrets(&mut pointers, "", &FIELDS);
    pointers
}

fn push_secrets(pointers: &mut Vec<String>, parent: &str, fields: &[Field]) {
    for field in fields {
        let pointer = concat(&[parent, "/", field.key]);
        push_secrets(pointers, &pointer, field.fields);
        if field.secret {
            pointers.push(pointer);
        }
    }
}

fn join<T>(
    out: &mut String,
    items: impl IntoIterator<Item = T>,
    mut push: impl FnMut(&mut String, T),
) {
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        push(out, item);
    }
}

fn push_json_string(out: &mut String, text: &str) {
    // A `str` always serializes.
    out.push_str(&serde_json::to_string(text).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn form(language: Language) -> Vec<Value> {
        serde_json::from_str(&form_json(language)).unwrap()
    }

    #[test]
    fn the_form_begins_with_logtos_six_fields_in_logtos_order() {
        let form = form(Language::English);
        let six: Vec<_> = form
            .iter()
            .take(6)
            .map(|item| {
                let text = |key: &str| item[key].as_str().unwrap_or_default();
                (
                    text("key"),
                    text("label"),
                    text("type"),
                    text("placeholder"),
                    item["required"] == true,
                )
            })
            .collect();
        assert_eq!(
            six,
            [
                (
                    "accessKeyId",
                    "Access Key ID",
                    "Text",
                    "<access-key-id>",
                    true
                ),
                (
                    "accessKeySecret",
                    "Access Key Secret",
                    "Text",
                    "<access-key-secret>",
                    true
                ),
                ("signName", "Sign Name", "Text", "<sign-name>", true),
                ("sdkAppId", "SDK App ID", "Text", "<sdk-app-id>", true),
                ("region", "Region", "Text", "<region>", true),
                ("templates", "Templates", "Json", "", true),
            ]
        );
    }

    #[test]
    fn only_logtos_six_fields_are_required_and_the_signature_only_on_the_mainland() {
        assert_eq!(
            form(Language::English)
                .iter()
                .filter(|item| item["required"] == true)
                .count(),
            6
        );
        let schema: Value = serde_json::from_str(&json_schema(Language::English)).unwrap();
        assert_eq!(schema["required"].as_array().unwrap().len(), 5);
        assert_eq!(schema["else"]["required"][0], "signName");
    }

    #[test]
    fn the_templates_editor_starts_with_nine_usages() {
        let form = form(Language::English);
        let entries = form[5]["defaultValue"].as_array().unwrap();
        assert_eq!(entries.len(), 9);
        assert!(
            entries
                .iter()
                .all(|entry| entry["templateCode"] == "<template-code>")
        );
        assert_eq!(entries[0]["usageType"], "SignIn");
        assert_eq!(entries[8]["usageType"], "BindMfa");
    }

    #[test]
    fn every_json_field_has_a_default_value() {
        for item in form(Language::English) {
            if item["type"] == "Json" {
                let value = &item["defaultValue"];
                assert!(value.is_array() || value.is_object(), "{}", item["key"]);
            }
        }
    }

    #[test]
    fn form_schema_and_pointers_agree_on_what_is_secret() {
        let form = form(Language::English);
        let confidential: Vec<String> = form
            .iter()
            .filter(|item| item["isConfidential"] == true)
            .map(|item| format!("/{}", item["key"].as_str().unwrap()))
            .collect();
        assert_eq!(confidential, ["/accessKeySecret", "/sessionToken"]);
        // The secrets of the block are inside of a field that a form shows as a whole.
        assert_eq!(
            secret_pointers(),
            [
                "/accessKeySecret",
                "/international/accessKeySecret",
                "/international/sessionToken",
                "/sessionToken"
            ]
        );
        let schema: Value = serde_json::from_str(&json_schema(Language::English)).unwrap();
        let mut write_only = Vec::new();
        let mut look = |parent: &str, properties: &Value| {
            for (key, property) in properties.as_object().unwrap() {
                if property["writeOnly"] == true {
                    write_only.push(format!("{parent}/{key}"));
                }
            }
        };
        look("", &schema["properties"]);
        look(
            "/international",
            &schema["properties"]["international"]["properties"],
        );
        write_only.sort();
        assert_eq!(write_only, secret_pointers());
    }

    #[test]
    fn every_text_comes_in_the_language_asked_for() {
        let (english, chinese) = (form(Language::English), form(Language::Chinese));
        for (one, other) in english.iter().zip(&chinese) {
            for key in ["label", "description"] {
                assert_ne!(one[key], other[key], "{}", one["key"]);
            }
        }
    }
}
