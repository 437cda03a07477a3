//! Sends GET with a body, which a server that leaves bodies of GET unread reads as the beginning of the next request.

use crate::answers::{Ending, not_sent};
use crate::bindings::wasi::http::types::Method;
use crate::scene::Scene;
use crate::web::{Ask, answer, drain};
use alloc::format;
use alloc::string::String;

pub fn run(scene: &Scene) -> Ending {
    not_sent(match leave(scene, &Method::Get) {
        Ok(status) => format!("{status}"),
        Err(why) => why,
    })
}

pub fn leave(scene: &Scene, method: &Method) -> Result<u16, String> {
    // On a kept connection, the body of a request is sent with its head.
    drain(&answer(Ask::get(scene)?.send()?)?)?;
    let prefix = format!("GET {} HTTP/1.1\r\nX-Swallow: ", scene.word);
    let length = format!("{}", prefix.len());
    let headers = [("content-length", length.as_str())];
    let upload = Ask::new(method, &scene.scheme(), scene.authority(), &headers)?.upload()?;
    upload.write(prefix.as_bytes())?;
    upload.finish()
}
