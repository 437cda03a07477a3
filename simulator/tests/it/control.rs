//! The control plane: waiting, clearing, the clock, faults and chaos.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tencent_sms_simulator::{Catalogue, Simulator};

use crate::client::{Call, body_with, connect, control, get};
use crate::support::{MORNING, send};

fn start() -> Simulator {
    Simulator::builder().start_blocking().unwrap()
}

#[test]
fn the_latest_code_is_found_by_number() {
    let simulator = start();
    assert_eq!(get(simulator.addr(), "/_sim/otp/latest").status, 404);
    assert_eq!(
        send(&simulator, json!({"TemplateParamSet": ["111111"]})),
        "Ok"
    );
    assert_eq!(
        send(&simulator, json!({"TemplateParamSet": ["222222"]})),
        "Ok"
    );
    assert_eq!(
        send(&simulator, json!({"PhoneNumberSet": ["+8613800138001"]})),
        "Ok"
    );
    let latest = get(simulator.addr(), "/_sim/otp/latest?to=%2B8613800138000").json();
    assert_eq!(
        (&latest["otp"], &latest["message"]["sequence"]),
        (&json!("222222"), &json!(2))
    );
    assert_eq!(
        get(simulator.addr(), "/_sim/otp/latest?to=13800138000&after=2").status,
        404
    );
    assert_eq!(
        send(
            &simulator,
            json!({"TemplateId": "1110004", "TemplateParamSet": ["x"]})
        ),
        "Ok"
    );
    let latest = get(simulator.addr(), "/_sim/otp/latest?to=%2B8613800138000").json();
    assert_eq!(latest["otp"], "222222", "a notice has no code");
}

/// Minutes may come first, and a code may be empty.
#[test]
fn latest_code_is_longest_parameter_and_not_empty() {
    let minutes_first = Catalogue::BUILT_IN.replace(
        "您的验证码是{1}，请于{2}分钟内填写",
        "有效期{1}分钟，验证码{2}，请填写",
    );
    let simulator = Simulator::builder()
        .catalogue(Catalogue::from_yaml(&minutes_first).unwrap())
        .start_blocking()
        .unwrap();
    let latest = || get(simulator.addr(), "/_sim/otp/latest");
    for (template, values, code) in [
        ("1110000", json!([""]), None),
        ("1110001", json!(["5", "482913"]), Some("482913")),
        ("1110001", json!(["", "7"]), Some("7")),
        ("1110001", json!(["654321", "123456"]), Some("654321")),
        ("1110001", json!(["", ""]), Some("654321")),
    ] {
        let changes = json!({"TemplateId": template, "TemplateParamSet": values});
        assert_eq!(send(&simulator, changes), "Ok");
        let answer = latest();
        let found = (answer.status == 200).then(|| answer.json()["otp"].clone());
        assert_eq!(found, code.map(|code| json!(code)), "{values}");
    }
}

/// A unit test of the wait has the order of events in its hands; here they may come in either.
#[test]
fn wait_ends_with_first_match_and_no_other() {
    let simulator = start();
    let addr = simulator.addr();
    let waiting = std::thread::spawn(move || {
        get(addr, "/_sim/otp/latest?to=%2B8613800138000&wait=20").json()
    });
    let other = json!({"PhoneNumberSet": ["+8613800138001"], "TemplateParamSet": ["654321"]});
    assert_eq!(send(&simulator, other), "Ok");
    assert!(!waiting.is_finished());
    assert_eq!(send(&simulator, json!({})), "Ok");
    assert_eq!(waiting.join().unwrap()["otp"], "123456");
}

#[test]
fn wait_without_match_ends_when_it_is_over() {
    let simulator = start();
    let begun = Instant::now();
    let answer = get(simulator.addr(), "/_sim/messages?wait=1");
    assert_eq!(answer.json()["messages"], json!([]));
    assert!((Duration::from_millis(950)..Duration::from_secs(5)).contains(&begun.elapsed()));
}

#[test]
fn messages_can_be_removed_and_everything_reset() {
    let simulator = start();
    for to in ["+8613800138000", "+8613800138001"] {
        assert_eq!(send(&simulator, json!({"PhoneNumberSet": [to]})), "Ok");
    }
    let addr = simulator.addr();
    assert_eq!(
        control(addr, "DELETE", "/_sim/messages?to=%2B8613800138000", None).json(),
        json!({"deleted": 1})
    );
    assert_eq!(simulator.messages()[0].to, "+8613800138001");
    assert_eq!(
        send(&simulator, json!({})),
        "LimitExceeded.PhoneNumberThirtySecondLimit"
    );
    assert_eq!(control(addr, "POST", "/_sim/reset", None).status, 200);
    assert!(simulator.messages().is_empty() && simulator.journal().is_empty());
    assert_eq!(simulator.complete_requests(), 0);
    assert_eq!(send(&simulator, json!({})), "Ok");
}

/// `RequestId` and `SerialNo` of one accepted message.
fn ids(simulator: &Simulator) -> [Value; 2] {
    let answer = Call::new(simulator.addr()).at(MORNING).send();
    let request_id = answer.json()["Response"]["RequestId"].clone();
    [request_id, answer.status_of(0)["SerialNo"].clone()]
}

/// A product may keep both ids under a unique index, and a suite resets between its tests.
#[test]
fn ids_differ_before_and_after_reset() {
    let start = || {
        Simulator::builder()
            .frozen_clock(MORNING)
            .seed(7)
            .start_blocking()
            .unwrap()
    };
    let simulator = start();
    let before = ids(&simulator);
    simulator.reset();
    let after = ids(&simulator);
    assert!(before.iter().all(|id| !after.contains(id)), "{before:?}");
    assert_eq!(ids(&start()), before, "the same seed in another run");
}

/// The message before the reset has the number 1, and the one after it another.
#[test]
fn wait_goes_on_across_reset() {
    let simulator = start();
    let addr = simulator.addr();
    assert_eq!(send(&simulator, json!({})), "Ok");
    let waiting = std::thread::spawn(move || get(addr, "/_sim/messages?after=1&wait=20").json());
    std::thread::sleep(Duration::from_millis(100));
    control(addr, "POST", "/_sim/reset", None);
    assert_eq!(send(&simulator, json!({})), "Ok");
    let messages = waiting.join().unwrap();
    let message = &messages["messages"][0];
    assert_eq!(
        (&message["sequence"], &message["request"]),
        (&json!(2), &json!(2))
    );
    assert_eq!(simulator.journal()[0].sequence, 2);
}

#[test]
fn the_clock_is_moved_stopped_and_read() {
    let simulator = start();
    let addr = simulator.addr();
    let put = |body: Value| control(addr, "PUT", "/_sim/clock", Some(&body));
    let frozen = put(json!({"frozen_unix_s": 1_551_113_065})).json();
    assert_eq!(
        frozen,
        json!({"mode": "frozen", "unix_ms": 1_551_113_065_000_i64, "date_header": true})
    );
    put(json!({"advance_ms": 1500}));
    let answer = get(addr, "/_sim/clock");
    assert_eq!(answer.json()["unix_ms"], 1_551_113_066_500_i64);
    assert_eq!(answer.header("Date"), Some("Mon, 25 Feb 2019 16:44:26 GMT"));
    put(json!({"date_header": false}));
    assert_eq!(get(addr, "/_sim/clock").header("Date"), None);
    assert_eq!(put(json!({"offset_s": -302})).json()["mode"], "running");
    assert_eq!(Call::new(addr).send().code(), "AuthFailure.SignatureExpire");
    for wrong in [
        json!({}),
        json!({"offset_s": 1, "advance_ms": 1}),
        json!({"ofset_s": 1}),
        json!({"offset_s": i64::MAX}),
        json!([]),
    ] {
        assert_eq!(put(wrong.clone()).status, 400, "{wrong}");
    }
}

#[test]
fn faults_are_queued_listed_and_cleared() {
    let simulator = start();
    let addr = simulator.addr();
    let post = |body: Value| control(addr, "POST", "/_sim/faults", Some(&body));
    let queued = post(
        json!({"fault": {"kind": "code", "code": "InternalError"}, "times": 2, "action": "SendSms"}),
    );
    assert_eq!(queued.json()["faults"][0]["times"], 2);
    assert_eq!(send(&simulator, json!({})), "InternalError");
    assert_eq!(get(addr, "/_sim/faults").json()["faults"][0]["times"], 1);
    assert_eq!(
        control(addr, "DELETE", "/_sim/faults", None).json()["faults"],
        json!([])
    );
    assert_eq!(send(&simulator, json!({})), "Ok");
    post(json!({"fault": {"kind": "empty-body"}, "action": "DescribeSmsSignList"}));
    assert_eq!(
        send(&simulator, json!({"TemplateParamSet": ["1"]})),
        "Ok",
        "a fault waits for its action"
    );
    for wrong in [
        json!({}),
        json!({"fault": {"kind": "no-such-fault"}}),
        json!({"fault": {"kind": "unavailable", "status": 99}}),
        json!({"fault": {"kind": "delay"}}),
        json!({"fault": {"kind": "oversized", "bytes": 67_108_865}}),
        json!({"fault": {"kind": "hang", "ms": 5}}),
        json!({"fault": {"kind": "code", "code": ""}}),
        json!({"fault": {"kind": "code", "code": "Ok"}}),
        json!({"fault": {"kind": "accept-then-code", "code": "Ok"}}),
        json!({"fault": {"kind": "hang"}, "times": 0}),
        json!({"fault": {"kind": "hang"}, "tmies": 1}),
        json!({"fault": {"kind": "hang"}, "action": "sendsms"}),
        json!({"fault": {"kind": "hang"}, "action": ""}),
    ] {
        assert_eq!(post(wrong.clone()).status, 400, "{wrong}");
    }
}

/// It affects any next connection, so it must not block requests that clear it.
#[test]
fn close_on_accept_is_for_one_connection() {
    let simulator = start();
    let addr = simulator.addr();
    let fault = json!({"kind": "close-on-accept"});
    let post = |body: Value| control(addr, "POST", "/_sim/faults", Some(&body)).status;
    assert_eq!(post(json!({"fault": fault, "times": 2})), 400);
    assert_eq!(post(json!({"fault": fault, "action": "SendSms"})), 400);
    let chaos = json!({"probability": 1.0, "faults": [{"kind": "hang"}, fault]});
    assert_eq!(
        control(addr, "PUT", "/_sim/chaos", Some(&chaos)).status,
        400
    );
    assert_eq!(send(&simulator, json!({})), "Ok");
    assert_eq!(post(json!({"fault": fault})), 200);
    assert!(Call::new(addr).try_send().is_none());
    assert_eq!(get(addr, "/_sim/faults").json()["faults"], json!([]));
}

#[test]
fn chaos_repeats_with_seed_until_deleted() {
    let simulator = start();
    let addr = simulator.addr();
    let run = |seed: u64| {
        simulator.reset();
        let chaos = json!({"probability": 0.5, "seed": seed, "faults": [{"kind": "code", "code": "InternalError"}, {"kind": "empty-body"}]});
        assert_eq!(
            control(addr, "PUT", "/_sim/chaos", Some(&chaos)).json()["chaos"]["seed"],
            seed
        );
        for i in 0..40 {
            Call::new(addr)
                .body(&body_with(
                    json!({"PhoneNumberSet": [format!("+86138001380{i:02}")]}),
                ))
                .send();
        }
        simulator
            .journal()
            .into_iter()
            .map(|entry| entry.fault)
            .collect::<Vec<_>>()
    };
    let first = run(7);
    assert_eq!(first, run(7));
    assert_ne!(first, run(8));
    let met = first.iter().filter(|fault| fault.is_some()).count();
    assert!((8..=32).contains(&met), "{met}");
    assert_eq!(
        control(addr, "DELETE", "/_sim/chaos", None).json()["chaos"],
        Value::Null
    );
    assert_eq!(
        send(&simulator, json!({"PhoneNumberSet": ["+8613900139000"]})),
        "Ok"
    );
    assert_eq!(
        control(
            addr,
            "PUT",
            "/_sim/chaos",
            Some(&json!({"probability": 1.5}))
        )
        .status,
        400
    );
}

#[test]
fn misspelt_query_is_400_and_unknown_path_404() {
    let simulator = start();
    let addr = simulator.addr();
    for path in [
        "/_sim/messages?too=1",
        "/_sim/messages?to=me",
        "/_sim/messages?wait=61",
        "/_sim/health?x=1",
        "/_sim/journal?after=x",
    ] {
        assert_eq!(get(addr, path).status, 400, "{path}");
    }
    assert_eq!(get(addr, "/_sim/nothing").status, 404);
    let wrong = control(addr, "PATCH", "/_sim/messages", None);
    assert_eq!(
        (wrong.status, wrong.header("Allow")),
        (405, Some("GET, DELETE"))
    );
}

#[test]
fn magic_numbers_and_inferences_are_listed() {
    let simulator = start();
    let magic = get(simulator.addr(), "/_sim/magic").json();
    let list = magic["magic"].as_array().unwrap();
    // 38 codes of the gateway and 49 of SendSms, one of which is in both lists.
    assert_eq!(list.len(), 86);
    let daily = list
        .iter()
        .find(|m| m["code"] == "LimitExceeded.PhoneNumberDailyLimit")
        .unwrap();
    assert_eq!(daily["numbers"], json!(["+8615400001025", "+441632960125"]));
    let inferences = get(simulator.addr(), "/_sim/inferences").json();
    assert!(inferences["inferences"].as_array().unwrap().len() > 50);
}

/// Keys that are not from the documentation are private.
#[test]
fn account_shows_keys_of_the_documentation_alone() {
    let simulator = start();
    let shown = get(simulator.addr(), "/_sim/account").json();
    let account = &shown["account"];
    assert_eq!(account["secret_id"], "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE");
    assert_eq!(account["app"], "1400006666");
    assert_eq!(
        account["templates"],
        json!({"mainland": "1110000", "international": "1110002"})
    );
    let own = Catalogue::BUILT_IN.replace("EXAMPLE", "PRIVATE");
    let own = Catalogue::from_yaml(&own).unwrap();
    let simulator = Simulator::builder()
        .catalogue(own)
        .start_blocking()
        .unwrap();
    let shown = get(simulator.addr(), "/_sim/account").json();
    assert_eq!(shown, json!({"account": null}));
}

/// The values shown are ones that the simulator accepts.
#[test]
fn account_shows_usable_app_and_known_region() {
    let account = |yaml: &str| {
        let simulator = Simulator::builder()
            .catalogue(Catalogue::from_yaml(yaml).unwrap())
            .start_blocking()
            .unwrap();
        get(simulator.addr(), "/_sim/account").json()["account"].clone()
    };
    let shown = account(Catalogue::BUILT_IN);
    assert_eq!(shown["region"], "ap-guangzhou");
    let with = |from: &str, to: &str| Catalogue::BUILT_IN.replacen(from, to, 1);
    let shown = account(&with(
        "        # disabled: true ",
        "        disabled: true ",
    ));
    assert_eq!(shown["app"], "2400006666");
    let shown = account(&with("balance: 1000000000", "balance: 0"));
    assert_eq!(shown["app"], "2400006666");
    let shown = account(&with(
        "regions: [ap-beijing, ap-guangzhou, ap-nanjing, ap-singapore]",
        "regions: [ap-singapore]",
    ));
    assert_eq!(shown["region"], "ap-singapore");
    assert_eq!(
        account(&with("arrears: false", "arrears: true")),
        json!(null)
    );
}

#[test]
fn health_answers_head_without_a_body() {
    let simulator = start();
    let mut connection = connect(simulator.addr());
    connection
        .write_all(b"HEAD /_sim/health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert_eq!(body, "");
}

/// `codes.json` has the lists of the documentation and of the Go SDK, each code with its message or null.
#[test]
fn every_documented_code_has_magic_numbers_and_message() {
    let documented: Value = serde_json::from_str(include_str!("../codes.json")).unwrap();
    let simulator = start();
    let magic = get(simulator.addr(), "/_sim/magic").json();
    let codes: BTreeSet<&str> = magic["magic"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["code"].as_str().unwrap())
        .collect();
    let names: BTreeSet<&str> = documented
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(codes, names);
    for entry in magic["magic"].as_array().unwrap() {
        let code = entry["code"].as_str().unwrap();
        let numbers = entry["numbers"].as_array().unwrap();
        for (number, template) in numbers.iter().zip(["1110000", "1110002"]) {
            let body = body_with(json!({"PhoneNumberSet": [number], "TemplateId": template}));
            let answer = Call::new(simulator.addr()).body(&body).send();
            let response = &answer.json()["Response"];
            let refusal = response
                .get("Error")
                .unwrap_or(&response["SendStatusSet"][0]);
            assert_eq!(refusal["Code"], code);
            if let Some(message) = documented[code].as_str() {
                assert_eq!(refusal["Message"], message, "{code}");
            }
        }
    }
}

/// The place of 39 codes of `SendSms` was inferred.
#[test]
fn inferred_places_and_wordings_are_listed() {
    let inferences = tencent_sms_simulator::inferences();
    let count = |start: &str| inferences.iter().filter(|i| i.starts_with(start)).count();
    assert_eq!(count("place of "), 39);
    assert!(
        inferences
            .contains(&"place of InternalError.Timeout: SendStatusSet, of one number".to_owned())
    );
    assert!(count("wording of ") > 60);
}

#[test]
fn the_description_names_every_path_that_answers() {
    let simulator = start();
    let document = get(simulator.addr(), "/_sim/openapi.json").json();
    for (path, methods) in document["paths"].as_object().unwrap() {
        let methods = methods.as_object().unwrap().keys();
        // Responses to HEAD have a length and no body, which this client would wait for.
        for method in methods.filter(|method| *method != "head") {
            let status = control(simulator.addr(), &method.to_uppercase(), path, None).status;
            assert!(
                ![404, 405].contains(&status) || path == "/_sim/otp/latest",
                "{method} {path}: {status}"
            );
        }
    }
}

/// 200 is among them: services send error pages under it.
#[test]
fn description_has_each_status_that_faults_take() {
    let simulator = start();
    let addr = simulator.addr();
    let document = get(addr, "/_sim/openapi.json").json();
    let faults = document["components"]["schemas"]["RequestFault"]["oneOf"].clone();
    let status = |fault: &Value| fault["properties"]["status"]["anyOf"].as_array().cloned();
    let described: Vec<Value> = faults.as_array().unwrap().iter().find_map(status).unwrap();
    for status in [0, 199, 200, 201, 399, 400, 599, 600, 65_535] {
        let is_described = described
            .iter()
            .any(|range| match range["enum"].as_array() {
                Some(values) => values.contains(&json!(status)),
                None => {
                    (range["minimum"].as_u64()..=range["maximum"].as_u64()).contains(&Some(status))
                }
            });
        for kind in ["unavailable", "accept-then-status"] {
            let fault = json!({"fault": {"kind": kind, "status": status}});
            let answer = control(addr, "POST", "/_sim/faults", Some(&fault)).status;
            let expected = if is_described { 200 } else { 400 };
            assert_eq!(answer, expected, "{kind} {status}");
        }
    }
}
