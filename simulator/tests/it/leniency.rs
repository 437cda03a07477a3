//! Deviations that a lenient simulator accepts, and those that it does not.

use serde_json::json;
use tencent_sms_simulator::{Leniency, SignatureVerdict, Simulator};

use crate::client::{Call, body_with, now_s};

fn derived_service() -> Simulator {
    let leniency = Leniency {
        derived_service: true,
        any_credentials: false,
    };
    Simulator::builder()
        .leniency(leniency)
        .start_blocking()
        .unwrap()
}

/// Tencent's SDKs for Node, Java, PHP, .NET, C++ and Ruby sign the endpoint up to its first dot.
#[test]
fn service_derived_from_host_needs_option() {
    let (strict, derived) = (
        Simulator::builder().start_blocking().unwrap(),
        derived_service(),
    );
    let refused = "AuthFailure.SignatureFailure";
    for (host, service, accepted, hint) in [
        ("127.0.0.1:8080", "127", "Ok", true),
        ("localhost:8080", "localhost:8080", "Ok", true),
        ("localhost:8080", "localhost", "Ok", true),
        ("simulator:8080", "simulator:8080", "Ok", true),
        ("sms-simulator.ci:8080", "sms-simulator", "Ok", true),
        ("simulator.ci:8080", "simulator", "Ok", true),
        ("127.0.0.1:8080", "128", refused, false),
        ("simulator:8080", "simulator:8081", refused, false),
        ("simulator:8080", "cvm", refused, false),
    ] {
        for (simulator, code) in [(&strict, refused), (&derived, accepted)] {
            simulator.reset();
            let mut call = Call::new(simulator.addr());
            call.host = host.to_owned();
            call.service = service.to_owned();
            assert_eq!(call.send().code(), code, "{host} {service}");
            let hinted = simulator.journal()[0]
                .detail
                .join(" ")
                .contains("--accept-derived-service");
            assert_eq!(hinted, hint && code == refused, "{host} {service}");
        }
    }
}

#[test]
fn derived_service_still_needs_right_key() {
    let simulator = derived_service();
    let mut call = Call::new(simulator.addr());
    call.service = "127".to_owned();
    call.secret_key = "wrong".to_owned();
    assert_eq!(call.send().code(), "AuthFailure.SignatureFailure");
}

/// The header of Tencent's .NET SDK, as `HttpConnection.cs` and `AuthenticationHeaderValue` write it: the parameter keeps
/// the space before it and gets another.
#[test]
fn two_spaces_of_dotnet_sdk_are_accepted() {
    let simulator = derived_service();
    let mut call = Call::new(simulator.addr());
    call.service = "127".to_owned();
    let authorization = call.authorization();
    call.authorization = Some(authorization.replacen("256 ", "256  ", 1));
    assert_eq!(call.send().code(), "Ok");
}

fn lenient() -> Simulator {
    let leniency = Leniency {
        any_credentials: true,
        derived_service: true,
    };
    Simulator::builder()
        .leniency(leniency)
        .start_blocking()
        .unwrap()
}

/// The journal names each deviation that was overlooked.
#[test]
fn any_credentials_pass_only_with_the_lenient_option() {
    let simulator = lenient();
    let mut call = Call::new(simulator.addr());
    call.secret_id = "AKIDwhoever".to_owned();
    call.secret_key = "whatever".to_owned();
    assert_eq!(call.send().code(), "Ok");
    let mut known =
        Call::new(simulator.addr()).body(&body_with(json!({"PhoneNumberSet": ["+8613800138001"]})));
    known.secret_key = "whatever".to_owned();
    assert_eq!(known.send().code(), "Ok");
    for entry in simulator.journal() {
        let overlooked = entry.detail.join(" ");
        assert!(overlooked.contains("overlooked"), "{overlooked}");
        assert_eq!(entry.signature, Some(SignatureVerdict::Overlooked));
    }
    // A wrong clock is not a matter of credentials.
    assert_eq!(
        call.at(now_s() - 301).send().code(),
        "AuthFailure.SignatureExpire"
    );
}

/// `--lenient` is about the key and the signature; the rest of the header is checked as ever.
#[test]
fn lenient_simulator_requires_well_formed_authorization() {
    let simulator = lenient();
    let good = Call::new(simulator.addr());
    let mut none = good.clone();
    none.authorization = Some(String::new());
    let mut older = good.clone();
    older.authorization = Some(good.authorization().replace("SHA256 ", "SHA1 "));
    let mut without_host = good.clone();
    without_host.signed = vec!["content-type"];
    let mut disabled = good.clone();
    disabled.secret_id = "AKIDpdaZPNtriSPvMUC6j7OrJ1BkkEXAMPLE".to_owned();
    let malformed = "AuthFailure.InvalidAuthorization";
    for (call, code) in [
        (none, malformed),
        (older, malformed),
        (without_host, malformed),
        (disabled, "AuthFailure.SecretIdNotFound"),
    ] {
        assert_eq!(call.send().code(), code);
    }
    assert!(simulator.messages().is_empty());
}

/// An action without an application is for the first account of the catalogue.
#[test]
fn unknown_key_acts_for_owner_of_application() {
    let simulator = lenient();
    let mut call = Call::new(simulator.addr());
    call.secret_id = "AKIDwhoever".to_owned();
    // The account of the second application has no template.
    for (app, code) in [
        ("1400006666", "Ok"),
        ("1400007777", "FailedOperation.TemplateUnapprovedOrNotExist"),
    ] {
        call = call.body(&body_with(json!({ "SmsSdkAppId": app })));
        assert_eq!(call.send().code(), code);
    }
    call = call.body(&json!({"International": 0}));
    call.action = Some("DescribeSmsSignList".to_owned());
    let list = call.send().json()["Response"]["DescribeSignListStatusSet"].clone();
    assert_eq!(list[0]["SignName"], "腾讯云");
}
