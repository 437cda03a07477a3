//! Reasons to refuse a file as a plugin.

use crate::manifest::ManifestError;
use crate::signature::SignatureError;
use auth_connector_egress::{Phrase, phrase};
use std::path::PathBuf;

/// A file is refused as a plugin. One line each, and no code of it has run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The file cannot be read.
    #[error("{path} cannot be read: {reason}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        reason: String,
    },
    /// It is too large to be a connector.
    #[error("{size} bytes is more than the {limit} that a plugin may have")]
    TooLarge {
        /// Its size in bytes.
        size: u64,
        /// The cap in bytes.
        limit: u64,
    },
    /// Its bytes are not those that were expected.
    #[error(
        "the component's sha256 is {found}, expected was {expected}: another file, or a changed one"
    )]
    Digest {
        /// The expected digest, in hexadecimal.
        expected: String,
        /// The actual digest, in hexadecimal.
        found: String,
    },
    /// It does not have the size in its manifest.
    #[error(
        "the component has {found} bytes, its manifest says {expected}: another file, or a changed one"
    )]
    Size {
        /// The size in the manifest, in bytes.
        expected: u64,
        /// The actual size, in bytes.
        found: u64,
    },
    /// Its manifest is not signed by a trusted key.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// Its manifest cannot be used.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// Its manifest is another plugin's.
    #[error(
        "the manifest is of the plugin {found:?}, expected was {expected:?}: give the package that was meant"
    )]
    OtherPlugin {
        /// The id that was expected.
        expected: String,
        /// The manifest's.
        found: String,
    },
    /// It asks for more than it is granted.
    #[error("the plugin {}. Grant it, or use a version that asks for less", joined(.missing))]
    NotGranted {
        /// A line for each thing that is missing.
        missing: Vec<Phrase>,
    },
    /// It is not WebAssembly.
    #[error(
        "not WebAssembly: the file starts with {starts}, a component starts with 00 61 73 6d 0d 00 01 00"
    )]
    NotWebAssembly {
        /// Its first bytes, as hexadecimal, or a note that the file is empty or text.
        starts: Phrase,
    },
    /// It is a core module.
    #[error(
        "a core WebAssembly module, not a component: build it for wasm32-wasip2, or wrap it with `wasm-tools component new`"
    )]
    CoreModule,
    /// It is a component that Wasmtime cannot compile.
    #[error("not a valid component: {0}")]
    Invalid(Phrase),
    /// Compiling it could hold the host up.
    #[error(
        "the component has {found} {what}, more than the {limit} that a plugin may have, because compiling it could hold the host up"
    )]
    TooComplex {
        /// The quantity that is above the cap.
        what: Phrase,
        /// The amount.
        found: u64,
        /// The cap.
        limit: u64,
    },
    /// The cache does not have it, and this host does not compile.
    #[error(
        "the component is not in the compile cache, and this host does not compile: have `auth-host inspect --load-within` or a host with HostOptions::compile do it, with the same cache"
    )]
    NotCompiled,
    /// It asks for more than a connector may have.
    #[error("the component imports {}, which the contract does not grant; it grants wasi:io, wasi:clocks and outgoing wasi:http", listed(.imports))]
    ForbiddenImports {
        /// All of them, by name.
        imports: Vec<String>,
    },
    /// It does not implement the contract.
    #[error("not a connector: it does not export {expected}; it exports {}", listed(.exports))]
    NotAConnector {
        /// The export that is missing.
        expected: &'static str,
        /// The exports found instead.
        exports: Vec<String>,
    },
    /// It implements another version of the contract.
    #[error(
        "the plugin speaks {found}, this host {supported}: use a plugin or a host of the other's version"
    )]
    ContractVersion {
        /// The export of the component.
        found: String,
        /// The version that this host supports.
        supported: &'static str,
    },
    /// It claims the version and differs from it.
    #[error("the component's {item} differs from {contract}: {difference}")]
    ContractMismatch {
        /// The function that differs.
        item: &'static str,
        /// The interface.
        contract: &'static str,
        /// How.
        difference: Phrase,
    },
    /// Its imports do not link, or it needs more instances, tables or memories than one plugin may have.
    #[error("the component cannot be linked: {0}")]
    Link(Phrase),
}

impl LoadError {
    /// The error's text.
    pub fn phrase(&self) -> Phrase {
        match self {
            Self::Unreadable { path, reason } => {
                let path = path.display().to_string();
                phrase!("load-unreadable", of self, path = path, reason = reason)
            }
            Self::TooLarge { size, limit } => {
                phrase!("load-too-large", of self, size = *size, limit = *limit)
            }
            Self::Digest { expected, found } => {
                phrase!("load-digest", of self, expected = expected, found = found)
            }
            Self::Size { expected, found } => {
                phrase!("load-size", of self, expected = *expected, found = *found)
            }
            Self::Signature(error) => error.phrase(),
            Self::Manifest(error) => error.phrase(),
            Self::OtherPlugin { expected, found } => {
                let (expected, found) = (escaped(expected), escaped(found));
                phrase!("load-other-plugin", of self, expected = expected, found = found)
            }
            Self::NotGranted { missing } => {
                phrase!("load-not-granted", of self, missing = missing.clone())
            }
            Self::NotWebAssembly { starts } => {
                phrase!("load-not-wasm", of self, starts = starts)
            }
            Self::CoreModule => phrase!("load-core-module", of self),
            Self::Invalid(why) => phrase!("load-invalid", of self, why = why),
            Self::TooComplex { what, found, limit } => {
                phrase!("load-too-complex", of self, what = what, found = *found, limit = *limit)
            }
            Self::NotCompiled => phrase!("load-not-compiled", of self),
            Self::ForbiddenImports { imports } => {
                phrase!("load-imports", of self, imports = several(imports))
            }
            Self::NotAConnector { expected, exports } => match exports.is_empty() {
                true => phrase!("load-no-exports", of self, expected = *expected),
                false => {
                    let exports = several(exports);
                    phrase!("load-exports", of self, expected = *expected, exports = exports)
                }
            },
            Self::ContractVersion { found, supported } => {
                phrase!("load-contract", of self, found = found, supported = *supported)
            }
            Self::ContractMismatch {
                item,
                contract,
                difference,
            } => {
                let (item, contract) = (*item, *contract);
                phrase!("load-mismatch", of self, item = item, contract = contract, difference = difference)
            }
            Self::Link(why) => phrase!("load-link", of self, why = why),
        }
    }
}

/// Phrases in one line, by commas.
fn joined(phrases: &[Phrase]) -> String {
    let texts: Vec<&str> = phrases.iter().map(Phrase::english).collect();
    texts.join(", ")
}

/// A publisher's text without what does not show.
fn escaped(text: &str) -> String {
    text.escape_debug().to_string()
}

/// How many names one line has.
const SHOWN: usize = 12;

/// Names in one line, however many a component has.
fn listed(names: &[String]) -> String {
    let shown: Vec<&str> = names.iter().take(SHOWN).map(String::as_str).collect();
    match names.len().saturating_sub(SHOWN) {
        _ if names.is_empty() => "nothing".to_owned(),
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// The same for every language.
fn several(names: &[String]) -> String {
    let shown: Vec<&str> = names.iter().take(SHOWN).map(String::as_str).collect();
    match names.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{}, … (+{more})", shown.join(", ")),
    }
}
