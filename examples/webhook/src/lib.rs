//! Text messages as signed webhooks.
//!
//! The connector posts each message as JSON to a URL of the config, signed as
//! [Standard Webhooks](https://www.standardwebhooks.com) describes. Behind the URL stands a provider's adapter or a
//! team's own gateway.
//!
//! | module | purpose |
//! |---|---|
//! | [`config`] | the fields that an operator fills in |
//! | [`send`] | one message: the request, and the meaning of the response |
//! | [`sign`] | keys and signatures |
#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

pub mod config;
pub mod send;
pub mod sign;

use connector_kit::Connector;
use connector_kit::config::{Field, Object};
use connector_kit::contract::{Failure, Message, Metadata, Preview, Receipt, SendError};
use connector_kit::http::Client;

use config::Config;

/// The connector.
pub struct Webhook;

impl Connector for Webhook {
    type Config<'c> = Config<'c>;

    const FIELDS: &'static [Field] = &config::FIELDS;
    const METADATA: Metadata = Metadata {
        id: "webhook-sms",
        version: env!("CARGO_PKG_VERSION"),
        names: &[("en", "SMS by webhook"), ("zh-CN", "Webhook 短信")],
        descriptions: &[
            (
                "en",
                "Posts each message to a URL, signed as Standard Webhooks.",
            ),
            (
                "zh-CN",
                "将每条短信以 Standard Webhooks 签名发送到指定 URL。",
            ),
        ],
        attributes: &[],
    };

    fn read_config<'c>(config: &Object<'c, '_>) -> Option<Config<'c>> {
        config::read(config)
    }

    fn preview(_: &Config<'_>, message: &Message) -> Result<Preview, Failure> {
        send::preview(message)
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
connector_kit::export!(Webhook);
