//! Documents of `docs/` against the source text that they describe.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail loudly"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The Rust files below a folder, without those of tests.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|is| is == "rs") && !path.ends_with("tests.rs") {
            found.push(path);
        }
    }
}

/// The program's text without its unit tests.
fn code_of(folder: &str) -> String {
    let place = root().join(folder);
    let mut files = Vec::new();
    if place.is_dir() {
        sources(&place, &mut files);
    } else {
        files.push(place);
    }
    let texts = files.iter().map(|file| {
        let text = fs::read_to_string(file).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        code.to_owned()
    });
    texts.collect()
}

/// A section of a page, up to the next heading.
fn section<'t>(page: &'t str, heading: &str) -> &'t str {
    let (_, after) = page
        .split_once(heading)
        .unwrap_or_else(|| panic!("the page lacks {heading:?}"));
    after.split("\n#").next().unwrap()
}

/// The words between backticks in the first cells of a table.
fn first_cells(section: &str) -> BTreeSet<&str> {
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    let cells = rows.filter_map(|row| row.split('|').nth(1));
    cells
        .flat_map(|cell| cell.split('`').skip(1).step_by(2))
        .collect()
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || c == '-')
}

/// The first text of each call that is a word.
fn words_of<'c>(code: &'c str, call: &str) -> BTreeSet<&'c str> {
    let calls = code.split(call).skip(1);
    let first = calls.filter_map(|call| call.split('"').nth(1));
    first.filter(|text| is_word(text)).collect()
}

#[test]
fn problem_types_are_in_the_table() {
    let code = code_of("auth-host/src");
    let (problem, limits) = (
        read("auth-host/src/problem.rs"),
        read("auth-host/src/limits.rs"),
    );
    let mut made = BTreeSet::new();
    made.extend(words_of(&code, "Problem::new("));
    made.extend(words_of(&code, "Problem::refused("));
    made.extend(words_of(&problem, "Self::new("));
    made.extend(words_of(&limits, "(refusal("));
    let reasons = limits.split("const REASONS").nth(1).unwrap();
    let reasons = reasons.split("];").next().unwrap();
    made.extend(reasons.split('"').skip(1).step_by(2));
    let literal = code.split("reason: \"").skip(1);
    made.extend(literal.filter_map(|rest| rest.split('"').next()));
    assert!(made.len() > 40, "{made:?}");
    let page = read("docs/errors.md");
    assert_eq!(
        first_cells(section(&page, "\n## Problems of the API\n")),
        made
    );
}

#[test]
fn faults_of_the_host_are_in_the_table() {
    let code = code_of("host/src/error.rs");
    let bodies = code.split("fn code(&self)").skip(1);
    let arms = bodies.flat_map(|body| {
        body.split("\n    }")
            .next()
            .unwrap()
            .split(" => \"")
            .skip(1)
    });
    let made: BTreeSet<&str> = arms.filter_map(|arm| arm.split('"').next()).collect();
    assert!(made.contains("plugin-crashed"), "{made:?}");
    let page = read("docs/errors.md");
    let listed = first_cells(section(&page, "\n## Failures of the host\n"));
    for word in made {
        assert!(listed.contains(word), "{word}");
    }
}

#[test]
fn words_of_webhook_answers_are_in_the_table() {
    let code = code_of("auth-host/src/webhooks");
    let made = words_of(&code, "refused(Class::");
    assert!(made.len() > 10, "{made:?}");
    let page = read("docs/errors.md");
    let listed = first_cells(section(&page, "\n## Answers to webhooks\n"));
    for word in made {
        assert!(listed.contains(word), "{word}");
    }
}
