//! Webhooks: instances of platforms' adapters. Secrets are stored and not shown again; one that is made here is shown
//! once.

use super::webhook_settings::patched;
use super::{Actor, Entry, change, change_shown_once, check_name, named, require, require_current};
use crate::service::app::App;
use crate::service::crypt::Purpose;
use crate::service::ids;
use crate::service::limits::WEBHOOK;
use crate::service::number::Bare;
use crate::service::platforms::auth::Auth;
use crate::service::platforms::settings::{Platform, Settings};
use crate::service::platforms::{Webhook, presets};
use crate::service::problem::Problem;
use crate::service::store::StoreError;
use crate::service::store::audit::Action;
use crate::service::store::limits::Counter;
use crate::service::store::webhooks::{self as rows, Webhook as Row};
use crate::service::texts::{Sentence, about, say};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The most secrets of one webhook: a new and an old one, and a few by mistake.
const SECRETS: usize = 8;

/// A webhook for display.
#[derive(Debug, Serialize)]
pub struct WebhookView {
    /// Its identifier.
    pub id: String,
    /// Its tenant.
    pub tenant: String,
    /// Its name.
    pub name: String,
    /// The path that the platform posts to, below the public address.
    pub path: String,
    /// Its settings.
    pub settings: Settings,
    /// Number of valid secrets.
    pub secrets: usize,
    /// The secret that was made here; only in the response to its creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// Warnings about its settings and its platform.
    pub warnings: Vec<Sentence>,
}

/// Creates a webhook, or changes its settings and secrets.
///
/// `body` has the platform, its settings and `secrets`, a list. The settings are a JSON merge patch over the stored
/// ones, or over the platform's defaults. A new webhook without secrets gets one, which is shown once, unless the
/// platform makes its own.
///
/// # Errors
///
/// [`Problem`] that names the place; nothing is changed then.
pub async fn put(
    app: &Arc<App>,
    actor: &Actor,
    tenant: &str,
    name: &str,
    mut body: Value,
) -> Result<WebhookView, Problem> {
    check_name("/name", name)?;
    if !app.catalog.load().tenants.contains_key(tenant) {
        return Err(Problem::not_found("tenant"));
    }
    let Some(patch) = body.as_object_mut() else {
        return Err(Problem::invalid("", say("refusal-object")));
    };
    let before = find(app, tenant, name).ok();
    let given = secrets_of(patch.remove("secrets"))?;
    let base = match &before {
        Some(before) => before.settings.clone(),
        None => presets::of(platform(patch.get("platform"))?),
    };
    let id = before
        .as_ref()
        .map_or_else(|| ids::new("w"), |before| before.id.clone());
    let is_new_twilio = before.is_none() && base.platform == Platform::TwilioVerify;
    if is_new_twilio && !patch.contains_key("auth") {
        // Twilio's SDKs accept only accounts that begin with these letters.
        let account = id.trim_start_matches("w_");
        patch.insert("auth".to_owned(), format!("basic:AC{account}").into());
    }
    let settings = patched(&base, &body)?;
    if settings.platform != base.platform {
        return Err(Problem::invalid(
            "/platform",
            say("refusal-webhook-platform"),
        ));
    }
    let auth = auth_of(&settings)?;
    let mut made = None;
    let secrets = match (given, &before) {
        (Some(given), _) => checked(&auth, given)?,
        // Another proof of origin may require secrets of another form.
        (None, Some(before)) => checked(&auth, clear(before))?,
        (None, None) => {
            let secret = new_secret(settings.platform, &auth)?;
            made = Some(secret.clone());
            vec![secret]
        }
    };
    let stored = Stored {
        id,
        name,
        settings: &settings,
        secrets: &secrets,
        before: before.as_ref().map(|before| &before.row),
    };
    let mut shown = store(app, actor, tenant, Action::WebhookPut, stored).await?;
    shown.secret = made;
    Ok(shown)
}

fn platform(name: Option<&Value>) -> Result<Platform, Problem> {
    let found = name.and_then(Value::as_str).and_then(Platform::parse);
    found.ok_or_else(|| {
        let known: Vec<_> = Platform::all().map(Platform::as_str).collect();
        Problem::invalid("/platform", about("refusal-platform", known.join(", ")))
    })
}

fn auth_of(settings: &Settings) -> Result<Auth, Problem> {
    Auth::parse(&settings.auth).ok_or_else(|| Problem::invalid("/auth", say("refusal-proof")))
}

/// The secrets of a body. Supabase joins several with `|`.
fn secrets_of(value: Option<Value>) -> Result<Option<Vec<String>>, Problem> {
    let not_a_list = || Problem::invalid("/secrets", say("refusal-secrets"));
    let list = match value {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Array(list)) => list,
        Some(_) => return Err(not_a_list()),
    };
    let texts: Option<Vec<String>> = list
        .into_iter()
        .map(|entry| entry.as_str().map(|text| text.trim().to_owned()))
        .collect();
    let texts = texts.ok_or_else(not_a_list)?;
    if (1..=SECRETS).contains(&texts.len()) {
        Ok(Some(texts))
    } else {
        Err(not_a_list())
    }
}

fn checked(auth: &Auth, given: Vec<String>) -> Result<Vec<String>, Problem> {
    let is_joined = matches!(auth, Auth::StandardWebhooks | Auth::Svix);
    let mut secrets = Vec::new();
    for (index, text) in given.into_iter().enumerate() {
        let parts: Vec<String> = if is_joined {
            text.split('|').map(|part| part.trim().to_owned()).collect()
        } else {
            vec![text]
        };
        for secret in parts {
            auth.check_secret(&secret)
                .map_err(|why| Problem::invalid(&format!("/secrets/{index}"), say(why)))?;
            // A repeated secret becomes the newest, which is the one that stays.
            secrets.retain(|known| *known != secret);
            secrets.push(secret);
        }
    }
    if secrets.len() > SECRETS {
        return Err(Problem::invalid("/secrets", say("refusal-secrets-most")));
    }
    Ok(secrets)
}

/// A new secret, for the platforms that accept one.
fn new_secret(platform: Platform, auth: &Auth) -> Result<String, Problem> {
    match platform.row().makes_secret {
        Some(refusal) => Err(Problem::invalid("/secrets", say(refusal))),
        None => Ok(auth.new_secret()?),
    }
}

fn clear(webhook: &Webhook) -> Vec<String> {
    let secrets = webhook.secrets.iter();
    secrets.map(|secret| secret.as_str().to_owned()).collect()
}

/// A webhook to be stored.
struct Stored<'a> {
    id: String,
    name: &'a str,
    settings: &'a Settings,
    secrets: &'a [String],
    /// The row that was changed; none for a new webhook.
    before: Option<&'a Row>,
}

async fn store(
    app: &Arc<App>,
    actor: &Actor,
    tenant: &str,
    action: Action,
    stored: Stored<'_>,
) -> Result<WebhookView, Problem> {
    let failed = |error: serde_json::Error| Problem::from(StoreError::Failed(error.to_string()));
    let secrets = serde_json::to_vec(stored.secrets).map_err(failed)?;
    let now = ids::now_ms();
    let row = Row {
        tenant: tenant.to_owned(),
        name: stored.name.to_owned(),
        settings: serde_json::to_string(stored.settings).map_err(failed)?,
        secrets: app
            .keys
            .encrypt(tenant, Purpose::Configs, &stored.id, &secrets)?,
        created_at: stored.before.map_or(now, |before| before.created_at),
        updated_at: now,
        id: stored.id,
    };
    let entry = Entry::new(Some(tenant), actor, action, &row.id).detail(stored.name);
    let before = stored.before.map(|before| before.secrets.clone());
    let kept = row.clone();
    change_shown_once(app, entry, move |db| {
        require_current(
            rows::put(db, &kept, before.as_deref())?,
            "refusal-webhook-changed",
        )
    })
    .await?;
    let stored = Webhook::open(&app.keys, row);
    Ok(view(&stored.ok_or_else(|| Problem::not_found("webhook"))?))
}

/// Adds a secret, so that the old and the new one are valid while the platform is switched over. Makes one if none is
/// given.
///
/// # Errors
///
/// [`Problem`] if there is no such webhook, or if the secret has the wrong form.
pub async fn add_secret(
    app: &Arc<App>,
    actor: &Actor,
    tenant: &str,
    name: &str,
    secret: Option<String>,
) -> Result<WebhookView, Problem> {
    let webhook = find(app, tenant, name)?;
    let made = match &secret {
        Some(_) => None,
        None => Some(new_secret(webhook.settings.platform, &webhook.auth)?),
    };
    let mut secrets = clear(&webhook);
    secrets.extend(secret.or_else(|| made.clone()));
    let secrets = checked(&webhook.auth, secrets)?;
    let stored = Stored {
        id: webhook.id.clone(),
        name: &webhook.name,
        settings: &webhook.settings,
        secrets: &secrets,
        before: Some(&webhook.row),
    };
    let mut shown = store(app, actor, tenant, Action::WebhookSecretAdd, stored).await?;
    shown.secret = made;
    Ok(shown)
}

/// Removes every secret but the newest.
///
/// # Errors
///
/// [`Problem`] if there is no such webhook.
pub async fn drop_old_secrets(
    app: &Arc<App>,
    actor: &Actor,
    tenant: &str,
    name: &str,
) -> Result<WebhookView, Problem> {
    let webhook = find(app, tenant, name)?;
    let secrets: Vec<String> = clear(&webhook).pop().into_iter().collect();
    let stored = Stored {
        id: webhook.id.clone(),
        name: &webhook.name,
        settings: &webhook.settings,
        secrets: &secrets,
        before: Some(&webhook.row),
    };
    store(app, actor, tenant, Action::WebhookSecretDrop, stored).await
}

/// A tenant's webhook by its name or its id.
///
/// # Errors
///
/// [`Problem`] if the tenant has none.
pub fn find(app: &App, tenant: &str, name: &str) -> Result<Arc<Webhook>, Problem> {
    fn of(webhook: &Webhook) -> [&str; 3] {
        [&webhook.tenant, &webhook.id, &webhook.name]
    }
    named(app.catalog.load().webhooks.values(), of, tenant, name)
        .ok_or_else(|| Problem::not_found("webhook"))
}

/// Returns a webhook for display.
///
/// # Errors
///
/// [`Problem`] if the tenant has none of this name.
pub fn get(app: &App, tenant: &str, name: &str) -> Result<WebhookView, Problem> {
    let found = find(app, tenant, name)?;
    Ok(view(&found))
}

/// Returns a tenant's webhooks for display.
pub fn list(app: &App, tenant: &str) -> Vec<WebhookView> {
    let catalog = app.catalog.load();
    let own = catalog.webhooks.values().filter(|w| w.tenant == tenant);
    own.map(|webhook| view(webhook)).collect()
}

fn view(webhook: &Webhook) -> WebhookView {
    let platform = webhook.settings.platform;
    let uuid = webhook.id.trim_start_matches("w_");
    let path = match platform {
        Platform::TwilioVerify => format!("/v2/Services/VA{uuid}"),
        _ => format!("/hooks/{}/{}", platform.as_str(), webhook.id),
    };
    let mut warnings: Vec<Sentence> = Bare::warning(&webhook.bare).into_iter().collect();
    if platform == Platform::Clerk {
        warnings.push(say("warn-clerk"));
    }
    if platform != Platform::TwilioVerify {
        warnings.push(say("warn-unreported"));
    }
    WebhookView {
        id: webhook.id.clone(),
        tenant: webhook.tenant.clone(),
        name: webhook.name.clone(),
        path,
        settings: webhook.settings.clone(),
        secrets: webhook.secrets.len(),
        secret: None,
        warnings,
    }
}

/// Requests that a webhook did not pass on in the last 24 hours, by reason.
///
/// # Errors
///
/// [`Problem`] if there is no such webhook.
pub fn figures(app: &App, tenant: &str, name: &str) -> Result<BTreeMap<String, i64>, Problem> {
    let webhook = find(app, tenant, name)?;
    let counter = Counter::new(tenant, WEBHOOK, "");
    let counted = app
        .store
        .read(|db| counter.by_subject(db, ids::now_ms(), 24))?;
    let prefix = format!("{}/", webhook.id);
    let own = counted.into_iter().filter_map(|(subject, count)| {
        let reason = subject.strip_prefix(&prefix)?;
        Some((reason.to_owned(), count))
    });
    Ok(own.collect())
}

/// Removes a webhook. Its address returns 404 from then on.
///
/// # Errors
///
/// [`Problem`] if there is none.
pub async fn remove(
    app: &Arc<App>,
    actor: &Actor,
    tenant: &str,
    name: &str,
) -> Result<(), Problem> {
    let webhook = find(app, tenant, name)?;
    let id = webhook.id.clone();
    let entry = Entry::new(Some(tenant), actor, Action::WebhookRemove, &id).detail(&webhook.name);
    let (tenant, removed) = (tenant.to_owned(), id.clone());
    change(app, entry, move |db| {
        require(rows::delete(db, &tenant, &removed)?, "webhook")
    })
    .await?;
    app.calls.forget(&id);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::test_app::TestApp;
    use serde_json::json;

    /// Secrets in their order, the newest last.
    fn secrets(test: &TestApp) -> Vec<String> {
        clear(&find(&test.app, "default", "own").unwrap())
    }

    /// The operator pasted an old secret at the platform again: it is the newest from then on.
    #[tokio::test]
    async fn secret_that_is_added_again_is_newest() {
        let test = TestApp::new().await;
        let (app, actor) = (&test.app, TestApp::actor());
        let body = json!({"platform": "generic", "secrets": ["first-secret", "second-secret"]});
        test.webhook("own", body).await;
        let again = Some("first-secret".to_owned());
        let added = add_secret(app, &actor, "default", "own", again).await;
        assert_eq!(added.unwrap().secrets, 2);
        assert_eq!(secrets(&test), ["second-secret", "first-secret"]);
        drop_old_secrets(app, &actor, "default", "own")
            .await
            .unwrap();
        assert_eq!(secrets(&test), ["first-secret"]);
    }

    #[test]
    fn joined_secrets_are_kept_once_in_their_order() {
        let text = |byte: u8| {
            use base64::Engine as _;
            let key = base64::engine::general_purpose::STANDARD.encode([byte; 32]);
            format!("whsec_{key}")
        };
        let (first, second) = (text(1), text(2));
        let given = vec![first.clone(), format!("{second}|{first}")];
        let kept = checked(&Auth::StandardWebhooks, given).unwrap();
        assert_eq!(kept, [second, first]);
    }
}
