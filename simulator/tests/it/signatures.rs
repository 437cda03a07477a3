//! Steps 5 to 9: the verdict on the signer and the signature.

use serde_json::json;
use tencent_sms_simulator::{Leniency, SignatureVerdict, Simulator};

use crate::client::{Call, SECRET_ID, body_with, good_body, now_s};

/// 2019-02-25 16:44:25 UTC, the moment of the published examples; the 26th in UTC+8.
const PUBLISHED: i64 = 1_551_113_065;

fn frozen() -> Simulator {
    Simulator::builder()
        .frozen_clock(PUBLISHED)
        .start_blocking()
        .unwrap()
}

/// Signed with Python's `hmac` over the 140 bytes below, with `content-type;host;x-tc-action` signed.
#[test]
fn a_request_signed_by_another_language_is_accepted() {
    let simulator = frozen();
    let mut call = Call::new(simulator.addr()).at(PUBLISHED);
    call.body = r#"{"PhoneNumberSet":["+8613800138000"],"SmsSdkAppId":"1400006666","TemplateId":"1110000","SignName":"腾讯云","TemplateParamSet":["123456"]}"#.as_bytes().to_vec();
    assert_eq!(call.body.len(), 140);
    call.host = "sms.tencentcloudapi.com".to_owned();
    call.authorization = Some(format!(
        "TC3-HMAC-SHA256 Credential={SECRET_ID}/2019-02-25/sms/tc3_request, SignedHeaders=content-type;host;x-tc-action, Signature=3f93dff9c356a6a7ef71ec4d4bbb069ebc624129428725f2a43611ef25d8d15d"
    ));
    assert_eq!(call.send().code(), "Ok");
    let byte = call.body.len() - 4;
    call.body[byte] ^= 1;
    assert_eq!(call.send().code(), "AuthFailure.SignatureFailure");
}

#[test]
fn changed_signed_byte_is_signature_failure() {
    let simulator = Simulator::builder().start_blocking().unwrap();
    let good = Call::new(simulator.addr());
    let message =
        "The provided credentials could not be validated. Please check your signature is correct.";
    let mut body = good.clone();
    body.sent_body = Some(
        body_with(serde_json::json!({"TemplateParamSet": ["123457"]}))
            .to_string()
            .into_bytes(),
    );
    let mut content_type = good.clone();
    content_type.authorization = Some(good.authorization());
    content_type.content_type = "application/json".to_owned();
    let mut host = good.clone();
    host.authorization = Some(good.authorization());
    host.host = "sms.tencentcloudapi.com".to_owned();
    let mut secret = good.clone();
    secret.secret_key.replace_range(..1, "H");
    let mut stamp = good.clone();
    stamp.timestamp_header = Some((good.timestamp + 1).to_string());
    for (call, what) in [
        (body, "body"),
        (content_type, "content type"),
        (host, "host"),
        (secret, "secret"),
        (stamp, "timestamp"),
    ] {
        let answer = call.send();
        assert_eq!(
            answer.error(),
            (
                "AuthFailure.SignatureFailure".to_owned(),
                message.to_owned()
            ),
            "{what}"
        );
        assert_eq!(answer.status, 200);
    }
    assert!(simulator.messages().is_empty());
    assert_eq!(simulator.complete_requests(), 5);
    assert_eq!(good.send().code(), "Ok");
}

#[test]
fn request_for_chinese_gets_failure_in_chinese() {
    let simulator = frozen();
    let mut call = Call::new(simulator.addr()).at(PUBLISHED);
    call.secret_key = "wrong".to_owned();
    call.extra
        .push(("X-TC-Language".to_owned(), "zh-CN".to_owned()));
    assert_eq!(
        call.send().error().1,
        "请求签名验证失败，请检查您的签名计算是否正确。"
    );
}

/// The limit applies in both directions.
#[test]
fn timestamp_passes_300_seconds_off_but_not_301() {
    let simulator = frozen();
    for (off, code) in [
        (300, "Ok"),
        (-300, "Ok"),
        (301, "AuthFailure.SignatureExpire"),
        (-301, "AuthFailure.SignatureExpire"),
    ] {
        simulator.reset();
        let answer = Call::new(simulator.addr()).at(PUBLISHED + off).send();
        assert_eq!(answer.code(), code, "{off}");
    }
    let answer = Call::new(simulator.addr()).at(PUBLISHED - 301).send();
    assert_eq!(
        answer.error().1,
        "The signature is expired, please request again."
    );
    assert_eq!(answer.header("Date"), Some("Mon, 25 Feb 2019 16:44:25 GMT"));
    let mut call = Call::new(simulator.addr());
    call.timestamp_header = Some("9".repeat(40));
    assert_eq!(call.send().code(), "AuthFailure.SignatureExpire");
}

#[test]
fn scope_date_is_utc_date_around_midnight() {
    // The last second of the 24th and the first of the 25th, UTC.
    for (moment, date) in [(1_551_052_799, "2019-02-24"), (1_551_052_800, "2019-02-25")] {
        let simulator = Simulator::builder()
            .frozen_clock(moment)
            .start_blocking()
            .unwrap();
        let mut call = Call::new(simulator.addr()).at(moment);
        call.date = Some(date.to_owned());
        assert_eq!(call.send().code(), "Ok", "{date}");
        // The date of a client that uses UTC+8 by mistake.
        call.date = Some("2019-02-26".to_owned());
        assert_eq!(call.send().code(), "AuthFailure.SignatureFailure");
        let detail = simulator.journal().last().unwrap().detail.join(" ");
        assert!(detail.contains("UTC date"), "{detail}");
    }
}

#[test]
fn an_unknown_or_disabled_key_is_not_found() {
    let simulator = frozen();
    for id in [
        "AKIDnobodyEXAMPLE",
        "AKIDpdaZPNtriSPvMUC6j7OrJ1BkkEXAMPLE",
        "somebody",
    ] {
        let mut call = Call::new(simulator.addr()).at(PUBLISHED);
        call.secret_id = id.to_owned();
        assert_eq!(
            call.send().error(),
            (
                "AuthFailure.SecretIdNotFound".to_owned(),
                "The SecretId is not found, please ensure that your SecretId is correct."
                    .to_owned()
            ),
            "{id}"
        );
    }
}

#[test]
fn a_temporary_key_needs_its_token_and_ends() {
    let yaml = tencent_sms_simulator::Catalogue::BUILT_IN
        .replace("# expires_at: 1893456000", "expires_at: 1551113065");
    let catalogue = tencent_sms_simulator::Catalogue::from_yaml(&yaml).unwrap();
    let simulator = Simulator::builder()
        .catalogue(catalogue)
        .frozen_clock(PUBLISHED - 1)
        .start_blocking()
        .unwrap();
    let mut call = Call::new(simulator.addr()).at(PUBLISHED);
    call.secret_id = "AKID5URYX45jqRO25g3uK5kbAAegiEXAMPLE".to_owned();
    call.secret_key = "Wq7dNf2ZkVxS9mTbR4hLcYp8gEXAMPLE".to_owned();
    assert_eq!(call.send().code(), "AuthFailure.TokenFailure");
    call.extra = vec![(
        "X-TC-Token".to_owned(),
        "Kx4vRb9TnZ2mQw7sHd5LEXAMPLF".to_owned(),
    )];
    assert_eq!(call.send().code(), "AuthFailure.TokenFailure");
    call.extra = vec![(
        "X-TC-Token".to_owned(),
        "Kx4vRb9TnZ2mQw7sHd5LEXAMPLE".to_owned(),
    )];
    assert_eq!(call.send().code(), "Ok");
    simulator.advance(std::time::Duration::from_secs(1));
    assert_eq!(call.send().code(), "AuthFailure.TokenFailure");
}

#[test]
fn a_malformed_header_is_an_invalid_authorization() {
    let simulator = frozen();
    let good = Call::new(simulator.addr()).at(PUBLISHED);
    let header = good.authorization();
    for broken in [
        String::new(),
        "SKIP".to_owned(),
        header.replace("TC3-HMAC-SHA256", "TC3-HMAC-SHA1"),
        header.replace("content-type;host", "content-type"),
        header.replace("content-type;host", "host"),
        header.replace("content-type;host", "content-type;host;x-tc-absent"),
    ] {
        let mut call = good.clone();
        call.authorization = Some(broken.clone());
        assert_eq!(
            call.send().code(),
            "AuthFailure.InvalidAuthorization",
            "{broken}"
        );
    }
    assert_eq!(good.send().code(), "Ok");
}

#[test]
fn another_service_or_unsorted_headers_do_not_verify() {
    let simulator = frozen();
    let mut call = Call::new(simulator.addr()).at(PUBLISHED);
    call.service = "cvm".to_owned();
    assert_eq!(call.send().code(), "AuthFailure.SignatureFailure");
    call.service = "sms".to_owned();
    call.signed = vec!["host", "content-type"];
    assert_eq!(call.send().code(), "AuthFailure.SignatureFailure");
    call.signed = vec!["content-type", "host", "host"];
    assert_eq!(call.send().code(), "AuthFailure.SignatureFailure");
}

#[test]
fn extra_headers_beyond_required_two_may_be_signed() {
    let simulator = frozen();
    let mut call = Call::new(simulator.addr()).at(PUBLISHED);
    call.signed = vec![
        "content-type",
        "host",
        "x-tc-action",
        "x-tc-region",
        "x-tc-timestamp",
    ];
    assert_eq!(call.send().code(), "Ok");
}

/// The host is the signed one.
#[test]
fn host_without_port_verifies_but_foreign_fails() {
    let simulator = frozen();
    let mut call = Call::new(simulator.addr()).at(PUBLISHED);
    call.signed_host = Some("127.0.0.1".to_owned());
    assert_eq!(call.send().code(), "Ok");
    call.signed_host = Some("sms.tencentcloudapi.com".to_owned());
    assert_eq!(call.send().code(), "AuthFailure.SignatureFailure");
}

#[test]
fn an_unsigned_payload_verifies_whatever_the_body_is() {
    let simulator = frozen();
    let mut call = Call::new(simulator.addr()).at(PUBLISHED);
    call.extra.push((
        "X-TC-Content-SHA256".to_owned(),
        "UNSIGNED-PAYLOAD".to_owned(),
    ));
    call.sent_body = Some(
        good_body()
            .to_string()
            .replace("123456", "654321")
            .into_bytes(),
    );
    assert_eq!(call.send().code(), "Ok");
    assert_eq!(simulator.messages()[0].params, ["654321"]);
}

#[test]
fn get_signs_query_and_empty_payload() {
    let simulator = frozen();
    let mut call = Call::new(simulator.addr()).at(PUBLISHED);
    call.method = "GET".to_owned();
    call.content_type = "application/x-www-form-urlencoded".to_owned();
    call.target = "/?PhoneNumberSet.0=%2B8613800138000&SignName=%E8%85%BE%E8%AE%AF%E4%BA%91&SmsSdkAppId=1400006666&TemplateId=1110000&TemplateParamSet.0=123456".to_owned();
    assert_eq!(call.send().code(), "Ok");
    let authorization = call.authorization();
    call.authorization = Some(authorization);
    call.target = call.target.replace("123456", "123457");
    assert_eq!(call.send().code(), "AuthFailure.SignatureFailure");
}

#[test]
fn get_needs_the_content_type_of_forms() {
    let simulator = frozen();
    let mut call = Call::new(simulator.addr()).at(PUBLISHED);
    call.method = "GET".to_owned();
    call.target = "/?International=0".to_owned();
    call.action = Some("DescribeSmsSignList".to_owned());
    for content_type in ["application/json; charset=utf-8", "text/plain"] {
        call.content_type = content_type.to_owned();
        let (code, message) = call.send().error();
        assert_eq!(code, "InvalidParameter", "{content_type}");
        assert!(message.contains("x-www-form-urlencoded"), "{message}");
    }
}

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

/// The journal names each deviation that was overlooked.
#[test]
fn any_credentials_pass_only_with_the_lenient_option() {
    let lenient = Leniency {
        any_credentials: true,
        derived_service: true,
    };
    let simulator = Simulator::builder()
        .leniency(lenient)
        .start_blocking()
        .unwrap();
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

/// A key whose policy forbids the action has a valid signature; the signature of a request without a version is not
/// checked.
#[test]
fn journal_has_verdict_of_signature_apart() {
    let simulator = Simulator::builder().start_blocking().unwrap();
    let right = Call::new(simulator.addr());
    let mut denied = right.clone();
    denied.secret_id = "AKIDpcmgfmqSWstSqkNh5brTo21oKEXAMPLE".to_owned();
    denied.secret_key = "Ty8kCm4RzWgJ2vXqB7pNdHs3fEXAMPLE".to_owned();
    let mut wrong = right.clone();
    wrong.secret_key = "wrong".to_owned();
    let mut unread = right.clone();
    unread.version = None;
    for (call, code, verdict) in [
        (right, "Ok", Some(SignatureVerdict::Right)),
        (
            denied,
            "AuthFailure.UnauthorizedOperation",
            Some(SignatureVerdict::Right),
        ),
        (
            wrong,
            "AuthFailure.SignatureFailure",
            Some(SignatureVerdict::Refused),
        ),
        (unread, "MissingParameter", None),
    ] {
        assert_eq!(call.send().code(), code);
        assert_eq!(
            simulator.journal().last().unwrap().signature,
            verdict,
            "{code}"
        );
    }
}

#[test]
fn journal_shows_hash_input_without_guessable_values() {
    let simulator = frozen();
    let mut call = Call::new(simulator.addr()).at(PUBLISHED);
    call.signed = vec!["content-type", "host", "x-secret"];
    call.extra
        .push(("X-Secret".to_owned(), "hush-hush".to_owned()));
    assert_eq!(call.send().code(), "Ok");
    let entry = simulator.journal().remove(0);
    assert_eq!(entry.credential.as_deref(), Some("AKID****MPLE"));
    assert_eq!(entry.account.as_deref(), Some("example"));
    assert_eq!(
        entry.canonical_request.unwrap(),
        format!(
            "POST\n/\n\ncontent-type:application/json; charset=utf-8\nhost:{}\nx-secret:<9 bytes>\n\ncontent-type;host;x-secret\n<sha256 of the {}-byte body>",
            simulator.addr(),
            call.body.len()
        )
    );
    assert_eq!(
        entry.string_to_sign.unwrap(),
        "TC3-HMAC-SHA256\n1551113065\n2019-02-25/sms/tc3_request\n<sha256 of the canonical request>"
    );
    assert_eq!(entry.recipients[0].number, "+86138****8000");
}

/// The diagnosis in the journal for a request whose signature is refused.
fn diagnosis(change: impl FnOnce(&mut Call)) -> String {
    let simulator = frozen();
    let mut call = Call::new(simulator.addr()).at(PUBLISHED);
    change(&mut call);
    assert_eq!(call.send().code(), "AuthFailure.SignatureFailure");
    simulator.journal()[0].detail.join("\n")
}

#[test]
fn refused_signature_names_cause_and_differing_line() {
    let host = diagnosis(|call| call.signed_host = Some("sms.tencentcloudapi.com".to_owned()));
    assert!(
        host.contains("signed the host `sms.tencentcloudapi.com`"),
        "{host}"
    );
    assert!(
        host.contains("first differing line, 5: client `host:sms.tencentcloudapi.com`"),
        "{host}"
    );
    assert!(
        host.contains("the client hashed:") && host.contains("this side hashed:"),
        "{host}"
    );

    let content_type = diagnosis(|call| {
        call.content_type = "application/json".to_owned();
        call.authorization = Some(call.authorization());
        call.content_type = "application/json; charset=utf-8".to_owned();
    });
    assert!(
        content_type.contains("signed the content type `application/json` and sent"),
        "{content_type}"
    );
    assert!(
        content_type.contains("first differing line, 4:"),
        "{content_type}"
    );

    let case = diagnosis(|call| {
        call.content_type = "application/json; charset=UTF-8".to_owned();
        call.authorization = Some(call.authorization_without_lower_case());
    });
    assert!(case.contains("without lower-casing"), "{case}");

    let space = diagnosis(|call| call.secret_key.push(' '));
    assert!(
        space.contains("space at its end") && space.contains("the keys differ"),
        "{space}"
    );

    let stranger =
        diagnosis(|call| call.secret_key = "Vd2zGh6SpMkX3tNwC9qJfLb7rEXAMPLE".to_owned());
    assert!(stranger.contains("another key, AKID****MPLE"), "{stranger}");

    let empty = diagnosis(|call| {
        call.sent_body = Some(call.body.clone());
        call.body.clear();
    });
    assert!(empty.contains("an empty body"), "{empty}");

    let two = diagnosis(|call| {
        call.signed_host = Some("sms.tencentcloudapi.com".to_owned());
        call.secret_key.push(' ');
    });
    assert_eq!(two.matches("likely cause").count(), 2, "{two}");

    let unknown = diagnosis(|call| call.secret_key = "something else entirely".to_owned());
    assert!(unknown.contains("no usual mistake"), "{unknown}");
    for text in [
        host,
        content_type,
        case,
        space,
        stranger,
        empty,
        two,
        unknown,
    ] {
        assert!(
            !text.contains("123456") && !text.contains("13800138000") && !text.contains("EXAMPLE"),
            "{text}"
        );
    }
}
