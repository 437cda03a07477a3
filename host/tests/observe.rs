//! Traces and metrics of calls that succeed and of plugins that misbehave.
//!
//! They contain each documented name, and nothing of the recipient, the code or the config.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail loudly"
)]

mod support;

use auth_connector_host::{
    CallError, Config, ConnectorHost, FailureKind, HostFault, Limits, LivePlugin, Message, Rate,
    SendError, Tenant, TenantLimits,
};
use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;
use support::{OK, server};
use tracing_subscriber::fmt::format::FmtSpan;

const SECRET: &str = "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE";
const NUMBER: &str = "+8613800138000";
const CODE: &str = "918273";

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Name and labels of a metric, and what it came to.
type Figures = BTreeMap<(String, String), f64>;

/// Keeps a second subscriber alive. While there is only one, tracing queries the current thread's own for interest in
/// a callsite. If another test's thread, which has none, reaches the callsite first, the result is *never* for all.
fn several_subscribers() {
    static OTHER: OnceLock<tracing::Dispatch> = OnceLock::new();
    OTHER.get_or_init(|| tracing::Dispatch::new(tracing_subscriber::registry()));
}

/// Runs something with every trace of every crate captured, and every metric.
fn observed<F: Future<Output = ()>>(work: impl FnOnce() -> F) -> (String, Figures) {
    let captured = Captured::default();
    let writer = captured.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_span_events(FmtSpan::FULL)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    several_subscribers();
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    tracing::subscriber::with_default(subscriber, || {
        metrics::with_local_recorder(&recorder, || {
            tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap()
                .block_on(work());
        });
    });
    let mut figures = Figures::new();
    for (key, _, _, value) in snapshotter.snapshot().into_vec() {
        let key = key.key();
        let labels: BTreeSet<String> = key
            .labels()
            .map(|label| format!("{}={}", label.key(), label.value()))
            .collect();
        let labels = labels.into_iter().collect::<Vec<_>>().join(",");
        #[allow(clippy::cast_precision_loss, reason = "small numbers")]
        let value = match value {
            DebugValue::Counter(count) => count as f64,
            DebugValue::Gauge(value) => value.into_inner(),
            DebugValue::Histogram(values) => values.len() as f64,
        };
        figures.insert((key.name().to_owned(), labels), value);
    }
    let traces = String::from_utf8(captured.0.lock().unwrap().clone()).unwrap();
    (traces, figures)
}

fn figure(figures: &Figures, name: &str, labels: &str) -> f64 {
    let key = (format!("auth_connector_{name}"), labels.to_owned());
    figures.get(&key).copied().unwrap_or_default()
}

fn discreet(shown: &str) {
    let forms = [
        SECRET.to_owned(),
        hex::encode(SECRET),
        "R3U1dDl4R0FSTnBx".to_owned(),
        "13800138000".to_owned(),
        "00138000".to_owned(),
        CODE.to_owned(),
        hex::encode(CODE),
        "OTE4Mjcz".to_owned(),
    ];
    for hidden in forms {
        if let Some(at) = shown.find(&hidden) {
            let around: String = shown
                .chars()
                .skip(at.saturating_sub(200))
                .take(400)
                .collect();
            panic!("{hidden} shows: {around}");
        }
    }
}

fn config(letter: &str) -> Config {
    Config::new(format!("{letter} {{\"accessKeySecret\":\"{SECRET}\"}}"))
}

fn message() -> Message {
    Message::to(NUMBER).usage("SignIn").code(CODE)
}

fn host(authority: &str) -> ConnectorHost {
    let builder = ConnectorHost::builder()
        .limits(Limits {
            call_timeout: Duration::from_millis(500),
            grace: Duration::from_millis(100),
            compute: Duration::from_millis(100),
            queue_timeout: Duration::from_millis(50),
            concurrent_calls: 2,
            ..Limits::default()
        })
        .with(|options| options.count_fuel = true);
    builder
        .allow(&format!("http://{authority}"))
        .unwrap()
        .build()
        .unwrap()
}

#[test]
fn plugin_echoing_input_into_errors_leaks_nothing() {
    let (traces, _) = observed(|| async {
        let plugin = host("127.0.0.1:1").load(support::plugin()).unwrap();
        let reported = plugin.send_message_reported(&config("x"), &message()).await;
        let Err(SendError::NotSent(CallError::Connector(failure))) = &reported.outcome else {
            panic!("{:?}", reported.outcome)
        };
        assert_eq!(failure.kind, FailureKind::Denied);
        assert_eq!(failure.message, "x {\"accessKeySecret\":\"****\"}");
        assert_eq!(failure.provider_code.as_deref(), Some("+****"));
        assert_eq!(failure.request_id.as_deref(), Some("****"));
        assert_eq!(
            reported.report.http.first().unwrap().refused,
            Some("origin")
        );
        discreet(&format!(
            "{reported:?} {}",
            reported.outcome.as_ref().unwrap_err()
        ));
    });
    assert!(
        traces.contains("a plugin's request was refused"),
        "{traces}"
    );
    discreet(&traces);
}

/// Calls that end in every way show nothing of the recipient, the code or the config.
#[test]
fn ended_calls_show_no_recipient_code_or_config() {
    let (traces, figures) = observed(|| async {
        let authority = server(OK).await;
        let host = host(&authority);
        let plugin = host.load(support::plugin()).unwrap();
        for letter in [
            "a",
            "n",
            "u",
            "l",
            "m",
            "w",
            "e",
            &format!("f{authority}"),
            "f127.0.0.1:2",
        ] {
            let config = if letter.starts_with('f') {
                Config::new(letter)
            } else {
                config(letter)
            };
            let _ = plugin.send_message(&config, &message()).await;
        }
        let crashed = Config::new(format!("h{authority}"));
        assert!(matches!(
            plugin.send_message(&crashed, &message()).await,
            Err(SendError::Unknown(_))
        ));
        plugin.metadata().await.unwrap();
        plugin.validate_config(&config("{}"), &[]).await.unwrap();
        plugin
            .preview_message(&config("a"), &message())
            .await
            .unwrap_err();

        let mut limits = TenantLimits::default();
        limits.rate = Some(Rate::per_minute(1));
        let acme = plugin.for_tenant(Tenant::new("acme").limits(limits));
        let answered = Config::new(format!("f{authority}"));
        acme.send_message(&answered, &message()).await.unwrap();
        acme.send_message(&config("a"), &message())
            .await
            .unwrap_err();

        let live = LivePlugin::new(plugin.clone());
        let old = live.replace(plugin.clone());
        old.drain(Duration::from_secs(1)).await.unwrap();
        live.close();
        live.current()
            .send_message(&config("a"), &message())
            .await
            .unwrap_err();

        let (stuck, full, message) = (config("w"), config("a"), message());
        let full = async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            plugin.send_message(&full, &message).await
        };
        let (.., full) = tokio::join!(
            plugin.send_message(&stuck, &message),
            plugin.send_message(&stuck, &message),
            full
        );
        assert!(matches!(
            full,
            Err(SendError::NotSent(CallError::Host(
                HostFault::Overloaded { .. }
            )))
        ));
        let dropped = plugin.send_message(&stuck, &message);
        assert!(
            tokio::time::timeout(Duration::from_millis(20), dropped)
                .await
                .is_err()
        );
    });
    discreet(&traces);
    discreet(&format!("{figures:?}"));
    assert!(!traces.contains("acme"), "a tenant's identifier shows");
    for event in [
        "connector_call",
        "call ended",
        "the host ended a plugin's call",
        "a rule refused a call",
        "a plugin was loaded",
        "a plugin was replaced",
        "a plugin was taken out of service",
        "a plugin was drained",
    ] {
        assert!(traces.contains(event), "no event {event:?}");
    }
    for (name, labels, value) in [
        (
            "calls_total",
            "code=none,function=send-message,outcome=accepted",
            2.0,
        ),
        (
            "calls_total",
            "code=denied,function=send-message,outcome=not_sent",
            1.0,
        ),
        (
            "calls_total",
            "code=plugin-crashed,function=send-message,outcome=not_sent",
            1.0,
        ),
        (
            "calls_total",
            "code=plugin-crashed,function=send-message,outcome=unknown",
            1.0,
        ),
        (
            "calls_total",
            "code=none,function=send-message,outcome=dropped",
            1.0,
        ),
        (
            "calls_total",
            "code=none,function=get-metadata,outcome=ok",
            1.0,
        ),
        (
            "calls_total",
            "code=unsupported,function=preview-message,outcome=failed",
            1.0,
        ),
        ("stopped_total", "code=plugin-crashed", 2.0),
        ("stopped_total", "code=plugin-computed-too-long", 1.0),
        ("stopped_total", "code=plugin-out-of-memory", 1.0),
        ("stopped_total", "code=plugin-timed-out", 3.0),
        ("stopped_total", "code=host-overloaded", 1.0),
        ("stopped_total", "code=plugin-broke-contract", 2.0),
        ("limited_total", "code=tenant-rate", 1.0),
        ("limited_total", "code=plugin-closed", 1.0),
        ("requests_total", "result=answered", 3.0),
        ("requests_total", "result=refused", 2.0),
        ("egress_refused_total", "reason=origin", 2.0),
        ("phase_seconds", "phase=connect", 3.0),
        ("running", "", 0.0),
        ("waiting", "", 0.0),
        ("places", "", 2.0),
        ("loads_total", "cache=off", 1.0),
        ("swaps_total", "event=replaced", 1.0),
        ("swaps_total", "event=drained", 1.0),
        ("swaps_total", "event=closed", 1.0),
    ] {
        assert_eq!(
            figure(&figures, name, labels),
            value,
            "{name} {labels} {figures:#?}"
        );
    }
    let documented = include_str!("../src/observe.rs");
    let operations = include_str!("../../docs/operations.md");
    for row in documented
        .lines()
        .filter_map(|line| line.strip_prefix("//! "))
    {
        if row.starts_with("| `auth_connector_") {
            assert!(operations.contains(row), "docs/operations.md lacks: {row}");
        }
    }
    for (name, _) in figures.keys() {
        assert!(
            documented.contains(&format!("//! | `{name}`")),
            "{name} is not documented"
        );
    }
    for name in documented
        .lines()
        .filter_map(|line| line.strip_prefix("//! | `auth_connector_"))
    {
        let name = format!("auth_connector_{}", name.split('`').next().unwrap());
        assert!(
            figures.keys().any(|(found, _)| *found == name),
            "{name} never shows"
        );
    }
}
