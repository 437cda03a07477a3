//! Checks that the component targets the contract's worlds, and that the contract is compatible with its released
//! versions.
//!
//! Compatible in both directions, because connectors and hosts are deployed separately: an old connector must work in a
//! new host, and a new connector in an old host. Only documentation and new worlds satisfy both.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test's helpers fail as the test does"
)]

use std::fs;
use std::path::{Path, PathBuf};

use wit_component::{semver_check, targets};
use wit_parser::{PackageId, Resolve, SourceMap};

const WORLDS: [&str; 3] = [
    "sms-connector",
    "sms-connector-with-operations",
    "sms-connector-with-receipts",
];

/// Each package is listed after those that it imports.
const DEPENDENCIES: [&str; 3] = ["wasi-io", "wasi-clocks", "wasi-http"];

fn wit() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../wit")
}

fn component() -> Vec<u8> {
    let path = std::env::var_os("CONNECTOR_WASM").map_or_else(
        || wit().join("../target/wasm32-wasip2/release/tencent_sms_connector.wasm"),
        PathBuf::from,
    );
    fs::read(&path).expect(
        "the component is not built: run `cargo xtask test`, or set CONNECTOR_WASM to its path",
    )
}

/// The texts of a folder's own WIT files.
fn texts(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "wit"))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{} holds no WIT", folder.display());
    files
        .into_iter()
        .map(|path| (path.clone(), fs::read_to_string(path).unwrap()))
        .collect()
}

fn push(resolve: &mut Resolve, texts: &[(PathBuf, String)]) -> PackageId {
    let mut sources = SourceMap::new();
    for (path, text) in texts {
        sources.push(path, text.as_str());
    }
    let group = sources
        .parse()
        .map_err(|(_, error)| error)
        .expect("the WIT parses");
    resolve.push_group(group).expect("the WIT resolves")
}

fn dependencies() -> Resolve {
    let mut resolve = Resolve::new();
    for dependency in DEPENDENCIES {
        push(&mut resolve, &texts(&wit().join("deps").join(dependency)));
    }
    resolve
}

/// Replaces a passage, which must exist.
fn edited(texts: &[(PathBuf, String)], from: &str, to: &str) -> Vec<(PathBuf, String)> {
    assert!(
        texts.iter().any(|(_, text)| text.contains(from)),
        "the contract no longer has {from:?}"
    );
    texts
        .iter()
        .map(|(path, text)| (path.clone(), text.replace(from, to)))
        .collect()
}

fn targets_world(texts: &[(PathBuf, String)], world: &str) -> Result<(), String> {
    let mut resolve = dependencies();
    let package = push(&mut resolve, texts);
    let world = resolve.select_world(&[package], Some(world)).unwrap();
    targets(&resolve, world, &component(), false).map_err(|error| format!("{error:#}"))
}

/// Returns an error if hosts and connectors of one contract do not work with those of the other.
fn compatible(one: &[(PathBuf, String)], other: &[(PathBuf, String)]) -> Result<(), String> {
    // Two packages of one name need different versions; the check ignores them.
    let other = edited(
        other,
        "package auth:connector@0.1.0;",
        "package auth:connector@0.1.999;",
    );
    for world in WORLDS {
        let mut resolve = dependencies();
        let [one, other] = [one, &other].map(|texts| push(&mut resolve, texts));
        let [one, other] =
            [one, other].map(|package| resolve.select_world(&[package], Some(world)).unwrap());
        for (old, new) in [(one, other), (other, one)] {
            semver_check(resolve.clone(), old, new)
                .map_err(|error| format!("{world}: {error:#}"))?;
        }
    }
    Ok(())
}

#[test]
fn component_targets_every_world() {
    for world in WORLDS {
        assert_eq!(targets_world(&texts(&wit()), world), Ok(()), "{world}");
    }
}

/// The component does not fit a world that grants less, requires more or changes a type.
#[test]
fn component_does_not_fit_changed_world() {
    let contract = texts(&wit());
    let import = "  @since(version = 0.1.0)\n  import wasi:http/outgoing-handler@0.2.6;\n";
    for (from, to) in [
        (import, ""),
        (
            "preview-message: func(config: string,",
            "preview-message: func(config: list<u8>,",
        ),
        (
            "  get-metadata: func() -> metadata;",
            "  get-metadata: func() -> metadata;\n  more: func();",
        ),
    ] {
        let broken = edited(&contract, from, to);
        assert!(targets_world(&broken, "sms-connector").is_err(), "{from}");
    }
}

/// The versions of its own release track.
#[test]
fn contract_is_compatible_with_every_released_version() {
    let current = texts(&wit());
    let folders: Vec<PathBuf> = fs::read_dir(wit().join("released"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert!(!folders.is_empty(), "wit/released holds no version");
    for folder in folders {
        let compatible = compatible(&texts(&folder), &current);
        assert_eq!(compatible, Ok(()), "{}", folder.display());
    }
}

#[test]
fn grown_shrunk_or_changed_contract_is_incompatible() {
    let contract = texts(&wit());
    assert_eq!(compatible(&contract, &contract), Ok(()));
    for (what, from, to) in [
        (
            "a function more",
            "  get-metadata: func() -> metadata;",
            "  get-metadata: func() -> metadata;\n  more: func();",
        ),
        (
            "a function less",
            "  @since(version = 0.1.0)\n  get-metadata: func() -> metadata;\n",
            "",
        ),
        (
            "a field more",
            "    correlation-id: option<string>,",
            "    correlation-id: option<string>,\n    sender: option<string>,",
        ),
        ("a field less", "    usage: string,", ""),
        (
            "a case more",
            "    /// None of the above; `provider-code` may say more.\n    other,",
            "    other,\n    spam,",
        ),
        (
            "cases in another order",
            "    not-sent(failure),",
            "    maybe(failure),\n    not-sent(failure),",
        ),
        (
            "another type",
            "    timeout-ms: option<u32>,",
            "    timeout-ms: option<u64>,",
        ),
        (
            "an import more",
            "  import wasi:clocks/wall-clock@0.2.6;",
            "  import wasi:clocks/wall-clock@0.2.6;\n  import extra: interface { f: func(); }",
        ),
    ] {
        let broken = edited(&contract, from, to);
        assert!(compatible(&contract, &broken).is_err(), "{what}");
        assert!(
            compatible(&broken, &contract).is_err(),
            "{what}, the other way"
        );
    }
}
