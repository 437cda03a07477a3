//! The class of every documented code. The list is independent of the table: the gateway's 38 codes and the 49 of
//! `SendSms`, from the service's documentation and its SDKs, with what each means to a caller.

use super::*;
use Certainty::{NotSent, Unknown};
use FailureKind::{
    Authentication, Denied, InvalidConfig, InvalidMessage, Other, Provider, Quota, RateLimited,
    RecipientRejected, Unsupported,
};

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

#[test]
fn documented_code_has_its_kind_and_certainty() {
    let known: Vec<&str> = known_codes().collect();
    for (code, kind, certainty) in CODES {
        assert!(known.contains(&code), "{code} is missing");
        let (class, _) = classify(code);
        assert_eq!((class.kind, class.certainty), (kind, certainty), "{code}");
    }
    assert_eq!(CODES.len(), 38 + 49);
}

#[test]
fn table_line_names_an_existing_class() {
    let lines = TABLE.lines().filter(|line| !line.starts_with('#'));
    assert_eq!(lines.count(), entries().count());
}

#[test]
fn table_names_no_code_twice() {
    let mut known: Vec<String> = known_codes().map(str::to_ascii_lowercase).collect();
    let all = known.len();
    known.sort();
    known.dedup();
    assert_eq!(known.len(), all);
}

#[test]
fn code_with_other_characters_is_unknown() {
    const DAILY: Option<&str> = Some("LimitExceeded.DailyLimit");
    for (code, known) in [
        ("LimitExceeded.DailyLimit", DAILY),
        ("limitexceeded.DAILYLIMIT", DAILY),
        ("LimitExceeded.DailyLimit1", None),
        ("LimitExceeded.DailyLimit ", None),
        ("LimitExceeded\u{e}DailyLimit", None),
        ("8613711112222", None),
        ("123456", None),
        ("", None),
    ] {
        assert_eq!(classify(code).1, known, "{code}");
    }
}

#[test]
fn older_spelling_means_the_same() {
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
        // Codes in the service's own example and in its international SDK.
        (
            "FailedOperation.TemplateParamSetNotMatchApprovedTemplat",
            "FailedOperation.TemplateParamSetNotMatchApprovedTemplate",
        ),
        ("UnsupportedOperation.", "UnsupportedOperation"),
    ] {
        assert!(
            std::ptr::eq(classify(older).0, classify(newer).0),
            "{older}"
        );
    }
}

/// Families that do not state that nothing was done are unknown.
#[test]
fn unlisted_code_has_the_class_of_its_family() {
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
        let (class, _) = classify(code);
        assert_eq!((class.kind, class.certainty), (kind, certainty), "{code}");
    }
}

#[test]
fn the_service_day_ends_at_midnight_in_china() {
    // 2019-02-25 16:44:25 UTC is 00:44:25 of the 26th in China.
    let wait = ms_until_hour_in_china(1_551_113_065, 0);
    assert_eq!(wait, (86_400 - 2_665) * 1000);
    // One second before, at, and after midnight in China, which is 16:00 UTC.
    assert_eq!(ms_until_hour_in_china(1_551_110_399, 0), 1_000);
    assert_eq!(ms_until_hour_in_china(1_551_110_400, 0), 86_400_000);
    assert_eq!(ms_until_hour_in_china(1_551_110_401, 0), 86_399_000);
    assert_eq!(ms_until_hour_in_china(1_551_110_400, 8), 8 * 3_600_000);
    // A clock at its end gives some wait, and no overflow.
    assert!(ms_until_hour_in_china(u64::MAX, 0) <= 86_400_000);
}
