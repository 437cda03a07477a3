//! Reports that a code was used.

use super::*;
use crate::tests::{
    NOW, REQUEST_ID, Reply, SECRET_KEY, Service, answer, dated, raw, refusal, unreachable,
};

fn conversion() -> Conversion {
    Conversion {
        message_id: "5000:1".into(),
        to: None,
        age_s: 60,
    }
}

fn report(conversion: &Conversion, service: &mut Service) -> Result<(), Failure> {
    report_with(&config_with(|_| {}), conversion, service)
}

fn report_with(
    config: &str,
    conversion: &Conversion,
    service: &mut Service,
) -> Result<(), Failure> {
    let reported = report_conversion::<TencentSms>(config, conversion, None, service);
    let shown = format!("{reported:?}");
    for hidden in ["13800138000", SECRET_KEY, "on its way"] {
        assert!(!shown.contains(hidden), "{shown}");
    }
    reported
}

fn status(code: &str) -> Reply {
    answer(&json!({"ReportConversionStatus": {"Code": code, "Message": "words"}}))
}

#[test]
fn request_names_serial_number_and_time() {
    let mut service = Service::with([status("Ok")]);
    report(&conversion(), &mut service).unwrap();
    let asked = &service.asked[0];
    assert_eq!(
        asked.body,
        json!({"SmsSdkAppId": "1400006666", "SerialNo": "5000:1", "ConversionTime": NOW - 60})
    );
    assert_eq!(asked.action, "ReportConversion");
    assert_eq!(asked.timestamp, NOW);
    assert_eq!(asked.header("x-tc-version"), "2021-01-11");
    assert_eq!(asked.header("x-tc-region"), "ap-guangzhou");
    let authorization = asked.header("authorization");
    let expected = "TC3-HMAC-SHA256 Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE/2019-02-25/sms/tc3_request, \
                    SignedHeaders=content-type;host, Signature=";
    assert!(authorization.starts_with(expected), "{authorization}");
}

#[test]
fn ok_in_any_case_is_taken() {
    for code in ["Ok", "OK", "ok"] {
        let mut service = Service::with([status(code)]);
        assert_eq!(report(&conversion(), &mut service), Ok(()), "{code}");
    }
}

#[test]
fn refusal_in_either_place_is_a_failure() {
    for reply in [
        refusal("FailedOperation.NotFound"),
        status("FailedOperation.NotFound"),
    ] {
        let mut service = Service::with([reply]);
        let failure = report(&conversion(), &mut service).unwrap_err();
        let code = failure.provider_code.as_deref();
        assert_eq!(code, Some("FailedOperation.NotFound"));
        assert_eq!(failure.request_id.as_deref(), Some(REQUEST_ID));
        assert_eq!(service.asked.len(), 1);
    }
}

/// The service takes reports from accounts on its list only.
#[test]
fn unlisted_account_is_unsupported() {
    let mut service = Service::with([refusal("UnauthorizedOperation")]);
    let failure = report(&conversion(), &mut service).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Unsupported);
    assert_eq!(failure.attributes, [attribute("turn", "operator")]);
    let mut service = Service::with([refusal("AuthFailure.UnauthorizedOperation")]);
    let failure = report(&conversion(), &mut service).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Denied);
}

#[test]
fn unusable_response_is_a_failure_of_the_provider() {
    let ok = r#"{"Response":{"ReportConversionStatus":{"Code":"Ok"},"RequestId":"r"}}"#;
    for (http_status, body) in [
        (200, ""),
        (200, "<html>"),
        (200, r#"{"Response":{}}"#),
        (200, r#"{"Response":{"ReportConversionStatus":"Ok"}}"#),
        (200, r#"{"Response":{"ReportConversionStatus":{}}}"#),
        (500, ok),
        (302, ok),
    ] {
        let mut service = Service::with([raw(http_status, body)]);
        let failure = report(&conversion(), &mut service).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Provider, "{http_status} {body}");
    }
    let unlisted = r#"{"Response":{"Error":{"Code":"UnauthorizedOperation"},"RequestId":"r"}}"#;
    let mut service = Service::with([raw(502, unlisted)]);
    let failure = report(&conversion(), &mut service).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Provider);
    let mut service = Service::with([unreachable()]);
    let failure = report(&conversion(), &mut service).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Unreachable);
}

/// The moment of the conversion is counted by the clock that signs.
#[test]
fn expired_signature_is_renewed_once() {
    let date = "Mon, 25 Feb 2019 16:50:00 GMT";
    let expired = || dated(refusal("AuthFailure.SignatureExpire"), date);
    let mut service = Service::with([expired(), status("Ok")]);
    report(&conversion(), &mut service).unwrap();
    let second = &service.asked[1];
    assert_eq!(second.timestamp, 1_551_113_400);
    assert_eq!(second.body["ConversionTime"], 1_551_113_400 - 60);
    let mut service = Service::with([expired(), expired()]);
    let failure = report(&conversion(), &mut service).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Authentication);
}

#[test]
fn number_decides_the_account() {
    let config = config_with(|config| {
        config["international"] = json!({"sdkAppId": "2400006666", "region": "ap-singapore"});
    });
    for (to, app) in [
        (None, "1400006666"),
        (Some("+86 138 0013 8000"), "1400006666"),
        (Some("+85268326366"), "2400006666"),
    ] {
        let mut service = Service::with([status("Ok")]);
        let conversion = Conversion {
            to: to.map(Into::into),
            ..conversion()
        };
        report_with(&config, &conversion, &mut service).unwrap();
        assert_eq!(service.asked[0].body["SmsSdkAppId"], app, "{to:?}");
    }
}

#[test]
fn impossible_report_causes_no_request() {
    let config = config_with(|_| {});
    let with = |message_id: &str, to: Option<&str>| Conversion {
        message_id: message_id.into(),
        to: to.map(Into::into),
        age_s: 0,
    };
    for (config, conversion, kind) in [
        (config.as_str(), with("", None), FailureKind::InvalidMessage),
        (
            &config,
            with("two words", None),
            FailureKind::InvalidMessage,
        ),
        (
            &config,
            with(&"1".repeat(97), None),
            FailureKind::InvalidMessage,
        ),
        (
            &config,
            with("1:1", Some("13800138000")),
            FailureKind::InvalidMessage,
        ),
        ("{}", with("1:1", None), FailureKind::InvalidConfig),
    ] {
        let mut service = Service::with([]);
        let failure = report_with(config, &conversion, &mut service).unwrap_err();
        assert_eq!(failure.kind, kind, "{conversion:?}");
        assert!(service.asked.is_empty());
    }
}

#[test]
fn age_beyond_the_clock_is_the_epoch() {
    let conversion = Conversion {
        age_s: u32::MAX,
        ..conversion()
    };
    let mut service = Service::with([status("Ok")]);
    report(&conversion, &mut service).unwrap();
    assert_eq!(service.asked[0].body["ConversionTime"], 0);
}
