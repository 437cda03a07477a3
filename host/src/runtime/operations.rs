//! Calls of `sms-operations`: a check of a config, and look-ups of messages.

use super::plugin::Plugin;
use crate::config::Config;
use crate::contract::{Check, Deliveries, DeliveryQuery, Failure};
use crate::error::{CallError, HostFault};
use crate::report::{CallReport, Reported};

impl Plugin {
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
        let Some(operations) = &self.functions().operations else {
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
        let Some(operations) = &self.functions().operations else {
            return unsupported("find-deliveries");
        };
        let call = self.call(timeout_ms).with_config(config, &query.to, &[]);
        let params = |left_ms| (config.expose(), query, Some(left_ms));
        let settle = |answer, _| flatten(answer);
        call.described()
            .run(&operations.find_deliveries, params, settle)
            .await
    }
}

/// The plugin's failure as the call's.
pub(super) fn flatten<T>(answer: Result<Result<T, Failure>, CallError>) -> Result<T, CallError> {
    answer?.map_err(|failure| CallError::Connector(Box::new(failure)))
}

/// The outcome of a function that the plugin does not export.
pub(super) fn unsupported<T>(function: &'static str) -> Reported<Result<T, CallError>> {
    Reported {
        outcome: Err(HostFault::Unsupported(function).into()),
        report: CallReport::default(),
    }
}
