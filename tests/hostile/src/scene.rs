//! Orders of an attack, read from the config and the message: its name and its target.

use crate::bindings::exports::auth::connector::sms::Message;
use crate::bindings::wasi::http::types::Scheme;

/// The config and the message of one call.
pub struct Scene<'a> {
    pub attack: &'a str,
    /// A granted origin, such as `http://127.0.0.1:8080`, unless the test names another.
    origin: &'a str,
    /// A further word from the test.
    pub word: &'a str,
    /// The config as it came, secrets included.
    pub config: &'a str,
    pub message: &'a Message,
}

impl<'a> Scene<'a> {
    pub fn read(config: &'a str, message: &'a Message) -> Self {
        Self {
            attack: value(config, "\"attack\":\""),
            origin: value(config, "\"origin\":\""),
            word: value(config, "\"word\":\""),
            config,
            message,
        }
    }

    pub fn authority(&self) -> &'a str {
        self.origin.split_once("://").map_or("", |(_, rest)| rest)
    }

    pub fn scheme(&self) -> Scheme {
        match self.origin.split_once("://") {
            Some(("http", _)) => Scheme::Http,
            Some(("https", _)) => Scheme::Https,
            Some((other, _)) => Scheme::Other(other.into()),
            None => Scheme::Http,
        }
    }
}

/// The text behind a key, as serde_json writes it. No escapes, as no test needs one.
fn value<'a>(config: &'a str, key: &str) -> &'a str {
    let Some((_, rest)) = config.split_once(key) else {
        return "";
    };
    rest.split_once('"').map_or("", |(value, _)| value)
}
