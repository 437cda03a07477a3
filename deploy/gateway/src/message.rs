//! Messages: from the body of `POST /v1/messages` to the contract, and the outcome back.

use crate::bindings::auth::connector::sms::{Message, Receipt, SendError};
use crate::problem::Problem;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// The body, as `docs/message.schema.json` has it and the auth host takes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MessageRequest {
    /// The number.
    pub to: String,
    usage: String,
    #[serde(deserialize_with = "unique")]
    variables: BTreeMap<String, String>,
    #[serde(default)]
    locales: Vec<String>,
    /// The country of a number without a calling code. Such a number is refused: [`MessageRequest::into_message`].
    #[serde(default)]
    country: Option<String>,
    /// The person's address, for limits by network, which need memory and are the auth host's.
    #[serde(default)]
    #[allow(dead_code, reason = "read, so that it has to be an address")]
    ip: Option<std::net::IpAddr>,
}

/// An accepted message.
#[derive(Debug, Serialize)]
pub struct Accepted {
    /// Always `accepted`.
    pub state: &'static str,
    /// The caller's identifier.
    pub correlation_id: String,
    /// The provider's serial number.
    pub provider_message: String,
    /// The provider's request id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

impl MessageRequest {
    /// The message of the contract.
    ///
    /// # Errors
    ///
    /// [`Problem`] when a member is outside the bounds of the schema, or the number needs a country.
    pub fn into_message(self, correlation_id: &str) -> Result<Message, Problem> {
        check_usage(&self.usage)?;
        check_locales(&self.locales)?;
        check_variables(&self.variables)?;
        if self.country.is_some() && !has_calling_code(&self.to) {
            return Err(Problem::invalid(
                "/to",
                "Write the number with + and calling code. The gateway applies no country; the auth host does.",
            ));
        }
        Ok(Message {
            to: self.to,
            usage: self.usage,
            variables: self.variables.into_iter().collect(),
            locales: Some(self.locales).filter(|locales| !locales.is_empty()),
            correlation_id: Some(correlation_id.to_owned()),
            timeout_ms: None,
            attributes: None,
        })
    }
}

/// Returns true if a number begins with a plus or 00. Connectors ignore spaces and brackets between its digits.
fn has_calling_code(number: &str) -> bool {
    const PLUS: [char; 3] = ['+', '\u{ff0b}', '\u{fe62}'];
    let is_counted = |c: &char| c.is_ascii_digit() || PLUS.contains(c);
    let begin: String = number.chars().filter(is_counted).take(2).collect();
    begin.starts_with(PLUS) || begin == "00"
}

/// The outcome for the caller: accepted, or a problem with its state and the correlation id.
///
/// # Errors
///
/// [`Problem`] with 422 when the message was certainly not sent, and with 502 when that is unknown.
pub fn outcome(
    sent: Result<Receipt, SendError>,
    correlation_id: String,
) -> Result<Accepted, Problem> {
    match sent {
        Ok(receipt) => Ok(Accepted {
            state: "accepted",
            correlation_id,
            provider_message: receipt.message_id,
            request_id: receipt.request_id,
        }),
        Err(SendError::NotSent(failure)) => Err(Problem {
            correlation_id: Some(correlation_id),
            ..Problem::of(422, "not-sent", "The message was not sent", failure).not_sent()
        }),
        Err(SendError::Unknown(failure)) => Err(Problem {
            state: Some("unknown"),
            correlation_id: Some(correlation_id),
            ..Problem::of(502, "unknown", "The message may have been sent", failure)
        }),
    }
}

/// The caller's identifier: the contract takes at most 128 bytes of printable ASCII.
///
/// # Errors
///
/// [`Problem`] when there is none, or it cannot travel.
pub fn correlation_id(header: Option<&str>) -> Result<String, Problem> {
    let id = header.unwrap_or_default().trim();
    if (1..=128).contains(&id.len()) && id.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return Ok(id.to_owned());
    }
    Err(Problem::new(
        400,
        "correlation-id",
        "The Correlation-Id cannot be used",
        "Send one header Correlation-Id with 1 to 128 printable ASCII characters, another one for each message, and \
         keep it: an unknown outcome is looked up by it.",
    ))
}

fn check_usage(usage: &str) -> Result<(), Problem> {
    if (1..=64).contains(&usage.len()) && usage.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Ok(());
    }
    Err(Problem::invalid(
        "/usage",
        "A usage is 1 to 64 letters and digits, such as SignIn, Register, ForgotPassword or Generic.",
    ))
}

fn check_locales(locales: &[String]) -> Result<(), Problem> {
    let fits = |tag: &String| {
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        (2..=35).contains(&tag.len()) && tag.bytes().all(is_part)
    };
    if locales.len() <= 8 && locales.iter().all(fits) {
        return Ok(());
    }
    Err(Problem::invalid(
        "/locales",
        "Languages are at most 8 BCP 47 tags, best first, such as zh-CN.",
    ))
}

/// Reads variables, of which none may occur twice: serde would keep the last.
fn unique<'de, D: Deserializer<'de>>(reader: D) -> Result<BTreeMap<String, String>, D::Error> {
    struct Variables;

    impl<'de> Visitor<'de> for Variables {
        type Value = BTreeMap<String, String>;

        fn expecting(&self, text: &mut fmt::Formatter<'_>) -> fmt::Result {
            text.write_str("an object of texts")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
            let mut variables = BTreeMap::new();
            while let Some((name, value)) = members.next_entry()? {
                if variables.insert(name, value).is_some() {
                    return Err(A::Error::custom("expected each name once"));
                }
            }
            Ok(variables)
        }
    }

    reader.deserialize_map(Variables)
}

fn check_variables(variables: &BTreeMap<String, String>) -> Result<(), Problem> {
    let fits =
        |(name, value): (&String, &String)| (1..=64).contains(&name.len()) && value.len() <= 1024;
    if variables.len() <= 16 && variables.iter().all(fits) {
        return Ok(());
    }
    Err(Problem::invalid(
        "/variables",
        "Variables are at most 16, their names at most 64 and their values at most 1024 bytes.",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::body;

    /// Bodies with the verdict of `docs/message.schema.json` on each. The auth host is tested with the same.
    const BODIES: &str = include_str!("../../../tests/vectors/message-bodies.json");

    #[test]
    fn bodies_are_read_as_the_schema_says() {
        let bodies: Vec<serde_json::Value> = serde_json::from_str(BODIES).unwrap();
        assert!(bodies.len() >= 30);
        for case in bodies {
            let read = body::parse::<MessageRequest>(case["body"].to_string().as_bytes())
                .and_then(|request| request.into_message("c-1"));
            let fits = case["fits"].as_bool().unwrap();
            match read {
                Ok(_) => assert!(fits, "{case}"),
                Err(problem) => {
                    assert!(!fits, "{case}: {problem:?}");
                    assert_eq!(problem.status, 422, "{case}");
                    assert_eq!(
                        problem.pointer.as_deref(),
                        case["pointer"].as_str(),
                        "{case}"
                    );
                }
            }
        }
    }

    #[test]
    fn message_has_every_member_of_the_body() {
        let body =
            br#"{"to":"+8613800138000","usage":"SignIn","variables":{"code":"918273","a":"b"},
            "locales":["zh-CN"],"country":"CN","ip":"192.0.2.1"}"#;
        let request: MessageRequest = body::parse(body).unwrap();
        let message = request.into_message("c-1").unwrap();
        assert_eq!(message.to, "+8613800138000");
        assert_eq!(message.usage, "SignIn");
        let variables = [("a", "b"), ("code", "918273")];
        assert_eq!(
            message.variables,
            variables.map(|(name, value)| (name.to_owned(), value.to_owned()))
        );
        assert_eq!(message.locales, Some(vec!["zh-CN".to_owned()]));
        assert_eq!(message.correlation_id.as_deref(), Some("c-1"));
        assert_eq!(message.timeout_ms, None);
    }

    /// A list of bodies cannot hold one with a name twice.
    #[test]
    fn variable_that_occurs_twice_is_refused() {
        let body =
            br#"{"to":"+8613800138000","usage":"SignIn","variables":{"code":"1","code":"2"}}"#;
        let problem = body::parse::<MessageRequest>(body).err().unwrap();
        assert_eq!(problem.pointer.as_deref(), Some("/variables"));
        assert_eq!(problem.status, 422);
    }

    #[test]
    fn number_that_needs_the_country_is_refused() {
        for (to, is_taken) in [
            ("13800138000", false),
            ("0 138", false),
            ("+8613800138000", true),
            ("008613800138000", true),
            (" 008613800138000", true),
            (" +8613800138000", true),
            ("(00 86) 13800138000", true),
            ("\u{fe62}8613800138000", true),
            ("0138 0013 8000", false),
            ("", false),
        ] {
            let body =
                format!(r#"{{"to":"{to}","usage":"SignIn","variables":{{}},"country":"CN"}}"#);
            let request: MessageRequest = body::parse(body.as_bytes()).unwrap();
            let read = request.into_message("c-1");
            let pointer = read
                .as_ref()
                .err()
                .and_then(|problem| problem.pointer.as_deref());
            assert_eq!(pointer, (!is_taken).then_some("/to"), "{to}");
        }
    }

    #[test]
    fn correlation_id_is_1_to_128_printable_characters() {
        let longest = "x".repeat(128);
        for (header, id) in [
            (Some("order 1/2"), Some("order 1/2")),
            (Some(" c-1 "), Some("c-1")),
            (Some(longest.as_str()), Some(longest.as_str())),
            (None, None),
            (Some(""), None),
            (Some("  "), None),
            (Some("c\u{7f}"), None),
            (Some("ünique"), None),
        ] {
            assert_eq!(correlation_id(header).ok().as_deref(), id, "{header:?}");
        }
        assert!(correlation_id(Some(&"x".repeat(129))).is_err());
    }
}
