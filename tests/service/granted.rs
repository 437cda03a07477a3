//! Limits that an operator grants one plugin: the size of its component, and the memory of its calls.

use super::origins::{package, webhook_config};
use super::running::{Folder, Running, command};
use super::visitor::{PASSWORD, Visitor};
use serde_json::json;

#[test]
fn granted_memory_holds_for_every_call() {
    let folder = Folder::new();
    let package = package(&folder.0);
    let run = |arguments: &[&str], input: &str| command(&folder.0, arguments, input);
    run(&["tenant", "put"], "").unwrap();
    let config = webhook_config("https://sms.example.com/hook").to_string();
    let put = [
        "connector",
        "put",
        "main",
        "--plugin",
        "webhook",
        "--config",
        "-",
    ];
    let add = ["plugin", "add", &package, "--unsigned", "--limit"];
    run(&[&add[..], &["memoryBytes=1024"]].concat(), "").unwrap();
    let error = run(&put, &config).unwrap_err();
    assert!(error.contains("asked for more than 1024 bytes"), "{error}");
    run(&[&add[..], &["memoryBytes=8388608"]].concat(), "").unwrap();
    run(&put, &config).unwrap();
}

#[test]
fn component_above_the_granted_size_is_refused() {
    let folder = Folder::new();
    let package = package(&folder.0);
    let size = std::fs::metadata(folder.0.join("package/webhook.wasm"))
        .unwrap()
        .len();
    let add = |most: u64| {
        let limit = format!("componentBytes={most}");
        let arguments = ["plugin", "add", &package, "--unsigned", "--limit", &limit];
        command(&folder.0, &arguments, "")
    };
    let error = add(size - 1).unwrap_err();
    assert!(error.contains("more than the"), "{error}");
    assert_eq!(add(size).unwrap()["limits"]["componentBytes"], size);
}

/// A package from files, in the console: the grant applies to its calls, and only a host administrator may give it.
#[test]
fn only_host_administrator_grants_memory_in_console() {
    let host = Running::start();
    let mut ada = Visitor::set_up(&host, "ada");
    for (name, role, tenant) in [("vic", "viewer", ""), ("tom", "admin", "default")] {
        let fields = [
            ("do", "add"),
            ("name", name),
            ("role", role),
            ("tenant", tenant),
            ("password", PASSWORD),
            ("again", PASSWORD),
        ];
        assert_eq!(ada.post("/console/users", &fields).status, 303);
    }
    let folder = package(&host.folder.0);
    let read = |name: &str| std::fs::read(format!("{folder}/{name}")).unwrap();
    let (manifest, component) = (read("manifest.json"), read("webhook.wasm"));
    let files = [
        ("manifest.json", manifest.as_slice()),
        ("webhook.wasm", component.as_slice()),
    ];
    let install = |visitor: &mut Visitor, at: &str, memory: &str| {
        let fields = [
            ("do", "install"),
            ("name", "webhook"),
            ("unsigned", "on"),
            ("limit.componentBytes", ""),
            ("limit.memoryBytes", memory),
        ];
        visitor.post(at, &fields)
    };
    let put = || {
        let path = "/admin/tenants/default/connectors/hook";
        let config = webhook_config("https://sms.example.com/hook");
        let body = json!({"plugin": "webhook", "config": config});
        host.admin("PUT", path, &host.host_key, &body)
    };
    let at = ada.upload(&files);
    for name in ["vic", "tom"] {
        let mut other = Visitor::new(&host.process);
        assert_eq!(other.sign_in(name, PASSWORD).status, 303);
        other.get("/console/t/default/");
        assert_eq!(other.get(&at).status, 403, "{name}");
        assert_eq!(install(&mut other, &at, "8388608").status, 403, "{name}");
    }
    assert_eq!(install(&mut ada, &at, "1024").status, 303);
    let refused = put();
    assert!(
        refused.text.contains("asked for more than 1024 bytes"),
        "{}",
        refused.text
    );
    let at = ada.upload(&files);
    let page = ada.get(&at).text;
    assert!(page.contains("name=\"limit.memoryBytes\" value=\"1024\""));
    assert_eq!(install(&mut ada, &at, "8388609").status, 422);
    assert_eq!(install(&mut ada, &at, "8388608").status, 303);
    assert_eq!(put().status, 200);
    let audit = host.command(&["audit", "--host"], "").unwrap().to_string();
    assert!(audit.contains("memoryBytes=1024") && audit.contains("memoryBytes=8388608"));
}

/// A bare component has no manifest that requests limits, so only its size can be granted.
#[test]
fn size_alone_is_granted_to_a_bare_component() {
    let host = Running::start();
    let mut ada = Visitor::set_up(&host, "ada");
    let component = std::fs::read(crate::support::webhook()).unwrap();
    let at = ada.upload(&[("webhook.wasm", &component)]);
    let page = ada.get(&at).text;
    assert!(page.contains("name=\"limit.componentBytes\"") && !page.contains("limit.memoryBytes"));
    let install = |ada: &mut Visitor, limit: (&str, u64)| {
        let (name, most) = (format!("limit.{}", limit.0), limit.1.to_string());
        let fields = [("do", "install"), ("name", "bare"), ("unsigned", "on")];
        let fields = [&fields[..], &[(name.as_str(), most.as_str())]].concat();
        ada.post(&at, &fields)
    };
    let size = component.len() as u64;
    for (refused, said) in [
        (("componentBytes", size - 1), "more than the"),
        (("componentBytes", (2 << 20) + 1), "componentBytes 2097152"),
        (("memoryBytes", 1 << 20), "none but componentBytes"),
    ] {
        let answer = install(&mut ada, refused);
        assert_eq!(answer.status, 422, "{refused:?}");
        assert!(answer.text.contains(said), "{}", answer.text);
    }
    assert_eq!(install(&mut ada, ("componentBytes", size)).status, 303);
    let all = host.command(&["plugin", "list"], "").unwrap();
    let bare = all.as_array().unwrap().iter().find(|p| p["id"] == "bare");
    assert_eq!(bare.unwrap()["limits"], json!({"componentBytes": size}));
}
