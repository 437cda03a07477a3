//! Trials of a webhook: a request as its platform would post it, through the code for the platform's own requests.

use super::{Actor, Entry, change, numbers, webhooks};
use crate::pointer::unescaped;
use crate::service::app::App;
use crate::service::ids;
use crate::service::platforms::Webhook;
use crate::service::platforms::settings::{Fields, Platform};
use crate::service::problem::Problem;
use crate::service::store::StoreError;
use crate::service::store::audit::Action;
use crate::service::{twilio, webhooks as platform};
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// The largest part of a response body that is shown, in bytes.
const ANSWER_BYTES: usize = 4096;

/// The webhook's response.
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: String,
    /// The code that the request carried; none if the platform's requests carry none.
    pub code: Option<String>,
}

/// Sends one message by a webhook.
///
/// # Errors
///
/// [`Problem`] if there is no such webhook or the number is not valid. A refusal by the webhook is a result, not an
/// error.
pub async fn send(
    app: &Arc<App>,
    actor: &Actor,
    tenant: &str,
    name: &str,
    to: &str,
) -> Result<Answer, Problem> {
    let webhook = webhooks::find(app, tenant, name)?;
    let number = numbers::parse(app, tenant, to)?;
    let entry = Entry::new(Some(tenant), actor, Action::WebhookTrial, &webhook.id).detail(name);
    change(app, entry, |_| Ok(())).await?;
    let code = ids::code()?;
    let is_twilio = webhook.settings.platform == Platform::TwilioVerify;
    let (kind, body) = if is_twilio {
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("To", number.e164())
            .append_pair("Channel", "sms")
            .finish();
        ("application/x-www-form-urlencoded", form)
    } else {
        let body = body(&webhook, number.e164(), &code);
        ("application/json", body.to_string())
    };
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Some(secret) = webhook.secrets.last() {
        let proof = webhook.auth.prove(
            secret,
            &ids::new("t"),
            ids::now_ms() / 1000,
            body.as_bytes(),
        );
        headers.extend(proof);
    }
    let (app, id, settings) = (State(app.clone()), webhook.id.clone(), &webhook.settings);
    let path = settings.platform.as_str().to_owned();
    // It continues after the reader leaves, as a platform's request does.
    let task = tokio::spawn(async move {
        if is_twilio {
            let service = format!("VA{}", id.trim_start_matches("w_"));
            let answer = twilio::start(app, Path(service), headers, Body::from(body)).await;
            answer.into_response()
        } else {
            platform::receive(app, Path((path, id)), headers, Body::from(body)).await
        }
    });
    let answer: Response = task
        .await
        .map_err(|error| StoreError::Failed(error.to_string()))?;
    Ok(Answer {
        status: answer.status().as_u16(),
        body: shown(answer.into_body()).await,
        code: Some(code).filter(|_| !is_twilio),
    })
}

/// The beginning of a body that this program made, without a part of a character at its end.
async fn shown(body: Body) -> String {
    let bytes = axum::body::to_bytes(body, usize::MAX).await;
    let whole = bytes.unwrap_or_default();
    let mut text = String::from_utf8_lossy(&whole).into_owned();
    text.truncate(text.floor_char_boundary(ANSWER_BYTES));
    text
}

/// A message in the platform's format.
fn body(webhook: &Webhook, e164: &str, code: &str) -> Value {
    let settings = &webhook.settings;
    let platform = settings.platform;
    let to = if platform.row().strips_plus {
        e164.trim_start_matches('+')
    } else {
        e164
    };
    // The first type that the settings map to a usage.
    let kind = settings.usages.keys().next().map(String::as_str);
    match platform {
        Platform::Supabase => json!({
            "metadata": {"uuid": ids::new("t"), "name": "send-sms"},
            "user": {"phone": to, "user_metadata": {}},
            "sms": {"otp": code, "phone": to, "sms_type": "sign-in"},
        }),
        Platform::Logto => {
            json!({"to": to, "type": "Test", "payload": {"code": code, "locale": settings.locale}})
        }
        Platform::Zitadel => json!({
            "contextInfo": {"eventType": kind.unwrap_or("session.otp.sms.challenged"), "recipientPhoneNumber": to},
            "args": {"oTP": code},
        }),
        Platform::Kratos => {
            json!({"to": to, "code": code, "template_type": kind.unwrap_or("login_code_valid")})
        }
        // The portal's own test has no template name and no language.
        Platform::Authgear => json!({
            "to": to, "body": format!("{code} is your code"), "template_variables": {"code": code},
        }),
        Platform::Clerk => {
            let kind = kind.unwrap_or("verification_code");
            let mut body = by_fields(&settings.fields, to, code, Some(kind), &settings.locale);
            put(&mut body, "/type", "sms.created");
            body
        }
        Platform::Generic
        | Platform::Authentik
        | Platform::Fusionauth
        | Platform::Casdoor
        | Platform::Keycloak
        | Platform::Auth0
        | Platform::Supertokens
        | Platform::BetterAuth
        | Platform::TwilioVerify => by_fields(&settings.fields, to, code, kind, &settings.locale),
    }
}

fn by_fields(fields: &Fields, to: &str, code: &str, kind: Option<&str>, locale: &str) -> Value {
    let mut body = Value::Object(Map::new());
    let text = format!("{code} is your code");
    let id = ids::new("t");
    // The channel comes last: FusionAuth puts it where others put the type.
    for (place, value) in [
        (&fields.to, Some(to)),
        (&fields.code, Some(code)),
        (&fields.text, Some(text.as_str())),
        (&fields.r#type, kind),
        (&fields.locale, Some(locale)),
        (&fields.id, Some(id.as_str())),
        (&fields.channel, Some("sms")),
    ] {
        if let (Some(pointer), Some(value)) = (place, value) {
            put(&mut body, pointer, value);
        }
    }
    body
}

/// Puts a text at a JSON Pointer, and creates the objects on its path.
fn put(body: &mut Value, pointer: &str, text: &str) {
    let names = pointer.split('/').skip(1);
    let mut place = body;
    for name in names {
        let name = unescaped(name);
        if !place.is_object() {
            *place = Value::Object(Map::new());
        }
        let Some(object) = place.as_object_mut() else {
            return;
        };
        place = object.entry(name).or_insert(Value::Null);
    }
    *place = text.into();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::platforms::presets;

    /// The cut is in the middle of a character.
    #[tokio::test]
    async fn long_response_is_shown_cut() {
        let whole = "a".repeat(ANSWER_BYTES);
        assert_eq!(shown(Body::from(whole.clone())).await, whole);
        let long = format!("{}é", "a".repeat(ANSWER_BYTES - 1));
        let cut = shown(Body::from(long)).await;
        assert_eq!(cut, "a".repeat(ANSWER_BYTES - 1));
    }

    #[test]
    fn text_is_put_at_its_pointer() {
        let mut body = json!({});
        put(&mut body, "/data/to", "+1");
        put(&mut body, "/data/data/otp~1code", "2");
        put(&mut body, "/x", "3");
        assert_eq!(
            body,
            json!({"data": {"to": "+1", "data": {"otp/code": "2"}}, "x": "3"})
        );
    }

    #[test]
    fn every_place_of_a_platform_is_filled() {
        for platform in Platform::all() {
            let fields = presets::of(platform).fields;
            let body = by_fields(&fields, "+8613800138000", "123456", Some("SignIn"), "en");
            for place in [&fields.to, &fields.code, &fields.text]
                .into_iter()
                .flatten()
            {
                assert!(
                    body.pointer(place).is_some_and(Value::is_string),
                    "{platform:?} {place}"
                );
            }
        }
    }
}
