//! String literals of a config, whether or not it is JSON.
//!
//! The plugin reads the config with a reader of its own, which may accept what serde_json refuses: a number out of
//! range, half a surrogate pair, a byte order mark, text behind the end, a key that occurs twice. Therefore the text
//! is scanned for literals and not parsed, and every value of a repeated key is reported.

use crate::names::is_telling;
use std::borrow::Cow;

/// Reports every value of a text, and whether it or an object around it stands under a telling key.
pub(crate) fn scan<'t>(text: &'t str, telling: bool, report: &mut dyn FnMut(Cow<'t, str>, bool)) {
    let mut around = vec![telling];
    let mut under = false;
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let (literal, length) = match rest.as_bytes().first() {
            Some(quote @ (b'"' | b'\'')) => quoted(rest, *quote),
            Some(b'{' | b'[') => {
                around.push(under || around.last().copied().unwrap_or_default());
                under = false;
                at += 1;
                continue;
            }
            Some(b'}' | b']') => {
                around.pop();
                under = false;
                at += 1;
                continue;
            }
            Some(b',') => {
                under = false;
                at += 1;
                continue;
            }
            Some(b':' | b' ' | b'\t' | b'\r' | b'\n') => {
                at += 1;
                continue;
            }
            _ => {
                let end = rest.find([',', ':', '{', '}', '[', ']', '"', ' ', '\t', '\r', '\n']);
                let length = end.unwrap_or(rest.len()).max(1);
                let length = rest.ceil_char_boundary(length);
                (
                    Cow::Borrowed(rest.get(..length).unwrap_or_default()),
                    length,
                )
            }
        };
        at += length;
        let after = text.get(at..).unwrap_or_default().trim_start();
        if after.starts_with(':') {
            under = is_telling(&literal);
            at = text.len() - after.len() + 1;
        } else {
            report(literal, under || around.last().copied().unwrap_or(telling));
        }
    }
}

/// The content of the literal that begins here, and its length with the quotes. One that does not end reaches to the
/// end of the text.
fn quoted(text: &str, quote: u8) -> (Cow<'_, str>, usize) {
    let bytes = text.as_bytes();
    let mut end = 1;
    let mut has_escapes = false;
    while let Some(byte) = bytes.get(end) {
        match byte {
            b'\\' => {
                has_escapes = true;
                end += 2;
            }
            byte if *byte == quote => break,
            _ => end += 1,
        }
    }
    let end = text.floor_char_boundary(end.min(text.len()));
    let inside = text.get(1..end).unwrap_or_default();
    let content = if has_escapes {
        Cow::Owned(unescaped(inside))
    } else {
        Cow::Borrowed(inside)
    };
    (content, (end + 1).min(text.len()))
}

/// A literal's content without its escapes. Half a surrogate pair has no character, and readers differ in what they
/// put there, so a line ends there: secrets are taken line by line.
fn unescaped(inside: &str) -> String {
    let mut out = String::with_capacity(inside.len());
    let mut rest = inside;
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        let (character, length) = escape(after);
        out.push(character);
        rest = after.get(length..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

/// The character of the escape that follows a backslash, and the escape's length without that.
pub(crate) fn escape(after: &str) -> (char, usize) {
    let unit = |text: &str| {
        let digits = text.strip_prefix('u')?.get(..4)?;
        digits
            .bytes()
            .all(|byte| byte.is_ascii_hexdigit())
            .then(|| u32::from_str_radix(digits, 16).ok())?
    };
    match after.chars().next() {
        Some('u') => match unit(after) {
            Some(high @ 0xd800..0xdc00) => {
                let low = after
                    .get(5..)
                    .and_then(|rest| rest.strip_prefix('\\'))
                    .and_then(unit);
                match low {
                    Some(low @ 0xdc00..0xe000) => {
                        let joined = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                        (char::from_u32(joined).unwrap_or('\n'), 11)
                    }
                    _ => ('\n', 5),
                }
            }
            Some(unit) => (char::from_u32(unit).unwrap_or('\n'), 5),
            None => ('u', 1),
        },
        Some('n') => ('\n', 1),
        Some('r') => ('\r', 1),
        Some('t') => ('\t', 1),
        Some('b') => ('\u{8}', 1),
        Some('f') => ('\u{c}', 1),
        Some(other) => (other, other.len_utf8()),
        None => ('\\', 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<(String, bool)> {
        let mut found = Vec::new();
        scan(text, false, &mut |value, telling| {
            found.push((value.into_owned(), telling));
        });
        found
    }

    #[test]
    fn every_value_of_a_repeated_key_is_reported() {
        let found = values(r#"{"password":"first","a":1,"password":"second"}"#);
        let expected = [("first", true), ("1", false), ("second", true)];
        assert_eq!(found, expected.map(|(text, told)| (text.to_owned(), told)));
    }

    #[test]
    fn values_nested_under_telling_key_are_telling() {
        let found = values(r#"{"credentials":{"a":["x",{"b":"y"}]},"c":"z"}"#);
        let expected = [("x", true), ("y", true), ("z", false)];
        assert_eq!(found, expected.map(|(text, told)| (text.to_owned(), told)));
    }

    #[test]
    fn invalid_json_is_still_scanned() {
        for text in [
            "{\"password\":\"hunter2!\",\"n\":1e999}",
            "{\"n\":\"\\ud800\",\"password\":\"hunter2!\"}",
            "\u{feff}{\"password\":\"hunter2!\"}",
            "{\"password\":\"hunter2!\"} and more",
            "{\"password\":\"hunter2!",
            "{password:'hunter2!'}",
            "password: hunter2!",
            "{\"a\":\"\\q\\\",\",\"password\":\"hun\\u0074er2!\",}",
            "]]]{\"password\":\"hunter2!\"}",
        ] {
            let found = values(text);
            let is_there = found
                .iter()
                .any(|(value, told)| *told && value == "hunter2!");
            assert!(is_there, "{text}: {found:?}");
        }
    }

    #[test]
    fn escapes_are_read_and_lone_surrogate_ends_line() {
        assert_eq!(unescaped(r"a\u00e9\ud83d\ude00\/\\\n"), "aé😀/\\\n");
        assert_eq!(unescaped(r"ab\ud800cd\udc00ef\u12"), "ab\ncd\nefu12");
    }
}
