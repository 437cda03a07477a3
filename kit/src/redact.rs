//! Redaction: no number, code or secret leaves a connector with the words of a provider.
//!
//! A provider's messages are its own words today; a proxy, a hostile endpoint or a later version may echo the
//! request. Provider text is therefore never passed on as it came:
//!
//! - four digits or more become `****`, of every script, also in groups (`138-0013-8000`, `918 273`, one on each line);
//! - a secret, a token or a parameter becomes `****` wherever it stands, one of up to three characters as a word: as it
//!   is, as in a form (`Ada+Lovelace`, `%2F`), and within base64, as in a header of basic authentication;
//! - control characters become spaces, and some 200 characters are kept.
//!
//! This guards against echoes. It cannot keep a provider from encoding values of the request.

mod forms;

use alloc::string::String;
use core::fmt;

use forms::{base64_run, decoded, written};

/// Makes `Debug` output of the named fields. The others hold numbers, codes or secrets.
macro_rules! debug_only {
    ($type:ident $(: $($field:ident),+)?) => {
        impl core::fmt::Debug for $type {
            fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                let mut shown = formatter.debug_struct(stringify!($type));
                $($(shown.field(stringify!($field), &self.$field);)+)?
                shown.finish_non_exhaustive()
            }
        }
    };
}
pub(crate) use debug_only;

/// A secret. It has no `Debug` or `Display` output to leak through, and is read in one place per use.
#[derive(Clone, Copy)]
pub struct Secret<'a>(&'a str);

impl<'a> Secret<'a> {
    /// Wraps a secret.
    pub fn new(secret: &'a str) -> Self {
        Self(secret)
    }

    /// The secret itself, for signing and for headers.
    pub fn reveal(self) -> &'a str {
        self.0
    }
}

impl fmt::Debug for Secret<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(MASK)
    }
}

const MASK: &str = "****";

/// Values shorter than this are masked only as whole words, or half of every text would go.
const SHORT: usize = 4;

/// The longest provider text that is passed on, in characters.
const MAX_TEXT: usize = 200;

/// The longest run of base64 that is read, in bytes; a longer one is not a word and is masked.
const MAX_RUN: usize = 2_048;

/// The longest identifier that is passed on, in bytes. Codes of known providers reach 70, request ids 36.
const MAX_IDENTIFIER: usize = 96;

/// Takes secrets, numbers and codes out of a provider's words.
pub struct Scrubber<'a> {
    /// Values that are masked wherever they stand: secret key, token, template parameters.
    pub sensitive: &'a [&'a str],
}

impl Scrubber<'_> {
    /// Hides digits alone: for callers that have no secret and no parameter to hide.
    pub const DIGITS_ONLY: Self = Self { sensitive: &[] };

    /// The provider's words, fit for an operator.
    ///
    /// One pass, which ends after 200 characters, so that what the provider wrote decides neither the time nor the
    /// memory that this takes.
    pub fn text(&self, text: &str) -> String {
        let mut scrubbed = String::new();
        let (mut rest, mut previous) = (text, ' ');
        for _ in 0..MAX_TEXT {
            let Some(character) = rest.chars().next() else {
                break;
            };
            let hidden = self.hidden(rest, previous);
            match hidden {
                0 if character.is_control() => scrubbed.push(' '),
                0 => scrubbed.push(character),
                _ => scrubbed.push_str(MASK),
            }
            previous = if hidden > 0 { '*' } else { character };
            let after = hidden.max(character.len_utf8());
            rest = rest.get(after..).unwrap_or_default();
        }
        scrubbed
    }

    /// The number of bytes to hide at the beginning of `rest`; 0 for none.
    fn hidden(&self, rest: &str, previous: char) -> usize {
        let of_value = |value: &&str| {
            let length = written(value, rest)?;
            let next = rest.as_bytes().get(length);
            let word =
                !previous.is_ascii_alphanumeric() && !next.is_some_and(u8::is_ascii_alphanumeric);
            Some(length).filter(|_| word || value.len() >= SHORT)
        };
        let values = self.sensitive.iter().filter_map(of_value);
        let longest = values.fold(digit_group(rest), usize::max);
        if forms::is_base64(previous) {
            return longest;
        }
        let run = base64_run(rest);
        let is_hidden = run.len() > MAX_RUN || self.is_within_base64(run);
        if is_hidden {
            run.len().max(longest)
        } else {
            longest
        }
    }

    /// True if a text in base64 holds a sensitive value, wherever its groups begin.
    fn is_within_base64(&self, run: &str) -> bool {
        let mut long = self.sensitive.iter().filter(|value| value.len() >= SHORT);
        let bytes = decoded(run);
        let holds = |value: &str| {
            let value = value.as_bytes();
            let mut each = bytes.iter();
            each.any(|bytes| bytes.windows(value.len()).any(|window| window == value))
        };
        long.any(|value| holds(value))
    }

    /// A provider's code that is not in the table: letters, digits, dots, dashes and underscores, and nothing in it
    /// that is masked in texts. `None` where it is not one.
    pub fn code(&self, code: &str) -> Option<String> {
        identifier(code).filter(|code| self.text(code) == *code)
    }

    /// A provider's identifier of a request, which goes into errors. `None` where it is not an identifier or
    /// holds, with or without punctuation, the national number or a sensitive value of four characters or more.
    pub fn identifier_without(&self, text: &str, national: &str) -> Option<String> {
        let identifier = identifier(text)?;
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let holds =
            |value: &str| !value.is_empty() && (text.contains(value) || digits.contains(value));
        let mut long = self.sensitive.iter().filter(|value| value.len() >= SHORT);
        let leaks =
            holds(national) || long.any(|value| holds(value)) || self.is_within_base64(text);
        Some(identifier).filter(|_| !leaks)
    }
}

/// A provider's serial number of an accepted message; `None` if it is not an identifier. It goes into a receipt, not
/// into an error. One in 40,000 holds a given code of six digits by chance, so it is not searched for secrets.
pub fn identifier(text: &str) -> Option<String> {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:".contains(&byte);
    let is_identifier = (1..=MAX_IDENTIFIER).contains(&text.len()) && text.bytes().all(is_allowed);
    is_identifier.then(|| text.into())
}

/// The length in bytes of the digits at the beginning, with the characters between them, if there are four digits or
/// more; otherwise 0. Numbers and codes are written in groups, with up to two characters other than letters between.
fn digit_group(text: &str) -> usize {
    let (mut digits, mut end, mut gap) = (0, 0, 0);
    for (place, character) in text.char_indices() {
        if character.is_numeric() {
            digits += 1;
            end = place + character.len_utf8();
            gap = 0;
        } else if digits > 0 && gap < 2 && !character.is_alphabetic() {
            gap += 1;
        } else {
            break;
        }
    }
    if digits < SHORT { 0 } else { end }
}

/// A name that somebody chose, if it can be repeated in an error: up to 30 letters and underscores, which is shorter
/// than providers' secrets. Anything else could be a value in the wrong place.
pub fn plain_name(text: &str) -> Option<&str> {
    let is_plain = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
    Some(text).filter(|text| (1..=30).contains(&text.len()) && text.bytes().all(is_plain))
}

/// A key of a config, if it can be repeated in a finding. Keys are words. A text that could be a secret, a number or a
/// code in the wrong place is refused: one with a word of more than three digits, of more than twelve characters with a
/// digit among them, or of more than thirty letters in mixed case.
pub fn plain_key(text: &str) -> Option<&str> {
    let is_word = |word: &str| {
        let digits = word.bytes().filter(u8::is_ascii_digit).count();
        let is_lower = !word.bytes().any(|byte| byte.is_ascii_uppercase());
        match digits {
            0 => word.chars().count() <= 30 || is_lower,
            1..=3 => word.len() <= 12,
            _ => false,
        }
    };
    let mut words = text.split(|character: char| !character.is_alphanumeric());
    let is_plain = (1..=1_024).contains(&text.len())
        && !text.chars().any(char::is_control)
        && words.all(is_word);
    is_plain.then_some(text)
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
            ("138-0013-8000", "****"),
            ("to 138 001 380 00, code 918 273.", "to ****, code ****."),
            ("(138) 0013.8000 / x", "(**** / x"),
            ("\u{ff11}\u{ff12}\u{ff13}\u{ff14}\u{ff15}\u{ff16}", "****"),
            ("code 123456!", "code ****!"),
            ("x123456y", "x****y"),
            ("at 42, not 4 or 421", "at ****, not 4 or 421"),
            ("key Gu5t9xGARNpq86cd98joQYCN3EXAMPLE.", "key ****."),
            ("Dear Ada,", "Dear ****,"),
            ("a * b ** c", "a **** b ******** c"),
            ("line\nbreak\u{7}", "line break "),
            ("918\n273 918\t273 918\r\n273", "****"),
            ("138\n001\n380\n00", "****"),
            ("918,273; 918_273: 918\u{a0}273, 918\u{2013}273", "****"),
            ("\u{669}\u{661}\u{668}\u{662}\u{667}\u{663}", "****"),
            ("9 of 182 and 73", "9 of 182 and 73"),
            ("918  \n273", "918   273"),
            ("within 30 seconds", "within 30 seconds"),
            ("", ""),
        ] {
            assert_eq!(scrubber().text(text), expected);
        }
    }

    /// If one value is the beginning of another, the longer one is masked as a whole.
    #[test]
    fn longest_value_is_hidden_among_common_beginnings() {
        let sensitive = ["Adam", "Adamson", "A\nB"];
        let text = Scrubber {
            sensitive: &sensitive,
        }
        .text("Adamson, Adam, A\nB");
        assert_eq!(text, "****, ****, ****");
    }

    /// As in the two encodings that the kit makes of a request, forms and basic authentication, and in URLs.
    #[test]
    fn encoded_values_are_hidden() {
        let sensitive = ["example/token", "Ada Lovelace", "\u{e9}t\u{e9}s"];
        let scrubber = Scrubber {
            sensitive: &sensitive,
        };
        for (text, expected) in [
            (
                "Denied: Basic QUMwMTpleGFtcGxlL3Rva2Vu.",
                "Denied: Basic ****.",
            ),
            ("Basic QUMwOmV4YW1wbGUvdG9rZW4=", "Basic ****="),
            ("QUM6ZXhhbXBsZS90b2tlbg==, x", "****==, x"),
            ("x/QUM6ZXhhbXBsZS90b2tlbg", "****"),
            (
                "name=Ada+Lovelace&key=example%2Ftoken",
                "name=****&key=****",
            ),
            (
                "Ada%20Lovelace, Ada\nLovelace, Ada\u{a0}Lovelace",
                "****, ****, ****",
            ),
            ("%C3%A9t%c3%a9s", "****"),
            ("Ada  Lovelace+", "Ada  Lovelace+"),
            ("Ada%2", "Ada%2"),
            ("aGFybWxlc3M=", "aGFybWxlc3M="),
        ] {
            assert_eq!(scrubber.text(text), expected, "{text:?}");
        }
        let keeps = |id| scrubber.identifier_without(id, "13800138000").is_some();
        assert!(!keeps("QUMwMTpleGFtcGxlL3Rva2Vu"));
        assert!(keeps("aGFybWxlc3MgdGV4dA"));
    }

    /// However many values match the mask, it is put in only once.
    #[test]
    fn mask_is_not_masked_again() {
        let sensitive = ["*"; 20];
        let text = Scrubber {
            sensitive: &sensitive,
        }
        .text("resource (*) has no permission");
        assert_eq!(text, "resource (****) has no permission");
    }

    #[test]
    fn long_words_are_cut_between_characters() {
        assert_eq!(
            scrubber().text(&"\u{77ed}".repeat(300)).chars().count(),
            200
        );
        assert_eq!(scrubber().text(&"a".repeat(MAX_RUN)).len(), 200);
        assert_eq!(scrubber().text(&"a".repeat(MAX_RUN + 1)), MASK);
    }

    #[test]
    fn only_well_formed_code_is_passed_on() {
        let keeps = |code| scrubber().code(code).as_deref() == Some(code);
        assert!(keeps("LimitExceeded.PhoneNumberThirtySecondLimit"));
        assert!(keeps("UnsupportedOperation."));
        for code in [
            "",
            "two words",
            "Code.13800138000",
            "Code.123456",
            "Code.138-001-380-00",
            "a\nb",
            &"a".repeat(97),
        ] {
            assert!(!keeps(code), "{code:?}");
        }
    }

    #[test]
    fn keys_are_repeated_unless_they_could_be_values() {
        for key in [
            "accessKeyId",
            "access-key-id",
            "sms.region",
            "\u{7b7e}\u{540d}",
            "clé",
            "secret_id",
            "timeout2",
            "a key with words",
            &"very-long-".repeat(30),
            &"a".repeat(500),
        ] {
            assert_eq!(plain_key(key), Some(key));
        }
        for key in [
            "",
            "123456",
            "+8613800138000",
            "138-0013-8000",
            "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE",
            "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE",
            "QwErTyUiOpAsDfGhJkLzXcVbNmQwErTyUi",
            "line\nbreak",
        ] {
            assert_eq!(plain_key(key), None, "{key}");
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
        assert!(!keeps("138-0013-8000.918"));
        assert!(!keeps("id-12-34-56"));
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
