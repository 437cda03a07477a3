//! Acme SMS as a connector.
//!
//! | module | purpose |
//! |---|---|
//! | [`config`] | the fields that an operator fills in |
//! | [`send`] | one message: the request, and the meaning of the response |
#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

pub mod config;
pub mod send;
#[cfg(test)]
mod tests;

use connector_kit::Connector;
use connector_kit::config::{Field, Object};
use connector_kit::contract::{Failure, Message, Metadata, Preview, Receipt, SendError};
use connector_kit::http::Client;

use config::Config;

/// The connector.
pub struct AcmeSmsConnector;

impl Connector for AcmeSmsConnector {
    type Config<'c> = Config<'c>;

    const FIELDS: &'static [Field] = &config::FIELDS;
    const METADATA: Metadata = Metadata {
        id: "acme-sms",
        version: env!("CARGO_PKG_VERSION"),
        names: &[("en", "Acme SMS")],
        descriptions: &[("en", "Sends login codes through Acme SMS.")],
        attributes: &[],
    };

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
connector_kit::export!(AcmeSmsConnector);
