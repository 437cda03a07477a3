//! Sending, and its preview.

use super::call::Call;
use super::plugin::Plugin;
use crate::bindings::sms;
use crate::config::Config;
use crate::contract::{Message, Preview, Receipt};
use crate::error::{CallError, HostFault, SendError};
use crate::report::Reported;

/// The longest message id, in bytes. A shortened one would name another message, or none.
const MESSAGE_ID: usize = 256;

impl Plugin {
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
        let function = &self.functions().preview_message;
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
        let function = &self.functions().send_message;
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
}

/// Returns why a receipt with this message id is not valid.
pub(super) fn broken(message_id: &str) -> Option<&'static str> {
    match message_id.len() {
        0 => Some("it reported a receipt without a message id"),
        1..=MESSAGE_ID => None,
        _ => Some("it reported a receipt with a message id of more than 256 bytes"),
    }
}
