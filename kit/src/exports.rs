//! The component's exports: each calls the function of [`crate::connector`] with the same name.

use alloc::string::String;
use alloc::vec::Vec;

use crate::bindings::exports::auth::connector::sms;
#[cfg(feature = "operations")]
use crate::bindings::exports::auth::connector::sms_operations;
#[cfg(feature = "receipts")]
use crate::bindings::exports::auth::connector::sms_receipts;
use crate::connector::*;
use crate::contract::*;
use crate::http::WasiTransport;
use crate::text::Language;

impl<C: Connector> sms::Guest for C {
    fn get_metadata() -> sms::Metadata {
        C::METADATA.into()
    }

    fn get_config_guard(locales: Vec<String>) -> ConfigGuard {
        config_guard::<C>(Language::best(&locales))
    }

    fn validate_config(config: String, locales: Vec<String>) -> Vec<Diagnostic> {
        validate_config::<C>(&config, Language::best(&locales))
    }

    fn preview_message(config: String, message: Message) -> Result<Preview, SendError> {
        preview_message::<C>(&config, &message).map_err(SendError::NotSent)
    }

    fn send_message(config: String, message: Message) -> Result<Receipt, SendError> {
        send_message::<C>(&config, &message, &mut WasiTransport::begin())
    }
}

#[cfg(feature = "operations")]
impl<C: Operations> sms_operations::Guest for C {
    fn check_config(
        config: String,
        locales: Vec<String>,
        timeout_ms: Option<u32>,
    ) -> Result<Vec<Check>, Failure> {
        let language = Language::best(&locales);
        check_config::<C>(&config, language, timeout_ms, &mut WasiTransport::begin())
    }

    fn find_deliveries(
        config: String,
        query: DeliveryQuery,
        timeout_ms: Option<u32>,
    ) -> Result<Deliveries, Failure> {
        find_deliveries::<C>(&config, &query, timeout_ms, &mut WasiTransport::begin())
    }
}

#[cfg(feature = "receipts")]
impl<C: Receipts> sms_receipts::Guest for C {
    fn read_callback(
        config: String,
        callback: Callback,
    ) -> Result<CallbackContent, CallbackRefusal> {
        read_callback::<C>(&config, &callback)
    }

    fn report_conversion(
        config: String,
        conversion: Conversion,
        timeout_ms: Option<u32>,
    ) -> Result<(), Failure> {
        let mut transport = WasiTransport::begin();
        report_conversion::<C>(&config, &conversion, timeout_ms, &mut transport)
    }
}
