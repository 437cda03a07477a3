//! The config guard: JSON Schema, form fields and secret pointers, all derived from [`crate::fields`].

use alloc::string::String;
use alloc::vec::Vec;

use crate::fields::{FIELDS, FormType, USAGES};
use crate::language::Language;
use crate::text::join as concat;

/// The JSON Schema, draft 2020-12. It accepts every config that validation accepts; keys that it does not name
/// are allowed, as Logto allows them.
#[must_use]
pub fn json_schema(language: Language) -> String {
    let mut schema = String::from(
        r#"{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","required":["#,
    );
    let required: Vec<_> = FIELDS.iter().filter(|field| field.required).collect();
    join(&mut schema, &required, |schema, field| {
        push_json_string(schema, field.key)
    });
    schema.push_str(r#"],"properties":{"#);
    join(&mut schema, &FIELDS, |schema, field| {
        push_json_string(schema, field.key);
        schema.push_str(r#":{"title":"#);
        push_json_string(schema, field.label.get(language));
        schema.push_str(r#","description":"#);
        push_json_string(schema, field.help.get(language));
        schema.push(',');
        schema.push_str(field.schema);
        schema.push('}');
    });
    schema.push_str("}}");
    schema
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
        push_json_string(form, field.label.get(language));
        form.push_str(r#","description":"#);
        push_json_string(form, field.help.get(language));
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
        if field.form == FormType::Json {
            form.push_str(r#","defaultValue":["#);
            join(form, &USAGES, |form, usage| {
                form.push_str(r#"{"usageType":""#);
                form.push_str(usage);
                form.push_str(r#"","templateCode":"<template-code>"}"#);
            });
            form.push(']');
        }
        form.push('}');
    });
    form.push(']');
    form
}

/// JSON Pointers of the secret values.
#[must_use]
pub fn secret_pointers() -> Vec<String> {
    FIELDS
        .iter()
        .filter(|field| field.secret)
        .map(|field| concat(&["/", field.key]))
        .collect()
}

fn join<T>(out: &mut String, items: &[T], mut push: impl FnMut(&mut String, &T)) {
    for (index, item) in items.iter().enumerate() {
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
    fn only_logtos_six_fields_are_required() {
        assert_eq!(
            form(Language::English)
                .iter()
                .filter(|item| item["required"] == true)
                .count(),
            6
        );
        let schema: Value = serde_json::from_str(&json_schema(Language::English)).unwrap();
        assert_eq!(schema["required"].as_array().unwrap().len(), 6);
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
    fn form_schema_and_pointers_agree_on_what_is_secret() {
        let form = form(Language::English);
        let confidential: Vec<String> = form
            .iter()
            .filter(|item| item["isConfidential"] == true)
            .map(|item| format!("/{}", item["key"].as_str().unwrap()))
            .collect();
        let schema: Value = serde_json::from_str(&json_schema(Language::English)).unwrap();
        let mut write_only: Vec<String> = schema["properties"]
            .as_object()
            .unwrap()
            .iter()
            .filter(|(_, property)| property["writeOnly"] == true)
            .map(|(key, _)| format!("/{key}"))
            .collect();
        write_only.sort();
        assert_eq!(confidential, ["/accessKeySecret", "/sessionToken"]);
        assert_eq!(write_only, confidential);
        assert_eq!(secret_pointers(), confidential);
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
