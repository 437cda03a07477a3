//! The editor of a connector in the console: conflicts, origins of the config, forms that are too large.

use super::origins::{package, webhook_config};
use super::running::{Answer, Running, config, http};
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
    post_json(visitor, at, &webhook_config(url).to_string(), more)
}

/// Posts the JSON view with a config.
fn post_json(visitor: &mut Visitor, at: &str, config: &str, more: &[(&str, &str)]) -> Answer {
    let fields = [("view", "json"), ("json", config), ("name", "hook")];
    visitor.post(at, &[&fields[..], more].concat())
}

/// The path of the editor of the simulator's connector, and its config.
fn stored(host: &Running) -> (String, String) {
    let shown = host.command(&["connector", "show", "sim"], "").unwrap();
    let id = shown["id"].as_str().unwrap();
    let config = config(&host.simulator.url()).to_string();
    (format!("/console/t/default/connectors/{id}"), config)
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

/// The page of a conflict says that nothing was saved or sent.
#[test]
fn stale_form_changes_no_report_address() {
    let host = Running::start();
    let mut ada = Visitor::set_up(&host, "ada");
    let (at, config) = stored(&host);
    let path = "/admin/tenants/default/connectors/sim/callbacks";
    let known = || {
        let known = host.admin("GET", path, &host.host_key, &json!(null));
        known.expect(200).as_array().unwrap().clone()
    };
    let page = ada.get(&at).text;
    let first = hidden(&page, "revision").to_owned();
    let made = post_json(
        &mut ada,
        &at,
        &config,
        &[("do", "report"), ("revision", &first)],
    );
    assert_eq!(made.status, 200, "{}", made.text);
    assert!(made.text.contains("class=\"secret\""), "{}", made.text);
    let put = ["connector", "put", "sim", "--config", "-"];
    host.change(&put, &config);
    let drop = format!("report-drop:{}", known()[0]["id"].as_str().unwrap());
    for action in ["report", drop.as_str()] {
        ada.get(&at);
        let fields = [("do", action), ("revision", first.as_str())];
        let stale = post_json(&mut ada, &at, &config, &fields);
        assert_eq!(stale.status, 409, "{action}: {}", stale.text);
        assert!(stale.text.contains("open the connector anew"), "{action}");
        assert_eq!(known().len(), 1, "{action}");
    }
    let page = ada.get(&at).text;
    let current = hidden(&page, "revision").to_owned();
    let fields = [("do", drop.as_str()), ("revision", current.as_str())];
    assert_eq!(post_json(&mut ada, &at, &config, &fields).status, 200);
    assert_eq!(known().len(), 0);
    // The reason of a refusal stays, whatever is found about the config.
    let gone = post_json(&mut ada, &at, &config, &fields);
    assert_eq!(gone.status, 404, "{}", gone.text);
    assert!(gone.text.contains("There is no such"), "{}", gone.text);
}

/// Another language is another visit, whose page has no new address.
#[test]
fn page_with_new_report_address_has_no_languages() {
    let host = Running::start();
    let mut ada = Visitor::set_up(&host, "ada");
    let (at, config) = stored(&host);
    let page = ada.get(&at).text;
    assert!(page.contains("/console/language?to="), "{page}");
    let revision = hidden(&page, "revision").to_owned();
    let fields = [("do", "report"), ("revision", revision.as_str())];
    let made = post_json(&mut ada, &at, &config, &fields).text;
    assert!(made.contains("class=\"secret\""), "{made}");
    assert!(!made.contains("/console/language?to="), "{made}");
}

/// The webhook connector's plugin cannot ask its provider.
#[test]
fn button_that_asks_the_provider_needs_operations() {
    let (host, mut ada) = start();
    let (at, _) = stored(&host);
    for (at, has_operations) in [(at.as_str(), true), (NEW, false)] {
        let page = ada.get(at).text;
        assert_eq!(page.contains("value=\"ask\""), has_operations, "{page}");
        assert!(page.contains("value=\"send\""), "{page}");
    }
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

/// The page of a refused form links to the config as JSON.
#[test]
fn form_with_too_many_rows_links_to_json() {
    let host = Running::start();
    let mut ada = Visitor::set_up(&host, "ada");
    let (at, _) = stored(&host);
    for path in [at.as_str(), "/console/t/default/connector?plugin=sms"] {
        ada.get(path);
        let refused = ada.post(path, &too_many_rows("validate"));
        assert_eq!(refused.status, 413, "{path}: {}", refused.text);
        let (_, link) = refused.text.split_once("button primary\" href=\"").unwrap();
        let link = link.split('"').next().unwrap().replace("&#38;", "&");
        assert!(link.ends_with("view=json"), "{link}");
        let page = ada.get(&link).text;
        assert!(
            page.contains("<textarea class=\"code tall\" name=\"json\""),
            "{page}"
        );
        assert!(page.contains("value=\"as-form\""), "{page}");
    }
    let page = ada.get(&at).text;
    assert!(!page.contains("name=\"json\""), "{page}");
    // The connector is in use, which is the reason that counts.
    let refused = ada.post(&at, &too_many_rows("remove"));
    assert_eq!(refused.status, 409, "{}", refused.text);
    assert!(!refused.text.contains("too many rows"), "{}", refused.text);
}

/// A form with more rows than are read.
fn too_many_rows(action: &str) -> Vec<(&str, &str)> {
    let rows = std::iter::repeat_n(("r/templates", "n1"), 1_001);
    std::iter::once(("do", action)).chain(rows).collect()
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
