//! Reasons to refuse a file as a plugin.

use crate::manifest::ManifestError;
use crate::signature::SignatureError;
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
        /// What was expected, in hexadecimal.
        expected: String,
        /// What it is, in hexadecimal.
        found: String,
    },
    /// It has not the size that its manifest says.
    #[error(
        "the component has {found} bytes, its manifest says {expected}: another file, or a changed one"
    )]
    Size {
        /// What the manifest says, in bytes.
        expected: u64,
        /// What it is, in bytes.
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
    #[error("the plugin {}. Grant it, or load the plugin with less by Grants::accept_less", .missing.join(", "))]
    NotGranted {
        /// A line for each thing that is missing.
        missing: Vec<String>,
    },
    /// It is not WebAssembly.
    #[error(
        "not WebAssembly: the file starts with {starts}, a component starts with 00 61 73 6d 0d 00 01 00"
    )]
    NotWebAssembly {
        /// Its first bytes, as hexadecimal, or the words `nothing` and `text`.
        starts: String,
    },
    /// It is a core module.
    #[error(
        "a core WebAssembly module, not a component: build it for wasm32-wasip2, or wrap it with `wasm-tools component new`"
    )]
    CoreModule,
    /// It is a component that Wasmtime cannot compile.
    #[error("not a valid component: {0}")]
    Invalid(String),
    /// Compiling it could hold the host up.
    #[error(
        "the component has {found} {what}, more than the {limit} that a plugin may have, because compiling it could hold the host up"
    )]
    TooComplex {
        /// Of what.
        what: &'static str,
        /// How much.
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
    /// It does not speak the contract.
    #[error("not a connector: it does not export {expected}; it exports {}", listed(.exports))]
    NotAConnector {
        /// The export that is missing.
        expected: &'static str,
        /// What is there instead.
        exports: Vec<String>,
    },
    /// It speaks another version of the contract.
    #[error(
        "the plugin speaks {found}, this host {supported}: use a plugin or a host of the other's version"
    )]
    ContractVersion {
        /// What the component exports.
        found: String,
        /// What this host speaks.
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
        difference: String,
    },
    /// Its imports do not link, or it needs more instances, tables or memories than one plugin may have.
    #[error("the component cannot be linked: {0}")]
    Link(String),
}

/// Names in one line, however many a component has.
fn listed(names: &[String]) -> String {
    const SHOWN: usize = 12;
    let shown: Vec<&str> = names.iter().take(SHOWN).map(String::as_str).collect();
    match names.len().saturating_sub(SHOWN) {
        _ if names.is_empty() => "nothing".to_owned(),
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
