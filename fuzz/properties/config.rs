//! Any text as a config.

use std::collections::BTreeMap;

use connector_kit::config::{MAX_FINDINGS, Place, Reader, secret_pointers};
use connector_kit::connector::{preview_message, send_message, validate_config};
use connector_kit::contract::{Diagnostic, FailureKind, Message, SendError, Severity};
use connector_kit::http::{Request, Response, Transport};
use connector_kit::json;
use connector_kit::text::Language;
use serde_json::Value;
use tencent_sms_connector::TencentSms;
use tencent_sms_connector::config::{self, FIELDS};

const LANGUAGES: [Language; 2] = [Language::English, Language::Chinese];

const CODE: &str = "918273";

/// Value put at each secret pointer of the guard.
const CANARY: &str = "Canary7h2s9d4k1x8w3q";

/// See the parent module.
pub fn config(data: &[u8]) {
    let Ok(text) = core::str::from_utf8(data) else {
        return;
    };
    let usable = all_or_nothing(text);
    for to in ["+8613800138000", "+447700900123"] {
        used(text, &message(to), usable);
    }
    let Ok(document) = serde_json::from_str::<Value>(text) else {
        return;
    };
    no_value_shows(&document);
    no_secret_shows(&document);
}

/// Every finding has its place, code and words in both languages. Returns whether none of them is an error.
fn all_or_nothing(text: &str) -> bool {
    let [english, chinese] =
        LANGUAGES.map(|language| validate_config::<TencentSms>(text, language));
    assert_eq!(english.len(), chinese.len());
    assert!(
        english.len() <= MAX_FINDINGS + 1,
        "{} findings",
        english.len()
    );
    for (one, other) in english.iter().zip(&chinese) {
        assert_eq!(
            (&one.pointer, &one.code, one.severity),
            (&other.pointer, &other.code, other.severity)
        );
        assert!(
            one.message != other.message && !one.message.is_empty() && !other.message.is_empty()
        );
        assert!(one.message.len() <= 1_000, "{}", one.message);
        assert!(is_pointer(&one.pointer), "{}", one.pointer);
    }
    !english
        .iter()
        .any(|found| found.severity == Severity::Error)
}

/// Returns true for an empty pointer, or for steps that are array indexes or keys. A key of an operator's may be a
/// misplaced secret, and a secret, a number or a code has digits.
fn is_pointer(pointer: &str) -> bool {
    let step = |step: &str| {
        let step = step.replace("~1", "/").replace("~0", "~");
        let is_index = !step.is_empty() && step.bytes().all(|byte| byte.is_ascii_digit());
        let is_word = |word: &str| {
            let digits = word.bytes().filter(u8::is_ascii_digit).count();
            digits == 0 || digits <= 3 && word.len() <= 12
        };
        let mut words = step.split(|character: char| !character.is_alphanumeric());
        let is_key = !step.chars().any(char::is_control) && words.all(is_word);
        is_index || is_key
    };
    pointer.is_empty()
        || pointer
            .strip_prefix('/')
            .is_some_and(|steps| steps.split('/').all(step))
}

fn message(to: &str) -> Message {
    Message {
        to: to.into(),
        usage: "SignIn".into(),
        variables: vec![
            ("code".into(), CODE.into()),
            ("ttlMinutes".into(), "5".into()),
        ],
        locales: Some(vec!["zh-CN".into(), "en".into()]),
        correlation_id: Some("fuzzing".into()),
        ..Message::default()
    }
}

/// Uses a config: a preview and a send agree, and the request is well formed.
fn used(text: &str, message: &Message, usable: bool) {
    let preview = preview_message::<TencentSms>(text, message);
    let mut host = Refusing::default();
    let sent = send_message::<TencentSms>(text, message, &mut host);
    match (&preview, &sent) {
        (Ok(_), _) => assert!(usable && host.requests == 1),
        (Err(failure), Err(SendError::NotSent(other))) => {
            assert_eq!(failure, other);
            assert_eq!(host.requests, 0);
            assert_eq!(failure.kind == FailureKind::InvalidConfig, !usable);
            if !usable {
                assert_eq!(
                    failure.diagnostics,
                    validate_config::<TencentSms>(text, Language::English)
                );
            }
        }
        (Err(_), _) => panic!("sent although the preview failed"),
    }
}

/// Refuses everything, in the words of the request.
#[derive(Default)]
struct Refusing {
    requests: usize,
}

impl Transport for Refusing {
    fn unix_time_s(&mut self) -> u64 {
        1_551_113_065
    }

    fn exchange(&mut self, request: &Request<'_>, deadline_ms: u32) -> Result<Response, SendError> {
        self.requests += 1;
        assert!((1..=8_000).contains(&deadline_ms));
        assert!(
            request.url.tls || is_loopback(&request.url.authority),
            "{}",
            request.url.authority
        );
        assert!(
            request
                .url
                .authority
                .bytes()
                .all(|byte| byte.is_ascii_graphic())
        );
        for (name, value) in &request.headers {
            // A line break ends a header, and another could follow.
            let printable = value.bytes().all(|byte| (b' '..=b'~').contains(&byte));
            assert!(printable, "header {name}");
        }
        assert_eq!(request.body.last(), Some(&b'}'));
        let body: Value = serde_json::from_slice(&request.body).expect("JSON");
        let numbers = body["PhoneNumberSet"].as_array().map(Vec::len);
        assert_eq!(numbers, Some(1));
        let template = body["TemplateId"].as_str().unwrap_or_default();
        assert!(!template.is_empty() && template.bytes().all(|byte| byte.is_ascii_digit()));

        let echo: Vec<&str> = request
            .headers
            .iter()
            .map(|(_, value)| value.as_ref())
            .collect();
        let echo = format!(
            "{CODE} {CANARY} {} {}",
            echo.join(" "),
            String::from_utf8_lossy(&request.body)
        );
        let answer = serde_json::json!({"Response": {
            "Error": {"Code": "FailedOperation.JsonParseFail", "Message": echo},
            "RequestId": CANARY,
        }});
        Ok(Response::new(200, answer.to_string()))
    }
}

fn is_loopback(authority: &str) -> bool {
    let host = authority
        .rsplit_once(':')
        .map_or(authority, |(host, port)| {
            if port.ends_with(']') { authority } else { host }
        });
    ["127.0.0.1", "localhost", "[::1]"].contains(&host)
}

/// The words of a diagnostic follow from its place and code: other values that are wrong in the same way get the
/// same words, so none of them can be a value's. (`unserved-route` also names one of the two routes.)
fn no_value_shows(document: &Value) {
    let mut others = document.clone();
    turn(&mut others);
    for language in LANGUAGES {
        let [ours, theirs] = [document, &others].map(|document| {
            words(validate_config::<TencentSms>(
                &document.to_string(),
                language,
            ))
        });
        for (place, words) in &ours {
            if let Some(other) = theirs.get(place) {
                assert_eq!(words, other, "{place:?}");
            }
        }
    }
}

fn words(diagnostics: Vec<Diagnostic>) -> BTreeMap<(String, String), String> {
    let entry = |found: Diagnostic| {
        let words = format!("{} {:?}", found.message, found.attributes);
        ((found.pointer, found.code), words)
    };
    diagnostics
        .into_iter()
        .filter(|found| found.code != "unserved-route")
        .map(entry)
        .collect()
}

/// Replaces every letter and digit of every value by the next one. Usages stay, because some are looked for by
/// name and named when they are absent.
fn turn(value: &mut Value) {
    match value {
        Value::String(text) => *text = text.chars().map(next).collect(),
        Value::Array(items) => items.iter_mut().for_each(turn),
        Value::Object(members) => members
            .iter_mut()
            .filter(|(key, _)| *key != "usageType")
            .for_each(|(_, value)| turn(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn next(character: char) -> char {
    match character {
        'z' => 'a',
        'Z' => 'A',
        '9' => '0',
        'a'..='y' | 'A'..='Y' | '0'..='8' => char::from(character as u8 + 1),
        _ => character,
    }
}

/// Whatever is at the guard's secret pointers shows nowhere, used or not, though the server repeats it.
fn no_secret_shows(document: &Value) {
    let mut document = document.clone();
    for pointer in secret_pointers(&FIELDS) {
        let Some((parent, key)) = pointer.rsplit_once('/') else {
            continue;
        };
        if let Some(Value::Object(members)) = document.pointer_mut(parent) {
            members.insert(key.into(), CANARY.into());
        }
    }
    let text = document.to_string();
    let mut shown = String::new();
    for language in LANGUAGES {
        shown.push_str(&format!(
            "{:?}",
            validate_config::<TencentSms>(&text, language)
        ));
    }
    if let Ok(document) = json::parse(&text) {
        let reader = Reader::default();
        let object = reader.object(Place::Root, &document, &FIELDS);
        let config = object.and_then(|object| config::read(&object));
        shown.push_str(&format!("{config:?} {reader:?}"));
    }
    for to in ["+8613800138000", "+447700900123"] {
        shown.push_str(&format!(
            "{:?}",
            preview_message::<TencentSms>(&text, &message(to))
        ));
        let sent = send_message::<TencentSms>(&text, &message(to), &mut Refusing::default());
        shown.push_str(&format!("{sent:?}"));
        assert!(!format!("{sent:?}").contains(CODE), "{sent:?}");
    }
    assert!(!shown.contains(CANARY), "{shown}");
}
