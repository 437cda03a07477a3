//! Description of a component, from its bytes alone.

/// Facts read from a component's bytes, before any of its code runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
    /// Its size in bytes.
    pub size: usize,
    /// Its imports, sorted: everything it can request.
    pub imports: Vec<String>,
    /// Its exports, sorted.
    pub exports: Vec<String>,
    /// The interface by which it was accepted.
    pub contract: &'static str,
    /// True if it exports `sms-operations` as well.
    pub has_operations: bool,
    /// True if it exports `sms-receipts` as well.
    pub has_receipts: bool,
}
