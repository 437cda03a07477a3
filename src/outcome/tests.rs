//! The list of codes here is the tests' own: the gateway's 38 and the 49 of `SendSms`, from the service's
//! documentation and its SDKs. What each means to a caller is this project's decision, stated a second time.

use super::*;
use crate::send_sms;
use FailureKind::{
    Authentication, Denied, InvalidConfig, InvalidMessage, Other, Provider, Quota, RateLimited,
    RecipientRejected, Unsupported,
};
use alloc::format;
use alloc::vec::Vec;
use codes::Certainty::{NotSent, Unknown};

const CODES: [(&str, FailureKind, Certainty); 87] = [
    ("ActionOffline", Unsupported, NotSent),
    ("AuthFailure.InvalidAuthorization", Other, NotSent),
    ("AuthFailure.InvalidSecretId", Authentication, NotSent),
    ("AuthFailure.MFAFailure", Authentication, NotSent),
    ("AuthFailure.SecretIdNotFound", Authentication, NotSent),
    ("AuthFailure.SignatureExpire", Authentication, NotSent),
    ("AuthFailure.SignatureFailure", Authentication, NotSent),
    ("AuthFailure.TokenFailure", Authentication, NotSent),
    ("AuthFailure.UnauthorizedOperation", Denied, NotSent),
    ("DryRunOperation", Other, NotSent),
    ("FailedOperation", Provider, Unknown),
    ("InternalError", Provider, Unknown),
    ("InvalidAction", Unsupported, NotSent),
    ("InvalidParameter", Other, NotSent),
    ("InvalidParameterValue", Other, NotSent),
    ("InvalidRequest", Other, NotSent),
    ("IpInBlacklist", Denied, NotSent),
    ("IpNotInWhitelist", Denied, NotSent),
    ("LimitExceeded", RateLimited, NotSent),
    ("MissingParameter", Other, NotSent),
    ("NoSuchProduct", Unsupported, NotSent),
    ("NoSuchVersion", Unsupported, NotSent),
    ("RequestLimitExceeded", RateLimited, NotSent),
    (
        "RequestLimitExceeded.GlobalRegionUinLimitExceeded",
        RateLimited,
        NotSent,
    ),
    ("RequestLimitExceeded.IPLimitExceeded", RateLimited, NotSent),
    (
        "RequestLimitExceeded.UinLimitExceeded",
        RateLimited,
        NotSent,
    ),
    ("RequestSizeLimitExceeded", Other, NotSent),
    ("ResponseSizeLimitExceeded", Provider, Unknown),
    ("ResourceInUse", Provider, Unknown),
    ("ResourceInsufficient", Provider, Unknown),
    ("ResourceNotFound", Provider, Unknown),
    ("ResourceUnavailable", Provider, Unknown),
    ("ServiceUnavailable", Provider, Unknown),
    ("UnauthorizedOperation", Denied, NotSent),
    ("UnknownParameter", Other, NotSent),
    ("UnsupportedOperation", Unsupported, NotSent),
    ("UnsupportedProtocol", Other, NotSent),
    ("UnsupportedRegion", InvalidConfig, NotSent),
    (
        "FailedOperation.ContainSensitiveWord",
        InvalidMessage,
        NotSent,
    ),
    ("FailedOperation.FailResolvePacket", Other, NotSent),
    (
        "FailedOperation.InsufficientBalanceInSmsPackage",
        Quota,
        NotSent,
    ),
    ("FailedOperation.JsonParseFail", Other, NotSent),
    (
        "FailedOperation.MarketingSendTimeConstraint",
        RateLimited,
        NotSent,
    ),
    (
        "FailedOperation.PhoneNumberInBlacklist",
        RecipientRejected,
        NotSent,
    ),
    (
        "FailedOperation.SignatureIncorrectOrUnapproved",
        InvalidConfig,
        NotSent,
    ),
    (
        "FailedOperation.TemplateIncorrectOrUnapproved",
        InvalidConfig,
        NotSent,
    ),
    (
        "FailedOperation.TemplateParamSetNotMatchApprovedTemplate",
        InvalidConfig,
        NotSent,
    ),
    (
        "FailedOperation.TemplateUnapprovedOrNotExist",
        InvalidConfig,
        NotSent,
    ),
    ("InternalError.OtherError", Provider, Unknown),
    (
        "InternalError.RequestTimeException",
        Authentication,
        NotSent,
    ),
    (
        "InternalError.RestApiInterfaceNotExist",
        Unsupported,
        NotSent,
    ),
    ("InternalError.SendAndRecvFail", Provider, Unknown),
    ("InternalError.SigFieldMissing", Other, NotSent),
    ("InternalError.SigVerificationFail", Other, NotSent),
    ("InternalError.Timeout", Provider, Unknown),
    ("InternalError.UnknownError", Provider, Unknown),
    (
        "InvalidParameterValue.ContentLengthLimit",
        InvalidMessage,
        NotSent,
    ),
    (
        "InvalidParameterValue.IncorrectPhoneNumber",
        InvalidMessage,
        NotSent,
    ),
    (
        "InvalidParameterValue.ProhibitedUseUrlInTemplateParameter",
        InvalidMessage,
        NotSent,
    ),
    (
        "InvalidParameterValue.SdkAppIdNotExist",
        InvalidConfig,
        NotSent,
    ),
    (
        "InvalidParameterValue.TemplateParameterFormatError",
        InvalidMessage,
        NotSent,
    ),
    (
        "InvalidParameterValue.TemplateParameterLengthLimit",
        InvalidMessage,
        NotSent,
    ),
    ("LimitExceeded.AppCountryOrRegionDailyLimit", Quota, NotSent),
    (
        "LimitExceeded.AppCountryOrRegionInBlacklist",
        RecipientRejected,
        NotSent,
    ),
    ("LimitExceeded.AppDailyLimit", Quota, NotSent),
    ("LimitExceeded.AppGlobalDailyLimit", Quota, NotSent),
    ("LimitExceeded.AppMainlandChinaDailyLimit", Quota, NotSent),
    ("LimitExceeded.DailyLimit", Quota, NotSent),
    ("LimitExceeded.DeliveryFrequencyLimit", RateLimited, NotSent),
    (
        "LimitExceeded.GlobalSmsSendingRateLimit",
        RateLimited,
        NotSent,
    ),
    ("LimitExceeded.PhoneNumberCountLimit", Other, NotSent),
    ("LimitExceeded.PhoneNumberDailyLimit", RateLimited, NotSent),
    (
        "LimitExceeded.PhoneNumberOneHourLimit",
        RateLimited,
        NotSent,
    ),
    (
        "LimitExceeded.PhoneNumberSameContentDailyLimit",
        RateLimited,
        NotSent,
    ),
    (
        "LimitExceeded.PhoneNumberThirtySecondLimit",
        RateLimited,
        NotSent,
    ),
    ("MissingParameter.EmptyPhoneNumberSet", Other, NotSent),
    (
        "UnauthorizedOperation.IndividualUserMarketingSmsPermissionDeny",
        Denied,
        NotSent,
    ),
    (
        "UnauthorizedOperation.RequestIpNotInWhitelist",
        Denied,
        NotSent,
    ),
    (
        "UnauthorizedOperation.RequestPermissionDeny",
        Denied,
        NotSent,
    ),
    (
        "UnauthorizedOperation.SdkAppIdIsDisabled",
        InvalidConfig,
        NotSent,
    ),
    (
        "UnauthorizedOperation.ServiceSuspendDueToArrears",
        Quota,
        NotSent,
    ),
    (
        "UnauthorizedOperation.SmsSdkAppIdVerifyFail",
        InvalidConfig,
        NotSent,
    ),
    ("UnsupportedOperation", Unsupported, NotSent),
    (
        "UnsupportedOperation.ChineseMainlandTemplateToGlobalPhone",
        InvalidConfig,
        NotSent,
    ),
    (
        "UnsupportedOperation.ContainDomesticAndInternationalPhoneNumber",
        InvalidConfig,
        NotSent,
    ),
    (
        "UnsupportedOperation.GlobalTemplateToChineseMainlandPhone",
        InvalidConfig,
        NotSent,
    ),
    (
        "UnsupportedOperation.UnsupportedRegion",
        RecipientRejected,
        NotSent,
    ),
];

/// 2019-02-25 16:44:25 UTC, 00:44:25 of the next day in China.
const NOW: u64 = 1_551_113_065;

fn judge(status: u16, body: &str) -> Result<Receipt, SendError> {
    let number = PhoneNumber::parse("+8613800138000").unwrap();
    let sensitive = ["123456", "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE"];
    let scrubber = Scrubber {
        sensitive: &sensitive,
    };
    Context {
        number: &number,
        scrubber: &scrubber,
        timestamp: NOW,
    }
    .judge(status, body.as_bytes())
}

fn top_level(code: &str, message: &str) -> String {
    format!(
        r#"{{"Response":{{"Error":{{"Code":"{code}","Message":"{message}"}},"RequestId":"ed93f3cb-f35e-473f-b9f3-0d451b8b79c6"}}}}"#
    )
}

fn entry(code: &str, number: &str, serial: &str) -> String {
    format!(
        r#"{{"SerialNo":"{serial}","PhoneNumber":"{number}","Fee":1,"SessionContext":"","Code":"{code}","Message":"send success","IsoCode":"CN"}}"#
    )
}

fn set(entries: &[String]) -> String {
    format!(
        r#"{{"Response":{{"SendStatusSet":[{}],"RequestId":"a0aabda6-cf91-4f3e-a81f-9198114a2279"}}}}"#,
        entries.join(",")
    )
}

const SERIAL: &str = "5000:1045710669157053657849499619";

fn failure(error: SendError) -> (Certainty, Failure) {
    match error {
        SendError::NotSent(failure) => (NotSent, failure),
        SendError::Unknown(failure) => (Unknown, failure),
    }
}

#[test]
fn every_documented_code_is_in_the_table_with_its_kind_and_certainty() {
    let known: Vec<&str> = codes::known_codes().collect();
    for (code, kind, certainty) in CODES {
        assert!(known.contains(&code), "{code} is missing");
        let (class, _) = codes::classify(code);
        assert_eq!((class.kind, class.certainty), (kind, certainty), "{code}");
    }
    assert_eq!(CODES.len(), 38 + 49);
}

#[test]
fn the_table_names_no_code_twice() {
    let mut known: Vec<String> = codes::known_codes().map(str::to_ascii_lowercase).collect();
    let all = known.len();
    known.sort();
    known.dedup();
    assert_eq!(known.len(), all);
}

#[test]
fn codes_of_one_digest_are_one_code() {
    let all: Vec<&str> = codes::known_codes().collect();
    let digests: std::collections::BTreeSet<u64> =
        all.iter().map(|code| codes::digest(code)).collect();
    assert_eq!(digests.len(), all.len());
    assert!(!digests.contains(&0), "0 is for what is no code");
    // FNV-1a's own vectors, <http://www.isthe.com/chongo/tech/comp/fnv/>: the empty text, `a` and `foobar`.
    assert_eq!(codes::digest(""), 0xcbf2_9ce4_8422_2325);
    assert_eq!(codes::digest("a"), 0xaf63_dc4c_8601_ec8c);
    assert_eq!(codes::digest("FooBar"), 0x8594_4171_f739_67e8);
}

#[test]
fn what_holds_more_than_letters_and_dots_is_not_a_known_code() {
    for (code, known) in [
        ("LimitExceeded.DailyLimit", true),
        ("limitexceeded.DAILYLIMIT", true),
        ("LimitExceeded.DailyLimit1", false),
        ("LimitExceeded.DailyLimit ", false),
        ("LimitExceeded\u{e}DailyLimit", false),
        ("8613711112222", false),
        ("123456", false),
        ("", false),
    ] {
        assert_eq!(codes::classify(code).1, known, "{code}");
    }
}

#[test]
fn a_code_means_the_same_in_both_places_that_report_it() {
    for (code, kind, certainty) in CODES {
        for body in [
            top_level(code, "words"),
            set(&[entry(code, "+8613800138000", "")]),
        ] {
            let (found, failure) = failure(judge(200, &body).unwrap_err());
            assert_eq!((failure.kind, found), (kind, certainty), "{code}");
            assert_eq!(failure.provider_code.as_deref(), Some(code));
            assert!(failure.request_id.is_some(), "{code}");
        }
    }
}

#[test]
fn older_spellings_mean_what_the_newer_ones_mean() {
    for (older, newer) in [
        (
            "UnauthorizedOperation.SdkAppidIsDisabled",
            "UnauthorizedOperation.SdkAppIdIsDisabled",
        ),
        (
            "UnauthorizedOperation.SerivceSuspendDueToArrears",
            "UnauthorizedOperation.ServiceSuspendDueToArrears",
        ),
        (
            "UnsupportedOperation.UnsuportedRegion",
            "UnsupportedOperation.UnsupportedRegion",
        ),
        // What the service's own example prints, and what its international SDK defines.
        (
            "FailedOperation.TemplateParamSetNotMatchApprovedTemplat",
            "FailedOperation.TemplateParamSetNotMatchApprovedTemplate",
        ),
        ("UnsupportedOperation.", "UnsupportedOperation"),
    ] {
        assert!(
            core::ptr::eq(codes::classify(older).0, codes::classify(newer).0),
            "{older}"
        );
    }
}

#[test]
fn a_code_that_nobody_knows_goes_by_its_family_and_proves_nothing_on_its_own() {
    for (code, kind, certainty) in [
        ("AuthFailure.New", Authentication, NotSent),
        ("UnauthorizedOperation.New", Denied, NotSent),
        ("LimitExceeded.New", RateLimited, NotSent),
        ("RequestLimitExceeded.New", RateLimited, NotSent),
        ("InvalidParameterValue.New", Other, NotSent),
        ("MissingParameter.New", Other, NotSent),
        ("UnsupportedOperation.New", Unsupported, NotSent),
        ("FailedOperation.New", Provider, Unknown),
        ("InternalError.New", Provider, Unknown),
        ("ServiceUnavailable.New", Provider, Unknown),
        ("Brand.New", Other, Unknown),
        ("LimitExceededX", Other, Unknown),
        ("", Other, Unknown),
        // The case of the letters is the only thing in which a known code may differ.
        ("internalerror.JSONPARSEFAIL", Other, NotSent),
    ] {
        let (class, _) = codes::classify(code);
        assert_eq!((class.kind, class.certainty), (kind, certainty), "{code}");
    }
}

#[test]
fn limits_say_how_long_to_wait() {
    for (code, wait) in [
        ("LimitExceeded.PhoneNumberThirtySecondLimit", Some(30_000)),
        ("LimitExceeded.PhoneNumberOneHourLimit", Some(3_600_000)),
        ("LimitExceeded.DeliveryFrequencyLimit", Some(30_000)),
        ("RequestLimitExceeded", Some(1_000)),
        // 00:44:25 in China: 2,665 seconds into the day.
        (
            "LimitExceeded.PhoneNumberDailyLimit",
            Some((86_400 - 2_665) * 1_000),
        ),
        (
            "LimitExceeded.AppDailyLimit",
            Some((86_400 - 2_665) * 1_000),
        ),
        (
            "FailedOperation.MarketingSendTimeConstraint",
            Some((8 * 3_600 - 2_665) * 1_000),
        ),
        ("FailedOperation.InsufficientBalanceInSmsPackage", None),
        ("AuthFailure.SignatureFailure", None),
    ] {
        let (_, failure) = failure(judge(200, &top_level(code, "")).unwrap_err());
        assert_eq!(failure.retry_after_ms, wait, "{code}");
    }
}

#[test]
fn one_entry_for_our_number_with_ok_and_a_serial_number_is_accepted() {
    for code in ["Ok", "OK", "ok"] {
        let receipt = judge(200, &set(&[entry(code, "+8613800138000", SERIAL)])).unwrap();
        assert_eq!(receipt.message_id, SERIAL);
        assert_eq!(
            receipt.request_id.as_deref(),
            Some("a0aabda6-cf91-4f3e-a81f-9198114a2279")
        );
        assert_eq!(
            receipt.attributes,
            [attribute("segments", "1"), attribute("country", "CN")]
        );
    }
}

#[test]
fn a_country_is_two_capital_letters_and_anything_else_is_none() {
    for (written, country) in [
        ("CN", Some("CN")),
        ("DEF", None),
        ("cn", None),
        ("C1", None),
        ("C", None),
        ("", None),
    ] {
        let ok = entry("Ok", "+8613800138000", SERIAL);
        let body = set(&[ok.replace(r#""IsoCode":"CN""#, &format!(r#""IsoCode":"{written}""#))]);
        let receipt = judge(200, &body).unwrap();
        let found = receipt.attributes.iter().find(|(key, _)| key == "country");
        assert_eq!(
            found.map(|(_, value)| value.as_str()),
            country,
            "{written:?}"
        );
    }
}

#[test]
fn the_providers_words_are_passed_on_where_there_are_any() {
    for (written, words) in [("no such signature", Some("no such signature")), ("", None)] {
        let body = top_level("FailedOperation.SignatureIncorrectOrUnapproved", written);
        let (_, failure) = failure(judge(200, &body).unwrap_err());
        let found = failure
            .attributes
            .iter()
            .find(|(key, _)| key == "provider-message");
        assert_eq!(found.map(|(_, value)| value.as_str()), words);
    }
}

#[test]
fn nothing_less_is_an_acceptance_and_nothing_ambiguous_is_certain() {
    let ok = || entry("Ok", "+8613800138000", SERIAL);
    let both = format!(
        r#"{{"Response":{{"Error":{{"Code":"AuthFailure.SignatureFailure","Message":""}},"SendStatusSet":[{}]}}}}"#,
        ok()
    );
    for (case, status, body) in [
        ("an empty set", 200, set(&[])),
        (
            "another number",
            200,
            set(&[entry("Ok", "+8613800138001", SERIAL)]),
        ),
        (
            "another number's refusal",
            200,
            set(&[entry("LimitExceeded.DailyLimit", "+8613800138001", "")]),
        ),
        (
            "ours and another",
            200,
            set(&[ok(), entry("Ok", "+8613800138001", SERIAL)]),
        ),
        ("ours twice", 200, set(&[ok(), ok()])),
        (
            "Ok without a serial number",
            200,
            set(&[entry("Ok", "+8613800138000", "")]),
        ),
        (
            "Ok with a serial number that is none",
            200,
            set(&[entry("Ok", "+8613800138000", "<b>")]),
        ),
        ("Ok beside an error", 200, both),
        ("Ok under status 400", 400, set(&[ok()])),
        ("Ok under status 503", 503, set(&[ok()])),
        (
            "a refusal under status 500",
            500,
            top_level("AuthFailure.SignatureFailure", ""),
        ),
        (
            "no set and no error",
            200,
            r#"{"Response":{"RequestId":"x"}}"#.into(),
        ),
        ("no Response", 200, "{}".into()),
        (
            "a Response that is a text",
            200,
            r#"{"Response":"Ok"}"#.into(),
        ),
        (
            "an entry without a code",
            200,
            r#"{"Response":{"SendStatusSet":[{"SerialNo":"1:1"}]}}"#.into(),
        ),
        (
            "a set that is a text",
            200,
            r#"{"Response":{"SendStatusSet":"Ok"}}"#.into(),
        ),
        (
            "an error without a code",
            200,
            r#"{"Response":{"Error":{"Message":"no"}}}"#.into(),
        ),
        (
            "an error that is a text",
            200,
            r#"{"Response":{"Error":"no"}}"#.into(),
        ),
        (
            "the legacy shape",
            200,
            r#"{"code":4100,"message":"auth","codeDesc":"AuthFailure"}"#.into(),
        ),
        (
            "half an answer",
            200,
            r#"{"Response":{"SendStatusSet":[{"Seri"#.into(),
        ),
        ("nothing", 200, String::new()),
        ("a page", 200, "<html><body>Ok</body></html>".into()),
        ("a page of a proxy", 403, "<html>Forbidden</html>".into()),
        (
            "a page of a gateway",
            502,
            "<html>Bad Gateway</html>".into(),
        ),
        ("not UTF-8", 200, "\u{0}\u{1}".into()),
        ("deep nesting", 200, "[".repeat(40)),
    ] {
        let (certainty, failure) = failure(judge(status, &body).expect_err(case));
        assert_eq!((certainty, failure.kind), (Unknown, Provider), "{case}");
        assert!(failure.message.ends_with(AMBIGUOUS), "{case}");
    }
}

#[test]
fn a_refusal_under_status_400_is_the_services_own() {
    let (certainty, failure) =
        failure(judge(400, &top_level("AuthFailure.SignatureFailure", "no")).unwrap_err());
    assert_eq!((certainty, failure.kind), (NotSent, Authentication));
}

#[test]
fn the_number_is_recognised_with_and_without_its_plus() {
    for number in ["+8613800138000", "8613800138000"] {
        assert!(
            judge(200, &set(&[entry("Ok", number, SERIAL)])).is_ok(),
            "{number}"
        );
    }
}

#[test]
fn what_the_provider_echoes_of_the_request_does_not_leave() {
    let echo =
        "code 123456 to +8613800138000 or 138 0013 8000 with Gu5t9xGARNpq86cd98joQYCN3EXAMPLE";
    let bodies = [
        top_level("FailedOperation.ContainSensitiveWord", echo),
        top_level("Code.13800138000", echo),
        r#"{"Response":{"Error":{"Code":"123456","Message":""},"RequestId":"13800138000"}}"#.into(),
        set(&[entry("13800138000", "+8613800138000", "")]),
        set(&[entry("Ok", "13800138000", "13800138000")]),
    ];
    for body in bodies {
        let shown = format!("{:?}", judge(200, &body).unwrap_err());
        for secret in ["123456", "13800138000", "0013", "Gu5t9x"] {
            assert!(!shown.contains(secret), "{secret} in {shown}");
        }
    }
}

#[test]
fn a_documented_code_is_passed_on_even_where_a_parameter_is_part_of_it() {
    let number = PhoneNumber::parse("+8613800138000").unwrap();
    let scrubber = Scrubber {
        sensitive: &["A", "Auth", "Signature"],
    };
    let context = Context {
        number: &number,
        scrubber: &scrubber,
        timestamp: NOW,
    };
    let body = top_level("AuthFailure.SignatureExpire", "");
    let (_, failure) = failure(context.judge(200, body.as_bytes()).unwrap_err());
    assert_eq!(
        failure.provider_code.as_deref(),
        Some("AuthFailure.SignatureExpire")
    );
}

#[test]
fn an_answer_longer_than_the_bound_is_not_read() {
    let padded = format!(
        "{}{}",
        set(&[entry("Ok", "+8613800138000", SERIAL)]),
        " ".repeat(crate::json::MAX_BYTES)
    );
    assert!(matches!(judge(200, &padded), Err(SendError::Unknown(_))));
    assert!(send_sms::parse(padded.as_bytes()).is_none());
}
