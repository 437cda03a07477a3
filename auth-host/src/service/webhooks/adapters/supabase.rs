//! Supabase Auth's Send SMS hook.
//!
//! Facts: supabase/auth `internal/hooks`. `metadata.uuid` is made once for each send, before the attempts; it was added
//! later than the hook, like `sms.phone`.

use crate::service::webhooks::body::{ip, locale, required, text, usable};
use crate::service::webhooks::wanted::{Unreadable, Wanted};
use serde_json::Value;

/// Reads a message.
///
/// # Errors
///
/// [`Unreadable`].
pub fn read(body: &Value) -> Result<Wanted, Unreadable> {
    let is_change = text(body, "/user/new_phone")?.is_some();
    let to = match text(body, "/sms/phone")? {
        Some(phone) => phone,
        // Before `sms.phone`, a changed number was next to the old one.
        None if is_change => required(body, "/user/new_phone")?,
        None => required(body, "/user/phone")?,
    };
    let kind = match text(body, "/sms/sms_type")? {
        Some(kind) => kind,
        None if is_change => "phone-change".to_owned(),
        None if usable(body, "/user/phone_confirmed_at").is_some() => "sign-in".to_owned(),
        None => "register".to_owned(),
    };
    let mut locales = locale(body, "/user/user_metadata/locale");
    locales.extend(locale(body, "/user/user_metadata/language"));
    Ok(Wanted {
        to,
        code: Some(required(body, "/sms/otp")?),
        kind: Some(kind),
        locales,
        ip: ip(body, "/metadata/ip_address"),
        id: text(body, "/metadata/uuid")?,
        ..Wanted::default()
    })
}
