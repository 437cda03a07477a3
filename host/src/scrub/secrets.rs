//! Which strings of a config are secret. The plugin knows, and is the one that is not trusted.

use super::forms::{self, Form};
use serde_json::Value;
use std::sync::Arc;

/// The shortest string that is taken for a token wherever it stands. The shortest keys of providers have 16
/// characters; numbers of templates and applications, regions and usages have fewer.
const TOKEN: usize = 16;

/// The shortest string under a telling key.
const NAMED: usize = 4;

/// The most secrets of one config. Every one is looked for in every text.
const SECRETS: usize = 64;

/// What keys of secrets contain, in lower case and without separators.
const TELLING: &[&str] = &[
    "secret",
    "token",
    "passw",
    "pwd",
    "credential",
    "private",
    "apikey",
    "accesskey",
    "authorization",
];

/// Every form in which a secret of this config may be written.
pub(crate) fn of_config(config: &str) -> Arc<[Form]> {
    let mut secrets = Vec::new();
    match serde_json::from_str::<Value>(config) {
        Ok(value) => collect(&value, false, &mut secrets),
        // Not JSON, so its words are all that can be told apart.
        Err(_) => {
            let words = config.split(|c: char| c == '=' || !is_of_token(c));
            secrets.extend(words.filter(|word| is_token(word)).map(str::to_owned));
        }
    }
    let mut all = Vec::new();
    for secret in secrets.iter().take(SECRETS) {
        forms::all(secret, &mut all);
    }
    all.into()
}

fn collect(value: &Value, telling: bool, secrets: &mut Vec<String>) {
    match value {
        Value::String(text) => {
            let text = text.trim();
            if is_token(text) || (telling && text.len() >= NAMED) {
                // Those under a telling key go first, should there be too many.
                let at = if telling { 0 } else { secrets.len() };
                secrets.insert(at, text.to_owned());
            }
        }
        Value::Array(items) => items
            .iter()
            .for_each(|item| collect(item, telling, secrets)),
        Value::Object(fields) => fields
            .iter()
            .for_each(|(key, field)| collect(field, is_telling(key), secrets)),
        Value::Number(number) if telling => {
            collect(&Value::from(number.to_string()), true, secrets)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn is_telling(key: &str) -> bool {
    let key: String = key
        .chars()
        .filter(|c| c.is_ascii_alphanumeric())
        .map(|c| c.to_ascii_lowercase())
        .collect();
    key.ends_with("key") || TELLING.iter().any(|word| key.contains(word))
}

/// Long, without spaces, with a digit, and not a host name, which errors have to name.
fn is_token(text: &str) -> bool {
    text.len() >= TOKEN
        && text.chars().all(is_of_token)
        && text.bytes().any(|byte| byte.is_ascii_digit())
        && !is_host_name(text)
}

fn is_of_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || "+/=_-.~".contains(c)
}

fn is_host_name(text: &str) -> bool {
    let Some((labels, top)) = text.rsplit_once('.') else {
        return false;
    };
    let is_label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    (2..=24).contains(&top.len())
        && top.bytes().all(|byte| byte.is_ascii_lowercase())
        && labels.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_sounds_secret_or_looks_like_a_token_is_one_and_what_errors_name_is_not() {
        let config = r#"{
            "accessKeySecret": "s3cr", "pin": {"password": [12345]}, "note": "AKIDz8krbsJ5yKBZ",
            "sessionToken": "xyz", "endpoint": "sms.ap-guangzhou2.example.com", "url": "https://127.0.0.1:38273",
            "usage": "ForgotPassword", "sdkAppId": "1400006666", "templateCode": "1110000", "params": ["{{code}}"],
            "placeholder": "VERIFICATION_CODE_TEMPLATE"
        }"#;
        let forms = of_config(config);
        for secret in ["s3cr", "12345", "AKIDz8krbsJ5yKBZ"] {
            assert!(forms.iter().any(|form| *form.text == *secret), "{secret}");
        }
        for open in [
            "xyz",
            "sms.ap",
            "127.0",
            "Forgot",
            "1400006666",
            "1110000",
            "{{code}}",
            "VERIFICATION",
        ] {
            assert!(
                !forms.iter().any(|form| form.text.starts_with(open)),
                "{open}"
            );
        }
    }

    #[test]
    fn a_config_that_is_not_json_is_searched_for_tokens() {
        let forms = of_config("secret=Gu5t9xGARNpq86cd98joQYCN3EXAMPLE; region");
        assert!(
            forms.iter().any(|form| form.text.ends_with("3EXAMPLE")),
            "{} forms",
            forms.len()
        );
    }

    #[test]
    fn a_config_of_ten_thousand_tokens_costs_no_more_than_one_of_sixty_four() {
        let tokens: Vec<String> = (0..10_000)
            .map(|n| format!("0123456789abcdef{n}"))
            .collect();
        let forms = of_config(&serde_json::json!({"a": tokens, "password": "kept"}).to_string());
        assert!(forms.len() <= SECRETS * 12, "{}", forms.len());
        assert!(forms.iter().any(|form| *form.text == *"kept"));
    }
}
