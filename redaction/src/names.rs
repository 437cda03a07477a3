//! Names of keys whose values are secret.

/// The shortest string under a telling key that is secret.
pub(crate) const NAMED: usize = 4;

/// Parts of keys' names in lower case, without separators.
const TELLING: &[&str] = &[
    "secret",
    "token",
    "passw",
    "passphrase",
    "pwd",
    "credential",
    "private",
    "apikey",
    "accesskey",
    "authorization",
    "webhook",
    "connectionstring",
    "cookie",
    "bearer",
    "密钥",
    "密码",
    "口令",
    "令牌",
];

/// Whole names of keys.
const TELLING_WHOLE: &[&str] = &["auth", "pass", "pin", "sk", "sig", "dsn", "hmac"];

/// Returns true if a key's name marks its value as secret.
pub(crate) fn is_telling(key: &str) -> bool {
    let key: String = key
        .chars()
        .filter(|c| c.is_alphanumeric())
        .map(|c| c.to_ascii_lowercase())
        .collect();
    key.ends_with("key")
        || TELLING_WHOLE.contains(&key.as_str())
        || TELLING.iter().any(|word| key.contains(word))
}
