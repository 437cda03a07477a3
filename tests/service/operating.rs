//! Other pages of the console and their effects: overview, limits, keys, audit log, kill switch.

use super::running::{Running, http};
use super::visitor::Visitor;
use serde_json::json;
use tencent_sms_simulator::Fault;

const TO: &str = "+8613800138000";

/// The tiles of the overview: number and name.
fn tiles(page: &str) -> Vec<String> {
    let tiles = page.split("card tile").skip(1);
    tiles
        .map(|tile| {
            let (_, rest) = tile.split_once("<b>").unwrap();
            rest.split('<').next().unwrap().to_owned()
        })
        .collect()
}

#[test]
fn overview_shows_what_happened() {
    let host = Running::start();
    let mut ada = Visitor::set_up(&host, "ada");
    let empty = ada.get("/console/t/default/").text;
    assert_eq!(tiles(&empty), ["0", "–", "0 / 1000", "0"]);
    assert!(empty.contains("Nothing was sent yet."));
    let id = host.begin(TO);
    assert_eq!(host.check(&id, &host.code(TO)).expect(200)["valid"], true);
    host.begin("+8613800138001");
    host.simulator.queue_fault(Fault::AcceptThenClose);
    let start = json!({"to": "+8613800138002", "usage": "SignIn"});
    let lost = host.post("/v1/verifications", &start).expect(201);
    assert_eq!(lost["message"]["state"], "unknown", "{lost}");
    let once = ["tenant", "put", "--set", "number_in_ten_minutes=1"];
    host.change(&once, "");
    let again = json!({"to": TO, "usage": "Register"});
    assert_eq!(host.post("/v1/verifications", &again).status, 429);
    ada.post("/console/t/default/", &[("of", "tenant"), ("to", "stop")]);
    let refused = json!({"to": "+8613800138003", "usage": "SignIn"});
    assert_eq!(host.post("/v1/verifications", &refused).status, 503);
    let page = ada.get("/console/t/default/").text;
    let seen = tiles(&page);
    // Three messages, one of two accepted codes used, three segments of the day's budget, one outcome unknown.
    assert_eq!(seen[0..3], ["3", "50 %", "3 / 1000"], "{page}");
    assert!(
        seen[3] == "1" || seen[3] == "0",
        "the look-up may have come: {seen:?}"
    );
    assert!(page.contains("The kill switch is on: nothing is sent."));
    assert!(
        page.contains("<dt>limit: one number in 10 minutes</dt><dd>1</dd>"),
        "{page}"
    );
    assert!(!page.contains("Nothing was sent yet."));
    ada.post("/console/t/default/", &[("of", "tenant"), ("to", "go")]);
    assert_eq!(host.post("/v1/verifications", &refused).status, 201);
}

/// No label contains a method that a caller made up: each label is kept as long as the service runs.
#[test]
fn made_up_method_is_no_label() {
    let host = Running::start();
    assert_eq!(
        http(&host.process.api, "AAAA0001", "/healthz", &[], "")
            .unwrap()
            .status,
        405
    );
    assert_eq!(
        http(&host.process.api, "AAAA0002", "/nowhere", &[], "")
            .unwrap()
            .status,
        404
    );
    assert_eq!(
        http(&host.process.api, "GET", "/healthz", &[], "")
            .unwrap()
            .status,
        200
    );
    let figures = host
        .admin("GET", "/metrics", &host.host_key, &json!(null))
        .text;
    assert!(!figures.contains("AAAA"), "{figures}");
    for method in ["GET", "other"] {
        assert!(
            figures.contains(&format!("method=\"{method}\"")),
            "{figures}"
        );
    }
}

fn limits<'a>(
    page: &'a str,
    number_a_day: &'a str,
    country: &'a str,
) -> Vec<(&'static str, &'a str)> {
    let (_, revision) = page.split_once("name=\"revision\" value=\"").unwrap();
    vec![
        ("revision", revision.split('"').next().unwrap()),
        ("number_in_ten_minutes", "5"),
        ("number_a_day", number_a_day),
        ("prefix_a_day", "50"),
        ("network_a_day", "100"),
        ("segments_a_day", "1000"),
        ("retention_days", "30"),
        ("name", "Shop"),
        ("home", "CN, hk"),
        ("default_country", country),
    ]
}

#[test]
fn limits_are_changed_or_refused_with_a_reason() {
    let host = Running::start();
    let mut ada = Visitor::set_up(&host, "ada");
    let path = "/console/t/default/limits";
    let page = ada.get(path).text;
    assert_eq!(ada.post(path, &limits(&page, "1", "cn")).status, 303);
    let shown = ada.get(path).text;
    assert!(
        shown.contains("name=\"number_a_day\" value=\"1\""),
        "{shown}"
    );
    assert!(shown.contains("value=\"CN, HK\""), "{shown}");
    host.begin(TO);
    let again = json!({"to": TO, "usage": "Register"});
    assert_eq!(host.post("/v1/verifications", &again).status, 429);
    let refused = ada.post(path, &limits(&shown, "x", "cn"));
    assert_eq!(refused.status, 422);
    let refused = ada.post(path, &limits(&shown, "5", "X1"));
    assert_eq!(refused.status, 422);
    assert!(
        refused.text.contains("two capital letters of ISO 3166"),
        "{}",
        refused.text
    );
    ada.get("/console/language?to=zh-CN");
    ada.get(path);
    let refused = ada.post(path, &limits(&shown, "5", "X1"));
    assert!(
        refused.text.contains("两个大写字母的 ISO 3166 代码"),
        "{}",
        refused.text
    );
    let shown = ada.get(path).text;
    assert!(
        shown.contains("name=\"number_a_day\" value=\"1\""),
        "nothing was changed"
    );
}

#[test]
fn console_key_works_until_revoked() {
    let host = Running::start();
    let mut ada = Visitor::set_up(&host, "ada");
    let path = "/console/t/default/keys";
    ada.get(path);
    let none = ada.post(path, &[("do", "add"), ("name", "none")]);
    assert_eq!(none.status, 422, "a key without a scope");
    let made = ada.post(path, &[("do", "add"), ("name", "app"), ("scope", "verify")]);
    let (_, key) = made.text.split_once("<code class=\"secret\">").unwrap();
    let key = key.split('<').next().unwrap().to_owned();
    let bearer = format!("Bearer {key}");
    let headers = [
        ("Authorization", bearer.as_str()),
        ("Content-Type", "application/json"),
    ];
    let start = json!({"to": TO, "usage": "SignIn"}).to_string();
    let api = &host.process.api;
    let post = || {
        http(api, "POST", "/v1/verifications", &headers, &start)
            .unwrap()
            .status
    };
    assert_eq!(post(), 201);
    let message = json!({"to": TO, "usage": "SignIn", "variables": {"code": "1"}}).to_string();
    let outside = http(api, "POST", "/v1/messages", &headers, &message).unwrap();
    assert_eq!(outside.status, 403, "it may verify and no more");
    let shown = ada.get(path).text;
    assert!(!shown.contains(&key), "a key is shown once");
    let id = key.split('.').next().unwrap();
    assert_eq!(ada.post(path, &[("do", "revoke"), ("id", id)]).status, 303);
    assert!(ada.get(path).text.contains("revoked"));
    assert_eq!(post(), 401);
}

/// Each tenant reads its own audit log, which contains neither a number nor a secret.
#[test]
fn audit_log_shows_own_actions_alone() {
    let host = Running::start();
    host.command(&["tenant", "put", "--tenant", "other"], "")
        .unwrap();
    let mut ada = Visitor::set_up(&host, "ada");
    ada.get("/console/t/default/messages");
    let search = [("query", TO)];
    assert_eq!(
        ada.post("/console/t/default/messages/search", &search)
            .status,
        200
    );
    ada.get("/console/t/other/keys");
    let made = ada.post(
        "/console/t/other/keys",
        &[("do", "add"), ("name", "elsewhere"), ("scope", "verify")],
    );
    assert_eq!(made.status, 200);
    let own = ada.get("/console/t/default/audit").text;
    assert!(
        own.contains("Number searched for") && own.contains("<td>ada</td>"),
        "{own}"
    );
    // The key of this tenant was made on the command line.
    let made = "<td>ada</td><td>API key made</td>";
    assert!(!own.contains(made), "{own}");
    let other = ada.get("/console/t/other/audit").text;
    assert!(other.contains(made) && !other.contains("Number searched for"));
    let whole = ada.get("/console/audit").text;
    assert!(whole.contains("Number searched for") && whole.contains("<td>other</td>"));
    assert!(!whole.contains("13800138000"));
}

/// Days and states narrow the list; neither names a number.
#[test]
fn messages_are_listed_by_day_and_state() {
    let host = Running::start();
    let mut ada = Visitor::set_up(&host, "ada");
    host.begin(TO);
    host.simulator.queue_fault(Fault::Code {
        code: "AuthFailure.SecretIdNotFound".to_owned(),
        message: None,
    });
    let start = json!({"to": "+8613800138001", "usage": "SignIn"});
    host.post("/v1/verifications", &start).expect(201);
    let mut count = |query: &str| {
        let page = ada.get(&format!("/console/t/default/messages{query}")).text;
        page.matches("/messages/m_").count()
    };
    assert_eq!(count(""), 2);
    assert_eq!(count("?state=not_sent"), 1);
    assert_eq!(count("?state=delivered"), 0);
    assert_eq!(count("?since=2020-01-01"), 2);
    assert_eq!(count("?since=2999-01-01"), 0);
    assert_eq!(
        count("?since=no-day&state=none"),
        2,
        "what is no filter filters nothing"
    );
}

/// The corrected form sends through the chosen connectors, for the ticked usages.
#[test]
fn refused_rule_keeps_what_was_chosen() {
    let host = Running::start();
    let mut ada = Visitor::set_up(&host, "ada");
    let connectors = host.command(&["connector", "list"], "").unwrap();
    let id = connectors[0]["id"].as_str().unwrap();
    let path = "/console/t/default/flows";
    ada.get(path);
    let rule = [
        ("do", "set"),
        ("usage", "SignIn"),
        ("usage", "Register"),
        ("country", "ZZ"),
        ("first", id),
        ("third", id),
    ];
    let refused = ada.post(path, &rule);
    assert_eq!(refused.status, 422, "{}", refused.text);
    let text = refused.text;
    for (part, count) in [
        ("name=\"usage\" value=\"SignIn\" checked", 1),
        ("name=\"usage\" value=\"Register\" checked", 1),
        ("name=\"usage\" value=\"*\" checked", 0),
        ("name=\"country\" value=\"ZZ\"", 1),
        (&format!("<option value=\"{id}\" selected>"), 2),
    ] {
        assert_eq!(text.matches(part).count(), count, "{part}: {text}");
    }
    let mut corrected = rule;
    corrected[3].1 = "CN";
    corrected[5].1 = "";
    assert_eq!(ada.post(path, &corrected).status, 303);
    host.command(&["flow", "put"], "").unwrap();
    host.applied();
    for (usage, status) in [("SignIn", 201), ("Register", 201), ("Generic", 403)] {
        let body = json!({"to": "+8613800138000", "usage": usage});
        let v = host.post("/v1/verifications", &body);
        assert_eq!(v.status, status, "{usage}: {}", v.text);
    }
    ada.get(path);
    let without = ada.post(path, &[("do", "set"), ("country", "CN"), ("first", id)]);
    assert_eq!(without.status, 422, "{}", without.text);
    assert!(without.text.contains("Choose a usage"), "{}", without.text);
}
