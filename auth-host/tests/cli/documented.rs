//! `docs/command-line.md` names every command and every option that the program has.

use std::collections::BTreeSet;
use std::process::Command;

fn help(command: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_auth-host"))
        .args(command)
        .arg("--help")
        .output()
        .unwrap();
    assert!(output.status.success(), "{command:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The first words of the lines below a heading.
fn names<'t>(help: &'t str, heading: &str) -> Vec<&'t str> {
    let Some((_, after)) = help.split_once(heading) else {
        return Vec::new();
    };
    let lines = after.lines().skip(1).take_while(|line| !line.is_empty());
    let is_entry = |line: &&str| line.starts_with("  ") && !line.starts_with("   ");
    lines
        .filter(is_entry)
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .collect()
}

/// The long options of a help text. Their descriptions name others, so only the first of a line counts.
fn options(help: &str) -> BTreeSet<&str> {
    let (_, after) = help.split_once("\nOptions:").unwrap();
    let lines = after.lines().map(str::trim_start);
    let starts = lines.filter(|line| line.starts_with('-'));
    let long = starts.filter_map(|line| line.split_whitespace().find(|w| w.starts_with("--")));
    long.filter(|option| !matches!(*option, "--help" | "--version"))
        .collect()
}

#[test]
fn command_line_page_names_every_command_and_option() {
    let page = include_str!("../../../docs/command-line.md");
    let code: BTreeSet<&str> = page.split('`').skip(1).step_by(2).collect();
    let is_named = |wanted: &str| {
        code.iter()
            .any(|text| *text == wanted || text.starts_with(&format!("{wanted} ")))
    };
    let mut missing = Vec::new();
    let mut commands = 0;
    let mut look = |command: &[&str]| {
        let text = help(command);
        let inner: Vec<String> = names(&text, "\nCommands:")
            .into_iter()
            .map(str::to_owned)
            .collect();
        let name = command.join(" ");
        if inner.is_empty() {
            commands += 1;
            if !is_named(&name) {
                missing.push(name.clone());
            }
        }
        let unnamed = options(&text).into_iter().filter(|o| !is_named(o));
        missing.extend(unnamed.map(|option| format!("{name} {option}")));
        inner
    };
    for outer in look(&[]) {
        for inner in look(&[&outer]) {
            look(&[&outer, &inner]);
        }
    }
    assert!(commands > 50, "{commands}");
    assert!(missing.is_empty(), "{missing:?}");
}
