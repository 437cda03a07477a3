//! Load, check, link and run an `auth:connector` component under Wasmtime.
//!
//! A connector is untrusted code that is handed one tenant's secrets for the length of one call. This crate
//! gives it the imports of the contract's world and nothing else, a fresh instance for each call, time, memory
//! and handles in limited amounts, and the network only as far as a list of exact origins reaches.
//!
//! ```no_run
#![doc = include_str!("../examples/embed.rs")]
//! ```
//!
//! The modules, from the outside in:
//!
//! | module | what it does |
//! |---|---|
//! | [`options`], [`limits`], [`clock`] | what an embedder may set, with safe defaults |
//! | [`host`], [`plugin`], `receipts` | [`ConnectorHost`] loads a [`Plugin`]; a plugin answers calls |
//! | [`tenant`], [`live`] | on whose behalf, and replacing a plugin while calls run |
//! | [`package`] | a signed manifest, and what a plugin asks for beside what it is granted |
//! | [`cache`] | compiled code on disk, under a seal |
//! | [`network`] | whom requests trust, through which proxy, on whose connections |
//! | [`contract`] | the contract's records as Rust types |
//! | [`error`], [`policy`], [`report`] | what went wrong, on whose side, and where the time went |
//! | [`seen`] | what traces and metrics there are, and what is not in them |
//! | [`egress`] | which origins, and then which addresses, a plugin may reach |
//! | `bindings` | the types that are generated from `wit/` |
//! | `authority`, `shape` | what a component asks for, and what compiling it would cost |
//! | `engine`, `admission`, `call`, `meter`, `http` | sandbox, whose turn it is, one call, its computing, outbound requests |
//! | `scrub` | secrets, numbers and codes taken out of what plugins say |
//!
//! The crate knows the contract in `wit/` and no provider.

mod admission;
mod authority;
mod bindings;
pub mod cache;
mod call;
pub mod clock;
pub mod contract;
pub mod egress;
mod engine;
pub mod error;
pub mod host;
mod http;
pub mod limits;
pub mod live;
mod meter;
pub mod network;
pub mod options;
pub mod package;
pub mod plugin;
pub mod policy;
mod receipts;
pub mod report;
pub mod residency;
mod scrub;
pub mod seen;
mod shape;
pub mod tenant;

pub use cache::{CacheKey, CacheUse};
pub use clock::WallClock;
pub use contract::{
    Acknowledgement, Attributes, CONFIG_BYTES, Callback, CallbackContent, CallbackRefusal,
    CallbackRefusalKind, Check, Config, ConfigGuard, Conversion, Deliveries, Delivery,
    DeliveryQuery, DeliveryReceipt, DeliveryState, Diagnostic, Failure, FailureKind, LocalizedText,
    Message, Metadata, Preview, Receipt, ReceiptState, Severity, Verdict,
};
pub use egress::{Egress, Origin, OriginError};
pub use error::{
    BuildError, CallError, CallbackError, HostFault, LoadError, PolicyFault, SendError, Side,
};
pub use host::{ConnectorHost, Occupancy, Source};
pub use limits::Limits;
pub use live::{LivePlugin, Retired, StillBusy};
pub use network::{Network, Proxy};
pub use options::{CannedAnswer, ConnectionSharing, HostBuilder, HostOptions};
pub use package::{
    Decision, Grants, KeyId, Limit, Manifest, ManifestError, Package, Provenance, SignatureError,
    Signer, TrustedKey,
};
pub use plugin::{Description, LoadTimings, Plugin};
pub use report::{CallReport, HttpExchange, NO_TRUSTED_AUTHORITY, Reported};
pub use residency::Residency;
pub use tenant::{Rate, Tenant, TenantLimits};
