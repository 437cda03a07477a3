//! `sms-receipts`: rights of a plugin that reads a provider's callback, which strangers can post as well.

use super::arena::{Arena, COMPUTE, orders};
use crate::support::{MAINLAND, SECRET_KEY, discreet};
use auth_connector_host::{
    CallError, Callback, CallbackContent, CallbackError, Conversion, HostFault,
};

fn callback() -> Callback {
    let number = MAINLAND.trim_start_matches("+86");
    Callback {
        url: Some(format!(
            "https://auth.example.com/callbacks?token={SECRET_KEY}"
        )),
        headers: vec![("x-signature".to_owned(), SECRET_KEY.to_owned())],
        body: format!(r#"[{{"nationcode":"86","mobile":"{number}"}}]"#).into_bytes(),
    }
}

/// Content that the attacker read of a callback, by the attack of its config.
async fn read(arena: &Arena, attack: &str) -> Result<CallbackContent, CallbackError> {
    let orders = orders(attack, &arena.server.url(), "");
    let outcome = arena.attacker().read_callback(&orders, &callback()).await;
    discreet(&format!("{outcome:?}"));
    outcome
}

fn fault(outcome: Result<CallbackContent, CallbackError>) -> HostFault {
    match outcome {
        Err(CallbackError::Failed(CallError::Host(fault))) => fault,
        other => panic!("the plugin had its say: {other:?}"),
    }
}

#[tokio::test]
async fn receipts_beyond_callback_limit_break_contract() {
    let arena = Arena::new();
    let crowd = fault(read(&arena, "receipt-crowd").await);
    assert!(matches!(crowd, HostFault::Contract(_)), "{crowd:?}");
    // Enough receipts to exceed the plugin's own memory before the limit of a crossing.
    let flood = fault(read(&arena, "receipt-flood").await);
    let is_bounded = matches!(flood, HostFault::Crossing { .. } | HostFault::Memory { .. });
    assert!(is_bounded, "{flood:?}");
}

#[tokio::test]
async fn delivery_without_serial_number_breaks_contract() {
    let fault = fault(read(&Arena::new(), "receipt-of-nothing").await);
    assert!(matches!(fault, HostFault::Contract(_)), "{fault:?}");
}

#[tokio::test]
async fn secrets_and_numbers_of_callback_are_redacted() {
    let arena = Arena::new();
    let content = read(&arena, "receipt-echo").await.unwrap();
    assert!(content.acknowledgement.body.contains("****"), "{content:?}");
    let Err(CallbackError::Refused(refusal)) = read(&arena, "refusal-echo").await else {
        panic!("not refused")
    };
    assert!(refusal.message.contains("****"), "{refusal:?}");
}

/// A function that makes no request may not make one, even to its granted origin.
#[tokio::test]
async fn function_without_requests_is_denied_granted_origin() {
    let arena = Arena::new();
    let denied = "ErrorCode::HttpRequestDenied";
    let Err(CallbackError::Refused(refusal)) = read(&arena, "visit").await else {
        panic!("not refused")
    };
    assert_eq!(refusal.message, denied);
    let orders = orders("visit", &arena.server.url(), "");
    let plugin = arena.attacker();
    let previewed = plugin.preview_message(&orders, &Default::default()).await;
    let Err(CallError::Connector(failure)) = previewed else {
        panic!("{previewed:?}")
    };
    assert_eq!(failure.message, denied);
    assert_eq!(plugin.validate_config(&orders, &[]).await, Ok(vec![]));
    assert_eq!(arena.server.connections(), 0);
    // A conversion is reported to the provider, within the same grants.
    let reported = plugin
        .report_conversion(&orders, &Conversion::default(), None)
        .await;
    let Err(CallError::Connector(failure)) = reported else {
        panic!("{reported:?}")
    };
    assert_eq!(
        (failure.message.as_str(), arena.server.connections()),
        ("200", 1)
    );
}

#[tokio::test]
async fn a_preview_that_is_unknown_breaks_the_contract() {
    let arena = Arena::new();
    let orders = orders("lie-not-sent", &arena.server.url(), "unknown");
    let previewed = arena
        .attacker()
        .preview_message(&orders, &Default::default())
        .await;
    let Err(CallError::Host(HostFault::Contract(broken))) = previewed else {
        panic!("{previewed:?}")
    };
    assert!(broken.contains("unknown"), "{broken}");
}

#[tokio::test]
async fn an_endless_loop_over_a_callback_is_stopped() {
    let fault = fault(read(&Arena::new(), "endless-loop").await);
    assert_eq!(fault, HostFault::Compute { limit: COMPUTE });
}
