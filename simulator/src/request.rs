//! API request, read whole, and the refusal by a check.

use std::net::IpAddr;

use bytes::Bytes;
use http::HeaderMap;

use crate::codes::{self, Code};

/// A request whose headers and body have arrived.
pub struct ApiRequest {
    /// `GET`, `POST`, or another method.
    pub method: String,
    /// The query of the request line, without `?`.
    pub query: String,
    /// All headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
    /// The client's address.
    pub peer: IpAddr,
}

impl ApiRequest {
    /// The first header of this name, if it is UTF-8.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }
}

/// The first header of this name, if it is UTF-8.
pub fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers
        .get(name)
        .and_then(|value| std::str::from_utf8(value.as_bytes()).ok())
}

/// A refusal of the whole request, for `Response.Error`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The code.
    pub code: &'static Code,
    /// The message for the caller.
    pub message: String,
    /// Hints for a developer, for the console and the journal, never in the response.
    pub detail: Vec<String>,
}

impl Refusal {
    /// A refusal with the code's own message.
    pub fn new(code: &'static Code) -> Self {
        Self {
            code,
            message: code.message.to_owned(),
            detail: Vec::new(),
        }
    }

    /// A refusal with a more specific message.
    pub fn with(code: &'static Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            detail: Vec::new(),
        }
    }

    /// The same, with one more line for the developer.
    pub fn explain(mut self, line: impl Into<String>) -> Self {
        self.detail.push(line.into());
        self
    }

    /// `MissingParameter` for a named parameter.
    pub fn missing(name: &str) -> Self {
        Self::with(
            &codes::MISSING_PARAMETER,
            format!("The request is missing a required parameter `{name}`."),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn header_not_in_utf8_reads_as_absent() {
        let mut headers = HeaderMap::new();
        headers.insert("x-tc-action", HeaderValue::from_bytes(b"Send\xff").unwrap());
        headers.insert(
            "x-tc-region",
            HeaderValue::from_bytes("区".as_bytes()).unwrap(),
        );
        assert_eq!(header(&headers, "x-tc-action"), None);
        assert_eq!(header(&headers, "X-TC-Region"), Some("区"));
    }
}
