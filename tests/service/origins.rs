use super::running::{Folder, Process, Running, command, config, set_up};
use crate::support::webhook;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::path::Path;
use tencent_sms_simulator::Simulator;

/// The webhook connector as a package that names the place of a destination in its config.
pub fn package(folder: &Path) -> String {
    let bytes = std::fs::read(webhook()).unwrap();
    let digest: String = Sha256::digest(&bytes)
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect();
    let manifest = json!({
        "format": 1, "id": "webhook", "version": "0.1.0", "contract": "auth:connector@0.1.0",
        "component": {"file": "webhook.wasm", "sha256": digest, "size": bytes.len()},
        "origins": [], "configOrigins": ["/url"],
    });
    let package = folder.join("package");
    std::fs::create_dir_all(&package).unwrap();
    std::fs::write(package.join("webhook.wasm"), bytes).unwrap();
    std::fs::write(package.join("manifest.json"), manifest.to_string()).unwrap();
    package.to_str().unwrap().to_owned()
}

fn host() -> Running {
    let simulator = Simulator::builder().start_blocking().unwrap();
    let folder = Folder::new();
    let (key, host_key) = set_up(
        &folder.0,
        &[("sim", &config(&simulator.url()))],
        &simulator.url(),
    );
    let package = package(&folder.0);
    command(&folder.0, &["plugin", "add", &package, "--unsigned"], "").unwrap();
    let process = Process::start(&folder.0, &[]);
    Running {
        process,
        simulator,
        key,
        host_key,
        folder,
    }
}

pub fn webhook_config(url: &str) -> Value {
    json!({"url": url, "secret": "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="})
}

/// A tenant's editor names destinations. None is reached before a host administrator confirms it. Link-local addresses
/// and the administrator's listener are never reached.
#[test]
fn editor_reaches_neither_metadata_nor_the_admin_listener() {
    let host = host();
    let editor = host.change(&["key", "add", "editor", "--scope", "tenant"], "");
    let editor = editor["key"].as_str().unwrap();
    let put = |url: &str| {
        let body = json!({"plugin": "webhook", "config": webhook_config(url)});
        host.admin(
            "PUT",
            "/admin/tenants/default/connectors/hook",
            editor,
            &body,
        )
    };
    let flow = json!({"usage": "*", "country": "*", "connectors": ["hook"]});
    let admin = format!("https://{}", host.process.admin);
    for url in [
        "https://169.254.169.254/latest",
        &format!("{admin}/admin/stop"),
    ] {
        let shown = put(url).expect(200);
        assert!(
            shown["problem"].as_str().unwrap().contains("confirm"),
            "{shown}"
        );
        let set = host.admin("PUT", "/admin/tenants/default/flows", editor, &flow);
        assert_eq!(set.status, 200, "{}", set.text);
        let start = json!({"to": "+8613800138000", "usage": "SignIn"});
        let v = host.post("/v1/verifications", &start).expect(201);
        assert_eq!(
            (&v["message"]["state"], &v["message"]["reason"]),
            (&json!("not_sent"), &json!("connector-not-ready")),
            "{v}"
        );
        let origin = shown["wanted"][0].as_str().unwrap();
        let path = "/admin/tenants/default/connectors/hook/confirm";
        let own = host.admin("POST", path, editor, &json!({"origin": origin}));
        assert_eq!(own.status, 403, "an editor confirmed a destination");
    }
    // Link-local: refused by address even after a confirmation.
    let shown = put("https://169.254.169.254/latest").expect(200);
    let origin = shown["wanted"][0].as_str().unwrap();
    let path = "/admin/tenants/default/connectors/hook/confirm";
    host.admin("POST", path, &host.host_key, &json!({"origin": origin}))
        .expect(200);
    let start = json!({"to": "+8613800138001", "usage": "SignIn"});
    let v = host.post("/v1/verifications", &start).expect(201);
    assert_eq!(v["message"]["state"], "not_sent", "{v}");
    assert_ne!(v["message"]["reason"], "connector-not-ready", "{v}");
    // Another destination has to be confirmed again.
    let mut moved = webhook_config("https://elsewhere.example/");
    moved["secret"] = json!("whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=");
    let body = json!({"plugin": "webhook", "config": moved});
    let shown = host.admin(
        "PUT",
        "/admin/tenants/default/connectors/hook",
        editor,
        &body,
    );
    assert!(shown.expect(200)["problem"].is_string());
}

#[test]
fn stored_secret_follows_no_change_of_destination() {
    let host = host();
    let put = |config: &Value| {
        let body = json!({"config": config});
        let path = "/admin/tenants/default/connectors/sim";
        host.admin("PUT", path, &host.host_key, &body)
    };
    let path = "/admin/tenants/default/connectors/sim";
    let shown = host
        .admin("GET", path, &host.host_key, &json!(null))
        .expect(200);
    assert!(shown["config"]["accessKeySecret"].is_null());
    assert!(shown["secrets"].to_string().contains("/accessKeySecret"));
    let mut edited = shown["config"].clone();
    edited["signName"] = json!("腾讯云");
    assert_eq!(put(&edited).status, 200);
    host.begin("+8613800138000");
    for (name, value) in [("endpoint", "http://127.0.0.1:1"), ("region", "ap-beijing")] {
        let mut moved = edited.clone();
        moved[name] = json!(value);
        let refused = put(&moved);
        assert_eq!(refused.status, 422, "{name}: {}", refused.text);
        assert!(
            refused.text.contains("Enter them again"),
            "{}",
            refused.text
        );
    }
    // Another plugin reaches other origins: the same component, granted elsewhere.
    let wasm = crate::support::component();
    let add = [
        "plugin",
        "add",
        wasm.to_str().unwrap(),
        "--name",
        "other",
        "--unsigned",
        "--allow",
        "https://other.example",
    ];
    host.change(&add, "");
    let body = json!({"plugin": "other", "config": edited});
    let refused = host.admin("PUT", path, &host.host_key, &body);
    assert_eq!(refused.status, 422, "{}", refused.text);
    assert!(
        refused.text.contains("Enter them again"),
        "{}",
        refused.text
    );
    host.begin("+8613800138001");
}

/// A misspelled key is as secret as the intended one, and saving the shown config loses nothing.
#[test]
fn undeclared_value_is_hidden_and_kept() {
    let host = host();
    let path = "/admin/tenants/default/connectors/sim";
    let put = |config: &Value| {
        let body = json!({"config": config});
        host.admin("PUT", path, &host.host_key, &body)
    };
    let mut typed = config(&host.simulator.url());
    typed["sesionToken"] = json!("MARKER-top");
    typed["international"] = json!({"secret": "MARKER-inside"});
    typed["templates"][1]["token"] = json!("MARKER-row");
    let first = put(&typed);
    assert_eq!(first.status, 200, "{}", first.text);
    let shown = host
        .admin("GET", path, &host.host_key, &json!(null))
        .expect(200);
    let mut edited = shown["config"].clone();
    edited["timeoutMs"] = json!(5000);
    edited["templates"].as_array_mut().unwrap().reverse();
    let second = put(&edited);
    assert_eq!(second.status, 200, "{}", second.text);
    for answer in [&first.text, &shown.to_string(), &second.text] {
        assert!(!answer.contains("MARKER"), "{answer}");
    }
    let places = |answer: &Value| {
        let list = answer["secrets"].as_array().unwrap();
        let mut places: Vec<_> = list
            .iter()
            .map(|place| place.as_str().unwrap().to_owned())
            .collect();
        places.sort();
        places
    };
    let moved = [
        "/accessKeySecret",
        "/international/secret",
        "/sesionToken",
        "/templates/2/token",
    ];
    assert_eq!(places(&second.json()), moved);
    // A removed value is deleted.
    let kept = second.json();
    let mut without = kept["config"].clone();
    without.as_object_mut().unwrap().remove("sesionToken");
    let third = put(&without).expect(200);
    assert!(!places(&third).contains(&"/sesionToken".to_owned()));
    host.begin("+8613800138000");
}

/// A token in a URL's query is never shown, and is not kept for another URL.
#[test]
fn query_of_an_address_is_hidden_and_kept() {
    let host = host();
    let path = "/admin/tenants/default/connectors/hook";
    let put = |config: &Value| {
        let body = json!({"plugin": "webhook", "config": config});
        host.admin("PUT", path, &host.host_key, &body)
    };
    let url = format!("{}/sms?access_token=MARKER", host.simulator.url());
    let shown = put(&webhook_config(&url)).expect(200);
    assert!(!shown.to_string().contains("MARKER"), "{shown}");
    let config = &shown["config"];
    assert!(
        config["url"]
            .as_str()
            .unwrap()
            .ends_with("?access_token=****")
    );
    assert_eq!(put(config).status, 200);
    let mut moved = config.clone();
    moved["url"] = json!("https://elsewhere.example/sms?access_token=****");
    let refused = put(&moved);
    assert_eq!(refused.status, 422, "{}", refused.text);
}

#[test]
fn unusable_config_is_refused_with_every_finding() {
    let host = host();
    let mut wrong = config(&host.simulator.url());
    wrong["templates"] = json!(1);
    wrong["sdkAppId"] = json!("");
    let body = json!({"config": wrong});
    let path = "/admin/tenants/default/connectors/sim";
    let refused = host.admin("PUT", path, &host.host_key, &body);
    assert_eq!(refused.status, 422);
    let findings = refused.json()["findings"].as_array().unwrap().len();
    assert!(findings > 1, "{}", refused.text);
    host.begin("+8613800138000");
}
