//! Tests of the timeline of a message.

use super::*;
use crate::service::admin::messages as admin;
use crate::service::store::receipts::{self, Report, Source};
use crate::service::test_app;

/// The state at the response stays in the timeline after an operator settles the outcome.
#[tokio::test]
async fn settling_leaves_the_answer_in_the_timeline() {
    let listener = Listener::start().await;
    let session = listener.session("ada", Role::Admin).await;
    let test = &listener.test;
    let id = add_unknown(test, 1).await;
    let path = format!("/console/t/default/messages/{id}");
    let answer = |page: &str| {
        let (_, list) = page.split_once("<ol class=\"timeline\">").unwrap();
        let item = list
            .split("<li class=\"")
            .find(|item| item.starts_with("unknown"));
        item.unwrap().split("</li>").next().unwrap().to_owned()
    };
    let before = answer(&listener.get(&session, &path).await);
    let settled = admin::settle(&test.app, &TestApp::actor(), "default", &id, false).await;
    settled.unwrap();
    let page = listener.get(&session, &path).await;
    assert_eq!(answer(&page), before);
    assert!(page.contains("<li class=\"undelivered"), "{page}");
}

/// A late report about the first attempt stands after earlier moments of the second.
#[tokio::test]
async fn moments_of_several_attempts_are_in_order() {
    let listener = Listener::start().await;
    let session = listener.session("ada", Role::Admin).await;
    let test = &listener.test;
    let added = test.app.store.write(|db| {
        let start = ids::now_ms() - 600_000;
        for (id, is_first, at) in [("m_1", true, start), ("m_2", false, start + 60_000)] {
            db.execute(
                "INSERT INTO messages (id, tenant, connector, number, number_hash, usage, country, prefix, is_first,
                 first, state, created_at) VALUES (?1, 'default', 'c', x'00', x'00', 'SignIn', 'CN', '+86', ?2, 'm_1',
                 'sending', ?3)",
                params![id, is_first, at],
            )?;
            let mut row = messages::get(db, "default", id)?.unwrap();
            row.state = State::Accepted;
            row.settled_at = Some(at + 1000);
            messages::settle(db, &row)?;
        }
        let first = messages::get(db, "default", "m_1")?.unwrap();
        let report = Report {
            source: Source::Callback,
            state: State::Delivered,
            code: String::new(),
            at: start + 120_000,
        };
        receipts::add(db, &first, &report)
    });
    added.await.unwrap();
    let page = listener
        .get(&session, "/console/t/default/messages/m_2")
        .await;
    let (_, list) = page.split_once("<ol class=\"timeline\">").unwrap();
    let items: Vec<&str> = list.split("<li class=\"").skip(1).collect();
    let states: Vec<&str> = items.iter().filter_map(|i| i.split('"').next()).collect();
    let expected = ["sending", "accepted", "sending", "accepted", "delivered"];
    assert_eq!(states, expected, "{page}");
    for (item, attempt) in items.iter().zip(["1", "1", "2", "2", "1"]) {
        assert!(
            item.contains(&format!("<span class=\"hint\">{attempt} ·")),
            "{item}"
        );
    }
}

/// A look-up needs the connector that sent the message.
#[tokio::test]
async fn unknown_outcome_without_look_up_is_the_operators() {
    let listener = Listener::start().await;
    let session = listener.session("ada", Role::Admin).await;
    let test = &listener.test;
    let id = add_unknown(test, 1).await;
    let path = format!("/console/t/default/messages/{id}");
    let page = listener.get(&session, &path).await;
    assert!(page.contains("Only you can settle it"), "{page}");
    for text in [
        "by itself",
        "It is looked up",
        "value=\"look-up\"",
        "Next look-up",
    ] {
        assert!(!page.contains(text), "{text}: {page}");
    }
    // A connector that is not ready may look it up once it is.
    let added = test.app.store.write(|db| {
        registry::put_plugin(db, &test_app::plugin("{}"), b"none")?;
        registry::put_connector(db, &test_app::connector("c"))
    });
    added.await.unwrap();
    test.app.reload().unwrap();
    let page = listener.get(&session, &path).await;
    assert!(page.contains("value=\"look-up\""), "{page}");
}

/// A plugin that reads reports but cannot ask: a report may still settle the outcome.
#[tokio::test]
async fn unknown_outcome_may_be_settled_by_a_report() {
    let listener = Listener::start().await;
    let session = listener.session("ada", Role::Admin).await;
    let test = &listener.test;
    let id = add_unknown(test, 1).await;
    test.serve_with_reports("c").await;
    let path = format!("/console/t/default/messages/{id}");
    for (language, text, remedy) in [
        (
            "en",
            "A delivery report of the provider settles it",
            "A delivery report settles it",
        ),
        ("zh-CN", "如果服务商发来送达回执", "如有送达回执"),
    ] {
        let headers = format!(
            "host: localhost\r\ncookie: {SESSION}={session}\r\naccept-language: {language}\r\n"
        );
        let page = listener.ask(&format!("GET {path}"), &headers, "").await;
        assert!(page.contains(text) && page.contains(remedy), "{page}");
        for text in [
            "Only you can settle it",
            "It is looked up",
            "value=\"look-up\"",
        ] {
            assert!(!page.contains(text), "{text}: {page}");
        }
    }
}
