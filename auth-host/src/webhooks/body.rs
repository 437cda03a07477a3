//! Bodies: JSON objects, and forms as objects of texts.

use super::wanted::{Unreadable, expected};
use auth_connector_host::phrase;
use axum::http::{HeaderMap, header};
use serde_json::{Map, Value};
use std::net::IpAddr;

/// The longest text that is taken from a body, in bytes. Nothing that is sent is longer.
const LONGEST: usize = 1024;

/// Reads a body by its content type: a form, or else JSON.
///
/// # Errors
///
/// [`Unreadable`].
pub fn parse(headers: &HeaderMap, body: &[u8]) -> Result<Value, Unreadable> {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        let mut object = Map::new();
        for (name, value) in form_urlencoded::parse(body) {
            if object
                .insert(name.into_owned(), value.into_owned().into())
                .is_some()
            {
                return expected(
                    "",
                    phrase!("body-form", "a form in which no field occurs twice"),
                );
            }
        }
        return Ok(Value::Object(object));
    }
    match serde_json::from_slice(body) {
        Ok(value @ Value::Object(_)) => Ok(value),
        Ok(_) | Err(_) => expected("", phrase!("body-object", "a JSON object, or a form")),
    }
}

/// The text at a place; none where it is absent, null or empty.
///
/// # Errors
///
/// [`Unreadable`] when something else is there, or a text that is too long.
pub fn text(body: &Value, pointer: &str) -> Result<Option<String>, Unreadable> {
    match body.pointer(pointer) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.is_empty() => Ok(None),
        Some(Value::String(text)) if text.len() <= LONGEST => Ok(Some(text.clone())),
        Some(_) => expected(
            pointer,
            phrase!("body-long", "a text of at most 1024 bytes"),
        ),
    }
}

/// The text at a place that has to be there.
///
/// # Errors
///
/// As [`text`], and when it is missing.
pub fn required(body: &Value, pointer: &str) -> Result<String, Unreadable> {
    match text(body, pointer)? {
        Some(text) => Ok(text),
        None => expected(pointer, phrase!("body-text", "a text")),
    }
}

/// The address at a place, where one is there.
pub fn ip(body: &Value, pointer: &str) -> Option<IpAddr> {
    body.pointer(pointer)?.as_str()?.trim().parse().ok()
}

/// A language at a place, where one is there.
pub fn locale(body: &Value, pointer: &str) -> Vec<String> {
    let tag = body.pointer(pointer).and_then(Value::as_str);
    tag.filter(|tag| crate::form::is_locale(tag))
        .map(str::to_owned)
        .into_iter()
        .collect()
}

/// The only run of four to six digits in a text that touches no other digit. The same digits on a line for the browser
/// (`@host #123456`) count once.
pub fn code_in_text(text: &str) -> Option<String> {
    let runs = text
        .split(|c: char| !c.is_ascii_digit())
        .filter(|run| (4..=6).contains(&run.len()));
    let mut found: Option<&str> = None;
    for run in runs {
        match found {
            None => found = Some(run),
            Some(known) if known == run => {}
            Some(_) => return None,
        }
    }
    found.map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The one run of four to six digits in a text is its code; of two there is none.
    #[test]
    fn code_is_only_run_of_right_digit_count() {
        for (text, code) in [
            ("Your code is 123456.", Some("123456")),
            (
                "123456 is your code.\n@login.example.com #123456",
                Some("123456"),
            ),
            ("验证码1234，五分钟内有效", Some("1234")),
            ("123456 or 654321", None),
            ("call 8613800138000", None),
            ("123", None),
            ("1234567", None),
            ("", None),
        ] {
            assert_eq!(code_in_text(text).as_deref(), code, "{text}");
        }
    }
}
