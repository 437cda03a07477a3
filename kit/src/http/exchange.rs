//! A request, its response, and the transport that carries them.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use base64::prelude::{BASE64_STANDARD, Engine};

use super::url::Url;
use crate::bindings::wasi::http::types::Method;
use crate::contract::SendError;
use crate::time::parse_http_date;

/// One request, complete. It holds secrets and the text of a message, so it has no `Debug` output.
pub struct Request<'r> {
    /// The method.
    pub method: Method,
    /// The address.
    pub url: &'r Url,
    /// Names in lower case, and values. The transport adds `content-length`, and the host adds `host`.
    pub headers: Vec<(&'static str, Cow<'r, str>)>,
    /// The body. The proof of *not sent* needs at least one byte of it: where it is empty, everything that goes
    /// wrong once the host has the request is *unknown*.
    pub body: Vec<u8>,
}

impl<'r> Request<'r> {
    /// A `POST` of JSON to a URL. `content-type` is among its headers.
    pub fn post_json(url: &'r Url, body: Vec<u8>) -> Self {
        Self::post(url, "application/json", body)
    }

    /// A `POST` of a form (`application/x-www-form-urlencoded`) to a URL. A form that lacks its last byte may still be
    /// one: put a field last that the provider refuses when it is a character short, such as an identifier.
    ///
    /// # Examples
    /// ```
    /// use connector_kit::http::{Request, Url};
    ///
    /// let url = Url::parse("https://sms.example.com/messages").unwrap();
    /// let request = Request::post_form(&url, &[("To", "+8613800138000"), ("Body", "Code: 12 & more")]);
    /// assert_eq!(request.body, b"To=%2B8613800138000&Body=Code%3A+12+%26+more");
    /// ```
    pub fn post_form(url: &'r Url, fields: &[(&str, &str)]) -> Self {
        let mut body = form_urlencoded::Serializer::new(String::new());
        let body = body.extend_pairs(fields).finish();
        let content_type = "application/x-www-form-urlencoded";
        Self::post(url, content_type, body.into_bytes())
    }

    /// A `GET` of a URL, with the query of [`Url::with_query`] in it. It has no body whose last byte could be held back:
    /// whatever goes wrong once the host has it is *unknown*.
    ///
    /// # Examples
    /// ```
    /// use connector_kit::http::{Request, Url};
    ///
    /// let url = Url::parse("https://sms.example.com/status").unwrap();
    /// let url = url.with_query(&[("id", "4711")]).unwrap();
    /// assert_eq!(Request::get(&url).url.path, "/status?id=4711");
    /// ```
    pub fn get(url: &'r Url) -> Self {
        Self {
            method: Method::Get,
            headers: Vec::new(),
            ..Self::post(url, "", Vec::new())
        }
    }

    fn post(url: &'r Url, content_type: &'static str, body: Vec<u8>) -> Self {
        Self {
            method: Method::Post,
            url,
            headers: alloc::vec![("content-type", content_type.into())],
            body,
        }
    }

    /// The same request with this header, in place of one of the same name: `content-type` of
    /// [`post_json`](Self::post_json) can be changed so.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: impl Into<Cow<'r, str>>) -> Self {
        self.headers.retain(|(other, _)| *other != name);
        self.headers.push((name, value.into()));
        self
    }

    /// The same request with HTTP basic authentication (RFC 7617). A user's name holds no colon.
    ///
    /// # Examples
    /// ```
    /// use connector_kit::http::{Request, Url};
    ///
    /// let url = Url::parse("https://sms.example.com/messages").unwrap();
    /// let request = Request::post_json(&url, b"{}".to_vec()).with_basic_auth("AC01", "example-token");
    /// assert_eq!(request.header("authorization"), Some("Basic QUMwMTpleGFtcGxlLXRva2Vu"));
    /// ```
    #[must_use]
    pub fn with_basic_auth(self, user: &str, password: &str) -> Self {
        let credentials = BASE64_STANDARD.encode([user, ":", password].concat());
        self.with_header("authorization", ["Basic ", &credentials].concat())
    }

    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let header = self.headers.iter().find(|(key, _)| *key == name)?;
        Some(&header.1)
    }
}

/// A complete response to a request that was released. The provider may have written anything, so it has no `Debug`
/// output.
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The `Date` header, unparsed.
    pub date: Option<String>,
    /// The `Retry-After` header, unparsed. It is not read of a response with status 2xx.
    pub retry_after: Option<String>,
    /// The whole body, at most [`MAX_BODY_BYTES`] long.
    pub body: Vec<u8>,
}

impl Response {
    /// A response without headers, for tests.
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            date: None,
            retry_after: None,
            body: body.into(),
        }
    }

    /// The milliseconds that `Retry-After` asks to wait. It holds seconds, or a date, which is compared with `Date`.
    ///
    /// # Examples
    /// ```
    /// use connector_kit::http::Response;
    ///
    /// let response = Response { retry_after: Some("120".into()), ..Response::new(429, "") };
    /// assert_eq!(response.retry_after_ms(), Some(120_000));
    /// ```
    pub fn retry_after_ms(&self) -> Option<u32> {
        let text = self.retry_after.as_deref()?.trim();
        let seconds: Option<u64> = text.parse().ok().or_else(|| {
            let now = parse_http_date(self.date.as_deref()?)?;
            Some(parse_http_date(text)?.saturating_sub(now))
        });
        u32::try_from(seconds?.checked_mul(1000)?).ok()
    }
}

/// The longest response body that is read, in bytes; a longer one is an unknown outcome.
pub const MAX_BODY_BYTES: usize = crate::json::MAX_BYTES;

/// Clock and network. A component has the one of `wasi:http`, a test has [`crate::testing::Script`].
pub trait Transport {
    /// Unix seconds by the host's wall clock.
    fn unix_time_s(&mut self) -> u64;

    /// Sends one request at most once and waits for its response until `deadline_ms` after the call began.
    ///
    /// # Errors
    /// [`SendError::NotSent`] only where it is proved that no complete request reached anybody.
    fn exchange(&mut self, request: &Request<'_>, deadline_ms: u32) -> Result<Response, SendError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = "Mon, 25 Feb 2019 16:44:25 GMT";
        for (text, date, expected) in [
            ("0", None, Some(0)),
            (" 30 ", None, Some(30_000)),
            ("4294968", None, None),
            ("18446744073709551615", None, None),
            ("1.5", None, None),
            ("-1", None, None),
            ("", None, None),
            ("Mon, 25 Feb 2019 16:45:25 GMT", Some(now), Some(60_000)),
            ("Mon, 25 Feb 2019 16:44:00 GMT", Some(now), Some(0)),
            ("Mon, 25 Feb 2019 16:45:25 GMT", None, None),
            ("soon", Some(now), None),
        ] {
            let response = Response {
                retry_after: Some(text.into()),
                date: date.map(Into::into),
                ..Response::new(429, "")
            };
            assert_eq!(response.retry_after_ms(), expected, "{text:?}");
        }
        assert_eq!(Response::new(429, "").retry_after_ms(), None);
    }

    #[test]
    fn header_replaces_one_of_the_same_name() {
        let url = Url::parse("https://a.example/x").unwrap();
        let request = Request::post_json(&url, Vec::new())
            .with_header("x-a", "b")
            .with_header("content-type", "application/json; charset=utf-8");
        let headers: Vec<(&str, &str)> = request
            .headers
            .iter()
            .map(|(name, value)| (*name, value.as_ref()))
            .collect();
        let expected = [
            ("x-a", "b"),
            ("content-type", "application/json; charset=utf-8"),
        ];
        assert_eq!(headers, expected);
    }

    /// The example of RFC 7617, section 2.
    #[test]
    fn basic_credentials_are_in_base64() {
        let url = Url::parse("https://a.example/x").unwrap();
        let request =
            Request::post_json(&url, Vec::new()).with_basic_auth("Aladdin", "open sesame");
        let expected = Some("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        assert_eq!(request.header("authorization"), expected);
    }

    #[test]
    fn form_encodes_names_and_values() {
        let url = Url::parse("https://a.example/x").unwrap();
        for (fields, expected) in [
            (&[][..], ""),
            (&[("a", "")], "a="),
            (&[("a b", "c+d"), ("e", "=&%")], "a+b=c%2Bd&e=%3D%26%25"),
            (&[("t", "\u{77ed}\n-._~")], "t=%E7%9F%AD%0A-._%7E"),
        ] {
            let request = Request::post_form(&url, fields);
            assert_eq!(request.body, expected.as_bytes());
            let content_type = Some("application/x-www-form-urlencoded");
            assert_eq!(request.header("content-type"), content_type);
        }
    }
}
