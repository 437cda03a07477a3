use super::STOP;
use crate::service::origins;
use crate::service::running::{Running, config, http};
use crate::service::visitor::Visitor;
use serde_json::{Value, json};
use std::time::Duration;

/// The project's own webhook connector requires a correlation id.
#[test]
fn trial_has_all_that_a_plugin_asks_for() {
    let host = Running::start();
    let mut ada = Visitor::set_up(&host, "ada");
    let package = origins::package(&host.folder.0);
    host.change(&["plugin", "add", &package, "--unsigned"], "");
    let config = origins::webhook_config("https://receiver.example/sms").to_string();
    let fields = [
        ("do", "preview"),
        ("view", "json"),
        ("json", config.as_str()),
        ("name", "hook"),
        ("origin", "https://receiver.example"),
        ("to", "+8613800138000"),
        ("usage", "SignIn"),
    ];
    let path = "/console/t/default/connector?plugin=webhook";
    assert_eq!(ada.get(path).status, 200);
    let preview = ada.post(path, &fields);
    assert!(preview.text.contains("<dt>Route</dt>"), "{}", preview.text);
    // The page quotes the plugin's refusal, and marks it as such.
    let mut to_none = fields;
    to_none[6].1 = "No-Such.usage!";
    let refused = ada.post(path, &to_none);
    assert!(refused.text.contains("alert bad"), "{}", refused.text);
}

#[test]
fn unsaved_trial_counts_and_keeps_nothing() {
    let host = Running::start();
    let mut ada = Visitor::set_up(&host, "ada");
    let config = config(&host.simulator.url()).to_string();
    let fields = |action| {
        [
            ("do", action),
            ("view", "json"),
            ("json", config.as_str()),
            ("name", "new"),
            ("to", "+8613800138000"),
            ("usage", "SignIn"),
        ]
    };
    let path = "/console/t/default/connector?plugin=sms";
    let preview = ada.post(path, &fields("preview"));
    assert_eq!(preview.status, 200, "{}", preview.text);
    assert!(preview.text.contains("<code>123456</code>") && host.simulator.messages().is_empty());
    let test = json!({"number": "+8613800138009", "code": "246810", "days": 1, "is_own": true});
    let tests = "/admin/tenants/default/test-numbers";
    host.admin("POST", tests, &host.host_key, &test).expect(200);
    let mut to_test = fields("send");
    to_test[4].1 = "+8613800138009";
    let refused = ada.post(path, &to_test);
    assert!(refused.text.contains("test number"), "{}", refused.text);
    assert!(host.simulator.messages().is_empty());
    for _ in 0..5 {
        let sent = ada.post(path, &fields("send"));
        assert!(sent.text.contains("tag accepted"), "{}", sent.text);
    }
    assert_eq!(host.simulator.messages().len(), 5);
    let refused = ada.post(path, &fields("send"));
    assert!(
        refused
            .text
            .contains("the limit for one number in 10 minutes is reached"),
        "{}",
        refused.text
    );
    assert_eq!(host.simulator.messages().len(), 5);
    let connectors = host.command(&["connector", "list"], "").unwrap();
    assert_eq!(connectors.as_array().unwrap().len(), 1, "nothing was saved");
    let listed = host.command(&["message", "list"], "").unwrap();
    assert_eq!(
        listed.as_array().unwrap().len(),
        5,
        "every trial is written down"
    );
    ada.get("/console/t/default/");
    ada.post("/console/t/default/", STOP);
    let stopped = ada.post(path, &fields("send"));
    assert!(
        stopped
            .text
            .contains("Nothing was sent: the kill switch is on")
    );
    assert_eq!(host.simulator.messages().len(), 5);
}

#[test]
fn unknown_outcome_is_settled_by_an_operator_once() {
    let host = Running::start();
    let mut ada = Visitor::set_up(&host, "ada");
    let id = host.begin("+8613800138000");
    let seen: Value = host.get(&format!("/v1/verifications/{id}")).expect(200);
    let message = seen["message"]["id"].as_str().unwrap().to_owned();
    let path = format!("/console/t/default/messages/{message}");
    assert_eq!(
        ada.post(&path, &[("do", "arrived")]).status,
        409,
        "it is accepted"
    );
    let db = rusqlite::Connection::open(host.folder.0.join("data/auth-host.db")).unwrap();
    db.busy_timeout(Duration::from_secs(5)).unwrap();
    db.execute(
        "UPDATE messages SET state = 'unknown', next_lookup_at = NULL",
        [],
    )
    .unwrap();
    assert!(
        ada.get("/console/t/default/messages?state=unknown")
            .text
            .contains(&message)
    );
    assert_eq!(ada.post(&path, &[("do", "arrived")]).status, 303);
    assert_eq!(
        ada.post(&path, &[("do", "lost")]).status,
        409,
        "it is settled"
    );
    let seen: Value = host.get(&format!("/v1/verifications/{id}")).expect(200);
    assert_eq!(seen["message"]["state"], json!("delivered"));
    assert!(
        !ada.get("/console/t/default/messages?state=unknown")
            .text
            .contains(&message)
    );
}

/// A new webhook's secret is shown once, and the webhook accepts the platform's messages from then on.
#[test]
fn webhook_made_in_the_console_takes_messages() {
    let host = Running::start();
    let mut visitor = Visitor::set_up(&host, "ada");
    let place = "/console/t/default/webhooks";
    visitor.get(place);
    let fields = |platform| [("do", "add"), ("name", "back-end"), ("platform", platform)];
    let refused = visitor.post(place, &fields("zitadel"));
    assert_eq!(refused.status, 422);
    assert!(
        refused.text.contains("Zitadel makes the signing key"),
        "{}",
        refused.text
    );
    let made = visitor.post(place, &fields("better-auth"));
    let shown: Vec<&str> = made.text.split("<code class=\"secret\">").skip(1).collect();
    let [path, secret] = shown.as_slice() else {
        panic!("{}", made.text);
    };
    let (path, secret) = (
        path.split('<').next().unwrap(),
        secret.split('<').next().unwrap(),
    );
    let again = visitor.get(place);
    assert!(
        again.text.contains(path) && !again.text.contains(secret),
        "{}",
        again.text
    );
    let bearer = format!("Bearer {secret}");
    let headers = [
        ("Authorization", bearer.as_str()),
        ("Content-Type", "application/json"),
    ];
    let body = json!({"phoneNumber": "+8613800138000", "code": "123456"}).to_string();
    let sent = http(&host.process.api, "POST", path, &headers, &body).unwrap();
    assert_eq!(sent.status, 200, "{}", sent.text);
    assert_eq!(
        visitor.post(place, &fields("logto")).status,
        422,
        "the name is taken"
    );
    let removed = visitor.post(place, &[("do", "remove"), ("name", "back-end")]);
    assert_eq!(removed.status, 303);
    assert_eq!(
        http(&host.process.api, "POST", path, &headers, &body)
            .unwrap()
            .status,
        404
    );
}
