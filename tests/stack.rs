//! How deep the component's stack gets. The stack is the first part of memory and grows down to address 0, below which
//! every access traps; so a component whose stack begins lower has a smaller one, and the smallest with which nothing
//! traps is the depth.

use crate::support::{
    CODE, INTERNATIONAL, MAINLAND, Server, code_to, component, config, to_config,
};
use auth_connector_host::{
    CallError, Config, ConnectorHost, DeliveryQuery, HostFault, Message, Plugin, SendError,
};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

/// What `.cargo/config.toml` tells the linker.
const STACK: u32 = 16_384;

/// How exactly the depth is found.
const STEP: u32 = 64;

/// The component with a smaller stack: the one global of the core module that begins at the stack's size, its stack
/// pointer, in as many bytes.
fn with_stack(bytes: u32) -> Vec<u8> {
    let global = |value: u32| {
        let [low, middle, high] = [value | 0x80, value >> 7 | 0x80, value >> 14]
            .map(|byte| u8::try_from(byte & 0xff).unwrap());
        // (global (mut i32) (i32.const value)); three bytes of a signed LEB128.
        [0x7f, 0x01, 0x41, low, middle, high & 0x3f, 0x0b]
    };
    let mut component = std::fs::read(component()).unwrap();
    let pattern = global(STACK);
    let places: Vec<usize> = (0..component.len() - pattern.len())
        .filter(|place| component[*place..].starts_with(&pattern))
        .collect();
    let [place] = places[..] else {
        panic!("one stack pointer that begins at {STACK}, not {places:?}")
    };
    component[place..place + pattern.len()].copy_from_slice(&global(bytes));
    component
}

/// A server that gives every request the same answer.
struct Answering {
    server: Server,
    answer: Arc<Mutex<Vec<u8>>>,
}

impl Answering {
    fn start() -> Self {
        let answer = Arc::new(Mutex::new(Vec::new()));
        let shared = answer.clone();
        let server = Server::start(move |mut peer| {
            let answer = shared.clone();
            async move {
                while peer.request().await.is_some() {
                    let bytes = answer.lock().unwrap().clone();
                    peer.write(&bytes).await;
                }
            }
        });
        Self { server, answer }
    }

    fn with(&self, body: &str) {
        let date = "date: Mon, 25 Feb 2019 16:44:25 GMT";
        let head = format!(
            "HTTP/1.1 200 OK\r\n{date}\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        *self.answer.lock().unwrap() = [head.as_bytes(), body.as_bytes()].concat();
    }
}

/// The configs that reach deepest: nested to the bound, wrong everywhere, with everything in them.
fn configs(endpoint: &str) -> Vec<Value> {
    let plain = config(Some(endpoint));
    let mut deep = plain.clone();
    deep["x"] = (0..13).fold(json!({"a": [true]}), |inner, level| match level % 2 {
        0 => json!([inner]),
        _ => json!({"a": inner}),
    });
    let mut full = plain.clone();
    full["sessionToken"] = "t".repeat(1_000).into();
    full["timeoutMs"] = 8_000.into();
    full["extendCode"] = "12".into();
    full["language"] = "zh-CN".into();
    full["allowedCountries"] = json!(vec!["+86"; 300]);
    full["allowedCountries"][299] = "44".into();
    full["deniedCountries"] = json!(vec!["1876"; 300]);
    full["international"] = json!({"sdkAppId": 2_400_006_666_u64, "signName": "Acme", "senderId": "ACME",
        "region": "ap-singapore", "endpoint": endpoint, "accessKeyId": "AKIDother", "accessKeySecret": "other",
        "sessionToken": "t".repeat(1_000)});
    for template in full["templates"].as_array_mut().unwrap() {
        template["kind"] = "notice".into();
        template["params"] = vec!["{{code}} and {{ttlMinutes}} at \u{1f600}"; 20].into();
    }
    let more = full["templates"][1].clone();
    for index in 0..50 {
        let mut more = more.clone();
        more["locale"] = format!("l{index}-Latn-CN").into();
        full["templates"].as_array_mut().unwrap().push(more);
    }
    let wrong = json!({"templates": vec![json!({"usageType": "SignIn", "templateCode": {"mainland": "x"}}); 500]});
    vec![plain, deep, full, wrong]
}

fn answers() -> Vec<String> {
    let refused = |code: &str, message: &str| {
        json!({"Response": {"Error": {"Code": code, "Message": message}, "RequestId": "r-1"}})
            .to_string()
    };
    let words = format!("{CODE} 138-0013-8000 \u{ff11}\u{ff12} ").repeat(1_000);
    let deep = format!("{{\"Response\":{}{}}}", "[".repeat(15), "]".repeat(15));
    let entry = |number: &str| json!({"SerialNo": "5000:1", "PhoneNumber": number, "Fee": 1, "SessionContext": "", "Code": "Ok", "Message": "send success", "IsoCode": "CN"});
    let set = |entries: &[Value]| {
        json!({"Response": {"SendStatusSet": entries, "RequestId": "r-1"}}).to_string()
    };
    let list = |key: &str, entry: &Value| {
        json!({"Response": {key: vec![entry; 100], "TotalCount": 1_000, "RequestId": "r-1"}})
            .to_string()
    };
    vec![
        set(&[entry(MAINLAND)]),
        set(&[entry(INTERNATIONAL)]),
        set(&vec![entry(MAINLAND); 400]),
        refused("AuthFailure.SignatureExpire", &words),
        refused("LimitExceeded.PhoneNumberDailyLimit", &words),
        refused("Brand.New", "\u{1}\u{2}"),
        deep,
        " ".repeat(100_000),
        list(
            "SendRecordSet",
            &json!({"PhoneNumber": MAINLAND, "SendTime": 1_551_113_000, "SendStatus": 2, "SerialNo": "5000:1", "StatusCode": "DELIVRD"}),
        ),
        list(
            "PullSmsSendStatusSet",
            &json!({"PhoneNumber": MAINLAND, "UserReceiveTime": 1_551_113_000, "SerialNo": "5000:1", "ReportStatus": "SUCCESS", "Description": "DELIVRD", "SessionContext": "c"}),
        ),
        list(
            "SmsPackagesStatisticsSet",
            &json!({"PackageAmount": 100, "CurrentUsage": 1, "PackageExpiredTime": "2099-01-01 00:00:00"}),
        ),
        list(
            "DescribeSignListStatusSet",
            &json!({"SignId": 1, "International": 0, "SignName": "腾讯云", "StatusCode": 0}),
        ),
        list(
            "DescribeTemplateStatusSet",
            &json!({"TemplateId": 1_110_000, "International": 0, "StatusCode": 0, "TemplateContent": "{1} in {2}"}),
        ),
    ]
}

fn messages() -> Vec<Message> {
    let mut full = code_to(MAINLAND);
    full.variables
        .push(("ttlMinutes".to_owned(), "5".to_owned()));
    let value = "v".repeat(1_024);
    full.variables
        .extend((2..64).map(|index| (format!("name{index}"), value.clone())));
    full.locales = vec!["zh-Hans-CN-x-private".to_owned(); 16];
    full.correlation_id = Some("c".repeat(128));
    let abroad = Message {
        to: INTERNATIONAL.to_owned(),
        ..full.clone()
    };
    vec![full, abroad, code_to("+86 (0) 138")]
}

fn trapped<T>(outcome: Result<T, impl Into<CallError>>) -> bool {
    matches!(
        outcome.map_err(Into::into),
        Err(CallError::Host(HostFault::Trapped(_)))
    )
}

/// Whether every function survives every input.
async fn survives(plugin: &Plugin, answering: &Answering) -> bool {
    let languages = [Vec::new(), vec!["zh-CN".to_owned()]];
    for locales in &languages {
        if trapped(plugin.get_config_guard(locales).await) {
            return false;
        }
    }
    if trapped(plugin.get_metadata().await) {
        return false;
    }
    for config in configs(&answering.server.url()) {
        let config: Config = to_config(&config);
        for locales in &languages {
            if trapped(plugin.validate_config(&config, locales).await) {
                return false;
            }
        }
        for message in messages() {
            if trapped(plugin.preview_message(&config, &message).await) {
                return false;
            }
            for answer in answers() {
                answering.with(&answer);
                if trapped(plugin.check_config(&config, &[], None).await) {
                    return false;
                }
                let query = DeliveryQuery {
                    to: message.to.clone(),
                    max_age_s: 3_600,
                    correlation_id: message.correlation_id.clone(),
                    message_id: None,
                };
                if trapped(plugin.find_deliveries(&config, &query, None).await) {
                    return false;
                }
                let sent = plugin.send_message(&config, &message).await;
                if trapped(
                    sent.map_err(|(SendError::NotSent(cause) | SendError::Unknown(cause))| cause),
                ) {
                    return false;
                }
            }
        }
    }
    true
}

#[tokio::test]
async fn the_deepest_inputs_leave_half_of_the_stack_untouched() {
    let answering = Answering::start();
    let load = |bytes: u32| {
        let host = ConnectorHost::builder().with(|options| options.system_roots = false);
        let host = host
            .allow(&answering.server.url())
            .unwrap()
            .build()
            .unwrap();
        host.load(&with_stack(bytes)[..]).unwrap()
    };
    let whole = load(STACK);
    // A config that is refused would not reach deep.
    for config in configs(&answering.server.url()).iter().take(3) {
        for message in messages().iter().take(2) {
            let preview = whole.preview_message(&to_config(config), message).await;
            assert!(preview.is_ok(), "{preview:?}");
        }
    }
    assert!(survives(&whole, &answering).await);
    // Too small and large enough.
    let (mut small, mut large) = (0, STACK / STEP);
    while large - small > 1 {
        let middle = u32::midpoint(small, large);
        if survives(&load(middle * STEP), &answering).await {
            large = middle;
        } else {
            small = middle;
        }
    }
    let deepest = large * STEP;
    println!("stack: {deepest} of {STACK} bytes at the deepest");
    // A search that finds nothing too small would find no trap either.
    assert!(small > 0);
    assert!(deepest <= STACK / 2, "{deepest} of {STACK}");
}
