//! Identity of a platform's request, by which a retry is recognised.
//!
//! Operators edit a webhook when its messages fail, and that is between two attempts of a platform. Each identity
//! therefore comes from the request. The body alone is one, whatever the settings read in it. The values that the
//! settings read are another: they find a retry whose body differs from the first one.

use super::once::Asked;
use super::verdict::{Class, Verdict};
use super::wanted::Wanted;
use crate::service::app::App;
use crate::service::catalog::Connector;
use crate::service::crypt::{Purpose, digest};
use crate::service::form::USAGES;
use crate::service::header_key;
use crate::service::number::Number;
use crate::service::platforms::Webhook;
use crate::service::platforms::auth::{Auth, SIGNED_S};
use crate::service::platforms::presets;
use crate::service::platforms::settings::{Fields, Settings};
use crate::service::store::webhooks::KEPT_MS;
use auth_connector_host::phrase;
use axum::http::HeaderMap;
use serde_json::Value;
use std::sync::Arc;

/// The identifying parts of a request.
pub struct Marks {
    /// The platform's own identifier of the message.
    id: Option<String>,
    /// True if it was in a header.
    is_in_header: bool,
    /// The body, its members in one order.
    body: String,
}

impl Marks {
    /// Reads them. An identifier in a header takes precedence over the one in the body.
    ///
    /// # Errors
    ///
    /// A refusal if the header does not identify a message: its retries would be sent again.
    pub fn of(
        webhook: &Webhook,
        headers: &HeaderMap,
        mut body: Value,
        id: Option<String>,
    ) -> Result<Self, Verdict> {
        let in_header = id_in_headers(webhook, headers)?;
        body.sort_all_objects();
        Ok(Self {
            is_in_header: in_header.is_some(),
            id: in_header.or(id),
            body: body.to_string(),
        })
    }

    /// Returns the keys under which the request is remembered, and the hashes that distinguish it from others.
    pub fn asked(
        &self,
        app: &App,
        webhook: &Webhook,
        wanted: &Wanted,
        number: &Number,
        (usage, route): (&str, &[Arc<Connector>]),
    ) -> Asked {
        let own = self.id.as_ref();
        let own = own.map(|id| digest(&[b"id", webhook.id.as_bytes(), id.as_bytes()]));
        let window_ms = match own {
            Some(_) => KEPT_MS,
            None => i64::from(window_s(webhook)) * 1000,
        };
        let hashes = |parts: &[&str]| {
            let bytes = framed(parts);
            app.keys.hashes(&webhook.tenant, Purpose::Search, &bytes)
        };
        let usages = usages(webhook, wanted.kind.as_deref(), usage);
        let hashed = usages.iter().flat_map(|usage| {
            hashes(&[
                webhook.settings.platform.as_str(),
                &webhook.id,
                number.e164(),
                usage,
                wanted.kind.as_deref().unwrap_or_default(),
                wanted.code.as_deref().unwrap_or_default(),
            ])
        });
        let versions = route
            .iter()
            .map(|c| format!("{}/{}/{}", c.row.id, c.row.revision, c.digest()));
        let mut sent: Vec<String> = versions.collect();
        sent.extend([usage.to_owned(), wanted.locales.join(",")]);
        let sent: Vec<&[u8]> = sent.iter().map(String::as_bytes).collect();
        Asked {
            tenant: webhook.tenant.clone(),
            own,
            is_in_header: self.is_in_header,
            wanted: hashed.collect(),
            bodies: hashes(&["body", &webhook.id, &self.body]),
            route: digest(&sent),
            window_ms,
        }
    }
}

/// The platform's own identifier of the message, if a header carries one that stays the same: GoTrue makes a new
/// `webhook-id` for each attempt.
fn id_in_headers(webhook: &Webhook, headers: &HeaderMap) -> Result<Option<String>, Verdict> {
    if presets::of(webhook.settings.platform).fields == Fields::default() {
        return Ok(None);
    }
    let name = match webhook.auth {
        Auth::StandardWebhooks => "webhook-id",
        Auth::Svix => "svix-id",
        _ => "idempotency-key",
    };
    header_key::read(headers, name).map_err(|_| {
        Verdict::refused(Class::Unreadable, "idempotency-key").hint(phrase!(
            "hint-key",
            "The header {name} is there once and has 1 to 255 visible ASCII characters.",
            name = name
        ))
    })
}

/// Usages under which the request may be remembered. The first is the platform's own for its type, which no setting
/// changes. Versions before this rule used the mapped one, and their rows count for 72 hours after an update.
fn usages(webhook: &Webhook, kind: Option<&str>, usage: &str) -> Vec<String> {
    let preset = presets::of(webhook.settings.platform);
    let mut usages = vec![usage_of(&preset, kind)];
    let mapped = webhook.settings.usages.values().map(String::as_str);
    let former = USAGES.into_iter().chain(mapped);
    for usage in former.chain([usage, webhook.settings.usage.as_str()]) {
        if !usages.iter().any(|known| known == usage) {
            usages.push(usage.to_owned());
        }
    }
    usages
}

/// The usage of the platform's type: as the operator mapped it, by its name where it is a usage, or the default.
pub fn usage_of(settings: &Settings, kind: Option<&str>) -> String {
    let mapped = kind.and_then(|kind| settings.usages.get(kind).cloned());
    let named = || kind.filter(|kind| USAGES.contains(kind)).map(str::to_owned);
    mapped
        .or_else(named)
        .unwrap_or_else(|| settings.usage.clone())
}

/// Prefixes each text with its length, so that no two lists of texts give the same bytes.
fn framed(parts: &[&str]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for part in parts {
        bytes.extend_from_slice(&part.len().to_be_bytes());
        bytes.extend_from_slice(part.as_bytes());
    }
    bytes
}

/// How long a message without an identifier of its own is recognised, in seconds. A signature with a time proves the
/// origin of a repeated message for as long as it is valid.
fn window_s(webhook: &Webhook) -> u32 {
    let own = webhook.settings.window_s;
    match webhook.auth {
        Auth::StandardWebhooks | Auth::Svix | Auth::Zitadel => own.max(SIGNED_S),
        _ => own,
    }
}
