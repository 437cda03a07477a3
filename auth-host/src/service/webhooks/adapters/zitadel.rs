//! Zitadel's HTTP provider for SMS.
//!
//! Facts: the code is `args.oTP` for one-time passwords and `args.code` for the verification of a phone.

use crate::service::webhooks::body::{required, text};
use crate::service::webhooks::wanted::{Unreadable, Wanted};
use serde_json::Value;

/// Reads a message.
///
/// # Errors
///
/// [`Unreadable`].
pub fn read(body: &Value) -> Result<Wanted, Unreadable> {
    let first = |pointers: &[&str]| {
        for pointer in pointers {
            if let Some(found) = text(body, pointer)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    };
    let to = first(&[
        "/contextInfo/recipientPhoneNumber",
        "/args/verifiedPhone",
        "/args/lastPhone",
    ])?;
    let wanted = Wanted {
        to: match to {
            Some(to) => to,
            None => required(body, "/contextInfo/recipientPhoneNumber")?,
        },
        code: first(&["/args/oTP", "/args/code", "/args/otp"])?,
        kind: text(body, "/contextInfo/eventType")?,
        ..Wanted::default()
    };
    wanted.with_code_or_type("/args/oTP")
}
