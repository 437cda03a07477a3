//! The guard that the kit makes of the field table.

use connector_kit::connector::config_guard;
use connector_kit::contract::ConfigGuard;

use super::*;

fn guard(language: Language) -> ConfigGuard {
    config_guard::<TencentSms>(language)
}

fn form(language: Language) -> Vec<Value> {
    serde_json::from_str(&guard(language).form_json).unwrap()
}

fn schema() -> Value {
    serde_json::from_str(&guard(Language::English).json_schema).unwrap()
}

/// The form is the same as Logto's.
#[test]
fn form_begins_with_the_six_fields_of_logto() {
    let form = form(Language::English);
    let six: Vec<_> = form
        .iter()
        .take(6)
        .map(|item| {
            let text = |key: &str| item[key].as_str().unwrap_or_default();
            let is_required = item["required"] == true;
            (
                text("key"),
                text("label"),
                text("type"),
                text("placeholder"),
                is_required,
            )
        })
        .collect();
    let text = |key, label, placeholder| (key, label, "Text", placeholder, true);
    assert_eq!(
        six,
        [
            text("accessKeyId", "Access Key ID", "<access-key-id>"),
            text(
                "accessKeySecret",
                "Access Key Secret",
                "<access-key-secret>"
            ),
            text("signName", "Sign Name", "<sign-name>"),
            text("sdkAppId", "SDK App ID", "<sdk-app-id>"),
            text("region", "Region", "<region>"),
            ("templates", "Templates", "Json", "", true),
        ]
    );
}

/// The schema requires the signature only where a template has a mainland code.
#[test]
fn only_the_six_fields_are_required() {
    let form = form(Language::English);
    let required = form.iter().filter(|item| item["required"] == true);
    assert_eq!(required.count(), 6);
    let schema = schema();
    assert_eq!(schema["required"].as_array().unwrap().len(), 5);
    assert_eq!(schema["else"]["required"][0], "signName");
}

#[test]
fn templates_editor_starts_with_nine_usages() {
    let form = form(Language::English);
    let entries = form[5]["defaultValue"].as_array().unwrap();
    assert_eq!(entries.len(), 9);
    for entry in entries {
        assert_eq!(entry["templateCode"], "<template-code>");
    }
    assert_eq!(entries[0]["usageType"], "SignIn");
    assert_eq!(entries[8]["usageType"], "BindMfa");
}

/// The secrets of the block stand inside of a field that a form shows as a whole.
#[test]
fn form_schema_and_pointers_name_the_same_secrets() {
    let form = form(Language::English);
    let confidential: Vec<&str> = form
        .iter()
        .filter(|item| item["isConfidential"] == true)
        .map(|item| item["key"].as_str().unwrap())
        .collect();
    assert_eq!(confidential, ["accessKeySecret", "sessionToken"]);
    let mut pointers = guard(Language::English).secret_pointers;
    pointers.sort();
    assert_eq!(
        pointers,
        [
            "/accessKeySecret",
            "/international/accessKeySecret",
            "/international/sessionToken",
            "/sessionToken"
        ]
    );
    let mut write_only = Vec::new();
    write_only_below("", &schema(), &mut write_only);
    write_only.sort();
    assert_eq!(write_only, pointers);
}

/// Pointers of everything that a schema calls `writeOnly`, also below the `anyOf` of an optional field.
fn write_only_below(parent: &str, schema: &Value, found: &mut Vec<String>) {
    for (key, property) in schema["properties"].as_object().into_iter().flatten() {
        let pointer = format!("{parent}/{key}");
        write_only_below(&pointer, property, found);
        if property["writeOnly"] == true {
            found.push(pointer);
        }
    }
    for choice in schema["anyOf"].as_array().into_iter().flatten() {
        write_only_below(parent, choice, found);
    }
}

#[test]
fn form_texts_exist_in_both_languages() {
    let (english, chinese) = (form(Language::English), form(Language::Chinese));
    assert_eq!(english.len(), FIELDS.len());
    for (one, other) in english.iter().zip(&chinese) {
        for key in ["label", "description"] {
            assert_ne!(one[key], other[key], "{}", one["key"]);
        }
    }
}

/// A form that is saved as it was opened must not complain of fields that were not filled in.
#[test]
fn defaults_of_the_form_cause_no_finding() {
    for item in form(Language::English) {
        let key = item["key"].as_str().unwrap();
        if let (Some(value), false) = (item.get("defaultValue"), item["required"] == true) {
            let config = changed(&format!("/{key}"), value.clone());
            assert_eq!(findings(&config), [], "{key}");
        }
    }
}
