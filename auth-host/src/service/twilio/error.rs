//! Twilio's errors: a number, and the HTTP status that goes with it.

use crate::service::limits::Reason;
use crate::service::problem::Problem;
use crate::service::store::StoreError;
use crate::service::store::message::parse_kind;
use auth_connector_host::FailureKind;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// An error in Twilio's form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Error {
    code: u32,
    status: u16,
    message: &'static str,
    parameter: Option<&'static str>,
}

const fn error(code: u32, status: u16, message: &'static str) -> Error {
    Error {
        code,
        status,
        message,
        parameter: None,
    }
}

/// No account with this token and service.
pub const UNAUTHORIZED: Error = error(20003, 401, "Authenticate");
/// No such verification waits for a code.
pub const NOT_FOUND: Error = error(20404, 404, "The requested resource was not found");
/// Five codes were tried.
pub const TOO_MANY_CHECKS: Error = error(60202, 429, "Max check attempts reached");
const TOO_MANY_SENDS: Error = error(60203, 429, "Max send attempts reached");
const RATE: Error = error(60207, 429, "Max rate limits reached");
const FRAUD: Error = error(60410, 403, "Messages to this number are blocked");
const COUNTRY: Error = error(60605, 403, "Messages to this country are not enabled");
const NOT_SENT: Error = error(20503, 503, "The message could not be sent");
const UNAVAILABLE: Error = error(20503, 503, "The service is unavailable for now");
/// A message may have been sent all the same. Twilio has no number for it.
pub const LATE: Error = error(
    20503,
    503,
    "The message may have been sent, and its outcome is not known yet",
);
const BAD_NUMBER: Error = error(60200, 400, "Invalid parameter");

impl Error {
    /// Twilio's number of it.
    pub const fn code(&self) -> u32 {
        self.code
    }

    /// The HTTP status.
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// A parameter that cannot be used.
    pub const fn parameter(name: &'static str) -> Self {
        Self {
            parameter: Some(name),
            ..BAD_NUMBER
        }
    }

    /// The error for a message that Twilio would have refused. It is not known whether an *unknown* one was sent, so
    /// that is not an error.
    pub fn of_message(message: &Value) -> Option<Self> {
        let text = |name| message.get(name).and_then(Value::as_str);
        if text("state") != Some("not_sent") {
            return None;
        }
        Some(match parse_kind(text("kind").unwrap_or_default()) {
            FailureKind::RecipientRejected if text("turn") == Some("operator") => COUNTRY,
            FailureKind::RecipientRejected | FailureKind::InvalidMessage => Self::parameter("To"),
            FailureKind::RateLimited => TOO_MANY_SENDS,
            FailureKind::InvalidConfig
            | FailureKind::NoTemplate
            | FailureKind::Authentication
            | FailureKind::Denied
            | FailureKind::Quota
            | FailureKind::Unreachable
            | FailureKind::Timeout
            | FailureKind::Provider
            | FailureKind::Unsupported
            | FailureKind::Other => NOT_SENT,
        })
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        if let Some(reason) = Reason::parse(problem.kind) {
            return match reason {
                Reason::NumberInTenMinutes => TOO_MANY_SENDS,
                Reason::NumberADay | Reason::NetworkADay | Reason::SegmentsADay => RATE,
                Reason::PrefixADay | Reason::Unverified => FRAUD,
                Reason::NoFlow => COUNTRY,
                Reason::Stopped => NOT_SENT,
            };
        }
        match problem.kind {
            "invalid" if problem.pointer.as_deref() == Some("/to") => Self::parameter("To"),
            "invalid" if problem.pointer.as_deref() == Some("/code") => Self::parameter("Code"),
            "invalid" => BAD_NUMBER,
            "too-many-codes" => TOO_MANY_SENDS,
            "too-early" => RATE,
            "locked" => TOO_MANY_CHECKS,
            "not-usable" | "not-found" => NOT_FOUND,
            "outcome-late" => LATE,
            _ => UNAVAILABLE,
        }
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        Problem::from(error).into()
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let message = match self.parameter {
            Some(name) => format!("{}: {name}", self.message),
            None => self.message.to_owned(),
        };
        let body = json!({
            "code": self.code, "message": message, "status": self.status,
            "more_info": format!("https://www.twilio.com/docs/errors/{}", self.code),
        });
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let content = (header::CONTENT_TYPE, "application/json");
        let mut response = (status, [content], body.to_string()).into_response();
        if status == StatusCode::UNAUTHORIZED {
            let scheme = HeaderValue::from_static("Basic realm=\"auth-host\"");
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, scheme);
        }
        response
    }
}
