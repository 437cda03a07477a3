//! Corpora of the fuzz targets, through the component: it answers any bytes, and does not trap.

use crate::support::{
    INTERNATIONAL, MAINLAND, Server, State, code_to, config, host, load, state, to_config,
};
use auth_connector_host::{CallError, Config, DeliveryQuery};
use std::path::Path;
use std::sync::{Arc, Mutex};

/// The corpus of a fuzz target, as texts: the contract carries configs and numbers as texts.
fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../fuzz/corpus")
        .join(target);
    let files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let name = entry.file_name().to_string_lossy().into_owned();
            (name, std::fs::read(entry.path()).unwrap())
        })
        .collect();
    assert!(files.len() >= 10, "{target}: {}", files.len());
    files
}

fn texts(target: &str) -> impl Iterator<Item = (String, String)> {
    corpus(target)
        .into_iter()
        .filter_map(|(name, bytes)| Some((name, String::from_utf8(bytes).ok()?)))
}

#[tokio::test]
async fn configs_are_read_and_used_without_a_trap() {
    let plugin = load(host());
    let (mut usable, mut refused) = (0, 0);
    for (name, text) in texts("config") {
        let config = Config::new(text);
        let findings = plugin.validate_config(&config, &[]).await;
        let findings = findings.unwrap_or_else(|fault| panic!("{name}: {fault}"));
        let errors = findings
            .iter()
            .any(|finding| finding.severity == auth_connector_host::Severity::Error);
        for number in [MAINLAND, INTERNATIONAL] {
            match plugin.preview_message(&config, &code_to(number)).await {
                Ok(_) => assert!(!errors, "{name}"),
                Err(CallError::Connector(failure)) => {
                    let at_fault = failure.kind == auth_connector_host::FailureKind::InvalidConfig;
                    assert_eq!(at_fault, errors, "{name}");
                }
                Err(fault) => panic!("{name}: {fault}"),
            }
            // No origin is granted, so nothing is sent.
            let sent = plugin.send_message(&config, &code_to(number)).await;
            assert!(matches!(state(sent), State::NotSent(_)), "{name}");
        }
        if errors {
            refused += 1;
        } else {
            usable += 1;
        }
    }
    assert!(usable > 0 && refused > 0, "{usable} {refused}");
}

#[tokio::test]
async fn responses_end_in_one_of_three_states() {
    let script = Arc::new(Mutex::new(Vec::new()));
    let shared = script.clone();
    let server = Server::start(move |mut peer| {
        let script = shared.clone();
        async move {
            while peer.request().await.is_some() {
                let bytes = script.lock().unwrap().clone();
                peer.write(&bytes).await;
            }
        }
    });
    let plugin = load(host().allow(&server.url()).unwrap());
    let config = to_config(&config(Some(&server.url())));
    let query = DeliveryQuery {
        to: MAINLAND.to_owned(),
        max_age_s: 3_600,
        correlation_id: None,
        message_id: None,
    };
    let [mut accepted, mut not_sent, mut unknown] = [0; 3];
    for (name, file) in corpus("response") {
        *script.lock().unwrap() = http(&file);
        let before = server.requests().len();
        let outcome = plugin.send_message(&config, &code_to(MAINLAND)).await;
        let requests = server.requests().len() - before;
        assert!((1..=2).contains(&requests), "{name}");
        // The same bytes in response to every request of a look-up.
        let checked = plugin.check_config(&config, &[], None).await;
        let found = plugin.find_deliveries(&config, &query, None).await;
        for fault in [checked.err(), found.err()].into_iter().flatten() {
            assert!(matches!(fault, CallError::Connector(_)), "{name}: {fault}");
        }
        match state(outcome) {
            State::Accepted(_) => {
                accepted += 1;
                assert!(
                    String::from_utf8_lossy(&file).to_lowercase().contains("ok"),
                    "{name}"
                );
            }
            State::NotSent(_) => not_sent += 1,
            State::Unknown(_) => unknown += 1,
        }
    }
    assert!(
        accepted > 0 && not_sent > 0 && unknown > 0,
        "{accepted} {not_sent} {unknown}"
    );
}

/// A file of the corpus, `STATUS DATE`, a line break and a body, in HTTP.
fn http(file: &[u8]) -> Vec<u8> {
    let end = file.iter().position(|byte| *byte == b'\n');
    let head = end.and_then(|end| {
        let line = std::str::from_utf8(&file[..end]).ok()?;
        let (status, date) = line.split_once(' ').unwrap_or((line, ""));
        Some((status.parse::<u16>().ok()?, date, &file[end + 1..]))
    });
    let (status, date, body) = head.unwrap_or((200, "", file));
    // Below 200 the response is not final, and above 599 the status has no meaning.
    let status = status.clamp(200, 599);
    let date = if date.bytes().all(|byte| (b' '..=b'~').contains(&byte)) && !date.is_empty() {
        format!("date: {date}\r\n")
    } else {
        String::new()
    };
    let length = body.len();
    let mut bytes =
        format!("HTTP/1.1 {status} X\r\n{date}content-length: {length}\r\n\r\n").into_bytes();
    if !matches!(status, 204 | 304) {
        bytes.extend_from_slice(body);
    }
    bytes
}

#[tokio::test]
async fn numbers_are_read_or_refused() {
    let plugin = load(host());
    let config = to_config(&config(None));
    let (mut read, mut refused) = (0, 0);
    for (name, text) in texts("phone") {
        let message = code_to(&text);
        match plugin.preview_message(&config, &message).await {
            Ok(preview) => {
                read += 1;
                let shown = format!("{preview:?}");
                let digits: String = text.chars().filter(char::is_ascii_digit).collect();
                assert!(
                    !shown.contains(&digits[digits.len().saturating_sub(8)..]),
                    "{name}"
                );
            }
            Err(CallError::Connector(failure)) => {
                refused += 1;
                assert_eq!(
                    failure.kind,
                    auth_connector_host::FailureKind::InvalidMessage,
                    "{name}"
                );
            }
            Err(fault) => panic!("{name}: {fault}"),
        }
    }
    assert!(read > 0 && refused > 0, "{read} {refused}");
}
