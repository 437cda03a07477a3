//! The rooms of the connector that a send spends its instructions in: hashing, reading JSON, putting texts together.
//!
//! They are a package of their own because cargo chooses between speed and size for each package. The component is
//! compiled for size, and these rooms for speed: 3 KB more, and a sixth of a send's fuel less.
#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

pub mod digest;
pub mod json;
pub mod text;
