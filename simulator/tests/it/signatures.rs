//! Steps 5 to 9: the verdict on the signer and the signature.

use tencent_sms_simulator::Simulator;

use crate::client::{Call, SECRET_ID, body_with, good_body};

/// 2019-02-25 16:44:25 UTC, the moment of the published examples; the 26th in UTC+8.
pub const PUBLISHED: i64 = 1_551_113_065;

pub fn frozen() -> Simulator {
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
