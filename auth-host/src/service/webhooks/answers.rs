//! Responses in each platform's form.
//!
//! No response has `Retry-After`: GoTrue would post again at once. None redirects: Logto follows ten.

use super::verdict::{Class, Refused, Verdict};
use crate::service::phrases::Language;
use crate::service::platforms::settings::Platform;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// The response to a platform.
pub fn answer(
    platform: Platform,
    verdict: &Verdict,
    locales: &[String],
    is_replay: bool,
) -> Response {
    let mut response = match verdict {
        Verdict::Sent if platform == Platform::Supabase => json_of(200, &json!({})),
        Verdict::Sent => json_of(200, &json!({"code": "ok"})),
        // Authgear treats every other code as an error.
        Verdict::Ignored if platform == Platform::Authgear => json_of(200, &json!({"code": "ok"})),
        Verdict::Ignored if platform == Platform::Supabase => json_of(200, &json!({})),
        Verdict::Ignored => json_of(200, &json!({"code": "ignored"})),
        Verdict::Refused(refused) => refusal(platform, refused, locales),
    };
    if is_replay {
        response
            .headers_mut()
            .insert("idempotency-replayed", HeaderValue::from_static("true"));
    }
    response
}

fn refusal(platform: Platform, refused: &Refused, locales: &[String]) -> Response {
    let sentence = Language::best(locales).say(refused.class.phrase());
    let status = refused.class.status();
    let is_about_the_request = matches!(
        refused.class,
        Class::Unauthorized | Class::Unreadable | Class::TooLarge
    );
    match platform {
        // GoTrue passes on the body of a 200, and makes 500 of every other status.
        Platform::Supabase if !is_about_the_request => {
            let status = match refused.class {
                Class::Credentials | Class::Setup | Class::Quota => 500,
                _ => status,
            };
            let mut error = json!({"http_code": status, "message": sentence, "code": refused.code});
            with_hint(&mut error, refused);
            json_of(200, &json!({"error": error}))
        }
        // Authgear reads the code of every JSON object, whatever the status, and only then the status.
        Platform::Authgear if refused.class == Class::Unauthorized => {
            text_of(status, refused.code.clone())
        }
        Platform::Authgear => {
            let mut body = json!({"code": authgear_code(refused), "description": sentence});
            let provider = refused.provider.clone().unwrap_or_default();
            let codes = [
                Some(refused.code.clone()),
                provider.code,
                provider.request_id,
            ];
            let codes: Vec<String> = codes.into_iter().flatten().collect();
            set(
                &mut body,
                "info",
                json!({
                    "provider_name": provider.connector, "provider_type": "auth-host",
                    "provider_error_code": codes.join(" "),
                }),
            );
            with_hint(&mut body, refused);
            json_of(status, &body)
        }
        // authentik shows the whole body to the person.
        Platform::Authentik => text_of(status, sentence.to_owned()),
        _ => {
            let mut body = json!({"code": refused.code, "message": sentence});
            with_hint(&mut body, refused);
            json_of(status, &body)
        }
    }
}

/// Authgear's code for a class.
fn authgear_code(refused: &Refused) -> &'static str {
    match refused.class {
        Class::BadNumber => "invalid_phone_number",
        Class::TooMany => "rate_limited",
        Class::Blocked | Class::Quota => "delivery_rejected",
        Class::Credentials => "authentication_failed",
        Class::Unavailable | Class::Storage | Class::Unknown => "timeout",
        Class::BadCode
        | Class::Setup
        | Class::Unauthorized
        | Class::Unreadable
        | Class::TooLarge
        | Class::IdReused => "unsupported_request",
    }
}

fn with_hint(body: &mut Value, refused: &Refused) {
    if let Some(hint) = &refused.hint {
        set(body, "hint", json!(hint.english()));
    }
}

fn set(body: &mut Value, name: &str, value: Value) {
    if let Some(object) = body.as_object_mut() {
        object.insert(name.to_owned(), value);
    }
}

fn json_of(status: u16, body: &Value) -> Response {
    typed(status, "application/json", body.to_string())
}

fn text_of(status: u16, body: String) -> Response {
    typed(status, "text/plain; charset=utf-8", body)
}

fn typed(status: u16, kind: &'static str, body: String) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(header::CONTENT_TYPE, kind)], body).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// authentik shows people every body of a refusal.
    #[tokio::test]
    async fn authentik_gets_a_sentence_and_nothing_else() {
        for class in [
            Class::BadNumber,
            Class::Setup,
            Class::Unauthorized,
            Class::Unreadable,
            Class::TooLarge,
        ] {
            let verdict = Verdict::refused(class, "word");
            let response = answer(Platform::Authentik, &verdict, &[], false);
            assert_eq!(response.status().as_u16(), class.status());
            let kind = response.headers().get(header::CONTENT_TYPE).unwrap();
            assert_eq!(kind, "text/plain; charset=utf-8", "{class:?}");
            let body = axum::body::to_bytes(response.into_body(), 1024)
                .await
                .unwrap();
            let sentence = Language::best(&[] as &[String]).say(class.phrase());
            assert_eq!(body, sentence, "{class:?}");
        }
    }
}
