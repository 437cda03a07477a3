//! Reading of JSON part by part, with every fault collected: serde ends at the first one.

use super::fault::{ManifestFault, whole_place};
use crate::text::Form;
use auth_connector_egress::{Origin, Phrase, foreign, phrase};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Number;
use serde_json::value::RawValue;
use std::fmt;

/// A place in the manifest, and the JSON that is there. Each part is read by itself, because serde ends at the first
/// fault.
pub(super) struct Member<'a> {
    pub(super) place: String,
    text: Option<&'a RawValue>,
    /// The key, where its absence is a fault.
    required: Option<&'static str>,
}

impl<'a> Member<'a> {
    pub(super) fn new(place: String, text: &'a RawValue) -> Self {
        Self {
            place,
            text: Some(text),
            required: None,
        }
    }
}

/// An object's members, each until it is taken.
pub(super) struct Object<'a> {
    place: String,
    pub(super) members: Vec<(String, &'a RawValue)>,
    known: Vec<&'static str>,
    /// How many faults there were before the object's own.
    first_fault: usize,
}

impl<'a> Object<'a> {
    pub(super) fn optional(&mut self, key: &'static str) -> Member<'a> {
        self.known.push(key);
        let index = self.members.iter().position(|(name, _)| name == key);
        Member {
            place: pointer(&self.place, key),
            text: index.map(|index| self.members.remove(index).1),
            required: None,
        }
    }

    pub(super) fn required(&mut self, key: &'static str) -> Member<'a> {
        Member {
            required: Some(key),
            ..self.optional(key)
        }
    }

    /// Reports the members that were not read, before the object's other faults: a key that is misspelt is missing too.
    pub(super) fn end(self, faults: &mut Faults) {
        let known = self.known.join("`, `");
        let unknown = self.members.iter().map(|(key, _)| ManifestFault {
            place: Phrase::verbatim(pointer(&self.place, key)),
            message: phrase!(
                "manifest-unknown",
                "unknown field `{key}`, expected one of `{known}`. Correct its name or remove it",
                key = legible(key),
                known = known.as_str()
            ),
        });
        faults.0.splice(self.first_fault..self.first_fault, unknown);
    }
}

/// An object's members in order, with keys that occur twice.
pub(super) struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'a> Deserialize<'a> for Members<'a> {
    fn deserialize<D: Deserializer<'a>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

pub(super) struct MembersVisitor;

impl<'a> Visitor<'a> for MembersVisitor {
    type Value = Members<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Members<'a>, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Members(members))
    }
}

/// Faults as they are found. A value that is absent or has a fault is `None`, or left out of a list.
#[derive(Default)]
pub(super) struct Faults(pub(super) Vec<ManifestFault>);

impl Faults {
    pub(super) fn add(&mut self, place: impl Into<String>, message: Phrase) {
        let place = match place.into() {
            place if place.is_empty() => whole_place(),
            place => Phrase::verbatim(place),
        };
        self.0.push(ManifestFault { place, message });
    }

    /// A member that has this type.
    pub(super) fn typed<'a, T: Deserialize<'a> + Typed>(
        &mut self,
        member: &Member<'a>,
    ) -> Option<T> {
        let Some(text) = member.text else {
            if let Some(key) = member.required {
                let message = phrase!(
                    "manifest-missing",
                    "missing field `{key}`. Add it",
                    key = key
                );
                self.add(&member.place, message);
            }
            return None;
        };
        serde_json::from_str(text.get())
            .map_err(|error| {
                let said = error.to_string();
                let said = said.split(" at line ").next().unwrap_or_default();
                let (found, expected) =
                    said.rsplit_once(", expected ").unwrap_or((said, "another"));
                let english = format!("{}, expected {expected}. Correct it", legible(found));
                let (found, expected) = (kind(text.get()), T::expected());
                let message =
                    phrase!("manifest-type", of english, found = found, expected = expected);
                self.add(&member.place, message);
            })
            .ok()
    }

    pub(super) fn text(&mut self, member: &Member<'_>, form: &Form) -> Option<String> {
        let text: String = self.typed(member)?;
        if (form.fits)(&text) {
            return Some(text);
        }
        let message = phrase!(
            "manifest-form",
            "\"{found}\" is not {expected}",
            found = quoted(&text),
            expected = (form.expected)()
        );
        self.add(&member.place, message);
        None
    }

    /// A whole number from 1.
    pub(super) fn whole(&mut self, member: &Member<'_>, most: u64) -> Option<u64> {
        let number: Number = self.typed(member)?;
        let value = number.as_u64().filter(|value| (1..=most).contains(value));
        if value.is_none() {
            let message = phrase!(
                "manifest-number",
                "{found}, expected was a whole number from 1 to {most}",
                found = number.to_string(),
                most = most
            );
            self.add(&member.place, message);
        }
        value
    }

    /// A key that occurs twice is a fault: readers disagree on which of the two counts, and of a document that is
    /// signed all must read the same.
    pub(super) fn object<'a>(&mut self, member: &Member<'a>) -> Option<Object<'a>> {
        let Members(all) = self.typed(member)?;
        let place = member.place.clone();
        let first_fault = self.0.len();
        let mut members: Vec<(String, &RawValue)> = Vec::new();
        for (key, value) in all {
            if members.iter().any(|(known, _)| *known == key) {
                let message = phrase!(
                    "manifest-twice",
                    "duplicate field `{key}`. Remove one of them",
                    key = legible(&key)
                );
                self.add(pointer(&place, &key), message);
            } else {
                members.push((key, value));
            }
        }
        Some(Object {
            place,
            members,
            known: Vec::new(),
            first_fault,
        })
    }

    pub(super) fn list<'a>(&mut self, member: &Member<'a>, most: usize) -> Vec<Member<'a>> {
        let texts: Vec<&RawValue> = self.typed(member).unwrap_or_default();
        self.count(&member.place, texts.len(), most);
        let items = texts.into_iter().enumerate();
        items
            .map(|(index, text)| Member::new(format!("{}/{index}", member.place), text))
            .collect()
    }

    pub(super) fn count(&mut self, place: &str, count: usize, most: usize) {
        if count > most {
            let message = phrase!(
                "manifest-entries",
                "{count} entries, expected were at most {most}",
                count = count,
                most = most
            );
            self.add(place, message);
        }
    }

    /// Adds an item to a list that holds each once.
    pub(super) fn insert<T: PartialEq + fmt::Display>(
        &mut self,
        list: &mut Vec<T>,
        item: Option<T>,
        member: &Member<'_>,
    ) {
        match item {
            Some(item) if list.contains(&item) => self.add(
                &member.place,
                phrase!(
                    "manifest-item-twice",
                    "{item} is there twice: remove one of them",
                    item = item.to_string()
                ),
            ),
            item => list.extend(item),
        }
    }

    pub(super) fn origin(&mut self, member: &Member<'_>) -> Option<Origin> {
        let text: String = self.typed(member)?;
        let message = match Origin::parse(&text) {
            // One spelling for each, so that what people read is what is compared.
            Ok(origin) if origin.to_string() == text => return Some(origin),
            Ok(origin) => {
                phrase!(
                    "manifest-origin",
                    "\"{found}\" is written \"{written}\"",
                    found = quoted(&text),
                    written = origin.to_string()
                )
            }
            Err(error) => error.phrase(),
        };
        self.add(&member.place, message);
        None
    }
}

/// A place one key further, as RFC 6901 writes it, and short and on one line whatever the key is.
pub(super) fn pointer(at: &str, key: &str) -> String {
    let key = key.replace('~', "~0").replace('/', "~1");
    format!("{at}/{}", foreign(&key, 60))
}

/// A message that holds a publisher's text: short, and without characters that do not show.
fn legible(message: &str) -> String {
    let shown = |c: char| match c {
        '"' | '\'' => c.to_string(),
        _ => c.escape_debug().to_string(),
    };
    message.chars().take(100).map(shown).collect()
}

/// A publisher's text for an error: short, and on one line whatever it holds.
pub(super) fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(60).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

/// The same between quotation marks.
pub(super) fn quoted(text: &str) -> String {
    shortened(text).escape_debug().to_string()
}

/// A type that a part of the manifest has, for an error.
pub(super) trait Typed {
    fn expected() -> Phrase;
}

impl Typed for String {
    fn expected() -> Phrase {
        phrase!("kind-text", "a text")
    }
}

impl Typed for Number {
    fn expected() -> Phrase {
        phrase!("kind-number", "a number")
    }
}

impl Typed for Vec<&RawValue> {
    fn expected() -> Phrase {
        phrase!("kind-list", "a list")
    }
}

impl Typed for Members<'_> {
    fn expected() -> Phrase {
        phrase!("kind-object", "an object")
    }
}

/// The type of JSON that is there.
fn kind(json: &str) -> Phrase {
    match json.trim_start().chars().next() {
        Some('{') => Members::expected(),
        Some('[') => Vec::<&RawValue>::expected(),
        Some('"') => String::expected(),
        Some('t' | 'f') => phrase!("kind-boolean", "true or false"),
        Some('n') => phrase!("kind-null", "null"),
        _ => Number::expected(),
    }
}
