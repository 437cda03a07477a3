//! Containment of plugins that misbehave: they are stopped, their calls end in the right state, others go on.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail loudly"
)]

mod support;

use auth_connector_host::{
    CallError, Config, ConnectorHost, FailureKind, HostFault, Limits, Message, Plugin, Receipt,
    SendError,
};
use std::time::{Duration, Instant};
use support::{OK, server};

fn limits() -> Limits {
    Limits {
        call_timeout: Duration::from_millis(600),
        grace: Duration::from_millis(100),
        compute: Duration::from_millis(100),
        queue_timeout: Duration::from_millis(100),
        concurrent_calls: 4,
        // The plugin keeps every answer.
        requests_at_once: 16,
        ..Limits::default()
    }
}

fn plugin_reaching(authority: &str) -> Plugin {
    let builder = ConnectorHost::builder()
        .limits(limits())
        .allow(&format!("http://{authority}"))
        .unwrap();
    builder.build().unwrap().load(support::plugin()).unwrap()
}

fn plugin() -> Plugin {
    plugin_reaching("127.0.0.1:1")
}

async fn send(plugin: &Plugin, config: &str) -> Result<Receipt, SendError> {
    plugin
        .send_message(
            &Config::new(config),
            &Message::to("+8613800138000").usage("SignIn").code("918273"),
        )
        .await
}

/// The fault, and whether it is certain that nothing was sent.
async fn fault(plugin: &Plugin, config: &str) -> (HostFault, bool) {
    match send(plugin, config).await {
        Err(error) => match (error.is_certainly_not_sent(), error.cause()) {
            (certain, CallError::Host(fault)) => (fault.clone(), certain),
            (_, other) => panic!("not the host's verdict: {other:?}"),
        },
        Ok(receipt) => panic!("accepted: {receipt:?}"),
    }
}

#[tokio::test]
async fn an_honest_answer_comes_through() {
    let plugin = plugin();
    assert_eq!(send(&plugin, "a").await.unwrap().message_id, "m-1");
    let Err(SendError::NotSent(CallError::Connector(failure))) = send(&plugin, "n").await else {
        panic!("not a failure of the connector")
    };
    assert_eq!(
        (failure.kind, failure.message.as_str()),
        (FailureKind::Denied, "words")
    );
}

#[tokio::test]
async fn every_function_of_the_interface_can_be_called() {
    let plugin = plugin();
    let metadata = plugin.metadata().await.unwrap();
    assert_eq!(
        (metadata.id.as_str(), metadata.version.as_str()),
        ("m-1", "m-1")
    );
    assert_eq!(metadata.name(&["zh-CN".to_owned()]), "words");
    assert_eq!(metadata.description(&[]), "words");
    let guard = plugin.get_config_guard(&["en".to_owned()]).await.unwrap();
    assert_eq!(
        (guard.json_schema.as_str(), guard.form_json.as_str()),
        ("{}", "[]")
    );
    assert_eq!(
        plugin
            .validate_config(&Config::new("{}"), &[])
            .await
            .unwrap(),
        []
    );
    let preview = async |config: &str| {
        let config = Config::new(config);
        let answer = plugin.preview_message(&config, &Message::default()).await;
        answer.unwrap_err()
    };
    assert_eq!(preview("{}").await.kind(), FailureKind::Unsupported);
    // A preview sends nothing, so its result cannot be unknown.
    let broken = preview("k").await;
    assert!(
        matches!(broken, CallError::Host(HostFault::Contract(_))),
        "{broken:?}"
    );
    let error = plugin
        .check_config(&Config::new("{}"), &[], None)
        .await
        .unwrap_err();
    assert_eq!(
        error,
        CallError::Host(HostFault::Unsupported("check-config"))
    );
}

#[tokio::test]
async fn a_crash_before_any_request_is_not_sent() {
    let (fault, certain) = fault(&plugin(), "u").await;
    assert!(
        matches!(fault, HostFault::Trapped(_)) && certain,
        "{fault:?}"
    );
}

#[tokio::test]
async fn a_crash_after_a_request_is_unknown() {
    let authority = server(OK).await;
    let (fault, certain) = fault(&plugin_reaching(&authority), &format!("h{authority}")).await;
    assert!(
        matches!(fault, HostFault::Trapped(_)) && !certain,
        "{fault:?}"
    );
}

#[tokio::test]
async fn crash_after_denied_request_is_not_sent() {
    let (fault, certain) = fault(&plugin(), "h127.0.0.1:2").await;
    assert!(
        matches!(fault, HostFault::Trapped(_)) && certain,
        "{fault:?}"
    );
}

#[tokio::test]
async fn endlessly_waiting_plugin_is_stopped_at_timeout() {
    let start = Instant::now();
    let (stopped, certain) = fault(&plugin(), "w").await;
    assert!(
        matches!(stopped, HostFault::TimedOut { .. }) && certain,
        "{stopped:?}"
    );
    assert!(
        start.elapsed() < Duration::from_secs(2),
        "{:?}",
        start.elapsed()
    );
    let authority = server(OK).await;
    let (stopped, certain) = fault(&plugin_reaching(&authority), &format!("p{authority}")).await;
    assert!(
        matches!(stopped, HostFault::TimedOut { .. }) && !certain,
        "{stopped:?}"
    );
}

#[tokio::test]
async fn shorter_message_timeout_ends_call_sooner() {
    let message = Message {
        timeout_ms: Some(50),
        ..Message::default()
    };
    // Loading takes a while where the machine is busy.
    let plugin = plugin();
    let start = Instant::now();
    let outcome = plugin.send_message(&Config::new("w"), &message).await;
    assert!(
        matches!(
            outcome,
            Err(SendError::NotSent(CallError::Host(
                HostFault::TimedOut { .. }
            )))
        ),
        "{outcome:?}"
    );
    assert!(
        start.elapsed() < Duration::from_millis(500),
        "{:?}",
        start.elapsed()
    );
}

/// The plugin receives the smaller of the caller's and the host's time limit.
#[tokio::test]
async fn plugin_is_told_smaller_of_two_time_limits() {
    for (asked, told) in [
        (None, 600_u32),
        (Some(5_000), 600),
        (Some(600), 600),
        (Some(250), 250),
        (Some(0), 0),
    ] {
        let message = Message {
            timeout_ms: asked,
            ..Message::default()
        };
        let Err(SendError::NotSent(CallError::Connector(failure))) =
            plugin().send_message(&Config::new("t"), &message).await
        else {
            // With no time at all the host may find no place in the queue first; that is `not sent` as well.
            assert_eq!(asked, Some(0));
            continue;
        };
        // On a busy machine the queue takes a few milliseconds of it.
        let got = failure.retry_after_ms.unwrap();
        let expected = told.saturating_sub(100)..=told;
        assert!(expected.contains(&got), "{got} for {asked:?}");
    }
}

#[tokio::test]
async fn plugin_is_told_time_left_after_queueing() {
    let limits = Limits {
        concurrent_calls: 1,
        queue_timeout: Duration::from_secs(5),
        call_timeout: Duration::from_secs(2),
        ..limits()
    };
    let host = ConnectorHost::builder().limits(limits).build().unwrap();
    let plugin = host.load(support::plugin()).unwrap();
    let first = plugin.clone();
    let stuck = tokio::spawn(async move {
        let message = Message {
            timeout_ms: Some(200),
            ..Message::default()
        };
        first.send_message(&Config::new("w"), &message).await
    });
    tokio::time::sleep(Duration::from_millis(50)).await;
    let queued = plugin
        .send_message_reported(&Config::new("t"), &Message::default())
        .await;
    assert!(stuck.await.unwrap().is_err());
    let Err(SendError::NotSent(CallError::Connector(failure))) = queued.outcome else {
        panic!("{:?}", queued.outcome)
    };
    let waited = queued.report.queued;
    assert!(waited > Duration::from_millis(100), "{waited:?}");
    let left = Duration::from_secs(2) - waited;
    let told = Duration::from_millis(failure.retry_after_ms.unwrap().into());
    assert!(
        told >= left && told < left + Duration::from_millis(50),
        "told {told:?} of {left:?}"
    );
}

/// The neighbour runs on the same thread.
#[tokio::test]
async fn endless_loop_is_stopped_without_delaying_neighbour() {
    let plugin = plugin();
    let neighbour = async {
        let mut slowest = Duration::ZERO;
        for _ in 0..20 {
            let start = Instant::now();
            send(&plugin, "a").await.unwrap();
            slowest = slowest.max(start.elapsed());
        }
        slowest
    };
    let ((fault, certain), slowest) = tokio::join!(fault(&plugin, "l"), neighbour);
    assert!(
        matches!(fault, HostFault::Compute { .. }) && certain,
        "{fault:?}"
    );
    assert!(
        slowest < Duration::from_millis(90),
        "the neighbour waited {slowest:?}"
    );
}

/// Memory handles stack and answers beyond their limits end the call only.
#[tokio::test]
async fn limit_that_is_exceeded_ends_the_call_only() {
    let plugin = plugin();
    let (memory, certain) = fault(&plugin, "m").await;
    assert!(
        matches!(memory, HostFault::Memory { unit: "bytes", .. }) && certain,
        "{memory:?}"
    );
    let (handles, certain) = fault(&plugin, "c").await;
    assert!(
        matches!(handles, HostFault::Handles { .. }) && certain,
        "{handles:?}"
    );
    for config in ["r", "g"] {
        let (fault, certain) = fault(&plugin, config).await;
        assert!(
            matches!(fault, HostFault::Trapped(_)) && certain,
            "{config}: {fault:?}"
        );
    }
    assert!(send(&plugin, "a").await.is_ok(), "the host is unharmed");
}

#[tokio::test]
async fn receipt_without_message_id_breaks_contract() {
    let (fault, _) = fault(&plugin(), "e").await;
    assert!(matches!(fault, HostFault::Contract(_)), "{fault:?}");
}

/// A message that was never requested cannot have been accepted.
#[tokio::test]
async fn receipt_without_request_is_not_sent() {
    let plugin = plugin_reaching("127.0.0.1:2");
    let (fault, certain) = fault(&plugin, "a").await;
    assert!(
        matches!(fault, HostFault::Contract(_)) && certain,
        "{fault:?}"
    );
}

#[tokio::test]
async fn crash_in_validation_is_error_not_verdict() {
    let outcome = plugin().validate_config(&Config::new("u"), &[]).await;
    assert!(
        matches!(outcome, Err(CallError::Host(HostFault::Trapped(_)))),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn a_full_host_queues_and_then_says_so() {
    let plugin = plugin();
    let stuck: Vec<_> = (0..4)
        .map(|_| {
            let plugin = plugin.clone();
            tokio::spawn(async move { fault(&plugin, "w").await })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(50)).await;
    let (full, certain) = fault(&plugin, "a").await;
    assert!(
        matches!(full, HostFault::Overloaded { .. }) && certain,
        "{full:?}"
    );
    for call in stuck {
        call.await.unwrap();
    }
    assert!(send(&plugin, "a").await.is_ok(), "places come free again");
}

#[tokio::test]
async fn requests_beyond_call_limit_are_refused() {
    let authority = server(OK).await;
    let plugin = plugin_reaching(&authority);
    let config = Config::new(format!("q{authority}"));
    let reported = plugin
        .send_message_reported(&config, &Message::default())
        .await;
    assert!(
        matches!(reported.outcome, Err(SendError::NotSent(_))),
        "{:?}",
        reported.outcome
    );
    let answered = reported
        .report
        .http
        .iter()
        .filter(|exchange| exchange.status == Some(200))
        .count();
    assert_eq!((answered, reported.report.http.len()), (16, 20));
}

#[tokio::test]
async fn call_leaves_nothing_for_next() {
    let plugin = plugin();
    // The plugin's allocator only ever grows: a second call in the same instance would use more memory.
    let config = Config::new(format!("a{}", "x".repeat(60_000)));
    let first = plugin
        .send_message_reported(&config, &Message::default())
        .await
        .report
        .memory_bytes;
    for _ in 0..10 {
        assert_eq!(
            plugin
                .send_message_reported(&config, &Message::default())
                .await
                .report
                .memory_bytes,
            first
        );
    }
}
