//! Control plane under `/_sim`, which tests read and change. `openapi.json` beside this file describes it, and is
//! served as `GET /_sim/openapi.json`.
//!
//! Queries and bodies are read strictly: an unknown or malformed parameter is a 400 that states the expected form. A
//! test that misspells a parameter should not pass by accident. [`access`] keeps web pages and strangers out.

pub mod access;
mod messages;
mod query;
mod steer;
mod types;

use bytes::Bytes;
use http::{HeaderValue, Method, Response, header};

use crate::reply;
pub use types::{Asked, BODY_LIMIT, Problem, problem};

/// Responds to one request to the control plane that passed the access rules.
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
        // Load balancers send HEAD; the server returns no body for it.
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
            Some((_, allow)) => Problem::method(path, allow),
            None => Problem::not_found("there is no such path; see /_sim/openapi.json"),
        }),
    }
}

/// Adds the headers by which browsers keep a response from pages that embed it.
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
