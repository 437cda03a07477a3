//! Documents of `docs/` against the source code that they describe.
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
    let [problem, reasons, rules] = ["problem", "limits/reason", "verification/rules"]
        .map(|file| read(&format!("auth-host/src/service/{file}.rs")));
    let mut made = BTreeSet::new();
    made.extend(words_of(&code, "Problem::new("));
    made.extend(words_of(&code, "Problem::refused("));
    made.extend(words_of(&problem, "Self::new("));
    made.extend(words_of(&reasons, " => "));
    made.extend(words_of(&rules, "const NOT_USABLE: &str = "));
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
    let code = code_of("host/src/error");
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
    let code = code_of("auth-host/src/service/webhooks");
    let made = words_of(&code, "refused(Class::");
    assert!(made.len() > 10, "{made:?}");
    let page = read("docs/errors.md");
    let listed = first_cells(section(&page, "\n## Answers to webhooks\n"));
    for word in made {
        assert!(listed.contains(word), "{word}");
    }
}

/// The routes of a source text, with their methods, as a table lists them.
fn routes_of(code: &str) -> BTreeSet<String> {
    let calls = code.split(".route(").skip(1);
    let of_one = calls.flat_map(|call| {
        let path = call.split('"').nth(1).unwrap();
        // Up to the closing parenthesis: handlers are names without parentheses.
        let mut depth = 1;
        let end = call.find(|c| {
            match c {
                '(' => depth += 1,
                ')' => depth -= 1,
                _ => {}
            }
            depth == 0
        });
        let handlers = call.get(..end.unwrap()).unwrap();
        let methods = ["get", "post", "put", "delete"].into_iter();
        let has = move |method: &&str| {
            let call = format!("{method}(");
            handlers
                .split(&call)
                .skip(1)
                .zip(handlers.split(&call))
                .any(|(_, before)| !before.ends_with(|c: char| c.is_alphanumeric() || c == '_'))
        };
        methods
            .filter(has)
            .map(move |method| format!("{} /admin{path}", method.to_ascii_uppercase()))
            .collect::<Vec<_>>()
    });
    of_one.collect()
}

#[test]
fn routes_of_the_administrators_api_are_in_the_table() {
    let mut served = BTreeSet::new();
    for file in ["admin", "admin_webhooks", "plugins"] {
        served.extend(routes_of(&read(&format!(
            "auth-host/src/service/api/{file}.rs"
        ))));
    }
    assert!(served.len() > 40, "{served:?}");
    let page = read("docs/admin-api.md");
    let listed: BTreeSet<String> = first_cells(&page)
        .into_iter()
        .filter(|cell| cell.contains(" /admin"))
        .map(str::to_owned)
        .collect();
    assert_eq!(listed, served);
}

/// The keys of a list of constants, or the public members of a struct.
fn keys_between<'c>(code: &'c str, start: &str, end: &str, mark: &str, stop: char) -> Vec<&'c str> {
    let (_, after) = code.split_once(start).unwrap();
    let body = after.split(end).next().unwrap();
    body.split(mark)
        .skip(1)
        .filter_map(|rest| rest.split(stop).next())
        .collect()
}

#[test]
fn settings_are_in_their_tables() {
    let service = read("auth-host/src/service/serve/settings.rs");
    let tenant = read("auth-host/src/service/store/registry/tenants.rs");
    let webhook = read("auth-host/src/service/platforms/settings.rs");
    let page = read("docs/auth-host.md");
    let of_the_host = first_cells(&page);
    let keys = keys_between(&service, "EXPLAINED: &[", "\n];", "key: \"", '"');
    assert!(keys.len() > 10, "{keys:?}");
    let members = keys_between(&tenant, "struct TenantSettings {", "\n}", "\n    pub ", ':');
    assert!(members.len() > 10, "{members:?}");
    for key in keys.into_iter().chain(members) {
        assert!(of_the_host.contains(key), "{key}");
    }
    let platforms = read("docs/platforms.md");
    let listed = first_cells(section(&platforms, "\n## Settings of a webhook\n"));
    // `usages.TYPE` and `fields.…` cover all of their keys.
    let listed: BTreeSet<&str> = listed
        .iter()
        .filter_map(|cell| cell.split('.').next())
        .collect();
    for key in keys_between(&webhook, "struct Settings {", "\n}", "\n    pub ", ':') {
        assert!(key == "platform" || listed.contains(key), "{key}");
    }
}

/// The metrics of the service with their labels, as macros name them.
fn metrics_of(code: &str) -> BTreeSet<(String, BTreeSet<String>)> {
    let calls = code.split("metrics::").skip(1);
    let calls = calls.filter_map(|call| {
        let call = call.split(".increment(").next()?.split(".record(").next()?;
        let (_, rest) = call.split_once("!(")?;
        let name = rest.split('"').nth(1)?;
        let labels = rest
            .split("\" =>")
            .filter_map(|text| text.rsplit('"').next());
        let labels: Vec<String> = labels.map(str::to_owned).collect();
        let (_, labels) = labels.split_last()?;
        Some((name.to_owned(), labels.iter().cloned().collect()))
    });
    calls
        .filter(|(name, _)| name.starts_with("auth_host_"))
        .collect()
}

#[test]
fn metrics_of_the_service_are_in_the_table() {
    let made = metrics_of(&code_of("auth-host/src/service"));
    let page = read("docs/operations.md");
    let rows = page
        .lines()
        .filter(|line| line.starts_with("| `auth_host_"));
    let listed: BTreeSet<_> = rows
        .map(|row| {
            let cells: Vec<&str> = row.split('|').collect();
            let words = |cell: &str| {
                cell.split('`')
                    .skip(1)
                    .step_by(2)
                    .map(str::to_owned)
                    .collect()
            };
            let name: Vec<String> = words(cells[1]);
            (name[0].clone(), words(cells[3]).into_iter().collect())
        })
        .collect();
    assert_eq!(listed, made);
}
