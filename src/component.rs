//! The WebAssembly room: the contract's exports over the pure rooms, and nothing that decides anything.
//!
//! An export's core signature is what the canonical ABI makes of its type: a list or a string is an address and a
//! length, an option a tag and its payload, more than sixteen of them are one address, and so is every result here.
//! The linker holds the signatures against `wit/`.
#![allow(
    unsafe_code,
    reason = "exported names, and arguments that come as addresses; what they point to is read in `abi::given`"
)]

mod bindings;
mod outgoing;
mod runtime;
mod transport;

use alloc::boxed::Box;

use crate::abi::{self, List, Outcome, Text, given};
use crate::contract::DeliveryQuery;
use crate::language::Language;
use crate::operations::check::check_config;
use crate::operations::deliveries::find_deliveries;
use crate::{connector, guard, metadata};
use transport::WasiHost;

/// Runs the body of an exported function and leaves its result where the host finds it.
fn call<T>(body: impl FnOnce() -> T) -> &'static T {
    runtime::call(|| Box::leak(Box::new(body())))
}

#[unsafe(export_name = "auth:connector/sms@0.1.0#get-metadata")]
extern "C" fn get_metadata() -> &'static Text {
    call(|| metadata::json().into())
}

#[unsafe(export_name = "auth:connector/sms@0.1.0#get-config-guard")]
unsafe extern "C" fn get_config_guard(
    locales: *const Text,
    count: usize,
) -> &'static abi::ConfigGuard {
    call(|| {
        // SAFETY: the host wrote the arguments as the canonical ABI demands.
        let locales = unsafe { given::texts(List::new(locales, count)) };
        let language = Language::best(&locales);
        abi::ConfigGuard {
            json_schema: guard::json_schema(language).into(),
            form_json: guard::form_json(language).into(),
            secret_pointers: abi::texts(guard::secret_pointers()),
        }
    })
}

#[unsafe(export_name = "auth:connector/sms@0.1.0#validate-config")]
unsafe extern "C" fn validate_config(
    config: *const u8,
    length: usize,
    locales: *const Text,
    count: usize,
) -> &'static List<abi::Diagnostic> {
    call(|| {
        // SAFETY: the host wrote the arguments as the canonical ABI demands.
        let (config, locales) = unsafe {
            (
                given::text(Text::new(config, length)),
                given::texts(List::new(locales, count)),
            )
        };
        let found = connector::validate_config(&config, Language::best(&locales));
        abi::diagnostics(found)
    })
}

#[unsafe(export_name = "auth:connector/sms@0.1.0#preview-message")]
unsafe extern "C" fn preview_message(
    arguments: *const abi::ConfigAndMessage,
) -> &'static Outcome<abi::Preview, abi::Failure> {
    call(|| {
        // SAFETY: the host wrote the arguments as the canonical ABI demands.
        let (config, message) = unsafe { given::config_and_message(arguments) };
        abi::outcome(connector::preview_message(&config, &message), Into::into)
    })
}

#[unsafe(export_name = "auth:connector/sms@0.1.0#send-message")]
unsafe extern "C" fn send_message(
    arguments: *const abi::ConfigAndMessage,
) -> &'static Outcome<abi::Receipt, abi::SendError> {
    call(|| {
        // SAFETY: the host wrote the arguments as the canonical ABI demands.
        let (config, message) = unsafe { given::config_and_message(arguments) };
        abi::sent(connector::send_message(
            &config,
            &message,
            &mut WasiHost::new(),
        ))
    })
}

#[unsafe(export_name = "auth:connector/sms-operations@0.1.0#check-config")]
unsafe extern "C" fn export_check_config(
    config: *const u8,
    length: usize,
    locales: *const Text,
    count: usize,
    has_timeout: u32,
    timeout_ms: u32,
) -> &'static Outcome<List<abi::Check>, abi::Failure> {
    call(|| {
        // SAFETY: the host wrote the arguments as the canonical ABI demands.
        let (config, locales) = unsafe {
            (
                given::text(Text::new(config, length)),
                given::texts(List::new(locales, count)),
            )
        };
        let timeout_ms = given::option(has_timeout, timeout_ms);
        let language = Language::best(&locales);
        let found = check_config(&config, language, timeout_ms, &mut WasiHost::new());
        abi::outcome(found, abi::checks)
    })
}

#[allow(
    clippy::too_many_arguments,
    reason = "thirteen words are what the ABI makes of three arguments"
)]
#[unsafe(export_name = "auth:connector/sms-operations@0.1.0#find-deliveries")]
unsafe extern "C" fn export_find_deliveries(
    config: *const u8,
    config_length: usize,
    to: *const u8,
    to_length: usize,
    max_age_s: u32,
    has_correlation_id: u32,
    correlation_id: *const u8,
    correlation_id_length: usize,
    has_message_id: u32,
    message_id: *const u8,
    message_id_length: usize,
    has_timeout: u32,
    timeout_ms: u32,
) -> &'static Outcome<abi::Deliveries, abi::Failure> {
    call(|| {
        let correlation_id = Text::new(correlation_id, correlation_id_length);
        let message_id = Text::new(message_id, message_id_length);
        // SAFETY: the host wrote the arguments as the canonical ABI demands.
        let (config, query) = unsafe {
            (
                given::text(Text::new(config, config_length)),
                DeliveryQuery {
                    to: given::text(Text::new(to, to_length)),
                    max_age_s,
                    correlation_id: given::option(has_correlation_id, correlation_id)
                        .map(|id| given::text(id)),
                    message_id: given::option(has_message_id, message_id).map(|id| given::text(id)),
                },
            )
        };
        let timeout_ms = given::option(has_timeout, timeout_ms);
        let found = find_deliveries(&config, &query, timeout_ms, &mut WasiHost::new());
        abi::outcome(found, Into::into)
    })
}
