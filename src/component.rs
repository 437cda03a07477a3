//! The WebAssembly room: the contract's exports over the pure rooms, and nothing that decides anything.

mod bindings;
mod convert;
mod http_error;
mod runtime;
mod transport;

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::language::Language;
use crate::operations::check::check_config;
use crate::operations::deliveries::find_deliveries;
use crate::{connector, guard, metadata};
use bindings::exports::auth::connector::{sms, sms_operations};
use runtime::call;
use transport::WasiHost;

struct Component;

impl sms::Guest for Component {
    fn get_metadata() -> String {
        call(|| metadata::JSON.to_string())
    }

    fn get_config_guard(locales: Vec<String>) -> sms::ConfigGuard {
        call(|| {
            let language = Language::best(&locales);
            sms::ConfigGuard {
                json_schema: guard::json_schema(language),
                form_json: guard::form_json(language),
                secret_pointers: guard::secret_pointers(),
            }
        })
    }

    fn validate_config(config: String, locales: Vec<String>) -> Vec<sms::Diagnostic> {
        call(|| {
            connector::validate_config(&config, Language::best(&locales))
                .into_iter()
                .map(Into::into)
                .collect()
        })
    }

    fn preview_message(
        config: String,
        message: sms::Message,
    ) -> Result<sms::Preview, sms::Failure> {
        call(|| {
            connector::preview_message(&config, &message.into())
                .map(Into::into)
                .map_err(Into::into)
        })
    }

    fn send_message(config: String, message: sms::Message) -> Result<sms::Receipt, sms::SendError> {
        call(|| {
            connector::send_message(&config, &message.into(), &mut WasiHost::new())
                .map(Into::into)
                .map_err(Into::into)
        })
    }
}

impl sms_operations::Guest for Component {
    fn check_config(
        config: String,
        locales: Vec<String>,
        timeout_ms: Option<u32>,
    ) -> Result<Vec<sms_operations::Check>, sms::Failure> {
        call(|| {
            let language = Language::best(&locales);
            let found = check_config(&config, language, timeout_ms, &mut WasiHost::new())?;
            // A loop is smaller than collecting, which drops in place and grows in several ways.
            let mut checks = Vec::with_capacity(found.len());
            for check in found {
                checks.push(check.into());
            }
            Ok(checks)
        })
    }

    fn find_deliveries(
        config: String,
        query: sms_operations::DeliveryQuery,
        timeout_ms: Option<u32>,
    ) -> Result<sms_operations::Deliveries, sms::Failure> {
        call(|| {
            find_deliveries(&config, &query.into(), timeout_ms, &mut WasiHost::new())
                .map(Into::into)
                .map_err(Into::into)
        })
    }
}
