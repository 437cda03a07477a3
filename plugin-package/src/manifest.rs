//! The manifest: what a plugin is, which bytes it is, and what it asks for.
//!
//! JSON of at most 64 KiB, by the schema in `docs/manifest.schema.json`. It is signed and decides what a plugin
//! may do, so reading is strict: unknown keys and keys that occur twice are refused, and every text has its
//! form. All faults are reported at once, each with its place as a JSON Pointer. JSON that cannot be parsed and another
//! format are each reported alone.
//!
//! | key | required | what |
//! |---|---|---|
//! | `$schema` | | ignored, for editors |
//! | `format` | yes | 1 |
//! | `id`, `version` | yes | the plugin's name for programs, its semantic version |
//! | `contract` | yes | the contract that it speaks: `auth:connector@0.1.0` |
//! | `component` | yes | `file` beside the manifest, its `sha256` and its `size` in bytes |
//! | `origins` | yes | every origin that it may ask to reach, as [`Origin`] prints it; may be empty |
//! | `configOrigins` | | JSON Pointers to URLs in a config, whose origins it asks to reach as well: `/url` |
//! | `limits` | | what it needs of each [`Limit`]; the host's own count for the others |
//! | `name`, `description`, `license`, `homepage` | | for people |
//! | `annotations` | | the publisher's own texts, signed with the rest and not used by the host |

use crate::limit::Limit;
use crate::text::{self, Form};
use auth_connector_egress::{Origin, Phrase, phrase};
use http::Uri;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Number, Value};
use std::fmt;

/// The contract whose plugins these are, as manifests name it.
pub const CONTRACT: &str = "auth:connector@0.1.0";

/// The largest component, in bytes. The reference connector is under 160 KB and takes 0.2 s of CPU to compile; twelve
/// times that of straight code takes up to 8 s and 300 MB.
pub const COMPONENT_BYTES: u64 = 2 << 20;

/// The largest manifest, in bytes.
pub const MANIFEST_BYTES: u64 = 64 << 10;

/// The place of the manifest as a whole, in an error.
fn whole_place() -> Phrase {
    phrase!("manifest-whole", "the whole")
}

const FORMAT: u64 = 1;
const ORIGINS: usize = 64;
const CONFIG_ORIGINS: usize = 8;
const ANNOTATIONS: usize = 32;

/// A manifest whose every part has its form. Its signature decides whether to trust it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Manifest {
    /// The plugin's name for programs.
    pub id: String,
    /// Its semantic version.
    pub version: String,
    /// The contract that it speaks.
    pub contract: String,
    /// Which bytes it is.
    pub component: ComponentPin,
    /// The origins that it asks for.
    pub origins: Vec<Origin>,
    /// Where a config names further origins that it asks for: JSON Pointers, see [`Manifest::origins_of_config`].
    pub config_origins: Vec<String>,
    /// The limits that it asks for.
    pub limits: Vec<(Limit, u64)>,
    /// Its name for people.
    pub name: Option<String>,
    /// What it does, in a sentence.
    pub description: Option<String>,
    /// Its licence, as an SPDX expression.
    pub license: Option<String>,
    /// Where to read more.
    pub homepage: Option<String>,
    /// The publisher's own texts.
    pub annotations: Vec<(String, String)>,
}

/// The one component that a manifest is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComponentPin {
    /// Its file's name, in the manifest's folder.
    pub file: String,
    /// SHA-256 of its bytes, in lower-case hexadecimal.
    pub sha256: String,
    /// Its size in bytes.
    pub size: u64,
}

/// Why a manifest cannot be used: everything that is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestError(Vec<ManifestFault>);

/// One thing that is wrong with a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestFault {
    /// Where: a JSON Pointer, or line and column where it is not JSON.
    pub place: Phrase,
    /// What is there, what was expected, and what to do.
    pub message: Phrase,
}

impl ManifestError {
    /// The faults, in the order of the manifest's fields; unknown keys of an object before its other faults.
    pub fn faults(&self) -> &[ManifestFault] {
        &self.0
    }

    fn one(place: Phrase, message: Phrase) -> Self {
        Self(vec![ManifestFault { place, message }])
    }

    /// What it says.
    pub fn phrase(&self) -> Phrase {
        let faults = self.0.iter().take(SHOWN).map(|fault| {
            let (place, message) = (&fault.place, &fault.message);
            phrase!(
                "manifest-fault",
                "{place}: {message}",
                place = place,
                message = message
            )
        });
        let faults: Vec<Phrase> = faults.collect();
        match self.0.len().saturating_sub(SHOWN) {
            0 => phrase!("manifest", of self, faults = faults),
            more => phrase!("manifest-more", of self, faults = faults, more = more),
        }
    }
}

/// How many faults one line names.
const SHOWN: usize = 5;

impl fmt::Display for ManifestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the manifest cannot be used. ")?;
        for (index, fault) in self.0.iter().take(SHOWN).enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{}: {}", fault.place, fault.message)?;
        }
        match self.0.len().saturating_sub(SHOWN) {
            0 => Ok(()),
            more => write!(f, "; and {more} more"),
        }
    }
}

impl std::error::Error for ManifestError {}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    ///
    /// [`ManifestError`] with everything that is wrong with it.
    ///
    /// # Examples
    /// ```
    /// use auth_connector_package::Manifest;
    ///
    /// let manifest = Manifest::parse(br#"{
    ///     "format": 1,
    ///     "id": "example-sms",
    ///     "version": "1.4.0",
    ///     "contract": "auth:connector@0.1.0",
    ///     "component": {
    ///         "file": "example_sms.wasm",
    ///         "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    ///         "size": 150000
    ///     },
    ///     "origins": ["https://sms.example.com"],
    ///     "limits": {"requests": 2}
    /// }"#)?;
    /// assert_eq!(manifest.origins[0].to_string(), "https://sms.example.com");
    ///
    /// let error = Manifest::parse(br#"{"format": 1, "orgins": []}"#).unwrap_err();
    /// assert!(error.to_string().contains("unknown field `orgins`, expected one of"));
    /// # Ok::<(), auth_connector_package::ManifestError>(())
    /// ```
    pub fn parse(bytes: &[u8]) -> Result<Self, ManifestError> {
        if bytes.len() as u64 > MANIFEST_BYTES {
            let message = phrase!(
                "manifest-size",
                "it has {size} bytes, expected were at most {limit}",
                size = bytes.len(),
                limit = MANIFEST_BYTES
            );
            return Err(ManifestError::one(whole_place(), message));
        }
        let syntax = |error: serde_json::Error| {
            let text = error.to_string();
            let text = text.split(" at line ").next().unwrap_or_default();
            let place = phrase!(
                "manifest-line",
                "line {line}, column {column}",
                line = error.line(),
                column = error.column()
            );
            let whole = format!("{text}, so it is not used as JSON");
            ManifestError::one(place, phrase!("manifest-json", of whole))
        };
        // The syntax of every part.
        let whole: Value = serde_json::from_slice(bytes).map_err(syntax)?;
        if !whole.is_object() {
            let message = phrase!(
                "manifest-object",
                "\"{found}\" is there, expected was an object",
                found = quoted(&whole.to_string())
            );
            return Err(ManifestError::one(whole_place(), message));
        }
        // Of another format nothing else can be said.
        let format = whole.get("format");
        if let Some(format) = format.filter(|format| format.as_u64() != Some(FORMAT)) {
            let message = phrase!(
                "manifest-format",
                "{found} is not a format that this host reads; expected was {format}. If it is newer, use a newer host",
                found = shortened(&format.to_string()),
                format = FORMAT
            );
            return Err(ManifestError::one(Phrase::verbatim("/format"), message));
        }
        let mut faults = Faults::default();
        let manifest = read(serde_json::from_slice(bytes).map_err(syntax)?, &mut faults);
        manifest
            .filter(|_| faults.0.is_empty())
            .ok_or(ManifestError(faults.0))
    }

    /// The origins that a config adds to [`Manifest::origins`]: one result for each of [`Manifest::config_origins`]
    /// that the config has a value for. An absent or blank value asks for nothing.
    ///
    /// A plugin asks for them and gets none by that: an operator decides, and [`Grants::allow_beyond`] gives.
    ///
    /// # Examples
    /// ```
    /// # let text = br#"{"format": 1, "id": "a", "version": "1.0.0", "contract": "auth:connector@0.1.0",
    /// #   "component": {"file": "a.wasm", "size": 1,
    /// #     "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"},
    /// #   "origins": [], "configOrigins": ["/url"]}"#;
    /// # let manifest = auth_connector_package::Manifest::parse(text)?;
    /// assert_eq!(manifest.config_origins, ["/url"]);
    /// let config = serde_json::json!({"url": "https://sms.example.com:8443/hook?token=1"});
    /// let origins: Vec<_> = manifest.origins_of_config(&config).into_iter().collect::<Result<_, _>>()?;
    /// assert_eq!(origins[0].to_string(), "https://sms.example.com:8443");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// [`Grants::allow_beyond`]: crate::Grants::allow_beyond
    pub fn origins_of_config(&self, config: &Value) -> Vec<Result<Origin, ConfigOriginError>> {
        let origin = |pointer: &String| {
            let value = match config.pointer(pointer)? {
                Value::Null => return None,
                Value::String(text) if text.trim().is_empty() => return None,
                value => value,
            };
            let origin = match value.as_str().map(str::parse::<Uri>) {
                None => Err(phrase!("config-origin-type", "it is not a text")),
                Some(Err(_)) => Err(phrase!("origin-unreadable", "it cannot be parsed")),
                Some(Ok(uri)) => Origin::of(&uri),
            };
            Some(origin.map_err(|reason| ConfigOriginError {
                pointer: pointer.clone(),
                reason,
            }))
        };
        self.config_origins.iter().filter_map(origin).collect()
    }
}

/// A config's value is not a URL, so that it names no origin. The value may hold a secret and is not repeated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{pointer} of the config is not a URL with an origin: {reason}. Write one such as https://sms.example.com/path"
)]
pub struct ConfigOriginError {
    /// Where the value is in the config.
    pub pointer: String,
    reason: Phrase,
}

impl ConfigOriginError {
    /// What it says.
    pub fn phrase(&self) -> Phrase {
        phrase!("config-origin", of self, pointer = &self.pointer, reason = &self.reason)
    }
}

/// The manifest in this text. It may be used if no fault is added.
fn read(text: &RawValue, faults: &mut Faults) -> Option<Manifest> {
    let mut whole = faults.object(&Member::new(String::new(), text))?;
    faults.text(&whole.optional("$schema"), &text::SCHEMA);
    faults.typed::<Number>(&whole.required("format"));
    let id = faults.text(&whole.required("id"), &text::ID);
    let version = faults.text(&whole.required("version"), &text::VERSION);
    let contract = faults.text(&whole.required("contract"), &text::CONTRACT);
    let component = faults.component(&whole.required("component"));
    let mut origins = Vec::new();
    for member in faults.list(&whole.required("origins"), ORIGINS) {
        let origin = faults.origin(&member);
        faults.insert(&mut origins, origin, &member);
    }
    let mut config_origins = Vec::new();
    for member in faults.list(&whole.optional("configOrigins"), CONFIG_ORIGINS) {
        let pointer = faults.text(&member, &text::CONFIG_ORIGIN);
        faults.insert(&mut config_origins, pointer, &member);
    }
    let mut limits = Vec::new();
    if let Some(mut object) = faults.object(&whole.optional("limits")) {
        for limit in Limit::ALL {
            let count = faults.whole(&object.optional(limit.as_str()), u32::MAX.into());
            limits.extend(count.map(|count| (limit, count)));
        }
        object.end(faults);
    }
    let name = faults.text(&whole.optional("name"), &text::NAME);
    let description = faults.text(&whole.optional("description"), &text::DESCRIPTION);
    let license = faults.text(&whole.optional("license"), &text::LICENSE);
    let homepage = faults.text(&whole.optional("homepage"), &text::HOMEPAGE);
    let annotations = faults.annotations(&whole.optional("annotations"));
    whole.end(faults);
    Some(Manifest {
        id: id?,
        version: version?,
        contract: contract?,
        component: component?,
        origins,
        config_origins,
        limits,
        name,
        description,
        license,
        homepage,
        annotations,
    })
}

/// A place in the manifest, and the JSON that is there. Each part is read by itself, because serde ends at the first
/// fault.
struct Member<'a> {
    place: String,
    text: Option<&'a RawValue>,
    /// The key, where its absence is a fault.
    required: Option<&'static str>,
}

impl<'a> Member<'a> {
    fn new(place: String, text: &'a RawValue) -> Self {
        Self {
            place,
            text: Some(text),
            required: None,
        }
    }
}

/// An object's members, each until it is taken.
struct Object<'a> {
    place: String,
    members: Vec<(String, &'a RawValue)>,
    known: Vec<&'static str>,
    /// How many faults there were before the object's own.
    first_fault: usize,
}

impl<'a> Object<'a> {
    fn optional(&mut self, key: &'static str) -> Member<'a> {
        self.known.push(key);
        let index = self.members.iter().position(|(name, _)| name == key);
        Member {
            place: pointer(&self.place, key),
            text: index.map(|index| self.members.remove(index).1),
            required: None,
        }
    }

    fn required(&mut self, key: &'static str) -> Member<'a> {
        Member {
            required: Some(key),
            ..self.optional(key)
        }
    }

    /// Reports the members that nobody took, before the object's other faults: a key that is misspelt is missing too.
    fn end(self, faults: &mut Faults) {
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
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'a> Deserialize<'a> for Members<'a> {
    fn deserialize<D: Deserializer<'a>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

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

/// Faults as they are found. What is absent or has a fault is `None`, or left out of a list.
#[derive(Default)]
struct Faults(Vec<ManifestFault>);

impl Faults {
    fn add(&mut self, place: impl Into<String>, message: Phrase) {
        let place = match place.into() {
            place if place.is_empty() => whole_place(),
            place => Phrase::verbatim(place),
        };
        self.0.push(ManifestFault { place, message });
    }

    /// A member that has this type.
    fn typed<'a, T: Deserialize<'a> + Typed>(&mut self, member: &Member<'a>) -> Option<T> {
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

    fn text(&mut self, member: &Member<'_>, form: &Form) -> Option<String> {
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
    fn whole(&mut self, member: &Member<'_>, most: u64) -> Option<u64> {
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
    fn object<'a>(&mut self, member: &Member<'a>) -> Option<Object<'a>> {
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

    fn list<'a>(&mut self, member: &Member<'a>, most: usize) -> Vec<Member<'a>> {
        let texts: Vec<&RawValue> = self.typed(member).unwrap_or_default();
        self.count(&member.place, texts.len(), most);
        let items = texts.into_iter().enumerate();
        items
            .map(|(index, text)| Member::new(format!("{}/{index}", member.place), text))
            .collect()
    }

    fn count(&mut self, place: &str, count: usize, most: usize) {
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
    fn insert<T: PartialEq + fmt::Display>(
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

    fn origin(&mut self, member: &Member<'_>) -> Option<Origin> {
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

    fn component(&mut self, member: &Member<'_>) -> Option<ComponentPin> {
        let mut object = self.object(member)?;
        let file = self.text(&object.required("file"), &text::FILE);
        let sha256 = self.text(&object.required("sha256"), &text::SHA256);
        let size = self.whole(&object.required("size"), COMPONENT_BYTES);
        object.end(self);
        Some(ComponentPin {
            file: file?,
            sha256: sha256?,
            size: size?,
        })
    }

    fn annotations(&mut self, member: &Member<'_>) -> Vec<(String, String)> {
        let Some(object) = self.object(member) else {
            return Vec::new();
        };
        self.count(&member.place, object.members.len(), ANNOTATIONS);
        let mut annotations = Vec::new();
        for (key, text) in object.members {
            let place = pointer(&member.place, &key);
            if !(text::ANNOTATION_KEY.fits)(&key) {
                let expected = (text::ANNOTATION_KEY.expected)();
                let message = phrase!(
                    "manifest-key",
                    "the key is not {expected}",
                    expected = expected
                );
                self.add(&place, message);
            }
            let text = self.text(&Member::new(place, text), &text::ANNOTATION);
            annotations.extend(text.map(|text| (key, text)));
        }
        annotations
    }
}

/// A place one key further, as RFC 6901 writes it, and short and on one line whatever the key is.
fn pointer(at: &str, key: &str) -> String {
    let key = key.replace('~', "~0").replace('/', "~1");
    let short: String = key.chars().take(60).flat_map(char::escape_debug).collect();
    format!("{at}/{short}")
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
fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(60).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

/// The same between quotation marks.
fn quoted(text: &str) -> String {
    shortened(text).escape_debug().to_string()
}

/// A type that a part of the manifest has, for an error.
trait Typed {
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

/// A manifest for tests.
#[cfg(test)]
pub(crate) const EXAMPLE: &str = r#"{
    "format": 1,
    "id": "example-sms",
    "version": "1.4.0",
    "contract": "auth:connector@0.1.0",
    "component": {
        "file": "example_sms.wasm",
        "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "size": 150000
    },
    "origins": ["https://sms.example.com"]
}"#;

#[cfg(test)]
mod tests;
