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

/// A tenant's editor names destinations. None is reached before a host administrator confirms it, and link-local
/// addresses not even then.
#[test]
fn editor_confirms_no_destination() {
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
    let told = host.try_to_send("+8613800138001");
    assert_eq!(told, ("not_sent".to_owned(), "denied".to_owned()));
    host.process
        .says("reason=\"address\" origin=https://169.254.169.254");
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

/// The service's own listeners are no destination, however they are written: neither for a connector's config, nor for a
/// plugin's origins, nor for events. Another server on the same machine is one.
#[test]
fn own_listener_is_refused_as_destination() {
    let host = host();
    let path = "/admin/tenants/default/connectors/hook";
    let confirm = format!("{path}/confirm");
    let put = |origin: &str| {
        let config = webhook_config(&format!("{origin}/admin/stop"));
        let body = json!({"plugin": "webhook", "config": config});
        host.admin("PUT", path, &host.host_key, &body).expect(200)
    };
    let flow = json!({"usage": "*", "country": "*", "connectors": ["hook"]});
    let port = |address: &str| address.rsplit(':').next().unwrap().to_owned();
    let (api, admin) = (port(&host.process.api), port(&host.process.admin));
    let other = format!("http://localhost:{}", port(&host.simulator.url()));
    put(&other);
    let flows = "/admin/tenants/default/flows";
    assert_eq!(host.admin("PUT", flows, &host.host_key, &flow).status, 200);
    for (nth, origin) in [
        format!("http://127.0.0.1:{admin}"),
        format!("https://127.0.0.1:{admin}"),
        format!("http://localhost:{admin}"),
        format!("https://0.0.0.0:{admin}"),
        format!("https://[::ffff:127.0.0.1]:{admin}"),
        format!("http://127.0.0.1:{api}"),
        format!("http://localhost:{api}"),
    ]
    .into_iter()
    .enumerate()
    {
        put(&origin);
        let body = json!({"origin": origin});
        let refused = host.admin("POST", &confirm, &host.host_key, &body);
        assert_eq!(refused.status, 422, "{origin}: {}", refused.text);
        assert!(refused.text.contains("itself listens"), "{}", refused.text);
        // A command is another process.
        let arguments = ["connector", "confirm", "hook", &origin];
        let refused = host.command(&arguments, "").unwrap_err();
        assert!(refused.contains("itself listens"), "{refused}");
        let package = host.folder.0.join("package");
        let package = package.to_str().unwrap();
        let add = ["plugin", "add", package, "--name", "own", "--unsigned"];
        let add = [&add[..], &["--allow-beyond", &origin]].concat();
        let refused = host.command(&add, "").unwrap_err();
        assert!(refused.contains("itself listens"), "{refused}");
        let body = json!({"url": format!("{origin}/admin/stop")});
        let events = "/admin/tenants/default/events";
        let refused = host.admin("PUT", events, &host.host_key, &body);
        assert_eq!(refused.status, 422, "{origin}: {}", refused.text);
        // An earlier version confirmed it.
        let changed = host.database().execute(
            "UPDATE connectors SET confirmed = wanted, revision = revision + 1 WHERE name = 'hook'",
            [],
        );
        assert_eq!(changed.unwrap(), 1);
        // Any change has it read again.
        host.change(
            &["limits", "--set", &format!("segments_a_day={}", 900 + nth)],
            "",
        );
        let told = host.try_to_send(&format!("+861380013810{nth}"));
        assert_eq!(
            told,
            ("not_sent".to_owned(), "denied".to_owned()),
            "{origin}"
        );
        host.process
            .says(&format!("reason=\"address\" origin={origin}"));
    }
    let metrics = host.admin("GET", "/metrics", &host.host_key, &json!(null));
    assert!(!metrics.text.contains("path=\"/admin/stop\""));
    put(&other);
    host.admin("POST", &confirm, &host.host_key, &json!({"origin": other}))
        .expect(200);
    let (_, kind) = host.try_to_send("+8613800138001");
    assert_ne!(kind, "denied");
}

/// The setting outlives a service that is killed, and the port is somebody else's afterwards.
#[test]
fn former_listener_is_a_destination_again() {
    let mut host = host();
    for is_killed in [false, true] {
        let origin = format!("http://{}", host.process.admin);
        let config = webhook_config(&origin).to_string();
        let put = [
            "connector",
            "put",
            "hook",
            "--plugin",
            "webhook",
            "--config",
            "-",
        ];
        host.change(&put, &config);
        let confirm = ["connector", "confirm", "hook", &origin];
        let refused = host.command(&confirm, "").unwrap_err();
        assert!(refused.contains("itself listens"), "{refused}");
        match is_killed {
            true => host.process.kill(),
            false => assert_eq!(host.process.terminate(), Some(0)),
        }
        let query = "SELECT value FROM settings WHERE key = 'listeners'";
        let stored: String = host
            .database()
            .query_row(query, [], |row| row.get(0))
            .unwrap();
        assert_eq!(stored.is_empty(), !is_killed, "{stored}");
        let confirmed = host.command(&confirm, "").unwrap();
        assert_eq!(confirmed["confirmed"], json!([origin]));
        host.process = Process::start(&host.folder.0, &[]);
    }
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
