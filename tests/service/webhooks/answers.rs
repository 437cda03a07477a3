use super::assert_answers_within_2_seconds;
use super::platforms::{Hook, PLATFORMS, TIMED, message, now_s, serve_germany_by_nobody};
use crate::service::running::{Answer, Running, config, http};
use serde_json::{Value, json};
use tencent_sms_simulator::Fault;

/// A row of the table of responses.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Row {
    Sent,
    BadNumber,
    RateLimit,
    Blocked,
    Credentials,
    Balance,
    Down,
    Unknown,
}

const ROWS: [Row; 8] = [
    Row::Sent,
    Row::BadNumber,
    Row::RateLimit,
    Row::Blocked,
    Row::Credentials,
    Row::Balance,
    Row::Down,
    Row::Unknown,
];

impl Row {
    /// The provider's fault, and the number of messages that arrive.
    fn fault(self) -> (Option<Fault>, usize) {
        let code = |code: &str| {
            Some(Fault::Code {
                code: code.to_owned(),
                message: None,
            })
        };
        match self {
            Self::Sent => (None, 1),
            Self::BadNumber => (code("FailedOperation.PhoneNumberInBlacklist"), 0),
            Self::RateLimit => (code("LimitExceeded.PhoneNumberDailyLimit"), 0),
            Self::Blocked => (code("LimitExceeded.AppCountryOrRegionInBlacklist"), 0),
            Self::Credentials => (code("AuthFailure.SecretIdNotFound"), 0),
            Self::Balance => (code("FailedOperation.InsufficientBalanceInSmsPackage"), 0),
            Self::Down => (None, 0),
            Self::Unknown => (Some(Fault::AcceptThenClose), 1),
        }
    }

    /// The status for platforms with plain statuses.
    fn status(self) -> u16 {
        match self {
            Self::Sent => 200,
            Self::BadNumber => 422,
            Self::RateLimit => 429,
            Self::Blocked => 403,
            Self::Credentials | Self::Balance => 502,
            Self::Down => 503,
            Self::Unknown => 504,
        }
    }

    fn authgear(self) -> &'static str {
        match self {
            Self::Sent => "ok",
            Self::BadNumber => "invalid_phone_number",
            Self::RateLimit => "rate_limited",
            Self::Blocked | Self::Balance => "delivery_rejected",
            Self::Credentials => "authentication_failed",
            Self::Down | Self::Unknown => "timeout",
        }
    }
}

/// Compares a response with the table.
fn check(platform: &str, row: Row, answer: &Answer) {
    let context = format!("{platform} {row:?}: {} {}", answer.status, answer.text);
    assert!(!answer.head.contains("retry-after"), "{context}");
    assert!(!answer.head.contains("location:"), "{context}");
    match platform {
        "supabase" => {
            assert_eq!(answer.status, 200, "{context}");
            assert!(
                answer.head.contains("content-type: application/json"),
                "{context}"
            );
            let body = answer.json();
            if row == Row::Sent {
                assert_eq!(body, json!({}), "{context}");
                return;
            }
            let status = match row {
                Row::Credentials | Row::Balance => 500,
                row => row.status(),
            };
            assert_eq!(body["error"]["http_code"], status, "{context}");
            // An empty message is a success for GoTrue.
            assert!(
                !body["error"]["message"].as_str().unwrap().is_empty(),
                "{context}"
            );
        }
        "authgear" => {
            let body = answer.json();
            assert_eq!(body["code"], row.authgear(), "{context}");
            assert_eq!(answer.status, row.status(), "{context}");
        }
        "authentik" => {
            assert_eq!(answer.status, row.status(), "{context}");
            if row != Row::Sent {
                assert!(
                    answer.head.contains("content-type: text/plain"),
                    "{context}"
                );
                assert!(answer.text.ends_with('.'), "{context}");
            }
        }
        _ => {
            assert_eq!(answer.status, row.status(), "{context}");
            let body = answer.json();
            assert!(body["code"].is_string(), "{context}");
            assert!(
                row == Row::Sent || body["message"].as_str().unwrap().ends_with(['.', '。']),
                "{context}"
            );
        }
    }
}

/// The table, row by row: status, body, and the messages at the provider.
#[test]
fn platform_gets_the_answer_of_its_table() {
    let host = Running::start();
    serve_germany_by_nobody(&host);
    for (nth, platform) in PLATFORMS.into_iter().enumerate() {
        let hook = Hook::put(&host, platform, &json!({}));
        for (mth, row) in ROWS.into_iter().enumerate() {
            let to = match row {
                Row::Down => format!("+491512345{:04}", nth * 100 + mth),
                _ => format!("+861380013{:04}", nth * 100 + mth),
            };
            let (fault, arrive) = row.fault();
            if let Some(fault) = fault {
                // An unknown outcome of a row before is looked up in the meantime.
                host.simulator.queue_fault_of("SendSms", fault);
            }
            let answer = hook.post(&host, &message(platform, &to, "123456"));
            check(platform, row, &answer);
            let arrived = host.simulator.messages();
            let own: Vec<_> = arrived.iter().filter(|m| m.to == to).collect();
            assert_eq!(own.len(), arrive, "{platform} {row:?}");
            assert!(
                own.iter().all(|m| m.params == ["123456"]),
                "{platform} {row:?}"
            );
            for private in [
                to.as_str(),
                to.trim_start_matches("+86"),
                "123456",
                hook.secret.as_str(),
            ] {
                assert!(
                    !answer.text.contains(private),
                    "{platform} {row:?}: {}",
                    answer.text
                );
            }
        }
        refuses(&host, &hook, nth);
    }
}

/// Posts forged, unsigned, stale, oversized and unreadable requests, and a bad number: none reaches the provider.
fn refuses(host: &Running, hook: &Hook, nth: usize) {
    let platform = hook.platform;
    let to = format!("+861380013{:04}", nth * 100 + 50);
    let body = message(platform, &to, "123456");
    let before = host.simulator.complete_requests();
    let forged = Hook {
        secret: "v1,whsec_ZWZnaGlqa2xtbm9wcXJzdHV2d3h5ent8fX5/gIGCg4Q=".to_owned(),
        ..hook.clone()
    };
    let answer = forged.post(host, &body);
    assert_eq!(answer.status, 401, "{platform}: {}", answer.text);
    if platform == "authgear" {
        // Authgear reads the code of any JSON response.
        assert!(
            serde_json::from_str::<Value>(&answer.text).is_err(),
            "{}",
            answer.text
        );
    }
    let unsigned = http(&host.process.api, "POST", &hook.path, &[], &body).unwrap();
    assert_eq!(unsigned.status, 401, "{platform}");
    if TIMED.contains(&platform) {
        for away in [-301, 301] {
            let stale = hook.post_at(host, &body, now_s() + away, &[]);
            assert_eq!(
                (stale.status, &stale.json()["code"]),
                (401, &json!("stale")),
                "{platform}"
            );
        }
    }
    let padded = format!("{body}{}", " ".repeat(65_536));
    let large = hook.post(host, &padded);
    assert_eq!(large.status, 413, "{platform}: {}", large.text);
    let fits = format!("{body}{}", " ".repeat(65_536 - body.len()));
    let unreadable = hook.post(host, "[]");
    assert_eq!(unreadable.status, 400, "{platform}: {}", unreadable.text);
    let bad_number = hook.post(host, &message(platform, "+86138", "123456"));
    check(platform, Row::BadNumber, &bad_number);
    assert_eq!(host.simulator.complete_requests(), before, "{platform}");
    check(platform, Row::Sent, &hook.post(host, &fits));
    let wrong_method = http(&host.process.api, "GET", &hook.path, &[], "").unwrap();
    assert_eq!(wrong_method.status, 405, "{platform}");
}

/// A proof of origin for one tenant's webhook is refused by another's, on every platform.
#[test]
fn proof_for_one_tenant_is_none_for_another() {
    let host = Running::start();
    host.admin("PUT", "/admin/tenants/other", &host.host_key, &json!({}))
        .expect(200);
    for platform in PLATFORMS {
        let own = Hook::put(&host, platform, &json!({}));
        let another = match platform {
            "supabase" => "v1,whsec_ZWZnaGlqa2xtbm9wcXJzdHV2d3h5ent8fX5/gIGCg4Q=",
            "clerk" => "whsec_ZWZnaGlqa2xtbm9wcXJzdHV2d3h5ent8fX5/gIGCg4Q=",
            _ => "another-secret-altogether",
        };
        let others = Hook::put_for(&host, "other", platform, &json!({"secrets": [another]}));
        let crossed = Hook {
            path: others.path,
            ..own
        };
        let answer = crossed.post(&host, &message(platform, "+8613800138000", "123456"));
        assert_eq!(answer.status, 401, "{platform}: {}", answer.text);
    }
    assert_eq!(host.simulator.complete_requests(), 0);
}

/// Another tenant's webhook refuses a tenant's secret, and its address serves its own platform only.
#[test]
fn webhook_takes_no_secret_of_other_tenant() {
    let host = Running::start();
    host.admin("PUT", "/admin/tenants/other", &host.host_key, &json!({}))
        .expect(200);
    let own = Hook::put(&host, "generic", &json!({}));
    let others = Hook::put_for(
        &host,
        "other",
        "generic",
        &json!({"secrets": ["another-secret-altogether"]}),
    );
    let body = message("generic", "+8613800138000", "123456");
    let crossed = Hook {
        path: others.path.clone(),
        ..own.clone()
    };
    assert_eq!(crossed.post(&host, &body).status, 401);
    // The other tenant has no flow: its own secret is accepted, and nothing is sent.
    let right = Hook {
        secret: "another-secret-altogether".to_owned(),
        ..others
    };
    assert_eq!(right.post(&host, &body).json()["code"], "no-flow");
    for path in [
        own.path.replace("/generic/", "/logto/"),
        own.path.replace("w_", "w_0"),
        "/hooks/generic/".to_owned(),
    ] {
        let hook = Hook {
            path,
            ..own.clone()
        };
        assert_eq!(hook.post(&host, &body).status, 404);
    }
    assert_eq!(host.simulator.complete_requests(), 0);
    assert_eq!(own.post(&host, &body).status, 200);
    // A tenant's key cannot read another tenant's webhooks.
    let tenant_key = host.change(&["key", "add", "editor", "--scope", "tenant"], "");
    let key = tenant_key["key"].as_str().unwrap();
    for (method, path) in [
        ("GET", "/admin/tenants/other/webhooks"),
        ("GET", "/admin/tenants/other/webhooks/generic"),
        ("PUT", "/admin/tenants/other/webhooks/generic"),
        ("DELETE", "/admin/tenants/other/webhooks/generic"),
    ] {
        let answer = host.admin(method, path, key, &json!({"usage": "SignIn"}));
        assert_eq!(answer.status, 404, "{method} {path}");
    }
    let shown = host.admin(
        "GET",
        "/admin/tenants/default/webhooks/generic",
        key,
        &json!({}),
    );
    let shown = shown.expect(200);
    assert_eq!(
        (&shown["secrets"], &shown["secret"]),
        (&json!(1), &Value::Null)
    );
}

/// A country that no flow serves, a stopped tenant, and a number at its daily limit.
#[test]
fn host_limits_are_told_in_same_classes() {
    let host = Running::start();
    let hook = Hook::put(&host, "logto", &json!({}));
    for nth in 0..5 {
        let sent = hook.post(
            &host,
            &message("logto", "+8613800138000", &format!("12345{nth}")),
        );
        assert_eq!(sent.status, 200, "{}", sent.text);
    }
    let sixth = hook.post(&host, &message("logto", "+8613800138000", "999999"));
    assert_eq!(
        (sixth.status, &sixth.json()["code"]),
        (429, &json!("number-in-ten-minutes"))
    );
    host.change(&["flow", "put", "--country", "CN", "sim"], "");
    host.change(&["flow", "put"], "");
    let elsewhere = hook.post(&host, &message("logto", "+447400123456", "123456"));
    assert_eq!(
        (elsewhere.status, &elsewhere.json()["code"]),
        (403, &json!("no-flow"))
    );
    host.change(&["stop", "--tenant", "default"], "");
    let stopped = hook.post(&host, &message("logto", "+8613800138001", "123456"));
    assert_eq!(
        (stopped.status, &stopped.json()["code"]),
        (503, &json!("stopped"))
    );
    assert_eq!(host.simulator.messages().len(), 5);
}

/// The platform's time limit is kept, whatever the provider does: GoTrue gives up after five seconds.
#[test]
fn platform_is_answered_within_its_time() {
    let host = Running::start();
    let hook = Hook::put(&host, "supabase", &json!({"answer_within_ms": 2000}));
    assert_answers_within_2_seconds(|nth| {
        host.simulator.queue_fault(Fault::Hang);
        let code = format!("12345{nth}");
        let answer = hook.post(&host, &message("supabase", "+8613800138000", &code));
        check("supabase", Row::Unknown, &answer);
    });
    let wrong = host.admin(
        "PUT",
        "/admin/tenants/default/webhooks/supabase",
        &host.host_key,
        &json!({"answer_within_ms": 1999}),
    );
    assert_eq!(
        (wrong.status, &wrong.json()["pointer"]),
        (422, &json!("/answer_within_ms"))
    );
}

/// A wrong config of the first connector is a failure, and the flow's next connector sends the message.
#[test]
fn webhook_fails_over_like_every_message() {
    let host = Running::start();
    let mut wrong = config(&host.simulator.url());
    wrong["accessKeySecret"] = json!("wrong-secret");
    host.change(
        &[
            "connector",
            "put",
            "wrong",
            "--plugin",
            "sms",
            "--config",
            "-",
        ],
        &wrong.to_string(),
    );
    host.change(&["flow", "put", "wrong", "sim"], "");
    let hook = Hook::put(&host, "zitadel", &json!({}));
    let answer = hook.post(&host, &message("zitadel", "+8613800138000", "123456"));
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(host.simulator.messages().len(), 1);
}
