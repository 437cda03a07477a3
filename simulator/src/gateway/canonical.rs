//! Canonical request of one request: computed, varied for diagnosis, and printed with descriptions in place of secret
//! or guessable parts.

use std::borrow::Cow;

use crate::request::ApiRequest;
use crate::tc3::{self, Authorization, SigningKey};

/// Headers whose values may be printed, in addition to `host` and `content-type`; those of others may be secret.
const SHOWN: [&str; 5] = [
    "x-tc-action",
    "x-tc-version",
    "x-tc-timestamp",
    "x-tc-region",
    "x-tc-language",
];

/// The parts of a canonical request, to compute and to print it.
pub struct Parts<'a> {
    /// The request.
    pub request: &'a ApiRequest,
    /// Its `Authorization`.
    pub claim: &'a Authorization<'a>,
    /// The signed headers, in the client's order, as they were sent.
    pub headers: &'a [(&'a str, &'a str)],
    /// The text of `X-TC-Timestamp`.
    pub timestamp: &'a str,
}

impl Parts<'_> {
    /// The host that was sent.
    pub fn host(&self) -> &str {
        self.request.header("Host").unwrap_or_default()
    }

    /// The content type that was sent.
    pub fn content_type(&self) -> &str {
        self.request.header("Content-Type").unwrap_or_default()
    }

    /// The body that was sent.
    pub fn body(&self) -> &[u8] {
        &self.request.body
    }

    /// The date of the scope.
    pub fn date(&self) -> &str {
        self.claim.date
    }

    /// The service of the scope.
    pub fn service(&self) -> &str {
        self.claim.service
    }

    /// The payload's hash by the rules.
    pub fn payload_hash(&self) -> String {
        if self.unsigned() {
            tc3::sha256_hex(tc3::UNSIGNED_PAYLOAD.as_bytes())
        } else if self.request.method == "GET" {
            tc3::sha256_hex(b"")
        } else {
            tc3::sha256_hex(&self.request.body)
        }
    }

    /// Description that replaces the payload's hash in output.
    pub fn payload_shown(&self) -> String {
        if self.unsigned() {
            "<sha256 of UNSIGNED-PAYLOAD>".to_owned()
        } else if self.request.method == "GET" {
            "<sha256 of an empty body>".to_owned()
        } else {
            format!("<sha256 of the {}-byte body>", self.request.body.len())
        }
    }

    fn unsigned(&self) -> bool {
        self.request.header("X-TC-Content-SHA256") == Some(tc3::UNSIGNED_PAYLOAD)
    }

    /// Returns true if these keys make the client's signature over this canonical request.
    pub fn signed_by(&self, keys: &SigningKey, canonical: &str) -> bool {
        let text = tc3::string_to_sign(self.timestamp, &self.claim.scope(), canonical);
        tc3::signatures_match(&keys.sign(&text), self.claim.signature)
    }

    /// A canonical request with some parts replaced.
    pub fn canonical(
        &self,
        host: &str,
        content_type: &str,
        payload_hash: &str,
        lower: bool,
    ) -> String {
        let query = if self.request.method == "GET" {
            self.request.query.as_str()
        } else {
            ""
        };
        let headers: Vec<(&str, &str)> = self
            .headers
            .iter()
            .map(|&(name, value)| match name {
                "host" => (name, host),
                "content-type" => (name, content_type),
                _ => (name, value),
            })
            .collect();
        self.assemble(query, &headers, payload_hash, lower)
    }

    /// The same for output, without secret values.
    pub fn canonical_shown(
        &self,
        host: &str,
        content_type: &str,
        payload: &str,
        lower: bool,
    ) -> String {
        let hidden: Vec<(&str, Cow<'_, str>)> = self
            .headers
            .iter()
            .map(|&(name, value)| match name {
                "host" => (name, host.into()),
                "content-type" => (name, content_type.into()),
                _ if SHOWN.contains(&name) => (name, value.into()),
                _ => (name, format!("<{} bytes>", value.len()).into()),
            })
            .collect();
        let headers: Vec<(&str, &str)> = hidden.iter().map(|(n, v)| (*n, &**v)).collect();
        let query = match (self.request.method.as_str(), self.request.query.len()) {
            ("GET", length) if length > 0 => format!("<{length}-byte query>"),
            _ => String::new(),
        };
        self.assemble(&query, &headers, payload, lower)
    }

    /// The server's canonical request for output, without secret values.
    pub fn ours_shown(&self) -> String {
        self.canonical_shown(
            self.host(),
            self.content_type(),
            &self.payload_shown(),
            true,
        )
    }

    fn assemble(
        &self,
        query: &str,
        headers: &[(&str, &str)],
        payload: &str,
        lower: bool,
    ) -> String {
        let (method, signed) = (&self.request.method, self.claim.signed_headers);
        if lower {
            return tc3::canonical_request(method, query, headers, signed, payload);
        }
        let lines: String = headers
            .iter()
            .map(|(name, value)| format!("{name}:{}\n", value.trim()))
            .collect();
        format!("{method}\n/\n{query}\n{lines}\n{signed}\n{payload}")
    }

    /// The string to sign for output, with a description of the hash.
    pub fn string_to_sign_shown(&self) -> String {
        format!(
            "{}\n{}\n{}\n<sha256 of the canonical request>",
            tc3::ALGORITHM,
            self.timestamp,
            self.claim.scope()
        )
    }
}

/// `127.0.0.1` of `127.0.0.1:8080`.
pub fn without_port(host: &str) -> Option<&str> {
    let (name, port) = host.rsplit_once(':')?;
    (!port.is_empty() && port.bytes().all(|b| b.is_ascii_digit())).then_some(name)
}
