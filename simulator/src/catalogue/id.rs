//! Ids of a catalogue, written as numbers or as strings.

use std::fmt;

use serde::de::{self, Deserializer, Visitor};

/// Accepts `1400006666` and `"1400006666"` alike, since YAML reads the first as a number.
pub fn number_or_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    struct Id;
    impl Visitor<'_> for Id {
        type Value = String;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an id, as a number or a string")
        }

        fn visit_u64<E: de::Error>(self, value: u64) -> Result<String, E> {
            Ok(value.to_string())
        }

        fn visit_i64<E: de::Error>(self, value: i64) -> Result<String, E> {
            u64::try_from(value)
                .map(|v| v.to_string())
                .map_err(|_| E::custom("expected a positive id"))
        }

        fn visit_str<E: de::Error>(self, value: &str) -> Result<String, E> {
            Ok(value.to_owned())
        }
    }
    deserializer.deserialize_any(Id)
}

#[cfg(test)]
mod tests {
    use crate::catalogue::Catalogue;

    #[test]
    fn id_may_be_number_or_string_not_negative() {
        for yaml in [
            "accounts: [{name: a, apps: [{id: 14}]}]",
            "accounts: [{name: a, apps: [{id: '14'}]}]",
        ] {
            assert_eq!(
                Catalogue::from_yaml(yaml).unwrap().accounts[0].apps[0].id,
                "14"
            );
        }
        assert!(Catalogue::from_yaml("accounts: [{name: a, apps: [{id: -14}]}]").is_err());
    }
}
