//! Config reading: a field table, a reader that reports every finding at once, and the guard made from the table.

mod blocks;
mod field;
mod finding;
mod guard;
mod reader;

pub use field::{Field, FieldType, field_at, field_meant};
pub use finding::{
    BLANK, Finding, MISNAMED_KEY, PLACEHOLDER, REPEATED_KEY, REQUIRED, Rule, UNKNOWN_KEY,
};
pub(crate) use guard::ABSENT_TEXT;
pub use guard::{form_json, json_schema, secret_pointers};
pub use reader::{Form, MAX_FINDINGS, Object, Place, Reader, defect};
