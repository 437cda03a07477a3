//! Ory Kratos' courier, with our Jsonnet (`deploy/kratos/sms.jsonnet`) or with the whole context.
//!
//! Facts: `courier/template/sms` of ory/kratos. Kratos' own default Jsonnet leaves the codes of login and registration
//! out.

use crate::service::form::languages;
use crate::service::webhooks::body::{ip, locale, required, text, usable};
use crate::service::webhooks::wanted::{Unreadable, Wanted};
use serde_json::Value;

/// The members of `template_data` that contain a code.
const CODES: [&str; 4] = [
    "login_code",
    "registration_code",
    "verification_code",
    "recovery_code",
];

/// Reads a message.
///
/// # Errors
///
/// [`Unreadable`].
pub fn read(body: &Value) -> Result<Wanted, Unreadable> {
    if body.get("template_data").is_some() {
        return read_context(body)?.with_code_or_type("/template_data");
    }
    let mut tags = locale(body, "/locale");
    let header = usable(body, "/accept_language");
    tags.extend(languages(&header.unwrap_or_default()));
    tags.truncate(8);
    let wanted = Wanted {
        to: required(body, "/to")?,
        code: text(body, "/code")?,
        kind: text(body, "/template_type")?,
        locales: tags,
        ip: ip(body, "/client_ip"),
        ..Wanted::default()
    };
    wanted.with_code_or_type("/code")
}

/// Reads `function(ctx) ctx`.
fn read_context(body: &Value) -> Result<Wanted, Unreadable> {
    let mut code = None;
    for name in CODES {
        code = match code {
            None => text(body, &format!("/template_data/{name}"))?,
            found => found,
        };
    }
    let to = match text(body, "/recipient")? {
        Some(to) => to,
        None => required(body, "/template_data/to")?,
    };
    let header = usable(body, "/request_headers/Accept-Language/0");
    Ok(Wanted {
        to,
        code,
        kind: text(body, "/template_type")?,
        locales: languages(&header.unwrap_or_default()),
        ip: ip(body, "/request_headers/True-Client-Ip/0"),
        ..Wanted::default()
    })
}
