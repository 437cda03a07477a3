//! A request that the gateway let through.

use serde_json::{Map, Value};

use crate::catalogue::{Account, Credential};

/// A request that the gateway lets through.
pub struct Admitted<'c> {
    /// Who asks.
    pub account: &'c Account,
    /// With which key; `None` when a lenient simulator took an unknown one.
    pub credential: Option<&'c Credential>,
    /// With which parameters, of the right names and types.
    pub parameters: Map<String, Value>,
}
