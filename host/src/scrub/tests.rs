use super::*;
use crate::contract::FailureKind;

const KEY: &str = "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE";
const CONFIG: &str =
    r#"{"accessKeySecret":"Gu5t9xGARNpq86cd98joQYCN3EXAMPLE","endpoint":"sms.example.com"}"#;

fn cleaned(text: &str) -> String {
    let config = Config::new(CONFIG);
    let variables = vec![
        ("code".to_owned(), "918273".to_owned()),
        ("ttl".to_owned(), "5".to_owned()),
    ];
    let mut text = text.to_owned();
    Scrub::new(&config, "+86 138-0013-8000", &variables).text(&mut text);
    text
}

#[test]
fn a_secret_a_number_and_a_code_are_taken_out_however_they_are_written() {
    for hidden in [
        KEY.to_owned(),
        hex::encode(KEY),
        hex::encode_upper(KEY),
        "R3U1dDl4R0FSTnBxODZjZDk4am9RWUNOM0VYQU1QTEU=".to_owned(),
        "+8613800138000".to_owned(),
        "+86 138 0013 8000".to_owned(),
        "(138) 0013-8000".to_owned(),
        "00138000".to_owned(),
        hex::encode("+8613800138000"),
        // base64 of `+8613800138000`.
        "Kzg2MTM4MDAxMzgwMDA=".to_owned(),
        "918273".to_owned(),
        hex::encode("918273"),
        // base64 of `918273`.
        "OTE4Mjcz".to_owned(),
    ] {
        let clean = cleaned(&format!("before {hidden} after"));
        assert!(clean.contains(MASK), "{hidden}: {clean}");
        assert!(
            clean.starts_with("before ") && clean.ends_with(" after"),
            "{clean}"
        );
        assert!(clean.len() < 40, "{hidden}: {clean}");
    }
    assert_eq!(cleaned("验证码918273，请"), "验证码****，请");
    assert_eq!(cleaned("code:918273x"), "code:****x");
}

#[test]
fn what_a_plugin_asked_of_the_network_is_its_text_as_well() {
    let config = Config::new(CONFIG);
    let variables = vec![("code".to_owned(), "918273".to_owned())];
    let mut asked = [HttpExchange {
        method: "PATCH".to_owned(),
        origin: "https://c-918273.evil.test".to_owned(),
        path: format!("/{KEY}/{}", "p".repeat(10_000)),
        request_headers: vec!["x-8613800138000".to_owned(); 1_000],
        ..HttpExchange::default()
    }];
    Scrub::new(&config, "+8613800138000", &variables).exchanges(&mut asked);
    let [asked] = asked;
    assert_eq!(asked.origin, "https://c-****.evil.test");
    assert!(asked.path.starts_with("/****/ppp") && asked.path.len() <= WORD + 3);
    assert_eq!(asked.request_headers, vec!["x-****"; ATTRIBUTES]);
}

#[test]
fn what_only_resembles_them_stays() {
    for open in [
        "cannot reach sms.example.com within 5 s",
        "9246:591234274517952691400000001",
        "template 19182731, 9182730",
        "138****8000",
        "a0aabda6-dc13-4d1c-84c4-cf2b5d0ac1f2",
        "",
    ] {
        assert_eq!(cleaned(open), open);
    }
}

#[test]
fn an_identifier_keeps_a_short_code_and_loses_a_number_a_secret_and_a_long_code() {
    let config = Config::new(CONFIG);
    let id = |text: &str, code: &str| {
        let variables = vec![("code".to_owned(), code.to_owned())];
        let mut text = text.to_owned();
        Scrub::new(&config, "+8613800138000", &variables).identifier(&mut text);
        text
    };
    assert_eq!(id("9246:59123", "9246"), "9246:59123");
    assert_eq!(id("924611:59123", "924611"), "****:59123");
    assert_eq!(id("59246115", "924611"), "59246115");
    assert_eq!(id("x-8613800138000", "1"), "x-****");
    assert_eq!(id(KEY, "1"), MASK);
}

#[test]
fn a_part_of_a_long_secret_is_found_and_a_cut_leaves_no_beginning_of_one() {
    let long = "k7".repeat(400);
    let config = Config::new(format!(r#"{{"privateKey":"{long}"}}"#));
    let scrub = Scrub::of_config(&config);
    let mut text = format!("{} {}", "x".repeat(TEXT - 5), long);
    scrub.text(&mut text);
    assert!(!text.contains("k7k7"), "{text}");
    assert!(text.len() <= TEXT + MASK.len() + '…'.len_utf8());
}

#[test]
fn a_plugin_that_floods_its_failure_is_cut_short() {
    let config = Config::new("{}");
    let mut cause = CallError::Connector(Box::new(Failure {
        kind: FailureKind::Other,
        message: "m".repeat(1 << 20),
        provider_code: Some("c".repeat(10_000)),
        request_id: Some("验".repeat(10_000)),
        retry_after_ms: None,
        diagnostics: vec![],
        attributes: vec![("k".repeat(10_000), "v".repeat(10_000)); 1_000],
    }));
    Scrub::of_config(&config).cause(&mut cause);
    let failure = cause.failure().unwrap();
    assert!(failure.message.len() <= TEXT + 3);
    assert!(failure.provider_code.as_ref().unwrap().len() <= WORD + 3);
    assert!(failure.request_id.as_ref().unwrap().len() <= WORD + 3);
    assert_eq!(failure.attributes.len(), ATTRIBUTES);
    assert!(failure.attributes[0].1.len() <= TEXT + 3);
}
