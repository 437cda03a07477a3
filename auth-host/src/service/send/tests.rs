use super::*;
use crate::service::admin::tenants;
use crate::service::store::message;
use crate::service::store::messages;
use crate::service::store::registry;
use crate::service::test_app::TestApp;
use auth_connector_host::Failure;
use auth_connector_registry::Facts;
use serde_json::json;
use std::collections::BTreeMap;

fn row() -> message::Message {
    message::Message {
        id: ids::new("m"),
        tenant: "t".into(),
        verification: None,
        connector: "c".into(),
        number: vec![],
        number_hash: vec![],
        usage: "SignIn".into(),
        country: "CN".into(),
        prefix: "+86".into(),
        source: None,
        is_first: true,
        first: String::new(),
        state: State::Sending,
        kind: None,
        turn: None,
        reason: None,
        provider_code: None,
        provider_message: None,
        request_id: None,
        hint: None,
        created_at: 0,
        settled_at: None,
        verified_at: None,
        lookups: 0,
        next_lookup_at: None,
        segments: 1,
    }
}

fn failure(kind: FailureKind) -> CallError {
    CallError::Connector(Box::new(Failure {
        kind,
        message: String::new(),
        provider_code: None,
        request_id: None,
        retry_after_ms: None,
        diagnostics: vec![],
        attributes: vec![],
    }))
}

/// A message for two connectors of the tenant `default` whose plugin does not load, and its first row.
async fn draft(app: &Arc<App>) -> (Draft, message::Message) {
    let plugin = registry::Plugin {
        id: "none".to_owned(),
        digest: String::new(),
        manifest: None,
        signature: None,
        origins: vec![],
        beyond: vec![],
        limits: BTreeMap::new(),
        facts: Facts::default(),
        added_at: 0,
    };
    let put = app
        .store
        .write(move |db| registry::put_plugin(db, &plugin, &[]));
    put.await.unwrap();
    for id in ["c_1", "c_2"] {
        let connector = registry::Connector {
            id: id.to_owned(),
            tenant: "default".to_owned(),
            name: id.to_owned(),
            plugin: "none".to_owned(),
            config: vec![],
            secrets: vec![],
            wanted: vec![],
            confirmed: vec![],
            revision: 1,
            created_at: 0,
            updated_at: 0,
        };
        let put = app
            .store
            .write(move |db| registry::put_connector(db, &connector));
        assert!(put.await.unwrap());
    }
    serve_by(app, &["c_1", "c_2"]).await;
    let number = Number::parse("+8613800138000", None).unwrap();
    let route = app.catalog.load().route("default", "SignIn", "CN");
    let draft = Draft {
        tenant: "default".to_owned(),
        verification: None,
        source: None,
        number,
        usage: "SignIn".to_owned(),
        locales: vec![],
        variables: vec![],
        route,
        deadline: Instant::now() + Duration::from_secs(8),
    };
    let row = draft.row(app, "c_1").unwrap();
    let first = row.clone();
    let added = app.store.write(move |db| messages::add(db, &first));
    added.await.unwrap();
    (draft, row)
}

async fn serve_by(app: &App, connectors: &[&str]) {
    let flow = registry::Flow {
        usage: "*".to_owned(),
        country: "*".to_owned(),
        connectors: connectors.iter().map(|id| (*id).to_owned()).collect(),
    };
    let put = app
        .store
        .write(move |db| registry::put_flow(db, "default", &flow));
    put.await.unwrap();
    app.reload().unwrap();
}

/// The reason of each attempt.
async fn sent(app: &Arc<App>, draft: &Draft, first: message::Message) -> Vec<String> {
    let id = first.id.clone();
    let finish: Finish = Arc::new(|_, _| Ok(()));
    let last = send(app, draft, first, finish).await.unwrap();
    let attempts = app
        .store
        .read(|db| messages::attempts(db, "default", &id))
        .unwrap();
    assert!(attempts.iter().all(|row| row.state == State::NotSent));
    assert_eq!(attempts.last().unwrap().id, last.id);
    let reasons = attempts.into_iter().map(|row| row.reason);
    reasons.map(Option::unwrap_or_default).collect()
}

#[tokio::test]
async fn each_connector_is_tried_as_it_is_then() {
    let host = TestApp::new().await;
    let (draft, first) = draft(&host.app).await;
    let reasons = sent(&host.app, &draft, first).await;
    assert_eq!(reasons, ["connector-not-ready", "connector-not-ready"]);
}

#[tokio::test]
async fn connector_taken_out_of_the_flow_meanwhile_is_not_called() {
    let host = TestApp::new().await;
    let (draft, first) = draft(&host.app).await;
    serve_by(&host.app, &["c_1"]).await;
    let reasons = sent(&host.app, &draft, first).await;
    assert_eq!(reasons, ["connector-not-ready", "not-in-flow"]);
}

#[tokio::test]
async fn kill_switch_stops_a_message_that_was_begun() {
    for is_tenant in [true, false] {
        let host = TestApp::new().await;
        let (draft, first) = draft(&host.app).await;
        let (app, actor) = (&host.app, TestApp::actor());
        if is_tenant {
            let stop = json!({"is_stopped": true});
            let put = tenants::put(app, &actor, "default", &stop).await;
            put.unwrap();
        } else {
            tenants::stop_all(app, &actor, true).await.unwrap();
        }
        assert_eq!(sent(app, &draft, first).await, [STOPPED]);
    }
}

/// Every kind in both states: the kinds after which the next connector may be tried.
#[test]
fn next_connector_is_tried_after_mendable_kinds_alone() {
    use FailureKind as K;
    for (kind, mendable) in [
        (K::Unreachable, true),
        (K::Timeout, true),
        (K::Provider, true),
        (K::Authentication, true),
        (K::Denied, true),
        (K::Quota, true),
        (K::RateLimited, true),
        (K::NoTemplate, true),
        (K::InvalidConfig, true),
        (K::Unsupported, true),
        (K::InvalidMessage, false),
        (K::RecipientRejected, false),
        (K::Other, false),
    ] {
        let mut sent = row();
        settle(&mut sent, &Err(SendError::NotSent(failure(kind))));
        assert_eq!(is_mendable(&sent), mendable, "{kind:?}");
        assert_eq!(sent.next_lookup_at, None);
        settle(&mut sent, &Err(SendError::Unknown(failure(kind))));
        assert!(!is_mendable(&sent), "{kind:?} after unknown");
        assert!(sent.next_lookup_at.is_some());
    }
}

/// The provider cannot act on a full host.
#[test]
fn full_host_is_the_host_s_turn() {
    let retry_after = Duration::from_millis(7);
    for fault in [
        HostFault::Overloaded {
            waited: retry_after,
            retry_after,
        },
        HostFault::QueueFull {
            limit: 3,
            retry_after,
        },
        HostFault::Exhausted("full".to_owned()),
    ] {
        let mut sent = row();
        settle(&mut sent, &Err(SendError::NotSent(fault.clone().into())));
        assert_eq!(sent.turn.as_deref(), Some("host"), "{fault:?}");
    }
}

/// Nor on a limit that the host's operator set for a tenant.
#[test]
fn limit_of_the_host_is_the_host_s_turn() {
    let retry_after = Duration::from_millis(7);
    for (fault, turn) in [
        (PolicyFault::TenantRate { retry_after }, "host"),
        (
            PolicyFault::TenantConcurrency {
                limit: 3,
                waited: retry_after,
                retry_after,
            },
            "host",
        ),
        (
            PolicyFault::TenantQueue {
                limit: 3,
                retry_after,
            },
            "host",
        ),
        (PolicyFault::Closed, "operator"),
    ] {
        let mut sent = row();
        settle(&mut sent, &Err(SendError::NotSent(fault.clone().into())));
        assert_eq!(sent.turn.as_deref(), Some(turn), "{fault:?}");
    }
    // The kind alone is the table's: the caller waits.
    let mut sent = row();
    let limited = failure(FailureKind::RateLimited);
    settle(&mut sent, &Err(SendError::NotSent(limited)));
    assert_eq!(sent.turn.as_deref(), Some("caller"));
}

/// A plugin's `turn` has the contract's values.
#[test]
fn unknown_turn_from_plugin_becomes_provider() {
    for (said, turn) in [("host", "host"), ("somebody", "provider")] {
        let CallError::Connector(mut failed) = failure(FailureKind::Unreachable) else {
            panic!("not the connector's");
        };
        failed.attributes = vec![("turn".into(), said.into())];
        let mut sent = row();
        settle(
            &mut sent,
            &Err(SendError::NotSent(CallError::Connector(failed))),
        );
        assert_eq!(sent.turn.as_deref(), Some(turn), "{said}");
    }
}

#[test]
fn receipt_counts_its_segments_within_reason() {
    for (named, count) in [
        (None, 1),
        (Some("2"), 2),
        (Some("0"), 1),
        (Some("x"), 1),
        (Some("999"), 10),
    ] {
        let attributes = named.map(|n: &str| ("segments".to_owned(), n.to_owned()));
        let receipt = Receipt {
            message_id: "m".into(),
            request_id: None,
            attributes: attributes.into_iter().collect(),
        };
        assert_eq!(segments(&receipt), count, "{named:?}");
    }
}

#[test]
fn next_connector_is_tried_where_the_machine_gave_no_instance() {
    let mut sent = row();
    let exhausted = CallError::Host(HostFault::Exhausted("no files".into()));
    settle(&mut sent, &Err(SendError::NotSent(exhausted)));
    assert!(is_mendable(&sent));
    assert_eq!(sent.turn.as_deref(), Some("host"));
    assert_eq!(sent.reason.as_deref(), Some("host-exhausted"));
}

#[test]
fn crash_of_a_plugin_is_not_tried_elsewhere() {
    let mut sent = row();
    let crash = CallError::Host(HostFault::Trapped("unreachable".into()));
    settle(&mut sent, &Err(SendError::NotSent(crash)));
    assert!(!is_mendable(&sent));
    assert_eq!(sent.reason.as_deref(), Some("plugin-crashed"));
}
