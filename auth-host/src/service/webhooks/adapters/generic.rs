//! Messages that are read by fields.

use crate::service::form::languages;
use crate::service::platforms::settings::{Platform, Settings};
use crate::service::webhooks::body::{ip, required, text, usable};
use crate::service::webhooks::code::{InText, code_in_text};
use crate::service::webhooks::wanted::{Unreadable, Wanted, expected, no_code};
use auth_connector_host::phrase;
use serde_json::Value;

/// Reads a message.
///
/// # Errors
///
/// [`Unreadable`].
pub fn read(settings: &Settings, body: &Value) -> Result<Wanted, Unreadable> {
    let fields = &settings.fields;
    if let Some(channel) = at(body, fields.channel.as_deref())?
        && !channel.eq_ignore_ascii_case("sms")
        && !channel.eq_ignore_ascii_case("text")
    {
        let pointer = fields.channel.as_deref().unwrap_or_default();
        return expected(
            pointer,
            phrase!(
                "body-channel",
                "the channel SMS, the only one that is sent here"
            ),
        );
    }
    let kind = at(body, fields.r#type.as_deref())?;
    let code = code(settings, body, kind.as_deref())?;
    let to = fields.to.as_deref().unwrap_or_default();
    let locale = fields.locale.as_deref();
    let locale = locale.and_then(|pointer| usable(body, pointer));
    Ok(Wanted {
        to: required(body, to)?,
        code,
        kind,
        locales: languages(&locale.unwrap_or_default()),
        ip: fields.ip.as_deref().and_then(|pointer| ip(body, pointer)),
        id: at(body, fields.id.as_deref())?,
        ..Wanted::default()
    })
}

/// The text at a pointer, if the settings name one.
fn at(body: &Value, pointer: Option<&str>) -> Result<Option<String>, Unreadable> {
    match pointer {
        Some(pointer) => text(body, pointer),
        None => Ok(None),
    }
}

/// The code at its own pointer or in a text; none if the message may have none.
fn code(
    settings: &Settings,
    body: &Value,
    kind: Option<&str>,
) -> Result<Option<String>, Unreadable> {
    let fields = &settings.fields;
    let code = at(body, fields.code.as_deref())?;
    if code.is_some() {
        return Ok(code);
    }
    let may_lack = may_lack_code(settings, body, kind);
    if let Some(text) = at(body, fields.text.as_deref())? {
        return match code_in_text(&text) {
            InText::Code(code) => Ok(Some(code)),
            InText::Nothing if may_lack => Ok(None),
            InText::Nothing | InText::Unclear => expected(
                fields.text.as_deref().unwrap_or_default(),
                phrase!(
                    "body-code-text",
                    "a text with one code of four to six digits"
                ),
            ),
        };
    }
    if may_lack {
        return Ok(None);
    }
    let pointer = fields.code.as_deref().or(fields.text.as_deref());
    no_code(pointer.unwrap_or_default())
}

/// Returns true if a message may lack a code: the operator mapped its type, or the platform has messages without codes.
/// Auth0's types with codes are mapped by default, and refused later.
fn may_lack_code(settings: &Settings, body: &Value, kind: Option<&str>) -> bool {
    let is_mapped = kind.is_some_and(|kind| settings.usages.contains_key(kind));
    match settings.platform {
        Platform::Auth0 => kind.is_some(),
        Platform::Clerk => is_mapped && !kind.is_some_and(names_code),
        Platform::Supertokens if body.get("urlWithLinkCode").is_some_and(Value::is_string) => true,
        _ => is_mapped,
    }
}

/// Returns true if one of Clerk's slugs is that of a template with a code: `verification_code`, `reset_password_code`.
pub fn names_code(slug: &str) -> bool {
    slug.contains("code") || slug.contains("otp")
}
