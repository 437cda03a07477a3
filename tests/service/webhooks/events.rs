use super::platforms::{Hook, message, standard};
use crate::service::running::Running;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const TO: &str = "+8613800138000";

/// A request to the tenant's own server.
#[derive(Clone, Debug)]
struct Taken {
    head: String,
    body: String,
}

impl Taken {
    fn header(&self, name: &str) -> String {
        let line = self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            (found.eq_ignore_ascii_case(name)).then(|| value.to_owned())
        });
        line.unwrap_or_else(|| panic!("{name}: {}", self.head))
    }

    fn kind(&self) -> String {
        let body: Value = serde_json::from_str(&self.body).unwrap();
        body["type"].as_str().unwrap().to_owned()
    }

    fn timestamp(&self) -> String {
        let body: Value = serde_json::from_str(&self.body).unwrap();
        body["timestamp"].as_str().unwrap().to_owned()
    }
}

/// The tenant's own server: responds with these statuses in order, and with 204 from then on.
fn server(statuses: &'static [u16]) -> (String, Arc<Mutex<Vec<Taken>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/events?a=b", listener.local_addr().unwrap());
    let taken = Arc::new(Mutex::new(Vec::new()));
    let kept = taken.clone();
    std::thread::spawn(move || {
        for (nth, stream) in listener.incoming().flatten().enumerate() {
            let status = statuses.get(nth).copied().unwrap_or(204);
            if let Ok(request) = answer(stream, status) {
                kept.lock().unwrap().push(request);
            }
        }
    });
    (url, taken)
}

fn answer(mut stream: TcpStream, status: u16) -> std::io::Result<Taken> {
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let count = stream.read(&mut buffer)?;
        bytes.extend_from_slice(&buffer[..count]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n")
            && (body.ends_with('}') || count == 0)
        {
            write!(
                stream,
                "HTTP/1.1 {status} x\r\nLocation: /elsewhere\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            )?;
            return Ok(Taken {
                head: head.to_owned(),
                body: body.to_owned(),
            });
        }
    }
}

fn wait_for(taken: &Mutex<Vec<Taken>>, count: usize) -> Vec<Taken> {
    let begun = Instant::now();
    loop {
        let found = taken.lock().unwrap().clone();
        if found.len() >= count {
            return found;
        }
        assert!(begun.elapsed().as_secs() < 30, "{found:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn put(host: &Running, url: &str) -> Value {
    let path = "/admin/tenants/default/events";
    host.admin("PUT", path, &host.host_key, &json!({"url": url}))
        .expect(200)
}

#[test]
fn tenant_is_told_states_and_no_code() {
    let host = Running::start();
    let (url, taken) = server(&[]);
    let secret = put(&host, &url)["secret"].as_str().unwrap().to_owned();
    let id = host.begin(TO);
    let code = host.code(TO);
    assert_eq!(host.check(&id, &code).expect(200)["valid"], true);
    let hook = Hook::put(&host, "logto", &json!({}));
    assert_eq!(
        hook.post(&host, &message("logto", "+8613800138001", "654321"))
            .status,
        200
    );
    let mut found = wait_for(&taken, 4);
    // Several are posted at once.
    found.sort_by_key(|request| (request.timestamp(), request.header("webhook-id")));
    let kinds: Vec<_> = found.iter().map(Taken::kind).collect();
    assert_eq!(
        kinds,
        [
            "verification.started",
            "message.accepted",
            "verification.approved",
            "message.accepted"
        ]
    );
    for request in &found {
        assert!(
            request.head.starts_with("POST /events?a=b HTTP/1.1"),
            "{}",
            request.head
        );
        for private in ["13800138000", "13800138001", code.as_str(), "654321"] {
            assert!(!request.body.contains(private), "{}", request.body);
        }
        let id = request.header("webhook-id");
        let time_s = request.header("webhook-timestamp").parse().unwrap();
        let signed = standard("webhook", &secret, &id, time_s, &request.body);
        assert_eq!(request.header("webhook-signature"), signed[2].1);
    }
    let told: Value = serde_json::from_str(&found[3].body).unwrap();
    assert_eq!(told["data"]["to"], "+86138****8001", "{told}");
    assert!(
        told["data"]["webhook_id"]
            .as_str()
            .unwrap()
            .starts_with("w_"),
        "{told}"
    );
}

/// The query of the address may contain a token: it is in no response and in no file, and events are posted with it.
#[test]
fn query_of_the_address_is_stored_encrypted() {
    let host = Running::start();
    let (url, taken) = server(&[]);
    let url = url.replace("a=b", "token=MARKER");
    let set = put(&host, &url);
    let path = "/admin/tenants/default/events";
    let shown = host.admin("GET", path, &host.host_key, &json!(null));
    for answer in [set.to_string(), shown.expect(200).to_string()] {
        assert!(answer.contains("/events"), "{answer}");
        assert!(!answer.contains("MARKER"), "{answer}");
    }
    host.begin(TO);
    let found = wait_for(&taken, 1);
    assert!(found[0].head.starts_with("POST /events?token=MARKER "));
    let folder = host.folder.0.join("data");
    for file in ["auth-host.db", "auth-host.db-wal"] {
        let bytes = std::fs::read(folder.join(file)).unwrap_or_default();
        assert!(!bytes.windows(6).any(|part| part == b"MARKER"), "{file}");
    }
}

/// A failing server gets the same event again, with the same identifier. A redirect is not followed.
#[test]
fn event_is_posted_again_until_it_is_taken() {
    let host = Running::start();
    let (url, taken) = server(&[302]);
    put(&host, &url);
    host.begin(TO);
    let found = wait_for(&taken, 3);
    let ids: Vec<_> = found
        .iter()
        .map(|request| request.header("webhook-id"))
        .collect();
    let again = (1..3).find(|nth| ids[*nth] == ids[0]);
    let again = again.unwrap_or_else(|| panic!("{ids:?}"));
    assert_eq!(found[0].body, found[again].body);
    assert!(
        found
            .iter()
            .all(|request| request.head.starts_with("POST /events"))
    );
}

/// The address is a destination: a host administrator sets it, and it is public or loopback.
#[test]
fn address_of_events_is_no_tenants_choice() {
    let host = Running::start();
    let tenant_key = host.change(&["key", "add", "editor", "--scope", "tenant"], "");
    let key = tenant_key["key"].as_str().unwrap();
    let path = "/admin/tenants/default/events";
    let body = json!({"url": "https://app.example.com/events"});
    assert_eq!(host.admin("PUT", path, key, &body).status, 403);
    for url in [
        "http://169.254.169.254/",
        "http://app.example.com/",
        "ftp://a/",
        "https://user:word@app.example.com/",
    ] {
        let answer = host.admin("PUT", path, &host.host_key, &json!({"url": url}));
        assert_eq!(answer.status, 422, "{url}");
    }
    let shown = host.admin("GET", path, &host.host_key, &json!({}));
    assert_eq!(shown.status, 404);
    // An address in a private network is not dialled.
    put(&host, "https://169.254.169.254/latest");
    host.begin(TO);
    host.process.says("every address of the name is prohibited");
    assert!(
        host.admin("GET", path, key, &json!({})).expect(200)["waiting"]
            .as_i64()
            .unwrap()
            >= 1
    );
    assert_eq!(host.admin("DELETE", path, key, &json!({})).status, 204);
}

/// The old secret ends at once.
#[test]
fn second_address_has_a_secret_of_its_own() {
    let host = Running::start();
    let (url, taken) = server(&[]);
    let secret = |shown: Value| shown["secret"].as_str().unwrap().to_owned();
    let old = secret(put(&host, &url));
    let new = secret(put(&host, &url));
    assert_ne!(old, new);
    host.begin(TO);
    for request in wait_for(&taken, 2) {
        let id = request.header("webhook-id");
        let time_s = request.header("webhook-timestamp").parse().unwrap();
        let by = |secret| {
            standard("webhook", secret, &id, time_s, &request.body)[2]
                .1
                .clone()
        };
        assert_eq!(request.header("webhook-signature"), by(&new));
        assert_ne!(by(&old), by(&new));
    }
}

/// The names and labels on which an operator's alerts rest. Those of receipts, callbacks and reports are held by
/// `tests/documents.rs` alone.
#[test]
fn figures_have_their_documented_names() {
    let host = Running::start();
    let (url, taken) = server(&[500]);
    put(&host, &url);
    let id = host.begin(TO);
    assert_eq!(host.resend(&id).status, 429);
    let hook = Hook::put(&host, "logto", &json!({}));
    let posted = hook.post(&host, &message("logto", "+8613800138001", "654321"));
    assert_eq!(posted.status, 200);
    wait_for(&taken, 4);
    let shown = host
        .admin("GET", "/metrics", &host.host_key, &json!(null))
        .text;
    for (name, labels) in [
        (
            "auth_host_request_seconds_count",
            &[
                "path=\"/v1/verifications\"",
                "method=\"POST\"",
                "status=\"201\"",
            ][..],
        ),
        (
            "auth_host_messages_total",
            &["connector=", "state=\"accepted\"", "kind="],
        ),
        ("auth_host_send_seconds_count", &["connector="]),
        ("auth_host_refused_total", &["reason=\"too-early\""]),
        (
            "auth_host_webhook_total",
            &["platform=\"logto\"", "outcome="],
        ),
        ("auth_host_events_total", &["outcome=\"taken\""]),
        ("auth_host_events_total", &["outcome=\"refused\""]),
    ] {
        let has = |line: &str| {
            line.starts_with(&format!("{name}{{"))
                && labels.iter().all(|label| line.contains(label))
        };
        assert!(shown.lines().any(has), "{name} {labels:?}: {shown}");
    }
}
