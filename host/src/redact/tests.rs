//! Texts and figures of every kind of answer, searched.

use super::*;
use crate::contract::{
    Attributes, Check, Deliveries, Delivery, DeliveryState, Diagnostic, Failure, FailureKind,
    Preview, Severity, Verdict,
};
use crate::error::CallError;
use crate::report::{CallReport, HttpExchange};
use auth_connector_redaction::MASK;
use std::time::Duration;

const KEY: &str = "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE";
const CONFIG: &str =
    r#"{"accessKeySecret":"Gu5t9xGARNpq86cd98joQYCN3EXAMPLE","endpoint":"sms.example.com"}"#;
const TO: &str = "+86 138-0013-8000";

fn code(code: &str) -> Attributes {
    let ttl = ("ttl".to_owned(), "5".to_owned());
    vec![("code".to_owned(), code.to_owned()), ttl]
}

/// Scrubs what a call returned that had a code of six digits, in a minute.
async fn scrub(config: &str, texts: Texts<'_>) -> bool {
    let (config, variables) = (SecretText::new(config), code("918273"));
    let until = Instant::now() + Duration::from_secs(60);
    Redaction::new(&config, TO, &variables)
        .run(texts, until)
        .await
}

fn delivery(message_id: &str, attributes: usize) -> Delivery {
    Delivery {
        message_id: message_id.to_owned(),
        age_s: 60,
        state: DeliveryState::Pending,
        attributes: vec![("k".to_owned(), "v".to_owned()); attributes],
    }
}

/// Deliveries after redaction.
async fn left_of(found: Vec<Delivery>) -> Deliveries {
    let mut deliveries = Deliveries {
        found,
        exhaustive: true,
    };
    if !scrub(CONFIG, listed(&mut deliveries)).await {
        deliveries.note_left_out();
    }
    deliveries
}

/// An id that was cut or masked would name another message, or none.
#[tokio::test]
async fn deliveries_beyond_a_bound_are_dropped_and_not_exhaustive() {
    let id = "i".repeat(texts::WORD);
    for (found, left) in [
        (vec![delivery("m-1", 1); 1_024], 1_024),
        (vec![delivery("m-1", 1); 1_025], 1_024),
        (vec![delivery(&id, 1), delivery("m-1", 1)], 2),
        (vec![delivery(&format!("{id}i"), 1), delivery("m-1", 1)], 1),
    ] {
        let all = found.len();
        let deliveries = left_of(found).await;
        assert_eq!(deliveries.found.len(), left);
        assert_eq!(deliveries.exhaustive, left == all, "{left} of {all}");
    }
    for many in [delivery("m-1", 20), delivery(&id, 0)] {
        let deliveries = left_of(vec![many.clone(); 1_000]).await;
        assert!(!deliveries.exhaustive);
        assert!((100..900).contains(&deliveries.found.len()));
        assert!(deliveries.found.iter().all(|one| *one == many));
    }
}

/// The only error of a config, or the only check that failed, may come last of too many.
#[test]
fn error_beyond_bound_is_kept() {
    let finding = |severity| Diagnostic {
        severity,
        pointer: String::new(),
        code: String::new(),
        message: String::new(),
        attributes: Vec::new(),
    };
    let check = |verdict| Check {
        subject: String::new(),
        verdict,
        message: String::new(),
        attributes: Vec::new(),
    };
    for warnings in [1_023, 1_024] {
        let mut findings = vec![finding(Severity::Warning); warnings];
        findings.push(finding(Severity::Error));
        listed(&mut findings);
        assert_eq!(findings.len(), 1_024);
        let mut errors = findings
            .iter()
            .filter(|one| one.severity == Severity::Error);
        assert!(errors.next().is_some(), "{warnings}");

        let mut checks = vec![check(Verdict::Pass); warnings];
        checks.push(check(Verdict::Fail));
        listed(&mut checks);
        assert_eq!(checks.len(), 1_024);
        assert!(checks.iter().any(|one| one.verdict == Verdict::Fail));
    }
}

/// A figure is a plugin's choice wherever it stands.
#[tokio::test]
async fn figures_behind_too_many_texts_are_left_out() {
    let mut report = CallReport {
        memory_bytes: 2_918_273,
        fuel: Some(918_273),
        ..CallReport::default()
    };
    let mut deliveries = Deliveries {
        found: vec![delivery("m-1", 60); 200],
        exhaustive: true,
    };
    let mut texts = listed(&mut deliveries);
    texts.report(&mut report);
    assert!(!scrub(CONFIG, texts).await);
    assert_eq!((report.memory_bytes, report.fuel), (1 << 22, None));
    assert_eq!(deliveries.found[199].age_s, u32::MAX);
}

fn listed(answer: &mut impl Answer) -> Texts<'_> {
    let mut texts = Texts::default();
    answer.list(&mut texts);
    texts
}

fn failure(message: &str) -> Failure {
    Failure {
        kind: FailureKind::Other,
        message: message.to_owned(),
        provider_code: None,
        request_id: None,
        retry_after_ms: None,
        diagnostics: vec![],
        attributes: vec![],
    }
}

#[tokio::test]
async fn a_preview_keeps_its_parameters_and_no_secret() {
    let all = format!("{KEY} +8613800138000 918273");
    let mut preview = Preview {
        route: all.clone(),
        template: all.clone(),
        parameters: vec!["918273".to_owned(), all.clone()],
        attributes: vec![("to".to_owned(), all.clone())],
    };
    scrub(CONFIG, listed(&mut preview)).await;
    assert_eq!(preview.route, "**** +**** ****");
    assert_eq!(preview.template, preview.route);
    assert_eq!(
        preview.attributes,
        [("to".to_owned(), preview.route.clone())]
    );
    assert_eq!(preview.parameters, ["918273", "**** +8613800138000 918273"]);
}

#[tokio::test]
async fn figure_holding_code_or_number_is_left_out() {
    for (wait, kept) in [
        (Some(918_273), None),
        (Some(918_273_000), None),
        (Some(1_918_273), None),
        (Some(30_000), Some(30_000)),
    ] {
        let mut failure = failure("x");
        failure.retry_after_ms = wait;
        scrub(CONFIG, listed(&mut failure)).await;
        assert_eq!(failure.retry_after_ms, kept, "{wait:?}");
    }
    let delivery = |age_s| Delivery {
        message_id: "1".to_owned(),
        age_s,
        state: DeliveryState::Pending,
        attributes: vec![],
    };
    let mut deliveries = Deliveries {
        found: vec![delivery(918_273), delivery(60)],
        exhaustive: true,
    };
    scrub(CONFIG, listed(&mut deliveries)).await;
    assert_eq!(deliveries.found, [delivery(u32::MAX), delivery(60)]);
}

#[tokio::test]
async fn plugin_chosen_request_details_are_redacted() {
    let mut report = CallReport {
        memory_bytes: 2_918_273,
        fuel: Some(918_273),
        http: vec![HttpExchange {
            method: "PATCH".to_owned(),
            origin: "https://c-918273.evil.test".to_owned(),
            path: format!("/{KEY}/{}", "p".repeat(10_000)),
            request_headers: vec!["x-8613800138000".to_owned(); 1_000],
            request_body_bytes: 918_273,
            response_body_bytes: 1_000,
            error: Some("length 918273".to_owned()),
            ..HttpExchange::default()
        }],
        ..CallReport::default()
    };
    let mut texts = Texts::default();
    texts.report(&mut report);
    scrub(CONFIG, texts).await;
    assert_eq!((report.memory_bytes, report.fuel), (1 << 22, None));
    let asked = &report.http[0];
    assert_eq!(asked.origin, "https://c-****.evil.test");
    assert!(asked.path.starts_with("/****/ppp") && asked.path.len() <= texts::WORD + 3);
    assert_eq!(asked.request_headers, vec!["x-****"; texts::ATTRIBUTES]);
    assert_eq!(asked.error.as_deref(), Some("length ****"));
    assert_eq!(asked.request_body_bytes, 1 << 20);
    assert_eq!(asked.response_body_bytes, 1_000);
}

#[tokio::test]
async fn flooded_failure_is_truncated() {
    let mut cause = CallError::Connector(Box::new(Failure {
        message: "m".repeat(1 << 20),
        provider_code: Some("c".repeat(10_000)),
        request_id: Some("验".repeat(10_000)),
        attributes: vec![("k".repeat(10_000), "v".repeat(10_000)); 1_000],
        ..failure("")
    }));
    let mut texts = Texts::default();
    cause.list(&mut texts);
    scrub("{}", texts).await;
    let failure = cause.failure().unwrap();
    assert!(failure.message.len() <= texts::TEXT + 3);
    assert!(failure.provider_code.as_ref().unwrap().len() <= texts::WORD + 3);
    assert!(failure.request_id.as_ref().unwrap().len() <= texts::WORD + 3);
    assert_eq!(failure.attributes.len(), texts::ATTRIBUTES);
    assert!(failure.attributes[0].1.len() <= texts::TEXT + 3);
}

fn findings(count: usize) -> Vec<Diagnostic> {
    let text = "f".repeat(1_000);
    let finding = Diagnostic {
        pointer: "/x".to_owned(),
        code: "x".to_owned(),
        severity: Severity::Error,
        message: text,
        attributes: vec![],
    };
    vec![finding; count]
}

#[tokio::test]
async fn text_beyond_search_limit_is_masked() {
    let mut many = findings(400);
    scrub(CONFIG, listed(&mut many)).await;
    assert!(many[0].message.starts_with("fff"));
    assert_eq!(many[399].message, MASK);
}

#[tokio::test]
async fn what_is_not_searched_in_time_is_masked() {
    let mut many = findings(100);
    let (config, variables) = (SecretText::new(CONFIG), code("918273"));
    let over = Instant::now();
    Redaction::new(&config, TO, &variables)
        .run(listed(&mut many), over)
        .await;
    assert_eq!(many[99].message, MASK);
    assert!(many.iter().filter(|one| one.message != MASK).count() < 10);
}

#[tokio::test]
async fn config_with_too_many_secrets_shows_no_text() {
    let config = serde_json::json!({ "password": "x1".repeat(CONFIG_BYTES / 4) }).to_string();
    let mut failure = failure("something");
    failure.retry_after_ms = Some(5);
    scrub(&config, listed(&mut failure)).await;
    assert_eq!(failure.message, MASK);
    assert_eq!(failure.retry_after_ms, None);
}

/// The thread is given up: a task that only counts has its turn many times meanwhile.
#[tokio::test]
async fn other_tasks_have_their_turn_during_a_search() {
    let turns = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0));
    let counted = turns.clone();
    let counting = tokio::spawn(async move {
        loop {
            counted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            tokio::task::yield_now().await;
        }
    });
    let mut many = findings(200);
    scrub(CONFIG, listed(&mut many)).await;
    counting.abort();
    let turns = turns.load(std::sync::atomic::Ordering::Relaxed);
    assert!(turns > 20, "{turns} turns");
}
