//! Calls of `sms-receipts`: a provider's callbacks, and reports of codes that were used.

use super::operations::{flatten, unsupported};
use super::plugin::Plugin;
use super::send::broken;
use crate::config::Config;
use crate::contract::{
    Acknowledgement, Attributes, Callback, CallbackContent, CallbackRefusal, CallbackRefusalKind,
    Conversion,
};
use crate::error::{CallError, CallbackError, HostFault};
use crate::redact::{Answer, Texts};
use crate::report::Reported;

/// The longest body of a callback, and the most bytes of its address and headers together.
const BODY_BYTES: usize = 65_536;
const HEAD_BYTES: usize = 65_536;
/// The most receipts of one callback.
const RECEIPTS: usize = 1_000;
/// The longest acknowledgement, in bytes: of the body, and of the content type.
const ACKNOWLEDGEMENT_BYTES: usize = 2_048;
const CONTENT_TYPE_BYTES: usize = 128;
/// The longest correlation id that a message can be sent with, in bytes.
const CORRELATION_ID: usize = 128;

impl Plugin {
    /// Reads a provider's delivery callback. Makes no request.
    ///
    /// Anybody can post to the address that takes callbacks. Store the receipts, then respond with the
    /// [`Acknowledgement`]. A receipt repeats the provider's report, and never proves that a message was not sent.
    ///
    /// ```no_run
    /// # use auth_connector_host::{Callback, CallbackError, Config, Plugin};
    /// # async fn read(plugin: Plugin, config: Config, callback: Callback) -> Result<u16, CallbackError> {
    /// let content = plugin.read_callback(&config, &callback).await?;
    /// for receipt in &content.receipts {
    ///     println!("{}: {}", receipt.message_id, receipt.state.as_str());
    /// }
    /// let status = content.acknowledgement.status;
    /// # Ok(status)
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`CallbackError::Refused`] when it is not a valid callback, or is too large;
    /// [`HostFault::Unsupported`] when the plugin has no `sms-receipts`; [`HostFault::Contract`] when its answer cannot
    /// be trusted: more than 1,000 receipts, one without a message id, more than can be searched for secrets, or an
    /// acknowledgement that is not an HTTP response.
    pub async fn read_callback(
        &self,
        config: &Config,
        callback: &Callback,
    ) -> Result<CallbackContent, CallbackError> {
        let receipts = &self.functions().receipts;
        let function = &receipts
            .as_ref()
            .ok_or(HostFault::Unsupported("read-callback"))?
            .read_callback;
        if let Some(refusal) = too_large(callback) {
            return Err(CallbackError::Refused(refusal));
        }
        let call = self.call(None).with_callback(config, callback);
        let params = |_| (config.expose(), callback);
        let settle = |answer: Result<Result<CallbackContent, CallbackRefusal>, CallError>, _| {
            let mut content = answer?.map_err(CallbackError::Refused)?;
            if let Some(broken) = broken_content(&content) {
                return Err(HostFault::Contract(broken).into());
            }
            for receipt in &mut content.receipts {
                receipt.correlation_id.take_if(|id| !is_correlation_id(id));
            }
            Ok(Read {
                content,
                is_whole: true,
            })
        };
        let read = call.run(function, params, settle).await;
        read.outcome.and_then(Read::whole)
    }

    /// Reports to the provider that a code was used. Reporting the same one twice is harmless.
    ///
    /// # Errors
    ///
    /// [`HostFault::Unsupported`] when the plugin has no `sms-receipts`; the plugin's own failure, of kind
    /// `unsupported` where the provider or the account has no such report.
    pub async fn report_conversion(
        &self,
        config: &Config,
        conversion: &Conversion,
        timeout_ms: Option<u32>,
    ) -> Result<(), CallError> {
        let reported = self.report_conversion_reported(config, conversion, timeout_ms);
        reported.await.outcome
    }

    /// As [`Plugin::report_conversion`], with the call's times and requests.
    pub async fn report_conversion_reported(
        &self,
        config: &Config,
        conversion: &Conversion,
        timeout_ms: Option<u32>,
    ) -> Reported<Result<(), CallError>> {
        let Some(receipts) = &self.functions().receipts else {
            return unsupported("report-conversion");
        };
        let to = conversion.to.as_deref().unwrap_or_default();
        let call = self.call(timeout_ms).with_config(config, to, &[]);
        let params = |left_ms| (config.expose(), conversion, Some(left_ms));
        let settle = |answer, _| flatten(answer);
        call.described()
            .run(&receipts.report_conversion, params, settle)
            .await
    }
}

/// Content of a callback; `is_whole` is true if all of it was searched for secrets. If not, a receipt's id may be
/// masked and the receipt lost, so the callback fails as a whole, and the provider calls again.
struct Read {
    content: CallbackContent,
    is_whole: bool,
}

impl Read {
    fn whole(self) -> Result<CallbackContent, CallbackError> {
        let why = "what it read of a callback cannot be searched for secrets: it has more than 128 KiB of texts, the config \
            or the callback's headers have more than 8 KiB of secrets, or the call's time is over";
        match self.is_whole {
            true => Ok(self.content),
            false => Err(HostFault::Contract(why).into()),
        }
    }
}

impl Answer for Read {
    fn list<'t>(&'t mut self, texts: &mut Texts<'t>) {
        self.content.list(texts);
    }

    fn note_left_out(&mut self) {
        self.is_whole = false;
    }
}

/// The refusal of a callback that is larger than a plugin has to take.
fn too_large(callback: &Callback) -> Option<CallbackRefusal> {
    let headers = callback.headers.iter();
    let head = headers
        .map(|(name, value)| name.len() + value.len())
        .chain(callback.url.as_ref().map(String::len))
        .fold(0_usize, usize::saturating_add);
    let message = if callback.body.len() > BODY_BYTES {
        "The callback's body has more than 65,536 bytes, which no provider's callback has. It was not read."
    } else if head > HEAD_BYTES {
        "The callback's address and headers have more than 65,536 bytes, which no provider's callback has. It was not \
         read."
    } else {
        return None;
    };
    Some(CallbackRefusal {
        kind: CallbackRefusalKind::TooLarge,
        message: message.to_owned(),
        attributes: Attributes::new(),
    })
}

/// Returns why the content of a callback cannot be used. No part of it is cut: a receipt that is dropped while the
/// callback is acknowledged is lost.
fn broken_content(content: &CallbackContent) -> Option<&'static str> {
    if content.receipts.len() > RECEIPTS {
        return Some("it read more than 1,000 receipts from one callback");
    }
    let ids = content.receipts.iter();
    ids.map(|receipt| broken(&receipt.message_id))
        .find(Option::is_some)
        .flatten()
        .or_else(|| broken_acknowledgement(&content.acknowledgement))
}

fn broken_acknowledgement(acknowledgement: &Acknowledgement) -> Option<&'static str> {
    let content_type = acknowledgement.content_type.as_bytes();
    // A line break would be a header of the plugin's own in the host's answer.
    let is_value = |byte: &u8| (b' '..=b'~').contains(byte);
    if !(200..600).contains(&acknowledgement.status) {
        Some("it acknowledged a callback with a status that is not from 200 to 599")
    } else if content_type.len() > CONTENT_TYPE_BYTES || !content_type.iter().all(is_value) {
        Some(
            "it acknowledged a callback with a content type that is no header's value of at most 128 bytes",
        )
    } else if acknowledgement.body.len() > ACKNOWLEDGEMENT_BYTES {
        Some("it acknowledged a callback with more than 2,048 bytes")
    } else {
        None
    }
}

/// Returns true if a message can have been sent with this identifier. A forged callback can contain any other text.
fn is_correlation_id(id: &str) -> bool {
    let printable = |byte: u8| (b' '..=b'~').contains(&byte);
    !id.is_empty() && id.len() <= CORRELATION_ID && id.bytes().all(printable)
}
