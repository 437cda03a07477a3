//! The README and the pages that it links, against the code.

use crate::support::{config, host, load, to_config};
use auth_connector_host::{Check, Verdict};

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
fn column_after(page: &'static str, text: &str) -> Vec<&'static str> {
    let (_, after) = page
        .split_once(text)
        .unwrap_or_else(|| panic!("the page lacks {text:?}"));
    after
        .lines()
        .skip_while(|line| !line.starts_with('|'))
        .take_while(|line| line.starts_with('|'))
        .skip(2)
        .map(|line| line.split('|').nth(1).unwrap().trim().trim_matches('`'))
        .collect()
}

#[test]
fn import_list_is_the_component_s() {
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

/// The build of `host/` detects an example that does not compile.
#[test]
fn snippet_is_a_part_of_the_embedding_example() {
    let snippet = block_after("[`host/examples/embed.rs`]");
    let indented: String = snippet
        .lines()
        .map(|line| format!("    {line}\n"))
        .collect();
    let example = include_str!("../host/examples/embed.rs");
    assert!(snippet.contains("send_message"), "{snippet}");
    assert!(example.contains(&indented), "{snippet}");
    assert!(example.lines().count() <= 25);
}

#[tokio::test]
async fn sample_config_works_with_a_key() {
    let mut sample: serde_json::Value =
        serde_json::from_str(block_after("Save as `config.json`")).unwrap();
    for key in ["accessKeyId", "accessKeySecret"] {
        assert!(sample[key].as_str().unwrap().ends_with('…'));
        sample[key] = config(None)[key].clone();
    }
    let findings = load(host())
        .validate_config(&to_config(&sample), &[])
        .await
        .unwrap();
    assert!(findings.is_empty(), "{findings:?}");
}

/// Readers of a guide try its sample with the simulator first.
#[tokio::test]
async fn samples_are_confirmed_by_the_simulator() {
    let simulator = tencent_sms_simulator::Simulator::start().await.unwrap();
    let plugin = load(host().allow(&simulator.url()).unwrap());
    let samples = [
        README,
        include_str!("../guides/en.md"),
        include_str!("../docs/auth-host.md"),
    ];
    for text in samples {
        let start = text.split("\n{\n  \"accessKeyId\"").nth(1).unwrap();
        let body = start.split("\n}\n").next().unwrap();
        let sample = format!("{{\"accessKeyId\"{body}}}");
        let mut sample: serde_json::Value = serde_json::from_str(&sample).unwrap();
        for key in ["accessKeyId", "accessKeySecret"] {
            sample[key] = config(None)[key].clone();
        }
        sample["endpoint"] = simulator.url().into();
        let checks = plugin
            .check_config(&to_config(&sample), &[], None)
            .await
            .unwrap();
        assert!(!checks.is_empty());
        let is_pass = |check: &Check| check.verdict == Verdict::Pass;
        assert!(checks.iter().all(is_pass), "{checks:#?}");
    }
}

#[test]
fn error_table_has_every_failure_kind() {
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
    assert_eq!(
        column_after(include_str!("../docs/errors.md"), "# When it does not work"),
        kinds
    );
}

#[test]
fn readme_is_short_and_its_links_exist() {
    assert!(README.lines().count() <= 150);
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let links: Vec<&str> = README
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
        .filter(|link| !link.starts_with("http"))
        .collect();
    assert!(links.len() > 10);
    for link in links {
        assert!(root.join(link).exists(), "{link}");
    }
}
