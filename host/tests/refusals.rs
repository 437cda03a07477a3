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
fn text_empty_and_image_files_are_not_webassembly() {
    assert!(refusal(b"# README\n\nhello").contains("not WebAssembly: the file starts with text"));
    assert!(refusal(b"").contains("starts with nothing"));
    assert!(refusal(b"\x89PNG\r\n\x1a\n").contains("starts with 89 50 4e 47"));
}

#[test]
fn core_module_refusal_tells_how_to_make_component() {
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

/// A component that passes a text on, with a memory of its own.
const PASSES_ON: &str = r#"
    (import "f" (func $f (param "text" string)))
    (core module $memory
        (memory (export "m") 1)
        (func (export "r") (param i32 i32 i32 i32) (result i32) (i32.const 0)))
    (core instance $own (instantiate $memory))
    (core func $lower (canon lower (func $f) (memory (core memory $own "m")) (realloc (core func $own "r"))))
    (core module $code
        (import "" "f" (func $f (param i32 i32)))
        (func (export "g") (param i32 i32) (call $f (local.get 0) (local.get 1))))
    (core instance $run
        (instantiate $code (with "" (instance (export "f" (func $lower))))))
    (func (export "g") (param "text" string)
        (canon lift (core func $run "g") (memory (core memory $own "m")) (realloc (core func $own "r"))))
"#;

/// Wasmtime panics at such components while several memories in a module are off.
#[test]
fn composed_component_is_refused() {
    let import = r#"(import "f" (func $f (param "text" string)))"#;
    let instances = |second: &str| {
        format!(
            r#"(instance $one (instantiate $a (with "f" (func $f))))
               (instance $two (instantiate {second} (with "f" (func $one "g"))))"#
        )
    };
    let two = format!(
        "(component {import} (component $a {PASSES_ON}) (component $b {PASSES_ON}) {})",
        instances("$b")
    );
    let line = refusal(&component(&two));
    assert!(line.contains("the compiler fails at it"), "{line}");
    let twice = format!(
        "(component {import} (component $a {PASSES_ON}) {})",
        instances("$a")
    );
    let line = refusal(&component(&twice));
    assert!(line.contains("the compiler fails at it"), "{line}");
}

#[test]
fn refusal_names_all_imports_outside_world() {
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
fn refusal_names_contract_that_component_lacks() {
    let line = refusal(&component("(component)"));
    assert!(
        line.contains("does not export auth:connector/sms@0.1.0; it exports nothing"),
        "{line}"
    );
}

#[test]
fn refusal_of_other_version_names_both_versions() {
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
fn refusal_names_missing_function() {
    let line = refusal(&component(
        r#"(component (instance $i) (export "auth:connector/sms@0.1.0" (instance $i)))"#,
    ));
    assert!(
        line.contains("get-metadata") && line.contains("missing"),
        "{line}"
    );
}

#[test]
fn refusal_names_function_of_wrong_type() {
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
fn conforming_component_is_described_without_running() {
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
