//! Authgear's custom SMS provider.
//!
//! Facts: authgear-server `pkg/lib/infra/sms/custom`. The portal's test has no template name and no language.

use crate::service::webhooks::body::{locale, required, text, usable};
use crate::service::webhooks::wanted::{Unreadable, Wanted};
use serde_json::Value;
use std::collections::BTreeMap;

/// Members of `template_variables` that a template may show.
const SHOWN: [&str; 3] = ["app_name", "link", "url"];

/// Reads a message.
///
/// # Errors
///
/// [`Unreadable`].
pub fn read(body: &Value) -> Result<Wanted, Unreadable> {
    let mut variables = BTreeMap::new();
    for name in SHOWN {
        if let Some(value) = usable(body, &format!("/template_variables/{name}")) {
            variables.insert(name.to_owned(), value);
        }
    }
    let wanted = Wanted {
        to: required(body, "/to")?,
        code: text(body, "/template_variables/code")?,
        variables,
        kind: text(body, "/template_name")?,
        locales: locale(body, "/language_tag"),
        ..Wanted::default()
    };
    wanted.with_code_or_type("/template_variables/code")
}
