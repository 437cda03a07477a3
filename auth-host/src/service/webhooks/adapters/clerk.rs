//! Clerk's event `sms.created`.
//!
//! Facts: `SmsWebhookEvent` of `@clerk/backend` 3.25.0. Clerk posts the event of each message, including those that it
//! delivers itself (`delivered_by_clerk`). A slug names the template; some of them only report what happened to an
//! account. Svix repeats every post for days until it gets a success.

use super::generic::{self, names_code};
use crate::service::platforms::settings::Settings;
use crate::service::webhooks::body::{required, text, usable};
use crate::service::webhooks::code::{InText, code_in_text};
use crate::service::webhooks::wanted::{Unreadable, Wanted};
use serde_json::Value;

/// Endings of the slugs of templates that report an event: `password_changed`, `passkey_added`.
const NEWS: [&str; 3] = ["_added", "_changed", "_removed"];

/// Reads an event. None if it is not a message, Clerk delivers it, or it has no code and is mapped to nothing.
///
/// # Errors
///
/// [`Unreadable`].
pub fn read(settings: &Settings, body: &Value) -> Result<Option<Wanted>, Unreadable> {
    let is_message = required(body, "/type")? == "sms.created";
    let is_delivered = body.pointer("/data/delivered_by_clerk") == Some(&Value::Bool(true));
    if !is_message || is_delivered || has_no_code(settings, body) {
        return Ok(None);
    }
    generic::read(settings, body).map(Some)
}

/// Returns true if a message clearly has no code: by its slug, or by its text if its slug names no code.
fn has_no_code(settings: &Settings, body: &Value) -> bool {
    let at = |pointer: Option<&str>| pointer.and_then(|pointer| usable(body, pointer));
    let fields = &settings.fields;
    let slug = at(fields.r#type.as_deref()).unwrap_or_default();
    let has_code = fields
        .code
        .as_deref()
        .is_some_and(|pointer| !matches!(text(body, pointer), Ok(None)));
    if has_code || settings.usages.contains_key(&slug) {
        return false;
    }
    let is_news = NEWS.iter().any(|end| slug.ends_with(end));
    let text = at(fields.text.as_deref());
    let has_nothing = text.is_some_and(|text| code_in_text(&text) == InText::Nothing);
    is_news || has_nothing && !names_code(&slug)
}
