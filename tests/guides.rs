//! Set-up guides of `guides/`: six languages, one structure, the config's own names.
//!
//! English is the reference. A translation has the same lines: headings, steps, table rows, code blocks and warnings.
//! Each line has the same links, names in code, numbers and words of the provider's console.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail loudly"
)]

use std::collections::BTreeSet;
use std::path::Path;

use connector_kit::config::Field;
use connector_kit::connector::validate_config;
use connector_kit::contract::Severity;
use connector_kit::text::Language;
use tencent_sms_connector::TencentSms;
use tencent_sms_connector::codes::known_codes;
use tencent_sms_connector::config::{FIELDS, REGIONS, REQUIRED_USAGES, USAGES};

const TRANSLATIONS: [&str; 5] = ["zh-CN", "zh-TW", "pt-BR", "de", "fr"];

fn guide(language: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("guides/{language}.md"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The texts between two marks.
fn between<'t>(line: &'t str, open: &str, close: &str) -> Vec<&'t str> {
    let rests = line.split(open).skip(1);
    rests
        .filter_map(|rest| rest.split_once(close))
        .map(|(text, _)| text)
        .collect()
}

/// Every other text between backticks.
fn in_code(line: &str) -> Vec<&str> {
    line.split('`').skip(1).step_by(2).collect()
}

fn sorted<T: Ord>(mut list: Vec<T>) -> Vec<T> {
    list.sort();
    list
}

/// The numbers of the prose; separators of thousands differ by language.
fn numbers(line: &str) -> Vec<String> {
    let prose: String = line.split('`').step_by(2).collect();
    let is_separator = |c: char| matches!(c, ',' | '.' | '\u{a0}' | '\u{202f}' | ' ');
    let characters: Vec<char> = prose.chars().collect();
    let digit = |index: usize| characters.get(index).is_some_and(char::is_ascii_digit);
    let mut found = Vec::new();
    let mut number = String::new();
    for (index, &character) in characters.iter().enumerate() {
        let is_thousands = !number.is_empty()
            && is_separator(character)
            && (1..=3).all(|ahead| digit(index + ahead))
            && !digit(index + 4);
        match character {
            '0'..='9' => number.push(character),
            _ if is_thousands => {}
            _ if number.is_empty() => {}
            _ => found.push(std::mem::take(&mut number)),
        }
    }
    if !number.is_empty() {
        found.push(number);
    }
    sorted(found)
}

/// Kind of a line without its words: a mark with the level, number or cells, or the whole line of a code block.
fn shape(line: &str, is_code: bool) -> String {
    if is_code || line.starts_with("```") {
        return line.to_owned();
    }
    let step = line.split_once(". ").map(|(number, _)| number);
    let first = line.split(' ').next().unwrap_or_default();
    match first {
        "" => String::new(),
        "-" => "bullet".to_owned(),
        ">" => {
            assert!(line.starts_with("> **"), "a warning begins in bold: {line}");
            "warning".to_owned()
        }
        _ if first.starts_with('#') => {
            let number = line.split(' ').nth(1).filter(|word| word.ends_with('.'));
            format!("{first} {}", number.unwrap_or_default())
        }
        _ if line.starts_with('|') => format!("row of {}", line.matches('|').count()),
        _ => match step.filter(|number| number.bytes().all(|byte| byte.is_ascii_digit())) {
            Some(number) => format!("step {number}"),
            None => "paragraph".to_owned(),
        },
    }
}

fn shapes(text: &str) -> Vec<String> {
    let mut is_code = false;
    let lines = text.lines().map(|line| {
        let shape = shape(line, is_code);
        is_code ^= line.starts_with("```");
        shape
    });
    lines.collect()
}

#[test]
fn translations_have_the_lines_of_english() {
    let english = shapes(&guide("en"));
    let count = |shape: &str| english.iter().filter(|other| *other == shape).count();
    assert!(count("warning") > 5 && count("step 1") == 8 && count("## 11.") == 1);
    for language in TRANSLATIONS {
        let translated = shapes(&guide(language));
        for (index, (here, there)) in english.iter().zip(&translated).enumerate() {
            assert_eq!(here, there, "{language}.md, line {}", index + 1);
        }
        assert_eq!(english.len(), translated.len(), "{language}.md");
    }
}

#[test]
fn translations_keep_links_names_and_numbers() {
    let english = guide("en");
    for language in TRANSLATIONS {
        for (index, (here, there)) in english.lines().zip(guide(language).lines()).enumerate() {
            let place = format!("{language}.md, line {}:\n{here}\n{there}", index + 1);
            let links = |line| sorted(between(line, "](", ")"));
            assert_eq!(links(here), links(there), "{place}");
            assert_eq!(sorted(in_code(here)), sorted(in_code(there)), "{place}");
            assert_eq!(numbers(here), numbers(there), "{place}");
            let words = |line| between(line, "「", "」");
            let of_the_console: BTreeSet<_> = words(here).into_iter().collect();
            let translated: BTreeSet<_> = words(there).into_iter().collect();
            assert_eq!(of_the_console, translated, "{place}");
        }
    }
}

/// Consoles and packages show the guide, where a relative link has no target.
#[test]
fn links_are_absolute() {
    for link in between(&guide("en"), "](", ")") {
        assert!(link.starts_with("https://"), "{link}");
    }
}

/// The first column of the tables after a wanted heading.
fn first_cells(text: &str, is_wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let rows = text.lines().filter_map(|line| line.strip_prefix("| `"));
    let cells = rows.filter_map(|row| row.split_once("` |"));
    cells
        .map(|(cell, _)| cell.to_owned())
        .filter(|cell| is_wanted(cell))
        .collect()
}

fn paths(parent: &str, fields: &[Field], found: &mut Vec<(String, bool, bool)>) {
    for field in fields {
        let path = format!("{parent}{}", field.key);
        found.push((path.clone(), field.required, field.secret));
        let inner = if field.key == "templates" { "[]." } else { "." };
        paths(&format!("{path}{inner}"), field.fields, found);
    }
}

#[test]
fn field_table_equals_the_guards_fields() {
    let text = guide("en");
    let (_, section) = text.split_once("| field |").unwrap();
    let (table, _) = section.split_once("\n\n").unwrap();
    let mut expected = Vec::new();
    paths("", &FIELDS, &mut expected);
    let rows = table.lines().filter_map(|line| line.strip_prefix("| `"));
    let found: Vec<(String, bool, bool)> = rows
        .map(|row| {
            let (path, rest) = row.split_once("` | ").unwrap();
            let kind = rest.split(" | ").next().unwrap();
            let has = |word| kind.contains(word);
            (path.to_owned(), has("required"), has("secret"))
        })
        .collect();
    assert_eq!(sorted(found), sorted(expected));
}

#[test]
fn usages_are_the_nine_with_the_required_first() {
    let text = guide("en");
    let found = first_cells(&text, |cell| USAGES.contains(&cell));
    assert_eq!(sorted(found.clone()), sorted(USAGES.to_vec()));
    let first: Vec<_> = found.iter().take(4).map(String::as_str).collect();
    assert_eq!(sorted(first), sorted(REQUIRED_USAGES.to_vec()));
}

#[test]
fn regions_are_those_of_the_reader() {
    let text = guide("en");
    let found = first_cells(&text, |cell| cell.starts_with("ap-"));
    assert_eq!(sorted(found), sorted(REGIONS.to_vec()));
}

#[test]
fn refusals_are_codes_of_the_service() {
    let text = guide("en");
    let (_, section) = text.split_once("## 11.").unwrap();
    let found = first_cells(section, |_| true);
    assert!(found.len() > 15);
    let known: BTreeSet<&str> = known_codes().collect();
    for code in found {
        assert!(known.contains(code.as_str()), "{code}");
    }
}

/// The guard accepts the example config once its key is filled in.
#[test]
fn example_config_is_accepted() {
    let text = guide("en");
    let blocks = between(&text, "```json\n", "```");
    let config = blocks.iter().find(|block| block.contains("accessKeyId"));
    let config = config
        .unwrap()
        .replace("AKID…", "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE")
        .replace("\"…\"", "\"Gu5t9xGARNpq86cd98joQYCN3EXAMPLE\"");
    let findings = validate_config::<TencentSms>(&config, Language::English);
    // A template for one route leaves the other without one, which the guard reports.
    let errors: Vec<_> = findings
        .iter()
        .filter(|f| f.severity == Severity::Error)
        .collect();
    assert!(errors.is_empty(), "{findings:?}");
}
