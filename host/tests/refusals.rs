//! Refusals of components before any of their code runs, each in one line.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail loudly"
)]

mod support;

use auth_connector_host::{ConnectorHost, LoadError};

fn refusal(bytes: &[u8]) -> String {
    let error = ConnectorHost::builder()
        .build()
        .unwrap()
        .load(bytes)
        .unwrap_err();
    let line = error.to_string();
    assert_eq!(line.lines().count(), 1, "{line}");
    line
}

fn component(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

#[test]
fn a_text_file_an_empty_file_and_an_image_are_not_webassembly() {
    assert!(refusal(b"# README\n\nhello").contains("not WebAssembly: the file starts with text"));
    assert!(refusal(b"").contains("starts with nothing"));
    assert!(refusal(b"\x89PNG\r\n\x1a\n").contains("starts with 89 50 4e 47"));
}

#[test]
fn a_core_module_is_told_how_to_become_a_component() {
    let line = refusal(&component("(module)"));
    assert!(
        line.contains("core WebAssembly module") && line.contains("wasm32-wasip2"),
        "{line}"
    );
}

#[test]
fn a_truncated_component_is_invalid() {
    let mut bytes = support::plugin();
    bytes.truncate(bytes.len() / 2);
    assert!(refusal(&bytes).contains("not a valid component"));
}

#[test]
fn every_import_outside_the_world_is_named_at_once() {
    let line = refusal(&component(
        r#"(component
            (import "wasi:filesystem/types@0.2.6" (instance))
            (import "wasi:io/poll@0.2.6" (instance))
            (import "wasi:cli/environment@0.2.6" (instance))
            (import "wasi:http/types@0.3.0" (instance)))"#,
    ));
    assert!(
        line.contains(
            "wasi:cli/environment@0.2.6, wasi:filesystem/types@0.2.6, wasi:http/types@0.3.0"
        ),
        "{line}"
    );
    assert!(!line.contains("wasi:io/poll"), "{line}");
}

#[test]
fn a_component_without_the_contract_is_told_what_is_missing() {
    let line = refusal(&component("(component)"));
    assert!(
        line.contains("does not export auth:connector/sms@0.1.0; it exports nothing"),
        "{line}"
    );
}

#[test]
fn a_component_for_another_version_is_refused_with_both_versions() {
    let line = refusal(&component(
        r#"(component (instance $i) (export "auth:connector/sms@0.2.0" (instance $i)))"#,
    ));
    assert!(
        line.contains("auth:connector/sms@0.2.0") && line.contains("auth:connector/sms@0.1.0"),
        "{line}"
    );
}

/// A component that claims the contract and lacks a function is refused by its name.
#[test]
fn component_that_lacks_a_function_is_refused_by_its_name() {
    let line = refusal(&component(
        r#"(component (instance $i) (export "auth:connector/sms@0.1.0" (instance $i)))"#,
    ));
    assert!(
        line.contains("get-metadata") && line.contains("missing"),
        "{line}"
    );
}

#[test]
fn a_function_of_another_type_is_refused_by_its_name() {
    let line = refusal(&component(
        r#"(component
            (core module $m (func (export "f") (result i32) i32.const 0))
            (core instance $c (instantiate $m))
            (func $f (result u32) (canon lift (core func $c "f")))
            (instance $i (export "get-metadata" (func $f)))
            (export "auth:connector/sms@0.1.0" (instance $i)))"#,
    ));
    assert!(
        line.contains("get-metadata differs from auth:connector/sms@0.1.0"),
        "{line}"
    );
}

#[test]
fn another_digest_than_the_expected_one_is_refused() {
    let host = ConnectorHost::builder().build().unwrap();
    let bytes = support::plugin();
    let digest = host
        .load(bytes.clone())
        .unwrap()
        .description()
        .sha256
        .clone();
    let upper = digest.to_uppercase();
    assert!(
        host.load_with(bytes.clone(), Default::default(), Some(&upper))
            .is_ok()
    );
    let other = "0".repeat(64);
    let error = host
        .load_with(bytes, Default::default(), Some(&other))
        .unwrap_err();
    assert!(matches!(error, LoadError::Digest { .. }) && error.to_string().contains(&digest));
}

#[test]
fn a_missing_file_is_named() {
    let host = ConnectorHost::builder().build().unwrap();
    let line = host.load("no/such/connector.wasm").unwrap_err().to_string();
    assert!(
        line.contains("no/such/connector.wasm cannot be read"),
        "{line}"
    );
}

#[test]
fn a_component_within_the_contract_is_described_without_running() {
    let plugin = ConnectorHost::builder()
        .build()
        .unwrap()
        .load(support::plugin())
        .unwrap();
    let description = plugin.description();
    assert_eq!(description.exports, ["auth:connector/sms@0.1.0"]);
    assert!(!description.has_operations && !description.has_receipts);
    assert!(
        description
            .imports
            .contains(&"wasi:http/outgoing-handler@0.2.6".to_owned()),
        "{:?}",
        description.imports
    );
    assert_eq!(description.sha256.len(), 64);
}
