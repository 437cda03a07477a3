//! HTTP for connectors: one request at a time under one deadline, with a proof of *not sent*.
//!
//! A connector builds a [`Request`] and calls [`Client::send`]. The error is [`SendError::NotSent`] only if no
//! complete request reached a server, and [`SendError::Unknown`] otherwise.
//!
//! # Examples
//! ```
//! use connector_kit::http::{Client, Request, Response, Url};
//! use connector_kit::testing::Script;
//!
//! let mut script = Script::new(|request| {
//!     assert_eq!(request.header("content-type"), Some("application/json"));
//!     Ok(Response::new(200, "{}"))
//! });
//! let mut client = Client::new(&mut script, 8_000);
//! let url = Url::parse("https://sms.example.com/v1/messages?region=north").unwrap();
//! let request = Request::post_json(&url, br#"{"to": "+8613800138000"}"#.to_vec());
//! assert_eq!(client.send(&request).unwrap().status, 200);
//! ```

pub(crate) mod error;
mod exchange;
mod percent;
mod sendable;
mod url;
mod wasi;

use crate::contract::{Failure, SendError};

pub use crate::bindings::wasi::http::types::Method;
pub use exchange::{MAX_BODY_BYTES, Request, Response, Transport};
pub use percent::{form_pairs, percent_encode};
pub use url::Url;
pub(crate) use wasi::WasiTransport;

/// The longest that one call may take, in milliseconds. Logto's browser client gives up after 10 s, and the answer
/// has to travel back.
pub const MAX_CALL_MS: u32 = 8_000;

/// A transport with the deadline of one call.
pub struct Client<'t> {
    transport: &'t mut dyn Transport,
    deadline_ms: u32,
    /// True if the requests are one message's.
    is_message: bool,
    /// The failure that left the message's outcome unknown.
    unknown: Option<Failure>,
}

impl<'t> Client<'t> {
    /// A client for one call that must end `deadline_ms` after it began.
    pub fn new(transport: &'t mut dyn Transport, deadline_ms: u32) -> Self {
        Self {
            transport,
            deadline_ms,
            is_message: false,
            unknown: None,
        }
    }

    /// The client for the requests of one message. It sends none once an outcome is unknown: the message could be sent
    /// twice.
    pub(crate) fn for_message(self) -> Self {
        Self {
            is_message: true,
            ..self
        }
    }

    /// Unix seconds by the host's wall clock.
    pub fn unix_time_s(&mut self) -> u64 {
        self.transport.unix_time_s()
    }

    /// Sends one request at most once and waits for its response. Follows no redirect and repeats nothing.
    ///
    /// In [`Connector::send`](crate::Connector::send) a request whose outcome is unknown is the last one: this returns the
    /// same error again.
    ///
    /// # Errors
    /// [`SendError::NotSent`] only if it is proved that no complete request reached a server, which includes requests
    /// that no host can send; [`SendError::Unknown`] if the whole request was passed to the host and no complete
    /// response came.
    pub fn send(&mut self, request: &Request<'_>) -> Result<Response, SendError> {
        if let Some(failure) = &self.unknown {
            return Err(SendError::Unknown(failure.clone()));
        }
        sendable::check(request).map_err(SendError::NotSent)?;
        let result = self.transport.exchange(request, self.deadline_ms);
        if let (true, Err(SendError::Unknown(failure))) = (self.is_message, &result) {
            self.unknown = Some(failure.clone());
        }
        result
    }
}
