//! Everything of a provider's callback that a plugin may not repeat: numbers, credentials, tokens.
//!
//! | of | texts lose | identifiers lose |
//! |---|---|---|
//! | body, query, headers | phone numbers: see [`CallbackNumbers`] | the same, where they stand alone |
//! | headers by which a caller proves itself: a telling name, or a signature | the value | the value |
//! | other headers, but for those that every request has | what looks like a token | nothing: it may be a message's id |
//! | the address | user and password, segments of the path that look like a token, values of the query under telling names | the same |

use crate::callback::CallbackNumbers;
use crate::names::is_telling;
use crate::parts;
use crate::search::{Kind, Search};
use crate::secrets::SecretText;

/// The shortest credential in a header. Below are versions and names of schemes.
const CREDENTIAL: usize = 8;

/// Parts of a callback that must not be repeated.
pub struct CallbackSecrets {
    numbers: CallbackNumbers,
    credentials: SecretText,
    /// Credentials and tokens.
    tokens: SecretText,
}

impl CallbackSecrets {
    /// Collects the secrets of a callback from its body, its address if that is known, and its headers.
    pub fn of(body: &[u8], url: Option<&str>, headers: &[(String, String)]) -> Self {
        let credentials = |report: &mut dyn FnMut(&str)| {
            url.into_iter().for_each(|url| of_address(url, report));
            for (name, value) in headers {
                if is_credential(name) && value.len() >= CREDENTIAL {
                    parts::of(value, true, report);
                }
            }
        };
        let tokens = |report: &mut dyn FnMut(&str)| {
            credentials(report);
            let others = headers.iter().filter(|(name, _)| !is_plain(name));
            others.for_each(|(_, value)| parts::of(value, false, report));
        };
        Self {
            numbers: CallbackNumbers::of(body, url, headers),
            credentials: SecretText::of_parts(credentials),
            tokens: SecretText::of_parts(tokens),
        }
    }

    /// A search for them in the texts of one answer.
    pub fn search(&self) -> CallbackSearch<'_> {
        CallbackSearch {
            numbers: &self.numbers,
            credentials: Search::new(&self.credentials, "", &[]),
            tokens: Search::new(&self.tokens, "", &[]),
        }
    }
}

/// A search for what must not be repeated of a callback.
pub struct CallbackSearch<'a> {
    numbers: &'a CallbackNumbers,
    credentials: Search<'a>,
    tokens: Search<'a>,
}

impl CallbackSearch<'_> {
    /// Masks it in a text.
    pub fn clean(&mut self, text: &mut String, kind: Kind) {
        let search = match kind {
            Kind::Identifier => &mut self.credentials,
            Kind::Text | Kind::Parameter => &mut self.tokens,
        };
        let length = text.len();
        search.clean(text, kind, length);
        self.numbers.clean(text, kind);
    }

    /// As [`Search::left_out`].
    pub fn left_out(&self) -> bool {
        self.credentials.left_out() || self.tokens.left_out()
    }
}

/// Reports the secrets of an address. Values of its query may be ids of messages, unless their names are telling.
fn of_address(url: &str, report: &mut dyn FnMut(&str)) {
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    parts::of(path, false, report);
    parts::named(query, report);
}

/// Returns true if a header authenticates the sender of a callback. Some headers beside a proof have `webhook` or
/// `signature` in their names as well: their value may be a message's id, or the beginning of one.
fn is_credential(name: &str) -> bool {
    const BESIDE: [&str; 6] = ["id", "timestamp", "algorithm", "event", "type", "version"];
    let name = name.to_ascii_lowercase();
    let is_beside = BESIDE.iter().any(|end| name.ends_with(end));
    !is_beside && (is_telling(&name.replace("webhook", "")) || name.contains("sign"))
}

/// Returns true if a header describes the transport of a request, and not its sender.
fn is_plain(name: &str) -> bool {
    const NAMES: [&str; 13] = [
        "connection",
        "cache-control",
        "date",
        "expect",
        "forwarded",
        "host",
        "pragma",
        "te",
        "transfer-encoding",
        "upgrade",
        "user-agent",
        "via",
        "x-real-ip",
    ];
    let name = name.to_ascii_lowercase();
    let families = ["accept", "content-", "x-forwarded-"];
    NAMES.contains(&name.as_str()) || families.iter().any(|family| name.starts_with(family))
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://auth.example.com/cb/op3rat0r-s3cret-path?messageId=0A00000012345678AB&token=9f8e7d6c";

    fn cleaned(text: &str, kind: Kind) -> String {
        let headers = [
            ("authorization", "Basic dXNlcjpwYXNzd29yZDEyMw=="),
            ("x-signature", "5f4dcc3b5aa765d61d8327deb882cf99"),
            ("x-request-id", "7f3a1c9e-0d2b-4f6a"),
            ("webhook-id", "7f3a1c9e-0d2b-4f6b"),
            ("webhook-timestamp", "1795874460"),
            ("x-webhook-event", "message.delivered"),
            ("x-version", "2"),
            ("x-event", "delivered"),
            (
                "content-type",
                "multipart/form-data;boundary=0123456789abcdef",
            ),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let secrets = CallbackSecrets::of(b"", Some(URL), &headers);
        let mut search = secrets.search();
        let mut text = text.to_owned();
        search.clean(&mut text, kind);
        assert!(!search.left_out());
        text
    }

    #[test]
    fn credentials_leave_texts_and_identifiers() {
        for secret in [
            "dXNlcjpwYXNzd29yZDEyMw==",
            "5f4dcc3b5aa765d61d8327deb882cf99",
            "op3rat0r-s3cret-path",
            "9f8e7d6c",
        ] {
            for kind in [Kind::Text, Kind::Identifier] {
                assert_eq!(cleaned(secret, kind), "****", "{secret}");
            }
        }
    }

    #[test]
    fn other_tokens_of_headers_leave_texts_alone() {
        for id in ["7f3a1c9e-0d2b-4f6a", "7f3a1c9e-0d2b-4f6b"] {
            assert_eq!(cleaned(id, Kind::Text), "****");
            assert_eq!(cleaned(id, Kind::Identifier), id);
        }
        let begins_with_the_same_time = "1795874412-7";
        assert_eq!(
            cleaned(begins_with_the_same_time, Kind::Identifier),
            begins_with_the_same_time
        );
    }

    #[test]
    fn ids_words_and_plain_headers_stay() {
        for open in [
            "0A00000012345678AB",
            "delivered",
            "message.delivered",
            "2",
            "0123456789abcdef",
            "auth.example.com",
        ] {
            for kind in [Kind::Text, Kind::Identifier] {
                assert_eq!(cleaned(open, kind), open);
            }
        }
    }

    #[test]
    fn more_credentials_than_are_searched_for_leave_no_text() {
        let headers = [("cookie".to_owned(), "a1b2c3d4 ".repeat(1_000))];
        let secrets = CallbackSecrets::of(b"", None, &headers);
        let mut search = secrets.search();
        let mut text = "m-1".to_owned();
        search.clean(&mut text, Kind::Identifier);
        assert_eq!(text, "****");
        assert!(search.left_out());
    }
}
