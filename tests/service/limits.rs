use super::running::Running;
use serde_json::{Value, json};
use tencent_sms_simulator::Fault;

fn start(host: &Running, to: &str) -> (u16, Value) {
    let answer = host.post("/v1/verifications", &json!({"to": to, "usage": "SignIn"}));
    (answer.status, answer.json())
}

fn set(host: &Running, setting: &str) {
    host.change(&["limits", "--set", setting], "");
}

#[test]
fn sixth_message_in_ten_minutes_is_refused() {
    let host = Running::start();
    for nth in 1..=5 {
        let (status, v) = start(&host, "+8613800138000");
        assert_eq!(status, 201);
        // While the fifth code is valid no other is made, so no time is given.
        assert_eq!(v["resend_after"].is_null(), nth == 5, "{nth}: {v}");
    }
    let (status, problem) = start(&host, "+8613800138000");
    assert_eq!(
        (status, &problem["type"]),
        (429, &json!("/problems/number-in-ten-minutes"))
    );
    let wait = problem["retry_after"].as_i64().unwrap();
    assert!((500..=600).contains(&wait), "{wait}");
    assert_eq!(start(&host, "+8613800138001").0, 201);
    assert_eq!(host.simulator.messages().len(), 6);
}

#[test]
fn tenant_limits_hold_and_can_be_raised() {
    let host = Running::start();
    set(&host, "segments_a_day=1");
    assert_eq!(start(&host, "+8613800138000").0, 201);
    let (status, problem) = start(&host, "+8613800138001");
    assert_eq!(
        (status, &problem["type"]),
        (429, &json!("/problems/segments-a-day"))
    );
    set(&host, "segments_a_day=100");
    assert_eq!(start(&host, "+8613800138001").0, 201);
    set(&host, "prefix_a_day=1");
    assert_eq!(start(&host, "+14155552671").0, 201);
    let (status, problem) = start(&host, "+14155552672");
    assert_eq!(
        (status, &problem["type"]),
        (429, &json!("/problems/prefix-a-day"))
    );
    let wait = problem["retry_after"].as_i64().unwrap();
    assert!((82_000..=86_400).contains(&wait), "{wait}");
    // The home country's calling code is not counted.
    assert_eq!(start(&host, "+8613800138002").0, 201);
}

/// Canada shares its calling code with the United States.
#[test]
fn home_traffic_leaves_the_neighbours_their_share() {
    let host = Running::start();
    host.change(&["tenant", "put", "--set", "home_countries=US"], "");
    set(&host, "prefix_a_day=1");
    for nth in 0..3 {
        assert_eq!(start(&host, &format!("+141555526{nth:02}")).0, 201);
    }
    assert_eq!(start(&host, "+16045552671").0, 201);
    assert_eq!(start(&host, "+16045552672").0, 429);
}

/// Every decision against a message is counted by its reason.
#[test]
fn refusals_are_in_the_figures() {
    let host = Running::start();
    let to = "+8613800138000";
    let id = host.begin(to);
    let again = host.post(&format!("/v1/verifications/{id}/resend"), &json!({}));
    assert_eq!(again.problem(), "too-early");
    host.change(&["stop", "--tenant", "default"], "");
    assert_eq!(start(&host, to).0, 503);
    host.change(&["go", "--tenant", "default"], "");
    for id in [id, host.begin(to)] {
        let code = host.code(to);
        let wrong = if code == "000000" { "000001" } else { "000000" };
        for _ in 0..5 {
            host.check(&id, wrong).expect(200);
        }
    }
    assert_eq!(start(&host, to).0, 429);
    let refused = figures(&host)["refused"].clone();
    for reason in ["too-early", "stopped", "locked"] {
        assert_eq!(refused[reason], 1, "{reason}: {refused}");
    }
}

/// A code that was reported as used and then checked was used once. A message without a verification does not count for
/// the rule about unverified sends.
#[test]
fn used_code_is_counted_once() {
    let host = Running::start();
    let to = "+8613800138000";
    let v = start(&host, to).1;
    let message = v["message"]["id"].as_str().unwrap();
    let report = |id: &str| host.post(&format!("/v1/messages/{id}/verified"), &json!({}));
    assert_eq!(report(message).status, 204);
    host.check(v["id"].as_str().unwrap(), &host.code(to))
        .expect(200);
    let body = json!({"to": to, "usage": "Generic", "variables": {"code": "135790"}});
    let own = host.post("/v1/messages", &body).expect(201);
    for _ in 0..2 {
        assert_eq!(report(own["id"].as_str().unwrap()).status, 204);
    }
    // Nothing is sent to a test number, so it does not count as used.
    let test = json!({"number": "+8613800138009", "code": "246810", "days": 1, "is_own": true});
    let tests = "/admin/tenants/default/test-numbers";
    host.admin("POST", tests, &host.host_key, &test).expect(200);
    let body = json!({"to": "+8613800138009", "usage": "Generic", "variables": {"code": "1"}});
    let suppressed = host.post("/v1/messages", &body).expect(201);
    assert_eq!(report(suppressed["id"].as_str().unwrap()).status, 204);
    // A number that the provider refused does not count either.
    host.simulator.queue_fault(Fault::Code {
        code: "FailedOperation.PhoneNumberInBlacklist".to_owned(),
        message: None,
    });
    let body = json!({"to": "+8613800138008", "usage": "Generic", "variables": {"code": "1"}});
    let refused = host.post("/v1/messages", &body).expect(201);
    assert_eq!(refused["state"], "not_sent", "{refused}");
    assert_eq!(report(refused["id"].as_str().unwrap()).status, 204);
    assert_eq!(figures(&host)["verified_by_country"]["CN"], 2);
}

fn figures(host: &Running) -> Value {
    let path = "/admin/tenants/default/figures";
    let shown = host.admin("GET", path, &host.host_key, &json!({}));
    shown.expect(200)["last_24_hours"].clone()
}

#[test]
fn network_of_person_counts_where_passed() {
    let host = Running::start();
    set(&host, "network_a_day=1");
    let from = |to: &str, ip: &str| {
        let body = json!({"to": to, "usage": "SignIn", "ip": ip});
        host.post("/v1/verifications", &body)
    };
    assert_eq!(from("+8613800138000", "203.0.113.9").status, 201);
    assert_eq!(
        from("+8613800138001", "203.0.113.200").problem(),
        "network-a-day"
    );
    assert_eq!(from("+8613800138002", "203.0.114.9").status, 201);
    assert_eq!(start(&host, "+8613800138003").0, 201);
}

#[test]
fn country_without_a_flow_is_denied() {
    let host = Running::start();
    host.command(&["flow", "put"], "").unwrap();
    host.change(&["flow", "put", "--country", "CN", "sim"], "");
    assert_eq!(start(&host, "+8613800138000").0, 201);
    let (status, problem) = start(&host, "+14155552671");
    assert_eq!(
        (status, &problem["type"]),
        (403, &json!("/problems/no-flow"))
    );
    assert_eq!(host.simulator.messages().len(), 1);
}

#[test]
fn kill_switches_stop_everything() {
    let host = Running::start();
    for (arguments, status) in [
        (vec!["stop"], 503),
        (vec!["go"], 201),
        (vec!["stop", "--tenant", "default"], 503),
        (vec!["go", "--tenant", "default"], 201),
    ] {
        host.change(&arguments, "");
        assert_eq!(start(&host, "+8613800138000").0, status, "{arguments:?}");
    }
    assert_eq!(host.simulator.messages().len(), 2);
}

/// Ten wrong codes in a day, over any number of verifications. A new code does not unlock the number, an administrator
/// does.
#[test]
fn number_is_locked_after_ten_wrong_codes() {
    let host = Running::start();
    let to = "+8613800138000";
    for _ in 0..2 {
        let id = host.begin(to);
        let code = host.code(to);
        let wrong = if code == "000000" { "000001" } else { "000000" };
        for _ in 0..5 {
            host.check(&id, wrong).expect(200);
        }
    }
    let (status, problem) = start(&host, to);
    assert_eq!(
        (status, &problem["type"]),
        (429, &json!("/problems/locked"))
    );
    let wait = problem["retry_after"].as_i64().unwrap();
    assert!((8000..=8640).contains(&wait), "{wait}");
    let log = host.command(&["audit"], "").unwrap();
    let locked = log
        .as_array()
        .unwrap()
        .iter()
        .filter(|e| e["action"] == "number.locked");
    assert_eq!(locked.count(), 1);
    host.command(&["numbers", "unlock", to], "").unwrap();
    assert_eq!(start(&host, to).0, 201);
    host.command(&["limits", "--set", "number_a_day=7"], "")
        .unwrap();
    let log = host.command(&["audit"], "").unwrap().to_string();
    assert!(log.contains("number_a_day=7"), "{log}");
}

/// Above its threshold the rule about unverified sends only counts by default, and refuses if configured.
#[test]
fn unverified_rule_refuses_only_when_told() {
    let host = Running::start();
    for nth in 0..4 {
        assert_eq!(start(&host, &format!("+141555526{nth:02}")).0, 201);
    }
    set(&host, "unverified=enforce");
    let (status, problem) = start(&host, "+14155552699");
    assert_eq!(
        (status, &problem["type"]),
        (429, &json!("/problems/unverified"))
    );
    // Another country has its own level.
    assert_eq!(start(&host, "+8613800138000").0, 201);
}

#[test]
fn rule_that_only_records_counts_would_be_refusals() {
    let host = Running::start();
    for nth in 0..4 {
        assert_eq!(start(&host, &format!("+141555526{nth:02}")).0, 201);
    }
    let counted = || {
        let figures = figures(&host);
        let refused = &figures["refused"]["unverified"];
        assert!(refused.is_null(), "{figures}");
        let would = &figures["would_have_refused"]["unverified"];
        would.as_i64().unwrap_or_default()
    };
    let before = counted();
    assert_eq!(start(&host, "+14155552699").0, 201);
    assert_eq!(counted(), before + 1);
}
