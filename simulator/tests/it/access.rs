//! Access to the control plane: allowed for programs of this machine, refused for web pages and the network.

use std::net::SocketAddr;

use serde_json::json;
use tencent_sms_simulator::{Simulator, StartError};

use crate::client::{Answer, Call, body_with, exchange};

/// One request, with this head and body.
fn ask(addr: SocketAddr, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let mut wire = format!("{method} {path} HTTP/1.1\r\n");
    for (name, value) in headers {
        wire += &format!("{name}: {value}\r\n");
    }
    wire += &format!("Content-Length: {}\r\n\r\n{body}", body.len());
    exchange(addr, wire.as_bytes()).expect("an answer")
}

fn status(addr: SocketAddr, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> u16 {
    ask(addr, method, path, headers, body).status
}

/// A simulator with a code in its inbox.
fn with_a_code() -> Simulator {
    let simulator = Simulator::builder()
        .allow_host("simulator.test")
        .start_blocking()
        .unwrap();
    assert_eq!(Call::new(simulator.addr()).send().code(), "Ok");
    simulator
}

const FAULT: &str = r#"{"fault": {"kind": "empty-body"}}"#;
const JSON: (&str, &str) = ("Content-Type", "application/json");

#[test]
fn only_loopback_or_allowed_host_gets_code() {
    let simulator = with_a_code();
    let port = simulator.addr().port();
    for (host, expected) in [
        ("localhost", 200),
        ("127.0.0.1", 200),
        ("127.0.0.2", 200),
        ("[::1]", 200),
        ("LOCALHOST", 200),
        ("simulator.test", 200),
        ("localhost.evil.com", 403),
        ("evil.com", 403),
        ("127.0.0.1.evil.com", 403),
        ("evil.com@127.0.0.1", 403),
        ("0.0.0.0", 403),
        ("[::]", 403),
        ("192.168.1.5", 403),
        ("sms.tencentcloudapi.com", 403),
        ("sub.simulator.test", 403),
        ("", 403),
    ] {
        for host in [host.to_owned(), format!("{host}:{port}")] {
            for path in [
                "/_sim/otp/latest",
                "/_sim/messages",
                "/_sim",
                "/_sim/openapi.json",
            ] {
                let answer = ask(simulator.addr(), "GET", path, &[("Host", &host)], "");
                let expected = if path == "/_sim" && expected == 200 {
                    404
                } else {
                    expected
                };
                assert_eq!(answer.status, expected, "{host} {path}");
                let text = String::from_utf8_lossy(&answer.body);
                assert!(expected == 200 || !text.contains("123456"), "{text}");
            }
        }
    }
}

#[test]
fn refusal_of_host_names_its_option() {
    let simulator = with_a_code();
    let refused = |host| {
        ask(
            simulator.addr(),
            "GET",
            "/_sim/health",
            &[("Host", host)],
            "",
        )
        .json()
    };
    let message = refused("Mailbox.internal:8080")["error"].to_string();
    assert!(
        message.contains("--allow-host mailbox.internal"),
        "{message}"
    );
    let message = refused("<script>")["error"].to_string();
    assert!(
        message.contains("--allow-host NAME") && !message.contains("script"),
        "{message}"
    );
}

#[test]
fn an_absent_or_second_host_is_refused() {
    let simulator = with_a_code();
    let without = exchange(simulator.addr(), b"GET /_sim/messages HTTP/1.0\r\n\r\n").unwrap();
    assert_eq!(without.status, 403);
    let without = exchange(simulator.addr(), b"GET /_sim/messages HTTP/1.1\r\n\r\n").unwrap();
    assert_eq!(without.status, 403);
    let two = [("Host", "localhost"), ("Host", "evil.com")];
    assert_eq!(
        status(simulator.addr(), "GET", "/_sim/messages", &two, ""),
        400
    );
    // The absolute form, as in a request through a proxy.
    for (line, expected) in [("evil.com", 403), ("localhost", 200)] {
        let path = format!("http://{line}/_sim/messages");
        let host = [("Host", "localhost")];
        assert_eq!(
            status(simulator.addr(), "GET", &path, &host, ""),
            expected,
            "{line}"
        );
    }
}

#[test]
fn foreign_origin_can_neither_read_nor_steer() {
    let simulator = with_a_code();
    let port = simulator.addr().port();
    let host = format!("127.0.0.1:{port}");
    for (origin, expected) in [
        (format!("http://127.0.0.1:{port}"), 200),
        (format!("HTTP://127.0.0.1:{port}"), 200),
        (format!("https://127.0.0.1:{port}"), 403),
        (format!("http://localhost:{port}"), 403),
        ("http://127.0.0.1".to_owned(), 403),
        (format!("http://127.0.0.1:{}", port ^ 1), 403),
        (format!("http://127.0.0.1:{port}.evil.com"), 403),
        (format!("http://127.0.0.1:{port}/"), 403),
        ("http://evil.com".to_owned(), 403),
        ("null".to_owned(), 403),
        (String::new(), 403),
    ] {
        let headers = [("Host", host.as_str()), ("Origin", &origin), JSON];
        for (method, path, body) in [
            ("GET", "/_sim/messages", ""),
            ("POST", "/_sim/faults", FAULT),
            ("POST", "/_sim/reset", ""),
            ("PUT", "/_sim/clock", r#"{"offset_s": 0}"#),
            ("DELETE", "/_sim/faults", ""),
        ] {
            let answer = ask(simulator.addr(), method, path, &headers, body);
            assert_eq!(answer.status, expected, "{origin} {method} {path}");
        }
    }
    // The scheme's default port may be missing from one of the two.
    let headers = [("Host", "localhost:80"), ("Origin", "http://localhost")];
    assert_eq!(
        status(simulator.addr(), "GET", "/_sim/health", &headers, ""),
        200
    );
    let two = [
        ("Host", &*host),
        ("Origin", &format!("http://{host}")),
        ("Origin", "null"),
    ];
    assert_eq!(
        status(simulator.addr(), "GET", "/_sim/health", &two, ""),
        400
    );
}

/// Bodies that a page may send to any origin without a preflight: text, forms, and a body without a type.
#[test]
fn a_body_that_is_not_json_changes_nothing() {
    let simulator = with_a_code();
    for content_type in [
        Some("text/plain"),
        Some("text/plain; application/json"),
        Some("application/x-www-form-urlencoded"),
        Some("multipart/form-data; boundary=x"),
        Some("application/jsonp"),
        Some(""),
        None,
    ] {
        let mut headers = vec![("Host", "localhost")];
        headers.extend(content_type.map(|value| ("Content-Type", value)));
        for (method, path, body) in [
            ("POST", "/_sim/faults", FAULT),
            ("PUT", "/_sim/chaos", r#"{"probability": 1, "faults": []}"#),
            ("PUT", "/_sim/clock", r#"{"offset_s": 302}"#),
            ("POST", "/_sim/reset", "{}"),
        ] {
            let status = status(simulator.addr(), method, path, &headers, body);
            assert_eq!(status, 415, "{content_type:?} {method} {path}");
        }
    }
    assert_eq!(
        Call::new(simulator.addr())
            .body(&body_with(json!({"PhoneNumberSet": ["+8613800138001"]})))
            .send()
            .code(),
        "Ok"
    );
    assert_eq!(simulator.messages().len(), 2);
}

/// A reset needs no body.
#[test]
fn json_in_any_spelling_and_bare_reset_pass() {
    let simulator = with_a_code();
    for content_type in [
        "application/json",
        "Application/JSON",
        "application/json;charset=utf-8",
    ] {
        let headers = [("Host", "localhost"), ("Content-Type", content_type)];
        assert_eq!(
            status(simulator.addr(), "POST", "/_sim/faults", &headers, FAULT),
            200
        );
    }
    assert_eq!(
        status(
            simulator.addr(),
            "POST",
            "/_sim/reset",
            &[("Host", "localhost")],
            ""
        ),
        200
    );
    assert!(simulator.messages().is_empty());
}

#[test]
fn no_answer_is_readable_by_foreign_origin() {
    let simulator = with_a_code();
    let origin = ("Origin", "http://evil.com");
    for (method, headers) in [
        (
            "OPTIONS",
            vec![
                ("Host", "localhost"),
                origin,
                ("Access-Control-Request-Method", "POST"),
            ],
        ),
        ("GET", vec![("Host", "localhost"), origin]),
        ("GET", vec![("Host", "localhost")]),
    ] {
        let answer = ask(simulator.addr(), method, "/_sim/messages", &headers, "");
        let granted = answer
            .headers
            .iter()
            .find(|(name, _)| name.to_ascii_lowercase().starts_with("access-control-"));
        assert_eq!(granted, None, "{method}");
        if answer.status == 200 {
            assert_eq!(
                answer.header("Cross-Origin-Resource-Policy"),
                Some("same-origin")
            );
            assert_eq!(answer.header("X-Content-Type-Options"), Some("nosniff"));
        }
    }
}

#[test]
fn the_api_itself_answers_under_any_host() {
    let simulator = with_a_code();
    let mut call =
        Call::new(simulator.addr()).body(&body_with(json!({"PhoneNumberSet": ["+8613800138002"]})));
    call.host = "sms.tencentcloudapi.com".to_owned();
    call.extra
        .push(("Origin".to_owned(), "https://evil.com".to_owned()));
    assert_eq!(call.send().code(), "Ok");
}

const TOKEN: &str = "a-token-of-16-ch";

#[test]
fn token_that_is_set_is_required() {
    let simulator = Simulator::builder()
        .control_token(TOKEN)
        .start_blocking()
        .unwrap();
    assert_eq!(simulator.control_token(), Some(TOKEN));
    for (authorization, expected) in [
        (Some(format!("Bearer {TOKEN}")), 200),
        (Some(format!("bearer  {TOKEN} ")), 200),
        (Some(format!("Basic {TOKEN}")), 401),
        (Some(TOKEN.to_owned()), 401),
        (Some(format!("Bearer {TOKEN}x")), 401),
        (Some(format!("Bearer {}", &TOKEN[..15])), 401),
        (Some("Bearer ".to_owned()), 401),
        (None, 401),
    ] {
        let mut headers = vec![("Host", "localhost"), JSON];
        headers.extend(
            authorization
                .iter()
                .map(|value| ("Authorization", value.as_str())),
        );
        for (method, path, body) in [("GET", "/_sim/health", ""), ("POST", "/_sim/faults", FAULT)] {
            let answer = ask(simulator.addr(), method, path, &headers, body);
            assert_eq!(answer.status, expected, "{authorization:?}");
            assert_eq!(answer.header("WWW-Authenticate").is_some(), expected == 401);
        }
    }
    // A valid token does not make up for a wrong Host.
    let bearer = format!("Bearer {TOKEN}");
    let headers = [("Host", "evil.com"), ("Authorization", &*bearer)];
    assert_eq!(
        status(simulator.addr(), "GET", "/_sim/health", &headers, ""),
        403
    );
}

#[test]
fn fresh_token_is_made_per_run_off_loopback() {
    let start = || {
        Simulator::builder()
            .listen("0.0.0.0:0".parse().unwrap())
            .start_blocking()
            .unwrap()
    };
    let (one, other) = (start(), start());
    let token = one.control_token().unwrap();
    assert!(token.len() >= 32 && other.control_token() != Some(token));
    let addr = SocketAddr::from(([127, 0, 0, 1], one.addr().port()));
    let bearer = format!("Bearer {token}");
    let host = ("Host", "localhost");
    assert_eq!(status(addr, "GET", "/_sim/messages", &[host], ""), 401);
    let shown = [host, ("Authorization", &*bearer)];
    assert_eq!(status(addr, "GET", "/_sim/messages", &shown, ""), 200);
    assert_eq!(with_a_code().control_token(), None);
}

#[test]
fn invalid_hosts_and_tokens_prevent_start() {
    for (builder, words) in [
        (
            Simulator::builder().allow_host("http://x"),
            "without scheme and port",
        ),
        (Simulator::builder().allow_host("*"), "no host name"),
        (Simulator::builder().control_token("short"), "16 to 256"),
        (Simulator::builder().control_token(""), "16 to 256"),
    ] {
        let error = builder.start_blocking().map(drop).unwrap_err();
        assert!(matches!(error, StartError::Control(_)), "{error}");
        assert!(error.to_string().contains(words), "{error}");
    }
}
