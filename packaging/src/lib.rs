//! Documents of a published connector: what `cargo xtask dist` writes beside the component.
//!
//! | module | document |
//! |---|---|
//! | [`manifest`] | `manifest.json` of a plugin, guides and logo |
//! | [`metadata`] | custom sections in the component: name, licences, source, revision, version |
//! | [`sbom`] | CycloneDX 1.6, of the crates that are linked |
//! | [`artifact`] | the CNCF's OCI artifact for WebAssembly: config blob, manifest, annotations |
//! | [`contract`] | the contract, as a package of WIT in binary form |
//! | [`provenance`] | in-toto statement with SLSA's provenance predicate, version 1 |
//! | [`bundle`] | the statement, signed, as a Sigstore bundle |
//!
//! | module | what the documents are made from |
//! |---|---|
//! | [`interfaces`] | names of what a component imports and exports |
//! | [`linked`] | crates that are linked into a component |
//! | [`project`], [`repository`] | facts of the package; revision and date of the repository |
//! | `command` | output of cargo, git and rustc |
//! | [`json`] | JSON with sorted keys |
//!
//! [`compose`] makes one component of the gateway and a connector.
//!
//! All but provenance and bundle are the same bytes on every machine that builds the same commit: their dates are the commit's,
//! their keys are sorted, and no path is in them.

pub mod artifact;
pub mod bundle;
mod command;
pub mod compose;
pub mod contract;
pub mod interfaces;
pub mod json;
pub mod linked;
pub mod manifest;
pub mod metadata;
pub mod project;
pub mod provenance;
pub mod repository;
pub mod sbom;

/// An error is a message for the terminal.
pub type Result<T = ()> = std::result::Result<T, String>;

/// SHA-256 in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest;
    hex::encode(sha2::Sha256::digest(bytes))
}
