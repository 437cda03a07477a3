use crate::service::running::{Answer, Folder, Process, Running, config, http, set_up};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tencent_sms_simulator::{Fault, Simulator};

const TO: &str = "+8613800138000";

/// The path of a new callback address for the connector `sim`.
fn address(host: &Running) -> (String, String) {
    let path = "/admin/tenants/default/connectors/sim/callbacks";
    let added = host
        .admin("POST", path, &host.host_key, &json!({}))
        .expect(200);
    let text = |name: &str| added[name].as_str().unwrap().to_owned();
    (text("path"), text("id"))
}

fn call_back(host: &Running, path: &str, entries: &Value) -> Answer {
    let headers = [("Content-Type", "application/json")];
    http(
        &host.process.api,
        "POST",
        path,
        &headers,
        &entries.to_string(),
    )
    .unwrap()
}

/// An entry as in the service's documentation.
fn entry(serial: &str, context: &str, is_delivered: bool) -> Value {
    let (status, reason) = if is_delivered {
        ("SUCCESS", "DELIVRD")
    } else {
        ("FAIL", "UNDELIV")
    };
    json!({
        "user_receive_time": "2026-11-28 22:00:00", "nationcode": "86", "mobile": "13800138000", "report_status": status,
        "errmsg": reason, "description": "", "sid": serial, "ext": context,
    })
}

fn message_of(host: &Running, id: &str) -> Value {
    host.command(&["message", "show", id], "").unwrap()
}

fn send(host: &Running, to: &str) -> Value {
    let body = json!({"to": to, "usage": "SignIn", "variables": {"code": "123456"}});
    host.post("/v1/messages", &body).expect(201)
}

#[test]
fn receipt_settles_its_message_alone() {
    let host = Running::start();
    let (path, _) = address(&host);
    let sent = send(&host, TO);
    let (id, serial) = (
        sent["id"].as_str().unwrap(),
        sent["provider_message"].as_str().unwrap(),
    );
    let unknown = call_back(
        &host,
        &path,
        &json!([entry("2645:0000000000000000000", "", false)]),
    );
    assert_eq!(unknown.status, 200, "{}", unknown.text);
    assert_eq!(message_of(&host, id)["state"], "accepted");
    assert_eq!(
        call_back(&host, &path, &json!([entry(serial, "", false)])).status,
        200
    );
    assert_eq!(message_of(&host, id)["state"], "undelivered");
    // Carriers correct a failure, and never a delivery.
    for (is_delivered, state) in [(true, "delivered"), (false, "delivered")] {
        call_back(&host, &path, &json!([entry(serial, "", is_delivered)]));
        assert_eq!(message_of(&host, id)["state"], state);
    }
    assert_eq!(host.simulator.messages().len(), 1);
}

/// No response gave the serial number of a message whose outcome is unknown; its correlation id was sent with it.
#[test]
fn correlation_id_alone_settles_unknown_outcome() {
    let host = Running::start();
    let (path, _) = address(&host);
    // Identifiers begin with their time. The connector's is in the callback's address, whose parts are taken out of what
    // a plugin returns, and one of the same quarter of a second has eight characters in common with it.
    std::thread::sleep(Duration::from_millis(300));
    host.simulator.queue_fault(Fault::AcceptThenClose);
    let sent = send(&host, TO);
    let id = sent["id"].as_str().unwrap();
    assert_eq!(sent["state"], "unknown", "{sent}");
    call_back(
        &host,
        &path,
        &json!([entry("2645:1111111111111111111", "", true)]),
    );
    assert_eq!(message_of(&host, id)["state"], "unknown");
    call_back(
        &host,
        &path,
        &json!([entry(
            "2645:1111111111111111111",
            "m_00000000000000000000000000000000",
            true
        )]),
    );
    assert_eq!(message_of(&host, id)["state"], "unknown");
    call_back(
        &host,
        &path,
        &json!([entry("2645:1111111111111111111", id, false)]),
    );
    // The report replaces the failure of the send.
    let reported = host.get(&format!("/v1/messages/{id}")).expect(200);
    assert_eq!(reported["state"], "undelivered");
    for member in ["kind", "turn", "reason"] {
        assert!(reported.get(member).is_none(), "{reported}");
    }
    call_back(
        &host,
        &path,
        &json!([entry("2645:1111111111111111111", id, true)]),
    );
    assert_eq!(message_of(&host, id)["state"], "delivered");
}

/// A receipt about a message that was certainly not sent changes nothing.
#[test]
fn message_that_was_not_sent_stays_so() {
    let host = Running::start();
    let (path, _) = address(&host);
    host.simulator.queue_fault(Fault::Code {
        code: "AuthFailure.SecretIdNotFound".to_owned(),
        message: None,
    });
    let sent = send(&host, TO);
    let id = sent["id"].as_str().unwrap();
    assert_eq!(sent["state"], "not_sent");
    for is_delivered in [true, false] {
        call_back(
            &host,
            &path,
            &json!([entry("2645:1111111111111111111", id, is_delivered)]),
        );
        assert_eq!(message_of(&host, id)["state"], "not_sent");
    }
    assert_eq!(host.simulator.messages().len(), 0);
}

#[test]
fn address_is_secret_and_replaceable() {
    let host = Running::start();
    let ((old, old_id), (new, _)) = (address(&host), address(&host));
    let sent = send(&host, TO);
    let serial = sent["provider_message"].as_str().unwrap();
    let body = json!([entry(serial, "", true)]);
    let token = old.rsplit('/').next().unwrap();
    assert_eq!(token.len(), 32, "128 bits in hexadecimal digits");
    let (forged, elsewhere) = (
        old.replace(token, &"0".repeat(32)),
        format!("/callbacks/c_00000000000000000000000000000000/{token}"),
    );
    for path in [forged, elsewhere, old.replace(token, "")] {
        assert_eq!(call_back(&host, &path, &body).status, 404, "{path}");
    }
    assert_eq!(
        message_of(&host, sent["id"].as_str().unwrap())["state"],
        "accepted"
    );
    assert_eq!(call_back(&host, &old, &body).status, 200);
    assert_eq!(call_back(&host, &new, &body).status, 200);
    let path = format!("/admin/tenants/default/callbacks/{old_id}");
    assert_eq!(
        host.admin("DELETE", &path, &host.host_key, &json!({}))
            .status,
        204
    );
    assert_eq!(call_back(&host, &old, &body).status, 404);
    assert_eq!(call_back(&host, &new, &body).status, 200);
    let list = "/admin/tenants/default/connectors/sim/callbacks";
    let shown = host
        .admin("GET", list, &host.host_key, &json!({}))
        .expect(200);
    assert_eq!(shown.as_array().unwrap().len(), 1);
    assert!(
        !shown.to_string().contains(new.rsplit('/').next().unwrap()),
        "{shown}"
    );
}

/// The limits of a callback, and invalid callbacks.
#[test]
fn callback_is_bounded() {
    let host = Running::start();
    let (path, _) = address(&host);
    let entries = |count: usize| {
        Value::Array(
            (0..count)
                .map(|nth| json!({"sid": nth.to_string(), "report_status": "FAIL"}))
                .collect(),
        )
    };
    assert_eq!(call_back(&host, &path, &entries(1000)).status, 200);
    assert_eq!(call_back(&host, &path, &entries(1001)).status, 413);
    let large = format!("[{}]", " ".repeat(65_536));
    let answer = http(&host.process.api, "POST", &path, &[], &large).unwrap();
    assert_eq!(answer.status, 413);
    let malformed = http(&host.process.api, "POST", &path, &[], "<xml/>").unwrap();
    assert_eq!(malformed.status, 400, "{}", malformed.text);
    // The operator reads the reason, and no line contains the secret part of the address.
    let figures = http(&host.process.admin, "GET", "/metrics", &[], "").unwrap();
    let is_counted = |line: &str| {
        line.starts_with("auth_host_callbacks_refused_total") && line.contains("kind=\"malformed\"")
    };
    assert!(figures.text.lines().any(is_counted), "{}", figures.text);
    let log = host.process.output.lock().unwrap();
    let refused = log
        .lines()
        .filter(|line| line.contains("a callback was refused"));
    let refused: Vec<_> = refused.collect();
    assert!(
        refused.iter().any(|line| line.contains("malformed")),
        "{log}"
    );
    let token = path.rsplit('/').next().unwrap();
    assert!(!log.contains(token), "{log}");
}

/// Forwards every request, once the target is set.
fn relay(target: Arc<Mutex<Option<(String, String)>>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/report", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let _ = pass_on(stream, &target);
        }
    });
    url
}

fn pass_on(mut stream: TcpStream, target: &Mutex<Option<(String, String)>>) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    let body = loop {
        let count = stream.read(&mut buffer)?;
        bytes.extend_from_slice(&buffer[..count]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.to_ascii_lowercase().lines().find_map(|line| {
                line.strip_prefix("content-length: ")
                    .and_then(|n| n.trim().parse::<usize>().ok())
            });
            if body.len() >= length.unwrap_or(0) {
                break body.to_owned();
            }
        }
        if count == 0 {
            return Ok(());
        }
    };
    let known = target.lock().unwrap().clone();
    let (status, text) = match known {
        Some((api, path)) => {
            let answer = http(
                &api,
                "POST",
                &path,
                &[("Content-Type", "application/json")],
                &body,
            )?;
            (answer.status, answer.text)
        }
        None => (503, String::new()),
    };
    write!(
        stream,
        "HTTP/1.1 {status} x\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{text}",
        text.len()
    )
}

/// The provider itself calls back, and is told which codes were used.
#[test]
fn provider_calls_back_and_hears_of_used_codes() {
    let target = Arc::new(Mutex::new(None));
    let simulator = Simulator::builder()
        .callback(relay(target.clone()))
        .delivery_delay(Duration::from_millis(50))
        .start_blocking()
        .unwrap();
    let folder = Folder::new();
    let connectors = config(&simulator.url());
    let (key, host_key) = set_up(&folder.0, &[("sim", &connectors)], &simulator.url());
    let host = Running {
        process: Process::start(&folder.0, &[]),
        simulator,
        key,
        host_key,
        folder,
    };
    *target.lock().unwrap() = Some((host.process.api.clone(), address(&host).0));
    let id = host.begin(TO);
    let wait = |what: &str, is_there: &dyn Fn() -> bool| {
        let begun = Instant::now();
        while !is_there() {
            assert!(begun.elapsed().as_secs() < 20, "{what}");
            std::thread::sleep(Duration::from_millis(100));
        }
    };
    wait("no receipt arrived", &|| {
        let v = host.get(&format!("/v1/verifications/{id}")).expect(200);
        v["message"]["state"] == "delivered"
    });
    let reports = || {
        let journal = host.simulator.journal();
        journal
            .iter()
            .filter(|entry| entry.action.as_deref() == Some("ReportConversion"))
            .count()
    };
    assert_eq!(reports(), 0);
    let code = host.code(TO);
    assert_eq!(host.check(&id, &code).expect(200)["valid"], true);
    wait("the used code was not reported", &|| reports() == 1);
    std::thread::sleep(Duration::from_millis(2500));
    assert_eq!(reports(), 1, "reported once");

    let unreported = ["tenant", "put", "--set", "report_used_codes=false"];
    host.change(&unreported, "");
    let second = host.begin("+8613800138001");
    let code = host.code("+8613800138001");
    assert_eq!(host.check(&second, &code).expect(200)["valid"], true);
    std::thread::sleep(Duration::from_millis(2500));
    assert_eq!(reports(), 1, "the tenant reports no more");
    assert_eq!(host.simulator.messages().len(), 2);
}
