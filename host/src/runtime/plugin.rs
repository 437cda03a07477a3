//! [`Plugin`]: a component that was checked, compiled and linked, ready to be called.
//!
//! Every call gets an instance of its own and leaves nothing behind. Dropping a call's future stops it: see
//! [`Plugin::send_message`]. Sending is in `send`, the interfaces that only some connectors export in `operations` and
//! `receipts`.

use super::call::Call;
use super::lease::Hold;
use super::loaded::Loaded;
use crate::config::Config;
use crate::contract::{Attributes, ConfigGuard, Diagnostic, Metadata, Severity};
use crate::error::{BuildError, CallError, HostFault, PolicyFault};
use crate::http::{Caller, Client, Owner};
use crate::limits::Limits;
use crate::load::world::{Exports, SMS};
use crate::options::ConnectionSharing;
use crate::redact::shorten;
use crate::report::{CallReport, LoadTimings};
use crate::tenant::Tenant;
use auth_connector_egress::{Egress, Network, Origin};
use auth_connector_package::{Decision, Description, Provenance};
use std::sync::Arc;
use std::time::Duration;

/// A loaded connector. Cheap to clone; calls on clones run side by side.
///
/// Calls have no tenant until [`Plugin::for_tenant`] sets one.
#[derive(Clone)]
pub struct Plugin {
    inner: Arc<Loaded>,
    tenant: Option<Tenant>,
    hold: Hold,
    /// The network that it was given.
    network: Arc<Client>,
    /// The party that its requests need connections for.
    caller: Caller,
}

impl Plugin {
    pub(crate) fn new(loaded: Loaded) -> Self {
        let owner = Owner {
            tenant: None,
            plugin: Arc::from(loaded.description.sha256.as_str()),
        };
        Self {
            network: loaded.shared.client.clone(),
            caller: Caller {
                owner: Arc::new(owner),
                is_never_kept: false,
            },
            inner: Arc::new(loaded),
            tenant: None,
            hold: Hold::Own,
        }
    }

    /// The same plugin, called on behalf of a tenant: under that tenant's limits, and in its place in the queue.
    ///
    /// ```no_run
    /// # async fn send(plugin: auth_connector_host::Plugin, config: auth_connector_host::Config) {
    /// # let message = auth_connector_host::Message::to("+8613800138000").usage("SignIn").code("918273");
    /// let outcome = plugin.for_tenant("acme").send_message(&config, &message).await;
    /// # let _ = outcome;
    /// # }
    /// ```
    #[must_use]
    pub fn for_tenant(&self, tenant: impl Into<Tenant>) -> Self {
        self.called(Some(tenant.into()), self.network.clone())
    }

    /// The same plugin with other authorities or another proxy: see [`crate::network`].
    ///
    /// ```no_run
    /// # use auth_connector_host::{ConnectorHost, Proxy};
    /// # fn run(host: ConnectorHost, private_ca: Vec<u8>) -> Result<(), Box<dyn std::error::Error>> {
    /// let plugin = host.load("connector.wasm")?;
    /// let mut network = host.network();
    /// network.authorities_pem = private_ca;
    /// network.proxy = Some(Proxy::parse("http://proxy.corp.example:3128")?);
    /// let acme = plugin.with_network(&network)?.for_tenant("acme");
    /// # let _ = acme;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Connections are kept for the tenant and the plugin that made them, per origin, authorities and proxy;
    /// [`ConnectionSharing`] can widen that. TLS sessions resume among all that agree in origin, authorities and proxy: a
    /// session holds keys and no content.
    ///
    /// # Errors
    ///
    /// [`BuildError::Network`] when its authorities cannot be read.
    pub fn with_network(&self, network: &Network) -> Result<Self, BuildError> {
        let network = self.inner.shared.clients.shared(network)?;
        if self.inner.egress.origins().iter().any(Origin::is_https) {
            network.warm_up();
        }
        Ok(self.called(self.tenant.clone(), network))
    }

    fn called(&self, tenant: Option<Tenant>, network: Arc<Client>) -> Self {
        let sharing = self.inner.shared.options.connection_sharing;
        let own = tenant
            .as_ref()
            .filter(|_| sharing == ConnectionSharing::WithinTenant);
        let owner = Owner {
            tenant: own.map(|tenant| tenant.key().clone()),
            plugin: self.caller.owner.plugin.clone(),
        };
        let is_never_kept = tenant.as_ref().is_some_and(Tenant::is_never_kept);
        Self {
            inner: self.inner.clone(),
            tenant,
            hold: self.hold.clone(),
            network,
            caller: Caller {
                owner: Arc::new(owner),
                is_never_kept,
            },
        }
    }

    /// The same plugin, held so.
    pub(super) fn held(&self, hold: Hold) -> Self {
        Self {
            hold,
            ..self.clone()
        }
    }

    /// Digest, size, imports and exports.
    pub fn description(&self) -> &Description {
        &self.inner.description
    }

    /// Times of its load, and the use of the compile cache.
    pub fn load_timings(&self) -> LoadTimings {
        self.inner.timings
    }

    /// The origins that it may reach.
    pub fn egress(&self) -> &Egress {
        &self.inner.egress
    }

    /// The caps on each of its calls.
    pub fn limits(&self) -> &Limits {
        &self.inner.limits
    }

    /// Manifest, signer and grants of a plugin that was loaded from a package.
    pub fn provenance(&self) -> Option<&Provenance> {
        self.inner.provenance.as_ref()
    }

    /// Comparison of requested and granted permissions, if it was loaded from a package.
    pub fn grants(&self) -> Option<&Decision> {
        self.provenance().map(|provenance| &provenance.decision)
    }

    /// Makes an instance and drops it, without a call: shows before the first send that a plugin starts, and what
    /// starting costs.
    ///
    /// # Errors
    ///
    /// [`CallError::Host`] when it does not start, [`CallError::Policy`] when it was not tried.
    pub async fn start(&self) -> Result<CallReport, CallError> {
        self.call(None).start().await
    }

    /// The connector's identity and its names.
    ///
    /// # Errors
    ///
    /// [`CallError::Host`] when the plugin returned nothing, [`CallError::Policy`] when it was not called.
    pub async fn metadata(&self) -> Result<Metadata, CallError> {
        let function = &self.functions().get_metadata;
        let mut metadata = self
            .call(None)
            .run(function, |_| (), |answer, _| answer)
            .await
            .outcome?;
        shorten(&mut metadata);
        Ok(metadata)
    }

    /// The schema, the form fields and the secret pointers, in the best of `locales`.
    ///
    /// # Errors
    ///
    /// [`CallError::Host`] when the plugin returned nothing, [`CallError::Policy`] when it was not called.
    pub async fn get_config_guard(&self, locales: &[String]) -> Result<ConfigGuard, CallError> {
        let function = &self.functions().get_config_guard;
        self.call(None)
            .run(function, |_| (locales,), |answer, _| answer)
            .await
            .outcome
    }

    /// Checks a config without a network. Sending is possible when no finding is an error.
    ///
    /// ```no_run
    /// # use auth_connector_host::{CallError, Config, Plugin};
    /// # async fn check(plugin: Plugin, config: Config) -> Result<(), CallError> {
    /// for finding in plugin.validate_config(&config, &["en".to_owned()]).await? {
    ///     println!("{} {}: {}", finding.severity.as_str(), finding.pointer, finding.message);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`CallError::Host`] when the plugin returned nothing, [`CallError::Policy`] when it was not called.
    pub async fn validate_config(
        &self,
        config: &Config,
        locales: &[String],
    ) -> Result<Vec<Diagnostic>, CallError> {
        if let Some(fault) = config.too_long() {
            return Ok(vec![too_long(&fault)]);
        }
        let function = &self.functions().validate_config;
        let call = self.call(None).with_config(config, "", &[]);
        let params = |_| (config.expose(), locales);
        call.run(function, params, |answer, _| answer).await.outcome
    }

    /// A call on this plugin, which may take the plugin's own time at most.
    pub(super) fn call(&self, timeout_ms: Option<u32>) -> Call<'_> {
        let cap = self.inner.limits.call_timeout;
        let asked = timeout_ms.map(|ms| Duration::from_millis(ms.into()));
        let is_closed = matches!(self.hold, Hold::Closed);
        Call {
            loaded: &self.inner,
            client: &self.network,
            caller: &self.caller,
            tenant: self.tenant.as_ref(),
            refused: is_closed.then(|| PolicyFault::Closed.into()),
            redaction: None,
            described: false,
            success: "ok",
            timeout: asked.map_or(cap, |asked| asked.min(cap)),
        }
    }

    /// The functions that it exports.
    pub(super) fn functions(&self) -> &Exports {
        &self.inner.functions
    }
}

impl std::fmt::Debug for Plugin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Plugin")
            .field("contract", &SMS)
            .field("sha256", &self.inner.description.sha256)
            .finish_non_exhaustive()
    }
}

/// The finding about a config that no plugin is given.
fn too_long(fault: &HostFault) -> Diagnostic {
    Diagnostic {
        pointer: String::new(),
        code: "too-long".to_owned(),
        severity: Severity::Error,
        message: fault.to_string(),
        attributes: Attributes::new(),
    }
}
