//! Settings of a host. The defaults are safe: no egress at all, system roots, no private addresses.

use crate::clock::WallClock;
use crate::limits::Limits;
use crate::load::cache::CacheKey;
use crate::residency::Residency;
use crate::tenant::TenantLimits;
pub use auth_connector_egress::ResolveOverride;
use auth_connector_egress::{Dialer, Egress, Network, NetworkError, OwnListeners, Proxy};
use auth_connector_package::TrustedKey;
use bytes::Bytes;
use ipnet::IpNet;
use std::path::PathBuf;
use std::time::Duration;

/// The settings of a [`crate::ConnectorHost`].
///
/// ```
/// use auth_connector_host::{ConnectorHost, HostOptions, Limits};
/// use std::time::Duration;
///
/// let mut options = HostOptions {
///     limits: Limits {
///         call_timeout: Duration::from_secs(5),
///         ..Limits::default()
///     },
///     cache_dir: Some("/var/cache/acme-sms".into()),
///     ..HostOptions::default()
/// };
/// options.egress.allow("https://sms.example.com".parse()?);
/// # options.cache_dir = None;
/// let host = ConnectorHost::new(options)?;
/// # let _ = host;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct HostOptions {
    /// Origins that a plugin may reach unless it is loaded with a list of its own. Empty denies all.
    pub egress: Egress,
    /// Caps on each call and on how many run.
    pub limits: Limits,
    /// Memory that stays allocated between calls.
    pub residency: Residency,
    /// Limits of each tenant whose [`crate::Tenant`] has none of its own. Calls without a tenant have no such limits.
    pub tenant_limits: TenantLimits,
    /// True to trust the authorities that the operating system trusts. Default true.
    pub system_roots: bool,
    /// Further authorities to trust, as PEM text: a private one, or a simulator's.
    pub authorities_pem: Vec<u8>,
    /// The HTTP proxy that requests go through, if they do: see [`crate::network`]. The environment is not read.
    pub proxy: Option<Proxy>,
    /// Addresses to use instead of asking a resolver, whatever network they are in. For tests.
    pub resolve: Vec<ResolveOverride>,
    /// Networks that are not public and may be dialled all the same, for providers inside one.
    pub permitted_networks: Vec<IpNet>,
    /// Listeners of the program itself, which are refused whatever was granted. A program that has some lists them once
    /// they are bound. Default none.
    pub own_listeners: OwnListeners,
    /// The parties that may reuse a connection. Default [`ConnectionSharing::WithinTenant`].
    pub connection_sharing: ConnectionSharing,
    /// The wall clock of plugins.
    pub wall_clock: WallClock,
    /// Directory in which compiled components get a folder of their own. None, the default: each load compiles again.
    pub cache_dir: Option<PathBuf>,
    /// The secret that authenticates them: a file that does not authenticate is not used. None, the default: drawn at the
    /// first start and kept beside that folder, readable by this user alone.
    pub cache_key: Option<CacheKey>,
    /// Cap of the cache, in bytes; beyond it the longest unused code is removed. Default 256 MiB: about 200 of the
    /// reference connector, whose code takes 1.35 MB.
    pub cache_bytes: u64,
    /// True if loading may compile components that the cache lacks. Default true. Compiling cannot be interrupted, and
    /// no limit on a component bounds its time: 12 KB can take half a minute. A host that loads untrusted components sets
    /// this to false. It has a process of its own compile into the same cache under a limit
    /// (`auth-host inspect --load-within`), and loads the result; the rest is refused as
    /// [`crate::LoadError::NotCompiled`].
    pub compile: bool,
    /// The keys whose signatures [`crate::ConnectorHost::load_package`] accepts. Default none.
    pub trusted_keys: Vec<TrustedKey>,
    /// True to load packages without the signature of a trusted key. Default false.
    pub allow_unsigned: bool,
    /// True to count instructions, for [`crate::CallReport::fuel`]. Costs about 5 %. Default false.
    pub count_fuel: bool,
    /// True if a call's span names its tenant. Default false: an identifier may be a person's.
    pub trace_tenants: bool,
    /// Canned response to every request that the policy accepts; nothing is dialled. For tests and measurements: with
    /// it a plugin's *accepted* means nothing. Default none.
    pub canned: Option<CannedAnswer>,
}

/// The parties that may reuse a kept connection, beside the plugin (by the digest of its bytes) that made it for the same origin,
/// authorities and proxy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectionSharing {
    /// The tenant that it was made for, and no other.
    #[default]
    WithinTenant,
    /// Every tenant of the plugin. Many tenants that send rarely then find a kept connection more often.
    ///
    /// The danger: HTTP/1.1 numbers no answers. A server that answers one request twice, or reads a request otherwise
    /// than this host, then crosses tenants: one gets the answer to another's message. The host examines each
    /// connection before it uses it again, and cannot recognise an answer that comes after the next request has left.
    AcrossTenants,
}

/// Response of [`HostOptions::canned`], sent once the whole request was read.
#[derive(Clone, Debug)]
pub struct CannedAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The whole body.
    pub body: Bytes,
    /// How long to wait before the answer, as a network would.
    pub delay: Duration,
}

impl Default for HostOptions {
    fn default() -> Self {
        Self {
            egress: Egress::default(),
            limits: Limits::default(),
            residency: Residency::default(),
            tenant_limits: TenantLimits::default(),
            system_roots: true,
            authorities_pem: Vec::new(),
            proxy: None,
            resolve: Vec::new(),
            permitted_networks: Vec::new(),
            own_listeners: OwnListeners::default(),
            connection_sharing: ConnectionSharing::WithinTenant,
            wall_clock: WallClock::system(),
            cache_dir: None,
            cache_key: None,
            cache_bytes: 256 << 20,
            compile: true,
            trusted_keys: Vec::new(),
            allow_unsigned: false,
            count_fuel: false,
            trace_tenants: false,
            canned: None,
        }
    }
}

impl HostOptions {
    /// The network that these settings describe.
    pub fn network(&self) -> Network {
        Network {
            system_roots: self.system_roots,
            authorities_pem: self.authorities_pem.clone(),
            proxy: self.proxy.clone(),
        }
    }
}

/// Dials as a host with these settings does: for [`crate::Outbound::new`].
impl TryFrom<&HostOptions> for Dialer {
    type Error = NetworkError;

    fn try_from(options: &HostOptions) -> Result<Self, NetworkError> {
        let (overrides, permitted) = (&options.resolve, &options.permitted_networks);
        let own = options.own_listeners.clone();
        Self::new(
            &options.network(),
            overrides.clone(),
            permitted.clone(),
            own,
        )
    }
}
