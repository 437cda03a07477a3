use super::running::{Folder, Process, http};
use crate::support::auth_host;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};

/// Time until the service closes a connection, after these bytes on it.
fn ends_after(address: &str, bytes: &[u8]) -> Duration {
    let begun = Instant::now();
    let mut connection = TcpStream::connect(address).unwrap();
    let limit = Some(Duration::from_secs(40));
    connection.set_read_timeout(limit).unwrap();
    connection.write_all(bytes).unwrap();
    let mut answer = Vec::new();
    // Any response, a reset or an end counts; only this test's own time limit means that the connection stays open.
    let _ = connection.read_to_end(&mut answer);
    begun.elapsed()
}

/// Sends nothing, the beginning of a request, and the preface of a protocol that the listeners do not support.
#[test]
fn silent_connection_ends_in_ten_seconds() {
    let folder = Folder::new();
    let process = Process::start(&folder.0, &[]);
    let openings: [&[u8]; 4] = [b"", b"P", b"PRI * HT", b"GET / HTTP/1.1\r\nHost: a"];
    std::thread::scope(|scope| {
        let api = process.api.as_str();
        let of = |bytes: &'static [u8]| scope.spawn(move || ends_after(api, bytes));
        for (bytes, took) in openings.map(|bytes| (bytes, of(bytes))) {
            let took = took.join().unwrap();
            assert!((8..=20).contains(&took.as_secs()), "{bytes:?}: {took:?}");
        }
    });
}

/// The other listener and the database have file descriptors of their own.
#[cfg(unix)]
#[test]
fn connections_of_strangers_leave_the_rest_running() {
    let folder = Folder::new();
    let mut command = Command::new("sh");
    command
        .args(["-c", "ulimit -n 128; exec \"$0\" serve --listen 127.0.0.1:0 --admin 127.0.0.1:0 --data \"$1\""])
        .arg(auth_host())
        .arg(folder.0.join("data"));
    let process = Process::run(&mut command, &[]);
    let _silent: Vec<TcpStream> = (0..200)
        .filter_map(|_| TcpStream::connect(&process.api).ok())
        .collect();
    let ready = http(&process.admin, "GET", "/readyz", &[], "").unwrap();
    assert_eq!(ready.status, 200);
    let refused = "auth_host_connections_refused_total{listener=\"api\"} 184";
    let begun = Instant::now();
    loop {
        let metrics = http(&process.admin, "GET", "/metrics", &[], "").unwrap();
        if metrics.text.contains(refused) {
            return;
        }
        let is_late = begun.elapsed() > Duration::from_secs(20);
        assert!(!is_late, "{}", metrics.text);
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Programs send SIGHUP to have files read again, and terminals when they close.
#[cfg(unix)]
#[test]
fn hangup_does_not_end_the_service() {
    let folder = Folder::new();
    let mut process = Process::start(&folder.0, &[]);
    let id = process.id().to_string();
    Command::new("kill").args(["-HUP", &id]).status().unwrap();
    std::thread::sleep(Duration::from_millis(300));
    let healthy = http(&process.api, "GET", "/healthz", &[], "").unwrap();
    assert_eq!(healthy.status, 200);
    assert_eq!(process.terminate(), Some(0));
}
