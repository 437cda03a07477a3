//! The program: its ready line, its console, its arguments and its exit.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use serde_json::Value;

use crate::client::{Call, SECRET_KEY, exchange, get, read_answer};

struct Running {
    child: Child,
    ready: Value,
}

impl Running {
    fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_tencent-sms-simulator"))
            .args(arguments)
            .arg("--stop-on-stdin-close")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap())
            .read_line(&mut line)
            .unwrap();
        Self {
            child,
            ready: serde_json::from_str(&line).unwrap(),
        }
    }

    fn addr(&self) -> SocketAddr {
        self.ready["url"]
            .as_str()
            .unwrap()
            .split_once("://")
            .unwrap()
            .1
            .parse()
            .unwrap()
    }

    /// Closes standard input. Returns the exit code and everything on standard error.
    fn finish(mut self) -> (Option<i32>, String) {
        drop(self.child.stdin.take());
        let mut errors = String::new();
        self.child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut errors)
            .unwrap();
        (self.child.wait().unwrap().code(), errors)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn run(arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_tencent-sms-simulator"))
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    (
        output.status.code(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

#[test]
fn ready_line_shows_address_closed_stdin_ends_run() {
    let running = Running::start(&[]);
    let url = running.ready["url"].as_str().unwrap().to_owned();
    assert!(url.starts_with("http://127.0.0.1:"), "{url}");
    assert_eq!(running.ready["control"], format!("{url}/_sim"));
    assert_eq!(running.ready["ca_file"], Value::Null);
    assert_eq!(get(running.addr(), "/_sim/health").json()["status"], "ok");
    assert_eq!(running.finish().0, Some(0));
}

/// The console never shows the secret.
#[test]
fn only_inbox_lines_show_number_and_code() {
    let running = Running::start(&[]);
    assert_eq!(Call::new(running.addr()).send().code(), "Ok");
    let mut wrong = Call::new(running.addr());
    wrong.secret_key = "mistaken-secret".to_owned();
    assert_eq!(wrong.send().code(), "AuthFailure.SignatureFailure");
    let (_, errors) = running.finish();
    let inbox: Vec<&str> = errors
        .lines()
        .filter(|line| line.starts_with("inbox "))
        .collect();
    assert_eq!(inbox.len(), 1, "{errors}");
    assert!(
        inbox[0].contains("+8613800138000") && inbox[0].contains("123456"),
        "{}",
        inbox[0]
    );
    for line in errors.lines().filter(|line| !line.starts_with("inbox ")) {
        for hidden in ["13800138000", "123456", SECRET_KEY, "mistaken-secret"] {
            assert!(!line.contains(hidden), "{line}");
        }
    }
    for shown in [
        "AKID****MPLE",
        "+86138****8000",
        "content-type;host",
        "AuthFailure.SignatureFailure",
    ] {
        assert!(errors.contains(shown), "{shown} is missing in\n{errors}");
    }
}

#[cfg(unix)]
#[test]
fn termination_or_interrupt_ends_with_exit_code_0() {
    for signal in ["-TERM", "-INT"] {
        let mut running = Running::start(&[]);
        let pid = running.child.id().to_string();
        assert!(
            Command::new("kill")
                .args([signal, &pid])
                .status()
                .unwrap()
                .success()
        );
        let begun = Instant::now();
        let code = loop {
            if let Some(status) = running.child.try_wait().unwrap() {
                break status.code();
            }
            assert!(
                begun.elapsed() < Duration::from_secs(10),
                "still running after {signal}"
            );
            std::thread::sleep(Duration::from_millis(10));
        };
        assert_eq!(code, Some(0), "{signal}");
    }
}

#[test]
fn tls_works_in_both_versions_under_written_ca() {
    let file = std::env::temp_dir().join(format!(
        "tencent-sms-simulator-ca-{}.pem",
        std::process::id()
    ));
    let running = Running::start(&["--tls", "--ca-out", file.to_str().unwrap()]);
    assert_eq!(running.ready["ca_file"], file.to_str().unwrap());
    let ca = CertificateDer::from_pem_file(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(ca).unwrap();
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        for name in [
            "localhost",
            "127.0.0.1",
            "::1",
            "sms.tencentcloudapi.com",
            "sms.ap-guangzhou.tencentcloudapi.com",
        ] {
            // A wildcard covers one label, so three labels do not match.
            let matches = name != "sms.ap-guangzhou.tencentcloudapi.com";
            let provider = Arc::new(rustls::crypto::ring::default_provider());
            let mut config = rustls::ClientConfig::builder_with_provider(provider)
                .with_protocol_versions(&[version])
                .unwrap()
                .with_root_certificates(roots.clone())
                .with_no_client_auth();
            config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
            let name = ServerName::try_from(name).unwrap();
            let connection = rustls::ClientConnection::new(Arc::new(config), name.clone()).unwrap();
            let stream = crate::client::connect(running.addr());
            let mut stream = rustls::StreamOwned::new(connection, stream);
            let sent = stream.write_all(&Call::new(running.addr()).wire());
            assert_eq!(sent.is_ok(), matches, "{name:?} {version:?}");
            if matches {
                assert_eq!(read_answer(&mut stream).unwrap().status, 200);
                assert_eq!(stream.conn.alpn_protocol(), Some(&b"http/1.1"[..]));
                assert_eq!(stream.conn.protocol_version(), Some(version.version));
            }
        }
    }
}

/// Covers a wrong argument, a missing catalogue, and an address in use.
#[test]
fn startup_failures_exit_with_code_and_clear_line() {
    let (code, errors) = run(&["--no-such-flag"]);
    assert_eq!(code, Some(2), "{errors}");
    let (code, errors) = run(&["--catalogue", "/nowhere/at/all.yaml"]);
    assert_eq!(code, Some(3));
    assert!(
        errors.starts_with("error: /nowhere/at/all.yaml:"),
        "{errors}"
    );
    for arguments in [
        ["--callback", "https://127.0.0.1/x"],
        ["--allow-host", "a/b"],
        ["--frozen-clock", "999999999999999"],
        ["--clock-offset", "9223372036854775807"],
    ] {
        let (code, errors) = run(&arguments);
        assert_eq!(code, Some(2), "{errors}");
        assert!(errors.starts_with("error: cannot "), "{errors}");
    }
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let (code, errors) = run(&["--listen", &taken.local_addr().unwrap().to_string()]);
    assert_eq!(code, Some(1));
    assert!(
        errors.contains("cannot listen on") && errors.contains("port 0"),
        "{errors}"
    );
}

/// Two mistakes are two lines. A doubtful value is a warning, and the simulator starts.
#[test]
fn catalogue_is_judged_at_start() {
    let file =
        std::env::temp_dir().join(format!("simulator-catalogue-{}.yaml", std::process::id()));
    let path = file.to_str().unwrap();
    std::fs::write(
        &file,
        "accounts: [{name: a}]\nregions: []\nunreachable_countries: [us]\n",
    )
    .unwrap();
    let (code, errors) = run(&["--catalogue", path]);
    assert_eq!((code, errors.lines().count()), (Some(3), 2), "{errors}");
    let key = "secret_id: AKIDx, secret_key: y, allow: ['cvm:*']";
    std::fs::write(
        &file,
        format!("accounts: [{{name: a, credentials: [{{{key}}}]}}]"),
    )
    .unwrap();
    let (code, errors) = Running::start(&["--catalogue", path]).finish();
    std::fs::remove_file(&file).unwrap();
    assert_eq!(code, Some(0));
    let warning = format!("warning: {path}: accounts[0].credentials[0].allow[0]: ");
    assert!(errors.starts_with(&warning), "{errors}");
}

#[test]
fn listening_for_others_is_warned_about() {
    let running = Running::start(&["--listen", "0.0.0.0:0"]);
    let token = running.ready["control_token"].as_str().unwrap().to_owned();
    assert_eq!(token.len(), 32);
    // The printed address and token work.
    let host = running.addr();
    assert!(host.ip().is_loopback());
    let wire = format!(
        "GET /_sim/health HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\r\n"
    );
    assert_eq!(exchange(host, wire.as_bytes()).unwrap().status, 200);
    let (_, errors) = running.finish();
    assert!(errors.contains("--allow-host"), "{errors}");
    assert!(
        errors.starts_with("warning: listening on 0.0.0.0:"),
        "{errors}"
    );
    assert!(!errors.contains(&token), "{errors}");
    assert_eq!(Running::start(&[]).ready["control_token"], Value::Null);
}

#[test]
fn control_hosts_and_token_come_from_command_line() {
    let options = ["--allow-host", "sim.test", "--allow-host", "other.test"];
    let running =
        Running::start(&[&options[..], &["--control-token", "0123456789abcdef"]].concat());
    for (host, token, status) in [
        ("sim.test", "0123456789abcdef", 200),
        ("other.test:8080", "0123456789abcdef", 200),
        ("sim.test", "0123456789abcdeX", 401),
        ("third.test", "0123456789abcdef", 403),
    ] {
        let wire = format!(
            "GET /_sim/health HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\r\n"
        );
        let answer = exchange(running.addr(), wire.as_bytes()).unwrap();
        assert_eq!(answer.status, status, "{host} {token}");
    }
    let (code, errors) = run(&["--control-token", "short"]);
    assert_eq!(code, Some(2));
    assert!(
        errors.contains("16 to 256") && !errors.contains("short"),
        "{errors}"
    );
}

#[test]
fn failed_callback_is_reported_on_stderr() {
    // The port was free a moment ago.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/secret-path", free.local_addr().unwrap());
    drop(free);
    let running = Running::start(&["--quiet", "--delivery-delay", "0", "--callback", &url]);
    assert_eq!(Call::new(running.addr()).send().code(), "Ok");
    let begun = Instant::now();
    while get(running.addr(), "/_sim/health").json()["callbacks_failed"] != 1 {
        assert!(begun.elapsed() < Duration::from_secs(10));
        std::thread::sleep(Duration::from_millis(5));
    }
    let (_, errors) = running.finish();
    assert_eq!(
        errors,
        "warning: 1 delivery report(s) did not reach the callback: nobody listens at its address\n"
    );
}

#[test]
fn clock_is_set_from_command_line() {
    let running = Running::start(&["--clock-offset", "-302"]);
    assert_eq!(
        Call::new(running.addr()).send().code(),
        "AuthFailure.SignatureExpire"
    );
    let running = Running::start(&["--frozen-clock", "-5"]);
    assert_eq!(get(running.addr(), "/_sim/clock").json()["unix_ms"], -5000);
    let running = Running::start(&["--frozen-clock", "1551113065"]);
    assert_eq!(
        Call::new(running.addr()).at(1_551_113_065).send().code(),
        "Ok"
    );
}
