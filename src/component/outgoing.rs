//! The three imports that may answer with an `error-code`, read by its case alone.
//!
//! The generator's code for one reads all 39 cases with their texts and numbers, and stands in the component for each
//! import: 4 KB for what is dropped unread. Everything else that is imported is the generator's.
#![allow(
    unsafe_code,
    reason = "imports are declared with the core signatures that the canonical ABI gives them"
)]

use core::mem::MaybeUninit;

use super::bindings::wasi::http::types::{
    FutureIncomingResponse, IncomingResponse, OutgoingBody, OutgoingRequest, RequestOptions,
};
use crate::abi::{HttpError, Maybe, Outcome};
use crate::http_error::ErrorCode;

#[link(wasm_import_module = "wasi:http/outgoing-handler@0.2.6")]
unsafe extern "C" {
    #[link_name = "handle"]
    fn raw_handle(
        request: u32,
        has_options: u32,
        options: u32,
        result: *mut Outcome<u32, HttpError>,
    );
}

#[link(wasm_import_module = "wasi:http/types@0.2.6")]
unsafe extern "C" {
    #[link_name = "[method]future-incoming-response.get"]
    fn raw_get(future: u32, result: *mut Maybe<Outcome<Outcome<u32, HttpError>, ()>>);

    #[link_name = "[static]outgoing-body.finish"]
    fn raw_finish(body: u32, has_trailers: u32, trailers: u32, result: *mut Outcome<(), HttpError>);
}

/// `outgoing-handler.handle`.
pub fn handle(
    request: OutgoingRequest,
    options: RequestOptions,
) -> Result<FutureIncomingResponse, ErrorCode> {
    // SAFETY: both handles are owned and given away, and the host writes the whole result. What it calls `ok` is a
    // handle that belongs to nobody else.
    match unsafe {
        written(|result| raw_handle(request.take_handle(), 1, options.take_handle(), result))
    } {
        Outcome::Ok(future) => Ok(unsafe { FutureIncomingResponse::from_handle(future) }),
        Outcome::Err(error) => Err(error.code),
    }
}

/// `future-incoming-response.get`: the answer or the reason that there is none, once it is known.
pub fn response(future: &FutureIncomingResponse) -> Option<Result<IncomingResponse, ErrorCode>> {
    // SAFETY: the handle is borrowed for the call, and the host writes the whole result. What it calls `ok` is a
    // handle that belongs to nobody else.
    match unsafe { written(|result| raw_get(future.handle(), result)) } {
        Maybe::None => None,
        Maybe::Some(Outcome::Ok(Outcome::Ok(response))) => {
            Some(Ok(unsafe { IncomingResponse::from_handle(response) }))
        }
        Maybe::Some(Outcome::Ok(Outcome::Err(error))) => Some(Err(error.code)),
        // Only a second call can say this, and all callers stop after the first.
        Maybe::Some(Outcome::Err(())) => Some(Err(ErrorCode::InternalError)),
    }
}

/// `outgoing-body.finish`, without trailers.
pub fn finish(body: OutgoingBody) -> Result<(), ErrorCode> {
    // SAFETY: the handle is owned and given away, and the host writes the whole result.
    match unsafe { written(|result| raw_finish(body.take_handle(), 0, 0, result)) } {
        Outcome::Ok(()) => Ok(()),
        Outcome::Err(error) => Err(error.code),
    }
}

/// What a call writes.
///
/// # Safety
///
/// It writes a whole value of the type.
unsafe fn written<T>(call: impl FnOnce(*mut T)) -> T {
    let mut value = MaybeUninit::uninit();
    call(value.as_mut_ptr());
    // SAFETY: the caller vouches for it.
    unsafe { value.assume_init() }
}
