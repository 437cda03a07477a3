//! Timeline of a message: the reports with their sources, and advice, in the operator's language.

use super::running::{Running, http};
use super::visitor::Visitor;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tencent_sms_simulator::Fault;

const TO: &str = "+8613800138000";

fn send(host: &Running) -> Value {
    let body = json!({"to": TO, "usage": "SignIn", "variables": {"code": "123456"}});
    host.post("/v1/messages", &body).expect(201)
}

/// The moments of a page: state, code and their text.
fn moments(page: &str) -> Vec<(String, String)> {
    let (_, list) = page.split_once("<ol class=\"timeline\">").unwrap();
    let (list, _) = list.split_once("</ol>").unwrap();
    let items = list.split("<li class=\"").skip(1);
    items
        .map(|item| {
            let state = item.split('"').next().unwrap().to_owned();
            let (_, rest) = item.split_once("</b>").unwrap();
            let words: String = rest.split(['<', '>']).step_by(2).collect();
            (state, words.trim().to_owned())
        })
        .collect()
}

fn call_back(host: &Running, path: &str, serial: &str, is_delivered: bool, code: &str) {
    let status = if is_delivered { "SUCCESS" } else { "FAIL" };
    let body = json!([{
        "user_receive_time": "2026-11-28 22:00:00", "nationcode": "86", "mobile": "13800138000", "report_status": status,
        "errmsg": code, "description": "", "sid": serial, "ext": "",
    }]);
    let headers = [("Content-Type", "application/json")];
    let answer = http(&host.process.api, "POST", path, &headers, &body.to_string());
    assert_eq!(answer.unwrap().status, 200);
}

fn callbacks(host: &Running) -> String {
    let path = "/admin/tenants/default/connectors/sim/callbacks";
    let added = host.admin("POST", path, &host.host_key, &json!({}));
    added.expect(200)["path"].as_str().unwrap().to_owned()
}

#[test]
fn reports_stand_in_the_timeline_as_they_came() {
    let host = Running::start();
    let mut ada = Visitor::set_up(&host, "ada");
    let sent = send(&host);
    let (id, serial) = (
        sent["id"].as_str().unwrap(),
        sent["provider_message"].as_str().unwrap(),
    );
    let page = format!("/console/t/default/messages/{id}");
    let before = moments(&ada.get(&page).text);
    let states: Vec<&str> = before.iter().map(|(state, _)| state.as_str()).collect();
    assert_eq!(states, ["sending", "accepted"]);
    let path = callbacks(&host);
    call_back(&host, &path, serial, false, "UNDELIV");
    let failed = ada.get(&page).text;
    assert!(
        failed.contains("The carrier could not deliver it."),
        "{failed}"
    );
    // The provider may call again: the same report is the same moment.
    for _ in 0..3 {
        call_back(&host, &path, serial, true, "DELIVRD");
    }
    let shown = ada.get(&page).text;
    let after: Vec<_> = moments(&shown).into_iter().skip(1).collect();
    let expected = [
        ("accepted", "the connector’s answer"),
        ("undelivered", "UNDELIV by callback"),
        ("delivered", "DELIVRD by callback"),
    ];
    let expected = expected.map(|(state, words)| (state.to_owned(), words.to_owned()));
    assert_eq!(after, expected);
    assert!(!shown.contains("13800138000") && !shown.contains("123456"));
}

/// A provider with ever new reports does not fill the disk, and deleting the number deletes its reports.
#[test]
fn reports_of_a_message_are_bounded_and_forgotten() {
    let host = Running::start();
    let sent = send(&host);
    let serial = sent["provider_message"].as_str().unwrap();
    let path = callbacks(&host);
    for nth in 0..30 {
        call_back(&host, &path, serial, false, &format!("CODE{nth}"));
    }
    let db = rusqlite::Connection::open(host.folder.0.join("data/auth-host.db")).unwrap();
    db.busy_timeout(Duration::from_secs(5)).unwrap();
    let count = |db: &rusqlite::Connection| -> i64 {
        let sql = "SELECT count(*) FROM receipts";
        db.query_row(sql, [], |row| row.get(0)).unwrap()
    };
    assert_eq!(count(&db), 20);
    host.command(&["forget", TO], "").unwrap();
    assert_eq!(count(&db), 0);
}

#[test]
fn refusal_advises_in_operators_language() {
    let host = Running::start();
    let mut ada = Visitor::set_up(&host, "ada");
    host.simulator.queue_fault(Fault::Code {
        code: "AuthFailure.SecretIdNotFound".to_owned(),
        message: None,
    });
    let sent = send(&host);
    assert_eq!(sent["state"], "not_sent", "{sent}");
    let page = format!(
        "/console/t/default/messages/{}",
        sent["id"].as_str().unwrap()
    );
    let english = ada.get(&page).text;
    for part in [
        "Check both keys in the connector",
        "<code>AuthFailure.SecretIdNotFound</code>",
        "<dd>yours</dd>",
        "The plugin says",
        "AuthFailure.SecretIdNotFound</code> <span class=\"hint\">the connector’s answer",
    ] {
        assert!(english.contains(part), "{part}: {english}");
    }
    // The plugin's text is the one that a trial of the connector shows at once.
    let hint = english.split("<dd lang=\"en\">").nth(1).unwrap();
    assert!(hint.split('<').next().unwrap().len() > 20, "{hint}");
    ada.get("/console/language?to=zh-CN");
    let chinese = ada.get(&page).text;
    assert!(chinese.contains("请检查连接器中的两个密钥"), "{chinese}");
    assert!(
        chinese.contains("<dd>您</dd>") || chinese.contains("由您"),
        "{chinese}"
    );
    assert!(!chinese.contains("Check both keys"));
}

#[test]
fn look_up_of_unknown_outcome_is_a_moment() {
    let host = Running::start();
    let mut ada = Visitor::set_up(&host, "ada");
    host.simulator.queue_fault(Fault::AcceptThenClose);
    let sent = send(&host);
    assert_eq!(sent["state"], "unknown", "{sent}");
    let page = format!(
        "/console/t/default/messages/{}",
        sent["id"].as_str().unwrap()
    );
    let before = ada.get(&page).text;
    assert!(
        before.contains("Do not send it again by yourself."),
        "{before}"
    );
    let states = |page: &str| -> Vec<String> {
        let all = moments(page).into_iter();
        all.map(|(state, words)| format!("{state}: {words}"))
            .collect()
    };
    let begun = Instant::now();
    let shown = loop {
        let shown = states(&ada.get(&page).text);
        if shown.iter().any(|moment| moment.ends_with("by look-up")) {
            break shown;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "{shown:?}");
        std::thread::sleep(Duration::from_millis(300));
    };
    assert!(
        shown.iter().any(|m| m.starts_with("unknown: ")),
        "{shown:?}"
    );
    assert_eq!(host.simulator.messages().len(), 1);
}

/// A used code is a moment, and the timeline of its verification has the moments of every message.
#[test]
fn verification_has_the_moments_of_its_messages() {
    let host = Running::start();
    let mut ada = Visitor::set_up(&host, "ada");
    let id = host.begin(TO);
    let page = format!("/console/t/default/verifications/{id}");
    let waiting = moments(&ada.get(&page).text);
    let states: Vec<&str> = waiting.iter().map(|(state, _)| state.as_str()).collect();
    assert_eq!(states, ["sending", "accepted", "next"]);
    let code = host.code(TO);
    assert_eq!(host.check(&id, &code).expect(200)["valid"], true);
    let used = moments(&ada.get(&page).text);
    let states: Vec<&str> = used.iter().map(|(state, _)| state.as_str()).collect();
    assert_eq!(states, ["sending", "accepted", "verified"]);
}
