//! Inbox in a browser: one page at `/`, its scripts, and a stream of events.
//!
//! | path | what |
//! |---|---|
//! | `/`, asked for as `text/html` | the page; the API has the path for everybody else |
//! | `/_inbox/…` | its scripts, style and texts |
//! | `/_inbox/events` | server-sent events: messages, requests, faults, the clock |
//!
//! The files are part of the program and contain no data. The page reads its data from `/_inbox/events` and `/_sim`,
//! which the server guards alike.

mod events;

use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use tokio::sync::mpsc;

use crate::service::Service;

/// The path of the stream.
const EVENTS: &str = "/_inbox/events";

/// Content of a response.
pub enum Content {
    /// A file, or a line with the reason why not.
    Whole(Bytes),
    /// Events, as they come.
    Events(mpsc::Receiver<Bytes>),
}

/// Policy: nothing from elsewhere, nothing inline, in no frame.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
    form-action 'none'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'";

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// Path, media type, text.
const FILES: [(&str, &str, &str); 10] = [
    ("/", HTML, include_str!("inbox.html")),
    (
        "/_inbox/inbox.css",
        "text/css; charset=utf-8",
        include_str!("inbox.css"),
    ),
    ("/_inbox/inbox.js", SCRIPT, include_str!("inbox.js")),
    ("/_inbox/detail.js", SCRIPT, include_str!("detail.js")),
    ("/_inbox/dom.js", SCRIPT, include_str!("dom.js")),
    ("/_inbox/list.js", SCRIPT, include_str!("list.js")),
    ("/_inbox/stream.js", SCRIPT, include_str!("stream.js")),
    ("/_inbox/tools.js", SCRIPT, include_str!("tools.js")),
    (
        "/_inbox/texts.json",
        "application/json",
        include_str!("texts.json"),
    ),
    (
        "/_inbox/icon.svg",
        "image/svg+xml",
        include_str!("icon.svg"),
    ),
];

/// Returns true if a request is a browser's, for the page or its parts.
pub fn is_for(method: &Method, path: &str, headers: &HeaderMap) -> bool {
    if path == "/_inbox" || path.starts_with("/_inbox/") {
        return true;
    }
    // No SDK accepts HTML, and each sends the action.
    let accepts = headers.get(header::ACCEPT);
    let accepts = accepts.and_then(|value| value.to_str().ok());
    let is_page = accepts.is_some_and(|text| text.contains("text/html"));
    let is_read = matches!(*method, Method::GET | Method::HEAD);
    path == "/" && is_read && is_page && !headers.contains_key("x-tc-action")
}

/// Returns true if a path serves messages and requests, not a file.
pub fn is_events(path: &str) -> bool {
    path == EVENTS
}

/// Responds to a request. Events end when `stop` completes.
pub fn answer(
    service: &Arc<Service>,
    request: &Parts,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Response<Content> {
    if !matches!(request.method, Method::GET | Method::HEAD) {
        let mut response = text(
            StatusCode::METHOD_NOT_ALLOWED,
            "this path answers GET, HEAD",
        );
        let allow = HeaderValue::from_static("GET, HEAD");
        response.headers_mut().insert(header::ALLOW, allow);
        return response;
    }
    let path = request.uri.path();
    if is_events(path) {
        let events = events::begin(service.clone(), stop);
        return guarded("text/event-stream", Content::Events(events));
    }
    match FILES.iter().find(|(known, ..)| *known == path) {
        Some((_, kind, body)) => file(kind, body),
        None => text(StatusCode::NOT_FOUND, "there is no such file"),
    }
}

fn file(kind: &'static str, body: &'static str) -> Response<Content> {
    guarded(kind, Content::Whole(Bytes::from_static(body.as_bytes())))
}

fn text(status: StatusCode, body: &'static str) -> Response<Content> {
    let mut response = file("text/plain; charset=utf-8", body);
    *response.status_mut() = status;
    response
}

fn guarded(kind: &'static str, content: Content) -> Response<Content> {
    let mut response = Response::new(content);
    guard(response.headers_mut(), kind);
    response
}

/// Sets the headers of a page that shows text by strangers.
fn guard(headers: &mut HeaderMap, kind: &'static str) {
    for (name, value) in [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (header::VARY, "accept"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    for name in ["cross-origin-resource-policy", "cross-origin-opener-policy"] {
        headers.insert(name, HeaderValue::from_static("same-origin"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;
    use std::collections::BTreeSet;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pairs = pairs.iter();
        pairs
            .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn page_is_for_browsers_alone() {
        let browser = headers(&[("accept", "text/html,application/xhtml+xml,*/*;q=0.8")]);
        assert!(is_for(&Method::GET, "/", &browser));
        assert!(!is_for(&Method::POST, "/", &browser));
        assert!(!is_for(&Method::GET, "/other", &browser));
        assert!(!is_for(&Method::GET, "/", &headers(&[("accept", "*/*")])));
        assert!(!is_for(&Method::GET, "/", &headers(&[])));
        let call = headers(&[("accept", "text/html"), ("x-tc-action", "SendSms")]);
        assert!(!is_for(&Method::GET, "/", &call));
        assert!(is_for(&Method::GET, "/_inbox/events", &headers(&[])));
        assert!(!is_for(&Method::GET, "/_inboxes", &headers(&[])));
    }

    /// The policy would block such parts in a browser.
    #[test]
    fn files_have_nothing_inline_and_nothing_from_elsewhere() {
        let html = include_str!("inbox.html");
        for tag in html.split('<').skip(1) {
            let tag = tag.split('>').next().unwrap();
            for forbidden in [" style=", " on", "javascript:"] {
                assert!(!tag.contains(forbidden), "<{tag}>");
            }
            let is_script = tag.starts_with("script");
            assert!(!is_script || tag.contains(" src="), "<{tag}>");
            assert!(!tag.starts_with("style"), "<{tag}>");
        }
        for (path, _, text) in FILES {
            let outside = text.replace("http://www.w3.org/2000/svg", "");
            assert!(
                !outside.contains("http://") && !outside.contains("https://"),
                "{path}"
            );
            for raw in [
                "innerHTML",
                "outerHTML",
                "insertAdjacentHTML",
                "document.write",
                "eval(",
            ] {
                assert!(!text.contains(raw), "{path} has {raw}");
            }
        }
    }

    #[test]
    fn texts_are_complete_in_both_languages_and_used() {
        let written = include_str!("texts.json");
        let texts: Value = serde_json::from_str(written).unwrap();
        let keys = |language: &str| -> BTreeSet<String> {
            let texts = texts[language].as_object().unwrap();
            assert!(
                texts
                    .values()
                    .all(|text| text.as_str().is_some_and(|t| !t.is_empty()))
            );
            texts.keys().cloned().collect()
        };
        let english = keys("en");
        assert_eq!(english, keys("zh-CN"));
        // A map keeps the last of two texts with the same key. Each language has a line of its own.
        let lines = written
            .lines()
            .filter(|line| line.contains("\": \""))
            .count();
        assert_eq!(lines, 2 * english.len(), "a key stands twice");
        let sources: String = FILES
            .iter()
            .filter(|(path, ..)| !path.ends_with(".json"))
            .map(|(_, _, text)| *text)
            .collect();
        for key in &english {
            // Some keys consist of a prefix and a word: of a state, a value, a fault.
            let made = ["state-", "value-", "fault-"].map(|prefix| key.strip_prefix(prefix));
            let word = made.into_iter().flatten().next().unwrap_or(key);
            let quoted = |key: &str| [format!("'{key}'"), format!("\"{key}\"")];
            let mut forms = quoted(key).into_iter().chain(quoted(word));
            let is_used = forms.any(|form| sources.contains(&form));
            assert!(is_used || word == "client-left", "{key} is not used");
        }
        let marks = [
            "text(\'",
            "data-text=\"",
            "data-placeholder=\"",
            "data-label=\"",
        ];
        for mark in marks {
            for rest in sources.split(mark).skip(1) {
                let key = rest.split(['\'', '"']).next().unwrap();
                assert!(english.contains(key), "{key} is missing");
            }
        }
    }

    /// The control plane accepts each fault that the page offers, and each has its texts.
    #[test]
    fn offered_faults_exist() {
        let texts: Value = serde_json::from_str(include_str!("texts.json")).unwrap();
        let (_, list) = include_str!("tools.js")
            .split_once("const FAULTS = [")
            .unwrap();
        let (list, _) = list.split_once("];").unwrap();
        let mut count = 0;
        for line in list.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let json = line.trim_end_matches(',').replace('\'', "\"");
            let mut json = json.replace("{ kind", "{ \"kind\"");
            for key in ["ms", "status", "code", "bytes"] {
                json = json.replace(&format!(", {key}: "), &format!(", \"{key}\": "));
            }
            let fault: Value =
                serde_json::from_str(&json).unwrap_or_else(|e| panic!("{json}: {e}"));
            let read: crate::fault::Fault = serde_json::from_value(fault.clone()).unwrap();
            let key = format!("fault-{}", read.name());
            assert!(texts["en"][&key].is_string(), "{key}");
            count += 1;
        }
        assert!(count > 10);
    }
}
