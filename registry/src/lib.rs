//! Plugins in OCI registries: publishes them, and pulls them as checked packages.
//!
//! A published plugin is an artifact in the CNCF's layout for WebAssembly, with four referrers:
//!
//! | document | artifact type | content |
//! |---|---|---|
//! | manifest | [`media::MANIFEST`] | `manifest.json` and its minisign signature |
//! | SBOM | [`media::SBOM`] | CycloneDX |
//! | provenance | [`media::BUNDLE`] | in-toto statement in a Sigstore bundle |
//! | guides | [`media::GUIDES`] | `guides/<language>.md` and `logo.svg`, pinned by the manifest |
//!
//! [`pull`] reads them from a [`Source`], a registry or an OCI layout folder, and gives the package to the same checks
//! as one from a folder: [`auth_connector_package::Package::examine`]. Everything that a registry sends is bounded and checked
//! by digest, and nothing is kept before all checks have passed.
//!
//! HTTP is hyper on connections of [`auth_connector_egress::Outbound`], and not the `oci-client` crate (0.18): that follows
//! redirects by reqwest's rules, dials what a name resolves to, has no bound on a blob and no fallback index.

mod auth;
mod bounds;
pub mod catalogue;
mod changes;
mod client;
pub mod component;
pub mod credentials;
mod digest;
mod document;
mod documents;
pub mod error;
mod exchange;
mod facts;
pub mod guides;
mod index;
mod layout;
pub mod media;
mod part;
pub mod plan;
pub mod provenance;
pub mod publish;
mod pull;
mod redirect;
mod reference;
mod report;
mod save;
mod settled;
mod source;
mod summary;

pub use bounds::Bounds;
pub use changes::{Change, changes, is_older};
pub use client::{Client, Settings};
pub use credentials::{Credentials, NamedBy};
pub use digest::Digest;
pub use error::RegistryError;
pub use facts::{Facts, Import, ProvenanceFacts, SignerFacts};
pub use ipnet::IpNet;
pub use layout::Layout;
pub use provenance::{Claims, ProvenanceKey};
pub use pull::{Attestation, Checks, Pulled, pull};
pub use reference::{Place, Reference};
pub use report::Finding;
pub use source::Source;
pub use summary::SbomSummary;
