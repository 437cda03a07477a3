//! Review of a plugin in the console: its choices until the installation.

use super::origins::package;
use super::running::Running;
use super::visitor::Visitor;
use serde_json::{Value, json};

const ASKED: [&str; 2] = ["https://a.example.com", "https://b.example.com"];

/// An upload of a package that asks for two origins, and the address of its review.
fn upload(host: &Running, visitor: &mut Visitor) -> String {
    let folder = package(&host.folder.0);
    let read = |name: &str| std::fs::read(format!("{folder}/{name}")).unwrap();
    let mut manifest: Value = serde_json::from_slice(&read("manifest.json")).unwrap();
    manifest["origins"] = json!(ASKED);
    let (manifest, component) = (manifest.to_string(), read("webhook.wasm"));
    visitor.upload(&[
        ("manifest.json", manifest.as_bytes()),
        ("webhook.wasm", component.as_slice()),
    ])
}

/// Returns true if the page has the box of an origin, ticked.
fn is_ticked(page: &str, origin: &str) -> bool {
    page.contains(&format!("value=\"{origin}\" checked"))
}

/// Origins, limit and name are as they were chosen after the keys were checked, also when a key cannot be used.
#[test]
fn checking_keys_keeps_choices_of_review() {
    let host = Running::start();
    let mut ada = Visitor::set_up(&host, "ada");
    let at = upload(&host, &mut ada);
    let shown = ada.get(&at).text;
    assert!(ASKED.iter().all(|origin| is_ticked(&shown, origin)));
    let fields = |action, key| {
        [
            ("do", action),
            ("key", key),
            ("origin", ASKED[0]),
            ("limit.memoryBytes", "4194304"),
            ("name", "myhook"),
            ("unsigned", "on"),
        ]
    };
    let key = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";
    for (key, status) in [(key, 303), ("RWno", 422)] {
        let mut page = ada.post(&at, &fields("check", key));
        assert_eq!(page.status, status, "{key}: {}", page.text);
        if status == 303 {
            page = ada.get(&at);
        }
        let text = &page.text;
        assert!(is_ticked(text, ASKED[0]) && !is_ticked(text, ASKED[1]));
        for kept in [
            "name=\"limit.memoryBytes\" value=\"4194304\"",
            "name=\"name\" value=\"myhook\"",
            "name=\"unsigned\" value=\"on\" checked",
        ] {
            assert!(text.contains(kept), "{key}, {kept}: {text}");
        }
    }
    // The key that cannot be used is not checked against anything, so nothing is installed with it.
    let refused = ada.post(&at, &fields("install", "RWno"));
    assert_eq!(refused.status, 422, "{}", refused.text);
    let plugins = host.command(&["plugin", "list"], "").unwrap();
    assert!(!plugins.to_string().contains("myhook"), "{plugins}");
}

/// The review said that no plugin of this name is installed.
#[test]
fn plugin_installed_since_review_is_not_replaced_unseen() {
    let host = Running::start();
    let mut ada = Visitor::set_up(&host, "ada");
    let reviewed = upload(&host, &mut ada);
    assert_eq!(ada.get(&reviewed).status, 200);
    let folder = package(&host.folder.0);
    let read = |name: &str| std::fs::read(format!("{folder}/{name}")).unwrap();
    let (manifest, component) = (read("manifest.json"), read("webhook.wasm"));
    let other = ada.upload(&[
        ("manifest.json", manifest.as_slice()),
        ("webhook.wasm", component.as_slice()),
    ]);
    let fields = [
        ("do", "install"),
        ("name", "webhook"),
        ("unsigned", "on"),
        ("origin", ASKED[0]),
        ("origin", ASKED[1]),
    ];
    assert_eq!(ada.post(&other, &fields[..3]).status, 303);
    let refused = ada.post(&reviewed, &fields);
    assert_eq!(refused.status, 422, "{}", refused.text);
    let said = "Somebody else changed the plugin meanwhile.";
    assert!(refused.text.contains(said), "{}", refused.text);
    // That page shows the installed plugin, so the next consent is to replace it.
    assert_eq!(ada.post(&reviewed, &fields).status, 303);
}
