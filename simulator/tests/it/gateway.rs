//! Steps 0 to 4 and 10 to 15: requests refused before the message is checked.

use serde_json::{Value, json};
use tencent_sms_simulator::{Catalogue, Simulator};

use crate::client::{Answer, Call, body_with, exchange, get};

const MOMENT: i64 = 1_700_000_000;

fn frozen() -> Simulator {
    Simulator::builder()
        .frozen_clock(MOMENT)
        .start_blocking()
        .unwrap()
}

fn error(code: &str, message: &str) -> (String, String) {
    (code.to_owned(), message.to_owned())
}

fn send(simulator: &Simulator, change: impl FnOnce(&mut Call)) -> Answer {
    let mut call = Call::new(simulator.addr()).at(MOMENT);
    change(&mut call);
    call.send()
}

#[test]
fn answer_has_service_headers_and_request_id() {
    let simulator = frozen();
    for answer in [
        send(&simulator, |_| {}),
        send(&simulator, |c| c.action = None),
    ] {
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("Content-Type"), Some("application/json"));
        assert_eq!(answer.header("Server"), Some("nginx"));
        assert_eq!(answer.header("Connection"), Some("keep-alive"));
        assert_eq!(answer.header("Date"), Some("Tue, 14 Nov 2023 22:13:20 GMT"));
        let id = answer.json()["Response"]["RequestId"]
            .as_str()
            .unwrap()
            .to_owned();
        assert_eq!((id.len(), id.as_bytes()[14]), (36, b'4'), "{id}");
    }
    simulator.omit_date_header(true);
    assert_eq!(send(&simulator, |_| {}).header("Date"), None);
}

#[test]
fn a_connection_serves_many_requests() {
    let simulator = frozen();
    let mut stream = crate::client::connect(simulator.addr());
    for _ in 0..3 {
        use std::io::Write;
        stream
            .write_all(&Call::new(simulator.addr()).at(MOMENT).wire())
            .unwrap();
        assert_eq!(crate::client::read_answer(&mut stream).unwrap().status, 200);
    }
    assert_eq!(simulator.complete_requests(), 3);
}

#[test]
fn only_get_and_post_are_supported() {
    let simulator = frozen();
    for method in ["PUT", "DELETE", "PATCH", "OPTIONS"] {
        assert_eq!(
            send(&simulator, |c| c.method = method.to_owned()).code(),
            "UnsupportedProtocol"
        );
    }
}

/// A body of exactly the limit is read.
#[test]
fn body_above_ten_mebibytes_is_refused() {
    let simulator = frozen();
    let length = 10 * 1024 * 1024;
    let declared = format!(
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n",
        length + 1
    );
    let answer = exchange(simulator.addr(), declared.as_bytes()).unwrap();
    assert_eq!(answer.code(), "RequestSizeLimitExceeded");
    let answer = send(&simulator, |c| c.body = vec![b' '; length]);
    assert_eq!(answer.code(), "InvalidParameter");
    let mut chunked = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    for _ in 0..11 {
        chunked.extend_from_slice(b"100000\r\n");
        chunked.resize(chunked.len() + 0x10_0000, b' ');
        chunked.extend_from_slice(b"\r\n");
    }
    chunked.extend_from_slice(b"0\r\n\r\n");
    let answer = exchange(simulator.addr(), &chunked).unwrap();
    assert_eq!(answer.code(), "RequestSizeLimitExceeded");
    let answer = send(&simulator, |c| c.body = vec![b' '; 11 * 1024 * 1024]);
    assert_eq!(answer.code(), "RequestSizeLimitExceeded");
}

#[test]
fn common_parameters_are_missed_in_their_order() {
    let simulator = frozen();
    let missing = |name| {
        error(
            "MissingParameter",
            &format!("The request is missing a required parameter `{name}`."),
        )
    };
    let nothing = exchange(
        simulator.addr(),
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
    )
    .unwrap();
    assert_eq!(nothing.error(), missing("Action"));
    assert_eq!(
        send(&simulator, |c| c.dropped =
            vec!["X-TC-Timestamp", "X-TC-Version"])
        .error(),
        missing("Timestamp")
    );
    assert_eq!(
        send(&simulator, |c| c.version = None).error(),
        missing("Version")
    );
    assert_eq!(
        send(&simulator, |c| c.region = None).error(),
        missing("Region")
    );
}

/// It is not documented which of the two counts, and proxies disagree.
#[test]
fn decisive_header_occurs_once() {
    let simulator = frozen();
    for name in [
        "Host",
        "Content-Type",
        "Authorization",
        "X-TC-Action",
        "x-tc-timestamp",
        "X-TC-Token",
    ] {
        let twice = send(&simulator, |c| {
            let times = if name == "X-TC-Token" { 2 } else { 1 };
            for _ in 0..times {
                c.extra.push((name.to_owned(), "SendSms".to_owned()));
            }
        });
        let (code, message) = twice.error();
        assert_eq!(code, "InvalidParameter", "{name}");
        let named = format!("`{}` occurs more than once", name.to_lowercase());
        assert!(message.contains(&named), "{message}");
    }
    let others = send(&simulator, |c| {
        for _ in 0..2 {
            c.extra
                .push(("X-Forwarded-For".to_owned(), "::1".to_owned()));
        }
    });
    assert_eq!(others.code(), "Ok");
}

#[test]
fn common_parameters_are_checked_before_the_signature() {
    let simulator = frozen();
    let unsigned = |change: fn(&mut Call)| {
        send(&simulator, |c| {
            c.authorization = Some(String::new());
            change(c);
        })
        .error()
    };
    assert_eq!(
        unsigned(|c| c.timestamp_header = Some("yesterday".to_owned())),
        error("InvalidParameter", "Parameter `Timestamp` type error.")
    );
    assert_eq!(
        unsigned(|c| c.version = Some("2019-07-22".to_owned())),
        error(
            "NoSuchVersion",
            "The specified api version=`2019-07-22` does not exist in service=`sms`."
        )
    );
    assert_eq!(
        unsigned(|c| c.action = Some("sendsms".to_owned())),
        error(
            "InvalidAction",
            "The request `Action` is invalid or not found."
        )
    );
    assert_eq!(unsigned(|_| {}).0, "AuthFailure.InvalidAuthorization");
}

/// A name is shown even if it is unknown; anything else may be a misplaced secret.
#[test]
fn journal_names_action_and_reason_of_early_refusal() {
    let simulator = frozen();
    let journal = |change: &dyn Fn(&mut Call)| {
        send(&simulator, change);
        let entry = simulator.journal().pop().unwrap();
        (entry.action, entry.detail.join(" "))
    };
    type Change = Box<dyn Fn(&mut Call)>;
    let cases: [(Change, &str); 4] = [
        (Box::new(|c| c.version = None), "no header `X-TC-Version`"),
        (
            Box::new(|c| c.version = Some("2019-07-11".to_owned())),
            "must be 2021-01-11",
        ),
        (
            Box::new(|c| c.timestamp_header = Some("now".to_owned())),
            "Unix seconds",
        ),
        (Box::new(|c| c.method = "PUT".to_owned()), "GET or POST"),
    ];
    for (change, words) in cases {
        let (action, detail) = journal(&*change);
        assert_eq!(action.as_deref(), Some("SendSms"), "{words}");
        assert!(detail.contains(words), "{detail}");
    }
    let (_, detail) = journal(&|c| {
        c.action = None;
        c.body = b"Action=SendSms&Nonce=1&SignatureMethod=HmacSHA256&Signature=x".to_vec();
    });
    assert!(detail.contains("TC3-HMAC-SHA256 alone"), "{detail}");
    for (asked, shown) in [
        ("sendSms", "`sendSms`"),
        ("", "is empty"),
        (crate::client::SECRET_KEY, "is no name"),
    ] {
        let (action, detail) = journal(&|c| c.action = Some(asked.to_owned()));
        assert_eq!(action, None);
        assert!(
            detail.contains(shown) && detail.contains("DescribeSmsSignList"),
            "{detail}"
        );
        assert!(!detail.contains(crate::client::SECRET_KEY), "{detail}");
    }
}

#[test]
fn key_without_action_in_policy_is_unauthorised() {
    let simulator = frozen();
    let answer = send(&simulator, |c| {
        c.secret_id = "AKIDpcmgfmqSWstSqkNh5brTo21oKEXAMPLE".to_owned();
        c.secret_key = "Ty8kCm4RzWgJ2vXqB7pNdHs3fEXAMPLE".to_owned();
    });
    let id = answer.json()["Response"]["RequestId"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        answer.error(),
        error(
            "AuthFailure.UnauthorizedOperation",
            &format!(
                "[request id:{id}]you are not authorized to perform operation (sms:SendSms)\nresource (*) has no permission\n"
            )
        )
    );
}

#[test]
fn source_address_is_checked_against_list_of_key() {
    for (list, code) in [
        ("ip_allow: [203.0.113.5]", "IpNotInWhitelist"),
        ("ip_allow: [127.0.0.1]", "Ok"),
        ("ip_block: [127.0.0.1]", "IpInBlacklist"),
        ("ip_block: [203.0.113.5]", "Ok"),
    ] {
        let key = "secret_key: Gu5t9xGARNpq86cd98joQYCN3EXAMPLE";
        let yaml = Catalogue::BUILT_IN.replace(key, &format!("{key}\n        {list}"));
        let catalogue = Catalogue::from_yaml(&yaml).unwrap();
        let simulator = Simulator::builder()
            .catalogue(catalogue)
            .frozen_clock(MOMENT)
            .start_blocking()
            .unwrap();
        assert_eq!(send(&simulator, |_| {}).code(), code, "{list}");
    }
}

#[test]
fn requests_beyond_limit_per_second_are_refused() {
    let yaml = Catalogue::BUILT_IN.replace("SendSms: 3000", "SendSms: 2");
    let simulator = Simulator::builder()
        .catalogue(Catalogue::from_yaml(&yaml).unwrap())
        .frozen_clock(MOMENT)
        .start_blocking()
        .unwrap();
    let second = std::time::Duration::from_secs(1);
    let [first, second_one, third, fourth] = loop {
        let begun = std::time::Instant::now();
        let answers = [(); 4].map(|()| send(&simulator, |_| {}));
        // Real time ends the second, too.
        if begun.elapsed() < second {
            break answers;
        }
        simulator.reset();
    };
    assert_eq!(first.code(), "Ok");
    assert_ne!(second_one.code(), "RequestLimitExceeded");
    assert_eq!(third.code(), "RequestLimitExceeded");
    assert_eq!(
        fourth.error(),
        error(
            "RequestLimitExceeded",
            "Your current request times equals to `4` in a second, which exceeds the frequency limit `2` for a second. Please reduce the frequency of calls."
        )
    );
    simulator.advance(second);
    for _ in 0..2 {
        assert_ne!(send(&simulator, |_| {}).code(), "RequestLimitExceeded");
    }
    // The clock stands.
    std::thread::sleep(second);
    assert_ne!(send(&simulator, |_| {}).code(), "RequestLimitExceeded");
}

#[test]
fn a_region_without_the_service_is_unsupported() {
    let simulator = frozen();
    for region in ["ap-beijing", "ap-guangzhou", "ap-nanjing", "ap-singapore"] {
        assert_ne!(
            send(&simulator, |c| c.region = Some(region.to_owned())).code(),
            "UnsupportedRegion"
        );
    }
    for region in ["ap-shanghai", "eu-frankfurt", "AP-GUANGZHOU", ""] {
        assert_eq!(
            send(&simulator, |c| c.region = Some(region.to_owned())).error(),
            error("UnsupportedRegion", "The action not support this region."),
            "{region}"
        );
    }
}

#[test]
fn post_needs_json_object_and_json_content_type() {
    let simulator = frozen();
    let text = send(&simulator, |c| c.content_type = "text/plain".to_owned());
    assert_eq!(text.code(), "InvalidParameter");
    for body in ["", "[]", "null", "{", "{\"a\":1}x", "{'a':1}"] {
        let answer = send(&simulator, |c| c.body = body.as_bytes().to_vec());
        assert_eq!(answer.code(), "InvalidParameter", "{body}");
    }
    let plain = send(&simulator, |c| {
        c.content_type = "application/json".to_owned()
    });
    assert_eq!(plain.code(), "Ok");
}

#[test]
fn parameters_are_checked_by_name_presence_and_type() {
    let simulator = frozen();
    let refused =
        |body: Value| send(&simulator, |c| c.body = body.to_string().into_bytes()).error();
    assert_eq!(
        refused(body_with(json!({"$schema": "x", "TemplateId": 5}))),
        error(
            "UnknownParameter",
            "The parameter `$schema` is not recognized."
        )
    );
    for name in ["PhoneNumberSet", "SmsSdkAppId", "TemplateId"] {
        let mut body = body_with(json!({}));
        body.as_object_mut().unwrap().remove(name);
        assert_eq!(
            refused(body),
            error(
                "MissingParameter",
                &format!("The request is missing a required parameter `{name}`.")
            )
        );
    }
    for (change, path) in [
        (json!({"TemplateId": 1110000}), "TemplateId"),
        (json!({"TemplateParamSet": ["1", 2]}), "TemplateParamSet.1"),
        (
            json!({"PhoneNumberSet": "+8613800138000"}),
            "PhoneNumberSet",
        ),
    ] {
        assert_eq!(
            refused(body_with(change)),
            error(
                "InvalidParameter",
                &format!("The value type of parameter `{path}` is not valid.")
            )
        );
    }
}

#[test]
fn the_control_plane_answers_beside_the_api() {
    let simulator = frozen();
    assert_eq!(send(&simulator, |_| {}).code(), "Ok");
    assert_eq!(get(simulator.addr(), "/_sim/health").json()["status"], "ok");
    let messages = get(simulator.addr(), "/_sim/messages?to=%2B8613800138000").json();
    assert_eq!(messages["messages"][0]["params"], json!(["123456"]));
    assert_eq!(
        get(simulator.addr(), "/_sim/messages?to=13800138000").json(),
        messages
    );
    assert_eq!(
        get(simulator.addr(), "/_sim/messages?to=%2B8613800138001").json()["messages"],
        json!([])
    );
    let journal = get(simulator.addr(), "/_sim/journal").json();
    assert_eq!(journal["entries"][0]["verdict"], "Ok");
    assert!(
        !journal.to_string().contains("13800138000") && !journal.to_string().contains("123456")
    );
    assert_eq!(get(simulator.addr(), "/_sim/nothing").status, 404);
}
