//! Settings from the environment: the keys that callers send, and the connector's config.

use subtle::{Choice, ConstantTimeEq};

/// The variable with the keys of callers.
pub const KEY: &str = "GATEWAY_KEY";
/// The variable with the connector's config, JSON.
pub const CONFIG: &str = "CONNECTOR_CONFIG";
/// The fewest bytes of a key. 32 random bytes in base64 are 44.
const KEY_BYTES: usize = 32;

/// Reasons why the settings cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unusable {
    /// No key is set, or a key is short.
    Key,
    /// No config is set.
    Config,
}

/// The settings. They are secrets, so they have no debug output.
pub struct Settings {
    keys: Vec<String>,
    config: String,
}

impl Settings {
    /// Reads them.
    ///
    /// # Errors
    ///
    /// [`Unusable`] when one is missing or weak.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Unusable> {
        // Two keys with a space between them while the old one is replaced.
        let keys: Vec<String> = variable(KEY)
            .unwrap_or_default()
            .split_ascii_whitespace()
            .map(str::to_owned)
            .collect();
        if keys.is_empty() || keys.iter().any(|key| key.len() < KEY_BYTES) {
            return Err(Unusable::Key);
        }
        let config = variable(CONFIG).filter(|config| !config.trim().is_empty());
        Ok(Self {
            keys,
            config: config.ok_or(Unusable::Config)?,
        })
    }

    /// The connector's config.
    pub fn config(&self) -> &str {
        &self.config
    }

    /// Returns true if a value of the header `Authorization` has one of the keys. The time is the same for every key of
    /// a length.
    pub fn admits(&self, authorization: Option<&str>) -> bool {
        let Some((scheme, key)) = authorization.and_then(|value| value.split_once(' ')) else {
            return false;
        };
        let key = key.trim().as_bytes();
        let compare = |found: Choice, own: &String| found | own.as_bytes().ct_eq(key);
        let found: bool = self.keys.iter().fold(Choice::from(0), compare).into();
        found && scheme.eq_ignore_ascii_case("bearer")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "old-example-key-of-32-characters";
    const NEW: &str = "new-example-key-of-32-characters";

    fn settings(keys: &str, config: &str) -> Result<Settings, Unusable> {
        Settings::read(|name| match name {
            KEY => Some(keys.to_owned()),
            CONFIG => Some(config.to_owned()),
            _ => None,
        })
    }

    #[test]
    fn environment_without_key_or_config_is_refused() {
        assert_eq!(Settings::read(|_| None).err(), Some(Unusable::Key));
        for (keys, config, expected) in [
            ("", "{}", Some(Unusable::Key)),
            (" ", "{}", Some(Unusable::Key)),
            ("old-example-key-of-31-character", "{}", Some(Unusable::Key)),
            (OLD, "", Some(Unusable::Config)),
            (OLD, " ", Some(Unusable::Config)),
            (OLD, "{}", None),
        ] {
            assert_eq!(settings(keys, config).err(), expected, "{keys} {config}");
        }
    }

    #[test]
    fn short_key_beside_a_long_one_is_refused() {
        let keys = format!("{OLD} short");
        assert_eq!(settings(&keys, "{}").err(), Some(Unusable::Key));
    }

    #[test]
    fn bearer_key_is_admitted_and_nothing_else() {
        let settings = settings(&format!("{OLD} {NEW}"), "{}").unwrap();
        for (value, is_admitted) in [
            (format!("Bearer {OLD}"), true),
            (format!("bearer {NEW}"), true),
            (format!("Bearer  {NEW} "), true),
            (format!("Basic {OLD}"), false),
            (format!("Bearer {OLD}x"), false),
            (format!("Bearer {OLD} {NEW}"), false),
            (format!("Bearer {}", &OLD[..31]), false),
            (OLD.to_owned(), false),
            ("Bearer ".to_owned(), false),
            (String::new(), false),
        ] {
            assert_eq!(settings.admits(Some(&value)), is_admitted, "{value}");
        }
        assert!(!settings.admits(None));
    }
}
