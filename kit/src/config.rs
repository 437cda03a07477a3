//! Config reading: a field table, a reader that reports every finding at once, and the guard made from the table.

mod blocks;
mod field;
mod finding;
mod guard;
mod reader;

pub use field::{Field, FieldType};
pub use finding::{
    BLANK, Finding, MISNAMED_KEY, NOT_A_LIST, PLACEHOLDER, REPEATED_KEY, REQUIRED, Rule,
    UNKNOWN_KEY,
};
pub use guard::secret_pointers;
pub(crate) use guard::{ABSENT_TEXT, form_json, json_schema};
pub use reader::{Form, MAX_FINDINGS, Object, Place, Reader, defect};
