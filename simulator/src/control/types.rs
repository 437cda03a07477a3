//! Input and responses of the control plane's handlers.

use std::sync::atomic::AtomicBool;

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use serde::Serialize;
use serde_json::json;

use crate::reply;
use crate::service::Service;

/// Largest body that the control plane reads.
pub const BODY_LIMIT: usize = 256 * 1024;

/// A response that is not a 200.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    message: String,
    allow: Option<&'static str>,
}

impl Problem {
    /// A 400 that states the expected form.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            message: message.into(),
            allow: None,
        }
    }

    /// A 400: the body is too large, or incomplete.
    pub fn without_body() -> Self {
        Self::bad_request(format!(
            "the body must arrive whole and hold at most {BODY_LIMIT} bytes"
        ))
    }

    /// A 405, with the allowed methods.
    pub fn method(path: &str, allow: &'static str) -> Self {
        Self {
            status: StatusCode::METHOD_NOT_ALLOWED,
            message: format!("{path} answers {allow}"),
            allow: Some(allow),
        }
    }

    /// A refusal of the caller.
    pub fn refused(status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            allow: None,
        }
    }

    /// A 404 that names the missing thing.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::NOT_FOUND,
            message: message.into(),
            allow: None,
        }
    }
}

/// Input of a handler: the query, and the body of methods that have one.
pub struct Asked<'a> {
    /// The service that is read or changed.
    pub service: &'a Service,
    /// True if responses have no `Date` header.
    pub omit_date: &'a AtomicBool,
    /// Without `?`.
    pub query: String,
    /// At most [`BODY_LIMIT`] bytes.
    pub body: Bytes,
}

/// A 200 with JSON.
pub fn ok(value: &impl Serialize) -> Result<Response<Bytes>, Problem> {
    // Values made of strings and numbers: serialisation cannot fail.
    Ok(reply::json(
        serde_json::to_string(value).unwrap_or_default(),
    ))
}

/// A refusal as a response.
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
