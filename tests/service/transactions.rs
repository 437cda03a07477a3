//! Transactions of a verification, counted by SQLite's commit hook in a service of this process.

use super::running::{Folder, config, http, set_up};
use auth_host::service::serve::{Addresses, Service, settings::Settings};
use serde_json::json;
use tencent_sms_simulator::Simulator;

/// Verifications one after another, so that no two share a transaction.
const VERIFICATIONS: u64 = 20;

/// Maximum for a start and a check, each with an `Idempotency-Key`.
const MOST_OF_EACH: u64 = 4;

/// Start: the message before the call of its connector, and its outcome. Check: one. Each commit is a wait for the
/// disk.
#[test]
fn verification_takes_at_most_four_transactions() {
    let simulator = Simulator::builder().start_blocking().unwrap();
    let folder = Folder::new();
    let config = config(&simulator.url());
    let (key, _) = set_up(&folder.0, &[("sim", &config)], &simulator.url());
    let settings = Settings {
        data: folder.0.join("data"),
        listen: "127.0.0.1:0".parse().unwrap(),
        admin: "127.0.0.1:0".parse().unwrap(),
        ..Settings::default()
    };
    let service = Service::open(settings, None, None).unwrap();
    let store = service.app.store.clone();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let (started, address) = std::sync::mpsc::channel();
    let started = move |addresses: Addresses| started.send(addresses.api).unwrap();
    runtime.spawn(service.run(started, std::future::pending()));
    let api = address.recv().unwrap().to_string();

    let bearer = format!("Bearer {key}");
    let post = |path: &str, name: &str, body: serde_json::Value, status| {
        let headers = [
            ("Authorization", bearer.as_str()),
            ("Content-Type", "application/json"),
            ("Idempotency-Key", name),
        ];
        let answer = http(&api, "POST", path, &headers, &body.to_string());
        answer.unwrap().expect(status)
    };
    let before = store.commits();
    for nth in 0..VERIFICATIONS {
        let to = format!("+86{}", 13_800_138_000 + nth);
        let start = json!({"to": to, "usage": "SignIn"});
        let v = post("/v1/verifications", &format!("start-{nth}"), start, 201);
        assert_eq!(v["message"]["state"], "accepted", "{v}");
        let messages = simulator.messages();
        let sent = messages.iter().find(|message| message.to == to).unwrap();
        let path = format!("/v1/verifications/{}/check", v["id"].as_str().unwrap());
        let code = json!({"code": sent.params[0]});
        let checked = post(&path, &format!("check-{nth}"), code, 200);
        assert_eq!(checked["valid"], true, "{checked}");
    }
    let commits = store.commits() - before;
    assert!(
        (1..=MOST_OF_EACH * VERIFICATIONS).contains(&commits),
        "{commits} transactions for {VERIFICATIONS} verifications"
    );
    println!("{commits} transactions for {VERIFICATIONS} verifications");
}
