use std::sync::LazyLock;

use super::*;
use crate::config::{Form, UNKNOWN_KEY};
use crate::contract::{Attributes, attribute};
use crate::http::{Request, Response, Url};
use crate::testing::Script;
use crate::text::Text;

/// A provider that takes a token, and a limit on a call.
struct Acme;

struct AcmeConfig<'c> {
    token: &'c str,
}

const EMPTY: Text = Text::new("", "");
const TOKEN: Form = Form::new(|text| text.len() < 10, "a token", "令牌");

static FIELDS: [Field; 2] = [
    Field::new("token", EMPTY).required().secret(),
    Field::TIMEOUT_MS,
];

impl Connector for Acme {
    type Config<'c> = AcmeConfig<'c>;
    const FIELDS: &'static [Field] = &FIELDS;
    const SCHEMA_RULES: &'static str = r#"{"required": ["token"]}"#;
    const METADATA: Metadata = Metadata {
        id: "acme",
        version: "1.0.0",
        names: &[("en", "Acme")],
        descriptions: &[("en", "Acme.")],
        attributes: &[],
    };

    fn read_config<'c>(config: &Object<'c, '_>) -> Option<AcmeConfig<'c>> {
        let token = config.required_text("token", &TOKEN);
        Some(AcmeConfig { token: token? })
    }

    fn preview(config: &AcmeConfig<'_>, message: &Message) -> Result<Preview, Failure> {
        Ok(Preview {
            route: config.token.into(),
            template: message.usage.clone(),
            parameters: Vec::new(),
            attributes: Attributes::new(),
        })
    }

    fn send(
        _: &AcmeConfig<'_>,
        message: &Message,
        client: &mut Client<'_>,
    ) -> Result<Receipt, SendError> {
        client.send(&request())?;
        Ok(Receipt {
            message_id: message.to.clone(),
            request_id: None,
            attributes: Attributes::new(),
        })
    }
}

static URL: LazyLock<Url> = LazyLock::new(|| Url::parse("https://acme.example").unwrap());

fn request() -> Request<'static> {
    Request::post_json(&URL, b"{}".to_vec())
}

fn script() -> Script {
    Script::new(|_| Ok(Response::new(200, "")))
}

fn message() -> Message {
    Message {
        to: "+8613800138000".into(),
        usage: "SignIn".into(),
        ..Message::default()
    }
}

const CONFIG: &str = r#"{"token": "abc"}"#;

/// The contract's bounds, each at its edge and beyond.
#[test]
fn message_is_accepted_up_to_the_bounds() {
    let with = |change: &dyn Fn(&mut Message)| {
        let mut message = message();
        change(&mut message);
        let mut script = script();
        let sent = send_message::<Acme>(CONFIG, &message, &mut script);
        let previewed = preview_message::<Acme>(CONFIG, &message);
        assert_eq!(script.requests, usize::from(sent.is_ok()));
        match (sent, previewed) {
            (Ok(_), Ok(_)) => true,
            (Err(SendError::NotSent(failure)), Err(other)) => {
                assert_eq!(failure, other);
                assert_eq!(failure.kind, FailureKind::InvalidMessage);
                assert_eq!(failure.attributes, [attribute("turn", "caller")]);
                false
            }
            other => panic!("{other:?}"),
        }
    };
    let pairs = |count: usize| vec![(String::from("n"), String::from("v")); count];
    let pair = |name: usize, value: usize| vec![("n".repeat(name), "v".repeat(value))];
    let variables =
        |pairs: Vec<(String, String)>| with(&|message| message.variables = pairs.clone());
    assert!(variables(pairs(64)));
    assert!(!variables(pairs(65)));
    assert!(variables(pair(1_024, 1_024)));
    assert!(!variables(pair(1_025, 0)));
    assert!(!variables(pair(0, 1_025)));
    let id = |id: &str| with(&|message| message.correlation_id = Some(id.into()));
    assert!(id(&"x".repeat(128)));
    assert!(!id(&"x".repeat(129)));
    assert!(id(" !~") && id(""));
    for control in ["\n", "\u{7f}", "\u{e9}", "a\u{0}"] {
        assert!(!id(control), "{control:?}");
    }
}

#[test]
fn deadline_is_the_smallest_limit() {
    for (of_message, of_config, expected) in [
        (None, None, 8_000),
        (Some(500), None, 500),
        (None, Some(700), 700),
        (Some(500), Some(700), 500),
        (Some(900), Some(700), 700),
        (Some(60_000), Some(60_000), 8_000),
        (Some(8_000), None, 8_000),
        (Some(8_001), None, 8_000),
        (Some(0), None, 0),
    ] {
        let config = match of_config {
            Some(limit) => format!(r#"{{"token": "abc", "timeoutMs": {limit}}}"#),
            None => CONFIG.into(),
        };
        let message = Message {
            timeout_ms: of_message,
            ..message()
        };
        let mut script = script();
        send_message::<Acme>(&config, &message, &mut script).unwrap();
        let found = script.deadline_ms;
        assert_eq!(found, Some(expected), "{of_message:?} {of_config:?}");
    }
}

/// Warnings are listed with the errors, and not counted.
#[test]
fn invalid_config_fails_with_every_finding() {
    let config = r#"{"token": "", "other": 1}"#;
    let mut script = script();
    let sent = send_message::<Acme>(config, &message(), &mut script);
    let Err(SendError::NotSent(failure)) = sent else {
        panic!("{sent:?}")
    };
    assert_eq!(failure.kind, FailureKind::InvalidConfig);
    let codes: Vec<_> = failure
        .diagnostics
        .iter()
        .map(|found| found.code.as_str())
        .collect();
    assert_eq!(codes, ["unknown-key", "blank"]);
    assert!(failure.message.contains("errors: 1."), "{failure:?}");
    assert_eq!(
        preview_message::<Acme>(config, &message()).unwrap_err(),
        failure
    );
    assert_eq!(script.requests, 0);
    let findings = validate_config::<Acme>(config, Language::English);
    assert_eq!(findings, failure.diagnostics);
}

#[test]
fn warnings_alone_do_not_block() {
    let config = r#"{"token": "abc", "other": 1}"#;
    let findings = validate_config::<Acme>(config, Language::Chinese);
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].message, UNKNOWN_KEY.text.zh);
    assert!(preview_message::<Acme>(config, &message()).is_ok());
}

#[test]
fn unreadable_config_is_one_error_at_the_root() {
    for (config, code) in [
        ("", "not-json"),
        ("{", "not-json"),
        ("[]", "wrong-type"),
        (&"[".repeat(17), "too-deep"),
        (&" ".repeat(65_537), "too-long"),
    ] {
        let findings = validate_config::<Acme>(config, Language::English);
        assert_eq!(findings.len(), 1);
        assert_eq!(
            (findings[0].pointer.as_str(), findings[0].code.as_str()),
            ("", code)
        );
        assert_eq!(findings[0].severity, Severity::Error);
    }
}

#[test]
fn transport_error_is_the_outcome_in_words() {
    let failure = || Failure::new(FailureKind::Timeout, Turn::Provider, "No answer came.");
    for error in [SendError::NotSent(failure()), SendError::Unknown(failure())] {
        let given = error.clone();
        let mut script = Script::new(move |_| Err(given.clone()));
        let sent = send_message::<Acme>(CONFIG, &message(), &mut script);
        assert_eq!(sent, Err(error.in_words()));
        assert_eq!(script.requests, 1);
    }
}

#[test]
fn guard_follows_the_field_table() {
    let guard = config_guard::<Acme>(Language::English);
    assert_eq!(guard.secret_pointers, ["/token"]);
    let schema: serde_json::Value = serde_json::from_str(&guard.json_schema).unwrap();
    assert_eq!(schema["required"], serde_json::json!(["token"]));
    let form: serde_json::Value = serde_json::from_str(&guard.form_json).unwrap();
    assert_eq!(form[0]["key"], "token");
}

/// The contract: never empty.
#[test]
fn receipt_without_a_serial_number_is_unknown() {
    for (id, is_accepted) in [("sm-1", true), ("", false), (" ", false), ("a\nb", false)] {
        let message = Message {
            to: id.into(),
            ..message()
        };
        // The connector above makes the serial number of `to`.
        match send_message::<Acme>(CONFIG, &message, &mut script()) {
            Ok(_) => assert!(is_accepted, "{id:?}"),
            Err(SendError::Unknown(_)) => assert!(!is_accepted, "{id:?}"),
            other => panic!("{other:?}"),
        }
    }
}

fn failure() -> Failure {
    Failure::new(FailureKind::Timeout, Turn::Provider, "No answer came.")
}

/// A second one could be a second message. A refused request can be repeated, and so can every query.
#[test]
fn unknown_outcome_is_the_last_request_of_a_message() {
    let unknown = || Err(SendError::Unknown(failure()));
    let not_sent = || Err(SendError::NotSent(failure()));
    let mut network = Script::new(move |_| unknown());
    let mut client = Client::new(&mut network, 1_000).for_message();
    let outcomes = [client.send(&request()), client.send(&request())];
    for outcome in outcomes {
        assert_eq!(outcome.err(), unknown().err());
    }
    assert_eq!(network.requests, 1);
    let mut network = Script::new(move |_| not_sent());
    let mut client = Client::new(&mut network, 1_000).for_message();
    let _ = [client.send(&request()), client.send(&request())];
    assert_eq!(network.requests, 2);
    let mut network = Script::new(move |_| unknown());
    let mut client = Client::new(&mut network, 1_000);
    let _ = [client.send(&request()), client.send(&request())];
    assert_eq!(network.requests, 2);
}

#[test]
fn request_that_no_host_sends_is_not_sent() {
    let mut network = script();
    let mut client = Client::new(&mut network, 1_000).for_message();
    let request = request().with_header("authorization", "two\nlines");
    let error = client.send(&request).err().unwrap();
    assert!(matches!(error, SendError::NotSent(_)));
    assert_eq!(network.requests, 0);
}

#[cfg(feature = "receipts")]
mod optional {
    use super::*;
    use crate::contract::Acknowledgement;

    impl Operations for Acme {
        fn check(
            _: &AcmeConfig<'_>,
            _: Language,
            client: &mut Client<'_>,
        ) -> Result<Vec<Check>, Failure> {
            let sent = client.send(&request());
            sent.map(|_| Vec::new()).map_err(SendError::into_failure)
        }

        fn find(
            _: &AcmeConfig<'_>,
            _: &DeliveryQuery,
            client: &mut Client<'_>,
        ) -> Result<Deliveries, Failure> {
            let sent = client.send(&request());
            let none = Deliveries {
                found: Vec::new(),
                exhaustive: true,
            };
            sent.map(|_| none).map_err(SendError::into_failure)
        }
    }

    impl Receipts for Acme {
        fn read_callback(
            _: &AcmeConfig<'_>,
            _: &Callback,
        ) -> Result<CallbackContent, CallbackRefusal> {
            Ok(CallbackContent {
                receipts: Vec::new(),
                acknowledgement: Acknowledgement {
                    status: 204,
                    content_type: "text/plain".into(),
                    body: String::new(),
                },
            })
        }

        fn report_conversion(
            _: &AcmeConfig<'_>,
            _: &Conversion,
            client: &mut Client<'_>,
        ) -> Result<(), Failure> {
            let sent = client.send(&request());
            sent.map(|_| ()).map_err(SendError::into_failure)
        }
    }

    /// One deadline rule for everything that makes requests.
    #[test]
    fn every_call_has_the_smallest_limit() {
        let config = r#"{"token": "abc", "timeoutMs": 700}"#;
        for (timeout, expected) in [(None, 700), (Some(500), 500), (Some(9_000), 700)] {
            let mut script = script();
            check_config::<Acme>(config, Language::English, timeout, &mut script).unwrap();
            assert_eq!(script.deadline_ms, Some(expected));
            let query = DeliveryQuery::default();
            find_deliveries::<Acme>(config, &query, timeout, &mut script).unwrap();
            assert_eq!(script.deadline_ms, Some(expected));
            let conversion = Conversion::default();
            report_conversion::<Acme>(config, &conversion, timeout, &mut script).unwrap();
            assert_eq!((script.deadline_ms, script.requests), (Some(expected), 3));
        }
    }

    #[test]
    fn query_with_impossible_correlation_id_is_refused() {
        let mut script = script();
        for (id, is_valid) in [
            ("x".repeat(128), true),
            ("x".repeat(129), false),
            ("\n".into(), false),
        ] {
            let query = DeliveryQuery {
                correlation_id: Some(id),
                ..DeliveryQuery::default()
            };
            let found = find_deliveries::<Acme>(CONFIG, &query, None, &mut script);
            assert_eq!(found.is_ok(), is_valid);
        }
        assert_eq!(script.requests, 1);
    }

    #[test]
    fn callback_of_the_largest_size_is_read() {
        let read = |config: &str, bytes: usize| {
            let callback = Callback {
                body: vec![b' '; bytes],
                ..Callback::default()
            };
            read_callback::<Acme>(config, &callback).map_err(|refusal| refusal.kind)
        };
        assert!(read(CONFIG, 65_536).is_ok());
        assert_eq!(read(CONFIG, 65_537), Err(CallbackRefusalKind::TooLarge));
        assert_eq!(read("{}", 0), Err(CallbackRefusalKind::InvalidConfig));
    }

    #[test]
    fn invalid_config_causes_no_request() {
        let mut script = script();
        let checked = check_config::<Acme>("{}", Language::Chinese, None, &mut script);
        let failure = checked.unwrap_err();
        assert_eq!(failure.kind, FailureKind::InvalidConfig);
        assert!(!failure.diagnostics[0].message.is_ascii());
        let conversion = Conversion::default();
        let reported = report_conversion::<Acme>("{}", &conversion, None, &mut script);
        assert_eq!(reported.unwrap_err().kind, FailureKind::InvalidConfig);
        let query = DeliveryQuery::default();
        let found = find_deliveries::<Acme>("{}", &query, None, &mut script);
        assert_eq!(found.unwrap_err().kind, FailureKind::InvalidConfig);
        assert_eq!(script.requests, 0);
    }
}
