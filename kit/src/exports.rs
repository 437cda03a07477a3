//! The component's exports: each calls the function of [`crate::connector`] with the same name.

use alloc::string::String;
use alloc::vec::Vec;

use crate::bindings::exports::auth::connector::sms;
use crate::connector::{Connector, config_guard, preview_message, send_message, validate_config};
use crate::contract::{ConfigGuard, Diagnostic, Message, Preview, Receipt, SendError};
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
mod operations {
    use super::{Language, String, Vec, WasiTransport};
    use crate::bindings::exports::auth::connector::sms_operations::Guest;
    use crate::connector::{Operations, check_config, find_deliveries};
    use crate::contract::{Check, Deliveries, DeliveryQuery, Failure};

    impl<C: Operations> Guest for C {
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
}

#[cfg(feature = "receipts")]
mod receipts {
    use super::{String, WasiTransport};
    use crate::bindings::exports::auth::connector::sms_receipts::Guest;
    use crate::connector::{Receipts, read_callback, report_conversion};
    use crate::contract::{Callback, CallbackContent, CallbackRefusal, Conversion, Failure};

    impl<C: Receipts> Guest for C {
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
            report_conversion::<C>(
                &config,
                &conversion,
                timeout_ms,
                &mut WasiTransport::begin(),
            )
        }
    }
}
