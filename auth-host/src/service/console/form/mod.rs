//! Form of a config, made from a plugin's guard alone: its form items, and its JSON Schema for the inside of lists
//! and objects.
//!
//! | module | purpose |
//! |---|---|
//! | `field` | fields, their widgets, texts cleaned for display |
//! | `items` | the form items of a guard as fields |
//! | `schema` | JSON Schema of a value's inside, as widgets |
//! | `read` | a posted form as a config |
//! | `control` | a config and its findings as controls |

mod control;
mod field;
mod items;
mod read;
mod schema;

pub use control::Shown;
pub use field::{Field, lines, shown};
pub use items::{defaults, fields};
pub use read::{Draft, FORM_ROWS, parse_json, read, rows};

#[cfg(test)]
mod tests;
