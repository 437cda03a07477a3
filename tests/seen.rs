//! Traces of every crate at their most verbose, and metrics, over sends with every outcome: they contain no number,
//! code, secret, config or message.
//!
//! `tracing` is captured on the test's own thread, where its runtime is. `log`, which Wasmtime and Cranelift write to,
//! is captured by a logger for the whole process that keeps only records of that thread.

use crate::support::{self, CODE, MAINLAND, Rig, SECRET_ID, SECRET_KEY, code_to, state, to_config};
use auth_connector_host::{Message, SendError};
use metrics_util::debugging::DebuggingRecorder;
use std::cell::RefCell;
use std::fmt::Write as _;
use std::io::Write;
use std::sync::{Arc, Mutex, OnceLock};
use tencent_sms_simulator::Fault;
use tracing_subscriber::fmt::format::FmtSpan;

thread_local! {
    /// Records of `log` on this thread, while they are captured.
    static LOGGED: RefCell<Option<String>> = const { RefCell::new(None) };
}

struct Logger;

impl log::Log for Logger {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        LOGGED.with_borrow(Option::is_some)
    }

    fn log(&self, record: &log::Record<'_>) {
        LOGGED.with_borrow_mut(|logged| {
            if let Some(logged) = logged {
                let _ = writeln!(logged, "{} {}", record.target(), record.args());
            }
        });
    }

    fn flush(&self) {}
}

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

/// Keeps a second subscriber alive. With only one, tracing asks the current thread's own about a callsite's interest.
/// If another test's thread, which has none, reaches a callsite first, the result is *never* for all threads.
fn several_subscribers() {
    static OTHER: OnceLock<tracing::Dispatch> = OnceLock::new();
    OTHER.get_or_init(|| tracing::Dispatch::new(tracing_subscriber::registry()));
}

/// Everything that is traced, logged and measured during the work.
fn observed<F: Future<Output = ()>>(work: impl FnOnce() -> F) -> String {
    // Another test of this binary may have set it.
    let _ = log::set_logger(&Logger);
    log::set_max_level(log::LevelFilter::Trace);
    LOGGED.set(Some(String::new()));
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
    let mut all = String::from_utf8(captured.0.lock().unwrap().clone()).unwrap();
    all.push_str(&LOGGED.take().unwrap_or_default());
    for (key, ..) in snapshotter.snapshot().into_vec() {
        writeln!(all, "metric {key:?}").unwrap();
    }
    all
}

/// The forms of a text: plain, percent-encoded, in hexadecimal, in base64, as a list of bytes.
fn forms(text: &str) -> Vec<String> {
    let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    let list: Vec<String> = text.bytes().map(|byte| byte.to_string()).collect();
    let percent: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let mut forms = vec![
        text.to_owned(),
        hex.to_uppercase(),
        hex,
        list.join(", "),
        percent,
    ];
    forms.extend((0..3).map(|shift| base64(text.as_bytes(), shift)));
    forms
}

/// The characters of base64 that `bytes` alone determine, after `shift` other bytes.
fn base64(bytes: &[u8], shift: usize) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bits = "0".repeat(shift * 8);
    bytes
        .iter()
        .for_each(|byte| write!(bits, "{byte:08b}").unwrap());
    let groups = bits.len() / 6;
    ((shift * 8).div_ceil(6)..groups)
        .map(|at| usize::from_str_radix(&bits[at * 6..at * 6 + 6], 2).unwrap())
        .map(|index| char::from(ALPHABET[index]))
        .collect()
}

/// Fails if the text contains a private value, in any of its forms.
fn discreet(all: &str) {
    let values = [
        SECRET_ID,
        SECRET_KEY,
        &MAINLAND[1..],
        &MAINLAND[3..],
        CODE,
        // Values of the config that are not secret, and words of the request and of its answer.
        "腾讯云",
        "1400006666",
        "1110000",
        "ap-guangzhou",
        "PhoneNumberSet",
        "SendStatusSet",
        "TC3-HMAC-SHA256",
    ];
    for value in values {
        for form in forms(value) {
            if let Some(line) = all.lines().find(|line| line.contains(&form)) {
                let shown: String = line.chars().take(600).collect();
                panic!("{value} shows as {form} in: {shown}");
            }
        }
    }
}

#[test]
fn base64_is_found_wherever_it_begins() {
    assert_eq!(base64(b"foobar", 0), "Zm9vYmFy");
    assert_eq!(base64(b"foobar", 1), "Zvb2Jhc");
}

/// They contain no recipient, code, secret, config or message.
#[test]
fn traces_and_metrics_name_nothing_personal_or_secret() {
    let rig = Rig::new();
    let all = observed(|| async {
        let config = rig.config();
        // Accepted, refused by the service, refused here, unknown, invalid.
        state(rig.send(&code_to(MAINLAND)).await);
        let mut wrong = config.clone();
        wrong["accessKeySecret"] = format!("{SECRET_KEY}x").into();
        state(rig.send_with(&wrong, &code_to(MAINLAND)).await);
        state(rig.send(&code_to(&MAINLAND[1..])).await);
        rig.simulator.queue_fault(Fault::AcceptThenClose);
        state(rig.send(&code_to(MAINLAND)).await);
        rig.simulator.queue_fault(Fault::Truncated);
        state(rig.send(&code_to(MAINLAND)).await);
        let mut invalid = config.clone();
        invalid["sdkAppId"] = "".into();
        state(rig.send_with(&invalid, &code_to(MAINLAND)).await);
        let elsewhere = support::config(None);
        state(rig.send_with(&elsewhere, &code_to(MAINLAND)).await);
        let hurried = Message {
            timeout_ms: Some(1),
            ..code_to(MAINLAND)
        };
        let _: Result<_, SendError> = rig.send(&hurried).await;
        let config = to_config(&config);
        rig.plugin.metadata().await.unwrap();
        rig.plugin.get_config_guard(&[]).await.unwrap();
        rig.plugin.validate_config(&config, &[]).await.unwrap();
        let preview = rig
            .plugin
            .preview_message(&config, &code_to(MAINLAND))
            .await;
        preview.unwrap();
    });
    // The capture works: it has records of the host, and of the most verbose of the others.
    for expected in [
        "connector_call",
        "call ended",
        "metric",
        "auth_connector_calls_total",
    ] {
        assert!(all.contains(expected), "nothing of {expected} was captured");
    }
    discreet(&all);
}

#[test]
fn discretion_check_finds_code_in_each_form() {
    for form in forms(CODE) {
        let shows = std::panic::catch_unwind(|| discreet(&format!("a line\nwith {form} in it")));
        assert!(shows.is_err(), "{form}");
    }
}

/// The warning has their number.
#[test]
fn many_refused_requests_of_call_are_one_warning() {
    let all = observed(|| async {
        let host = support::host().build().unwrap();
        let plugin = host.load(support::hostile()).unwrap();
        let orders = serde_json::json!({
            "attack": "refused-requests", "origin": "http://127.0.0.1:1", "word": "", "accessKeySecret": SECRET_KEY,
        });
        let _ = plugin
            .send_message(&to_config(&orders), &code_to(MAINLAND))
            .await;
    });
    let warnings: Vec<&str> = all.lines().filter(|line| line.contains(" WARN ")).collect();
    assert_eq!(warnings.len(), 1, "{warnings:#?}");
    assert!(warnings[0].contains("refused=32"), "{warnings:?}");
    assert!(warnings[0].contains("evil.test"), "{warnings:?}");
}
