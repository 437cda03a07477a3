use super::running::Running;
use serde_json::{Value, json};

#[test]
fn right_code_is_approved_once() {
    let host = Running::start();
    let id = host.begin("+8613800138000");
    let code = host.code("+8613800138000");
    let checked = host.check(&id, &code).expect(200);
    assert_eq!(
        (&checked["status"], &checked["valid"]),
        (&json!("approved"), &json!(true))
    );
    let again = host.check(&id, &code);
    assert_eq!(
        (again.status, again.problem().as_str()),
        (404, "not-usable")
    );
    let read = host.get(&format!("/v1/verifications/{id}")).expect(200);
    assert_eq!(read["status"], "approved");
    assert!(read["message"]["verified_at"].is_string());
}

#[test]
fn code_dies_after_five_wrong_tries() {
    let host = Running::start();
    let id = host.begin("+8613800138000");
    let code = host.code("+8613800138000");
    let wrong = if code == "000000" { "000001" } else { "000000" };
    for left in [4, 3, 2, 1, 0] {
        let checked = host.check(&id, wrong).expect(200);
        assert_eq!(
            (&checked["valid"], &checked["attempts_left"]),
            (&json!(false), &json!(left))
        );
    }
    assert_eq!(host.check(&id, &code).problem(), "not-usable");
}

/// Unknown, used, cancelled, another tenant's form of id, and a number that is not the verification's: one response.
#[test]
fn unusable_verifications_answer_alike() {
    let host = Running::start();
    let used = host.begin("+8613800138001");
    host.check(&used, &host.code("+8613800138001")).expect(200);
    let cancelled = host.begin("+8613800138002");
    let path = format!("/v1/verifications/{cancelled}");
    let bearer = format!("Bearer {}", host.key);
    let deleted = super::running::http(
        &host.process.api,
        "DELETE",
        &path,
        &[("Authorization", &bearer)],
        "",
    );
    assert_eq!(deleted.unwrap().status, 204);
    // The language of an ended verification would reveal that it existed.
    let body = json!({"to": "+8613800138005", "usage": "SignIn", "locales": ["de"]});
    let german = host.post("/v1/verifications", &body).expect(201)["id"].clone();
    let german = german.as_str().unwrap().to_owned();
    host.check(&german, &host.code("+8613800138005"))
        .expect(200);
    let other = host.begin("+8613800138003");
    let code = host.code("+8613800138003");
    let other = host.post(
        &format!("/v1/verifications/{other}/check"),
        &json!({"code": code, "to": "+8613800138004"}),
    );
    let answers = [
        host.check("v_01a2251d6f11757285be7033210ada89", "123456"),
        host.check("no-such-thing", "123456"),
        host.check(&used, "123456"),
        host.check(&cancelled, "123456"),
        host.check(&german, "123456"),
        other,
    ];
    let first = &answers[0];
    for answer in &answers {
        assert_eq!((answer.status, &answer.text), (404, &first.text));
    }
}

#[test]
fn resend_waits_a_minute() {
    let host = Running::start();
    let id = host.begin("+8613800138000");
    let again = host.post(&format!("/v1/verifications/{id}/resend"), &json!({}));
    assert_eq!((again.status, again.problem().as_str()), (429, "too-early"));
    let wait = again.json()["retry_after"].as_i64().unwrap();
    assert!((50..=60).contains(&wait), "{wait}");
    assert!(again.head.contains("retry-after: "), "{}", again.head);
    assert_eq!(host.simulator.messages().len(), 1);
}

#[test]
fn resend_makes_new_code_and_ends_old_one() {
    let host = Running::start();
    host.command(&["limits", "--set", "number_in_ten_minutes=9"], "")
        .unwrap();
    let to = "+8613800138000";
    let id = host.begin(to);
    let first = host.code(to);
    for sends in 2..=5 {
        host.age(61_000);
        let again = host.resend(&id).expect(200);
        assert_eq!(
            (&again["sends"], &again["message"]["state"]),
            (&json!(sends), &json!("accepted"))
        );
    }
    let last = host.code(to);
    if first != last {
        assert_eq!(host.check(&id, &first).expect(200)["valid"], false);
    }
    host.age(61_000);
    assert_eq!(host.resend(&id).problem(), "too-many-codes");
    assert_eq!(host.check(&id, &last).expect(200)["valid"], true);
    assert_eq!(host.resend(&id).problem(), "not-usable");
}

#[test]
fn expired_code_is_not_usable() {
    let host = Running::start();
    let id = host.begin("+8613800138000");
    let code = host.code("+8613800138000");
    host.age(299_000);
    assert_eq!(
        host.get(&format!("/v1/verifications/{id}")).expect(200)["status"],
        "pending"
    );
    host.age(2_000);
    assert_eq!(host.check(&id, &code).problem(), "not-usable");
    assert_eq!(host.resend(&id).problem(), "not-usable");
    assert_eq!(
        host.get(&format!("/v1/verifications/{id}")).expect(200)["status"],
        "expired"
    );
}

/// Nothing is sent, it is counted like a message, and its code is never right.
#[test]
fn suppressed_start_sends_nothing() {
    let host = Running::start();
    let body = json!({"to": "+8613800138000", "usage": "SignIn", "suppress": true});
    let v = host.post("/v1/verifications", &body).expect(201);
    assert_eq!(v["message"]["state"], "suppressed");
    host.age(60_000);
    let again = host.resend(v["id"].as_str().unwrap()).expect(200);
    assert_eq!(again["message"]["state"], "suppressed");
    assert!(host.simulator.messages().is_empty());
    for _ in 0..3 {
        host.post("/v1/verifications", &body).expect(201);
    }
    assert_eq!(
        host.post("/v1/verifications", &body).problem(),
        "number-in-ten-minutes"
    );
}

#[test]
fn test_number_has_own_code_and_no_message() {
    let host = Running::start();
    let to = "+8613800138000";
    let refused = host.command(&["test-number", "add", to, "--code-from-env", "PATH"], "");
    assert!(refused.unwrap_err().contains("your own"));
    let add = |days: u32, is_own: bool| {
        let body = json!({"number": to, "code": "246810", "days": days, "is_own": is_own});
        host.admin(
            "POST",
            "/admin/tenants/default/test-numbers",
            &host.host_key,
            &body,
        )
    };
    assert_eq!(add(91, true).status, 422);
    assert_eq!(add(90, false).status, 422);
    assert_eq!(add(90, true).status, 200);
    let v = host
        .post("/v1/verifications", &json!({"to": to, "usage": "SignIn"}))
        .expect(201);
    assert_eq!(
        (&v["test"], &v["message"]["state"]),
        (&json!(true), &json!("suppressed"))
    );
    let id = v["id"].as_str().unwrap();
    assert_eq!(host.check(id, "111111").expect(200)["attempts_left"], 4);
    let checked = host.check(id, "246810").expect(200);
    assert_eq!(
        (&checked["valid"], &checked["test"]),
        (&json!(true), &json!(true))
    );
    let body = json!({"to": to, "usage": "Generic", "variables": {"code": "135790"}});
    let key = [("Idempotency-Key", "once")];
    for _ in 0..2 {
        let own_code = host.post_with("/v1/messages", &body, &key).expect(201);
        assert_eq!(
            (&own_code["state"], &own_code["test"]),
            (&json!("suppressed"), &json!(true))
        );
    }
    assert!(host.simulator.messages().is_empty());
}

/// A verification started before its number became a test number.
#[test]
fn resend_to_what_became_a_test_number_sends_nothing() {
    let host = Running::start();
    let to = "+8613800138000";
    let id = host.begin(to);
    let body = json!({"number": to, "code": "246810", "days": 1, "is_own": true});
    let path = "/admin/tenants/default/test-numbers";
    host.admin("POST", path, &host.host_key, &body).expect(200);
    host.age(61_000);
    assert_eq!(host.resend(&id).problem(), "not-usable");
    assert_eq!(host.simulator.messages().len(), 1);
    // The code that was sent is still valid.
    assert_eq!(host.check(&id, &host.code(to)).expect(200)["valid"], true);
}

/// If a code expires before the next may be made, no time is given.
#[test]
fn short_code_promises_no_other() {
    let host = Running::start();
    let begin = |to: &str, lifetime_s: u32| {
        let body = json!({"to": to, "usage": "SignIn", "lifetime_s": lifetime_s});
        host.post("/v1/verifications", &body).expect(201)
    };
    assert_eq!(begin("+8613800138000", 60)["resend_after"], Value::Null);
    assert!(begin("+8613800138001", 61)["resend_after"].is_string());
}

#[test]
fn variable_that_occurs_twice_is_refused() {
    let host = Running::start();
    let bearer = format!("Bearer {}", host.key);
    let headers = [
        ("Authorization", bearer.as_str()),
        ("Content-Type", "application/json"),
    ];
    let body =
        r#"{"to": "+8613800138000", "usage": "Generic", "variables": {"code": "1", "code": "2"}}"#;
    let answer = super::running::http(&host.process.api, "POST", "/v1/messages", &headers, body);
    let answer = answer.unwrap();
    assert_eq!(
        (answer.status, &answer.json()["pointer"]),
        (422, &json!("/variables"))
    );
    assert!(host.simulator.messages().is_empty());
}

/// Errors of the path and the query have the form of every refusal.
#[test]
fn bad_path_and_query_are_problems() {
    let host = Running::start();
    let ask = |address: &str, key: &str, path: &str| {
        let bearer = format!("Bearer {key}");
        let headers = [("Authorization", bearer.as_str())];
        super::running::http(address, "GET", path, &headers, "").unwrap()
    };
    let (api, admin) = (&host.process.api, &host.process.admin);
    for (answer, status) in [
        (ask(api, &host.key, "/v1/verifications/%FF"), 404),
        (ask(api, &host.key, "/v1/messages/%FF"), 404),
        (
            ask(
                admin,
                &host.host_key,
                "/admin/tenants/default/messages?state=bogus",
            ),
            400,
        ),
    ] {
        assert_eq!(answer.status, status, "{}", answer.text);
        assert!(
            answer.head.contains("application/problem+json"),
            "{}",
            answer.head
        );
        assert!(!answer.text.contains("bogus"));
    }
}

#[test]
fn back_end_message_is_sent_and_reported_used() {
    let host = Running::start();
    let body = json!({"to": "138 0013 8000", "usage": "Generic", "variables": {"code": "135790"}});
    let sent = host.post("/v1/messages", &body).expect(201);
    assert_eq!(sent["state"], "accepted", "{sent}");
    assert_eq!(host.code("+8613800138000"), "135790");
    let path = format!("/v1/messages/{}", sent["id"].as_str().unwrap());
    assert_eq!(
        host.post(&format!("{path}/verified"), &json!({})).status,
        204
    );
    assert!(host.get(&path).expect(200)["verified_at"].is_string());
}

#[test]
fn bad_request_is_refused_at_its_place() {
    let host = Running::start();
    let fine = json!({"to": "+8613800138000", "usage": "SignIn"});
    let with = |name: &str, value: Value| {
        let mut body = fine.clone();
        body[name] = value;
        body
    };
    let national =
        |country: &str| json!({"to": "13800138000", "usage": "SignIn", "country": country});
    for (body, status, pointer) in [
        (json!({"usage": "SignIn"}), 422, Some("/to")),
        (with("to", json!(1)), 422, Some("/to")),
        (with("to", json!("+86")), 422, Some("/to")),
        (with("usage", json!("")), 422, Some("/usage")),
        (with("usage", json!("a b")), 422, Some("/usage")),
        (with("lifetime_s", json!(601)), 422, Some("/lifetime_s")),
        (with("lifetime_s", json!(29)), 422, Some("/lifetime_s")),
        (with("locales", json!(["x"])), 422, Some("/locales")),
        (with("ip", json!("nowhere")), 422, Some("/ip")),
        (national("China"), 422, Some("/country")),
        (national("ZZ"), 422, Some("/country")),
        (with("surplus", json!(1)), 422, Some("/surplus")),
        (json!([]), 422, Some("")),
    ] {
        let answer = host.post("/v1/verifications", &body);
        assert_eq!(answer.status, status, "{body}: {}", answer.text);
        let problem = answer.json();
        assert_eq!(problem["pointer"].as_str(), pointer, "{body}: {problem}");
    }
    let bearer = format!("Bearer {}", host.key);
    let large = format!("{{\"to\":\"{}\"}}", "1".repeat(70_000));
    let json_type = ("Content-Type", "application/json");
    for (headers, body, status) in [
        (
            vec![("Authorization", bearer.as_str()), json_type],
            "{",
            400,
        ),
        (
            vec![("Authorization", bearer.as_str()), json_type],
            large.as_str(),
            413,
        ),
        (vec![("Authorization", bearer.as_str())], "{}", 415),
        (vec![json_type], "{}", 401),
        (
            vec![("Authorization", "Bearer k_x.y"), json_type],
            "{}",
            401,
        ),
        (vec![("Authorization", "Basic eA=="), json_type], "{}", 401),
    ] {
        let answer = super::running::http(
            &host.process.api,
            "POST",
            "/v1/verifications",
            &headers,
            body,
        );
        assert_eq!(answer.unwrap().status, status, "{headers:?}");
    }
    assert!(host.simulator.messages().is_empty());
}

/// The command line starts and checks as the API does; the code is read from standard input.
#[test]
fn verification_works_on_the_command_line() {
    let host = Running::start();
    let started = host
        .command(
            &[
                "verification",
                "start",
                "+8613800138000",
                "--usage",
                "SignIn",
            ],
            "",
        )
        .unwrap();
    assert_eq!(started["message"]["state"], "accepted", "{started}");
    let id = started["id"].as_str().unwrap();
    // A script that ignored a wrong code would accept everybody.
    let wrong = host
        .command(&["verification", "check", id], "000000\n")
        .unwrap_err();
    assert!(wrong.starts_with("Some(3)"), "{wrong}");
    let code = host.code("+8613800138000");
    let right = host
        .command(&["verification", "check", id], &format!("{code}\n"))
        .unwrap();
    assert_eq!(
        (&right["valid"], &right["status"]),
        (&json!(true), &json!("approved"))
    );
    let used = host
        .command(&["verification", "check", id], &code)
        .unwrap_err();
    assert!(
        used.starts_with("Some(3)")
            && used.contains("No verification with this id waits for a code"),
        "{used}"
    );
}

/// A reviewer's code is no key for ever: after its days the number is one as any other.
#[test]
fn test_number_ends_after_its_days() {
    let host = Running::start();
    let to = "+8613800138000";
    let body = json!({"number": to, "code": "246810", "days": 1, "is_own": true});
    let path = "/admin/tenants/default/test-numbers";
    host.admin("POST", path, &host.host_key, &body).expect(200);
    let begin = || {
        let body = json!({"to": to, "usage": "SignIn"});
        host.post("/v1/verifications", &body).expect(201)
    };
    let during = begin();
    assert_eq!(during["message"]["state"], "suppressed");
    let day_ms = 86_400_000;
    let aged = host.database().execute(
        "UPDATE test_numbers SET expires_at = expires_at - ?1",
        [day_ms],
    );
    assert_eq!(aged.unwrap(), 1);
    // A change has the catalog read again.
    host.change(&["limits", "--set", "segments_a_day=999"], "");
    let after = begin();
    assert_eq!(after["message"]["state"], "accepted", "{after}");
    assert_eq!(host.simulator.messages().len(), 1);
    assert_ne!(host.code(to), "246810", "one in a million");
    let id = after["id"].as_str().unwrap();
    assert_eq!(host.check(id, "246810").expect(200)["valid"], false);
}
