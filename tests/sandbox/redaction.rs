//! Secrets, numbers and codes that a plugin repeats, and the host's cost of searching for them.

use super::arena::{Arena, granting, orders, polite};
use super::core::component;
use crate::support::{
    self, CODE, MAINLAND, SECRET_KEY, Server, code_to, discreet, host, hostile, to_config,
};
use auth_connector_host::{
    CONFIG_BYTES, CallError, Config, Failure, HostFault, LoadError, Message, Plugin, SendError,
};
use serde_json::json;
use std::time::{Duration, Instant};
use tencent_sms_simulator::Simulator;

/// The attacker, with nothing granted.
fn attacker() -> Plugin {
    let host = host().build().unwrap();
    host.load_with(hostile(), granting(&[]), None).unwrap()
}

/// The failure of a send with this config.
async fn failure(plugin: &Plugin, config: &str) -> Failure {
    let config = Config::new(config);
    match plugin.send_message(&config, &code_to(MAINLAND)).await {
        Err(SendError::NotSent(CallError::Connector(failure))) => *failure,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn code_as_wait_time_is_left_out() {
    let ended = Arena::new().run("retry-code").await;
    assert_eq!(ended.found(), "wait");
    let Err(SendError::NotSent(cause)) = &ended.outcome else {
        panic!("{:?}", ended.outcome)
    };
    assert_eq!(cause.retry_after(), None);
}

/// Values of duplicate keys are redacted, too.
#[tokio::test]
async fn secrets_of_urls_and_broken_configs_are_redacted() {
    let plugin = attacker();
    for (config, hidden) in [
        (
            r#"{"attack":"echo-secrets","webhookUrl":"https://oapi.example.com/robot/send?access_token=566cc69da782ec33e42541b46b9f5cc1"}"#,
            "566cc69d",
        ),
        (
            r#"{"attack":"echo-secrets","relay":"https://user:Passw0rd-Very-Long-1@relay.example.com/"}"#,
            "Passw0rd",
        ),
        (
            r#"{"attack":"echo-secrets","connection":"AccountEndpoint=sms.example.com;AccountKey=abcdefghijklmnop0123456789=="}"#,
            "abcdefgh",
        ),
        (
            r#"{"attack":"echo-secrets","accessKeySecret":"hunter2!","accessKeySecret":"other"}"#,
            "hunter2!",
        ),
        (
            r#"{"attack":"echo-secrets","accessKeySecret":"hunter2!","n":1e999}"#,
            "hunter2!",
        ),
        (
            r#"{"attack":"echo-secrets","accessKeySecret":"hunter2!","n":"\ud800"}"#,
            "hunter2!",
        ),
        (
            "\u{feff}{\"attack\":\"echo-secrets\",\"accessKeySecret\":\"hunter2!\"}",
            "hunter2!",
        ),
        (
            r#"{"attack":"echo-secrets","accessKeySecret":"hunter2!"} and more"#,
            "hunter2!",
        ),
        (
            r#"{"attack":"echo-secrets","auth":"hunter2!","pin":"hunter2!"}"#,
            "hunter2!",
        ),
    ] {
        let shown = format!("{:?}", failure(&plugin, config).await);
        assert!(!shown.contains(hidden), "{config}: {shown}");
        assert!(shown.contains("****"), "{config}: {shown}");
    }
}

#[tokio::test]
async fn end_of_long_secret_is_not_repeated() {
    let plugin = attacker();
    let alphabet: String = ('a'..='z').chain('A'..='Z').collect();
    for length in 33..=47 {
        let secret = &alphabet[..length];
        let config = json!({"attack": "echo-secrets", "accessKeySecret": secret}).to_string();
        let shown = failure(&plugin, &config).await.message;
        assert!(
            shown.contains(r#""accessKeySecret":"****""#),
            "{length}: {shown}"
        );
        discreet(&shown);
    }
}

#[tokio::test]
async fn preview_shows_only_parameters_of_message() {
    let plugin = attacker();
    let preview = plugin
        .preview_message(&orders("echo-preview", "", ""), &code_to(MAINLAND))
        .await
        .unwrap();
    discreet(&format!("{preview:?}"));
    discreet(&format!("{} {}", preview.route, preview.template));
    assert!(preview.route.contains("****"));
    assert_eq!(preview.parameters[0], CODE);
    assert!(!preview.parameters[1].contains(SECRET_KEY));
}

/// A function that reads digits as a number, and a table or a memory that grows by it.
fn grows_by(number: &str, bits: u32) -> String {
    let grow = match bits {
        64 => "(drop (table.grow $t (ref.null func) (call $num NUMBER)))",
        _ => "(drop (table.grow $t (ref.null func) (i32.wrap_i64 (call $num NUMBER))))",
    };
    let table = if bits == 64 { "i64 1" } else { "1" };
    r#"
;; @items
  (table $t TABLE funcref)
  (func $num (param $p i32) (param $l i32) (result i64)
    (local $v i64) (local $c i32)
    (block $done
      (loop $more
        (br_if $done (i32.eqz (local.get $l)))
        (local.set $c (i32.sub (i32.load8_u (local.get $p)) (i32.const 48)))
        (if (i32.lt_u (local.get $c) (i32.const 10))
          (then (local.set $v (i64.add (i64.mul (local.get $v) (i64.const 10)) (i64.extend_i32_u (local.get $c))))))
        (local.set $p (i32.add (local.get $p) (i32.const 1)))
        (local.set $l (i32.sub (local.get $l) (i32.const 1)))
        (br $more)))
    (i64.sub (local.get $v) (i64.const 1)))
;; @send
    GROW
    (i32.const 1024)
"#
    .replace("TABLE", table)
    .replace("GROW", grow)
    .replace("NUMBER", number)
}

const CODE_AT: &str = "(i32.load offset=8 (i32.load offset=24 (local.get $args))) (i32.load offset=12 (i32.load offset=24 (local.get $args)))";
const NUMBER_AT: &str =
    "(i32.load offset=8 (local.get $args)) (i32.load offset=12 (local.get $args))";

#[tokio::test]
async fn host_words_omit_number_chosen_by_plugin() {
    let ended = Arena::of(component(&grows_by(CODE_AT, 32))).run("").await;
    let (state, fault) = ended.stopped();
    assert_eq!(state, "not sent");
    let full = HostFault::Memory {
        unit: "table elements",
        limit: auth_connector_host::Limits::default().table_elements,
    };
    assert_eq!(*fault, full);
    for hidden in ["918273", "918272"] {
        assert!(!format!("{fault} {fault:?}").contains(hidden), "{fault:?}");
    }
}

#[test]
fn unneeded_webassembly_is_refused_at_load() {
    let refused = |bytes: Vec<u8>, what: &str| {
        let error = host().build().unwrap().load(bytes).unwrap_err();
        assert!(matches!(error, LoadError::Invalid(_)), "{what}: {error}");
    };
    refused(component(&grows_by(NUMBER_AT, 64)), "a table of 64 bits");
    for items in [
        "(memory i64 1)",
        "(memory 1) (memory 1)",
        "(func (param i32) (result i32) (return_call 0 (local.get 0)))",
        "(func (result v128) (i8x16.relaxed_swizzle (v128.const i64x2 0 0) (v128.const i64x2 0 0)))",
        "(global i32 (i32.add (i32.const 1) (i32.const 2)))",
        "(func (param i64 i64) (result i64 i64) (i64.mul_wide_s (local.get 0) (local.get 1)))",
        "(type $f (func)) (func (param (ref $f)) (call_ref $f (local.get 0)))",
        "(type $s (struct (field i32)))",
        "(tag $e) (func (throw $e))",
        "(memory 1 (pagesize 1))",
    ] {
        let text = format!("(component (core module {items}))");
        refused(wat::parse_str(text).unwrap(), items);
    }
    for items in [
        "(func (result v128) (v128.const i64x2 0 0))",
        "(memory 1) (func (memory.fill (i32.const 0) (i32.const 0) (i32.const 1)))",
        "(func (param f64) (result i32) (i32.trunc_sat_f64_s (local.get 0)))",
        "(func (param i32) (result i32 i32) (i32.extend8_s (local.get 0)) (local.get 0))",
        "(table 1 funcref) (func (result i32) (ref.is_null (table.get 0 (i32.const 0))))",
    ] {
        let text = format!("(component (core module {items}))");
        let error = host().build().unwrap().load(wat::parse_str(text).unwrap());
        let error = error.unwrap_err();
        assert!(
            matches!(error, LoadError::NotAConnector { .. }),
            "{items}: {error}"
        );
    }
}

/// A config with a secret of this many random letters.
fn with_secret(attack: &str, bytes: usize) -> Config {
    let mut state = 88_172_645_463_325_252_u64;
    let mut letter = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
                [(state % 64) as usize],
        )
    };
    let secret: String = (0..bytes).map(|_| letter()).collect();
    Config::new(
        json!({"attack": attack, "origin": "", "word": "", "accessKeySecret": secret}).to_string(),
    )
}

/// The least of several times: a busy machine adds to each.
async fn least<F: Future<Output = Duration>>(mut one: impl FnMut() -> F) -> Duration {
    let mut least = Duration::MAX;
    for _ in 0..10 {
        least = least.min(one().await);
    }
    least
}

/// The time is in the report.
#[tokio::test]
async fn text_flood_costs_no_more_with_long_secret() {
    let plugin = attacker();
    let time = |bytes: usize| {
        let plugin = plugin.clone();
        async move {
            let begun = Instant::now();
            let config = with_secret("flood-diagnostics", bytes);
            let message = Message {
                timeout_ms: Some(5_000),
                ..code_to(MAINLAND)
            };
            let sent = plugin.send_message_reported(&config, &message).await;
            let took = begun.elapsed();
            assert!(matches!(sent.outcome, Err(SendError::NotSent(_))));
            let unreported = took.saturating_sub(sent.report.total);
            assert!(
                unreported < took / 2 + Duration::from_millis(20),
                "{took:?} {:?}",
                sent.report.total
            );
            took
        }
    };
    let short = least(|| time(32)).await;
    for bytes in [1_700, 8 << 10, 63 << 10] {
        let long = least(|| time(bytes)).await;
        println!("{bytes} bytes of secret: {long:?}, 32 bytes: {short:?}");
        assert!(
            long < 10 * short + Duration::from_millis(50),
            "{bytes}: {long:?}, {short:?}"
        );
    }
}

#[tokio::test]
async fn neighbour_sends_while_text_flood_is_searched() {
    let key = rcgen::KeyPair::generate().unwrap().serialize_pem();
    let server = Server::start(polite);
    let simulator = Simulator::builder().start_blocking().unwrap();
    let host = host().build().unwrap();
    let load = |source, origin: &str| host.load_with(source, granting(&[origin]), None).unwrap();
    let evil = load(hostile(), &server.url()).for_tenant("evil");
    let honest = load(support::component(), &simulator.url()).for_tenant("honest");
    let mut orders = support::config(None);
    orders["attack"] = "flood-diagnostics".into();
    orders["private_key"] = key.repeat(8).into();
    let (orders, config) = (
        to_config(&orders),
        to_config(&support::config(Some(&simulator.url()))),
    );
    let messages = async {
        let begun = Instant::now();
        for nth in 0..5 {
            let message = code_to(&format!("+861391000{nth:04}"));
            honest.send_message(&config, &message).await.unwrap();
        }
        begun.elapsed()
    };
    let alone = messages.await;
    let messages = async {
        let begun = Instant::now();
        for nth in 5..10 {
            let message = code_to(&format!("+861391000{nth:04}"));
            honest.send_message(&config, &message).await.unwrap();
        }
        begun.elapsed()
    };
    let to = code_to(MAINLAND);
    let (flood, beside) = tokio::join!(evil.send_message(&orders, &to), messages);
    assert!(matches!(flood, Err(SendError::NotSent(_))));
    println!("five messages alone {alone:?}, beside {beside:?}");
    assert!(
        beside < 20 * alone + Duration::from_millis(500),
        "{alone:?}, {beside:?}"
    );
}

#[tokio::test]
async fn config_beyond_contract_bound_is_refused_first() {
    let plugin = attacker();
    // It is not scanned: a thousand such calls take less time than one scan of it.
    let config = Config::new("\"".repeat(8 << 20));
    let fault = HostFault::ConfigTooLong {
        bytes: 8 << 20,
        limit: CONFIG_BYTES,
    };
    let begun = Instant::now();
    for _ in 0..1_000 {
        let sent = plugin.send_message(&config, &code_to(MAINLAND)).await;
        assert_eq!(sent, Err(SendError::NotSent(fault.clone().into())));
    }
    assert!(begun.elapsed() < Duration::from_secs(5));
    let preview = plugin.preview_message(&config, &code_to(MAINLAND)).await;
    assert_eq!(preview, Err(fault.clone().into()));
    let findings = plugin.validate_config(&config, &[]).await.unwrap();
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].code, "too-long");
    assert!(findings[0].message.contains("65536"), "{findings:?}");
}

/// Preparing a config's data for redaction takes little time.
#[tokio::test]
async fn kept_config_data_is_bounded_and_cheap() {
    let plugin = attacker();
    let time = |bytes: usize| {
        let plugin = plugin.clone();
        async move {
            let config = with_secret("", bytes);
            let begun = Instant::now();
            plugin
                .send_message(&config, &code_to(MAINLAND))
                .await
                .unwrap_err();
            begun.elapsed()
        }
    };
    let short = least(|| time(32)).await;
    for bytes in [4 << 10, 8 << 10, 63 << 10] {
        let long = least(|| time(bytes)).await;
        println!("a config with {bytes} bytes of secret: {long:?}, with 32: {short:?}");
        assert!(
            long < 50 * short + Duration::from_millis(20),
            "{bytes}: {long:?}, {short:?}"
        );
    }
    // 64 KiB of short secrets.
    let many: Vec<String> = (0..6_000).map(|n| format!("{n:06}")).collect();
    let config = Config::new(json!({"attack": "", "secret": many}).to_string());
    let begun = Instant::now();
    plugin
        .send_message(&config, &code_to(MAINLAND))
        .await
        .unwrap_err();
    assert!(begun.elapsed() < 50 * short + Duration::from_millis(50));
}
