use super::assert_answers_within_2_seconds;
use super::platforms::{SECRET, serve_germany_by_nobody};
use crate::service::running::{Answer, Running, http};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::sync::Arc;
use tencent_sms_simulator::Fault;

const TO: &str = "%2B8613800138000";

/// A service as Twilio defines it: its path, and the user and password of its callers.
struct Service {
    path: String,
    basic: String,
}

impl Service {
    fn put(host: &Running, more: &Value) -> Self {
        let mut body = json!({"platform": "twilio-verify", "usage": "SignIn", "secrets": [SECRET]});
        for (name, value) in more.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        let path = "/admin/tenants/default/webhooks/verify";
        let shown = host.admin("PUT", path, &host.host_key, &body).expect(200);
        let account = shown["settings"]["auth"]
            .as_str()
            .unwrap()
            .replace("basic:", "");
        assert!(
            account.starts_with("AC") && account.len() == 34,
            "{account}"
        );
        Self {
            path: shown["path"].as_str().unwrap().to_owned(),
            basic: format!("Basic {}", STANDARD.encode(format!("{account}:{SECRET}"))),
        }
    }

    fn call(&self, host: &Running, method: &str, path: &str, form: &str) -> Answer {
        let headers = [
            ("Authorization", self.basic.as_str()),
            ("Content-Type", "application/x-www-form-urlencoded"),
        ];
        let path = format!("{}{path}", self.path);
        http(&host.process.api, method, &path, &headers, form).unwrap()
    }

    fn start(&self, host: &Running, to: &str) -> Answer {
        self.call(
            host,
            "POST",
            "/Verifications",
            &format!("To={to}&Channel=sms"),
        )
    }

    fn check(&self, host: &Running, to: &str, code: &str) -> Answer {
        self.call(
            host,
            "POST",
            "/VerificationCheck",
            &format!("To={to}&Code={code}"),
        )
    }
}

fn error(answer: &Answer) -> (u16, i64) {
    let body = answer.json();
    assert_eq!(body["status"], answer.status, "{body}");
    assert!(
        body["message"].is_string() && body["more_info"].is_string(),
        "{body}"
    );
    (answer.status, body["code"].as_i64().unwrap())
}

#[test]
fn verification_is_started_checked_and_used_once() {
    let host = Running::start();
    let service = Service::put(&host, &json!({}));
    let started = service.start(&host, TO).expect(201);
    assert_eq!(
        (&started["status"], &started["valid"], &started["channel"]),
        (&json!("pending"), &json!(false), &json!("sms"))
    );
    assert_eq!(started["to"], "+8613800138000");
    let sid = started["sid"].as_str().unwrap();
    assert!(sid.starts_with("VE") && sid.len() == 34, "{sid}");
    assert_eq!(
        started["send_code_attempts"][0]["state"], "accepted",
        "{started}"
    );
    let wrong = service.check(&host, TO, "000000").expect(200);
    assert_eq!(
        (&wrong["status"], &wrong["valid"]),
        (&json!("pending"), &json!(false))
    );
    let fetched = service
        .call(&host, "GET", &format!("/Verifications/{sid}"), "")
        .expect(200);
    assert_eq!(fetched["status"], "pending");
    let code = host.code("+8613800138000");
    let right = service.check(&host, TO, &code).expect(200);
    assert_eq!(
        (&right["status"], &right["valid"], &right["sid"]),
        (&json!("approved"), &json!(true), &json!(sid))
    );
    assert_eq!(error(&service.check(&host, TO, &code)), (404, 20404));
    let fetched = service
        .call(&host, "GET", &format!("/Verifications/{sid}"), "")
        .expect(200);
    assert_eq!(fetched["status"], "approved");
}

#[test]
fn errors_have_twilios_numbers() {
    let host = Running::start();
    let service = Service::put(&host, &json!({}));
    let post = |path: &str, form: &str| error(&service.call(&host, "POST", path, form));
    for (path, form, expected) in [
        ("/Verifications", "Channel=sms", (400, 60200)),
        ("/Verifications", "To=%2B86138&Channel=sms", (400, 60200)),
        (
            "/Verifications",
            "To=8613800138000&Channel=sms",
            (400, 60200),
        ),
        ("/Verifications", "To=%2B8613800138000", (400, 60200)),
        (
            "/Verifications",
            "To=%2B8613800138000&Channel=call",
            (400, 60200),
        ),
        (
            "/Verifications",
            "To=%2B8613800138000&Channel=sms&CustomCode=1234",
            (400, 60200),
        ),
        ("/VerificationCheck", "To=%2B8613800138000", (400, 60200)),
        ("/VerificationCheck", "Code=123456", (400, 60200)),
        (
            "/VerificationCheck",
            "To=%2B8613800138000&Code=123456",
            (404, 20404),
        ),
        (
            "/VerificationCheck",
            "VerificationSid=VE00&Code=123456",
            (404, 20404),
        ),
        ("/Verifications/VE00", "Status=canceled", (404, 20404)),
    ] {
        assert_eq!(post(path, form), expected, "{path} {form}");
    }
    for basic in [
        "Basic x",
        &format!("Basic {}", STANDARD.encode("AC0:wrong")),
    ] {
        let other = Service {
            path: service.path.clone(),
            basic: basic.to_owned(),
        };
        assert_eq!(error(&other.start(&host, TO)), (401, 20003));
    }
    let nobody = Service {
        path: "/v2/Services/VA00000000000000000000000000000000".to_owned(),
        basic: service.basic.clone(),
    };
    assert_eq!(error(&nobody.start(&host, TO)), (401, 20003));
    assert_eq!(host.simulator.complete_requests(), 0);

    host.simulator.queue_fault(Fault::Code {
        code: "FailedOperation.PhoneNumberInBlacklist".to_owned(),
        message: None,
    });
    assert_eq!(
        error(&service.start(&host, "%2B8613800138001")),
        (400, 60200)
    );
    host.simulator.queue_fault(Fault::Code {
        code: "LimitExceeded.AppCountryOrRegionInBlacklist".to_owned(),
        message: None,
    });
    assert_eq!(
        error(&service.start(&host, "%2B8613800138002")),
        (403, 60605)
    );
    host.simulator.queue_fault(Fault::Code {
        code: "AuthFailure.SecretIdNotFound".to_owned(),
        message: None,
    });
    assert_eq!(
        error(&service.start(&host, "%2B8613800138003")),
        (503, 20503)
    );
    serve_germany_by_nobody(&host);
    assert_eq!(
        error(&service.start(&host, "%2B4915123456789")),
        (503, 20503)
    );
}

/// A verification exists although it is unknown whether its message was sent: as at Twilio, it is pending.
#[test]
fn unknown_outcome_is_pending_and_says_so() {
    let host = Running::start();
    let service = Service::put(&host, &json!({}));
    host.simulator.queue_fault(Fault::AcceptThenClose);
    let started = service.start(&host, TO).expect(201);
    assert_eq!(started["status"], "pending");
    assert_eq!(
        started["send_code_attempts"][0]["state"], "unknown",
        "{started}"
    );
    // A second request within the minute sends nothing.
    assert_eq!(error(&service.start(&host, TO)), (429, 60207));
    assert_eq!(host.simulator.messages().len(), 1);
    let code = host.code("+8613800138000");
    assert_eq!(service.check(&host, TO, &code).expect(200)["valid"], true);
}

/// The program gives up after its own time limit, as with every other webhook.
#[test]
fn answer_comes_within_time_of_the_webhook() {
    let host = Running::start();
    let service = Service::put(&host, &json!({"answer_within_ms": 2000}));
    assert_answers_within_2_seconds(|nth| {
        // The provider responds later.
        host.simulator.queue_fault(Fault::Delay { ms: 6000 });
        let to = format!("%2B861380013800{nth}");
        let started = service.start(&host, &to).expect(201);
        assert_eq!(started["status"], "pending");
    });
}

/// Twilio's SDK for Python parses times to the second, and returns others as texts.
#[test]
fn times_are_twilios() {
    let host = Running::start();
    let service = Service::put(&host, &json!({}));
    let started = service.start(&host, TO).expect(201);
    let attempt = &started["send_code_attempts"][0]["time"];
    for time in [&started["date_created"], &started["date_updated"], attempt] {
        let time = time.as_str().unwrap();
        assert_eq!((time.len(), &time[19..]), (20, "Z"), "{time}");
    }
}

/// A person clicks twice, or a program posts again before the response: the number gets one code.
#[test]
fn starts_at_once_send_one_message() {
    let host = Arc::new(Running::start());
    let service = Arc::new(Service::put(&host, &json!({})));
    let starts: Vec<_> = (0..8)
        .map(|_| {
            let (host, service) = (host.clone(), service.clone());
            std::thread::spawn(move || service.start(&host, TO))
        })
        .collect();
    let answers: Vec<_> = starts.into_iter().map(|s| s.join().unwrap()).collect();
    let refused: Vec<_> = answers.iter().filter(|a| a.status != 201).collect();
    assert_eq!(refused.len(), 7, "{answers:?}");
    assert!(refused.into_iter().all(|a| error(a) == (429, 60207)));
    assert_eq!(host.simulator.messages().len(), 1);
    let code = host.code("+8613800138000");
    assert_eq!(service.check(&host, TO, &code).expect(200)["valid"], true);
}

#[test]
fn sends_and_tries_are_limited() {
    let host = Running::start();
    let service = Service::put(&host, &json!({}));
    let sid = service.start(&host, TO).expect(201)["sid"].clone();
    for _ in 0..5 {
        assert_eq!(
            service.check(&host, TO, "000000").expect(200)["valid"],
            false
        );
    }
    assert_eq!(error(&service.check(&host, TO, "000000")), (429, 60202));
    let path = format!("/Verifications/{}", sid.as_str().unwrap());
    let fetched = service.call(&host, "GET", &path, "").expect(200);
    assert_eq!(fetched["status"], "max_attempts_reached");
    for _ in 0..4 {
        host.age(61_000);
        host.simulator.advance(std::time::Duration::from_secs(61));
        assert_eq!(
            service.start(&host, TO).expect(201)["sid"],
            sid,
            "the same verification"
        );
    }
    host.age(61_000);
    assert_eq!(error(&service.start(&host, TO)), (429, 60203));
    let cancelled = service
        .call(&host, "POST", &path, "Status=canceled")
        .expect(200);
    assert_eq!(cancelled["status"], "canceled");
    assert_eq!(
        error(&service.call(&host, "POST", &path, "Status=approved")),
        (400, 60200)
    );
}

/// A verification of the other API, of another service, and a test number: all are refused.
#[test]
fn service_knows_its_own_verifications_alone() {
    let host = Running::start();
    let service = Service::put(&host, &json!({}));
    let id = host.begin("+8613800138000");
    let code = host.code("+8613800138000");
    assert_eq!(error(&service.check(&host, TO, &code)), (404, 20404));
    let sid = id.replace("v_", "VE");
    let path = format!("/Verifications/{sid}");
    assert_eq!(error(&service.call(&host, "GET", &path, "")), (404, 20404));
    let form = format!("VerificationSid={sid}&Code={code}");
    let by_sid = service.call(&host, "POST", "/VerificationCheck", &form);
    assert_eq!(error(&by_sid), (404, 20404));
    assert_eq!(host.check(&id, &code).expect(200)["valid"], true);

    let tests = "/admin/tenants/default/test-numbers";
    let number = json!({"number": "+8613800138009", "code": "424242", "days": 1, "is_own": true});
    host.admin("POST", tests, &host.host_key, &number)
        .expect(200);
    assert_eq!(
        error(&service.start(&host, "%2B8613800138009")),
        (400, 60200)
    );
    assert_eq!(
        error(&service.check(&host, "%2B8613800138009", "424242")),
        (404, 20404)
    );
    assert_eq!(host.simulator.messages().len(), 1);
}
