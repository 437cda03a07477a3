//! The WebAssembly room: the contract's exports over the pure rooms, and nothing that decides anything.

mod bindings;
mod convert;
mod http_error;
mod runtime;
mod transport;

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::contract::{Failure, FailureKind, Turn};
use crate::language::Language;
use crate::{connector, guard, metadata};
use bindings::exports::auth::connector::{sms, sms_operations};
use transport::WasiHost;

struct Component;

impl sms::Guest for Component {
    fn get_metadata() -> String {
        metadata::JSON.to_string()
    }

    fn get_config_guard(locales: Vec<String>) -> sms::ConfigGuard {
        let language = Language::best(&locales);
        sms::ConfigGuard {
            json_schema: guard::json_schema(language),
            form_json: guard::form_json(language),
            secret_pointers: guard::secret_pointers(),
        }
    }

    fn validate_config(config: String, locales: Vec<String>) -> Vec<sms::Diagnostic> {
        connector::validate_config(&config, Language::best(&locales))
            .into_iter()
            .map(Into::into)
            .collect()
    }

    fn preview_message(
        config: String,
        message: sms::Message,
    ) -> Result<sms::Preview, sms::Failure> {
        connector::preview_message(&config, &message.into())
            .map(Into::into)
            .map_err(Into::into)
    }

    fn send_message(config: String, message: sms::Message) -> Result<sms::Receipt, sms::SendError> {
        connector::send_message(&config, &message.into(), &mut WasiHost::new())
            .map(Into::into)
            .map_err(Into::into)
    }
}

impl sms_operations::Guest for Component {
    fn check_config(
        _: String,
        _: Vec<String>,
        _: Option<u32>,
    ) -> Result<Vec<sms_operations::Check>, sms::Failure> {
        Err(unsupported().into())
    }

    fn find_deliveries(
        _: String,
        _: sms_operations::DeliveryQuery,
        _: Option<u32>,
    ) -> Result<sms_operations::Deliveries, sms::Failure> {
        Err(unsupported().into())
    }
}

fn unsupported() -> Failure {
    Failure::new(
        FailureKind::Unsupported,
        Turn::Caller,
        "This version of the connector does not look things up at the provider.",
    )
}
