//! Properties that hold for any bytes, as functions that fuzz targets and tests both call.
//!
//! | target | bytes are | property |
//! |---|---|---|
//! | [`config`] | a config | it is read or refused, never half; no value of it shows in a diagnostic or an error; a request made from it is well formed |
//! | [`response`] | `STATUS DATE`, a line break, and the body of a response | accepted only for an answer that an independent reader calls an acceptance, found only what it lists; nothing of the request shows |
//! | [`phone`] | a number as somebody typed it | what is accepted is E.164 and means what was typed |
//! | [`callback`] | the body of a delivery callback | receipts are about messages that it names; no number shows |
#![allow(
    dead_code,
    unused_imports,
    clippy::panic,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a violated property ends the run that found it, and each target calls one of them"
)]

#[path = "properties/callback.rs"]
mod callback;
#[path = "properties/config.rs"]
mod config;
#[path = "properties/phone.rs"]
mod phone;
#[path = "properties/response.rs"]
mod response;

pub use callback::callback;
pub use config::config;
pub use phone::phone;
pub use response::response;

/// Logto's config for both routes.
const CONFIG: &str = r#"{"accessKeyId":"AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE","accessKeySecret":"Gu5t9xGARNpq86cd98joQYCN3EXAMPLE","signName":"Acme","sdkAppId":"1400006666","region":"ap-guangzhou","templates":[{"usageType":"SignIn","templateCode":"1110000"},{"usageType":"Register","templateCode":"1110000"},{"usageType":"ForgotPassword","templateCode":"1110000"},{"usageType":"Generic","templateCode":"1110000"}]}"#;
