//! What the README says is what there is.

use crate::support::{config, host, load, to_config};
use auth_connector_host::Severity;

const README: &str = include_str!("../README.md");

/// The first code block after a text.
fn block_after(text: &str) -> &'static str {
    let (_, after) = README
        .split_once(text)
        .unwrap_or_else(|| panic!("the README lacks {text:?}"));
    after
        .split("```")
        .nth(1)
        .unwrap()
        .split_once('\n')
        .unwrap()
        .1
}

/// The first column of the first table after a text.
fn column_after(text: &str) -> Vec<&'static str> {
    let (_, after) = README
        .split_once(text)
        .unwrap_or_else(|| panic!("the README lacks {text:?}"));
    after
        .lines()
        .skip_while(|line| !line.starts_with('|'))
        .take_while(|line| line.starts_with('|'))
        .skip(2)
        .map(|line| line.split('|').nth(1).unwrap().trim().trim_matches('`'))
        .collect()
}

#[test]
fn its_import_list_is_the_components() {
    let block = block_after("The import list below is all of it");
    let imports = |word: &str| {
        let mut found: Vec<String> = block
            .lines()
            .filter_map(|line| line.strip_prefix(word)?.strip_suffix(';'))
            .map(|name| name.trim().to_owned())
            .collect();
        found.sort();
        found
    };
    let plugin = load(host());
    assert_eq!(imports("import"), plugin.description().imports);
    assert_eq!(imports("export"), plugin.description().exports);
}

#[test]
fn its_snippet_is_the_embedding_example() {
    assert_eq!(
        block_after("[`host/examples/embed.rs`]"),
        include_str!("../host/examples/embed.rs")
    );
    assert!(include_str!("../host/examples/embed.rs").lines().count() <= 25);
}

#[tokio::test]
async fn its_config_table_has_every_field_of_the_form_and_no_other() {
    let guard = load(host()).get_config_guard(&[]).await.unwrap();
    let form: Vec<serde_json::Value> = serde_json::from_str(&guard.form_json).unwrap();
    let fields: Vec<&str> = form
        .iter()
        .map(|field| field["key"].as_str().unwrap())
        .collect();
    let mut table = column_after("### The config");
    table.retain(|field| !field.starts_with("templates[]"));
    assert_eq!(table, fields);
}

#[tokio::test]
async fn its_config_works_once_the_key_is_filled_in() {
    let mut sample: serde_json::Value =
        serde_json::from_str(block_after("Save it as `config.json`")).unwrap();
    for key in ["accessKeyId", "accessKeySecret"] {
        assert!(sample[key].as_str().unwrap().ends_with('…'));
        sample[key] = config(None)[key].clone();
    }
    let findings = load(host())
        .validate_config(&to_config(&sample), &[])
        .await
        .unwrap();
    assert!(
        findings
            .iter()
            .all(|finding| finding.severity != Severity::Error),
        "{findings:?}"
    );
    assert!(findings.is_empty(), "{findings:?}");
}

#[test]
fn its_error_table_has_every_failure_kind_of_the_contract_in_order() {
    let wit = include_str!("../wit/sms.wit");
    let (_, cases) = wit.split_once("enum failure-kind {").unwrap();
    let kinds: Vec<&str> = cases
        .split_once('}')
        .unwrap()
        .0
        .lines()
        .filter(|line| !line.trim_start().starts_with("///"))
        .filter_map(|line| line.trim().strip_suffix(','))
        .collect();
    assert_eq!(column_after("## When it does not work"), kinds);
}
