//! Builder of a host.

use crate::clock::WallClock;
use crate::error::BuildError;
use crate::host::ConnectorHost;
use crate::limits::Limits;
use crate::options::{HostOptions, ResolveOverride};
use auth_connector_egress::Origin;
use auth_connector_package::TrustedKey;
use ipnet::IpNet;
use std::path::PathBuf;

/// Makes a [`ConnectorHost`] step by step.
#[derive(Clone, Debug, Default)]
pub struct HostBuilder {
    options: HostOptions,
}

impl HostBuilder {
    /// Grants an origin to plugins.
    ///
    /// # Errors
    ///
    /// When the text is not an origin: see [`Origin::parse`].
    pub fn allow(mut self, origin: &str) -> Result<Self, BuildError> {
        self.options.egress.allow(Origin::parse(origin)?);
        Ok(self)
    }

    /// Trusts a further authority, in PEM.
    #[must_use]
    pub fn trust_pem(mut self, pem: &[u8]) -> Self {
        self.options.authorities_pem.extend_from_slice(pem);
        self.options.authorities_pem.push(b'\n');
        self
    }

    /// Uses an address instead of a resolver: see [`ResolveOverride::parse`].
    ///
    /// # Errors
    ///
    /// [`BuildError::Network`] when it does not have that form.
    pub fn resolve(mut self, text: &str) -> Result<Self, BuildError> {
        self.options.resolve.push(ResolveOverride::parse(text)?);
        Ok(self)
    }

    /// Sets the caps.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.options.limits = limits;
        self
    }

    /// Sets the wall clock of plugins.
    #[must_use]
    pub fn wall_clock(mut self, clock: WallClock) -> Self {
        self.options.wall_clock = clock;
        self
    }

    /// Keeps compiled components in a directory: see [`HostOptions::cache_dir`].
    #[must_use]
    pub fn cache_dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.options.cache_dir = Some(dir.into());
        self
    }

    /// Accepts signatures by this key: see [`ConnectorHost::load_package`].
    #[must_use]
    pub fn trust_key(mut self, key: TrustedKey) -> Self {
        self.options.trusted_keys.push(key);
        self
    }

    /// Permits a network that is not public: see [`HostOptions::permitted_networks`].
    #[must_use]
    pub fn permit_network(mut self, network: IpNet) -> Self {
        self.options.permitted_networks.push(network);
        self
    }

    /// Any other setting.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut HostOptions)) -> Self {
        change(&mut self.options);
        self
    }

    /// The settings as they stand.
    pub fn options(&self) -> &HostOptions {
        &self.options
    }

    /// Sets the sandbox up.
    ///
    /// # Errors
    ///
    /// [`BuildError`] when the settings do not work on this machine.
    pub fn build(self) -> Result<ConnectorHost, BuildError> {
        ConnectorHost::new(self.options)
    }
}

impl ConnectorHost {
    /// A host made step by step.
    pub fn builder() -> HostBuilder {
        HostBuilder::default()
    }
}
