//! [`Plugin`]: a component that was checked, compiled and linked, ready to be called.
//!
//! Every call gets an instance of its own and leaves nothing behind. Dropping a call's future stops it: see
//! [`Plugin::send_message`].

use super::call::Call;
use super::lease::Hold;
use super::loaded::Loaded;
use crate::bindings::sms;
use crate::config::Config;
use crate::contract::{
    Attributes, Check, ConfigGuard, Deliveries, DeliveryQuery, Diagnostic, Failure, Message,
    Metadata, Preview, Receipt, Severity,
};
use crate::error::{BuildError, CallError, HostFault, PolicyFault, SendError};
use crate::http::{Caller, Client, Owner};
use crate::limits::Limits;
use crate::load::world::{Receipts, SMS};
use crate::options::ConnectionSharing;
use crate::redact::shorten;
use crate::report::{CallReport, LoadTimings, Reported};
use crate::tenant::Tenant;
use auth_connector_egress::Network;
use auth_connector_egress::{Egress, Origin};
use auth_connector_package::Provenance;
use auth_connector_package::{Decision, Description};
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
        let function = &self.inner.functions.get_metadata;
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
        let function = &self.inner.functions.get_config_guard;
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
        let function = &self.inner.functions.validate_config;
        let call = self.call(None).with_config(config, "", &[]);
        let params = |_| (config.expose(), locales);
        call.run(function, params, |answer, _| answer).await.outcome
    }

    /// Previews the message that [`Plugin::send_message`] would send.
    ///
    /// # Errors
    ///
    /// The errors of sending before it uses the network; [`CallError::Host`], [`CallError::Policy`].
    pub async fn preview_message(
        &self,
        config: &Config,
        message: &Message,
    ) -> Result<Preview, CallError> {
        let function = &self.inner.functions.preview_message;
        let call =
            self.call(message.timeout_ms)
                .with_config(config, &message.to, &message.variables);
        let params = |left_ms| (config.expose(), message.within(left_ms));
        let settle = |answer: Result<Result<Preview, sms::SendError>, CallError>, _| {
            answer?.map_err(|error| match error {
                sms::SendError::NotSent(failure) => CallError::Connector(Box::new(failure)),
                sms::SendError::Unknown(_) => {
                    HostFault::Contract("it reported a preview, which sends nothing, as unknown")
                        .into()
                }
            })
        };
        call.run(function, params, settle).await.outcome
    }

    /// Sends one message: accepted, certainly not sent, or unknown.
    ///
    /// Keep the [`Config`] between sends: its secrets are found once for each value.
    ///
    /// # Cancel safety
    ///
    /// It is not cancel safe. Dropping the future stops the plugin, and once a request has left the result of the send
    /// is lost. Web frameworks drop a handler's future when its client disconnects. A call that computes for more than
    /// 10 ms continues in turns with its tenant's other calls, and a future that is not polled keeps its turn. For both
    /// reasons run each send on a task of its own:
    ///
    /// ```no_run
    /// # use auth_connector_host::{Config, Message, Plugin, Receipt, SendError};
    /// # use std::sync::Arc;
    /// # async fn handle(plugin: Plugin, config: Arc<Config>) -> Result<(), Box<dyn std::error::Error>> {
    /// let message = Message::to("+8613800138000")
    ///     .usage("SignIn")
    ///     .code("918273")
    ///     .correlation_id("sign-in-4711");
    /// let sending = tokio::spawn(async move { plugin.send_message(&config, &message).await });
    /// let outcome: Result<Receipt, SendError> = sending.await?;
    /// # let _ = outcome;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`SendError`] is one of the last two, with the reason. A crash, a kill or a timeout of the plugin is *unknown*,
    /// unless no request had left by then. A receipt without a request is *not sent*.
    pub async fn send_message(
        &self,
        config: &Config,
        message: &Message,
    ) -> Result<Receipt, SendError> {
        self.send(config, message, false).await.outcome
    }

    /// As [`Plugin::send_message`], with the call's times and requests.
    ///
    /// ```no_run
    /// # use auth_connector_host::{Config, Message, Plugin};
    /// # async fn send(plugin: Plugin, config: Config, message: Message) {
    /// let sent = plugin.send_message_reported(&config, &message).await;
    /// for request in &sent.report.http {
    ///     println!("{}{} in {:?}", request.origin, request.path, request.total);
    /// }
    /// # }
    /// ```
    pub async fn send_message_reported(
        &self,
        config: &Config,
        message: &Message,
    ) -> Reported<Result<Receipt, SendError>> {
        self.send(config, message, true).await
    }

    async fn send(
        &self,
        config: &Config,
        message: &Message,
        described: bool,
    ) -> Reported<Result<Receipt, SendError>> {
        let function = &self.inner.functions.send_message;
        let call =
            self.call(message.timeout_ms)
                .with_config(config, &message.to, &message.variables);
        let call = Call {
            success: "accepted",
            described,
            ..call
        };
        let params = |left_ms| (config.expose(), message.within(left_ms));
        let settle = |answer: Result<Result<Receipt, sms::SendError>, CallError>, may_have_left| {
            let receipt = match answer {
                Ok(answer) => answer?,
                Err(cause) => return Err(SendError::from_cause(cause, may_have_left)),
            };
            // A serial number is what makes an acceptance one, and a request is what a provider accepts.
            let broken = broken(&receipt.message_id);
            let claimed = (!may_have_left).then_some("it reported a receipt and made no request");
            match broken.or(claimed) {
                Some(broken) => {
                    let fault = HostFault::Contract(broken);
                    Err(SendError::from_cause(fault.into(), may_have_left))
                }
                None => Ok(receipt),
            }
        };
        call.run(function, params, settle).await
    }

    /// Asks the provider, without sending, whether a config would work.
    ///
    /// # Errors
    ///
    /// [`HostFault::Unsupported`] when the plugin has no `sms-operations`; the plugin's own failure when
    /// nothing could be asked.
    pub async fn check_config(
        &self,
        config: &Config,
        locales: &[String],
        timeout_ms: Option<u32>,
    ) -> Result<Vec<Check>, CallError> {
        let checked = self.check_config_reported(config, locales, timeout_ms);
        checked.await.outcome
    }

    /// As [`Plugin::check_config`], with the call's times and requests.
    pub async fn check_config_reported(
        &self,
        config: &Config,
        locales: &[String],
        timeout_ms: Option<u32>,
    ) -> Reported<Result<Vec<Check>, CallError>> {
        let Some(operations) = &self.inner.functions.operations else {
            return unsupported("check-config");
        };
        let call = self.call(timeout_ms).with_config(config, "", &[]);
        let params = |left_ms| (config.expose(), locales, Some(left_ms));
        let settle = |answer, _| flatten(answer);
        call.described()
            .run(&operations.check_config, params, settle)
            .await
    }

    /// Looks up what became of a message, above all after [`SendError::Unknown`].
    ///
    /// ```no_run
    /// # use auth_connector_host::{CallError, Config, DeliveryQuery, Plugin};
    /// # async fn look_up(plugin: Plugin, config: Config) -> Result<(), CallError> {
    /// let query = DeliveryQuery {
    ///     to: "+8613800138000".to_owned(),
    ///     max_age_s: 3_600,
    ///     correlation_id: Some("sign-in-4711".to_owned()),
    ///     message_id: None,
    /// };
    /// for delivery in plugin.find_deliveries(&config, &query, None).await?.found {
    ///     println!("{}", delivery.state.as_str());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Plugin::check_config`].
    pub async fn find_deliveries(
        &self,
        config: &Config,
        query: &DeliveryQuery,
        timeout_ms: Option<u32>,
    ) -> Result<Deliveries, CallError> {
        let found = self.find_deliveries_reported(config, query, timeout_ms);
        found.await.outcome
    }

    /// As [`Plugin::find_deliveries`], with the call's times and requests.
    pub async fn find_deliveries_reported(
        &self,
        config: &Config,
        query: &DeliveryQuery,
        timeout_ms: Option<u32>,
    ) -> Reported<Result<Deliveries, CallError>> {
        let Some(operations) = &self.inner.functions.operations else {
            return unsupported("find-deliveries");
        };
        let call = self.call(timeout_ms).with_config(config, &query.to, &[]);
        let params = |left_ms| (config.expose(), query, Some(left_ms));
        let settle = |answer, _| flatten(answer);
        call.described()
            .run(&operations.find_deliveries, params, settle)
            .await
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

    pub(crate) fn receipts(&self) -> Option<&Receipts> {
        self.inner.functions.receipts.as_ref()
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

/// The plugin's failure as the call's.
pub(crate) fn flatten<T>(answer: Result<Result<T, Failure>, CallError>) -> Result<T, CallError> {
    answer?.map_err(|failure| CallError::Connector(Box::new(failure)))
}

/// The outcome of a function that the plugin does not export.
pub(super) fn unsupported<T>(function: &'static str) -> Reported<Result<T, CallError>> {
    Reported {
        outcome: Err(HostFault::Unsupported(function).into()),
        report: CallReport::default(),
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

/// The longest message id, in bytes. A shortened one would name another message, or none.
const MESSAGE_ID: usize = 256;

/// Returns why a receipt with this message id is not valid.
pub(crate) fn broken(message_id: &str) -> Option<&'static str> {
    match message_id.len() {
        0 => Some("it reported a receipt without a message id"),
        1..=MESSAGE_ID => None,
        _ => Some("it reported a receipt with a message id of more than 256 bytes"),
    }
}
