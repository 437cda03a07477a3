//! The manifest: what a plugin is, which bytes it is, and what it asks for.
//!
//! JSON of at most 64 KiB, by the schema in `docs/manifest.schema.json`. It is signed and decides what a plugin
//! may do, so reading is strict: unknown keys and keys that occur twice are refused, and every text has its
//! form. A wrong key or type ends the reading; beyond that all faults are reported at once, each with its
//! place as a JSON Pointer.
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

use super::limit::Limit;
use super::text::{self, Form};
use crate::egress::Origin;
use crate::limits::COMPONENT_BYTES;
use http::Uri;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::{Number, Value};
use serde_path_to_error::Segment;
use std::fmt;
use std::marker::PhantomData;

/// The largest manifest, in bytes.
pub const MANIFEST_BYTES: u64 = 64 << 10;

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
    pub place: String,
    /// What is there, what was expected, and what to do.
    pub message: String,
}

impl ManifestError {
    /// The faults, in the order of the manifest's fields.
    pub fn faults(&self) -> &[ManifestFault] {
        &self.0
    }

    fn one(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self(vec![ManifestFault {
            place: place.into(),
            message: message.into(),
        }])
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
    /// use auth_connector_host::Manifest;
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
    /// # Ok::<(), auth_connector_host::ManifestError>(())
    /// ```
    pub fn parse(bytes: &[u8]) -> Result<Self, ManifestError> {
        if bytes.len() as u64 > MANIFEST_BYTES {
            let size = bytes.len();
            let message = format!("it has {size} bytes, expected were at most {MANIFEST_BYTES}");
            return Err(ManifestError::one("the whole", message));
        }
        let whole: Value = read(bytes)?;
        // A struct of serde's is read from an array as well.
        let component = whole.get("component").map(|part| ("/component", part));
        for (place, part) in [("the whole", &whole)].into_iter().chain(component) {
            if !part.is_object() {
                let found = shortened(&part.to_string());
                let message = format!("{found:?} is there, expected was an object");
                return Err(ManifestError::one(place, message));
            }
        }
        // Of another format nothing else can be said.
        let format = whole.get("format");
        if let Some(format) = format.filter(|format| format.as_u64() != Some(FORMAT)) {
            let message = format!(
                "{} is not a format that this host reads; expected was {FORMAT}. If it is newer, use a newer host",
                shortened(&format.to_string())
            );
            return Err(ManifestError::one("/format", message));
        }
        let mut faults = Faults::default();
        let manifest = read::<File>(bytes)?.checked(&mut faults);
        if faults.0.is_empty() {
            Ok(manifest)
        } else {
            Err(ManifestError(faults.0))
        }
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
    /// # let manifest = auth_connector_host::Manifest::parse(text)?;
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
                None => Err("it is not a text"),
                Some(Err(_)) => Err("it cannot be parsed"),
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
    reason: &'static str,
}

/// The manifest as it stands in its file.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
struct File {
    #[serde(default, rename = "$schema")]
    schema: Given,
    #[serde(rename = "format")]
    _format: Number,
    id: String,
    version: String,
    contract: String,
    component: Component,
    origins: Vec<String>,
    #[serde(default, rename = "configOrigins")]
    config_origins: Vec<String>,
    #[serde(default)]
    limits: Entries<Number>,
    #[serde(default)]
    name: Given,
    #[serde(default)]
    description: Given,
    #[serde(default)]
    license: Given,
    #[serde(default)]
    homepage: Given,
    #[serde(default)]
    annotations: Entries<String>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
struct Component {
    file: String,
    sha256: String,
    size: Number,
}

/// A text that may be left out, and is not null.
#[derive(Default)]
struct Given(Option<String>);

impl<'de> Deserialize<'de> for Given {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(Some(text)))
    }
}

/// An object whose keys are not known beforehand, in order. A key that occurs twice is refused: readers disagree on
/// which of the two counts, and of a document that is signed all must read the same.
struct Entries<T>(Vec<(String, T)>);

impl<T> Default for Entries<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Entries<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EntriesVisitor(PhantomData))
    }
}

struct EntriesVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for EntriesVisitor<T> {
    type Value = Entries<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries<T>, A::Error> {
        let mut entries: Vec<(String, T)> = Vec::new();
        while let Some((key, value)) = map.next_entry()? {
            if entries.iter().any(|(known, _)| *known == key) {
                return Err(A::Error::custom(format_args!("duplicate field `{key}`")));
            }
            entries.push((key, value));
        }
        Ok(Entries(entries))
    }
}

/// Reads JSON of exactly this shape.
fn read<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, ManifestError> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let mut place = String::new();
        for segment in error.path() {
            match segment {
                Segment::Seq { index } => place.push_str(&format!("/{index}")),
                Segment::Map { key } => place = pointer(&place, key),
                Segment::Enum { .. } | Segment::Unknown => {}
            }
        }
        misread(&place, error.inner())
    });
    let value = value?;
    json.end().map_err(|error| misread("", &error))?;
    Ok(value)
}

/// Why JSON is not of the right shape, with what to do about it.
fn misread(place: &str, error: &serde_json::Error) -> ManifestError {
    let text = error.to_string();
    let text = text.split(" at line ").next().unwrap_or_default();
    if !error.is_data() {
        let place = format!("line {}, column {}", error.line(), error.column());
        return ManifestError::one(place, format!("{text}, so it is not used as JSON"));
    }
    // What the publisher wrote stands before, what is expected after.
    let (found, expected) = match text.rsplit_once(", expected ") {
        Some((found, expected)) => (found, format!(", expected {expected}")),
        None => (text, String::new()),
    };
    let mut words = found.split('`');
    let (what, name) = (words.next().unwrap_or_default(), words.next());
    let (remedy, is_beside) = match what {
        "unknown field " => ("Correct its name or remove it", false),
        "missing field " => ("Add it", true),
        "duplicate field " => ("Remove one of them", true),
        _ => ("Correct it", false),
    };
    let place = match name.filter(|_| is_beside) {
        Some(name) => pointer(place, name),
        None if place.is_empty() => "the whole".to_owned(),
        None => place.to_owned(),
    };
    ManifestError::one(place, format!("{}{expected}. {remedy}", legible(found)))
}

/// Faults as they are found.
#[derive(Default)]
struct Faults(Vec<ManifestFault>);

impl Faults {
    fn add(&mut self, place: impl Into<String>, message: String) {
        self.0.push(ManifestFault {
            place: place.into(),
            message,
        });
    }

    fn text(&mut self, place: &str, text: &str, form: &Form) {
        if !(form.fits)(text) {
            self.add(
                place,
                format!("{:?} is not {}", shortened(text), form.expected),
            );
        }
    }

    fn optional(&mut self, place: &str, text: Given, form: &Form) -> Option<String> {
        let text = text.0?;
        self.text(place, &text, form);
        Some(text)
    }

    fn count(&mut self, place: &str, count: usize, most: usize) {
        if count > most {
            self.add(
                place,
                format!("{count} entries, expected were at most {most}"),
            );
        }
    }

    /// A whole number from 1. Zero where it is none.
    fn whole(&mut self, place: &str, number: &Number, most: u64) -> u64 {
        let value = number.as_u64().filter(|value| (1..=most).contains(value));
        if value.is_none() {
            self.add(
                place,
                format!("{number}, expected was a whole number from 1 to {most}"),
            );
        }
        value.unwrap_or_default()
    }

    fn origin(&mut self, place: String, text: &str) -> Option<Origin> {
        match Origin::parse(text) {
            // One spelling for each, so that what people read is what is compared.
            Ok(origin) if origin.to_string() == *text => return Some(origin),
            Ok(origin) => {
                let written = origin.to_string();
                self.add(
                    place,
                    format!("{:?} is written {written:?}", shortened(text)),
                );
            }
            Err(error) => self.add(place, error.to_string()),
        }
        None
    }
}

impl File {
    /// The manifest. It may be used if no fault is added.
    fn checked(self, faults: &mut Faults) -> Manifest {
        faults.optional("/$schema", self.schema, &text::SCHEMA);
        faults.text("/id", &self.id, &text::ID);
        faults.text("/version", &self.version, &text::VERSION);
        faults.text("/contract", &self.contract, &text::CONTRACT);
        faults.text("/component/file", &self.component.file, &text::FILE);
        faults.text("/component/sha256", &self.component.sha256, &text::SHA256);
        let size = faults.whole("/component/size", &self.component.size, COMPONENT_BYTES);
        faults.count("/origins", self.origins.len(), ORIGINS);
        let mut origins = Vec::new();
        for (index, text) in self.origins.iter().enumerate() {
            let place = format!("/origins/{index}");
            match faults.origin(place.clone(), text) {
                Some(origin) if origins.contains(&origin) => {
                    faults.add(
                        place,
                        format!("{origin} is there twice: remove one of them"),
                    );
                }
                origin => origins.extend(origin),
            }
        }
        let pointers = self.config_origins;
        faults.count("/configOrigins", pointers.len(), CONFIG_ORIGINS);
        for (index, text) in pointers.iter().enumerate() {
            let place = format!("/configOrigins/{index}");
            faults.text(&place, text, &text::CONFIG_ORIGIN);
            if pointers.iter().take(index).any(|known| known == text) {
                let text = shortened(text);
                faults.add(
                    place,
                    format!("{text:?} is there twice: remove one of them"),
                );
            }
        }
        let mut limits = Vec::new();
        for (key, number) in &self.limits.0 {
            let place = pointer("/limits", key);
            match Limit::ALL.iter().find(|limit| limit.as_str() == key) {
                Some(limit) => limits.push((*limit, faults.whole(&place, number, u32::MAX.into()))),
                None => {
                    let known = Limit::ALL.map(Limit::as_str).join(", ");
                    faults.add(place, format!("there is no such key; expected were {known}. Correct its name or remove it"));
                }
            }
        }
        limits.sort_by_key(|(limit, _)| Limit::ALL.iter().position(|known| known == limit));
        let name = faults.optional("/name", self.name, &text::NAME);
        let description = faults.optional("/description", self.description, &text::DESCRIPTION);
        let license = faults.optional("/license", self.license, &text::LICENSE);
        let homepage = faults.optional("/homepage", self.homepage, &text::HOMEPAGE);
        faults.count("/annotations", self.annotations.0.len(), ANNOTATIONS);
        for (key, value) in &self.annotations.0 {
            let place = pointer("/annotations", key);
            if !(text::ANNOTATION_KEY.fits)(key) {
                let expected = text::ANNOTATION_KEY.expected;
                faults.add(place.clone(), format!("the key is not {expected}"));
            }
            faults.text(&place, value, &text::ANNOTATION);
        }
        Manifest {
            id: self.id,
            version: self.version,
            contract: self.contract,
            component: ComponentPin {
                file: self.component.file,
                sha256: self.component.sha256,
                size,
            },
            origins,
            config_origins: pointers,
            limits,
            name,
            description,
            license,
            homepage,
            annotations: self.annotations.0,
        }
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

/// A manifest for tests.
#[cfg(test)]
pub(super) const EXAMPLE: &str = r#"{
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
