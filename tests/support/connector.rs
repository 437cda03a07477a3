//! Loads the component in the sandbox.

use super::artifacts::component;
use auth_connector_host::{ConnectorHost, HostBuilder, Plugin};

/// Cache of compiled code, so that a component is compiled once for all tests.
pub const COMPILED: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/compiled");

/// A minimal host for tests. No egress, no roots.
pub fn host() -> HostBuilder {
    ConnectorHost::builder()
        .cache_dir(COMPILED)
        .with(|options| {
            options.limits.concurrent_calls = 4;
            options.system_roots = false;
        })
}

pub fn load(host: HostBuilder) -> Plugin {
    host.build().unwrap().load(component()).unwrap()
}
