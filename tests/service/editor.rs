//! The editor of a connector in the console: conflicts, origins of the config, forms that are too large.

use super::origins::{package, webhook_config};
use super::running::{Answer, Running, http};
use super::visitor::{PASSWORD, Visitor};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const NEW: &str = "/console/t/default/connector?plugin=webhook";
const ORIGIN: &str = "https://receiver.example";

/// A service with the webhook connector's plugin, and a host administrator.
fn start() -> (Running, Visitor) {
    let host = Running::start();
    let ada = Visitor::set_up(&host, "ada");
    let package = package(&host.folder.0);
    host.change(&["plugin", "add", &package, "--unsigned"], "");
    (host, ada)
}

/// The value of a hidden field of a page.
fn hidden<'a>(page: &'a str, name: &str) -> &'a str {
    let (_, rest) = page
        .split_once(&format!("name=\"{name}\" value=\""))
        .unwrap();
    rest.split('"').next().unwrap()
}

/// Posts the JSON view with a config for a destination.
fn post(visitor: &mut Visitor, at: &str, url: &str, more: &[(&str, &str)]) -> Answer {
    let config = webhook_config(url).to_string();
    let fields = [
        ("view", "json"),
        ("json", config.as_str()),
        ("name", "hook"),
    ];
    visitor.post(at, &[&fields[..], more].concat())
}

fn hook(host: &Running) -> Value {
    host.command(&["connector", "show", "hook"], "").unwrap()
}

/// The path of the editor of a saved connector.
fn saved(answer: &Answer) -> String {
    assert_eq!(answer.status, 303, "{}", answer.text);
    answer.location.split('?').next().unwrap().to_owned()
}

/// A form never overwrites a change that it does not show, however often it is sent.
#[test]
fn conflict_remains_until_the_connector_is_opened_anew() {
    let (host, mut ada) = start();
    let at = saved(&post(
        &mut ada,
        NEW,
        "https://receiver.example/1",
        &[("do", "save")],
    ));
    let shown = ada.get(&at).text;
    let first = hidden(&shown, "revision").to_owned();
    let theirs = "https://receiver.example/2";
    saved(&post(
        &mut ada,
        &at,
        theirs,
        &[("do", "save"), ("revision", &first)],
    ));
    let mut revision = first.clone();
    for action in ["save", "as-json", "save"] {
        let fields = [("do", action), ("revision", revision.as_str())];
        let page = post(&mut ada, &at, "https://receiver.example/3", &fields);
        assert_eq!(page.status, 409, "{action}: {}", page.text);
        assert!(page.text.contains("receiver.example/3"), "{}", page.text);
        let link = format!("<a href=\"{at}\">open the connector anew</a>");
        assert!(page.text.contains(&link), "{}", page.text);
        revision = hidden(&page.text, "revision").to_owned();
    }
    assert_eq!(revision, first);
    assert_eq!(hook(&host)["config"]["url"], theirs);
}

#[test]
fn unticked_origin_is_withdrawn_when_saved() {
    let (host, mut ada) = start();
    let url = "https://receiver.example/hook";
    let ticked = [("do", "save"), ("asked", ORIGIN), ("origin", ORIGIN)];
    let at = saved(&post(&mut ada, NEW, url, &ticked));
    assert_eq!(hook(&host)["confirmed"], json!([ORIGIN]));
    assert!(ada.get(&at).text.contains("The configuration can send."));
    // A form that shows no boxes withdraws nothing, nor does that of a tenant's administrator.
    saved(&post(&mut ada, &at, url, &[("do", "save")]));
    let fields = [
        ("do", "add"),
        ("name", "tom"),
        ("role", "admin"),
        ("tenant", "default"),
        ("password", PASSWORD),
        ("again", PASSWORD),
    ];
    ada.get("/console/users");
    assert_eq!(ada.post("/console/users", &fields).status, 303);
    let mut tom = Visitor::new(&host.process);
    assert_eq!(tom.sign_in("tom", PASSWORD).status, 303);
    tom.get(&at);
    let unticked = [("do", "save"), ("asked", ORIGIN)];
    saved(&post(&mut tom, &at, url, &unticked));
    assert_eq!(hook(&host)["confirmed"], json!([ORIGIN]));
    // The box stays as it was left, also where the JSON cannot be read.
    ada.get(&at);
    for json in ["{", &webhook_config(url).to_string()] {
        let fields = [("do", "validate"), ("view", "json"), ("json", json)];
        let page = ada.post(&at, &[&fields[..], &unticked[1..]].concat()).text;
        assert!(page.contains("name=\"origin\""), "{page}");
        assert!(
            !page.contains(&format!("value=\"{ORIGIN}\" checked")),
            "{page}"
        );
        assert!(!page.contains("The configuration can send."), "{page}");
    }
    saved(&post(&mut ada, &at, url, &unticked));
    let shown = hook(&host);
    assert_eq!(shown["confirmed"], json!([]));
    assert!(
        shown["problem"].as_str().unwrap().contains("confirm"),
        "{shown}"
    );
    let page = ada.get(&at).text;
    let waits = format!("It cannot send until a host administrator allows requests to {ORIGIN}.");
    assert!(page.contains(&waits), "{page}");
    assert!(!page.contains("The configuration can send."), "{page}");
    let audit = host.command(&["audit"], "").unwrap().to_string();
    assert!(
        audit.contains("connector.confirm") && audit.contains("connector.withdraw"),
        "{audit}"
    );
}

#[test]
fn confirmation_is_withdrawn_by_command_and_by_api() {
    let (host, mut ada) = start();
    saved(&post(
        &mut ada,
        NEW,
        "https://receiver.example/",
        &[("do", "save")],
    ));
    let confirm = ["connector", "confirm", "hook", ORIGIN];
    let withdraw = [&confirm[..], &["--withdraw"]].concat();
    let path = "/admin/tenants/default/connectors/hook/confirm";
    let body = json!({"origin": ORIGIN});
    host.command(&withdraw, "").unwrap_err();
    assert_eq!(host.change(&confirm, "")["confirmed"], json!([ORIGIN]));
    assert_eq!(host.change(&withdraw, "")["confirmed"], json!([]));
    let confirmed = host.admin("POST", path, &host.host_key, &body).expect(200);
    assert_eq!(confirmed["confirmed"], json!([ORIGIN]));
    let editor = host.change(&["key", "add", "editor", "--scope", "tenant"], "");
    let editor = editor["key"].as_str().unwrap();
    assert_eq!(host.admin("DELETE", path, editor, &body).status, 403);
    let withdrawn = host
        .admin("DELETE", path, &host.host_key, &body)
        .expect(200);
    assert_eq!(withdrawn["confirmed"], json!([]));
    assert!(withdrawn["problem"].is_string(), "{withdrawn}");
    assert_eq!(
        host.admin("DELETE", path, &host.host_key, &body).status,
        422
    );
}

/// A tenant's administrator could otherwise hold up the pages of every tenant.
#[test]
fn form_with_too_many_rows_is_refused_at_once() {
    let host = Running::start();
    let mut ada = Visitor::set_up(&host, "ada");
    let path = "/console/t/default/connector?plugin=sms";
    ada.get(path);
    for (rows, status) in [(1_000, 200), (1_001, 413), (9_900, 413)] {
        let ids: Vec<String> = (0..rows).map(|row| format!("n{row}")).collect();
        let ids = ids.iter().map(|id| ("r/templates", id.as_str()));
        let fields: Vec<(&str, &str)> = [("do", "validate")].into_iter().chain(ids).collect();
        let begun = Instant::now();
        let answer = ada.post(path, &fields);
        println!(
            "{rows} rows: {} bytes, {:?}",
            answer.text.len(),
            begun.elapsed()
        );
        assert_eq!(answer.status, status, "{rows}");
        assert!(answer.text.len() < 3_000_000, "{}", answer.text.len());
        if status == 413 {
            assert!(begun.elapsed() < Duration::from_secs(5), "{rows}");
            assert!(answer.text.contains("too many rows"), "{}", answer.text);
        }
    }
    let health = http(&host.process.admin, "GET", "/healthz", &[], "").unwrap();
    assert_eq!(health.status, 200);
}
