//! What leaves the connector in errors carries no number, code or secret, whatever the provider wrote.
//!
//! The service's messages are its own words today; a proxy, a hostile endpoint or a later version may echo the
//! request. So provider text is never passed on as it came:
//!
//! - a run of four or more digits becomes `****`, and so does a shorter run that equals a parameter;
//! - a secret, a token or a parameter that is not digits becomes `****` wherever it stands;
//! - control characters become spaces, and 200 characters are kept.

use alloc::string::String;
use core::fmt;

use crate::text::{find, replace};

/// Stands in `Debug` output where a value does not.
pub struct Masked;

impl fmt::Debug for Masked {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("****")
    }
}

/// A secret. It has no `Debug` or `Display` output to leak through, and is read in one place per use.
#[derive(Clone, Copy)]
pub struct Secret<'a>(&'a str);

impl<'a> Secret<'a> {
    /// Wraps a secret.
    #[must_use]
    pub fn new(secret: &'a str) -> Self {
        Self(secret)
    }

    /// The secret itself, for signing and for headers.
    #[must_use]
    pub fn reveal(self) -> &'a str {
        self.0
    }
}

impl fmt::Debug for Secret<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        Masked.fmt(formatter)
    }
}

const MASK: &str = "****";

/// The longest provider text that is passed on, in characters.
const MAX_TEXT: usize = 200;

/// The longest identifier that is passed on, in bytes. The service's codes reach 70, its request ids 36, its
/// serial numbers 33.
const MAX_IDENTIFIER: usize = 96;

/// What must not leave with a provider's words.
pub struct Scrubber<'a> {
    /// Values that are masked wherever they stand: secret key, token, template parameters.
    pub sensitive: &'a [&'a str],
}

impl Scrubber<'_> {
    /// The provider's words, fit for an operator.
    #[must_use]
    pub fn text(&self, text: &str) -> String {
        let mut clean: String = text
            .chars()
            .map(|character| {
                if character.is_control() {
                    ' '
                } else {
                    character
                }
            })
            .collect();
        for value in self
            .sensitive
            .iter()
            .filter(|value| !is_short_number(value))
        {
            clean = replace(&clean, value, MASK);
        }
        let mut scrubbed = String::new();
        let mut rest = clean.as_str();
        while let Some(start) = rest.find(|character: char| character.is_ascii_digit()) {
            let (before, from) = rest.split_at_checked(start).unwrap_or((rest, ""));
            let end = from
                .find(|character: char| !character.is_ascii_digit())
                .unwrap_or(from.len());
            let (run, after) = from.split_at_checked(end).unwrap_or((from, ""));
            scrubbed.push_str(before);
            scrubbed.push_str(if run.len() >= 4 || self.sensitive.contains(&run) {
                MASK
            } else {
                run
            });
            rest = after;
        }
        scrubbed.push_str(rest);
        scrubbed.chars().take(MAX_TEXT).collect()
    }

    /// A provider's code: letters, digits, dots, dashes and underscores, and nothing in it that is masked in
    /// texts. `None` where it is not one.
    #[must_use]
    pub fn code(&self, code: &str) -> Option<String> {
        (is_identifier(code) && self.text(code) == code).then(|| code.into())
    }

    /// A provider's serial number of a message that it took. It goes into a receipt and not into an error, and
    /// a code of six digits stands in one of 40,000 of them by chance, so nothing is looked for in it. `None`
    /// where it is not an identifier.
    #[must_use]
    pub fn identifier(&self, identifier: &str) -> Option<String> {
        is_identifier(identifier).then(|| identifier.into())
    }

    /// A provider's identifier of a request, which goes into errors. `None` where it is not an identifier or
    /// holds the national number or a sensitive value.
    #[must_use]
    pub fn identifier_without(&self, identifier: &str, national: &str) -> Option<String> {
        let leaks = find(identifier, national).is_some()
            || self
                .sensitive
                .iter()
                .any(|value| !is_short_number(value) && find(identifier, value).is_some());
        self.identifier(identifier).filter(|_| !leaks)
    }
}

/// A name that somebody chose, if it can be repeated in an error: up to 40 letters and underscores. Anything
/// else could be a value in the wrong place.
#[must_use]
pub fn plain_name(text: &str) -> Option<&str> {
    let plain = (1..=40).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    plain.then_some(text)
}

/// Whether a value is so short that masking it wherever it stands would mask half of every text: up to three
/// digits. Those are masked only as whole runs.
fn is_short_number(value: &str) -> bool {
    value.is_empty() || value.len() < 4 && value.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_identifier(text: &str) -> bool {
    (1..=MAX_IDENTIFIER).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SENSITIVE: [&str; 5] = [
        "*",
        "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE",
        "123456",
        "42",
        "Ada",
    ];

    fn scrubber() -> Scrubber<'static> {
        Scrubber {
            sensitive: &SENSITIVE,
        }
    }

    #[test]
    fn provider_words_lose_numbers_codes_and_secrets() {
        for (text, expected) in [
            (
                "the phone +8613800138000 is blocked",
                "the phone +**** is blocked",
            ),
            ("138-0013-8000", "138-****-****"),
            ("code 123456!", "code ****!"),
            ("x123456y", "x****y"),
            ("at 42, not 4 or 421", "at ****, not 4 or 421"),
            ("key Gu5t9xGARNpq86cd98joQYCN3EXAMPLE.", "key ****."),
            ("Dear Ada,", "Dear ****,"),
            ("a * b ** c", "a **** b ******** c"),
            ("line\nbreak\u{7}", "line break "),
            ("within 30 seconds", "within 30 seconds"),
            ("", ""),
        ] {
            assert_eq!(scrubber().text(text), expected);
        }
    }

    #[test]
    fn long_words_are_cut_between_characters() {
        assert_eq!(
            scrubber().text(&"\u{77ed}".repeat(300)).chars().count(),
            200
        );
    }

    #[test]
    fn a_code_is_passed_on_only_if_it_is_one() {
        let keeps = |code| scrubber().code(code).as_deref() == Some(code);
        assert!(keeps("LimitExceeded.PhoneNumberThirtySecondLimit"));
        assert!(keeps("UnsupportedOperation."));
        for code in [
            "",
            "two words",
            "Code.13800138000",
            "Code.123456",
            "a\nb",
            &"a".repeat(97),
        ] {
            assert!(!keeps(code), "{code:?}");
        }
    }

    #[test]
    fn an_identifier_may_hold_digits_but_not_these() {
        let keeps = |identifier| {
            scrubber()
                .identifier_without(identifier, "13800138000")
                .is_some()
        };
        assert!(keeps("5000:1045710669157053657849499619"));
        assert!(keeps("a0aabda6-cf91-4f3e-a81f-9198114a2279"));
        assert!(!keeps("id-13800138000"));
        assert!(!keeps("id-123456"));
        assert!(!keeps("<html>"));
    }

    #[test]
    fn a_secret_does_not_print() {
        assert_eq!(
            alloc::format!("{:?}", Secret::new("Gu5t9xGARNpq86cd98joQYCN3EXAMPLE")),
            "****"
        );
    }
}
