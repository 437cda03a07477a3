//! `sms-receipts` of a plugin: callbacks read, callbacks refused, and secrets taken out of them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail loudly"
)]

mod support;

use auth_connector_host::{
    CallError, Callback, CallbackContent, CallbackError, CallbackRefusalKind, Config,
    ConnectorHost, Conversion, FailureKind, HostFault, Message, Plugin, PolicyFault, Rate,
    ReceiptState, SendError, Tenant, TenantLimits,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use support::{OK, serve, server};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const SECRET: &str = "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE";
const NUMBER: &str = "13800138000";

fn plugin_reaching(authority: &str) -> Plugin {
    let builder = ConnectorHost::builder().allow(&format!("http://{authority}"));
    let host = builder.unwrap().build().unwrap();
    host.load(support::plugin_with_receipts()).unwrap()
}

fn plugin() -> Plugin {
    plugin_reaching("127.0.0.1:1")
}

fn callback(body: impl Into<Vec<u8>>) -> Callback {
    Callback {
        url: Some("https://auth.example.com/callbacks/acme".to_owned()),
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: body.into(),
    }
}

/// The config with the plugin's instruction and a secret.
fn config(letter: &str) -> Config {
    Config::new(format!("{letter} {{\"accessKeySecret\":\"{SECRET}\"}}"))
}

async fn read(letter: &str, body: &str) -> Result<CallbackContent, CallbackError> {
    plugin()
        .read_callback(&config(letter), &callback(body))
        .await
}

/// The reported breach of the contract.
fn broken(outcome: Result<CallbackContent, CallbackError>) -> &'static str {
    match outcome {
        Err(CallbackError::Failed(CallError::Host(HostFault::Contract(broken)))) => broken,
        other => panic!("not a broken contract: {other:?}"),
    }
}

#[tokio::test]
async fn a_callback_becomes_receipts_and_an_acknowledgement() {
    let content = read("a", "DELIVRD").await.unwrap();
    let [receipt] = content.receipts.as_slice() else {
        panic!("{content:?}")
    };
    assert_eq!(receipt.message_id, "m-1");
    assert_eq!(receipt.state, ReceiptState::Delivered);
    assert_eq!(receipt.correlation_id.as_deref(), Some("DELIVRD"));
    assert_eq!(
        receipt.attributes,
        [("DELIVRD".to_owned(), "DELIVRD".to_owned())]
    );
    let acknowledgement = &content.acknowledgement;
    assert_eq!(
        (
            acknowledgement.status,
            acknowledgement.content_type.as_str(),
            acknowledgement.body.as_str()
        ),
        (200, "words", "DELIVRD")
    );
}

#[tokio::test]
async fn a_refusal_keeps_its_kind_and_its_words() {
    let Err(CallbackError::Refused(refusal)) = read("r", "no signature").await else {
        panic!("not refused")
    };
    assert_eq!(refusal.kind, CallbackRefusalKind::Unauthenticated);
    assert_eq!(refusal.message, "no signature");
}

/// Bodies and headers beyond the limit are refused before the plugin runs.
#[tokio::test]
async fn oversized_callback_is_refused_before_the_plugin_runs() {
    let plugin = plugin();
    let read = async |callback: &Callback| plugin.read_callback(&config("u"), callback).await;
    // The plugin crashes at once, so whatever is refused was refused by the host.
    let whole = callback(vec![b'x'; 65_536]);
    let one_more = callback(vec![b'x'; 65_537]);
    let mut long_head = callback("");
    long_head.headers = vec![("x".repeat(32_768), "y".repeat(32_768))];
    assert!(matches!(read(&whole).await, Err(CallbackError::Failed(_))));
    for too_large in [one_more, long_head] {
        let Err(CallbackError::Refused(refusal)) = read(&too_large).await else {
            panic!("taken")
        };
        assert_eq!(refusal.kind, CallbackRefusalKind::TooLarge);
        assert!(refusal.message.contains("65,536"), "{}", refusal.message);
    }
}

#[tokio::test]
async fn receipts_are_refused_only_beyond_one_thousand() {
    assert_eq!(read("m", "x").await.unwrap().receipts.len(), 1_000);
    assert!(broken(read("n", "x").await).contains("1,000 receipts"));
}

/// A receipt whose id is masked is lost, so such a callback fails as a whole.
#[tokio::test]
async fn receipts_that_cannot_be_searched_are_not_acknowledged() {
    let content = read("m", &"x".repeat(40)).await.unwrap();
    assert!(content.receipts.iter().all(|one| one.message_id == "m-1"));
    assert!(broken(read("m", &"x".repeat(60)).await).contains("cannot be searched"));
}

#[tokio::test]
async fn receipt_without_usable_message_id_breaks_contract() {
    assert!(broken(read("e", "x").await).contains("without a message id"));
    assert!(broken(read("b", &"x".repeat(257)).await).contains("256 bytes"));
    let longest = "x".repeat(256);
    let content = read("b", &longest).await.unwrap();
    assert_eq!(content.receipts.first().unwrap().message_id, longest);
}

#[tokio::test]
async fn invalid_acknowledgement_breaks_contract() {
    assert!(broken(read("s", "x").await).contains("status"));
    assert!(broken(read("c", "text/plain\r\nset-cookie: a=b").await).contains("content type"));
    assert!(broken(read("c", &"x".repeat(129)).await).contains("content type"));
    assert!(broken(read("a", &"x".repeat(2_049)).await).contains("2,048 bytes"));
}

#[tokio::test]
async fn impossible_correlation_id_is_left_out() {
    for (body, kept) in [
        ("x".repeat(128), true),
        ("x".repeat(129), false),
        ("é".to_owned(), false),
    ] {
        let content = read("a", &body).await.unwrap();
        assert_eq!(
            content.receipts.first().unwrap().correlation_id.is_some(),
            kept,
            "{body}"
        );
    }
}

/// Secrets and numbers are taken out of every text about a callback.
#[tokio::test]
async fn callback_outcome_hides_secret_and_number() {
    let body = format!(r#"[{{"mobile":"{NUMBER}","sid":"m-1","note":"{SECRET}"}}]"#);
    for letter in ["a", "b", "r"] {
        let shown = format!("{:?}", read(letter, &body).await);
        assert!(shown.contains("****"), "{shown}");
        assert!(
            !shown.contains(SECRET) && !shown.contains(NUMBER),
            "{letter}: {shown}"
        );
    }
    let only_a_number = format!("mobile={NUMBER}");
    let content = read("b", &only_a_number).await.unwrap();
    assert_eq!(content.receipts.first().unwrap().message_id, "mobile=****");
}

/// It is taken out of every text about a callback, as long as all of them can be searched.
#[tokio::test]
async fn callback_outcome_hides_headers_and_address() {
    let token = "5f4dcc3b5aa765d61d8327deb882cf99";
    let read = async |letter: &str, callback: &Callback| {
        let read = plugin().read_callback(&config(letter), callback).await;
        format!("{read:?}")
    };
    let mut echo = callback(token);
    echo.headers
        .push(("x-signature".to_owned(), token.to_owned()));
    let mut by_address = callback(token);
    by_address.url = Some(format!("https://auth.example.com/callbacks/{token}"));
    for callback in [echo, by_address] {
        for letter in ["a", "b", "r"] {
            let shown = read(letter, &callback).await;
            assert!(shown.contains("****") && !shown.contains(token), "{shown}");
        }
    }
    let mut unsearchable = callback("m-1");
    let cookies = "a1b2c3d4 ".repeat(1_000);
    unsearchable.headers.push(("cookie".to_owned(), cookies));
    let refused = plugin().read_callback(&config("b"), &unsearchable).await;
    assert!(broken(refused).contains("cannot be searched"));
}

/// Functions that make no request are denied one even to an origin that is granted.
#[tokio::test]
async fn read_and_preview_cannot_request_granted_origin() {
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = connections.clone();
    let authority = serve(move |mut stream| {
        counted.fetch_add(1, Ordering::SeqCst);
        async move {
            let _ = stream.read(&mut [0; 4096]).await;
            let _ = stream.write_all(OK).await;
        }
    })
    .await;
    let plugin = plugin_reaching(&authority);
    let config = Config::new(format!("f{authority}"));
    let outcome = plugin.read_callback(&config, &callback("x")).await;
    let Err(CallbackError::Refused(refusal)) = outcome else {
        panic!("the request was answered: {outcome:?}")
    };
    assert_eq!(refusal.kind, CallbackRefusalKind::Other);
    let previewed = plugin.preview_message(&config, &Message::default()).await;
    assert_eq!(previewed.unwrap_err().kind(), FailureKind::Unsupported);
    assert_eq!(connections.load(Ordering::SeqCst), 0);
    // Those that make some still can.
    let conversion = Conversion::default();
    plugin
        .report_conversion(&config, &conversion, None)
        .await
        .unwrap();
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn conversion_is_reported_or_fails_without_number() {
    let authority = server(OK).await;
    let plugin = plugin_reaching(&authority);
    let conversion = Conversion {
        message_id: "m-1".to_owned(),
        to: Some(format!("+86{NUMBER}")),
        age_s: 5,
    };
    let report = async |letter: &str| {
        plugin
            .report_conversion(&config(letter), &conversion, None)
            .await
    };
    assert_eq!(report("a").await, Ok(()));
    let Err(CallError::Connector(failure)) = report("x").await else {
        panic!("no failure")
    };
    assert_eq!(
        (failure.kind, failure.message.as_str()),
        (FailureKind::Unsupported, "+****")
    );
}

#[tokio::test]
async fn plugin_without_receipts_names_missing_interface() {
    let host = ConnectorHost::builder().build().unwrap();
    let without = host.load(support::plugin()).unwrap();
    let read = without.read_callback(&config("a"), &callback("x")).await;
    let fault = HostFault::Unsupported("read-callback");
    assert_eq!(
        read,
        Err(CallbackError::Failed(CallError::Host(fault.clone())))
    );
    assert!(fault.to_string().contains("sms-receipts"), "{fault}");
    let reported = without
        .report_conversion(&config("a"), &Conversion::default(), None)
        .await;
    assert_eq!(reported.unwrap_err().kind(), FailureKind::Unsupported);
    let description = plugin().description().clone();
    assert!(description.has_receipts && !description.has_operations);
}

#[tokio::test]
async fn conversions_but_not_callbacks_count_for_rate() {
    let mut limits = TenantLimits::default();
    limits.rate = Some(Rate::per_minute(1));
    let tenant = plugin().for_tenant(Tenant::new("acme").limits(limits));
    for _ in 0..3 {
        tenant
            .read_callback(&config("a"), &callback("x"))
            .await
            .unwrap();
    }
    let conversion = Conversion::default();
    tenant
        .report_conversion(&config("a"), &conversion, None)
        .await
        .unwrap();
    let refused = tenant
        .report_conversion(&config("a"), &conversion, None)
        .await;
    assert!(
        matches!(
            refused,
            Err(CallError::Policy(PolicyFault::TenantRate { .. }))
        ),
        "{refused:?}"
    );
    let send = tenant.send_message(&config("a"), &Message::default()).await;
    assert!(
        matches!(send, Err(SendError::NotSent(CallError::Policy(_)))),
        "{send:?}"
    );
}
