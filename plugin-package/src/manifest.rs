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
//! | `contract` | yes | the contract that it implements: `auth:connector@0.1.0` |
//! | `component` | yes | `file` beside the manifest, its `sha256` and its `size` in bytes |
//! | `origins` | yes | every origin that it may ask to reach, as [`Origin`] prints it; may be empty |
//! | `configOrigins` | | JSON Pointers to URLs in a config, whose origins it asks to reach as well: `/url` |
//! | `limits` | | what it needs of each [`Limit`]; the host's own count for the others |
//! | `name`, `description`, `license`, `homepage` | | for people |
//! | `annotations` | | the publisher's own texts, signed with the rest and not used by the host |

mod fault;
mod reader;

use self::fault::whole_place;
use self::reader::{Faults, Member, pointer, quoted, shortened};
use crate::limit::Limit;
use crate::text;
use auth_connector_egress::{Origin, Phrase, phrase};
use http::Uri;
use serde_json::value::RawValue;
use serde_json::{Number, Value};

pub use self::fault::{ManifestError, ManifestFault};

/// The contract whose plugins these are, as manifests name it.
pub const CONTRACT: &str = "auth:connector@0.1.0";

/// The largest component, in bytes. The reference connector has 0.6 MB and takes 0.6 s of CPU to compile
/// (`docs/performance.md`); 2 MiB of straight code take up to 8 s and 300 MB.
pub const COMPONENT_BYTES: u64 = 2 << 20;

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
    /// The contract that it implements.
    pub contract: String,
    /// Which bytes it is.
    pub component: ComponentPin,
    /// The origins that it asks for.
    pub origins: Vec<Origin>,
    /// JSON Pointers to further origins in a config that it asks for: see [`Manifest::origins_of_config`].
    pub config_origins: Vec<String>,
    /// The limits that it asks for.
    pub limits: Vec<(Limit, u64)>,
    /// Its name for people.
    pub name: Option<String>,
    /// Its purpose, in a sentence.
    pub description: Option<String>,
    /// Its licence, as an SPDX expression.
    pub license: Option<String>,
    /// Address of further information.
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
        // The other keys of another format cannot be checked.
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
    /// A plugin asks for them and gets none by that: an operator decides, and [`Grants::allow_beyond`] grants them.
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
    /// The value's JSON Pointer in the config.
    pub pointer: String,
    reason: Phrase,
}

impl ConfigOriginError {
    /// The error's text.
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
    let component = component(faults, &whole.required("component"));
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
    let annotations = annotations(faults, &whole.optional("annotations"));
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

/// Which bytes it is.
fn component(faults: &mut Faults, member: &Member<'_>) -> Option<ComponentPin> {
    let mut object = faults.object(member)?;
    let file = faults.text(&object.required("file"), &text::FILE);
    let sha256 = faults.text(&object.required("sha256"), &text::SHA256);
    let size = faults.whole(&object.required("size"), COMPONENT_BYTES);
    object.end(faults);
    Some(ComponentPin {
        file: file?,
        sha256: sha256?,
        size: size?,
    })
}

/// The publisher's own texts.
fn annotations(faults: &mut Faults, member: &Member<'_>) -> Vec<(String, String)> {
    let Some(object) = faults.object(member) else {
        return Vec::new();
    };
    faults.count(&member.place, object.members.len(), ANNOTATIONS);
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
            faults.add(&place, message);
        }
        let text = faults.text(&Member::new(place, text), &text::ANNOTATION);
        annotations.extend(text.map(|text| (key, text)));
    }
    annotations
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
