use super::*;
use crate::service::limits::Reason;
use crate::service::store::audit::Action;
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
        let named = line.match_indices("{ refusal-").map(|(at, _)| at);
        assert!(named.count() == 0 || last.starts_with(REASON), "{line}");
        for part in line.split('$').skip(1) {
            let name = part
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || *c == '_');
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

/// The texts in quotation marks after each of the calls that take an identifier.
fn used(folder: &Path, into: &mut BTreeSet<String>) {
    // The sample has texts of its own, in `phrases`.
    let is_sample = |path: &Path| path.components().any(|part| part.as_os_str() == "sample");
    for path in files(folder).into_iter().filter(|path| !is_sample(path)) {
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
    used(&root.join("src/service/console"), &mut wanted);
    wanted.extend(phrases().into_keys().map(|id| format!("{REASON}{id}")));
    wanted.extend(["reason", "list-separator"].map(str::to_owned));
    for path in [
        "src/service/admin",
        "src/service/problem.rs",
        "src/service/number.rs",
        "src/service/platforms",
    ] {
        used(&root.join(path), &mut wanted);
    }
    assert!(wanted.len() > 100, "the search finds few: {wanted:?}");
    wanted.extend(crate::service::console::words::every());
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

/// A text that is used without its value would show the value's name.
#[test]
fn text_with_a_value_is_used_with_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let english = texts(LANGUAGES[0].source);
    let folders = ["templates", "src/service/console", "src/service/admin"];
    for path in folders.iter().flat_map(|folder| files(&root.join(folder))) {
        let text = std::fs::read_to_string(&path).unwrap();
        for part in text.split("say(\"").skip(1) {
            let id = part.split('"').next().unwrap();
            let has_value = english.get(id).is_some_and(|names| !names.is_empty());
            assert!(!has_value, "{}: {id}", path.display());
        }
    }
}

/// Every text of the operations that the console shows is in the files. A sentence in a source would be English in
/// every language.
#[test]
fn refusals_of_operations_have_texts() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for path in files(&root.join("src/service/admin")) {
        let text = std::fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        for call in [
            "Problem::invalid(",
            "Problem::new(",
            "conflict(",
            "plugin_failed(",
            "refused(",
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

/// The phrases of every error that an operator can get, by their identifiers, with the names of their values.
fn phrases() -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for code in sources() {
        for call in code.split("phrase!(").skip(1) {
            let (texts, outside) = arguments(call);
            let Some(id) = texts.first() else { continue };
            let names = outside.split(" = ").map(|part| {
                let before = part.rsplit(|c: char| !c.is_ascii_lowercase() && c != '_');
                before.into_iter().next().unwrap_or_default().to_owned()
            });
            let mut names: Vec<String> = names.collect();
            names.pop();
            found.entry(id.to_owned()).or_default().extend(names);
        }
    }
    found
}

/// The sources of the crates whose errors operators get, without their tests.
fn sources() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let folders = ["egress", "plugin-package", "host", "registry", "auth-host"];
    let all = folders.map(|folder| files(&root.join(folder).join("src")));
    let all = all.into_iter().flatten();
    // The first has the macro itself.
    let all = all.filter(|path| !path.ends_with("egress/src/phrase.rs"));
    let all = all.filter(|path| !path.ends_with("tests.rs"));
    let read = |path: PathBuf| std::fs::read_to_string(path).unwrap();
    let code = |text: String| {
        text.split("#[cfg(test)]\nmod tests")
            .next()
            .unwrap()
            .to_owned()
    };
    all.map(read).map(code).collect()
}

/// The texts of a call's arguments, up to its closing parenthesis, and the rest outside of them.
fn arguments(call: &str) -> (Vec<String>, String) {
    let (mut texts, mut outside) = (Vec::new(), String::new());
    let (mut text, mut depth) = (None::<String>, 1);
    let mut letters = call.chars();
    while let Some(letter) = letters.next() {
        match (&mut text, letter) {
            (Some(inside), '\\') => inside.extend(letters.next()),
            (Some(_), '"') => texts.extend(text.take()),
            (Some(inside), letter) => inside.push(letter),
            (None, '"') => text = Some(String::new()),
            (None, letter) => {
                depth += i32::from(letter == '(') - i32::from(letter == ')');
                if depth == 0 {
                    break;
                }
                outside.push(letter);
            }
        }
    }
    (texts, outside)
}

/// A text that names a value that its error does not have would show the name.
#[test]
fn every_reason_has_text_with_its_own_values() {
    let phrases = phrases();
    assert!(phrases.len() > 200, "the search finds few: {phrases:?}");
    for language in &LANGUAGES {
        let texts = texts(language.source);
        for (id, values) in &phrases {
            let named = texts.get(&format!("{REASON}{id}"));
            let named = named.unwrap_or_else(|| panic!("{} lacks {id}", language.tag));
            let missing: Vec<_> = named.difference(values).collect();
            assert!(missing.is_empty(), "{} {id} {missing:?}", language.tag);
        }
    }
    let call = r#""one", "a {b}", b = f("x = y", z)) c = d"#;
    let (found, outside) = arguments(call);
    assert_eq!((found.len(), outside.contains("c = ")), (3, false));
}

/// A reason that has no identifier is English in every language: only names and others' texts may be like that.
#[test]
fn no_sentence_of_ours_is_verbatim() {
    let mut found = Vec::new();
    for code in sources() {
        for call in code.split("Phrase::verbatim(").skip(1) {
            let text = call
                .strip_prefix('"')
                .and_then(|rest| rest.split('"').next());
            found.extend(text.filter(|text| text.contains(' ')).map(str::to_owned));
        }
    }
    assert_eq!(found, Vec::<String>::new());
}

/// Errors in Chinese have no English word except names, values and texts that are marked as others'.
#[test]
fn errors_are_said_in_the_language() {
    use auth_connector_host::{LoadError, Manifest};
    use auth_connector_registry::{Digest, Reference, RegistryError};
    let chinese = Texts(1);
    let manifest = Manifest::parse(br#"{"format": 1, "id": 5, "orgins": []}"#).unwrap_err();
    let shown = chinese.phrase(&manifest.phrase());
    assert!(
        shown.contains("未知字段 `orgins`") && shown.contains("；\n/version：缺少字段"),
        "{shown}"
    );
    assert!(
        shown.contains("此处是数字，应为文本") && !shown.contains("expected"),
        "{shown}"
    );
    let wrong = Reference::parse("oci://ghcr.io").unwrap_err();
    let shown = chinese.phrase(&wrong.phrase());
    assert!(shown.contains("主机后面没有仓库名"), "{shown}");
    let told = RegistryError::Status {
        what: auth_connector_host::Phrase::verbatim("x"),
        status: 500,
        said: ": out of order".to_owned(),
    };
    let shown = chinese.phrase(&told.phrase());
    assert!(shown.contains("仓库原文：out of order"), "{shown}");
    let digest = Digest::of(b"").to_string();
    let other = LoadError::Digest {
        expected: digest.clone(),
        found: digest,
    };
    assert_ne!(chinese.phrase(&other.phrase()), other.to_string());
    assert_eq!(Texts(0).phrase(&other.phrase()), other.to_string());
}

/// A sentence that a source uses is in the files, and programs get English.
#[test]
fn refusal_is_english_for_programs() {
    use crate::service::number::NumberError;
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
    assert_eq!(
        refused.english(),
        "Nothing was sent: the limit for one number in 24 hours is reached."
    );
    assert!(!refused.text(Texts(1)).contains("number-a-day"));
    let gone = about("refusal-not-found", "connector");
    assert_eq!(gone.english(), "There is no such connector here.");
    assert_eq!(gone.text(Texts(1)), "这里没有该连接器。");
    assert_eq!(serde_json::to_value(&gone).unwrap(), gone.english());
}

/// The audit log stores identifiers of programs; the console has a text for each in the reader's language.
#[test]
fn every_audit_log_action_has_text() {
    for action in Action::ALL {
        let text = crate::service::console::words::action(Texts(1), action.as_str());
        assert!(!text.is_ascii(), "{action:?}");
    }
}

/// The codes of ended calls are in the host library.
#[test]
fn every_code_of_the_host_has_a_text() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let text = ["host_fault.rs", "policy_fault.rs"]
        .map(|name| std::fs::read_to_string(root.join("host/src/error").join(name)).unwrap())
        .concat();
    let codes = text.split("fn code(&self)").skip(1).take(2);
    let codes = codes.flat_map(|part| {
        let body = part.split("    }\n\n").next().unwrap_or_default();
        body.split("=> \"").skip(1)
    });
    let codes: Vec<&str> = codes.filter_map(|part| part.split('"').next()).collect();
    assert!(codes.len() > 12, "{codes:?}");
    for code in codes {
        let text = crate::service::console::words::outcome(Texts(1), code);
        assert!(!text.is_ascii(), "{code}");
    }
}

/// The codes of webhooks' outcomes are in their sources.
#[test]
fn every_outcome_of_a_webhook_has_a_text() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/service/webhooks");
    let texts = ["receive.rs", "identity.rs", "wanted.rs"]
        .map(|name| std::fs::read_to_string(folder.join(name)));
    let text = texts.map(Result::unwrap).concat();
    let calls = text.split("Verdict::refused(Class::").skip(1);
    let words: BTreeSet<&str> = calls.filter_map(|call| call.split('"').nth(1)).collect();
    assert!(words.len() > 8, "{words:?}");
    let known = crate::service::console::words::OUTCOMES;
    for word in words.into_iter().chain(Reason::ALL.map(Reason::as_str)) {
        assert!(known.contains(&word), "{word}");
    }
}

#[test]
fn text_that_is_missing_shows_its_identifier() {
    assert_eq!(Texts(0).say("no-such-text"), "no-such-text");
    assert_ne!(Texts(1).say("sign-in"), Texts(0).say("sign-in"));
}
