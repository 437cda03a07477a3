//! Compares `docs/sandbox.md` with the code: it names a test for every attack, and every test and every attack is in
//! it.

use super::arena::attacks;
use std::fs;
use std::path::Path;

/// The files whose tests the page lists, all of them.
const LISTED: [&str; 10] = [
    "compute",
    "memory",
    "boundary",
    "reach",
    "framing",
    "traffic",
    "truth",
    "loading",
    "redaction",
    "receipts",
];

struct Row {
    attack: String,
    test: String,
}

fn read(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    fs::read_to_string(root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The rows of the table: attack, defence, outcome, test.
fn rows() -> Vec<Row> {
    let page = read("docs/sandbox.md");
    let cells = |line: &str| -> Vec<String> {
        let inner = line.trim().trim_matches('|');
        inner
            .split(" | ")
            .map(|cell| cell.trim().to_owned())
            .collect()
    };
    page.lines()
        .filter(|line| line.starts_with("| "))
        .map(cells)
        .filter(|cells| cells.len() == 4 && cells[3].contains("::"))
        .map(|cells| Row {
            attack: cells[0].clone(),
            test: cells[3].trim_matches('`').to_owned(),
        })
        .collect()
}

/// File of a test: `compute::name` is below this folder, `path/file.rs::name` below the root.
fn source_of(test: &str) -> (String, &str) {
    let (place, name) = test.split_once("::").unwrap();
    let path = if place.contains('/') {
        place.to_owned()
    } else {
        format!("tests/sandbox/{place}.rs")
    };
    (path, name)
}

#[test]
fn every_row_names_a_test_that_exists() {
    let rows = rows();
    assert!(rows.len() >= 20, "{} rows", rows.len());
    for row in rows {
        let (path, name) = source_of(&row.test);
        assert!(
            read(&path).contains(&format!("fn {name}(")),
            "{path} has no test {name}, which docs/sandbox.md names for: {}",
            row.attack
        );
    }
}

#[test]
fn every_test_has_a_row() {
    let rows = rows();
    for file in LISTED {
        let source = read(&format!("tests/sandbox/{file}.rs"));
        let after_attribute = source.split("test]\n").skip(1);
        for name in after_attribute.filter_map(|rest| rest.split("fn ").nth(1)?.split('(').next()) {
            let test = format!("{file}::{name}");
            assert!(
                rows.iter().any(|row| row.test == test),
                "docs/sandbox.md has no row for {test}"
            );
        }
    }
}

#[test]
fn every_attack_has_a_row() {
    let rows = rows();
    for attack in attacks() {
        let quoted = format!("`{attack}`");
        assert!(
            rows.iter().any(|row| row.attack.contains(&quoted)),
            "docs/sandbox.md has no row for {quoted}"
        );
    }
}
