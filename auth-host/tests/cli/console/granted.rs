//! Review of a plugin: limits that a host administrator grants there, and that no more is installed than it showed.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn size_and_memory_are_granted_at_the_review() {
    let market = Market::open("console-limits").await;
    let asked = "\"format\": 1, \"limits\": {\"memoryBytes\": 4194304, \"requests\": 2}";
    let dist = market.publish("1.4.0", &[("\"format\": 1", asked)]).await;
    let service = Service::start_with(&market, &[PLAIN]);
    let mut ada = Operator::new(&market, &service);
    let (key, tag) = (market.key(), market.at(":1.4.0"));
    let pull = [("reference", tag.as_str()), ("key", key.as_str())];
    let (at, page) = ada.review("/console/plugins/pull", &pull);
    let bytes = dist.component.len();
    let size = bytes.to_string();
    page.has(&[
        "name=\"limit.componentBytes\" value=\"\" min=\"1\" max=\"2097152\"",
        "name=\"limit.memoryBytes\" value=\"\" min=\"1\" max=\"8388608\"",
        "name=\"limit.requests\"",
        &format!("<td data-name=\"asked\">{size}</td>"),
        "<td data-name=\"asked\">4194304</td>",
    ]);
    page.has_not(&["limit.handles"]);

    let install = |at: &str, ada: &mut Operator, size: &str, memory: &str| {
        let fields = [
            ("do", "install"),
            ("name", NAME),
            ("origin", "https://sms.example.com"),
            ("key", key.as_str()),
            ("limit.componentBytes", size),
            ("limit.memoryBytes", memory),
        ];
        ada.post(at, &fields)
    };
    let less = (bytes - 1).to_string();
    for (size, memory, said) in [
        (less.as_str(), "", "more than the"),
        ("2097153", "", "can be granted: componentBytes 2097152"),
        ("", "8388609", "can be granted: memoryBytes 8388608"),
        (
            "",
            "4194303",
            "memoryBytes 4194304: not granted, at most 4194303",
        ),
        ("", "0", "memoryBytes: expected a whole number above 0"),
        ("", "-1", "memoryBytes: expected"),
        ("18446744073709551616", "", "componentBytes: expected"),
        ("x", "", "componentBytes: expected"),
    ] {
        let refused = install(&at, &mut ada, size, memory);
        assert_eq!(refused.status, 422, "{size} {memory}");
        refused.has(&[said]);
    }
    install(&at, &mut ada, "", "4194303").has(&["value=\"4194303\""]);
    ada.cookies
        .push(("auth_host_console_language".into(), "zh-CN".into()));
    install(&at, &mut ada, "", "8388609").has(&["最高限额：memoryBytes 8388608"]);
    ada.cookies.pop();
    assert_eq!(market.json(&["plugin", "list"]), json!([]));

    // Exactly what it asks for, then exactly the host's own, then nothing but that.
    let ceiling = json!({"componentBytes": 2_097_152, "memoryBytes": 8_388_608});
    for (entered, granted) in [
        (
            (size.as_str(), "4194304"),
            json!({"componentBytes": bytes, "memoryBytes": 4_194_304}),
        ),
        (("2097152", "8388608"), ceiling.clone()),
        (("", " "), json!({})),
    ] {
        let (at, _) = ada.review("/console/plugins/pull", &pull);
        let done = install(&at, &mut ada, entered.0, entered.1);
        assert_eq!(done.status, 303, "{entered:?}: {}", done.text);
        assert_eq!(market.installed()["limits"], granted);
        if granted == ceiling {
            ada.get("/console/plugins").has(&["memoryBytes 8388608"]);
        }
    }
    let audit = market.json(&["audit", "--host"]);
    let details = audit
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| &entry["detail"]);
    let wanted = "componentBytes=2097152, memoryBytes=8388608, https://sms.example.com, sha256:";
    let found = details.filter(|detail| detail.as_str().unwrap().starts_with(wanted));
    assert_eq!(found.count(), 1, "{audit}");
    assert_eq!(audit[0]["actor"], "ada");
    ada.get("/console/audit").has(&[wanted]);
}

/// The size that the installed version was granted does not hide a larger one from the review.
#[tokio::test(flavor = "multi_thread")]
async fn larger_version_is_reviewed_and_needs_larger_grant() {
    let market = Market::open("console-larger").await;
    let first = market.publish("1.4.0", &[]).await;
    let granted = format!("componentBytes={}", first.component.len());
    market.json(&[
        "plugin",
        "add",
        &market.at(":1.4.0"),
        "--trust",
        &market.key(),
        "--allow-asked",
        "--loopback-http",
        "--limit",
        &granted,
    ]);
    // A custom section of one byte and its name.
    let larger = [&first.component[..], &[0, 3, 1, b'x', 0]].concat();
    let second = Dist::of(larger, "1.5.0", &market.pair, |_| {});
    market.publish_dist("1.5.0", &second).await;
    let service = Service::start_with(&market, &[PLAIN]);
    let mut ada = Operator::new(&market, &service);
    let (at, page) = ada.review(
        "/console/plugins/update",
        &[("id", NAME), ("reference", ":1.5.0")],
    );
    let (was, size) = (first.component.len(), second.component.len());
    page.has(&[
        &format!("name=\"limit.componentBytes\" value=\"{was}\""),
        &format!("<td data-name=\"asked\">{size}</td>"),
    ]);
    let size = size.to_string();
    let kept = [
        ("do", "install"),
        ("name", NAME),
        ("origin", "https://sms.example.com"),
    ];
    let refused = ada.post(&at, &kept);
    assert_eq!(refused.status, 422);
    refused.has(&["more than the"]);
    assert_eq!(market.installed()["version"], "1.4.0");
    let raised = [&kept[..], &[("limit.componentBytes", size.as_str())]].concat();
    let done = ada.post(&at, &raised);
    assert_eq!(done.status, 303, "{}", done.text);
    assert_eq!(
        market.installed()["limits"]["componentBytes"],
        second.component.len()
    );
}

/// A key that is entered has the plugin pulled again, and the registry may have another manifest for it since.
#[tokio::test(flavor = "multi_thread")]
async fn manifest_that_nobody_has_seen_is_shown_and_not_installed() {
    const NOTHING: &[u8] = br#"{"schemaVersion": 2, "manifests": []}"#;
    let market = Market::open("console-manifest").await;
    let dist = market.publish("1.4.0", &[]).await;
    let service = Service::start_with(&market, &[PLAIN]);
    let mut ada = Operator::new(&market, &service);
    let tag = market.at(":1.4.0");
    let (at, _) = ada.review("/console/plugins/pull", &[("reference", tag.as_str())]);
    let named = "\"format\": 1, \"name\": \"Another\"";
    market
        .registry
        .store(&dist.digest().replace(':', "-"), NOTHING);
    market.publish("1.4.0", &[("\"format\": 1", named)]).await;
    let key = market.key();
    let install = [
        ("do", "install"),
        ("name", NAME),
        ("origin", "https://sms.example.com"),
        ("key", key.as_str()),
    ];
    let answer = ada.post(&at, &install);
    assert_eq!(answer.status, 409, "{}", answer.text);
    answer.has(&["Another"]);
    assert_eq!(market.json(&["plugin", "list"]), json!([]));
    ada.get(&at).has(&["Another"]);
    let done = ada.post(&at, &install);
    assert_eq!(done.location, "/console/plugins", "{}", done.text);
}

/// An auditor of a plugin's authority reads all of it.
#[tokio::test(flavor = "multi_thread")]
async fn origin_granted_beyond_is_shown_with_the_others() {
    let market = Market::open("console-beyond").await;
    market.publish("1.4.0", &[]).await;
    let double = "http://127.0.0.1:28519";
    market.json(&[
        "plugin",
        "add",
        &market.at(":1.4.0"),
        "--trust",
        &market.key(),
        "--allow-asked",
        "--loopback-http",
        "--allow-beyond",
        double,
    ]);
    let service = Service::start_with(&market, &[PLAIN]);
    let mut ada = Operator::new(&market, &service);
    let page = ada.get("/console/plugins");
    page.has(&["https://sms.example.com", double, "beyond what it asks for"]);
}
