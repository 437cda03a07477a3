//! Tencent Cloud SMS on loopback, faithfully: signatures, limits, codes and an inbox.
//!
//! For developers without an account, and for every test. It responds as the service does: TC3 signatures are verified,
//! and checks come in the service's order with its codes. Numbers have limits on a clock that a test can set, and
//! accepted messages go to an inbox instead of a phone.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let simulator = tencent_sms_simulator::Simulator::start().await?;
//! println!("point your client at {}", simulator.url());
//! # Ok(())
//! # }
//! ```
//!
//! The checks have numbers, and the first that fails decides the response:
//!
//! | steps | checks | module |
//! |---|---|---|
//! | 0 to 4 | method, size, common parameters | `gateway` |
//! | 5 to 9 | `Authorization`, time, key, token, signature | `gateway::signature` |
//! | 10 to 15 | source, policy, rate, region, shape of the parameters | `gateway`, `parameters` |
//! | 16 | application and sizes | `actions::send_sms::access` |
//! | 17 | template, signature, values, package: the message as a whole | `actions::send_sms::content` |
//! | 18 to 22 | one number: form, destination, opt-out, caps, frequency | `actions::send_sms::recipient` |
//! | 23 | acceptance | `actions::send_sms::accept` |
//!
//! A request passes in one direction: [`server`](crate::Simulator) reads it, `gateway` runs the checks that all of
//! Tencent's APIs share, `actions` decides, `state` stores, `reply` writes, and a fault may alter the response. No code
//! is shared with the connector, so that a mistake cannot confirm itself.

mod action;
mod actions;
mod browser;
mod builder;
mod callback;
mod catalogue;
mod clock;
mod codes;
pub mod console;
mod control;
mod countries;
mod delivery;
mod fault;
#[doc(hidden)]
pub mod fuzzing;
mod gateway;
mod gzip;
mod history;
mod inbox;
mod inferences;
mod journal;
mod magic;
mod mask;
mod parameters;
mod phone;
mod random;
mod rates;
mod records;
mod reply;
mod request;
mod segments;
mod server;
mod service;
mod simulator;
mod spoil;
mod start;
mod state;
mod tc3;
mod tls;

pub use builder::{Builder, DEFAULT_RETENTION, StartError};
pub use catalogue::{
    Account, App, Catalogue, CatalogueError, Credential, Finding, NumberLimits, Signature, Status,
    Template, TemplateKind, TemplateRoute,
};
pub use fault::{Chaos, Fault, Queued};
pub use gateway::signature::Leniency;
pub use inbox::Message;
pub use inferences::all as inferences;
pub use journal::{JournalEntry, RecipientVerdict, SignatureVerdict};
pub use service::Event;
pub use simulator::Simulator;
