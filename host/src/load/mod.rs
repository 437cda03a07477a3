//! Loading: everything between a file and a component that may be linked.
//!
//! ```text
//! package (signature, manifest, grants) -> source -> precheck -> cache, or the compiler -> world (imports and exports)
//! ```

pub mod authority;
pub mod cache;
mod engine;
pub mod error;
pub mod grants;
pub mod limit;
mod loader;
pub mod manifest;
pub mod package;
mod precheck;
pub mod signature;
pub mod source;
mod text;
pub(crate) mod world;

pub use loader::Description;
pub(crate) use loader::{CacheSettings, Checked, Loader, one_line};
