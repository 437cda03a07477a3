//! Logto's connector `http-sms`.
//!
//! Facts: `@logto/connector-http-sms` 0.2.1 posts `{to, type, payload: {code, locale, uiLocales, …}, ip}` once.

use crate::webhooks::body::{ip, locale, required, text};
use crate::webhooks::wanted::{Unreadable, Wanted};
use serde_json::Value;

/// Reads a message.
///
/// # Errors
///
/// [`Unreadable`].
pub fn read(body: &Value) -> Result<Wanted, Unreadable> {
    let mut locales = locale(body, "/payload/locale");
    if let Some(more) = text(body, "/payload/uiLocales")? {
        let tags = more.split_ascii_whitespace().map(str::to_owned);
        locales.extend(tags.filter(|tag| crate::form::is_locale(tag)).take(7));
    }
    let link = text(body, "/payload/link")?;
    Ok(Wanted {
        to: required(body, "/to")?,
        code: text(body, "/payload/code")?,
        variables: link
            .map(|link| ("link".to_owned(), link))
            .into_iter()
            .collect(),
        kind: text(body, "/type")?,
        locales,
        ip: ip(body, "/ip"),
        id: None,
    })
}
