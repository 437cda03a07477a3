//! The config: the fields that an operator fills in.

use alloc::vec::Vec;

use connector_kit::config::{Field, Form, Object, Rule};
use connector_kit::http::Url;
use connector_kit::redact::Secret;
use connector_kit::text::Text;

use crate::sign::{Keys, PREFIX};

/// A config that can send.
pub struct Config<'c> {
    /// The address that messages are posted to.
    pub url: Url,
    /// The keys that sign them.
    pub keys: Keys,
    /// The keys as the config has them.
    pub secret: Secret<'c>,
    /// The value of the `Authorization` header, if the receiver requires one.
    pub authorization: Option<Secret<'c>>,
}

impl<'c> Config<'c> {
    /// The texts that must not come back in the receiver's words: keys and the token of `Authorization`.
    pub fn secrets(&self) -> Vec<&'c str> {
        let authorization = self.authorization.map_or("", Secret::reveal);
        let keys = self.secret.reveal().split_ascii_whitespace();
        keys.map(|key| key.trim_start_matches(PREFIX))
            .chain(authorization.split(' '))
            .collect()
    }
}

/// The fields.
pub const FIELDS: [Field; 4] = [
    Field::new("url", Text::new("URL", "URL"))
        .help(Text::new(
            "The address that messages are posted to: https, or http on this machine.",
            "短信发送到的地址:须为 https,本机可用 http。",
        ))
        .required()
        .placeholder("https://sms.example.com/hooks/messages"),
    Field::new("secret", Text::new("Signing secret", "签名密钥"))
        .help(Text::new(
            "From the receiver: base64, with or without whsec_. \
             While it changes, the new and the old one with a space between them.",
            "由接收方提供:base64,可带 whsec_ 前缀;更换期间可填新旧两个,以空格分隔。",
        ))
        .required()
        .secret()
        .placeholder("<whsec_…>"),
    Field::new(
        "authorization",
        Text::new("Authorization header", "Authorization 请求头"),
    )
    .help(Text::new(
        "Its whole value, such as Bearer and a token, \
         where the receiver wants one besides the signature.",
        "完整的值,例如 Bearer 加令牌;仅在接收方除签名外还要求时填写。",
    ))
    .secret(),
    Field::TIMEOUT_MS,
];

const SECRET: Form = Form::new(
    |text| Keys::parse(text).is_some(),
    "one or two secrets in base64, each with or without whsec_",
    "一个或两个 base64 密钥,可带 whsec_ 前缀",
);
const SHORT_SECRET: Rule = Rule::new(
    "short-secret",
    "A secret has fewer than the 24 bytes that Standard Webhooks asks for. Make a longer one.",
    "密钥少于 Standard Webhooks 要求的 24 字节,请换用更长的密钥。",
);

/// Reads the fields, and reports everything that is wrong with them.
pub fn read<'c>(config: &Object<'c, '_>) -> Option<Config<'c>> {
    // All fields are read before the first `?`, so that every finding is reported.
    let url = config.required_text("url", &Form::URL);
    let secret = config.required_text("secret", &SECRET);
    let keys = secret.and_then(Keys::parse);
    if keys.as_ref().is_some_and(Keys::has_short) {
        config.warning("secret", SHORT_SECRET);
    }
    let authorization = config.optional_text("authorization", &Form::HEADER);
    Some(Config {
        url: url.and_then(Url::parse)?,
        keys: keys?,
        secret: Secret::new(secret?),
        authorization: authorization.map(Secret::new),
    })
}
