//! Input at its limits and far beyond them: a typed error, never a trap, and memory that stops growing.
//!
//! The component has a stack of 64 KiB. The host grants it 8 MiB, 500 ms of computing, and 2 MiB per crossing.

use crate::support::{CODE, MAINLAND, code_to, component, config, host, load, not_sent, to_config};
use auth_connector_host::{CallError, Config, Diagnostic, FailureKind, Plugin};
use wasmtime::component::{Component, Func, Linker, TypedFunc, Val};
use wasmtime::{Engine, ResourceLimiter, Store};

/// The contract's limit on a config, in bytes.
const MAX_CONFIG: usize = 65_536;

/// A valid config, padded to a length.
fn padded(bytes: usize) -> Config {
    let text = config(None).to_string();
    Config::new(format!("{text}{}", " ".repeat(bytes - text.len())))
}

/// A valid config, with an unknown key of this depth.
fn deep(levels: usize) -> Config {
    let text = config(None).to_string();
    // The config itself is the first level.
    let (open, close) = ("[".repeat(levels - 1), "]".repeat(levels - 1));
    Config::new(format!("{},\"x\":{open}{close}}}", &text[..text.len() - 1]))
}

/// Codes of the errors in a config.
async fn errors(plugin: &Plugin, config: &Config) -> Vec<String> {
    let findings = plugin.validate_config(config, &[]).await.unwrap();
    let errors = findings
        .into_iter()
        .filter(|finding| finding.severity == auth_connector_host::Severity::Error);
    errors.map(|finding| finding.code).collect()
}

#[tokio::test]
async fn config_beyond_65536_bytes_is_refused_for_length() {
    let plugin = load(host());
    assert!(errors(&plugin, &padded(MAX_CONFIG)).await.is_empty());
    for bytes in [MAX_CONFIG + 1, 1_000_000] {
        assert_eq!(
            errors(&plugin, &padded(bytes)).await,
            ["too-long"],
            "{bytes}"
        );
        let sent = plugin
            .send_message(&padded(bytes), &code_to(MAINLAND))
            .await;
        let error = sent.unwrap_err();
        assert!(error.is_certainly_not_sent());
        assert_eq!(error.kind(), FailureKind::InvalidConfig);
    }
}

#[tokio::test]
async fn config_beyond_16_levels_is_refused_for_depth() {
    let plugin = load(host());
    assert!(errors(&plugin, &deep(16)).await.is_empty());
    for levels in [17, 18, 30_000] {
        assert_eq!(
            errors(&plugin, &deep(levels)).await,
            ["too-deep"],
            "{levels}"
        );
    }
    let objects = Config::new("{\"a\":".repeat(10_000));
    assert_eq!(errors(&plugin, &objects).await, ["too-deep"]);
}

#[tokio::test]
async fn wholly_wrong_config_is_answered_within_host_caps() {
    let plugin = load(host());
    let list = |item: &str| {
        let items = vec![item; (MAX_CONFIG - 20) / (item.len() + 1)].join(",");
        Config::new(format!("{{\"templates\":[{items}]}}"))
    };
    let keys = vec!["\"a\":0"; MAX_CONFIG / 6 - 1].join(",");
    let regions = vec!["\"region\":0"; MAX_CONFIG / 11 - 1].join(",");
    for config in [
        list("0"),
        list("{}"),
        list("[]"),
        list("{\"x\":0}"),
        list("{\"usageType\":0,\"templateCode\":0,\"params\":0,\"locale\":0,\"kind\":0}"),
        list("{\"usageType\":\"a\",\"templateCode\":{\"mainland\":\"x\"}}"),
        list("{\"usageType\":\"\",\"templateCode\":1}"),
        Config::new(format!("{{{keys}}}")),
        Config::new(format!("{{{regions}}}")),
        Config::new(format!("[{}]", vec!["0"; MAX_CONFIG / 2 - 1].join(","))),
    ] {
        let beginning = &config.expose()[..60];
        let findings = plugin.validate_config(&config, &[]).await;
        assert!(!findings.expect(beginning).is_empty(), "{beginning}");
        let failure = not_sent(plugin.send_message(&config, &code_to(MAINLAND)).await);
        assert_eq!(failure.kind, FailureKind::InvalidConfig, "{beginning}");
    }
}

#[tokio::test]
async fn variables_beyond_64_or_1024_bytes_are_refused() {
    let plugin = load(host());
    let config = to_config(&config(None));
    let message = |count: usize, bytes: usize| {
        let mut message = code_to(MAINLAND);
        let long = "v".repeat(bytes);
        let more = (1..count).map(|index| (format!("name{index}"), long.clone()));
        message.variables.extend(more);
        message
    };
    for (count, bytes, taken) in [
        (64, 1_024, true),
        (65, 1, false),
        (2, 1_025, false),
        (5_000, 100, false),
        (2, 1_000_000, false),
    ] {
        let preview = plugin
            .preview_message(&config, &message(count, bytes))
            .await;
        match preview {
            Ok(preview) => assert!(taken && preview.parameters == [CODE], "{count} of {bytes}"),
            Err(CallError::Connector(failure)) => {
                assert!(
                    !taken && failure.kind == FailureKind::InvalidMessage,
                    "{count} of {bytes}"
                );
            }
            Err(fault) => panic!("{fault}"),
        }
    }
}

/// The inputs are the number, the usage, the languages and the correlation id.
#[tokio::test]
async fn huge_inputs_are_answered_and_not_repeated() {
    let plugin = load(host());
    let config = to_config(&config(None));
    let huge = "x".repeat(1_000_000);
    let mut usage = code_to(MAINLAND);
    usage.usage.clone_from(&huge);
    // An unknown usage falls back to Generic, however long it is.
    assert!(plugin.preview_message(&config, &usage).await.is_ok());

    let mut locales = code_to(MAINLAND);
    locales.locales = vec!["a-".repeat(1_000); 1_000];
    assert!(plugin.preview_message(&config, &locales).await.is_ok());

    for to in [
        huge.clone(),
        format!("+86{}", "1".repeat(1_000_000)),
        " ".repeat(1_000_000),
    ] {
        let failure = not_sent(plugin.send_message(&config, &code_to(&to)).await);
        assert_eq!(failure.kind, FailureKind::InvalidMessage);
        assert!(format!("{failure:?}").len() < 1_000);
    }
    let mut id = code_to(MAINLAND);
    id.correlation_id = Some(huge);
    assert_eq!(
        not_sent(plugin.send_message(&config, &id).await).kind,
        FailureKind::InvalidMessage
    );
}

#[tokio::test]
async fn thousands_of_calls_each_get_fresh_instance() {
    let plugin = load(host());
    let config = to_config(&config(None));
    let mut memory = Vec::new();
    for _ in 0..2_000 {
        let sent = plugin
            .send_message_reported(&config, &code_to(MAINLAND))
            .await;
        assert_eq!(not_sent(sent.outcome).kind, FailureKind::Denied);
        memory.push(sent.report.memory_bytes);
    }
    memory.dedup();
    assert_eq!(memory.len(), 1, "{memory:?}");
}

/// Growth of an instance's memory, in bytes.
#[derive(Default)]
struct Grown(usize);

impl ResourceLimiter for Grown {
    fn memory_growing(
        &mut self,
        _: usize,
        desired: usize,
        _: Option<usize>,
    ) -> wasmtime::Result<bool> {
        self.0 = self.0.max(desired);
        Ok(true)
    }

    fn table_growing(&mut self, _: usize, _: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        Ok(true)
    }
}

type Validate = TypedFunc<(String, Vec<String>), (Vec<Diagnostic>,)>;

/// One instance whose imports trap: neither function needs any.
fn one_instance() -> (Store<Grown>, Validate, Func) {
    let engine = Engine::default();
    let component = Component::from_file(&engine, component()).unwrap();
    let mut linker = Linker::new(&engine);
    linker.define_unknown_imports_as_traps(&component).unwrap();
    let mut store = Store::new(&engine, Grown::default());
    store.limiter(|grown| grown);
    let instance = linker.instantiate(&mut store, &component).unwrap();
    let sms = instance.get_export_index(&mut store, None, "auth:connector/sms@0.1.0");
    let mut index = |name| {
        instance
            .get_export_index(&mut store, sms.as_ref(), name)
            .unwrap()
    };
    let (validate, preview) = (index("validate-config"), index("preview-message"));
    let validate = instance.get_typed_func(&mut store, validate).unwrap();
    let preview = instance.get_func(&mut store, preview).unwrap();
    (store, validate, preview)
}

/// A message as a value of the component model.
fn message(to: &str) -> Val {
    let text = |text: &str| Val::String(text.into());
    let code = Val::Tuple(vec![text("code"), text(CODE)]);
    let fields = [
        ("to", text(to)),
        ("usage", text("Register")),
        ("variables", Val::List(vec![code])),
        ("locales", Val::Option(None)),
        ("correlation-id", Val::Option(None)),
        ("timeout-ms", Val::Option(None)),
        ("attributes", Val::Option(None)),
    ];
    Val::Record(fields.map(|(name, value)| (name.into(), value)).into())
}

/// All calls run on one instance.
#[test]
fn memory_stays_constant_over_ten_thousand_calls() {
    let (mut store, validate, preview) = one_instance();
    let good = config(None).to_string();
    let configs = [
        good.clone(),
        "{}".to_owned(),
        good[..300].to_owned(),
        "[".repeat(20),
    ];
    let mut after_first = 0;
    for round in 0..10_000 {
        let text = configs[round % configs.len()].clone();
        let locales = vec!["zh-CN".to_owned(); round % 3];
        let (findings,) = validate.call(&mut store, (text.clone(), locales)).unwrap();
        assert_eq!(findings.is_empty(), text == good);
        let to = if round % 2 == 0 { MAINLAND } else { "nonsense" };
        let mut previewed = [Val::Bool(false)];
        let arguments = [Val::String(text.clone()), message(to)];
        preview
            .call(&mut store, &arguments, &mut previewed)
            .unwrap();
        let is_ok = matches!(previewed, [Val::Result(Ok(_))]);
        assert_eq!(is_ok, text == good && round % 2 == 0);
        if round == 11 {
            after_first = store.data().0;
        }
    }
    assert!(after_first > 0);
    assert_eq!(store.data().0, after_first);
}

/// The instance keeps no more memory than that config needed.
#[test]
fn instance_goes_on_after_the_largest_config() {
    let (mut store, validate, _) = one_instance();
    let largest = padded(MAX_CONFIG).expose().to_owned();
    let mut sizes = Vec::new();
    for _ in 0..100 {
        for text in [&largest, &"x".repeat(1_000_000)] {
            validate
                .call(&mut store, (text.clone(), Vec::new()))
                .unwrap();
        }
        sizes.push(store.data().0);
    }
    sizes.dedup();
    assert_eq!(sizes.len(), 1, "{sizes:?}");
}
