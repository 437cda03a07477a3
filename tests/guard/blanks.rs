//! Fields that were left empty.

use super::Validators;
use crate::support::{INTERNATIONAL, MAINLAND, config, to_config};
use auth_connector_host::Message;
use serde_json::{Value, json};

/// Values that forms post for an empty field, whatever the field's type.
fn blanks() -> [Value; 5] {
    [json!(null), json!(""), json!(" \t"), json!([]), json!({})]
}

/// The optional places of a config, from the schema itself: those of the top level, of the block for international
/// numbers, and of each template.
fn optional_places(schema: &Value) -> Vec<String> {
    let required = |of: &Value| of["required"].as_array().cloned().unwrap_or_default();
    let keys = |of: &Value| -> Vec<String> {
        of["properties"]
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect()
    };
    let mut places = Vec::new();
    let mut add = |before: &str, of: &Value, kept: &[&str]| {
        for key in keys(of) {
            if !required(of).contains(&json!(key)) && !kept.contains(&key.as_str()) {
                places.push(format!("{before}{key}"));
            }
        }
    };
    // A signature is optional if all templates are for international numbers, which has a test of its own.
    add("/", schema, &["signName"]);
    let properties = &schema["properties"];
    // An optional field is either absent or valid by its own schema.
    add(
        "/international/",
        &properties["international"]["anyOf"][1],
        &[],
    );
    // An entry without one of these serves no message; `config::tests` of the connector covers its findings.
    let needed = ["usageType", "templateCode"];
    add("/templates/0/", &properties["templates"]["items"], &needed);
    places
}

/// A config in which every optional place has an object around it.
fn with_places() -> Value {
    let mut config = config(None);
    config["international"] = json!({"sdkAppId": "2400006666"});
    config
}

fn set(config: &mut Value, place: &str, value: Value) {
    let (parent, key) = place.rsplit_once('/').unwrap();
    config.pointer_mut(parent).unwrap()[key] = value;
}

fn removed(mut config: Value, place: &str) -> Value {
    let (parent, key) = place.rsplit_once('/').unwrap();
    let parent = config.pointer_mut(parent).unwrap();
    parent.as_object_mut().unwrap().remove(key);
    config
}

/// Schema and validation accept it, there are no further findings than without the field, and the messages are the
/// same, on both routes.
#[test]
fn a_blank_optional_field_is_as_if_absent() {
    let validators = Validators::new();
    let seen = |config: &Value| {
        validators.runtime.block_on(async {
            let to = to_config(config);
            let findings = validators.plugin.validate_config(&to, &[]).await.unwrap();
            let mut seen = vec![format!("{findings:?}")];
            for number in [MAINLAND, INTERNATIONAL] {
                let message = Message::to(number).usage("SignIn").code("123456");
                let preview = validators
                    .plugin
                    .preview_message(&to, &message)
                    .await
                    .unwrap();
                seen.push(preview.parameters.join("|"));
                seen.push(format!("{preview:?}"));
            }
            seen
        })
    };
    let schema = validators
        .runtime
        .block_on(validators.plugin.get_config_guard(&[]));
    let schema: Value = serde_json::from_str(&schema.unwrap().json_schema).unwrap();
    let places = optional_places(&schema);
    for known in [
        "/timeoutMs",
        "/deniedCountries",
        "/international",
        "/international/senderId",
        "/templates/0/params",
        "/templates/0/kind",
    ] {
        assert!(places.iter().any(|place| place == known), "{places:?}");
    }
    for place in &places {
        let absent = seen(&removed(with_places(), place));
        for blank in blanks() {
            let mut config = with_places();
            set(&mut config, place, blank.clone());
            let (by_schema, errors) = validators.judge(&config);
            assert!(
                by_schema && errors.is_empty(),
                "{place} {blank}: {by_schema} {errors:?}"
            );
            assert_eq!(seen(&config), absent, "{place} {blank}");
        }
    }
}

#[test]
fn all_optional_fields_blank_at_once_are_accepted() {
    let validators = Validators::new();
    let guard = validators
        .runtime
        .block_on(validators.plugin.get_config_guard(&[]));
    let schema: Value = serde_json::from_str(&guard.unwrap().json_schema).unwrap();
    let places = optional_places(&schema);
    for blank in blanks() {
        let mut config = with_places();
        for place in places.iter().filter(|place| *place != "/international") {
            set(&mut config, place, blank.clone());
        }
        let (by_schema, errors) = validators.judge(&config);
        assert!(
            by_schema && errors.is_empty(),
            "{blank}: {by_schema} {errors:?}"
        );
    }
}

/// A blank signature counts as absent.
#[test]
fn blank_signature_passes_without_mainland_template() {
    let validators = Validators::new();
    for blank in blanks() {
        let mut abroad = config(None);
        for template in abroad["templates"].as_array_mut().unwrap() {
            template["templateCode"] =
                json!({"mainland": blank.clone(), "international": "1110002"});
        }
        abroad["signName"] = blank.clone();
        let (by_schema, errors) = validators.judge(&abroad);
        assert!(by_schema && errors.is_empty(), "{blank}: {errors:?}");
        let mut mainland = config(None);
        mainland["signName"] = blank.clone();
        let (by_schema, errors) = validators.judge(&mainland);
        assert!(!by_schema && errors.len() == 1, "{blank}: {errors:?}");
        assert_eq!(errors[0].pointer, "/signName");
    }
}

#[test]
fn blank_required_field_is_reported_at_its_place() {
    let validators = Validators::new();
    for place in [
        "/accessKeyId",
        "/accessKeySecret",
        "/sdkAppId",
        "/region",
        "/templates",
        "/templates/0/templateCode",
    ] {
        for blank in blanks() {
            let mut config = config(None);
            set(&mut config, place, blank.clone());
            let (by_schema, errors) = validators.judge(&config);
            assert!(!by_schema, "{place} {blank}");
            assert!(
                errors.iter().any(|error| error.pointer == place),
                "{place} {blank}: {errors:?}"
            );
        }
    }
}

/// Only an empty value is blank; a non-empty value of the wrong type is not.
#[test]
fn wrong_non_blank_value_stays_an_error() {
    let validators = Validators::new();
    for (place, value) in [
        ("/allowedCountries", json!({"86": true})),
        ("/allowedCountries", json!([""])),
        ("/allowedCountries", json!([{}])),
        ("/deniedCountries", json!([null])),
        ("/deniedCountries", json!("86")),
        ("/timeoutMs", json!("5000")),
        ("/timeoutMs", json!(0)),
        ("/timeoutMs", json!(false)),
        ("/timeoutMs", json!(1e20)),
        ("/sdkAppId", json!(1e20)),
        ("/templates/0/templateCode", json!(1e20)),
        ("/templates/0/templateCode/mainland", json!(1e20)),
        ("/templates/0/params", json!([1e20])),
        ("/templates/0/params", json!("no")),
        ("/templates/0/kind", json!(5)),
        ("/language", json!(["en-US"])),
        ("/endpoint", json!({"host": "sms.tencentcloudapi.com"})),
        ("/extendCode", json!([1])),
        ("/international", json!([{}])),
        ("/international", json!("{}")),
        ("/international/senderId", json!([""])),
        ("/templates/0/params", json!({"0": "{{code}}"})),
        ("/templates/0/kind", json!(["notice"])),
        ("/templates/0/locale", json!({"en": "en"})),
        ("/templates/0/templateCode/mainland", json!(["1110000"])),
    ] {
        let mut config = with_places();
        set(&mut config, place, value.clone());
        let (by_schema, errors) = validators.judge(&config);
        assert!(
            !by_schema && !errors.is_empty(),
            "{place} {value}: {by_schema}"
        );
        assert!(
            errors.iter().all(|error| error.pointer.starts_with(place)),
            "{place}: {errors:?}"
        );
    }
}

#[test]
fn each_json_form_item_has_a_default() {
    let validators = Validators::new();
    let guard = validators
        .runtime
        .block_on(validators.plugin.get_config_guard(&[]));
    let form: Value = serde_json::from_str(&guard.unwrap().form_json).unwrap();
    let mut config = config(None);
    let mut items = 0;
    for item in form.as_array().unwrap() {
        if item["type"] == "Json" {
            let value = &item["defaultValue"];
            assert!(value.is_array() || value.is_object(), "{}", item["key"]);
            if item["required"] != true {
                config[item["key"].as_str().unwrap()] = value.clone();
                items += 1;
            }
        }
    }
    assert_eq!(items, 3);
    // An empty form does not make the config invalid.
    let (by_schema, errors) = validators.judge(&config);
    assert!(by_schema && errors.is_empty(), "{errors:?}");
}
