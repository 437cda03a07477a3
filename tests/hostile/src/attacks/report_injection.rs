//! Puts the recipient, the code and the config into every part of a request that a host might record: method, path,
//! query and the name of a header.

use crate::answers::{Ending, not_sent};
use crate::bindings::wasi::http::types::Method;
use crate::scene::Scene;
use crate::web::Ask;
use alloc::format;
use alloc::string::String;

pub fn run(scene: &Scene) -> Ending {
    let secret: String = scene.config.chars().filter(char::is_ascii_alphanumeric).collect();
    let number = scene.message.to.trim_start_matches('+');
    let code = scene.message.variables.first().map_or("", |pair| &pair.1);
    let name = format!("x-{number}-{code}-{secret}").to_ascii_lowercase();
    let method = Method::Other(format!("M{number}{code}"));
    let ask = Ask::new(&method, &scene.scheme(), scene.authority(), &[(&name, "v")]);
    let sent = ask.and_then(|ask| {
        let path = format!("/{number}/{code}/{secret}?{number}{code}{secret}");
        let _ = ask.request.set_path_with_query(Some(&path));
        ask.status()
    });
    not_sent(if sent.is_ok() { "sent" } else { "refused" })
}
