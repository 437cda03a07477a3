//! Direct use of `wasi:http` by attacks.

use crate::bindings::wasi::clocks::monotonic_clock;
use crate::bindings::wasi::http::outgoing_handler;
use crate::bindings::wasi::http::types::{
    ErrorCode, Fields, FutureIncomingResponse, IncomingBody, IncomingResponse, Method,
    OutgoingBody, OutgoingRequest, RequestOptions, Scheme,
};
use crate::bindings::wasi::io::streams::{InputStream, OutputStream};
use crate::scene::Scene;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

pub const MS: u64 = 1_000_000;

/// Waits without computing.
pub fn sleep(ms: u64) {
    monotonic_clock::subscribe_duration(ms * MS).block();
}

/// A request before it is sent.
pub struct Ask {
    pub request: OutgoingRequest,
}

impl Ask {
    /// A request to an origin, with these headers. Returns an error if the host refuses one.
    pub fn new(
        method: &Method,
        scheme: &Scheme,
        authority: &str,
        headers: &[(&str, &str)],
    ) -> Result<Self, String> {
        let entries: Vec<(String, Vec<u8>)> = headers
            .iter()
            .map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()))
            .collect();
        let fields = Fields::from_list(&entries).map_err(|error| format!("{error:?}"))?;
        let request = OutgoingRequest::new(fields);
        let said = |what: &'static str| move |()| what.to_string();
        request.set_method(method).map_err(said("method"))?;
        request.set_scheme(Some(scheme)).map_err(said("scheme"))?;
        request
            .set_authority(Some(authority))
            .map_err(said("authority"))?;
        request
            .set_path_with_query(Some("/"))
            .map_err(said("path"))?;
        Ok(Self { request })
    }

    /// `GET` to the scene's origin.
    pub fn get(scene: &Scene) -> Result<Self, String> {
        Self::new(&Method::Get, &scene.scheme(), scene.authority(), &[])
    }

    /// `POST` to the scene's origin, with these headers.
    pub fn post(scene: &Scene, headers: &[(&str, &str)]) -> Result<Self, String> {
        Self::new(&Method::Post, &scene.scheme(), scene.authority(), headers)
    }

    /// Sends it without a body.
    pub fn send(self) -> Result<FutureIncomingResponse, String> {
        self.send_with(None)
    }

    pub fn send_with(
        self,
        options: Option<RequestOptions>,
    ) -> Result<FutureIncomingResponse, String> {
        outgoing_handler::handle(self.request, options).map_err(|code| shown(&code))
    }

    /// Starts it with a body to write.
    pub fn upload(self) -> Result<Upload, String> {
        let body = self.request.body().map_err(|()| "body".to_string())?;
        let stream = body.write().map_err(|()| "stream".to_string())?;
        let response = self.send()?;
        Ok(Upload {
            stream,
            body,
            response,
        })
    }

    /// Sends it and waits for the status.
    pub fn status(self) -> Result<u16, String> {
        Ok(answer(self.send()?)?.status())
    }
}

/// A request under way.
pub struct Upload {
    pub stream: OutputStream,
    pub body: OutgoingBody,
    pub response: FutureIncomingResponse,
}

impl Upload {
    /// Writes all bytes, and waits if necessary.
    pub fn write(&self, bytes: &[u8]) -> Result<(), String> {
        self.stream
            .blocking_write_and_flush(bytes)
            .map_err(|error| format!("{error:?}"))
    }

    /// Ends the body and waits for the status.
    pub fn finish(self) -> Result<u16, String> {
        drop(self.stream);
        OutgoingBody::finish(self.body, None).map_err(|code| shown(&code))?;
        Ok(answer(self.response)?.status())
    }
}

/// Waits for a response.
pub fn answer(response: FutureIncomingResponse) -> Result<IncomingResponse, String> {
    response.subscribe().block();
    match response.get() {
        Some(Ok(Ok(answer))) => Ok(answer),
        Some(Ok(Err(code))) => Err(shown(&code)),
        _ => Err("nothing".to_string()),
    }
}

/// The body of a response. Fields drop in this order, as a child must be dropped before its parent.
pub struct Reading {
    pub stream: InputStream,
    _body: IncomingBody,
}

pub fn body(answer: &IncomingResponse) -> Result<Reading, String> {
    let body = answer.consume().map_err(|()| "consumed".to_string())?;
    let stream = body.stream().map_err(|()| "taken".to_string())?;
    Ok(Reading {
        stream,
        _body: body,
    })
}

/// Reads a response to its end.
pub fn drain(answer: &IncomingResponse) -> Result<(), String> {
    let reading = body(answer)?;
    while reading.stream.blocking_read(4096).is_ok() {}
    Ok(())
}

/// An error code by its name.
pub fn shown(code: &ErrorCode) -> String {
    format!("{code:?}")
}
