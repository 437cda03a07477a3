//! Request that passed the gateway.

use serde_json::{Map, Value};

use crate::catalogue::{Account, Credential};

/// A request that passed the gateway.
pub struct Admitted<'c> {
    /// The caller's account.
    pub account: &'c Account,
    /// The caller's key; `None` if a lenient simulator accepted an unknown one.
    pub credential: Option<&'c Credential>,
    /// The parameters, of the right names and types.
    pub parameters: Map<String, Value>,
}
