//! Tencent Cloud SMS as a connector: sends login codes from any auth host.
//!
//! A connector is one type that implements [`Connector`]: fields of a config, a function that reads it, one that
//! previews a message and one that sends it. Everything that is not a provider's comes from [`connector_kit`].
//!
//! To write one for another provider, run `cargo xtask new-connector NAME`, which writes a small one that builds and
//! passes its tests; `docs/writing-a-connector.md` goes through it. This folder is the large example: templates by route
//! and language, look-ups and delivery callbacks. [`connector_kit::Operations`], [`connector_kit::Receipts`] and
//! `SCHEMA_RULES` are optional.
//!
//! | module | purpose |
//! |---|---|
//! | [`metadata`] | id and names: the file that a fork changes |
//! | [`config`] | the fields that an operator fills in, and the findings about them |
//! | [`send`] | one message: its template, the `SendSms` request, the receipt or the error |
//! | [`api`] | requests to the API: headers, signature, response envelope, retry after an expired timestamp |
//! | [`tc3`] | the signature |
//! | [`codes`] | the meaning of each provider code |
//! | [`operations`] | queries: checks of a config, and the deliveries of a message |
//! | [`receipts`] | delivery callbacks and conversion reports |
#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

pub mod api;
pub mod codes;
pub mod config;
pub mod metadata;
pub mod operations;
pub mod receipts;
pub mod send;
pub mod tc3;
#[cfg(test)]
mod tests;

use connector_kit::Connector;
use connector_kit::config::{Field, Object};
use connector_kit::contract::{Failure, Message, Metadata, Preview, Receipt, SendError};
use connector_kit::http::Client;

use config::Config;

/// The connector.
pub struct TencentSms;

impl Connector for TencentSms {
    type Config<'c> = Config<'c>;

    const FIELDS: &'static [Field] = &config::FIELDS;
    const SCHEMA_RULES: &'static str = config::SCHEMA_RULES;
    const METADATA: Metadata = metadata::METADATA;

    fn read_config<'c>(config: &Object<'c, '_>) -> Option<Config<'c>> {
        config::read(config)
    }

    fn preview(config: &Config<'_>, message: &Message) -> Result<Preview, Failure> {
        send::preview(config, message)
    }

    fn send(
        config: &Config<'_>,
        message: &Message,
        client: &mut Client<'_>,
    ) -> Result<Receipt, SendError> {
        send::send(config, message, client)
    }
}

#[cfg(target_arch = "wasm32")]
connector_kit::export!(TencentSms);
