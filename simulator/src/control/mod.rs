//! The control plane under `/_sim`: what tests read and steer. `openapi.json` beside this file describes it,
//! and is served as `GET /_sim/openapi.json`.
//!
//! Queries and bodies are read strictly: an unknown or malformed parameter is a 400 that says what was
//! expected, because a test that misspells a parameter should not pass by accident. [`access`] keeps web pages and
//! strangers out.

pub mod access;
mod messages;
mod query;
mod steer;

use std::sync::atomic::AtomicBool;

use bytes::Bytes;
use http::{HeaderValue, Method, Response, StatusCode, header};
use serde::Serialize;
use serde_json::json;

use crate::reply;
use crate::service::Service;

/// Largest body that the control plane reads.
pub const BODY_LIMIT: usize = 256 * 1024;

/// An answer that is not a 200.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    message: String,
    allow: Option<&'static str>,
}

impl Problem {
    /// A 400: what was expected.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            message: message.into(),
            allow: None,
        }
    }

    /// A 400: the body is too large, or did not arrive whole.
    pub fn without_body() -> Self {
        Self::bad_request(format!(
            "the body must arrive whole and hold at most {BODY_LIMIT} bytes"
        ))
    }

    /// A refusal of whoever asked.
    pub fn refused(status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            allow: None,
        }
    }

    /// A 404: what there is none of.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::NOT_FOUND,
            message: message.into(),
            allow: None,
        }
    }
}

/// What a handler gets: the query, and the body of methods that have one.
pub struct Asked<'a> {
    /// What is read and steered.
    pub service: &'a Service,
    /// Whether answers have no `Date` header.
    pub omit_date: &'a AtomicBool,
    /// Without `?`.
    pub query: String,
    /// At most [`BODY_LIMIT`] bytes.
    pub body: Bytes,
}

/// Answers one request to the control plane, of somebody who may ask.
pub async fn answer(method: &Method, path: &str, asked: &Asked<'_>) -> Response<Bytes> {
    match route(method, path, asked).await {
        Ok(response) => private(response),
        Err(what) => problem(&what),
    }
}

async fn route(method: &Method, path: &str, asked: &Asked<'_>) -> Result<Response<Bytes>, Problem> {
    let known: &[(&str, &'static str)] = &[
        ("/_sim/health", "GET, HEAD"),
        ("/_sim/messages", "GET, DELETE"),
        ("/_sim/otp/latest", "GET"),
        ("/_sim/journal", "GET"),
        ("/_sim/reset", "POST"),
        ("/_sim/clock", "GET, PUT"),
        ("/_sim/faults", "GET, POST, DELETE"),
        ("/_sim/chaos", "GET, PUT, DELETE"),
        ("/_sim/magic", "GET"),
        ("/_sim/inferences", "GET"),
        ("/_sim/account", "GET"),
        ("/_sim/openapi.json", "GET"),
    ];
    match (method.as_str(), path) {
        // Balancers ask by HEAD; the server sends no body to it.
        ("GET" | "HEAD", "/_sim/health") => steer::health(asked),
        ("GET", "/_sim/messages") => messages::list(asked).await,
        ("DELETE", "/_sim/messages") => messages::delete(asked),
        ("GET", "/_sim/otp/latest") => messages::latest_otp(asked).await,
        ("GET", "/_sim/journal") => messages::journal(asked),
        ("POST", "/_sim/reset") => steer::reset(asked),
        ("GET", "/_sim/clock") => steer::clock(asked),
        ("PUT", "/_sim/clock") => steer::set_clock(asked),
        ("GET", "/_sim/faults") => steer::faults(asked),
        ("POST", "/_sim/faults") => steer::queue_fault(asked),
        ("DELETE", "/_sim/faults") => steer::clear_faults(asked),
        ("GET", "/_sim/chaos") => steer::chaos(asked),
        ("PUT", "/_sim/chaos") => steer::set_chaos(asked),
        ("DELETE", "/_sim/chaos") => steer::stop_chaos(asked),
        ("GET", "/_sim/magic") => steer::magic(asked),
        ("GET", "/_sim/inferences") => steer::inferences(asked),
        ("GET", "/_sim/account") => steer::account(asked),
        ("GET", "/_sim/openapi.json") => {
            query::none(&asked.query)?;
            Ok(reply::json(include_str!("openapi.json").to_owned()))
        }
        _ => Err(match known.iter().find(|(known, _)| *known == path) {
            Some((_, allow)) => Problem {
                status: StatusCode::METHOD_NOT_ALLOWED,
                message: format!("{path} answers {allow}"),
                allow: Some(allow),
            },
            None => Problem::not_found("there is no such path; see /_sim/openapi.json"),
        }),
    }
}

/// A 200 with JSON.
pub fn ok(value: &impl Serialize) -> Result<Response<Bytes>, Problem> {
    // Values made of strings and numbers: serialisation cannot fail.
    Ok(reply::json(
        serde_json::to_string(value).unwrap_or_default(),
    ))
}

/// Adds the headers that keep browsers from giving an answer to a page that embeds it.
fn private(mut response: Response<Bytes>) -> Response<Bytes> {
    let headers = response.headers_mut();
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(
        "cross-origin-resource-policy",
        HeaderValue::from_static("same-origin"),
    );
    response
}

/// A refusal as an answer.
pub fn problem(problem: &Problem) -> Response<Bytes> {
    let mut response = reply::json(json!({ "error": problem.message }).to_string());
    *response.status_mut() = problem.status;
    if problem.status == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(
            header::WWW_AUTHENTICATE,
            HeaderValue::from_static("Bearer realm=\"_sim\""),
        );
    }
    if let Some(allow) = problem.allow {
        response
            .headers_mut()
            .insert(header::ALLOW, HeaderValue::from_static(allow));
    }
    response
}
