//! The control plane under `/_sim`: what tests read and steer.
//!
//! | request | answer |
//! |---|---|
//! | `GET /_sim/health` | `{"status":"ok", …}` |
//! | `GET /_sim/messages?to=` | accepted messages, oldest first |
//! | `GET /_sim/journal` | what each request asked and how it fared, oldest first |

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use serde_json::{Value, json};

use crate::gateway::parameters::percent_decode;
use crate::phone::Number;
use crate::server::Server;

/// Answers one request to the control plane.
pub async fn answer(server: &Server, request: Request<Incoming>) -> Response<Bytes> {
    let path = request.uri().path().trim_end_matches('/').to_owned();
    let query = request.uri().query().unwrap_or_default().to_owned();
    let service = &server.service;
    match (request.method(), path.as_str()) {
        (&Method::GET, "/_sim/health") => {
            let world = service.world();
            ok(&json!({
                "status": "ok",
                "messages": world.inbox.iter().count(),
                "complete_requests": world.complete_requests,
                "clock_unix_ms": service.clock().now_ms(),
            }))
        }
        (&Method::GET, "/_sim/messages") => {
            let to = parameter(&query, "to").map(|given| normalise(&given));
            let world = service.world();
            let wanted = |m: &&crate::inbox::Message| to.as_ref().is_none_or(|to| m.to == *to);
            let messages: Vec<_> = world.inbox.iter().filter(wanted).collect();
            ok(&json!({ "messages": messages }))
        }
        (&Method::GET, "/_sim/journal") => {
            let world = service.world();
            let entries: Vec<_> = world.journal.iter().collect();
            ok(&json!({ "entries": entries }))
        }
        (_, "/_sim/health" | "/_sim/messages" | "/_sim/journal") => {
            error(StatusCode::METHOD_NOT_ALLOWED, "this path answers GET only")
        }
        _ => error(StatusCode::NOT_FOUND, "there is no such path under /_sim"),
    }
}

/// The value of a query parameter, decoded; the first one counts.
fn parameter(query: &str, name: &str) -> Option<String> {
    query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| percent_decode(value))
}

/// A number as messages have it. In a query an unescaped `+` reads as a space, and is forgiven.
fn normalise(given: &str) -> String {
    let given = match given.strip_prefix(' ') {
        Some(rest) => format!("+{rest}"),
        None => given.to_owned(),
    };
    Number::parse(&given).map_or(given, |number| number.e164())
}

fn ok(value: &Value) -> Response<Bytes> {
    crate::server::json(value.to_string())
}

fn error(status: StatusCode, message: &str) -> Response<Bytes> {
    let mut response = ok(&json!({ "error": message }));
    *response.status_mut() = status;
    if status == StatusCode::METHOD_NOT_ALLOWED {
        response
            .headers_mut()
            .insert(header::ALLOW, HeaderValue::from_static("GET"));
    }
    response
}
