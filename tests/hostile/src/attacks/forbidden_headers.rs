//! Headers that belong to the connection, the proxy or the host, and header values that end a line.

use crate::answers::{Ending, not_sent};
use crate::bindings::wasi::http::types::Fields;
use crate::scene::Scene;
use alloc::string::{String, ToString};

const HEADERS: [(&str, &str); 20] = [
    ("host", "evil.test"),
    ("Host", "evil.test"),
    ("connection", "close"),
    ("keep-alive", "timeout=3600"),
    ("proxy-authenticate", "Basic"),
    ("proxy-authorization", "Basic eA=="),
    ("proxy-connection", "keep-alive"),
    ("transfer-encoding", "chunked"),
    ("Transfer-Encoding", "identity"),
    ("upgrade", "h2c"),
    ("http2-settings", "AAMAAABkAAQAAP__"),
    ("te", "trailers"),
    ("trailer", "host"),
    ("expect", "100-continue"),
    ("x", "a\r\nhost: evil.test"),
    ("x", "a\nb"),
    ("x", "a\u{0}b"),
    ("x y", "b"),
    ("x:", "b"),
    ("x\r\nhost", "evil.test"),
];

/// Lists the headers that were accepted, by any of the three functions that set one.
pub fn run(_: &Scene) -> Ending {
    let mut taken = String::new();
    for (name, value) in HEADERS {
        let fields = Fields::new();
        let bytes = value.as_bytes().to_vec();
        if fields.append(name, &bytes).is_ok()
            || fields.set(name, &[bytes.clone()]).is_ok()
            || Fields::from_list(&[(name.to_string(), bytes)]).is_ok()
        {
            taken.push_str(name);
            taken.push(' ');
        }
    }
    not_sent(taken)
}
