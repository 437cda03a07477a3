//! Templates: approval, route, variables, batches.

use super::*;

/// A check of the code of `SignIn`, given as one text or by route, against what the account has.
fn template_check(
    code: &Value,
    params: Option<&Value>,
    has: &[Value],
) -> Vec<(String, Verdict, String)> {
    let config = config_with(|config| {
        config["templates"][0]["templateCode"] = code.clone();
        if let Some(params) = params {
            config["templates"][0]["params"] = params.clone();
        }
    });
    let mut all = has.to_vec();
    all.extend([template(11, 0, 0, "{1}"), template(12, 1, 0, "{1}")]);
    let checks = checks(
        &config,
        with("DescribeSmsTemplateList", move |asked| listed(asked, &all)),
    );
    checks
        .into_iter()
        .filter(|check| check.subject.starts_with("/templates/0/"))
        .map(|check| (check.subject, check.verdict, check.message))
        .collect()
}

/// A template by route must be there approved and of that route.
#[test]
fn template_by_route_must_be_approved_for_it() {
    let place = "/templates/0/templateCode/mainland";
    for (has, expected, words) in [
        (template(7, 0, 0, "{1}"), Verdict::Pass, "Approved"),
        (template(7, 3, 0, "{1}"), Verdict::Pass, "Approved"),
        (
            template(7, 1, 0, "{1}"),
            Verdict::Fail,
            "not for this route",
        ),
        (template(8, 0, 0, "{1}"), Verdict::Fail, "no template"),
        (template(7, 0, 1, "{1}"), Verdict::Fail, "review"),
        (template(7, 0, 2, "{1}"), Verdict::Fail, "not yet in effect"),
        (template(7, 0, -1, "{1}"), Verdict::Fail, "Refused"),
    ] {
        let shown = format!("{has}");
        let found = template_check(&json!({"mainland": "7"}), None, &[has]);
        let [(subject, verdict, message)] = found.as_slice() else {
            panic!("{found:?}");
        };
        assert_eq!((subject.as_str(), *verdict), (place, expected), "{shown}");
        assert!(message.contains(words), "{shown}: {message}");
    }
}

/// One code for all numbers passes if it serves some, and the check names which.
#[test]
fn shared_code_passes_if_it_serves_some() {
    for (has, expected, words) in [
        (template(7, 0, 0, "{1}"), Verdict::Pass, "+86 only"),
        (template(7, 1, 0, "{1}"), Verdict::Pass, "outside +86 only"),
        (template(7, 3, 0, "{1}"), Verdict::Pass, "Approved."),
        (template(7, 1, 1, "{1}"), Verdict::Fail, "review"),
        (template(8, 0, 0, "{1}"), Verdict::Fail, "no template"),
    ] {
        let shown = format!("{has}");
        let found = template_check(&json!("7"), None, &[has]);
        let [(subject, verdict, message)] = found.as_slice() else {
            panic!("{found:?}");
        };
        assert_eq!(
            (subject.as_str(), *verdict),
            ("/templates/0/templateCode", expected),
            "{shown}"
        );
        assert!(message.contains(words), "{shown}: {message}");
    }
}

#[test]
fn variables_must_be_as_many_as_parameters() {
    for (params, content, expected) in [
        (None, "{1}", Verdict::Pass),
        (None, "no variable", Verdict::Fail),
        (None, "{1} {2}", Verdict::Fail),
        (Some(json!(["{{code}}", "5"])), "{1} {2}", Verdict::Pass),
        (Some(json!(["{{code}}", "5"])), "{1}", Verdict::Fail),
        // An empty list counts as none.
        (Some(json!([])), "no variable", Verdict::Fail),
        (Some(json!([])), "{1}", Verdict::Pass),
    ] {
        let has = template(7, 0, 0, content);
        let found = template_check(&json!("7"), params.as_ref(), &[has]);
        assert_eq!(found[0].1, expected, "{params:?} {content}");
        if expected == Verdict::Fail {
            assert!(found[0].2.contains("variables"), "{}", found[0].2);
        }
    }
}

#[test]
fn impossible_template_id_is_not_asked_for() {
    let found = template_check(&json!("99999999999999999999999"), None, &[]);
    assert_eq!(found[0].1, Verdict::Fail);
}

/// Templates without a response get no verdict.
#[test]
fn templates_are_asked_for_in_batches() {
    let config = config_with(|config| {
        for id in 0..25 {
            let entry =
                json!({"usageType": format!("U{id}"), "templateCode": {"mainland": 100 + id}});
            config["templates"].as_array_mut().unwrap().push(entry);
        }
    });
    let mut calls = 0;
    let mut service = Service::new(with("DescribeSmsTemplateList", move |asked| {
        let ids = asked.body["TemplateIdSet"].as_array().unwrap();
        assert!(ids.len() <= 20);
        calls += 1;
        if calls == 2 {
            return refusal("InternalError");
        }
        let all: Vec<_> = ids
            .iter()
            .map(|id| template(id.as_u64().unwrap(), 3, 0, "{1}"))
            .collect();
        listed(asked, &all)
    }));
    let checks = run(&config, &mut service);
    let by_verdict = |wanted| {
        let all = verdicts(&checks);
        all.values().filter(|verdict| **verdict == wanted).count()
    };
    // The first batch had 20 of 26 mainland codes; the one for numbers abroad was to come later.
    assert_eq!(by_verdict(Verdict::Pass), 4 + 4 + 19);
    assert_eq!(by_verdict(Verdict::CannotVerify), 6 + 4);
}
