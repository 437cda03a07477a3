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
//! | [`text`] | texts in English and Chinese, invisible characters |
//! | [`time`] | calendar dates |
//! | [`testing`] | a scripted transport for the tests of connectors |
//! | [`bindings`] | the contract and WASI as wit-bindgen writes them, for [`export!`] |
//!
//! # Examples
//!
//! A whole connector, for a provider that takes a number and a text, and one message through it.
//! `docs/writing-a-connector.md` explains it, and `cargo xtask new-connector` writes one like it, in files.
//!
//! ```
//! use connector_kit::config::{Field, Form, Object};
//! use connector_kit::contract::{Failure, FailureKind, Message, Metadata, Preview, Receipt, SendError, Turn};
//! use connector_kit::http::{Client, Request, Url};
//! use connector_kit::phone::PhoneNumber;
//! use connector_kit::redact::Secret;
//! use connector_kit::text::Text;
//! use connector_kit::{Connector, json, redact, template};
//!
//! struct Acme;
//!
//! struct Config<'c> {
//!     url: Url,
//!     token: Secret<'c>,
//! }
//!
//! /// The provider's answer with status 201.
//! #[derive(serde::Deserialize)]
//! struct Sent {
//!     id: String,
//! }
//!
//! impl Connector for Acme {
//!     type Config<'c> = Config<'c>;
//!     const FIELDS: &'static [Field] = &[
//!         Field::new("url", Text::english("URL")).help(Text::english("The address of the API.")).required(),
//!         Field::new("token", Text::new("Token", "令牌")).help(Text::new("From the console.", "见控制台。"))
//!             .required()
//!             .secret(),
//!     ];
//!     const METADATA: Metadata = Metadata {
//!         id: "acme-sms",
//!         version: env!("CARGO_PKG_VERSION"),
//!         names: &[("en", "Acme SMS")],
//!         descriptions: &[("en", "Sends codes through Acme.")],
//!         attributes: &[],
//!     };
//!
//!     fn read_config<'c>(config: &Object<'c, '_>) -> Option<Config<'c>> {
//!         // Both are read before the first `?`, so that both are reported.
//!         let url = config.required_text("url", &Form::URL);
//!         let token = config.required_text("token", &Form::HEADER);
//!         Some(Config { url: url.and_then(Url::parse)?, token: Secret::new(token?) })
//!     }
//!
//!     fn preview(_: &Config<'_>, message: &Message) -> Result<Preview, Failure> {
//!         PhoneNumber::parse(&message.to)?;
//!         let text = template::fill("Your code is {{code}}.", &message.variables)
//!             .map_err(|name| Failure::invalid_message(format!("The message lacks the variable {name}.")))?;
//!         Ok(Preview { route: "sms".into(), template: "text".into(), parameters: vec![text], attributes: vec![] })
//!     }
//!
//!     fn send(config: &Config<'_>, message: &Message, client: &mut Client<'_>) -> Result<Receipt, SendError> {
//!         let preview = Self::preview(config, message).map_err(SendError::NotSent)?;
//!         let body = serde_json::json!({"to": message.to, "text": preview.parameters});
//!         let request = Request::post_json(&config.url, body.to_string().into_bytes())
//!             .with_header("authorization", format!("Bearer {}", config.token.reveal()));
//!         let response = client.send(&request)?;
//!         let failure = |kind, turn, text: &str| Failure::new(kind, turn, text);
//!         match (response.status, json::from_slice::<Sent>(&response.body)) {
//!             // A serial number is never empty; without one nobody can say that the message was taken.
//!             (201, Ok(Sent { id })) if let Some(message_id) = redact::identifier(&id) => {
//!                 Ok(Receipt { message_id, request_id: None, attributes: vec![] })
//!             }
//!             // The provider documents that it does nothing in this case.
//!             (401, _) => Err(SendError::NotSent(failure(
//!                 FailureKind::Authentication,
//!                 Turn::Operator,
//!                 "The provider does not know the token. Correct it.",
//!             ))),
//!             // Everything else proves nothing.
//!             _ => Err(SendError::Unknown(failure(
//!                 FailureKind::Provider,
//!                 Turn::Provider,
//!                 "The provider's answer says neither yes nor no.",
//!             ))),
//!         }
//!     }
//! }
//!
//! #[cfg(target_arch = "wasm32")]
//! connector_kit::export!(Acme);
//!
//! // One message, over a scripted network.
//! use connector_kit::connector::send_message;
//! use connector_kit::http::Response;
//! use connector_kit::testing::Script;
//!
//! let config = r#"{"url": "https://sms.acme.example/v1/messages", "token": "example-token"}"#;
//! let message = Message {
//!     to: "+8613800138000".into(),
//!     usage: "SignIn".into(),
//!     variables: vec![("code".into(), "918273".into())],
//!     ..Message::default()
//! };
//! let mut network = Script::new(|request| {
//!     assert_eq!(request.header("authorization"), Some("Bearer example-token"));
//!     Ok(Response::new(201, r#"{"id": "4711"}"#))
//! });
//! assert_eq!(send_message::<Acme>(config, &message, &mut network).unwrap().message_id, "4711");
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
mod records;
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
