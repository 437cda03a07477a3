//! Refusals: of the key, the clock, the application, the region and single queries.

use super::*;

/// Credentials fail if the service does not accept them, and no further query is made.
#[test]
fn refused_credentials_fail_and_end_the_check() {
    for code in [
        "AuthFailure.SecretIdNotFound",
        "AuthFailure.SignatureFailure",
        "AuthFailure.TokenFailure",
        "AuthFailure.InvalidSecretId",
    ] {
        let mut service = Service::new(move |_| refusal(code));
        let checks = run(&config(), &mut service);
        let credentials = of(&checks, "credentials");
        assert_eq!(credentials.verdict, Verdict::Fail, "{code}");
        assert_eq!(value(credentials, "provider-code"), Some(code));
        assert!(value(credentials, "request-id").is_some());
        for check in &checks[1..] {
            assert_eq!(check.verdict, Verdict::CannotVerify, "{check:?}");
        }
        assert_eq!(service.asked.len(), 1);
    }
}

/// A clock that is wrong is corrected once and stays so.
#[test]
fn wrong_clock_is_corrected_once() {
    let right = NOW + 4000;
    let mut service = Service::new(move |asked: &Asked| {
        if asked.timestamp.abs_diff(right) <= 300 {
            return all_is_well(asked);
        }
        dated(
            refusal("AuthFailure.SignatureExpire"),
            "Mon, 25 Feb 2019 17:51:05 GMT",
        )
    });
    // The package that expires in a second by the host's clock has expired by the service's.
    let checks = run(&config(), &mut service);
    assert_eq!(verdict(&checks, "credentials"), Verdict::Pass);
    assert_eq!(verdict(&checks, "balance"), Verdict::CannotVerify);
    let timestamps: Vec<u64> = service.asked.iter().map(|asked| asked.timestamp).collect();
    assert_eq!(timestamps, [NOW, right, right, right, right]);
}

/// It is the turn of whoever runs the host.
#[test]
fn uncorrectable_clock_leaves_the_key_unverified() {
    let checks = checks(&config(), |_| refusal("AuthFailure.SignatureExpire"));
    let credentials = of(&checks, "credentials");
    assert_eq!(credentials.verdict, Verdict::CannotVerify);
    assert!(credentials.message.contains("clock"), "{credentials:?}");
}

#[test]
fn clock_at_its_end_does_not_overflow() {
    let mut service = Service::new(all_is_well);
    service.now = u64::MAX;
    let checks = run(&config(), &mut service);
    assert_eq!(verdict(&checks, "balance"), Verdict::CannotVerify);
}

/// An application of another account fails, and the rest is still checked.
#[test]
fn foreign_application_fails_and_the_rest_is_asked() {
    for code in APPLICATION_CODES {
        let checks = checks(
            &config(),
            with("SmsPackagesStatistics", move |_| refusal(code)),
        );
        assert_eq!(verdict(&checks, "credentials"), Verdict::Pass, "{code}");
        assert_eq!(verdict(&checks, "application"), Verdict::Fail);
        assert_eq!(
            value(of(&checks, "application"), "provider-code"),
            Some(code)
        );
        assert_eq!(verdict(&checks, "balance"), Verdict::CannotVerify);
        assert_eq!(verdict(&checks, "signature"), Verdict::Pass);
    }
}

/// The service names the region by a code, or by a code for any parameter with the header in its words.
#[test]
fn unserved_region_fails_at_its_pointer() {
    for (code, message) in [
        ("UnsupportedRegion", ""),
        (
            "InvalidParameterValue",
            "The value of header X-TC-Region is invalid.",
        ),
    ] {
        let response = json!({"Error": {"Code": code, "Message": message}});
        let checks = checks(&config(), move |_| answer(&response));
        assert_eq!(verdict(&checks, "credentials"), Verdict::Pass);
        assert_eq!(verdict(&checks, "/region"), Verdict::Fail);
        assert_eq!(verdict(&checks, "application"), Verdict::CannotVerify);
        assert_eq!(verdict(&checks, "signature"), Verdict::CannotVerify);
    }
    // About another parameter.
    let checks = checks(&config(), |_| refusal("InvalidParameterValue"));
    assert!(!checks.iter().any(|check| check.subject == "/region"));
}

/// Policies, kinds of accounts and kinds of keys forbid queries.
#[test]
fn forbidden_query_cannot_verify_and_names_permission() {
    for (action, code, subject) in [
        (
            "SmsPackagesStatistics",
            "AuthFailure.UnauthorizedOperation",
            "application",
        ),
        (
            "SmsPackagesStatistics",
            "AuthFailure.UnauthorizedOperation",
            "balance",
        ),
        (
            "DescribeSmsSignList",
            "AuthFailure.UnauthorizedOperation",
            "signature",
        ),
        (
            "DescribeSmsSignList",
            "FailedOperation.NotEnterpriseCertification",
            "signature",
        ),
        (
            "DescribeSmsTemplateList",
            "FailedOperation.ProhibitSubAccountUse",
            "/templates/1/templateCode/mainland",
        ),
        (
            "DescribeSmsTemplateList",
            "FailedOperation.NotEnterpriseCertification",
            "/templates/3/templateCode/international",
        ),
    ] {
        let checks = checks(&config(), with(action, move |_| refusal(code)));
        let check = of(&checks, subject);
        let permission = format!("sms:{action}");
        assert_eq!(check.verdict, Verdict::CannotVerify, "{check:?}");
        assert_eq!(value(check, "permission"), Some(permission.as_str()));
        assert_eq!(value(check, "provider-code"), Some(code));
        assert!(check.message.contains(&permission), "{check:?}");
        assert_eq!(verdict(&checks, "credentials"), Verdict::Pass);
    }
}

#[test]
fn other_refusal_names_no_permission() {
    let checks = checks(
        &config(),
        with("DescribeSmsSignList", |_| refusal("RequestLimitExceeded")),
    );
    let check = of(&checks, "signature");
    assert_eq!(check.verdict, Verdict::CannotVerify);
    assert_eq!(value(check, "provider-code"), Some("RequestLimitExceeded"));
    assert_eq!(value(check, "permission"), None);
}

/// The service once wrote some codes in other letters.
#[test]
fn case_of_a_code_does_not_count() {
    let right = NOW + 4000;
    let mut service = Service::new(move |asked: &Asked| match asked.action.as_str() {
        _ if asked.timestamp.abs_diff(right) > 300 => dated(
            refusal("authfailure.signatureexpire"),
            "Mon, 25 Feb 2019 17:51:05 GMT",
        ),
        "SmsPackagesStatistics" => refusal("UNSUPPORTEDREGION"),
        _ => all_is_well(asked),
    });
    let checks = run(&config(), &mut service);
    assert_eq!(verdict(&checks, "/region"), Verdict::Fail);
    assert_eq!(verdict(&checks, "credentials"), Verdict::Pass);
    let code = value(of(&checks, "/region"), "provider-code");
    assert_eq!(code, Some("UnsupportedRegion"));
    let checks = super::checks(
        &config(),
        with("SmsPackagesStatistics", |_| {
            refusal("authFailure.unauthorizedOperation")
        }),
    );
    let check = of(&checks, "application");
    let permission = Some("sms:SmsPackagesStatistics");
    assert_eq!(value(check, "permission"), permission);
    assert_eq!(value(check, "provider-code"), Some(NOT_GRANTED));
    assert_eq!(verdict(&checks, "credentials"), Verdict::Pass);
}
