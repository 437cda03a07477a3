//! Bounds of a check, and answers that are none.

use super::*;

/// The checks that were not made say so.
#[test]
fn check_ends_after_sixteen_requests() {
    let full: Vec<_> = (0..50).map(|_| signature("other", 0)).collect();
    let mut service = Service::new(with("DescribeSmsSignList", move |_| signatures(&full)));
    let checks = run(&config(), &mut service);
    assert_eq!(service.asked.len(), 16);
    let check = of(&checks, "signature");
    assert_eq!(check.verdict, Verdict::CannotVerify);
    assert!(check.message.contains("16 requests"), "{check:?}");
    assert_eq!(
        verdict(&checks, "/templates/0/templateCode/mainland"),
        Verdict::CannotVerify
    );
}

/// A second attempt would be the seventeenth request, which hosts deny.
#[test]
fn last_request_is_not_repeated() {
    let full: Vec<_> = (0..50).map(|_| signature("other", 0)).collect();
    let mut signature_pages = 0;
    let mut service = Service::new(with("DescribeSmsSignList", move |_| {
        signature_pages += 1;
        match signature_pages {
            15 => dated(
                refusal("AuthFailure.SignatureExpire"),
                "Mon, 25 Feb 2019 17:51:05 GMT",
            ),
            _ => signatures(&full),
        }
    }));
    let checks = run(&config(), &mut service);
    assert_eq!(service.asked.len(), 16);
    let check = of(&checks, "signature");
    let code = Some("AuthFailure.SignatureExpire");
    assert_eq!(value(check, "provider-code"), code);
}

#[test]
fn check_fails_only_without_any_answer() {
    let mut service = Service::new(|_: &Asked| unreachable());
    let failure =
        check_config::<TencentSms>(&config(), Language::English, None, &mut service).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Unreachable);
    assert_eq!(service.asked.len(), 1);

    let checks = checks(&config(), with("DescribeSmsSignList", |_| unreachable()));
    assert_eq!(verdict(&checks, "signature"), Verdict::CannotVerify);
    assert_eq!(
        verdict(&checks, "/templates/0/templateCode/mainland"),
        Verdict::Pass
    );
}

#[test]
fn unusable_answer_counts_as_silence() {
    let page = |status: u16, body: &'static str| move |_: &Asked| raw(status, body);
    for (status, body) in [
        (502, "<html>"),
        (
            502,
            r#"{"Response":{"Error":{"Code":"UnauthorizedOperation"}}}"#,
        ),
        (200, "<html>"),
        (200, "{}"),
        (200, r#"{"Response":{"RequestId":"r"}}"#),
        (200, r#"{"Response":{"DescribeSignListStatusSet":7}}"#),
        (302, r#"{"Response":{"DescribeSignListStatusSet":[]}}"#),
    ] {
        let checks = checks(&config(), with("DescribeSmsSignList", page(status, body)));
        let check = of(&checks, "signature");
        assert_eq!(check.verdict, Verdict::CannotVerify, "{status} {body}");
        for key in ["provider-code", "permission"] {
            assert_eq!(value(check, key), None, "{status} {body}");
        }
    }
    // An entry that is not understood makes the whole answer useless, or a template would be called missing.
    let entry = r#"{"Response":{"DescribeTemplateStatusSet":[{"TemplateId":"11"}]}}"#;
    let checks = checks(&config(), with("DescribeSmsTemplateList", page(200, entry)));
    assert_eq!(
        verdict(&checks, "/templates/0/templateCode/mainland"),
        Verdict::CannotVerify
    );
}

#[test]
fn deadline_is_the_smallest_limit() {
    for (timeout, limit, expected) in [
        (None, None, 8_000),
        (Some(9_000), None, 8_000),
        (Some(500), None, 500),
        (Some(500), Some(300), 300),
    ] {
        let config = config_with(|config| {
            if let Some(limit) = limit {
                config["timeoutMs"] = limit.into();
            }
        });
        let mut service = Service::new(all_is_well);
        check_config::<TencentSms>(&config, Language::English, timeout, &mut service).unwrap();
        assert!(
            service
                .asked
                .iter()
                .all(|asked| asked.deadline_ms == expected)
        );
    }
}
