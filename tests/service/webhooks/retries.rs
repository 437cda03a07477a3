use super::platforms::{Hook, PLATFORMS, message, now_s, serve_germany_by_nobody};
use crate::service::crashes::{POINTS_OF_A_MESSAGE, child_process};
use crate::service::running::{Folder, Process, Running, config, set_up};
use serde_json::{Value, json};
use std::sync::Arc;
use tencent_sms_simulator::{Fault, Simulator};

const TO: &str = "+8613800138000";

fn fault(code: &str) -> Fault {
    Fault::Code {
        code: code.to_owned(),
        message: None,
    }
}

fn is_replay(answer: &crate::service::running::Answer) -> bool {
    answer.head.contains("idempotency-replayed: true")
}

/// Ages the records of webhook requests.
fn age(host: &Running, ms: i64) {
    let database = rusqlite::Connection::open(host.folder.0.join("data/auth-host.db")).unwrap();
    database
        .busy_timeout(std::time::Duration::from_secs(5))
        .unwrap();
    for sql in [
        "UPDATE webhook_keys SET created_at = created_at - ?1",
        "UPDATE messages SET created_at = created_at - ?1, settled_at = settled_at - ?1",
    ] {
        assert!(database.execute(sql, [ms]).unwrap() > 0);
    }
}

/// Each platform posts the same message again: one arrives, and the second response is marked as a repetition.
#[test]
fn retry_of_each_platform_sends_nothing() {
    let host = Running::start();
    for (nth, platform) in PLATFORMS.into_iter().enumerate() {
        let hook = Hook::put(&host, platform, &json!({}));
        let to = format!("+861380013{nth:04}");
        let body = message(platform, &to, "123456");
        let first = hook.post(&host, &body);
        let second = hook.post(&host, &body);
        assert_eq!(
            (first.status, &first.text),
            (second.status, &second.text),
            "{platform}"
        );
        assert_eq!(
            (is_replay(&first), is_replay(&second)),
            (false, true),
            "{platform}"
        );
        // A resend by the person has another code, and is another message.
        let resend = hook.post(&host, &message(platform, &to, "654321"));
        assert_eq!(
            (resend.status, is_replay(&resend)),
            (200, false),
            "{platform}"
        );
        let arrived = host.simulator.messages();
        assert_eq!(
            arrived.iter().filter(|m| m.to == to).count(),
            2,
            "{platform}"
        );
    }
}

/// Logto's Console always tests with 000000.
#[test]
fn console_test_is_resent_after_30_seconds() {
    let host = Running::start();
    let hook = Hook::put(&host, "logto", &json!({}));
    let body = message("logto", TO, "000000");
    assert_eq!(hook.post(&host, &body).status, 200);
    age(&host, 29_000);
    assert!(is_replay(&hook.post(&host, &body)));
    age(&host, 2_000);
    // The provider refuses the same text within 30 seconds as well.
    host.simulator.advance(std::time::Duration::from_secs(31));
    let third = hook.post(&host, &body);
    assert_eq!((third.status, is_replay(&third)), (200, false));
    assert_eq!(host.simulator.messages().len(), 2);
}

/// The holder of a signed request can post it again while its signature is valid. An old GoTrue includes no identifier.
#[test]
fn signed_request_is_sent_once_while_its_signature_is_good() {
    let host = Running::start();
    let hook = Hook::put(&host, "supabase", &json!({}));
    let body = json!({"user": {"phone": "8613800138000"}, "sms": {"otp": "123456"}}).to_string();
    let signed_at = now_s();
    let post = || hook.post_at(&host, &body, signed_at, &[]);
    assert_eq!(post().text, "{}");
    for seconds in [31, 240] {
        age(&host, seconds * 1000);
        let wait = std::time::Duration::from_secs(seconds.unsigned_abs());
        host.simulator.advance(wait);
        assert!(is_replay(&post()), "{seconds} seconds later");
    }
    assert_eq!(host.simulator.messages().len(), 1);
}

#[test]
fn refused_test_is_accepted_once_config_is_mended() {
    let host = Running::start();
    let mut wrong = config(&host.simulator.url());
    wrong["accessKeySecret"] = json!("wrong-secret");
    let put = ["connector", "put", "sim", "--config", "-"];
    host.change(&put, &wrong.to_string());
    let hook = Hook::put(&host, "logto", &json!({}));
    let body = message("logto", TO, "000000");
    let first = hook.post(&host, &body);
    assert_eq!(
        (first.status, &first.json()["code"]),
        (502, &json!("authentication"))
    );
    let calls = host.simulator.complete_requests();
    // Nothing changed, so the provider is not called again.
    assert!(is_replay(&hook.post(&host, &body)));
    assert_eq!(host.simulator.complete_requests(), calls);
    host.change(&put, &config(&host.simulator.url()).to_string());
    let mended = hook.post(&host, &body);
    assert_eq!(
        (mended.status, is_replay(&mended)),
        (200, false),
        "{}",
        mended.text
    );
    assert_eq!(host.simulator.messages().len(), 1);
}

#[test]
fn retry_is_sent_after_certain_not_sent() {
    let host = Running::start();
    for (nth, code) in [
        "LimitExceeded.DeliveryFrequencyLimit",
        "FailedOperation.InsufficientBalanceInSmsPackage",
    ]
    .into_iter()
    .enumerate()
    {
        let hook = Hook::put(&host, "kratos", &json!({}));
        let body = message("kratos", &format!("+861380013{nth:04}"), "123456");
        host.simulator.queue_fault(fault(code));
        assert_ne!(hook.post(&host, &body).status, 200, "{code}");
        let again = hook.post(&host, &body);
        assert_eq!((again.status, is_replay(&again)), (200, false), "{code}");
    }
    let hook = Hook::put(&host, "zitadel", &json!({}));
    let body = message("zitadel", "+4915123456789", "123456");
    serve_germany_by_nobody(&host);
    assert_eq!(hook.post(&host, &body).status, 503);
    let again = hook.post(&host, &body);
    assert_eq!(
        (again.status, is_replay(&again)),
        (503, false),
        "it was tried again"
    );
    host.change(&["flow", "put", "--country", "DE", "sim"], "");
    assert_eq!(hook.post(&host, &body).status, 200);
    assert_eq!(host.simulator.messages().len(), 3);
}

/// The provider accepted the message without a response: nothing is sent again, whatever the platform repeats, and
/// however late.
#[test]
fn nothing_is_sent_again_after_an_unknown_outcome() {
    let host = Running::start();
    for (nth, platform) in ["supabase", "logto", "kratos", "clerk"]
        .into_iter()
        .enumerate()
    {
        let hook = Hook::put(&host, platform, &json!({}));
        let to = format!("+861380013{nth:04}");
        let body = message(platform, &to, "123456");
        host.simulator
            .queue_fault_of("SendSms", Fault::AcceptThenReset);
        let first = hook.post(&host, &body);
        for seconds in [0, 31, 600] {
            if seconds > 0 {
                age(&host, seconds * 1000);
            }
            let again = hook.post(&host, &body);
            // A look-up may have found it meanwhile, and then its window counts.
            let is_success = again.status == 200 && !again.text.contains("error");
            assert!(
                again.text == first.text || is_success && is_replay(&again),
                "{platform} {seconds}: {}",
                again.text
            );
            let arrived = host.simulator.messages();
            assert_eq!(
                arrived.iter().filter(|m| m.to == to).count(),
                1,
                "{platform} {seconds}"
            );
            if is_success {
                break;
            }
        }
    }
}

/// Operators edit the mapping of types when messages fail, while the platform still repeats its request.
#[test]
fn edited_webhook_sends_nothing_again() {
    let host = Running::start();
    let hook = Hook::put(&host, "kratos", &json!({}));
    for (nth, usage) in ["Generic", "Register"].into_iter().enumerate() {
        let body = message("kratos", &format!("+861380013{nth:04}"), "123456");
        host.simulator
            .queue_fault_of("SendSms", Fault::AcceptThenReset);
        assert_eq!(hook.post(&host, &body).status, 504);
        Hook::put(
            &host,
            "kratos",
            &json!({"usages": {"login_code_valid": usage}}),
        );
        let again = hook.post(&host, &body);
        // A look-up may have found it meanwhile.
        assert!(is_replay(&again) || again.status == 504, "{}", again.text);
        assert_eq!(host.simulator.messages().len(), nth + 1, "{usage}");
    }
}

/// The provider refused it permanently, the operator fixed the mapping, and the identifier is the same.
#[test]
fn mended_webhook_sends_what_was_not_sent() {
    let host = Running::start();
    let hook = Hook::put(&host, "generic", &json!({}));
    let body = json!({"to": TO, "code": "123456"}).to_string();
    let post = || hook.post_with(&host, &body, &[("Idempotency-Key", "message-1")]);
    let refused = "FailedOperation.TemplateIncorrectOrUnapproved";
    host.simulator.queue_fault(fault(refused));
    assert_eq!(post().status, 502);
    assert!(is_replay(&post()), "nothing was mended");
    Hook::put(&host, "generic", &json!({"usage": "SignIn"}));
    let mended = post();
    assert_eq!(
        (mended.status, is_replay(&mended)),
        (200, false),
        "{}",
        mended.text
    );
    assert!(is_replay(&post()));
    assert_eq!(host.simulator.messages().len(), 1);
}

/// A request is stored as a hash under the host's key, and the key is replaced between two attempts.
#[test]
fn retry_is_recognised_after_the_key_was_rotated() {
    for (platform, has_own_id) in [("kratos", false), ("supabase", true)] {
        let mut host = Running::start();
        let hook = Hook::put(&host, platform, &json!({}));
        let body = message(platform, TO, "123456");
        let first = hook.post(&host, &body);
        assert_eq!(first.status, 200, "{platform}: {}", first.text);
        host.process.kill();
        host.command(&["rotate-key"], "").unwrap();
        host.process = Process::start(&host.folder.0, &[]);
        let again = hook.post(&host, &body);
        assert_eq!(
            (again.status, is_replay(&again)),
            (200, true),
            "{platform} {has_own_id}: {}",
            again.text
        );
        assert_eq!(host.simulator.messages().len(), 1, "{platform}");
    }
}

/// GoTrue disconnects and retries while the first attempt is under way. The second waits for its outcome.
#[test]
fn second_request_waits_for_the_first_one() {
    let host = Arc::new(Running::start());
    let hook = Hook::put(&host, "supabase", &json!({}));
    let body = message("supabase", TO, "123456");
    host.simulator.queue_fault(Fault::Delay { ms: 1500 });
    let requests: Vec<_> = (0..3)
        .map(|nth| {
            let (host, hook, body) = (host.clone(), hook.clone(), body.clone());
            std::thread::spawn(move || {
                std::thread::sleep(std::time::Duration::from_millis(nth * 200));
                hook.post(&host, &body)
            })
        })
        .collect();
    let answers: Vec<_> = requests.into_iter().map(|r| r.join().unwrap()).collect();
    assert!(
        answers.iter().all(|a| a.status == 200 && a.text == "{}"),
        "{answers:?}"
    );
    assert_eq!(host.simulator.messages().len(), 1);
}

/// An identifier of the person instead of the message would make every later code a success that was never sent.
#[test]
fn identifier_of_another_message_is_no_success() {
    let host = Running::start();
    let hook = Hook::put(&host, "generic", &json!({"fields": {"id": "/user"}}));
    let post = |code: &str| {
        let body = json!({"to": TO, "code": code, "user": "0d3c4f7e"}).to_string();
        hook.post(&host, &body)
    };
    assert_eq!(post("123456").status, 200);
    assert!(is_replay(&post("123456")));
    let other = post("654321");
    assert_eq!(
        (other.status, &other.json()["code"]),
        (422, &json!("id-reused"))
    );
    assert_eq!(host.simulator.messages().len(), 1);
    // The header takes precedence over the field.
    let body = json!({"to": TO, "code": "654321", "user": "0d3c4f7e"}).to_string();
    let named = hook.post_with(&host, &body, &[("Idempotency-Key", "\"message-2\"")]);
    assert_eq!(named.status, 200, "{}", named.text);
    assert_eq!(host.simulator.messages().len(), 2);
}

/// Two webhooks of one tenant keep their messages apart.
#[test]
fn webhooks_are_recognised_apart() {
    let host = Running::start();
    let first = Hook::put(&host, "better-auth", &json!({}));
    let second = Hook::put(&host, "casdoor", &json!({}));
    assert_eq!(
        first
            .post(&host, &message("better-auth", TO, "123456"))
            .status,
        200
    );
    // The provider itself refuses the same text within 30 seconds.
    let other = second.post(&host, &message("casdoor", TO, "123456"));
    assert_eq!((other.status, is_replay(&other)), (429, false));
    assert_eq!(other.json()["code"], "rate-limited");
}

/// The process ends between the request and its response; the platform posts again, as often as it does.
#[test]
fn retries_after_process_end_double_nothing() {
    for (platform, attempts) in [("supabase", 2), ("zitadel", 2), ("kratos", 5)] {
        for (point, sent) in POINTS_OF_A_MESSAGE {
            let simulator = Simulator::builder().start_blocking().unwrap();
            let folder = Folder::new();
            let connectors = config(&simulator.url());
            let (key, host_key) = set_up(&folder.0, &[("sim", &connectors)], &simulator.url());
            let mut host = Running {
                process: Process::start(&folder.0, &[]),
                simulator,
                key,
                host_key,
                folder,
            };
            let hook = Hook::put(&host, platform, &json!({}));
            host.process.kill();
            let mut child = child_process(&host.folder, point);
            let body = message(platform, TO, "123456");
            let signed = hook.headers(&body, super::platforms::now_s());
            let headers: Vec<_> = signed
                .iter()
                .map(|(n, v)| (n.as_str(), v.as_str()))
                .collect();
            let first =
                crate::service::running::http(&child.api, "POST", &hook.path, &headers, &body);
            assert!(first.is_err(), "{platform} {point}: {first:?}");
            assert!(!child.ended().success(), "{platform} {point}");
            host.process = Process::start(&host.folder.0, &[]);
            for _ in 0..attempts {
                let answer = hook.post(&host, &body);
                let is_told = match platform {
                    "supabase" => answer.text == "{}" || answer.json()["error"]["http_code"] == 504,
                    _ => [200, 504].contains(&answer.status),
                };
                assert!(
                    is_told,
                    "{platform} {point}: {} {}",
                    answer.status, answer.text
                );
            }
            assert_eq!(host.simulator.messages().len(), sent, "{platform} {point}");
            let open = host
                .command(&["message", "list", "--state", "sending"], "")
                .unwrap();
            assert_eq!(open, Value::Array(vec![]), "{platform} {point}");
        }
    }
}
