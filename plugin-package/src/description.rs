//! Description of a component, from its bytes alone.

/// What a component says about itself before any of it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
    /// Its size in bytes.
    pub size: usize,
    /// Its imports, sorted: everything it can ask for.
    pub imports: Vec<String>,
    /// Its exports, sorted.
    pub exports: Vec<String>,
    /// The interface by which it was accepted.
    pub contract: &'static str,
    /// Whether it offers `sms-operations` as well.
    pub has_operations: bool,
    /// Whether it offers `sms-receipts` as well.
    pub has_receipts: bool,
}
