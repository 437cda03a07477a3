use super::running::{Process, Running};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::time::{Duration, Instant};
use tencent_sms_simulator::Fault;

#[test]
fn repeated_start_gets_the_first_answer() {
    let host = Running::start();
    let body = json!({"to": "+8613800138000", "usage": "SignIn"});
    let first = host.post_with(
        "/v1/verifications",
        &body,
        &[("Idempotency-Key", "\"a-1\"")],
    );
    let again = host.post_with("/v1/verifications", &body, &[("Idempotency-Key", "a-1")]);
    assert_eq!((first.status, again.status), (201, 201));
    assert_eq!(first.text, again.text);
    assert!(!first.head.contains("idempotency-replayed"));
    assert!(again.head.contains("idempotency-replayed: true"));
    assert_eq!(host.simulator.messages().len(), 1);
    let other = json!({"to": "+8613800138001", "usage": "SignIn"});
    let other = host.post_with("/v1/verifications", &other, &[("Idempotency-Key", "a-1")]);
    assert_eq!(
        (other.status, other.problem().as_str()),
        (422, "key-reused")
    );
    assert_eq!(host.simulator.messages().len(), 1);
}

#[test]
fn repeated_check_is_approved_again_and_counts_once() {
    let host = Running::start();
    let id = host.begin("+8613800138000");
    let code = host.code("+8613800138000");
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let path = format!("/v1/verifications/{id}/check");
    let check = |code: &str, key: &str| {
        host.post_with(&path, &json!({"code": code}), &[("Idempotency-Key", key)])
    };
    for _ in 0..3 {
        assert_eq!(check(wrong, "wrong").expect(200)["attempts_left"], 4);
    }
    let first = check(&code, "right");
    let again = check(&code, "right");
    assert_eq!((first.status, &first.text), (200, &again.text));
    assert_eq!(first.json()["valid"], true);
    assert_eq!(check(&code, "another").problem(), "not-usable");
}

#[test]
fn request_under_way_is_not_carried_out_twice() {
    let host = Running::start();
    host.simulator.queue_fault(Fault::Delay { ms: 3000 });
    let body = json!({"to": "+8613800138000", "usage": "SignIn"});
    let key = [("Idempotency-Key", "slow")];
    std::thread::scope(|scope| {
        let first = scope.spawn(|| host.post_with("/v1/verifications", &body, &key));
        under_way(&host);
        let meanwhile = host.post_with("/v1/verifications", &body, &key);
        assert_eq!(
            (meanwhile.status, meanwhile.problem().as_str()),
            (409, "in-flight")
        );
        // The first request may have sent its message by now.
        let told = meanwhile.json()["user_message"].clone();
        assert_eq!(
            told,
            "This is not finished yet. Wait a minute before you try again."
        );
        let first = first.join().unwrap();
        assert_eq!(first.status, 201);
        let again = host.post_with("/v1/verifications", &body, &key);
        assert_eq!(again.text, first.text);
    });
    assert_eq!(host.simulator.messages().len(), 1);
}

/// A caller that disconnects does not cancel its message: it is sent once, and a repeated request gets its response.
#[test]
fn caller_that_leaves_gets_its_answer_later() {
    let host = Running::start();
    host.simulator.queue_fault(Fault::Delay { ms: 800 });
    leave(&host, under_way);
    assert_sent_once(&host);
}

/// The same while the message waits for the database: a message recorded as *sending* is sent.
#[test]
fn caller_that_leaves_during_the_commit_gets_its_answer_later() {
    let host = Running::start();
    let holder = rusqlite::Connection::open(host.folder.0.join("data/auth-host.db")).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    // A message that waits for the database is nowhere to be read.
    leave(&host, |_| std::thread::sleep(Duration::from_secs(1)));
    assert!(host.simulator.messages().is_empty());
    holder.execute_batch("ROLLBACK").unwrap();
    assert_sent_once(&host);
}

/// A stop waits for messages under way, whether or not their callers do.
#[cfg(unix)]
#[test]
fn stop_waits_for_the_message_of_a_caller_that_left() {
    let mut host = Running::start();
    host.simulator.queue_fault(Fault::Delay { ms: 1500 });
    leave(&host, under_way);
    assert_eq!(host.process.terminate(), Some(0));
    host.process = Process::start(&host.folder.0, &[]);
    assert_sent_once(&host);
}

/// Waits until the provider has a request and delays its response.
fn under_way(host: &Running) {
    let begun = Instant::now();
    while host.simulator.journal().is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(30), "no request");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Starts a verification and closes the connection, after some event, without waiting for the answer.
fn leave(host: &Running, after: impl FnOnce(&Running)) {
    use std::io::Write;
    let body = json!({"to": "+8613800138000", "usage": "SignIn"}).to_string();
    let mut stream = std::net::TcpStream::connect(&host.process.api).unwrap();
    write!(
        stream,
        "POST /v1/verifications HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n\
         Idempotency-Key: gone\r\nContent-Length: {}\r\n\r\n{body}",
        host.key,
        body.len()
    )
    .unwrap();
    after(host);
}

/// Repeats the request until it is answered, with the response to the first one.
fn assert_sent_once(host: &Running) {
    let body = json!({"to": "+8613800138000", "usage": "SignIn"});
    let until = Instant::now() + Duration::from_secs(10);
    let again = loop {
        let again = host.post_with("/v1/verifications", &body, &[("Idempotency-Key", "gone")]);
        if again.status != 409 || Instant::now() > until {
            break again;
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    assert!(
        again.head.contains("idempotency-replayed: true"),
        "{}",
        again.text
    );
    assert_eq!(again.expect(201)["message"]["state"], "accepted");
    assert_eq!(host.simulator.messages().len(), 1);
}

/// A sent message stays sent, whatever an operator changes: a repeated request must not report that nothing was sent.
#[test]
fn repeated_start_is_answered_after_a_stop_and_without_a_flow() {
    let host = Running::start();
    let body = json!({"to": "+8613800138000", "usage": "SignIn"});
    let start = |key: &str| host.post_with("/v1/verifications", &body, &[("Idempotency-Key", key)]);
    let first = start("a");
    assert_eq!(first.status, 201);
    let id = first.json()["id"].as_str().unwrap().to_owned();
    host.age(60_000);
    let path = format!("/v1/verifications/{id}/resend");
    let resend = |key: &str| host.post_with(&path, &json!({}), &[("Idempotency-Key", key)]);
    let resent = resend("b");
    assert_eq!(resent.status, 200);
    for (change, undo, status, problem) in [
        (vec!["stop"], vec!["go"], 503, "stopped"),
        (
            vec!["stop", "--tenant", "default"],
            vec!["go", "--tenant", "default"],
            503,
            "stopped",
        ),
        (
            vec!["flow", "put"],
            vec!["flow", "put", "sim"],
            403,
            "no-flow",
        ),
    ] {
        host.change(&change, "");
        assert_eq!(start("a").text, first.text, "{change:?}");
        assert_eq!(resend("b").text, resent.text, "{change:?}");
        let new = start(&format!("new {problem}").replace(' ', "-"));
        assert_eq!((new.status, new.problem().as_str()), (status, problem));
        host.change(&undo, "");
    }
    assert_eq!(host.simulator.messages().len(), 2);
    // A number without a calling code belongs to the tenant's country, which may have changed.
    let local = json!({"to": "13800138001", "usage": "SignIn"});
    let start = || host.post_with("/v1/verifications", &local, &[("Idempotency-Key", "c")]);
    let first = start();
    assert_eq!(first.status, 201);
    host.change(&["tenant", "put", "--set", "default_country=US"], "");
    assert_eq!(start().text, first.text);
}

/// A request is compared under every key, and is stored as a keyed hash: a number has few digits.
#[test]
fn repeated_start_is_known_after_a_rotation_of_keys() {
    let mut host = Running::start();
    let body = json!({"to": "+8613800138000", "usage": "SignIn"});
    let key = [("Idempotency-Key", "a")];
    let first = host.post_with("/v1/verifications", &body, &key);
    let database = rusqlite::Connection::open(host.folder.0.join("data/auth-host.db")).unwrap();
    let kept: Vec<u8> = database
        .query_row("SELECT request FROM idempotency", [], |row| row.get(0))
        .unwrap();
    let mut plain = Sha256::new();
    for part in ["POST", "/v1/verifications", &body.to_string()] {
        plain.update((part.len() as u64).to_le_bytes());
        plain.update(part);
    }
    assert_ne!(kept, plain.finalize().to_vec());
    drop(database);
    host.process.kill();
    host.command(&["rotate-key"], "").unwrap();
    host.process = Process::start(&host.folder.0, &[]);
    let again = host.post_with("/v1/verifications", &body, &key);
    assert_eq!(again.text, first.text);
    assert_eq!(host.simulator.messages().len(), 1);
}
