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

/// Description of the control plane, OpenAPI 3.0.3.
const DESCRIPTION: &str = include_str!("openapi.json");

/// Responds to one request to the control plane that passed the access rules.
pub async fn answer(method: &Method, path: &str, asked: &Asked<'_>) -> Response<Bytes> {
    match route(method, path, asked).await {
        Ok(response) => private(response),
        Err(what) => problem(&what),
    }
}

/// Each path with the methods that it takes.
const PATHS: &[(&str, &str)] = &[
    // Load balancers send HEAD; the server returns no body for it.
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

async fn route(method: &Method, path: &str, asked: &Asked<'_>) -> Result<Response<Bytes>, Problem> {
    let Some((_, allow)) = PATHS.iter().find(|(known, _)| *known == path) else {
        return Err(Problem::not_found(
            "there is no such path; see /_sim/openapi.json",
        ));
    };
    if !allow.split(", ").any(|allowed| allowed == method.as_str()) {
        return Err(Problem::method(path, allow));
    }
    match (method.as_str(), path) {
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
            Ok(reply::json(DESCRIPTION.to_owned()))
        }
        // A test sends each method of the table to its path.
        _ => Err(Problem::method(path, allow)),
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;

    /// The other half is a test that sends each described request.
    #[test]
    fn description_has_every_path_and_method() {
        let document: Value = serde_json::from_str(DESCRIPTION).unwrap();
        let mut described = BTreeSet::new();
        for (path, methods) in document["paths"].as_object().unwrap() {
            for method in methods.as_object().unwrap().keys() {
                described.insert(format!("{} {path}", method.to_uppercase()));
            }
        }
        let mut known = BTreeSet::new();
        for (path, methods) in PATHS {
            known.extend(methods.split(", ").map(|method| format!("{method} {path}")));
        }
        assert_eq!(described, known);
    }

    /// Lists of types came with version 3.1.
    #[test]
    fn each_type_in_the_description_is_one() {
        fn check(part: &Value) {
            match part {
                Value::Object(members) => {
                    assert!(!members.get("type").is_some_and(Value::is_array), "{part}");
                    members.values().for_each(check);
                }
                Value::Array(items) => items.iter().for_each(check),
                _ => {}
            }
        }
        check(&serde_json::from_str(DESCRIPTION).unwrap());
    }
}
