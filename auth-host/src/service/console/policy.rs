//! Security headers of every response, and checks of every request.
//!
//! | check | against |
//! |---|---|
//! | `Host` is a loopback name or one of `console_hosts` | another site's name that resolves to this machine (DNS
//! rebinding) |
//! | a request from another site's page may only navigate | reading and changing across origins |
//! | a POST has this origin, and `Sec-Fetch-Site` does not contradict it | forged forms; the token is checked with the
//! session |
//!
//! Beside the console, the first check protects the figures at `/metrics`.

use super::fault::Fault;
use super::state::Console;
use crate::service::problem::Problem;
use crate::service::texts::say;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

const CONTENT: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// Loopback names of this machine, which no name server can assign elsewhere.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// Refuses requests that fail the checks.
pub async fn check(State(console): State<Arc<Console>>, request: Request, next: Next) -> Response {
    let is_tls = came_by_tls(request.headers());
    let mut response = match examine(&console.hosts, request.method(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(fault) => fault.into_response(),
    };
    if is_tls {
        secure(response.headers_mut());
    }
    response
}

/// Refuses a request that names another host.
pub async fn host(State(hosts): State<Arc<[String]>>, request: Request, next: Next) -> Response {
    if is_own(host_of(request.headers()), &hosts) {
        return next.run(request).await;
    }
    Problem::new(
        StatusCode::MISDIRECTED_REQUEST,
        "host",
        "Another host",
        say("fault-host"),
    )
    .into_response()
}

/// Returns true if a proxy reports that the browser used TLS. A client that forges the header only gets its own cookies
/// marked.
fn came_by_tls(headers: &HeaderMap) -> bool {
    let scheme = headers.get("x-forwarded-proto");
    scheme.is_some_and(|scheme| scheme.as_bytes().eq_ignore_ascii_case(b"https"))
}

/// Marks the cookies of a response as `Secure`, so that the browser sends them only over TLS.
fn secure(headers: &mut HeaderMap) {
    let cookies = headers.get_all(header::SET_COOKIE).iter();
    let marked: Vec<HeaderValue> = cookies
        .filter_map(|cookie| {
            HeaderValue::try_from(format!("{}; Secure", cookie.to_str().ok()?)).ok()
        })
        .collect();
    headers.remove(header::SET_COOKIE);
    for cookie in marked {
        headers.append(header::SET_COOKIE, cookie);
    }
}

fn host_of(headers: &HeaderMap) -> &str {
    let host = headers.get(header::HOST);
    host.and_then(|host| host.to_str().ok()).unwrap_or_default()
}

/// Sets the headers of every response.
pub async fn headers(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in [
        ("content-security-policy", CONTENT),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        // With `no-referrer`, a form's `Origin` would be null.
        ("referrer-policy", "same-origin"),
        ("x-frame-options", "DENY"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

fn examine(hosts: &[String], method: &Method, headers: &HeaderMap) -> Result<(), Fault> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let host = host_of(headers);
    if !is_own(host, hosts) {
        return Err(Fault::ForeignHost);
    }
    let site = text("sec-fetch-site");
    if *method == Method::GET || *method == Method::HEAD {
        let is_visit = matches!(text("sec-fetch-mode"), Some("navigate"))
            && matches!(text("sec-fetch-dest"), Some("document"));
        return match site {
            None | Some("same-origin" | "none") => Ok(()),
            Some(_) if is_visit => Ok(()),
            Some(_) => Err(Fault::ForeignOrigin),
        };
    }
    let origin = text("origin").unwrap_or_default();
    let of_origin = origin
        .strip_prefix("http://")
        .or_else(|| origin.strip_prefix("https://"));
    let is_same = of_origin.is_some_and(|name| name.eq_ignore_ascii_case(host));
    if is_same && matches!(site, None | Some("same-origin")) {
        return Ok(());
    }
    Err(Fault::ForeignOrigin)
}

/// Returns true if a `Host` is a loopback name or one that the operator set, on any port.
fn is_own(host: &str, hosts: &[String]) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    let mut known = LOOPBACK.iter().copied();
    !name.is_empty()
        && (known.any(|known| known.eq_ignore_ascii_case(name))
            || hosts.iter().any(|own| own.eq_ignore_ascii_case(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_is_loopback_or_set_on_any_port() {
        let hosts = ["console.example.com".to_owned()];
        for (host, own) in [
            ("localhost", true),
            ("LocalHost:8421", true),
            ("127.0.0.1:8421", true),
            ("[::1]:8421", true),
            ("[::1]", true),
            ("console.example.com", true),
            ("console.example.com:443", true),
            ("evil.example", false),
            ("localhost.evil.example", false),
            ("127.0.0.1.evil.example:80", false),
            ("localhost:80:80", false),
            ("127.0.0.2", false),
            ("", false),
            (":80", false),
        ] {
            assert_eq!(is_own(host, &hosts), own, "{host}");
        }
    }

    #[test]
    fn cookies_are_secure_behind_tls_alone() {
        for (scheme, expected) in [
            (None, ["a=1; HttpOnly", "b=2"]),
            (Some("http"), ["a=1; HttpOnly", "b=2"]),
            (Some("https"), ["a=1; HttpOnly; Secure", "b=2; Secure"]),
        ] {
            let mut asked = HeaderMap::new();
            if let Some(scheme) = scheme {
                asked.insert("x-forwarded-proto", HeaderValue::from_static(scheme));
            }
            let mut answer = HeaderMap::new();
            for cookie in ["a=1; HttpOnly", "b=2"] {
                answer.append(header::SET_COOKIE, HeaderValue::from_static(cookie));
            }
            if came_by_tls(&asked) {
                secure(&mut answer);
            }
            let cookies: Vec<_> = answer.get_all(header::SET_COOKIE).iter().collect();
            assert_eq!(cookies, expected, "{scheme:?}");
        }
    }

    #[test]
    fn cross_site_request_may_only_navigate() {
        let own = [("host", "localhost:1"), ("origin", "http://localhost:1")];
        let host = [("host", "localhost:1")];
        let with = |base: &[(&'static str, &'static str)],
                    more: &[(&'static str, &'static str)]| {
            [base, more].concat()
        };
        for (method, headers, allowed) in [
            (Method::GET, with(&host, &[]), true),
            (
                Method::GET,
                with(&host, &[("sec-fetch-site", "same-origin")]),
                true,
            ),
            (
                Method::GET,
                with(&host, &[("sec-fetch-site", "cross-site")]),
                false,
            ),
            (
                Method::GET,
                with(&host, &[("sec-fetch-site", "same-site")]),
                false,
            ),
            (
                Method::GET,
                with(
                    &host,
                    &[
                        ("sec-fetch-site", "cross-site"),
                        ("sec-fetch-mode", "navigate"),
                        ("sec-fetch-dest", "document"),
                    ],
                ),
                true,
            ),
            (
                Method::GET,
                with(
                    &host,
                    &[
                        ("sec-fetch-site", "cross-site"),
                        ("sec-fetch-mode", "navigate"),
                        ("sec-fetch-dest", "iframe"),
                    ],
                ),
                false,
            ),
            (Method::POST, with(&own, &[]), true),
            (
                Method::POST,
                with(&own, &[("sec-fetch-site", "same-origin")]),
                true,
            ),
            (
                Method::POST,
                with(&own, &[("sec-fetch-site", "same-site")]),
                false,
            ),
            (
                Method::POST,
                with(&own, &[("sec-fetch-site", "none")]),
                false,
            ),
            (Method::POST, with(&host, &[]), false),
            (Method::POST, with(&host, &[("origin", "null")]), false),
            (
                Method::POST,
                with(&host, &[("origin", "http://localhost:2")]),
                false,
            ),
            (
                Method::POST,
                with(&host, &[("origin", "http://evil.example")]),
                false,
            ),
            (Method::POST, vec![("origin", "http://localhost:1")], false),
        ] {
            let mut map = HeaderMap::new();
            for (name, value) in &headers {
                map.insert(*name, HeaderValue::from_static(value));
            }
            assert_eq!(
                examine(&[], &method, &map).is_ok(),
                allowed,
                "{method} {headers:?}"
            );
        }
    }
}
