use super::running::Running;
use serde_json::{Value, json};

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
    for _ in 0..5 {
        assert_eq!(start(&host, "+8613800138000").0, 201);
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
    // At home the calling code is not counted.
    assert_eq!(start(&host, "+8613800138002").0, 201);
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

/// Ten wrong codes in a day, over as many verifications as one likes. A new code does not help, an administrator does.
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
}

/// Above its threshold the rule about unverified sends counts by default, and refuses when told to.
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
    // Another country has a level of its own.
    assert_eq!(start(&host, "+8613800138000").0, 201);
}
