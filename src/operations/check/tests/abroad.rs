//! Configs with an `international` block.

use super::*;

const ABROAD_ID: &str = "AKIDabroad0000000000000000000EXAMPLE";
const ABROAD_KEY: &str = "abroadSecretKey0000000000000EXAMPLE";

/// A config whose numbers abroad are served by another account, under another name, from another entrance.
fn config_with_an_account_abroad() -> String {
    config_with(|config| {
        config["international"] = json!({
            "accessKeyId": ABROAD_ID,
            "accessKeySecret": ABROAD_KEY,
            "sdkAppId": "2400006666",
            "signName": "Abroad",
            "region": "ap-singapore",
            "endpoint": "sms.intl.tencentcloudapi.com",
        });
    })
}

/// Two accounts in which everything is as that config needs it, and neither of which has what the other has.
fn all_is_well_in_both(asked: &Asked) -> Reply {
    let abroad = asked.key == ABROAD_ID;
    let (name, entry) = if abroad {
        ("Abroad", template(12, 1, 0, "code {1}"))
    } else {
        (NAME, template(11, 0, 0, "code {1}"))
    };
    match asked.action.as_str() {
        "DescribeSmsSignList" => signatures(&[signature(name, 0)]),
        "DescribeSmsTemplateList" => listed(asked, &[entry]),
        _ => all_is_well(asked),
    }
}

/// Each account is queried at its own endpoint.
#[test]
fn account_abroad_is_asked_with_its_own_key() {
    let mut service = Service::new(all_is_well_in_both);
    let checks = run(&config_with_an_account_abroad(), &mut service);
    assert!(
        checks.iter().all(|check| check.verdict == Verdict::Pass),
        "{checks:?}"
    );
    for subject in [
        "credentials",
        "signature",
        "/international/accessKeyId",
        "/international/sdkAppId",
        "/international/signName",
        "/templates/3/templateCode/mainland",
        "/templates/3/templateCode/international",
    ] {
        of(&checks, subject);
    }
    for asked in &service.asked {
        let abroad = asked.authority == "sms.intl.tencentcloudapi.com";
        assert_eq!(asked.key == ABROAD_ID, abroad, "{asked:?}");
        let asks_of = match asked.action.as_str() {
            "SmsPackagesStatistics" => asked.body["SmsSdkAppId"] == "2400006666",
            _ => asked.body["International"] == 1,
        };
        assert_eq!(asks_of, abroad, "{asked:?}");
    }
    // Three questions to each of the two.
    assert_eq!(service.asked.len(), 6);
}

#[test]
fn refused_key_abroad_leaves_mainland_checks() {
    let mut service = Service::new(|asked: &Asked| {
        if asked.key == ABROAD_ID {
            refusal("AuthFailure.SecretIdNotFound")
        } else {
            all_is_well_in_both(asked)
        }
    });
    let checks = run(&config_with_an_account_abroad(), &mut service);
    assert_eq!(
        verdict(&checks, "/international/accessKeyId"),
        Verdict::Fail
    );
    for (subject, verdict) in verdicts(&checks) {
        let abroad = subject.starts_with("/international")
            || subject.ends_with("templateCode/international");
        let expected = match subject {
            "/international/accessKeyId" => Verdict::Fail,
            _ if abroad => Verdict::CannotVerify,
            _ => Verdict::Pass,
        };
        assert_eq!(verdict, expected, "{subject}");
    }
    // No further query is made with a key that is refused.
    let abroad = service.asked.iter().filter(|asked| asked.key == ABROAD_ID);
    assert_eq!(abroad.count(), 1);
}

#[test]
fn unserved_region_abroad_fails_at_its_pointer() {
    let checks = checks(&config_with_an_account_abroad(), |asked: &Asked| {
        if asked.key == ABROAD_ID {
            refusal("UnsupportedRegion")
        } else {
            all_is_well_in_both(asked)
        }
    });
    assert_eq!(verdict(&checks, "/international/region"), Verdict::Fail);
    assert!(!checks.iter().any(|check| check.subject == "/region"));
}

#[test]
fn application_abroad_is_checked_and_key_once() {
    let config = config_with(|config| {
        config["international"] = json!({"sdkAppId": "2400006666", "signName": "Abroad"});
    });
    let mut service = Service::new(|asked: &Asked| match asked.action.as_str() {
        "SmsPackagesStatistics" if asked.body["SmsSdkAppId"] == "2400006666" => {
            refusal("UnauthorizedOperation.SmsSdkAppIdVerifyFail")
        }
        "DescribeSmsSignList" => signatures(&[signature(NAME, 0), signature("Abroad", 1)]),
        _ => all_is_well(asked),
    });
    let checks = run(&config, &mut service);
    assert_eq!(verdict(&checks, "credentials"), Verdict::Pass);
    assert_eq!(verdict(&checks, "application"), Verdict::Pass);
    assert_eq!(verdict(&checks, "/international/sdkAppId"), Verdict::Fail);
    assert_eq!(verdict(&checks, "signature"), Verdict::Pass);
    assert_ne!(verdict(&checks, "/international/signName"), Verdict::Pass);
    assert!(
        !checks
            .iter()
            .any(|check| check.subject == "/international/accessKeyId")
    );
}

#[test]
fn inheriting_block_asks_nothing_more() {
    let config = config_with(|config| config["international"] = json!({"senderId": "ACME"}));
    let mut service = Service::new(all_is_well);
    let checks = run(&config, &mut service);
    assert!(
        !checks
            .iter()
            .any(|check| check.subject.starts_with("/international"))
    );
    assert_eq!(service.asked.len(), 4);
}
