//! Query parameters, read strictly.

use std::str::FromStr;

use super::types::Problem;
use crate::phone::Number;

/// The parameters of a query, each known and at most once.
#[derive(Debug)]
pub struct Query {
    pairs: Vec<(String, String)>,
}

impl Query {
    /// Splits a query into its parameters.
    ///
    /// # Errors
    ///
    /// A 400 for an unknown or repeated parameter.
    pub fn parse(text: &str, known: &[&str]) -> Result<Self, Problem> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        for (name, value) in form_urlencoded::parse(text.as_bytes()).into_owned() {
            if !known.contains(&name.as_str()) {
                let known = if known.is_empty() {
                    "none".to_owned()
                } else {
                    known.join(", ")
                };
                return Err(Problem::bad_request(format!(
                    "unknown query parameter; known: {known}"
                )));
            }
            if pairs.iter().any(|(seen, _)| *seen == name) {
                return Err(Problem::bad_request(format!("`{name}` stands twice")));
            }
            pairs.push((name, value));
        }
        Ok(Self { pairs })
    }

    /// The decoded value of a parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, value)| value.as_str())
    }

    /// A number between two bounds.
    ///
    /// # Errors
    ///
    /// A 400 for anything else.
    pub fn number<T: FromStr + PartialOrd + std::fmt::Display>(
        &self,
        name: &str,
        least: T,
        most: T,
    ) -> Result<Option<T>, Problem> {
        let Some(text) = self.get(name) else {
            return Ok(None);
        };
        let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        match text.parse::<T>() {
            Ok(number) if plain && number >= least && number <= most => Ok(Some(number)),
            _ => Err(Problem::bad_request(format!(
                "`{name}` must be a number from {least} to {most}"
            ))),
        }
    }

    /// A phone number, in the form of messages. An unescaped `+`, which decodes to a space in a query, is accepted.
    ///
    /// # Errors
    ///
    /// A 400 for a value that the service would not accept as a number.
    pub fn phone(&self, name: &str) -> Result<Option<String>, Problem> {
        let Some(given) = self.get(name) else {
            return Ok(None);
        };
        let given = match given.strip_prefix(' ') {
            Some(rest) => format!("+{rest}"),
            None => given.to_owned(),
        };
        match Number::parse(&given) {
            Ok(number) => Ok(Some(number.e164())),
            Err(_) => Err(Problem::bad_request(format!(
                "`{name}` must be a phone number such as %2B8613800138000"
            ))),
        }
    }
}

/// Refuses every parameter.
///
/// # Errors
///
/// A 400 if there is one.
pub fn none(text: &str) -> Result<(), Problem> {
    Query::parse(text, &[]).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_parameters_are_decoded() {
        let query = Query::parse("to=%2B8613800138000&wait=5", &["to", "wait"]).unwrap();
        assert_eq!(
            query.phone("to").unwrap().as_deref(),
            Some("+8613800138000")
        );
        assert_eq!(query.number("wait", 0u64, 60).unwrap(), Some(5));
        assert_eq!(query.number("after", 0u64, 60).unwrap(), None);
        let plus = Query::parse("to=+8613800138000", &["to"]).unwrap();
        assert_eq!(plus.phone("to").unwrap().as_deref(), Some("+8613800138000"));
    }

    #[test]
    fn unknown_double_and_malformed_parameters_are_refused() {
        assert!(Query::parse("too=1", &["to"]).is_err());
        assert!(Query::parse("to=1&to=2", &["to"]).is_err());
        assert!(none("x").is_err() && none("").is_ok());
        let query =
            Query::parse("wait=61&to=me&after=-1&x=+5", &["wait", "to", "after", "x"]).unwrap();
        assert!(query.number("wait", 0u64, 60).is_err());
        assert!(query.number("after", 0i64, 60).is_err());
        assert!(query.number("x", 0i64, 60).is_err());
        assert!(query.phone("to").is_err());
    }
}
