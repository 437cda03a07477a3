//! Loading: the steps from a package to a component that may be linked.
//!
//! ```text
//! package (signature, manifest, grants) -> precheck -> cache, or the compiler -> world (imports and exports)
//! ```
//!
//! The package, up to the component's bytes, is read and checked by the crate [`auth_connector_package`].

pub mod cache;
mod engine;
mod loader;
mod precheck;
mod words;
pub(crate) mod world;

pub(crate) use loader::{CacheSettings, Checked, Loader};
pub(crate) use words::words;
