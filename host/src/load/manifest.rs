//! The manifest: what a plugin is, which bytes it is, and what it asks for.
//!
//! JSON of at most 64 KiB, by the schema in `docs/manifest.schema.json`. It is signed and decides what a plugin
//! may do, so reading is strict: unknown keys and keys that occur twice are refused, and every text has its
//! form. All faults are reported at once, each with its place as a JSON Pointer.
//!
//! | key | required | what |
//! |---|---|---|
//! | `$schema` | | ignored, for editors |
//! | `format` | yes | 1 |
//! | `id`, `version` | yes | the plugin's name for programs, its semantic version |
//! | `contract` | yes | the contract that it speaks: `auth:connector@0.1.0` |
//! | `component` | yes | `file` beside the manifest, its `sha256` and its `size` in bytes |
//! | `origins` | yes | every origin that it may want to reach, as [`Origin`] prints it; may be empty |
//! | `limits` | | what it needs of each [`Limit`]; the host's own count for the others |
//! | `name`, `description`, `license`, `homepage` | | for people |
//! | `annotations` | | the publisher's own texts, signed with the rest and not used by the host |

use super::json::Json;
use super::limit::Limit;
use super::text;
use crate::egress::Origin;
use crate::limits::COMPONENT_BYTES;
use std::fmt;

/// The largest manifest, in bytes.
pub const MANIFEST_BYTES: u64 = 64 << 10;

const FORMAT: u64 = 1;
const ORIGINS: usize = 64;
const ANNOTATIONS: usize = 32;

/// A manifest whose every part has its form. Whether it is to be believed is its signature's business.
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
    /// assert!(error.to_string().contains("/orgins: there is no such key"));
    /// # Ok::<(), auth_connector_host::ManifestError>(())
    /// ```
    pub fn parse(bytes: &[u8]) -> Result<Self, ManifestError> {
        if bytes.len() as u64 > MANIFEST_BYTES {
            let size = bytes.len();
            let message = format!("it has {size} bytes, expected were at most {MANIFEST_BYTES}");
            return Err(ManifestError::one("the whole", message));
        }
        let json: Json = serde_json::from_slice(bytes).map_err(|error| {
            let place = format!("line {}, column {}", error.line(), error.column());
            let text = error.to_string();
            let message = text.split(" at line ").next().unwrap_or_default();
            ManifestError::one(place, format!("{message}, so it is not used as JSON"))
        })?;
        let mut reader = Reader::default();
        let manifest = reader.manifest(&json);
        match manifest {
            Some(manifest) if reader.faults.is_empty() => Ok(manifest),
            _ => Err(ManifestError(reader.faults)),
        }
    }
}

/// Reads values and gathers what is wrong with them. `None` always goes with a fault.
#[derive(Default)]
struct Reader {
    faults: Vec<ManifestFault>,
}

impl Reader {
    fn fault<T>(&mut self, place: impl Into<String>, message: impl Into<String>) -> Option<T> {
        let place: String = place.into();
        self.faults.push(ManifestFault {
            place: if place.is_empty() {
                "the whole".to_owned()
            } else {
                place
            },
            message: message.into(),
        });
        None
    }

    fn manifest(&mut self, json: &Json) -> Option<Manifest> {
        const REQUIRED: &[&str] = &[
            "format",
            "id",
            "version",
            "contract",
            "component",
            "origins",
        ];
        const OPTIONAL: &[&str] = &[
            "$schema",
            "limits",
            "name",
            "description",
            "license",
            "homepage",
            "annotations",
        ];
        let whole = self.object("", json, REQUIRED, OPTIONAL)?;
        // Of another format nothing else can be said.
        let format = whole.get("format")?;
        if *format != Json::Integer(FORMAT) {
            return self.fault(
                "/format",
                format!("{} is not a format that this host reads; expected was {FORMAT}. If it is newer, use a newer host", shown(format)),
            );
        }
        if let Some(schema) = whole.get("$schema") {
            self.text("/$schema", schema, &text::SCHEMA);
        }
        let id = whole.get("id").and_then(|v| self.text("/id", v, &text::ID));
        let version = whole
            .get("version")
            .and_then(|v| self.text("/version", v, &text::VERSION));
        let contract = whole
            .get("contract")
            .and_then(|v| self.text("/contract", v, &text::CONTRACT));
        let component = whole.get("component").and_then(|v| self.component(v));
        let origins = whole.get("origins").and_then(|v| self.origins(v));
        let limits = match whole.get("limits") {
            Some(limits) => self.limits(limits),
            None => Some(Vec::new()),
        };
        let mut optional = |key: &str, form: &text::Form| {
            let value = whole.get(key)?;
            self.text(&format!("/{key}"), value, form)
        };
        let name = optional("name", &text::NAME);
        let description = optional("description", &text::DESCRIPTION);
        let license = optional("license", &text::LICENSE);
        let homepage = optional("homepage", &text::HOMEPAGE);
        let annotations = match whole.get("annotations") {
            Some(annotations) => self.annotations(annotations),
            None => Some(Vec::new()),
        };
        Some(Manifest {
            id: id?,
            version: version?,
            contract: contract?,
            component: component?,
            origins: origins?,
            limits: limits?,
            name,
            description,
            license,
            homepage,
            annotations: annotations?,
        })
    }

    fn component(&mut self, json: &Json) -> Option<ComponentPin> {
        let at = "/component";
        let object = self.object(at, json, &["file", "sha256", "size"], &[])?;
        let mut text = |key: &str, form| {
            let value = object.get(key)?;
            self.text(&format!("{at}/{key}"), value, form)
        };
        let (file, sha256) = (text("file", &text::FILE), text("sha256", &text::SHA256));
        let size = object
            .get("size")
            .and_then(|size| self.integer("/component/size", size, COMPONENT_BYTES));
        Some(ComponentPin {
            file: file?,
            sha256: sha256?,
            size: size?,
        })
    }

    fn origins(&mut self, json: &Json) -> Option<Vec<Origin>> {
        let values = self.array("/origins", json, ORIGINS)?;
        let mut origins = Vec::new();
        for (index, value) in values.iter().enumerate() {
            let place = format!("/origins/{index}");
            let Some(origin) = self.origin(&place, value) else {
                continue;
            };
            if origins.contains(&origin) {
                self.fault::<()>(
                    place,
                    format!("{origin} is there twice: remove one of them"),
                );
            } else {
                origins.push(origin);
            }
        }
        (origins.len() == values.len()).then_some(origins)
    }

    fn origin(&mut self, place: &str, json: &Json) -> Option<Origin> {
        let Json::String(text) = json else {
            return self.fault(
                place,
                format!(
                    "{}, expected was an origin as a text: \"https://sms.example.com\"",
                    json.kind()
                ),
            );
        };
        match Origin::parse(text) {
            // One spelling for each, so that what people read is what is compared.
            Ok(origin) if origin.to_string() == *text => Some(origin),
            Ok(origin) => self.fault(
                place,
                format!(
                    "{} is written {origin:?}",
                    quoted(text),
                    origin = origin.to_string()
                ),
            ),
            Err(error) => self.fault(place, error.to_string()),
        }
    }

    fn limits(&mut self, json: &Json) -> Option<Vec<(Limit, u64)>> {
        let names: Vec<&str> = Limit::ALL.iter().map(|limit| limit.as_str()).collect();
        let object = self.object("/limits", json, &[], &names)?;
        let mut limits = Vec::new();
        for (limit, name) in Limit::ALL.iter().zip(names) {
            if let Some(value) = object.get(name) {
                let value = self.integer(&format!("/limits/{name}"), value, u32::MAX.into());
                limits.push((*limit, value?));
            }
        }
        Some(limits)
    }

    fn annotations(&mut self, json: &Json) -> Option<Vec<(String, String)>> {
        let Json::Object(entries) = json else {
            return self.fault(
                "/annotations",
                format!("{}, expected was an object of texts", json.kind()),
            );
        };
        if entries.len() > ANNOTATIONS {
            let count = entries.len();
            return self.fault(
                "/annotations",
                format!("{count} entries, expected were at most {ANNOTATIONS}"),
            );
        }
        let mut annotations = Vec::new();
        for (key, value) in entries {
            let place = pointer("/annotations", key);
            if !(text::ANNOTATION_KEY.fits)(key) {
                self.fault::<()>(
                    &place,
                    format!("the key is not {}", text::ANNOTATION_KEY.expected),
                );
            } else if let Some(value) = self.text(&place, value, &text::ANNOTATION) {
                annotations.push((key.clone(), value));
            }
        }
        (annotations.len() == entries.len()).then_some(annotations)
    }

    /// An object with all of these keys, some of those, and no other.
    fn object<'a>(
        &mut self,
        at: &str,
        json: &'a Json,
        required: &[&str],
        optional: &[&str],
    ) -> Option<Fields<'a>> {
        let Json::Object(entries) = json else {
            return self.fault(at, format!("{}, expected was an object", json.kind()));
        };
        for (key, _) in entries {
            if !required.contains(&key.as_str()) && !optional.contains(&key.as_str()) {
                let known = [required, optional].concat().join(", ");
                self.fault::<()>(
                    pointer(at, key),
                    format!(
                        "there is no such key; expected were {known}. Correct its name or remove it"
                    ),
                );
            }
        }
        for key in required {
            if !entries.iter().any(|(known, _)| known == key) {
                self.fault::<()>(format!("{at}/{key}"), "it is missing: add it");
            }
        }
        Some(Fields(entries))
    }

    fn array<'a>(&mut self, at: &str, json: &'a Json, most: usize) -> Option<&'a [Json]> {
        match json {
            Json::Array(values) if values.len() <= most => Some(values),
            Json::Array(values) => {
                let count = values.len();
                self.fault(at, format!("{count} entries, expected were at most {most}"))
            }
            other => self.fault(at, format!("{}, expected was an array", other.kind())),
        }
    }

    fn integer(&mut self, at: &str, json: &Json, most: u64) -> Option<u64> {
        match json {
            Json::Integer(value) if (1..=most).contains(value) => Some(*value),
            other => self.fault(
                at,
                format!(
                    "{}, expected was a whole number from 1 to {most}",
                    shown(other)
                ),
            ),
        }
    }

    fn text(&mut self, at: &str, json: &Json, form: &text::Form) -> Option<String> {
        match json {
            Json::String(text) if (form.fits)(text) => Some(text.clone()),
            Json::String(text) => {
                self.fault(at, format!("{} is not {}", quoted(text), form.expected))
            }
            other => self.fault(
                at,
                format!("{}, expected was {}", other.kind(), form.expected),
            ),
        }
    }
}

/// An object's entries.
struct Fields<'a>(&'a [(String, Json)]);

impl<'a> Fields<'a> {
    fn get(&self, key: &str) -> Option<&'a Json> {
        let found = self.0.iter().find(|(known, _)| known == key);
        found.map(|(_, value)| value)
    }
}

/// A place one key further, as RFC 6901 writes it, and short and on one line whatever the key is.
fn pointer(at: &str, key: &str) -> String {
    let key = key.replace('~', "~0").replace('/', "~1");
    let short: String = key.chars().take(60).flat_map(char::escape_debug).collect();
    format!("{at}/{short}")
}

/// A value for an error: short, and on one line whatever it holds.
fn shown(json: &Json) -> String {
    match json {
        Json::Integer(value) => value.to_string(),
        Json::String(text) => quoted(text),
        other => other.kind().to_owned(),
    }
}

fn quoted(text: &str) -> String {
    let short: String = text.chars().take(60).collect();
    let more = if short.len() < text.len() { "…" } else { "" };
    format!("{short:?}{more}")
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
