//! Logto's connector `http-sms`.
//!
//! Facts: `@logto/connector-http-sms` 0.2.1 posts `{to, type, payload: {code, locale, uiLocales, …}, ip}` once. An invitation
//! has a link and no code.

use crate::service::form::USAGES;
use crate::service::platforms::settings::Settings;
use crate::service::webhooks::body::{ip, locale, required, text, usable};
use crate::service::webhooks::wanted::{Unreadable, Wanted, no_code};
use serde_json::Value;

/// The type whose messages have no code.
const INVITATION: &str = "OrganizationInvitation";

/// Reads a message.
///
/// # Errors
///
/// [`Unreadable`].
pub fn read(settings: &Settings, body: &Value) -> Result<Wanted, Unreadable> {
    let mut locales = locale(body, "/payload/locale");
    if let Some(more) = usable(body, "/payload/uiLocales") {
        let tags = more.split_ascii_whitespace().map(str::to_owned);
        locales.extend(
            tags.filter(|tag| crate::service::form::is_locale(tag))
                .take(7),
        );
    }
    let link = usable(body, "/payload/link");
    let (code, kind) = (text(body, "/payload/code")?, text(body, "/type")?);
    if code.is_none() && !may_lack_code(settings, body, kind.as_deref()) {
        return no_code("/payload/code");
    }
    Ok(Wanted {
        to: required(body, "/to")?,
        code,
        variables: link
            .map(|link| ("link".to_owned(), link))
            .into_iter()
            .collect(),
        kind,
        locales,
        ip: ip(body, "/ip"),
        id: None,
    })
}

/// Returns true if a message may lack a code: it has a link, or its type is one without codes.
fn may_lack_code(settings: &Settings, body: &Value, kind: Option<&str>) -> bool {
    let has_link = body.pointer("/payload/link").is_some_and(Value::is_string);
    let is_own = |kind: &str| USAGES.contains(&kind);
    let is_mapped = |kind: &str| settings.usages.contains_key(kind) && !is_own(kind);
    has_link || kind.is_some_and(|kind| kind == INVITATION || is_mapped(kind))
}
