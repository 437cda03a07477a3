//! Texts for operators, in the reader's language, by Fluent: the console's, and the refusals that it shows.
//!
//! A refusal keeps its identifier, so that the API returns it in English and the console in the reader's language.

use crate::service::form;
use auth_connector_host::Phrase;
use auth_connector_host::phrase::Value;
use axum::http::{HeaderMap, header};
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use std::sync::LazyLock;

/// The prefix of the identifiers of libraries' error texts.
const REASON: &str = "reason-";

/// A language of the console: its tag, its own name, its texts.
struct Language {
    tag: &'static str,
    name: &'static str,
    source: &'static str,
}

/// Another language is another line here.
const LANGUAGES: [Language; 2] = [
    Language {
        tag: "en",
        name: "English",
        source: concat!(
            include_str!("../../texts/en.ftl"),
            include_str!("../../texts/reasons/en.ftl")
        ),
    },
    Language {
        tag: "zh-CN",
        name: "简体中文",
        source: concat!(
            include_str!("../../texts/zh-CN.ftl"),
            include_str!("../../texts/reasons/zh-CN.ftl")
        ),
    },
];

static BUNDLES: LazyLock<Vec<FluentBundle<FluentResource>>> =
    LazyLock::new(|| LANGUAGES.iter().map(bundle).collect());

fn bundle(language: &Language) -> FluentBundle<FluentResource> {
    // A test finds faults of the files; at run time the readable part is used.
    let resource = FluentResource::try_new(language.source.to_owned())
        .unwrap_or_else(|(resource, _)| resource);
    let tag = language.tag.parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![tag]);
    // Marks of direction around values; no language here is written from right to left.
    bundle.set_use_isolating(false);
    bundle.add_resource_overriding(resource);
    bundle
}

/// The texts of one language.
#[derive(Clone, Copy, Default)]
pub struct Texts(usize);

impl Texts {
    /// The language that the reader chose, or the first available one that the browser requests; else English.
    pub fn of(headers: &HeaderMap, chosen: Option<&str>) -> Self {
        if let Some(index) = chosen.and_then(exact) {
            return Self(index);
        }
        let accepted = headers
            .get(header::ACCEPT_LANGUAGE)
            .and_then(|value| value.to_str().ok());
        Self(accepted.map_or(0, accepted_language))
    }

    /// The tag of an available language.
    pub fn known(tag: &str) -> Option<&'static str> {
        exact(tag).and_then(|index| LANGUAGES.get(index).map(|language| language.tag))
    }

    /// The tag, for `lang`.
    pub fn tag(self) -> &'static str {
        LANGUAGES.get(self.0).map_or("en", |language| language.tag)
    }

    /// The languages of plugins' texts, best first.
    pub fn locales(self) -> Vec<String> {
        vec![self.tag().to_owned()]
    }

    /// Every language's tag and own name.
    pub fn all(self) -> Vec<(&'static str, &'static str)> {
        LANGUAGES.iter().map(|l| (l.tag, l.name)).collect()
    }

    /// A text.
    pub fn say(self, id: &str) -> String {
        self.format(id, None)
    }

    /// A text about a value, `$value` in it.
    pub fn about<'a>(self, id: &str, value: impl Into<FluentValue<'a>>) -> String {
        let mut values = FluentArgs::new();
        values.set("value", value.into());
        self.format(id, Some(&values))
    }

    /// The text of an error of a library.
    pub fn phrase(self, phrase: &Phrase) -> String {
        if phrase.id().is_empty() {
            return phrase.english().to_owned();
        }
        let mut values = FluentArgs::new();
        for (name, value) in phrase.values() {
            values.set(*name, self.value(value));
        }
        let id = format!("{REASON}{}", phrase.id());
        let text = self.find(&id, Some(&values));
        text.unwrap_or_else(|| phrase.english().to_owned())
    }

    fn value(self, value: &Value) -> FluentValue<'static> {
        match value {
            Value::Text(text) => text.clone().into(),
            Value::Number(number) => number.to_string().into(),
            Value::Phrase(phrase) => self.phrase(phrase).into(),
            Value::List(phrases) => {
                let all: Vec<String> = phrases.iter().map(|phrase| self.phrase(phrase)).collect();
                // A line each, where lines are shown; a list in one line elsewhere.
                let separator = format!("{}\n", self.say("list-separator"));
                all.join(&separator).into()
            }
        }
    }

    fn format(self, id: &str, values: Option<&FluentArgs<'_>>) -> String {
        self.find(id, values).unwrap_or_else(|| id.to_owned())
    }

    fn find(self, id: &str, values: Option<&FluentArgs<'_>>) -> Option<String> {
        let mut own = BUNDLES.get(self.0).into_iter().chain(BUNDLES.first());
        own.find_map(|bundle| {
            let pattern = bundle.get_message(id)?.value()?;
            let text = bundle.format_pattern(pattern, values, &mut Vec::new());
            Some(text.into_owned())
        })
    }
}

/// A text of the files that is not formatted yet, with a value in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence {
    id: &'static str,
    value: Option<Value>,
}

/// A text.
pub const fn say(id: &'static str) -> Sentence {
    Sentence { id, value: None }
}

/// A text about a value, `$value` in it.
pub fn about(id: &'static str, value: impl Into<Value>) -> Sentence {
    let value = Some(value.into());
    Sentence { id, value }
}

impl From<Phrase> for Sentence {
    fn from(phrase: Phrase) -> Self {
        about("reason", phrase)
    }
}

impl Sentence {
    /// The text in a language.
    pub fn text(&self, t: Texts) -> String {
        match &self.value {
            Some(value) => t.about(self.id, t.value(value)),
            None => t.say(self.id),
        }
    }

    /// The text in English, for programs.
    pub fn english(&self) -> String {
        let t = Texts::default();
        match &self.value {
            Some(value) => t.about(self.id, value.to_string()),
            None => t.say(self.id),
        }
    }
}

impl serde::Serialize for Sentence {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.english())
    }
}

fn exact(tag: &str) -> Option<usize> {
    LANGUAGES
        .iter()
        .position(|language| language.tag.eq_ignore_ascii_case(tag))
}

/// The best of an `Accept-Language`. Every Chinese maps to the one available.
fn accepted_language(header: &str) -> usize {
    let found = |tag: &String| {
        let primary = |tag: &str| tag.split(['-', '_']).next().map(str::to_ascii_lowercase);
        let of_primary = |language: &Language| primary(language.tag) == primary(tag);
        exact(tag).or_else(|| LANGUAGES.iter().position(of_primary))
    };
    form::languages(header).iter().find_map(found).unwrap_or(0)
}

#[cfg(test)]
mod tests;
