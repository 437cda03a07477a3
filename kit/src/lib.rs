//! Everything that a connector for auth hosts needs besides its provider.
//!
//! A connector is a WebAssembly component that sends text messages through one provider. It implements
//! [`Connector`]: a table of config fields, a function that reads the config, and a function that sends a message.
//! [`export!`] makes the component's exports of it.
//!
//! | module | purpose |
//! |---|---|
//! | [`connector`] | the traits that a connector implements |
//! | [`contract`] | messages, receipts and failures |
//! | [`config`] | reads configs, reports every finding, makes forms and schemas |
//! | [`http`] | requests under a deadline, with a proof of *not sent* |
//! | [`json`] | JSON within bounds |
//! | [`phone`] | phone numbers in E.164 |
//! | [`template`] | template choice, placeholders |
//! | [`redact`] | secrets, and provider texts without numbers, codes and secrets |
//! | [`text`] | texts in English and Chinese |
//! | [`time`] | calendar dates |
//! | [`testing`] | a scripted transport for the tests of connectors |
//!
//! # Examples
//!
//! A whole connector, for a provider that takes a number and a text:
//!
//! ```
//! use connector_kit::config::{Field, Form, Object, Reader};
//! use connector_kit::contract::{Failure, FailureKind, Message, Metadata, Preview, Receipt, SendError, Turn};
//! use connector_kit::http::{Client, Method, Request};
//! use connector_kit::phone::PhoneNumber;
//! use connector_kit::redact::Secret;
//! use connector_kit::text::Text;
//! use connector_kit::{Connector, template};
//!
//! struct Acme;
//!
//! struct Config<'c> {
//!     token: Secret<'c>,
//! }
//!
//! const TOKEN: Form = Form {
//!     valid: |text| text.bytes().all(|byte| byte.is_ascii_graphic()),
//!     expected: Text::new("a token as the console shows it", "控制台所示的令牌"),
//! };
//!
//! impl Connector for Acme {
//!     type Config<'c> = Config<'c>;
//!     const FIELDS: &'static [Field] = &[Field::new(
//!         "token",
//!         Text::new("Token", "令牌"),
//!         Text::new("From the console.", "见控制台。"),
//!     )
//!     .required()
//!     .secret()
//!     .schema(r#"{"type": "string", "pattern": "\\S"}"#)];
//!     const SCHEMA_RULES: &'static str = r#"{"required": ["token"]}"#;
//!     const METADATA: Metadata = Metadata {
//!         id: "acme-sms",
//!         version: env!("CARGO_PKG_VERSION"),
//!         names: &[("en", "Acme SMS")],
//!         descriptions: &[("en", "Sends codes through Acme.")],
//!         attributes: &[],
//!     };
//!
//!     fn read_config<'c>(reader: &mut Reader, config: &Object<'c, '_>) -> Option<Config<'c>> {
//!         let token = reader.required_text(config.at("token"), config.get("token"), &TOKEN)?;
//!         Some(Config { token: Secret::new(token) })
//!     }
//!
//!     fn preview(_: &Config<'_>, message: &Message) -> Result<Preview, Failure> {
//!         let text = template::fill("Your code is {{code}}.", &message.variables)
//!             .map_err(|name| Failure::invalid_message(format!("The message lacks the variable {name}.")))?;
//!         Ok(Preview { route: "sms".into(), template: "text".into(), parameters: vec![text], attributes: vec![] })
//!     }
//!
//!     fn send(config: &Config<'_>, message: &Message, client: &mut Client<'_>) -> Result<Receipt, SendError> {
//!         let preview = Self::preview(config, message).map_err(SendError::NotSent)?;
//!         let number = PhoneNumber::parse(&message.to)
//!             .map_err(|error| SendError::NotSent(Failure::invalid_message(error.message())))?;
//!         let response = client.send(&Request {
//!             method: Method::Post,
//!             tls: true,
//!             authority: "sms.acme.example".into(),
//!             path: "/v1/messages".into(),
//!             headers: vec![("authorization", format!("Bearer {}", config.token.reveal()).into())],
//!             body: format!(r#"{{"to":"{}","text":"{}"}}"#, number.e164(), preview.parameters[0]).into_bytes(),
//!         })?;
//!         match response.status {
//!             201 => Ok(Receipt { message_id: "1".into(), request_id: None, attributes: vec![] }),
//!             status => Err(SendError::unknown(Failure::new(
//!                 FailureKind::Provider,
//!                 Turn::Provider,
//!                 format!("The provider answered with HTTP status {status}."),
//!             ))),
//!         }
//!     }
//! }
//!
//! #[cfg(target_arch = "wasm32")]
//! connector_kit::export!(Acme);
//! ```
#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

pub mod bindings;
pub mod config;
pub mod connector;
pub mod contract;
mod exports;
pub mod http;
pub mod json;
pub mod phone;
pub mod redact;
#[cfg(target_arch = "wasm32")]
mod runtime;
pub mod template;
pub mod testing;
pub mod text;
pub mod time;

pub use bindings::export;
pub use connector::Connector;
#[cfg(feature = "operations")]
pub use connector::Operations;
#[cfg(feature = "receipts")]
pub use connector::Receipts;
