//! The config: the fields that an operator fills in.

use connector_kit::config::{Field, FieldType, Form, Object};
use connector_kit::http::Url;
use connector_kit::redact::Secret;
use connector_kit::template;
use connector_kit::text::Text;

/// The address that messages are posted to unless the config has one. Replace it with the provider's.
const ENDPOINT: &str = "https://sms.example.com/v1/messages";

/// The text that is sent unless the config has one.
const TEXT: &str = "Your code is {{code}}.";

/// A config that can send.
pub struct Config<'c> {
    /// The address that messages are posted to.
    pub endpoint: Url,
    /// The key of the provider's API.
    pub api_key: Secret<'c>,
    /// The sender that the recipient sees.
    pub sender: &'c str,
    /// The message's text, with `{{placeholders}}`.
    pub text: &'c str,
}

/// The fields, in the order of the form. A label and a help text in a second language: `Text::new(en, zh)`.
pub const FIELDS: [Field; 4] = [
    Field::new("apiKey", Text::english("API key"))
        .help(Text::english("From the provider's console, API keys."))
        .required()
        .secret()
        .placeholder("<api-key>"),
    Field::new("sender", Text::english("Sender"))
        .help(Text::english(
            "A number or a name that the provider has registered for you.",
        ))
        .required()
        .placeholder("<sender>"),
    Field::new("text", Text::english("Text"))
        .help(Text::english(
            "The text of the message. {{code}} stands for the code.",
        ))
        .form(FieldType::MultilineText)
        .placeholder(TEXT),
    Field::new("endpoint", Text::english("Endpoint")).help(Text::english(
        "For tests: the address that messages are posted to in place of the provider's.",
    )),
];

const API_KEY: Form = Form::english(
    |text| text.bytes().all(|byte| byte.is_ascii_graphic()),
    "a key as the console shows it, without spaces",
);
const SENDER: Form = Form::english(
    |text| text.len() <= 16,
    "a number in E.164 or a name of at most 16 characters",
);
const ANY_TEXT: Form = Form::english(
    |text| template::placeholders(text).any(|name| name == "code"),
    "a text with {{code}} in it",
);

/// Reads the fields, and reports everything that is wrong with them.
pub fn read<'c>(config: &Object<'c, '_>) -> Option<Config<'c>> {
    // All fields are read before the first `?`, so that every finding is reported.
    let api_key = config.required_text("apiKey", &API_KEY);
    let sender = config.required_text("sender", &SENDER);
    let text = config.optional_text("text", &ANY_TEXT);
    let endpoint = config.optional_text("endpoint", &Form::URL);
    Some(Config {
        endpoint: Url::parse(endpoint.unwrap_or(ENDPOINT))?,
        api_key: Secret::new(api_key?),
        sender: sender?,
        text: text.unwrap_or(TEXT),
    })
}
