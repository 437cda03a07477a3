//! Time: attacks by computing, waiting, and pretending to do either.

use super::arena::{Arena, COMPUTE, GRACE, TIMEOUT_MS, orders};
use super::core::component;
use crate::support::{MAINLAND, Peer, code_to};
use auth_connector_host::{CallError, HostFault, Message};
use std::time::Duration;

const OVER: HostFault = HostFault::Compute { limit: COMPUTE };

#[tokio::test]
async fn endless_loop_is_stopped_at_compute_limit() {
    assert_eq!(
        Arena::new().run("endless-loop").await.stopped(),
        ("not sent", &OVER)
    );
}

#[tokio::test]
async fn loop_in_host_functions_counts_as_computing() {
    let arena = Arena::new();
    for attack in ["endless-host-calls", "busy-poll"] {
        let ended = arena.run(attack).await;
        assert_eq!(ended.stopped(), ("not sent", &OVER), "{attack}");
    }
}

#[tokio::test]
async fn endless_loop_in_other_functions_is_stopped() {
    let arena = Arena::new();
    let orders = super::arena::orders("endless-loop", "", "");
    let plugin = arena.attacker();
    assert_eq!(plugin.validate_config(&orders, &[]).await, Err(OVER.into()));
    let previewed = plugin.preview_message(&orders, &Default::default()).await;
    assert_eq!(previewed, Err(OVER.into()));
}

/// They run on the same thread.
#[tokio::test]
async fn timers_and_sockets_get_turns_during_loop() {
    let arena = Arena::with(
        crate::support::hostile(),
        |limits| limits.compute = Duration::from_millis(500),
        super::arena::polite,
    );
    let orders = super::arena::orders("endless-loop", "", "");
    let attacker = arena.attacker().clone();
    let attack = tokio::spawn(async move {
        let sent = attacker.send_message(&orders, &Default::default()).await;
        sent.is_ok()
    });
    let mut turns = 0;
    while !attack.is_finished() {
        tokio::time::sleep(Duration::from_millis(1)).await;
        turns += 1;
    }
    assert!(!attack.await.unwrap());
    // Some fifty on an idle machine. A runtime that the loop holds up makes one.
    assert!(turns >= 4, "{turns}");
}

/// Three tenants fill their shares of the calls with loops. One loop of each tenant computes at a time.
#[tokio::test]
async fn loops_of_three_tenants_leave_neighbour_its_share() {
    let arena = Arena::with(
        crate::support::hostile(),
        |limits| *limits = auth_connector_host::Limits::default(),
        super::arena::polite,
    );
    let mut attacks = tokio::task::JoinSet::new();
    for tenant in ["a", "b", "c"] {
        for _ in 0..32 {
            let attacker = arena.attacker().for_tenant(tenant);
            attacks.spawn(async move {
                let orders = super::arena::orders("endless-loop", "", "");
                while attacker
                    .send_message(&orders, &Message::default())
                    .await
                    .is_err()
                {}
            });
        }
    }
    let start = std::time::Instant::now();
    arena.neighbour_sends().await;
    // A neighbour without a turn waits so long for each of its three messages.
    assert!(
        start.elapsed() < Duration::from_secs(8),
        "{:?}",
        start.elapsed()
    );
    attacks.shutdown().await;
}

#[tokio::test]
async fn never_ready_poll_ends_at_call_timeout() {
    let (state, fault) = Arena::new().run("never-ready").await.stopped_owned();
    let whole = Duration::from_millis(TIMEOUT_MS.into()) + GRACE;
    match fault {
        // Minus the call's time in the queue.
        HostFault::TimedOut { after } => assert!(after <= whole && after > whole / 2, "{after:?}"),
        other => panic!("{other:?}"),
    }
    assert_eq!(state, "not sent");
}

#[tokio::test]
async fn code_before_or_after_call_has_same_limits() {
    for (part, attack) in [
        (
            "start",
            ";; @start\n(func $start (loop $l (br $l)))\n(start $start)",
        ),
        ("realloc", ";; @realloc\n(loop $l (br $l)) (unreachable)"),
        (
            "post-return",
            ";; @items\n(func (export \"cabi_post_auth:connector/sms@0.1.0#send-message\") (param i32) (loop $l (br $l)))",
        ),
    ] {
        let ended = Arena::of(component(attack)).run("").await;
        assert_eq!(ended.stopped(), ("not sent", &OVER), "{part}");
    }
}

#[tokio::test]
async fn crash_during_instantiation_is_not_sent() {
    let arena = Arena::of(component(
        ";; @start\n(func $start (unreachable))\n(start $start)",
    ));
    assert_eq!(arena.run("").await.crashed("unreachable"), "not sent");
    // Nothing ran during the load, or it would have crashed.
    assert!(arena.attacker().description().sha256.len() == 64);
}

#[tokio::test]
async fn answer_in_small_pieces_counts_as_waiting() {
    // Each of the waits is followed by an interruption, and fifteen ticks of 10 ms are all that may be computed.
    async fn dripping(mut peer: Peer) {
        if peer.request().await.is_none() {
            return;
        }
        peer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 25\r\n\r\n")
            .await;
        for _ in 0..25 {
            tokio::time::sleep(Duration::from_millis(12)).await;
            peer.write(b"x").await;
        }
    }
    let arena = Arena::with(crate::support::hostile(), |_| (), dripping);
    let config = super::arena::orders("giant-answer", &arena.server.url(), "");
    let reported = arena
        .attacker()
        .send_message_reported(&config, &Default::default())
        .await;
    assert!(
        format!("{:?}", reported.outcome).contains("all 25"),
        "{:?}",
        reported.outcome
    );
}

#[tokio::test]
async fn timeouts_of_zero_and_centuries_stay_limits() {
    // Slower than a timer's resolution, within which a fast response meets even a limit of zero.
    async fn slow(mut peer: Peer) {
        while peer.request().await.is_some() {
            tokio::time::sleep(Duration::from_millis(50)).await;
            peer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
                .await;
        }
    }
    let arena = Arena::with(crate::support::hostile(), |_| (), slow);
    let ended = arena.run("zero-timeouts").await;
    // With zero there is no connection or no response. With centuries the host's own limits apply, and there is a
    // response.
    let found = ended.found();
    assert!(
        found.starts_with("ErrorCode::Connection") && found.ends_with("Timeout 200 "),
        "{found}"
    );
}

#[tokio::test]
async fn message_beyond_guest_memory_ends_call() {
    let arena = Arena::new();
    let message = Message {
        usage: "x".repeat(9 << 20),
        ..code_to(MAINLAND)
    };
    let config = orders("", "", "");
    let ended = arena.attacker().preview_message(&config, &message).await;
    assert!(
        matches!(
            ended,
            Err(CallError::Host(HostFault::Memory { unit: "bytes", .. }))
        ),
        "{ended:?}"
    );
}
