//! Egress of plugins: the origins that they may reach, and the addresses that those may resolve to.
//!
//! Two checks, because either alone can be circumvented. [`Egress`] compares the request's scheme, host and port with
//! a list of exact [`Origin`]s before anything is resolved. [`address`] checks what the name resolved to, and
//! the address that was checked is the one that is dialled.

pub mod address;

pub use auth_connector_package::egress::Egress;
pub(crate) use auth_connector_package::origin::Host;
pub use auth_connector_package::origin::{Origin, OriginError};
