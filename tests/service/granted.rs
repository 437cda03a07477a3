//! Limits that an operator grants one plugin: the size of its component, and the memory of its calls.

use super::origins::{package, webhook_config};
use super::running::{Folder, command};

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
