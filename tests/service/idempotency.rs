use super::running::Running;
use serde_json::json;
use std::time::Duration;
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
    host.simulator.queue_fault(Fault::Delay { ms: 1500 });
    let body = json!({"to": "+8613800138000", "usage": "SignIn"});
    let key = [("Idempotency-Key", "slow")];
    std::thread::scope(|scope| {
        let first = scope.spawn(|| host.post_with("/v1/verifications", &body, &key));
        std::thread::sleep(Duration::from_millis(500));
        let meanwhile = host.post_with("/v1/verifications", &body, &key);
        assert_eq!(
            (meanwhile.status, meanwhile.problem().as_str()),
            (409, "in-flight")
        );
        let first = first.join().unwrap();
        assert_eq!(first.status, 201);
        let again = host.post_with("/v1/verifications", &body, &key);
        assert_eq!(again.text, first.text);
    });
    assert_eq!(host.simulator.messages().len(), 1);
}

/// Who asks and leaves does not take the message along: it goes out once, and its answer is there for who asks again.
#[test]
fn caller_that_leaves_gets_its_answer_later() {
    use std::io::Write;
    let host = Running::start();
    host.simulator.queue_fault(Fault::Delay { ms: 800 });
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
    std::thread::sleep(Duration::from_millis(300));
    drop(stream);
    std::thread::sleep(Duration::from_millis(1500));
    let body = json!({"to": "+8613800138000", "usage": "SignIn"});
    let again = host.post_with("/v1/verifications", &body, &[("Idempotency-Key", "gone")]);
    assert_eq!(again.expect(201)["message"]["state"], "accepted");
    assert_eq!(host.simulator.messages().len(), 1);
}
