//! Connections to granted origins, at addresses that may be dialled.
//!
//! Untrusted code names the origin to connect to. Two checks decide, because either alone can be circumvented. An
//! [`Egress`] lists exact [`Origin`]s and is checked before anything is resolved. The addresses that a name resolved to
//! are checked after that ([`address`]), and the address that was checked is the one that is dialled.
//!
//! ```no_run
#![doc = include_str!("../examples/fetch.rs")]
//! ```
//!
//! | module | purpose |
//! |---|---|
//! | [`origin`], [`allow_list`] | scheme, host and port; the list of them |
//! | [`address`] | addresses that may be dialled |
//! | [`own`] | the program's own listeners, which are not dialled |
//! | [`network`], [`resolve_override`] | authorities, proxy, addresses in place of a resolver |
//! | [`dial`] | name, address, TCP, tunnel, TLS, within one deadline |
//! | `resolve`, `tunnel`, `tls` | its steps |
//! | [`transport`] | the connection, whose socket can be examined |
//! | [`outbound`] | connections of a program's own |
//! | [`error`] | errors of settings and of dialling |
//! | [`phrase`] | texts of errors, for other languages |
//!
//! Without the feature `dial`, which is on by default, the crate has origins, their list and phrases alone, for programs
//! that read what a plugin asks for.

#[cfg(feature = "dial")]
pub mod address;
pub mod allow_list;
#[cfg(feature = "dial")]
pub mod dial;
#[cfg(feature = "dial")]
pub mod error;
#[cfg(feature = "dial")]
pub mod network;
pub mod origin;
#[cfg(feature = "dial")]
pub mod outbound;
#[cfg(feature = "dial")]
pub mod own;
pub mod phrase;
#[cfg(feature = "dial")]
mod race;
#[cfg(feature = "dial")]
mod resolve;
#[cfg(feature = "dial")]
pub mod resolve_override;
#[cfg(feature = "dial")]
mod tls;
#[cfg(feature = "dial")]
pub mod transport;
#[cfg(feature = "dial")]
mod tunnel;

pub use allow_list::Egress;
#[cfg(feature = "dial")]
pub use dial::{DialReport, Dialer, Dialled};
#[cfg(feature = "dial")]
pub use error::{DialError, NetworkError};
#[cfg(feature = "dial")]
pub use network::{Network, Proxy};
pub use origin::{Host, Origin, OriginError};
#[cfg(feature = "dial")]
pub use outbound::{Outbound, OutboundError, OutboundStream};
#[cfg(feature = "dial")]
pub use own::OwnListeners;
pub use phrase::{Phrase, foreign};
#[cfg(feature = "dial")]
pub use resolve_override::ResolveOverride;
