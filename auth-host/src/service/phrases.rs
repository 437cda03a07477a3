//! Sentences for the person who waits for a code, in six languages.
//!
//! One file for each language in `phrases/`: the texts of problem details and failed messages for a person, and the
//! texts of the sample sign-in. Tests of `packages/logto-connector` require the same sentences.

use crate::service::limits::Reason;
use crate::service::store::message::State;
use auth_connector_host::FailureKind;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A language that has sentences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Language(usize);

type Texts = BTreeMap<String, String>;

/// Tag, the language's own name, texts. The first is the fallback of the others.
const FILES: [(&str, &str, &str); 6] = [
    ("en", "English", include_str!("../../phrases/en.json")),
    (
        "zh-CN",
        "简体中文",
        include_str!("../../phrases/zh-CN.json"),
    ),
    (
        "zh-TW",
        "繁體中文",
        include_str!("../../phrases/zh-TW.json"),
    ),
    (
        "pt-BR",
        "Português",
        include_str!("../../phrases/pt-BR.json"),
    ),
    ("de", "Deutsch", include_str!("../../phrases/de.json")),
    ("fr", "Français", include_str!("../../phrases/fr.json")),
];

static TEXTS: LazyLock<Vec<Texts>> = LazyLock::new(|| {
    let read = |(_, _, text): &(_, _, &str)| serde_json::from_str(text).unwrap_or_default();
    FILES.iter().map(read).collect()
});

impl Language {
    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..FILES.len()).map(Self)
    }

    /// The first of a person's languages that is available, else English.
    pub fn best<T: AsRef<str>>(tags: impl IntoIterator<Item = T>) -> Self {
        Self::among(tags).unwrap_or(Self(0))
    }

    /// The first of a person's languages that is available, else that of the request.
    pub fn wanted<T: AsRef<str>>(tags: impl IntoIterator<Item = T>) -> Self {
        Self::among(tags).unwrap_or_else(spoken)
    }

    /// The first of a person's languages that is available.
    pub fn among<T: AsRef<str>>(tags: impl IntoIterator<Item = T>) -> Option<Self> {
        tags.into_iter().find_map(|tag| Self::of(tag.as_ref()))
    }

    /// The best for an `Accept-Language` header.
    pub fn accepted(header: &str) -> Self {
        Self::best(crate::service::form::languages(header))
    }

    /// The language that a BCP 47 tag names, ignoring region and script if they make no difference here.
    pub fn of(tag: &str) -> Option<Self> {
        let mut parts = tag.split(['-', '_']).map(str::to_ascii_lowercase);
        let language = parts.next()?;
        let others: Vec<String> = parts.collect();
        let has = |wanted: &str| others.iter().any(|part| part == wanted);
        let wanted = match language.as_str() {
            "zh" if has("hant") => "zh-TW",
            "zh" if !has("hans") && (has("tw") || has("hk") || has("mo")) => "zh-TW",
            "zh" => "zh-CN",
            "pt" => "pt-BR",
            other => other,
        };
        FILES.iter().position(|(tag, ..)| *tag == wanted).map(Self)
    }

    /// Its BCP 47 tag.
    pub fn tag(self) -> &'static str {
        FILES.get(self.0).map_or("en", |(tag, ..)| tag)
    }

    /// Its own name.
    pub fn name(self) -> &'static str {
        FILES.get(self.0).map_or("English", |(_, name, _)| name)
    }

    /// A sentence.
    pub fn say(self, key: &str) -> &'static str {
        let text = |index: usize| TEXTS.get(index).and_then(|texts| texts.get(key));
        text(self.0).or_else(|| text(0)).map_or("", String::as_str)
    }
}

tokio::task_local! {
    /// The language from the request's `Accept-Language`.
    static SPOKEN: Language;
}

/// The language of the request that this task handles, English outside of one.
pub fn spoken() -> Language {
    SPOKEN.try_with(|language| *language).unwrap_or(Language(0))
}

/// Handles a request in a language.
pub async fn speaking<F: Future>(language: Language, answer: F) -> F::Output {
    SPOKEN.scope(language, answer).await
}

/// The key of the sentence for a message that was not accepted, by the contract's kind of failure.
pub fn of_message(state: State, kind: Option<FailureKind>) -> Option<&'static str> {
    match state {
        State::Unknown => Some("maybe-sent"),
        State::NotSent => Some(of_kind(kind.unwrap_or(FailureKind::Other))),
        State::Undelivered => Some("not-delivered"),
        State::Sending | State::Accepted | State::Delivered | State::Suppressed => None,
    }
}

const fn of_kind(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::RateLimited => "too-many",
        FailureKind::Quota => "used-up",
        FailureKind::RecipientRejected => "not-delivered",
        FailureKind::Unreachable | FailureKind::Timeout | FailureKind::Provider => "try-again",
        FailureKind::InvalidConfig
        | FailureKind::InvalidMessage
        | FailureKind::NoTemplate
        | FailureKind::Authentication
        | FailureKind::Denied
        | FailureKind::Unsupported
        | FailureKind::Other => "ask-administrator",
    }
}

/// The key of the sentence for a number that none can be sent to.
pub const CHECK_NUMBER: &str = "check-number";

/// The key of the sentence for a wrong code.
pub const WRONG_CODE: &str = "wrong-code";

/// The key of the sentence for a refusal of a kind; none if it is for the back end alone.
pub fn of_problem(kind: &str) -> Option<&'static str> {
    if let Some(reason) = Reason::parse(kind) {
        return Some(match reason {
            Reason::Stopped => "used-up",
            Reason::NoFlow => "ask-administrator",
            Reason::NumberInTenMinutes
            | Reason::NumberADay
            | Reason::PrefixADay
            | Reason::NetworkADay
            | Reason::SegmentsADay
            | Reason::Unverified => "too-many",
        });
    }
    Some(match kind {
        "not-usable" => "code-ended",
        "locked" => "locked",
        "too-early" => "too-early",
        "too-many-codes" => "no-more-codes",
        // The message may have been sent, by this request or by one before it.
        "outcome-late" | "storage" | "in-flight" => "not-finished",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::store::message::parse_kind;
    use std::collections::BTreeSet;
    use std::path::Path;

    #[test]
    fn tags_find_their_language() {
        for (tags, expected) in [
            (&["zh"][..], "zh-CN"),
            (&["zh-Hans-TW"], "zh-CN"),
            (&["zh_TW"], "zh-TW"),
            (&["zh-Hant"], "zh-TW"),
            (&["ZH-hk"], "zh-TW"),
            (&["pt-PT"], "pt-BR"),
            (&["de-AT", "fr"], "de"),
            (&["sv", "fr-CA"], "fr"),
            (&["sv"], "en"),
            (&["", "-", "x"], "en"),
            (&[], "en"),
        ] {
            assert_eq!(Language::best(tags).tag(), expected, "{tags:?}");
        }
    }

    /// Languages without texts do not affect the choice.
    #[tokio::test]
    async fn unknown_languages_leave_the_choice_to_the_request() {
        let german = Language::of("de").unwrap();
        for (tags, expected) in [(&["ja"][..], "de"), (&[], "de"), (&["ja", "fr"], "fr")] {
            let wanted = speaking(german, async { Language::wanted(tags) }).await;
            assert_eq!(wanted.tag(), expected, "{tags:?}");
        }
        assert_eq!(Language::wanted(["ja"]).tag(), "en");
    }

    #[test]
    fn header_goes_by_weight_then_order() {
        for (header, expected) in [
            ("de", "de"),
            ("en;q=0.5, fr", "fr"),
            ("fr;q=0.8, zh-TW;q=0.9, en;q=0.1", "zh-TW"),
            ("fr;q=0, de;q=0.1", "de"),
            ("fr;q=x, de;q=0.1", "de"),
            ("*", "en"),
            ("", "en"),
            ("de;q=0.5,fr;q=0.5", "de"),
        ] {
            assert_eq!(Language::accepted(header).tag(), expected, "{header}");
        }
    }

    /// The names of the placeholders for values in a text.
    fn placeholders(text: &str) -> BTreeSet<&str> {
        let rests = text.split('{').skip(1);
        rests.filter_map(|rest| rest.split('}').next()).collect()
    }

    #[test]
    fn every_language_has_the_same_texts() {
        let english = TEXTS.first().unwrap();
        assert!(english.len() > 40);
        for language in Language::all() {
            let texts = TEXTS.get(language.0).unwrap();
            let keys = |texts: &Texts| texts.keys().cloned().collect::<Vec<_>>();
            assert_eq!(keys(texts), keys(english), "{}", language.tag());
            for (key, text) in texts {
                assert!(!text.trim().is_empty(), "{} {key}", language.tag());
                let here = placeholders(text);
                assert_eq!(
                    here,
                    placeholders(&english[key]),
                    "{} {key}",
                    language.tag()
                );
                let is_same_word = matches!(key.as_str(), "code");
                assert!(
                    language.tag() == "en" || is_same_word || *text != english[key],
                    "{} {key} is not translated",
                    language.tag()
                );
            }
        }
    }

    /// Every text is used in a source, and every text that a source uses exists.
    #[test]
    fn no_text_is_missing_or_unused() {
        fn sources(folder: &Path, found: &mut String) {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                match path.extension().and_then(|end| end.to_str()) {
                    _ if path.is_dir() => sources(&path, found),
                    Some("rs" | "js" | "html") => {
                        let text = std::fs::read_to_string(&path).unwrap();
                        found.push_str(text.split("#[cfg(test)]").next().unwrap());
                    }
                    _ => {}
                }
            }
        }
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/service");
        let mut code = std::fs::read_to_string(root.join("phrases.rs")).unwrap();
        code.truncate(code.find("#[cfg(test)]").unwrap());
        sources(&root.join("sample"), &mut code);
        let templates = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
        sources(&templates.join("sample"), &mut code);
        for key in TEXTS.first().unwrap().keys() {
            assert!(code.contains(&format!("\"{key}\"")), "{key} is not used");
        }
        for asked in code.split(".say(\"").skip(1) {
            let key = asked.split('"').next().unwrap();
            assert!(TEXTS.first().unwrap().contains_key(key), "{key} is missing");
        }
    }

    /// The contract's kinds, from its own document.
    #[test]
    fn every_failure_kind_has_a_sentence() {
        let wit = include_str!("../../../wit/sms.wit");
        let (_, kinds) = wit.split_once("enum failure-kind {").unwrap();
        let (kinds, _) = kinds.split_once('}').unwrap();
        let kinds = kinds.lines().map(str::trim);
        let mut count = 0;
        for kind in kinds.filter_map(|line| line.strip_suffix(',')) {
            if kind.starts_with("///") {
                continue;
            }
            count += 1;
            for state in [State::NotSent, State::Unknown, State::Undelivered] {
                let key = of_message(state, Some(parse_kind(kind))).unwrap();
                assert!(!Language::best(["de"]).say(key).is_empty(), "{kind}");
            }
        }
        assert_eq!(count, 13);
        for state in [State::Accepted, State::Sending, State::Suppressed] {
            assert_eq!(of_message(state, None), None);
        }
        let quota = Some(FailureKind::Quota);
        assert_eq!(of_message(State::NotSent, quota), Some("used-up"));
        assert_eq!(of_message(State::Unknown, quota), Some("maybe-sent"));
    }

    #[test]
    fn problem_for_back_end_has_no_phrase() {
        assert_eq!(of_problem("unauthorized"), None);
        assert_eq!(of_problem("invalid"), None);
        assert_eq!(of_problem("number-a-day"), Some("too-many"));
        for unclear in ["outcome-late", "storage", "in-flight"] {
            assert_eq!(of_problem(unclear), Some("not-finished"));
        }
    }
}
