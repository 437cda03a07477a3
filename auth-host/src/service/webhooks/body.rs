//! Bodies: JSON objects, and forms as objects of texts.

use super::wanted::{Unreadable, expected};
use crate::service::platforms::settings::Settings;
use auth_connector_host::phrase;
use axum::http::{HeaderMap, header};
use serde_json::{Map, Value};
use std::net::IpAddr;

/// The longest text that is accepted from a body, in bytes. Nothing that is sent is longer.
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

/// The text at a pointer; none if it is absent, null or empty.
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

/// The required text at a pointer.
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

/// The address at a pointer, if any.
pub fn ip(body: &Value, pointer: &str) -> Option<IpAddr> {
    body.pointer(pointer)?.as_str()?.trim().parse().ok()
}

/// The person's address from the source that the settings name: the body, or the header that a proxy sets.
pub fn ip_from(
    settings: &Settings,
    headers: &HeaderMap,
    in_body: Option<IpAddr>,
) -> Option<IpAddr> {
    let name = match settings.ip_from.as_deref()? {
        "body" => return in_body,
        name => name,
    };
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    // Two of them: it is unclear which one the proxy wrote.
    if values.next().is_some() {
        return None;
    }
    value.trim().parse().ok()
}

/// The language at a pointer, if any.
pub fn locale(body: &Value, pointer: &str) -> Vec<String> {
    let tag = body.pointer(pointer).and_then(Value::as_str);
    tag.filter(|tag| crate::service::form::is_locale(tag))
        .map(str::to_owned)
        .into_iter()
        .collect()
}

/// The optional text at a pointer; none if it is not a text, or is too long.
pub fn usable(body: &Value, pointer: &str) -> Option<String> {
    text(body, pointer).ok().flatten()
}
