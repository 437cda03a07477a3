//! Errors, by the party that caused them.
//!
//! | type | party at fault | when |
//! |---|---|---|
//! | [`BuildError`] | the embedder's settings | making a [`crate::ConnectorHost`] |
//! | [`crate::LoadError`] | the component | before a line of it runs |
//! | [`PolicyFault`] | the operator's rules | before a call gets a place |
//! | [`HostFault`] | the plugin misbehaved, or the host is full | during a call |
//! | [`crate::Failure`] | config, message, provider: in the plugin's words | the plugin answered |
//!
//! [`CallError`] is one of the last three. None of them quotes a config, a
//! message or a header. A [`crate::Failure`] holds text that the plugin wrote.

mod build;
mod call;
mod callback;
mod host_fault;
mod policy_fault;
mod send;

pub use build::BuildError;
pub use call::CallError;
pub use callback::CallbackError;
pub use host_fault::HostFault;
pub use policy_fault::PolicyFault;
pub use send::SendError;
