//! Messages that are read by fields.

use crate::form::languages;
use crate::platforms::settings::Fields;
use crate::webhooks::body::{code_in_text, ip, required, text};
use crate::webhooks::wanted::{Unreadable, Wanted, expected};
use auth_connector_host::phrase;
use serde_json::Value;

/// Reads a message.
///
/// # Errors
///
/// [`Unreadable`].
pub fn read(fields: &Fields, body: &Value) -> Result<Wanted, Unreadable> {
    let optional = |place: &Option<String>| match place {
        Some(pointer) => text(body, pointer),
        None => Ok(None),
    };
    if let Some(channel) = optional(&fields.channel)?
        && !channel.eq_ignore_ascii_case("sms")
        && !channel.eq_ignore_ascii_case("text")
    {
        let pointer = fields.channel.clone().unwrap_or_default();
        return expected(
            &pointer,
            phrase!(
                "body-channel",
                "the channel SMS, the only one that is sent here"
            ),
        );
    }
    let kind = optional(&fields.r#type)?;
    let mut code = optional(&fields.code)?;
    if code.is_none()
        && let Some(found) = optional(&fields.text)?
    {
        code = code_in_text(&found);
        if code.is_none() {
            let pointer = fields.text.clone().unwrap_or_default();
            return expected(
                &pointer,
                phrase!(
                    "body-code-text",
                    "a text with one code of four to six digits"
                ),
            );
        }
    }
    if code.is_none() && kind.is_none() {
        let pointer = fields.code.clone().unwrap_or_default();
        return expected(&pointer, phrase!("body-code", "a code"));
    }
    let to = fields.to.clone().unwrap_or_default();
    Ok(Wanted {
        to: required(body, &to)?,
        code,
        kind,
        locales: languages(&optional(&fields.locale)?.unwrap_or_default()),
        ip: fields.ip.as_deref().and_then(|pointer| ip(body, pointer)),
        id: optional(&fields.id)?,
        ..Wanted::default()
    })
}
