//! Packages of `auth:connector` plugins: manifest, signature, and what a plugin asks for beside what it is granted.
//!
//! Nothing here runs a plugin or compiles one. Hosts check a package before they load it; registries, marketplaces and
//! build tools read the same package by the same rules.
//!
//! ```no_run
#![doc = include_str!("../examples/review.rs")]
//! ```
//!
//! | module | purpose |
//! |---|---|
//! | [`package`] | [`Package`]: its files, and the order of their checks |
//! | [`signature`] | minisign's signature over the manifest |
//! | [`manifest`], `text` | the fields of a manifest; the form of its texts |
//! | [`limit`] | limits that a manifest may ask for |
//! | [`grants`] | what is asked for, compared with what an operator grants |
//! | [`description`], [`authority`](mod@authority) | facts read from a component's bytes; its imports in words |
//! | [`source`], [`error`] | reading a file of limited size; reasons to refuse a plugin |

pub mod authority;
pub mod description;
pub mod error;
pub mod grants;
pub mod limit;
pub mod manifest;
pub mod package;
pub mod signature;
pub mod source;
mod text;

pub use auth_connector_egress::{Egress, Origin, OriginError, Phrase};
pub use authority::authority;
pub use description::Description;
pub use error::LoadError;
pub use grants::{Decision, Grants};
pub use limit::{Caps, Limit};
pub use manifest::{
    COMPONENT_BYTES, CONTRACT, ConfigOriginError, Manifest, ManifestError, ManifestFault,
};
pub use package::{Package, Provenance, Requirements};
pub use signature::{KeyError, KeyId, SignatureError, Signer, TrustedKey};
pub use source::Source;
