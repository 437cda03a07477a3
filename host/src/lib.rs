//! Loads, checks, links and runs `auth:connector` components under Wasmtime.
//!
//! A connector is untrusted code that is handed one tenant's secrets for the length of one call. This crate
//! gives it the imports of the contract's world and nothing else, a fresh instance for each call, time, memory
//! and handles in limited amounts, and the network only as far as a list of exact origins reaches.
//!
//! ```no_run
#![doc = include_str!("../examples/embed.rs")]
//! ```
//!
//! The modules, from the outside in; each uses those below it and no other:
//!
//! | module | purpose |
//! |---|---|
//! | [`host`], `builder` | [`ConnectorHost`], which loads plugins |
//! | [`runtime`] | [`Plugin`] and its calls: queue, instance, limits; hot swap by [`LivePlugin`] |
//! | `http` | outbound requests: policy, clients, connection pool |
//! | [`options`] | the settings of a host, with safe defaults |
//! | [`load`] | checks of a component, compilation and its cache |
//! | [`observe`] | traces and metrics, and what is not in them |
//! | `config`, `redact` | a config, and secrets, numbers and codes taken out of answers |
//! | [`error`], [`report`] | faults by whose turn it is; times and requests of a call |
//! | [`limits`], [`residency`], [`clock`], [`tenant`] | limits, memory between calls, wall clock, tenants |
//! | [`contract`], `bindings` | the contract's records, generated from `wit/` where they hold no secret |
//!
//! Three crates below this one are re-exported: [`egress`] decides what may be dialled and dials it,
//! [`auth_connector_package`] reads what is loaded, [`auth_connector_redaction`] cleans what is returned. The crate depends
//! on the contract in `wit/` and on no provider.

mod bindings;
mod builder;
pub mod clock;
mod config;
pub mod contract;
pub mod error;
pub mod host;
mod http;
pub mod limits;
pub mod load;
pub mod observe;
pub mod options;
mod redact;
pub mod report;
pub mod residency;
pub mod runtime;
pub mod tenant;

pub use auth_connector_egress as egress;
pub use auth_connector_egress::{
    Egress, Network, NetworkError, Origin, OriginError, Outbound, OutboundError, OutboundStream,
    OwnListeners, Phrase, Proxy, network, phrase,
};
pub use auth_connector_package::{
    COMPONENT_BYTES, Caps, ConfigOriginError, Decision, Description, Grants, KeyError, KeyId,
    Limit, LoadError, Manifest, ManifestError, ManifestFault, Package, Provenance, Requirements,
    SignatureError, Signer, Source, TrustedKey, authority,
};
pub use builder::HostBuilder;
pub use clock::WallClock;
pub use config::Config;
pub use contract::{
    Acknowledgement, Attributes, CONFIG_BYTES, Callback, CallbackContent, CallbackRefusal,
    CallbackRefusalKind, Check, ConfigGuard, Conversion, Deliveries, Delivery, DeliveryQuery,
    DeliveryReceipt, DeliveryState, Diagnostic, Failure, FailureKind, LocalizedText, Message,
    Metadata, Preview, Receipt, ReceiptState, Severity, Verdict,
};
pub use error::{BuildError, CallError, CallbackError, HostFault, PolicyFault, SendError};
pub use host::ConnectorHost;
pub use limits::Limits;
pub use load::cache::CacheKey;
pub use options::{CannedAnswer, ConnectionSharing, HostOptions};
pub use report::{CacheUse, CallReport, HttpExchange, LoadTimings, NO_TRUSTED_AUTHORITY, Reported};
pub use residency::Residency;
pub use runtime::live::{LivePlugin, Retired, StillBusy};
pub use runtime::plugin::Plugin;
pub use runtime::queue::Occupancy;
pub use tenant::{Rate, Tenant, TenantLimits};
