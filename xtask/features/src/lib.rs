//! Empty crate: it exists for its dependencies, see `Cargo.toml`.
