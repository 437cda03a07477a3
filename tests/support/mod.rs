//! Shared parts of the tests: the component in a sandbox, configs, and scripted servers.

#[cfg(target_os = "linux")]
mod alone;
mod artifacts;
mod config;
mod connector;
mod proxy;
mod rig;
mod server;
mod tls;
pub mod trial;
mod verdict;
mod wire;

#[cfg(target_os = "linux")]
pub use alone::alone;
pub use artifacts::{
    auth_host, bench, component, hostile, hostile_with_std, simulator, webhook, xtask,
};
pub use config::{
    CODE, INTERNATIONAL, MAINLAND, SECRET_ID, SECRET_KEY, assert_is_sentence, code_to, config,
    discreet, to_config,
};
pub use connector::{COMPILED, host, load};
pub use proxy::Proxy;
pub use rig::Rig;
pub use server::{Peer, Server};
pub use tls::front;
pub use verdict::{State, accepted, attribute, not_sent, state, unknown};
