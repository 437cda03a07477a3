use super::*;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

#[test]
fn language_is_chosen_else_accepted_else_english() {
    for (header, chosen, tag) in [
        ("", None, "en"),
        ("fr, de", None, "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", None, "zh-CN"),
        ("zh-TW", None, "zh-CN"),
        ("en;q=0.5, zh;q=0.6", None, "zh-CN"),
        ("en;q=0.6, zh;q=0.5", None, "en"),
        ("zh;q=0, en", None, "en"),
        ("zh;q=x", None, "en"),
        ("zh-CN", Some("en"), "en"),
        ("en", Some("zh-CN"), "zh-CN"),
        ("zh-CN", Some("xx"), "zh-CN"),
    ] {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_LANGUAGE, header.parse().unwrap());
        assert_eq!(
            Texts::of(&headers, chosen).tag(),
            tag,
            "{header} {chosen:?}"
        );
    }
}

/// Identifiers of a file with the variables of each.
fn texts(source: &str) -> BTreeMap<String, BTreeSet<String>> {
    let parsed = FluentResource::try_new(source.to_owned());
    assert!(
        parsed.is_ok(),
        "{:?}",
        parsed.err().map(|(_, faults)| faults)
    );
    let mut found = BTreeMap::new();
    let mut last = String::new();
    for line in source.lines() {
        if let Some((id, _)) = line.split_once(" =")
            && line.starts_with(|c: char| c.is_ascii_lowercase())
        {
            let before = found.insert(id.to_owned(), BTreeSet::new());
            assert!(before.is_none(), "{id} is there twice");
            last = id.to_owned();
        }
        for part in line.split('$').skip(1) {
            let name = part.chars().take_while(char::is_ascii_alphanumeric);
            found.get_mut(&last).unwrap().insert(name.collect());
        }
    }
    found
}

/// What stands between quotation marks after each of the calls that take an identifier.
fn used(folder: &Path, into: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            used(&path, into);
            continue;
        }
        let is_test = path.ends_with("texts/tests.rs");
        let text = std::fs::read_to_string(&path).unwrap();
        for call in ["say(\"", "about(\"", "fact(\""] {
            for part in text.split(call).skip(1).filter(|_| !is_test) {
                into.insert(part.split('"').next().unwrap().to_owned());
            }
        }
    }
}

#[test]
fn every_language_has_every_text_that_is_used() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut wanted = BTreeSet::new();
    used(&root.join("templates"), &mut wanted);
    used(&root.join("src/console"), &mut wanted);
    assert!(wanted.len() > 100, "the search finds few: {wanted:?}");
    wanted.extend(super::super::words::every());
    let english = texts(LANGUAGES[0].source);
    let ids: BTreeSet<String> = english.keys().cloned().collect();
    let missing: Vec<_> = wanted.difference(&ids).collect();
    let unused: Vec<_> = ids.difference(&wanted).collect();
    assert!(
        missing.is_empty() && unused.is_empty(),
        "missing {missing:?}, unused {unused:?}"
    );
    for language in &LANGUAGES {
        assert_eq!(texts(language.source), english, "{}", language.tag);
    }
}

#[test]
fn text_that_is_missing_shows_its_identifier() {
    assert_eq!(Texts(0).say("no-such-text"), "no-such-text");
    assert_ne!(Texts(1).say("sign-in"), Texts(0).say("sign-in"));
}
