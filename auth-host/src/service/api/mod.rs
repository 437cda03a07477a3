//! The HTTP API: verifications and messages on the public listener, everything else on the administrator's.

mod admin;
mod admin_webhooks;
mod answer;
mod call;
mod callbacks;
mod health;
mod json;
mod messages;
mod openapi;
mod path;
mod plugins;
mod verifications;

use crate::service::app::App;
use crate::service::phrases::{self, Language};
use crate::service::problem::Problem;
use crate::service::{twilio, webhooks};
use axum::Router;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{get, post};
use std::sync::Arc;
use std::time::Instant;

pub use health::Readiness;

/// The routes of the public listener.
pub fn public(app: Arc<App>, readiness: Arc<Readiness>) -> Router {
    let v1 = Router::new()
        .route("/verifications", post(verifications::start))
        .route(
            "/verifications/{id}",
            get(verifications::read).delete(verifications::cancel),
        )
        .route("/verifications/{id}/check", post(verifications::check))
        .route("/verifications/{id}/resend", post(verifications::resend))
        .route("/messages", post(messages::send))
        .route("/messages/{id}", get(messages::read))
        .route("/messages/{id}/verified", post(messages::verified));
    Router::new()
        .nest("/v1", v1)
        .route("/hooks/{platform}/{id}", post(webhooks::receive))
        .route("/callbacks/{connector}/{token}", post(callbacks::receive))
        .route("/openapi.json", get(openapi::document))
        .merge(twilio::routes())
        .with_state(app)
        .merge(health::routes(readiness))
        .fallback(nothing_here)
        .method_not_allowed_fallback(wrong_method)
        .layer(middleware::from_fn(observe))
}

/// The routes of the administrator's listener.
pub fn administration(
    app: Arc<App>,
    readiness: Arc<Readiness>,
    console: crate::service::console::Settings,
) -> Router {
    let metrics = crate::service::console::beside(health::metrics(readiness.clone()), &console);
    Router::new()
        .nest(
            "/admin",
            admin::routes()
                .merge(plugins::routes())
                .merge(admin_webhooks::routes()),
        )
        .with_state(app.clone())
        .merge(crate::service::console::routes(app, console))
        .merge(health::routes(readiness))
        .merge(metrics)
        .fallback(nothing_here)
        .method_not_allowed_fallback(wrong_method)
        .layer(middleware::map_response(crate::service::console::headers))
        .layer(middleware::from_fn(observe))
}

async fn nothing_here() -> Problem {
    Problem::not_found("path")
}

async fn wrong_method() -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method",
        "The path does not take this method",
        "The Allow header of this answer has the methods that it takes.",
    )
}

/// A method's name for a label. A caller may invent others, and each label is kept permanently.
fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// Counts and times each request by the path's pattern, which identifies no person.
async fn observe(request: axum::extract::Request, next: Next) -> Response {
    let path = request
        .extensions()
        .get::<axum::extract::MatchedPath>()
        .map_or_else(|| "other".to_owned(), |path| path.as_str().to_owned());
    let method = method_label(request.method());
    let begun = Instant::now();
    let accepted = request
        .headers()
        .get(header::ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok());
    let language = Language::accepted(accepted.unwrap_or_default());
    let mut response = phrases::speaking(language, next.run(request)).await;
    let status = response.status().as_u16().to_string();
    metrics::histogram!("auth_host_request_seconds", "path" => path, "method" => method, "status" => status)
        .record(begun.elapsed().as_secs_f64());
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    response
}
