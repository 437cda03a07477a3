//! Reads JSON within stated bounds: configs into a borrowed document, responses into types.
//!
//! A config becomes a [`Json`], because a reader that reports everything at once needs unknown keys, keys that occur
//! twice, and values of the wrong type. A response becomes a type of the connector's, by
//! [`from_slice`].

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;
use core::fmt;

use serde::Deserialize;
use serde::de::value::SeqAccessDeserializer;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};

/// The longest text that is read, in bytes: the contract's bound on a config.
pub const MAX_BYTES: usize = 65_536;

/// The deepest nesting that is read: the contract's bound on a config.
pub const MAX_DEPTH: usize = 16;

/// A JSON document that borrows from its text.
#[derive(Clone, Debug, PartialEq)]
pub enum Json<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A whole number from 0 to 2^64 - 1, also where it is written as `5.0`.
    Integer(u64),
    /// A whole number below 0, down to -2^63, also where it is written as `-5.0`.
    Negative(i64),
    /// Any other number: fractional or huge.
    OtherNumber(f64),
    /// A string; owned only where it held an escape.
    String(Cow<'a, str>),
    /// An array.
    Array(Vec<Json<'a>>),
    /// An object, in the order of the text, repeated keys included.
    Object(Vec<(Cow<'a, str>, Json<'a>)>),
}

impl<'a> Json<'a> {
    /// The value of `key` if this is an object that has it. If a key is repeated, the last one counts, as in
    /// JavaScript's `JSON.parse`.
    pub fn get(&self, key: &str) -> Option<&Json<'a>> {
        let Self::Object(members) = self else {
            return None;
        };
        let (_, value) = members.iter().rev().find(|(name, _)| name == key)?;
        Some(value)
    }

    /// The string, if this is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// True if the value names nothing: null, white space, an empty object or list. Forms post these for fields
    /// that nobody filled in.
    pub fn is_blank(&self) -> bool {
        match self {
            Self::Null => true,
            Self::String(text) => text.trim().is_empty(),
            Self::Array(items) => items.is_empty(),
            Self::Object(members) => members.is_empty(),
            Self::Bool(_) | Self::Integer(_) | Self::Negative(_) | Self::OtherNumber(_) => false,
        }
    }
}

/// True if a text is an example in angle brackets, such as `<region>`.
pub fn is_placeholder(text: &str) -> bool {
    let text = text.trim();
    text.starts_with('<') && text.ends_with('>')
}

/// The reason that a text was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParseError {
    /// Longer than [`MAX_BYTES`].
    TooLong,
    /// Nested deeper than [`MAX_DEPTH`].
    TooDeep,
    /// Not JSON. The place is where reading stopped.
    Syntax {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
}

/// Reads a document.
///
/// # Errors
/// [`ParseError`] when the text is longer or deeper than the bounds, or not JSON.
///
/// # Examples
/// ```
/// use connector_kit::json;
///
/// let document = json::parse(r#"{"region": "north"}"#).unwrap();
/// assert_eq!(document.get("region").and_then(json::Json::as_str), Some("north"));
/// ```
pub fn parse(text: &str) -> Result<Json<'_>, ParseError> {
    from_slice(text.as_bytes())
}

/// Reads a value of a type that derives `Deserialize`, which may borrow from the text.
///
/// # Errors
/// [`ParseError`] when the text is longer or deeper than the bounds, not JSON, or not of the type.
///
/// # Examples
/// ```
/// #[derive(serde::Deserialize)]
/// struct Sent<'a> {
///     #[serde(borrow)]
///     id: std::borrow::Cow<'a, str>,
/// }
///
/// let sent: Sent = connector_kit::json::from_slice(br#"{"id": "4711"}"#).unwrap();
/// assert_eq!(sent.id, "4711");
/// ```
pub fn from_slice<'a, T: Deserialize<'a>>(text: &'a [u8]) -> Result<T, ParseError> {
    if text.len() > MAX_BYTES {
        return Err(ParseError::TooLong);
    }
    // Before the parser, whose own bound is 128 levels: the contract promises 16, and each level takes stack.
    if depth(text) > MAX_DEPTH {
        return Err(ParseError::TooDeep);
    }
    serde_json::from_slice(text).map_err(|error| ParseError::Syntax {
        line: error.line(),
        // The parser counts from 0 where a text ends before its first character.
        column: error.column().max(1),
    })
}

/// Reads a text that a response can do without: a value of another type counts as absent. For
/// `#[serde(borrow, default, deserialize_with = "...")]`.
///
/// # Errors
/// When the value is not JSON.
///
/// # Examples
/// ```
/// use std::borrow::Cow;
///
/// #[derive(serde::Deserialize)]
/// struct Sent<'a> {
///     #[serde(borrow, default, deserialize_with = "connector_kit::json::optional_text")]
///     note: Option<Cow<'a, str>>,
/// }
///
/// let sent: Sent = connector_kit::json::from_slice(br#"{"note": 7}"#).unwrap();
/// assert_eq!(sent.note, None);
/// ```
pub fn optional_text<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Cow<'de, str>>, D::Error> {
    Ok(match Json::deserialize(deserializer)? {
        Json::String(text) => Some(text),
        _ => None,
    })
}

/// Reads a whole number that a response can do without, as [`optional_text`] reads a text. One that the type of the
/// member does not hold counts as absent.
///
/// # Errors
/// When the value is not JSON.
///
/// # Examples
/// ```
/// #[derive(serde::Deserialize)]
/// struct Sent {
///     #[serde(default, deserialize_with = "connector_kit::json::optional_integer")]
///     status: Option<i64>,
/// }
///
/// let sent: Sent = connector_kit::json::from_slice(br#"{"status": -40}"#).unwrap();
/// assert_eq!(sent.status, Some(-40));
/// ```
pub fn optional_integer<'de, D: Deserializer<'de>, N: TryFrom<i128>>(
    deserializer: D,
) -> Result<Option<N>, D::Error> {
    let number: Option<i128> = match Json::deserialize(deserializer)? {
        Json::Integer(number) => Some(number.into()),
        Json::Negative(number) => Some(number.into()),
        _ => None,
    };
    Ok(number.and_then(|number| N::try_from(number).ok()))
}

/// Reads a provider's code, for `Failure::provider_code`: a text, or a number as its digits. No number counts as
/// absent, because a code that is not there often means that all is well.
///
/// # Errors
/// When the value is not JSON.
///
/// # Examples
/// ```
/// use std::borrow::Cow;
///
/// #[derive(serde::Deserialize)]
/// struct Refused<'a> {
///     #[serde(borrow, default, deserialize_with = "connector_kit::json::optional_code")]
///     code: Option<Cow<'a, str>>,
/// }
///
/// for (answer, code) in [(r#"{"code": 21211}"#, "21211"), (r#"{"code": -40}"#, "-40")] {
///     let refused: Refused = connector_kit::json::from_slice(answer.as_bytes()).unwrap();
///     assert_eq!(refused.code.as_deref(), Some(code));
/// }
/// ```
pub fn optional_code<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Cow<'de, str>>, D::Error> {
    Ok(match Json::deserialize(deserializer)? {
        Json::String(text) => Some(text),
        Json::Integer(number) => Some(number.to_string().into()),
        Json::Negative(number) => Some(number.to_string().into()),
        // Digits beyond 2^53 are not known any more, so what is left is shown as the float that it is.
        Json::OtherNumber(number) => Some(format!("{number:?}").into()),
        _ => None,
    })
}

/// The deepest nesting of brackets. Text that is not JSON may give any answer.
fn depth(text: &[u8]) -> usize {
    let (mut depth, mut deepest, mut in_string, mut escaped) = (0_usize, 0, false, false);
    for byte in text {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

impl<'de: 'a, 'a> Deserialize<'de> for Json<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DocumentVisitor)
    }
}

struct DocumentVisitor;

impl<'de> Visitor<'de> for DocumentVisitor {
    type Value = Json<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Json::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Json::Integer(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Json::Negative(value))
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        // Beyond 2^53 neighbours share a float, so the number written is not known any more.
        const EXACT: f64 = 9_007_199_254_740_992.0;
        Ok(match value {
            _ if value % 1.0 != 0.0 => Json::OtherNumber(value),
            0.0..EXACT => Json::Integer(value as u64),
            _ if -EXACT < value && value < 0.0 => Json::Negative(value as i64),
            _ => Json::OtherNumber(value),
        })
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Json::String(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Json::String(Cow::Owned(text.into())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, entries: A) -> Result<Self::Value, A::Error> {
        let items = Vec::deserialize(SeqAccessDeserializer::new(entries))?;
        Ok(Json::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some((Key(key), value)) = entries.next_entry()? {
            members.push((key, value));
        }
        Ok(Json::Object(members))
    }
}

/// A key that borrows where it can; serde's own `Cow` never does.
#[derive(Deserialize)]
#[serde(transparent)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn document_keeps_order_and_repeated_keys() {
        let document = parse(r#"{"b": 1, "a": [null, true, -1, 1.5], "b": "x\n"}"#).unwrap();
        assert_eq!(document.get("b"), Some(&Json::String("x\n".into())));
        let Json::Object(members) = &document else {
            panic!("an object")
        };
        let keys: Vec<&str> = members.iter().map(|(key, _)| key.as_ref()).collect();
        assert_eq!(keys, ["b", "a", "b"]);
        assert_eq!(
            document.get("a"),
            Some(&Json::Array(alloc::vec![
                Json::Null,
                Json::Bool(true),
                Json::Negative(-1),
                Json::OtherNumber(1.5)
            ]))
        );
    }

    #[test]
    fn strings_and_keys_borrow_unless_escaped() {
        let document = parse(r#"{"plain": "text", "esc\u0061ped": "t\u0065xt"}"#).unwrap();
        let Json::Object(members) = document else {
            panic!("an object")
        };
        let borrowed: Vec<_> = members
            .iter()
            .map(|(key, value)| {
                let value = matches!(value, Json::String(Cow::Borrowed(_)));
                (matches!(key, Cow::Borrowed(_)), value)
            })
            .collect();
        assert_eq!(borrowed, [(true, true), (false, false)]);
    }

    #[test]
    fn whole_numbers_are_integers_however_written() {
        for (text, expected) in [
            ("0", Json::Integer(0)),
            ("5.0", Json::Integer(5)),
            ("5e0", Json::Integer(5)),
            ("18446744073709551615", Json::Integer(u64::MAX)),
            ("-0", Json::Integer(0)),
            ("-1", Json::Negative(-1)),
            ("-5.0", Json::Negative(-5)),
            ("-9223372036854775808", Json::Negative(i64::MIN)),
            (
                "18446744073709551616",
                Json::OtherNumber(18_446_744_073_709_551_616.0),
            ),
            (
                "-9223372036854775809",
                Json::OtherNumber(-9_223_372_036_854_775_809.0),
            ),
            ("0.5", Json::OtherNumber(0.5)),
            (
                "9007199254740993.0",
                Json::OtherNumber(9_007_199_254_740_992.0),
            ),
            (
                "-9007199254740993.0",
                Json::OtherNumber(-9_007_199_254_740_992.0),
            ),
            ("1e30", Json::OtherNumber(1e30)),
        ] {
            assert_eq!(parse(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn depth_is_bounded_and_ignores_brackets_in_strings() {
        let nested = |levels| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(parse(&nested(MAX_DEPTH)).is_ok());
        assert_eq!(parse(&nested(MAX_DEPTH + 1)), Err(ParseError::TooDeep));
        assert!(parse(&format!(r#""{}\"[""#, "[".repeat(50))).is_ok());
    }

    #[test]
    fn length_is_bounded() {
        let text = format!("\"{}\"", "a".repeat(MAX_BYTES - 2));
        assert!(parse(&text).is_ok());
        assert_eq!(parse(&format!("{text} ")), Err(ParseError::TooLong));
    }

    #[test]
    fn optional_value_of_another_type_is_absent() {
        #[derive(Deserialize, PartialEq, Debug)]
        struct Answer<'a> {
            #[serde(borrow, default, deserialize_with = "optional_text")]
            text: Option<Cow<'a, str>>,
            #[serde(default, deserialize_with = "optional_integer")]
            number: Option<u64>,
            #[serde(borrow, default, deserialize_with = "optional_code")]
            code: Option<Cow<'a, str>>,
        }
        for (text, code) in [
            (r#"{"code": 21211}"#, Some("21211")),
            (r#"{"code": "E1"}"#, Some("E1")),
            (r#"{"code": -40}"#, Some("-40")),
            (r#"{"code": "-40"}"#, Some("-40")),
            (r#"{"code": 4.5}"#, Some("4.5")),
            (r#"{"code": 99999999999999999999}"#, Some("1e20")),
            (r#"{"code": 0}"#, Some("0")),
            (r#"{"code": true}"#, None),
            (r#"{"code": null}"#, None),
            ("{}", None),
        ] {
            let answer: Answer<'_> = from_slice(text.as_bytes()).unwrap();
            assert_eq!(answer.code.as_deref(), code, "{text}");
        }
        let read = |text| {
            let answer: Answer<'_> = from_slice(text).unwrap();
            (answer.text.map(Cow::into_owned), answer.number)
        };
        assert_eq!(
            read(br#"{"text": "a", "number": 1.0}"#),
            (Some("a".into()), Some(1))
        );
        for text in [
            "{}",
            r#"{"text": null, "number": null}"#,
            r#"{"text": 1, "number": "1"}"#,
            r#"{"text": {"a": [1]}, "number": -1}"#,
        ] {
            assert_eq!(read(text.as_bytes()), (None, None), "{text}");
        }
        assert!(from_slice::<Answer>(br#"{"text": }"#).is_err());
    }

    #[test]
    fn error_names_line_and_column() {
        for (text, line, column) in [("{\n  \"a\": ,\n}", 2, 8), ("", 1, 1), ("{} x", 1, 4)] {
            assert_eq!(
                parse(text),
                Err(ParseError::Syntax { line, column }),
                "{text:?}"
            );
        }
        assert!(matches!(
            from_slice::<Json>(b"\"\xff\""),
            Err(ParseError::Syntax { .. })
        ));
    }

    #[test]
    fn blank_values_of_every_type_are_blank() {
        for text in ["null", "\"\"", "\" \\n\"", "{}", "[]"] {
            assert!(parse(text).unwrap().is_blank(), "{text}");
        }
        for text in ["0", "false", "\"a\"", "[null]", "{\"a\":null}", "-1"] {
            assert!(!parse(text).unwrap().is_blank(), "{text}");
        }
    }
}
