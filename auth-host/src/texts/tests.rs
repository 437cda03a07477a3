use super::*;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

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

/// The files of a folder and of those in it, or the file itself.
fn files(place: &Path) -> Vec<PathBuf> {
    if place.is_file() {
        return vec![place.to_owned()];
    }
    let entries = std::fs::read_dir(place).unwrap();
    entries
        .flat_map(|entry| files(&entry.unwrap().path()))
        .collect()
}

/// What stands between quotation marks after each of the calls that take an identifier.
fn used(folder: &Path, into: &mut BTreeSet<String>) {
    for path in files(folder) {
        let text = std::fs::read_to_string(&path).unwrap();
        for (call, prefix) in [
            ("say(\"", ""),
            ("about(\"", ""),
            ("fact(\"", ""),
            ("\"refusal-", "refusal-"),
        ] {
            for part in text.split(call).skip(1) {
                let id = part.split('"').next().unwrap();
                into.insert(format!("{prefix}{id}"));
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
    for path in [
        "src/admin",
        "src/problem.rs",
        "src/number.rs",
        "src/platforms/auth.rs",
    ] {
        used(&root.join(path), &mut wanted);
    }
    assert!(wanted.len() > 100, "the search finds few: {wanted:?}");
    wanted.extend(crate::console::words::every());
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

/// Whatever the console shows of the operations is a text of the files. A sentence in a source would be English in every
/// language.
#[test]
fn refusals_of_operations_have_texts() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for path in files(&root.join("src/admin")) {
        // Their refusals are the registry client's.
        if path.ends_with("pulls.rs") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        for call in [
            "Problem::invalid(",
            "Problem::new(",
            "conflict(",
            "plugin_failed(",
        ] {
            for part in code.split(call).skip(1) {
                found.extend(sentences(part).map(|text| format!("{}: {text}", path.display())));
            }
        }
    }
    assert_eq!(found, Vec::<String>::new());
    let sample = "\n    \"/name\",\n    \"The name is taken.\",\n)";
    assert_eq!(sentences(sample).count(), 1, "the search finds a sentence");
}

/// The texts of a call's arguments that are sentences: they end with a full stop.
fn sentences(call: &str) -> impl Iterator<Item = &str> {
    let end = call.find(';').unwrap_or(call.len());
    let texts = call
        .get(..end)
        .unwrap_or_default()
        .split('"')
        .skip(1)
        .step_by(2);
    texts.filter(|text| text.len() > 3 && text.ends_with('.'))
}

/// A sentence that a source asks for is in the files, and English is what programs get.
#[test]
fn refusal_is_english_for_programs() {
    use crate::number::NumberError;
    for error in [
        NumberError::NoCallingCode,
        NumberError::NotANumber,
        NumberError::Length,
        NumberError::Service,
    ] {
        assert_eq!(say(error.id()).english(), format!("{error}."));
        assert_ne!(say(error.id()).text(Texts(1)), format!("{error}."));
    }
    let refused = about("refusal-limit", "number-a-day");
    assert_eq!(refused.english(), "Nothing was sent: number-a-day.");
    assert!(!refused.text(Texts(1)).contains("number-a-day"));
    let gone = about("refusal-not-found", "connector");
    assert_eq!(gone.english(), "There is no such connector here.");
    assert_eq!(gone.text(Texts(1)), "这里没有该连接器。");
    assert_eq!(serde_json::to_value(&gone).unwrap(), gone.english());
}

/// The words of webhooks' outcomes stand in their sources.
#[test]
fn every_outcome_of_a_webhook_has_a_text() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/webhooks/receive.rs");
    let text = std::fs::read_to_string(path).unwrap();
    let calls = text.split("Verdict::refused(Class::").skip(1);
    let words: BTreeSet<&str> = calls.filter_map(|call| call.split('"').nth(1)).collect();
    assert!(words.len() > 8, "{words:?}");
    let known = crate::console::words::OUTCOMES;
    for word in words.into_iter().chain(crate::limits::REASONS) {
        assert!(known.contains(&word), "{word}");
    }
}

#[test]
fn text_that_is_missing_shows_its_identifier() {
    assert_eq!(Texts(0).say("no-such-text"), "no-such-text");
    assert_ne!(Texts(1).say("sign-in"), Texts(0).say("sign-in"));
}
