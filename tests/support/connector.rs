//! The component in the sandbox.

use super::artifacts::component;
use auth_connector_host::{ConnectorHost, HostBuilder, Plugin};

/// A host as small as a test needs, with the component compiled once for all of them. No egress, no roots.
pub fn host() -> HostBuilder {
    ConnectorHost::builder()
        .cache_dir(concat!(env!("CARGO_TARGET_TMPDIR"), "/compiled"))
        .with(|options| {
            options.limits.concurrent_calls = 4;
            options.system_roots = false;
        })
}

pub fn load(host: HostBuilder) -> Plugin {
    host.build().unwrap().load(component()).unwrap()
}
