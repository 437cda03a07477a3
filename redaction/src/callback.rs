//! Phone numbers in a provider's callback, taken out of what a plugin returns about it.
//!
//! Providers name their fields as they like, so a number is the value of a name that sounds like one: `mobile`,
//! `phone`, `to`. Texts lose every run of digits that holds the last eight of such a number, and beside a body that is
//! neither JSON nor a form those of every number in it. Identifiers lose a number only where they are the number itself:
//! among the ids of a thousand messages, eight digits of one turn up in another.

use crate::mask::masked;
use crate::named_numbers::{readable, runs, scan, sounds_like_a_number};
use crate::search::Kind;
use serde_json::Value;
use std::collections::HashSet;

/// How many of a number's last digits give it away, and how many a number has at least and at most.
const TAIL: usize = 8;
const SHORTEST: usize = 7;
const LONGEST: usize = 15;
/// How many characters may stand between two digits of one number, none of them a letter.
const GAP: usize = 3;

/// The numbers of one callback.
#[derive(Default)]
pub(crate) struct CallbackNumbers {
    whole: HashSet<String>,
    tails: HashSet<String>,
}

impl CallbackNumbers {
    /// The numbers in a callback's body, in its address, where that is known, and in its headers.
    pub(crate) fn of(body: &[u8], url: Option<&str>, headers: &[(String, String)]) -> Self {
        let mut found = Self::default();
        let text = readable(body);
        scan(&text, &mut |number| found.add(number));
        match serde_json::from_slice::<Value>(body) {
            Ok(json) => found.walk("", &json),
            Err(_) if is_form(body) => {}
            Err(_) => runs(&text).for_each(|(start, end)| {
                found.add_tail(text.get(start..end).unwrap_or_default());
            }),
        }
        if let Some((_, query)) = url.and_then(|url| url.split_once('?')) {
            scan(&readable(query.as_bytes()), &mut |number| found.add(number));
        }
        for (name, value) in headers
            .iter()
            .filter(|(name, _)| sounds_like_a_number(name))
        {
            scan(&format!("{name}: {value}"), &mut |number| found.add(number));
        }
        found
    }

    fn walk(&mut self, name: &str, value: &Value) {
        match value {
            Value::Object(members) => {
                for (name, member) in members {
                    self.walk(name, member);
                }
            }
            Value::Array(members) => members.iter().for_each(|member| self.walk(name, member)),
            Value::String(text) if sounds_like_a_number(name) => self.add(text),
            Value::Number(number) if sounds_like_a_number(name) => self.add(&number.to_string()),
            _ => {}
        }
    }

    fn add(&mut self, text: &str) {
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        if self.add_tail(&digits) {
            self.whole.insert(digits);
        }
    }

    /// Adds the last digits of a number; returns false if the digits cannot be one.
    fn add_tail(&mut self, digits: &str) -> bool {
        let is_one = (SHORTEST..=LONGEST).contains(&digits.len());
        if is_one {
            let from = digits.len().saturating_sub(TAIL);
            self.tails.extend(digits.get(from..).map(str::to_owned));
        }
        is_one
    }

    /// Takes them out of a text or an identifier.
    pub(crate) fn clean(&self, text: &mut String, kind: Kind) {
        match kind {
            Kind::Text | Kind::Parameter => self.text(text),
            Kind::Identifier => self.identifier(text),
        }
    }

    /// Takes them out of a text, however their digits are grouped.
    fn text(&self, text: &mut String) {
        self.take_out(text, GAP, |digits| {
            (SHORTEST..=TAIL).any(|length| {
                let starts = 0..=digits.len().saturating_sub(length);
                let mut windows = starts.filter_map(|start| digits.get(start..start + length));
                windows.any(|window| self.tails.contains(window))
            })
        });
    }

    /// Takes them out of an identifier in which one of them stands alone, with or without a calling code.
    fn identifier(&self, text: &mut String) {
        let is_one = |digits: &str| {
            let calling_code = 0..=3;
            digits.len() <= LONGEST
                && calling_code
                    .filter_map(|length| digits.get(length..))
                    .any(|number| self.whole.contains(number))
        };
        for gap in [0, GAP] {
            self.take_out(text, gap, is_one);
        }
    }

    fn take_out(&self, text: &mut String, gap: usize, holds: impl Fn(&str) -> bool) {
        if self.tails.is_empty() {
            return;
        }
        let mut found = Vec::new();
        for (digits, start, end) in groups(text, gap) {
            if holds(&digits) {
                found.push((start, end));
            }
        }
        if !found.is_empty() {
            *text = masked(text, &found, false);
        }
    }
}

/// The digits of a text, in groups with at most `gap` characters between two of them, and each group's position.
fn groups(text: &str, gap: usize) -> Vec<(String, usize, usize)> {
    let mut groups: Vec<(String, usize, usize)> = Vec::new();
    let mut joins = false;
    for (at, byte) in text.bytes().enumerate() {
        if byte.is_ascii_digit() {
            match groups.last_mut() {
                Some((digits, _, end)) if joins && at - *end <= gap => {
                    digits.push(char::from(byte));
                    *end = at + 1;
                }
                _ => groups.push((char::from(byte).to_string(), at, at + 1)),
            }
            joins = true;
        } else if byte.is_ascii_alphabetic() || !byte.is_ascii() {
            joins = false;
        }
    }
    groups
}

/// Returns true if a body is names and values. Names that do not sound like a number have ids and times as values.
fn is_form(body: &[u8]) -> bool {
    let is_of_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.%[]+".contains(byte);
    body.split(|byte| *byte == b'&').all(|pair| {
        let mut parts = pair.split(|byte| *byte == b'=');
        let name = parts.next().unwrap_or_default();
        parts.next().is_some() && !name.is_empty() && name.iter().all(is_of_name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(body: &str) -> CallbackNumbers {
        let url = "https://auth.example.com/callback?To=%2B447700900123";
        CallbackNumbers::of(body.as_bytes(), Some(url), &[])
    }

    fn cleaned(numbers: &CallbackNumbers, text: &str) -> (String, String) {
        let (mut as_text, mut as_identifier) = (text.to_owned(), text.to_owned());
        numbers.clean(&mut as_text, Kind::Text);
        numbers.clean(&mut as_identifier, Kind::Identifier);
        (as_text, as_identifier)
    }

    #[test]
    fn numbers_of_json_body_leave_texts_and_identifiers() {
        let json = r#"[{"mobile":"13800138000","nationcode":"86","sid":"2019:5386861316612345"},
            {"phone":{"mobile":8521234567}}]"#;
        let numbers = of(json);
        for (text, as_text, as_identifier) in [
            ("to 13800138000.", "to ****.", "to ****."),
            ("+86 138-0013-8000", "+****", "+****"),
            ("8521234567", "****", "****"),
            ("+447700900123", "+****", "+****"),
            // A long id that happens to hold the digits, and a time.
            ("2019:77138001380001234", "****", "2019:77138001380001234"),
            (
                "2015-10-17 08:03:04",
                "2015-10-17 08:03:04",
                "2015-10-17 08:03:04",
            ),
            (
                "2019:5386861316612345",
                "2019:5386861316612345",
                "2019:5386861316612345",
            ),
            ("9246:13800138000", "****", "9246:****"),
            ("DELIVRD", "DELIVRD", "DELIVRD"),
        ] {
            let expected = (as_text.to_owned(), as_identifier.to_owned());
            assert_eq!(cleaned(&numbers, text), expected, "{text}");
        }
    }

    #[test]
    fn numbers_of_a_form_leave_texts() {
        let numbers = of("MessageSid=SM123&To=%2B8613800138000&Body=918273");
        assert_eq!(cleaned(&numbers, "+86 13800138000").0, "+****");
        assert_eq!(cleaned(&numbers, "SM123").0, "SM123");
    }

    #[test]
    fn numbers_of_broken_bodies_leave_texts_and_identifiers() {
        for body in [
            r#"{"mobile":"13800138000","mobile":"1"}"#,
            r#"{"x":1e999,"mobile":"13800138000"}"#,
            "\u{feff}{\"mobile\":\"13800138000\"}",
            "<mobile>13800138000</mobile>",
        ] {
            let masked = ("to ****".to_owned(), "to ****".to_owned());
            assert_eq!(cleaned(&of(body), "to 13800138000"), masked, "{body}");
        }
        let bytes = CallbackNumbers::of(b"\xff&mobile=13800138000", None, &[]);
        assert_eq!(cleaned(&bytes, "13800138000").0, "****");
        let header = ("x-mobile".to_owned(), "13600136000".to_owned());
        let headers = CallbackNumbers::of(b"", None, &[header]);
        assert_eq!(cleaned(&headers, "13600136000").1, "****");
    }

    /// Behind which name it stands is not known, so an id may be a message's.
    #[test]
    fn unnamed_numbers_of_other_bodies_leave_texts_alone() {
        let numbers = of("<m type=\"x\">13800138000</m>");
        let expected = ("****".to_owned(), "13800138000".to_owned());
        assert_eq!(cleaned(&numbers, "13800138000"), expected);
        let form = of("id=13800138000&x=1");
        assert_eq!(cleaned(&form, "13800138000").0, "13800138000");
    }

    #[test]
    fn a_body_without_numbers_changes_nothing() {
        for body in ["", "[]", "{\"to\":\"x\"}", "\u{0}", "to=123456"] {
            let numbers = CallbackNumbers::of(body.as_bytes(), None, &[]);
            assert_eq!(cleaned(&numbers, "13800138000").0, "13800138000", "{body}");
        }
    }
}
