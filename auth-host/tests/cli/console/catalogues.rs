//! Catalogues in the console: correct and false ones.

use super::*;

/// A catalogue of the published plugin, as its author found it.
fn catalogue(market: &Market) -> Value {
    catalogue_of(market, ":1.4.0")
}

fn catalogue_of(market: &Market, rest: &str) -> Value {
    let added = market.add(rest);
    let mut version = market.installed()["facts"].clone();
    version["findings"] = added["findings"].clone();
    version["changes"] = json!([]);
    market.json(&["plugin", "remove", NAME]);
    json!({"format": 1, "plugins": [{"id": NAME, "versions": [version]}]})
}

#[tokio::test(flavor = "multi_thread")]
async fn catalogue_is_held_against_what_is_pulled() {
    let market = Market::open("console-catalogue").await;
    market.publish("1.4.0", &[]).await;
    let honest = catalogue(&market);
    let mut lying = honest.clone();
    let version = &mut lying["plugins"][0]["versions"][0];
    version["origins"] = json!([]);
    version["license"] = json!("MIT");
    version["name"] = json!("Acme by somebody");
    market.publish("1.5.0", &[]).await;
    let newer = catalogue_of(&market, ":1.5.0");
    let bodies = [honest.to_string(), lying.to_string(), newer.to_string()];
    market.registry.behave(move |request| {
        let body = match request.path.as_str() {
            "/honest.json" => &bodies[0],
            "/lying.json" => &bodies[1],
            "/newer.json" => &bodies[2],
            _ => return None,
        };
        Some(response(200, "", body.as_bytes()))
    });
    let address = |file: &str| format!("http://{}/{file}", market.registry.address);
    let places = ["honest.json", "lying.json", "newer.json"]
        .map(address)
        .join(",");
    let service = Service::start_with(&market, &[PLAIN, ("AUTH_HOST_CATALOGUES", &places)]);
    let mut ada = Operator::new(&market, &service);
    let page = ada.get("/console/plugins/catalogue?q=EXAMPLE");
    page.has(&[
        "1 plugin<",
        &market.key(),
        "Send HTTP requests, to the origins that are granted",
        "https://sms.example.com",
        "https://example.com/sms.git",
        "0123456789abcdef0123456789abcdef01234567",
        "Review and install",
    ]);
    ada.get("/console/plugins/catalogue?q=missing")
        .has(&["0 plugins"]);
    let reference = honest["plugins"][0]["versions"][0]["reference"]
        .as_str()
        .unwrap();
    let fields = |place| [("c", place), ("id", NAME), ("reference", reference)];
    let (_, page) = ada.review("/console/plugins/catalogue", &fields("0"));
    page.has(&["What was pulled is what the catalogue says."]);
    let (_, page) = ada.review("/console/plugins/catalogue", &fields("1"));
    page.has(&[
        "What was pulled differs.",
        "wants to reach: https://sms.example.com <b>can do more</b>",
        "Licence: MIT",
        "Name: Acme by somebody",
    ]);
    // One that was installed by its digest is updated by what a catalogue lists, and held against that.
    market.run(&[
        "plugin",
        "add",
        reference,
        "--trust",
        &market.key(),
        "--allow-asked",
        "--loopback-http",
    ]);
    assert_eq!(market.installed()["tag"], Value::Null);
    // A running service applies the command line's changes within a second.
    let begun = Instant::now();
    while !ada
        .get("/console/plugins")
        .text
        .contains("Look for updates")
    {
        assert!(begun.elapsed() < Duration::from_secs(10));
        std::thread::sleep(Duration::from_millis(50));
    }
    let (_, page) = ada.review("/console/plugins/update", &[("id", NAME)]);
    page.has(&[
        "Version: 1.4.0 → 1.5.0",
        "What was pulled is what the catalogue says.",
    ]);
    market.json(&["plugin", "remove", NAME]);
    // Only its content is pulled from it.
    let other = [
        ("c", "0"),
        ("id", NAME),
        ("reference", "oci://127.0.0.1:9/a/b:1"),
    ];
    assert_eq!(ada.post("/console/plugins/catalogue", &other).status, 404);
    assert_eq!(market.json(&["plugin", "list"]), json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_catalogue_is_text_or_a_refusal() {
    let market = Market::open("console-hostile").await;
    market.publish("1.4.0", &[]).await;
    let honest = catalogue(&market);
    let nasty = format!(
        "<script>alert(1)</script>\u{1b}[2J\u{202e}{}",
        "\"<".repeat(2000)
    );
    let mut markup = honest.clone();
    let mut all = Vec::new();
    for number in 0..50 {
        let mut entry = honest["plugins"][0].clone();
        let id = format!("evil-{number:02}-<b>");
        entry["id"] = json!(id);
        let version = &mut entry["versions"][0];
        version["id"] = json!(id);
        for key in ["name", "description", "license", "publisher"] {
            version[key] = json!(nasty);
        }
        version["homepage"] = json!(format!("https://{nasty}"));
        version["origins"] = json!(vec![&nasty; 200]);
        version["config_origins"] = json!(vec![&nasty; 20]);
        version["limits"] = json!({&nasty: 1});
        version["findings"] = json!(vec![
            json!({"subject": nasty, "is_verified": true, "text": nasty});
            50
        ]);
        version["changes"] = json!(vec![
            json!({"what": nasty, "was": nasty, "is": nasty, "is_wider": true});
            50
        ]);
        let authority = json!({"import": nasty, "words": nasty});
        version["authority"] = json!(vec![authority; 50]);
        version["sbom"]["licenses"] = json!({&nasty: 1});
        // As many as fit into the bound.
        if number == 0 {
            all.push(entry)
        } else {
            all.push(json!({"id": id, "versions": [honest_as(&honest, &id)]}))
        }
    }
    markup["plugins"] = json!(all);
    let mut huge = honest.clone();
    huge["plugins"][0]["versions"][0]["description"] = json!("x".repeat(40_000));
    let bodies: Vec<(&str, Vec<u8>)> = vec![
        (
            "/markup.json",
            response(200, "", markup.to_string().as_bytes()),
        ),
        ("/large.json", response(200, "", &vec![b' '; (4 << 20) + 1])),
        (
            "/endless.json",
            [
                b"HTTP/1.1 200 x\r\nconnection: close\r\n\r\n".as_slice(),
                ENDLESS,
            ]
            .concat(),
        ),
        (
            "/page.json",
            response(200, "", b"<!doctype html><h1>Moved\x1b[2J</h1>"),
        ),
        (
            "/other.json",
            response(200, "", br#"{"format": 1, "plugins": [{"id": 1}]}"#),
        ),
        (
            "/new.json",
            response(200, "", br#"{"format": 2, "plugins": []}"#),
        ),
        ("/text.json", response(200, "", huge.to_string().as_bytes())),
        ("/deep.json", response(200, "", &[b'['; 100_000])),
        (
            "/moved.json",
            response(302, "location: /markup.json\r\n", b""),
        ),
    ];
    let names: Vec<&str> = bodies.iter().map(|(name, _)| *name).collect();
    let places: Vec<String> = names
        .iter()
        .map(|name| format!("http://{}{name}", market.registry.address))
        .collect();
    let places = places.join(",");
    market.registry.behave(move |request| {
        let found = bodies.iter().find(|(name, _)| *name == request.path);
        found.map(|(_, answer)| answer.clone())
    });
    let service = Service::start_with(&market, &[PLAIN, ("AUTH_HOST_CATALOGUES", &places)]);
    let mut ada = Operator::new(&market, &service);
    for path in [
        "/console/plugins/catalogue?c=0",
        "/console/plugins/catalogue?c=0&after=evil-00-%3Cb%3E",
    ] {
        let page = ada.get(path);
        assert_eq!(page.status, 200);
        // The console's script and style are some 19 KB beside it.
        assert!(page.text.len() < 41_000, "{}", page.text.len());
        page.has_not(&["<script>a", "<b>\u{22}", "\u{1b}", "\u{202e}", "-<b>"]);
        page.has(&["evil-"]);
    }
    ada.get("/console/plugins/catalogue?c=0")
        .has(&["too long to be shown"]);
    for (place, said) in [
        ("1", "larger than the host takes"),
        ("2", "larger than the host takes"),
        ("3", "What came is not what it should be"),
        ("4", "What came is not what it should be"),
        ("5", "its format is not 1"),
        ("6", "longer than 32768 bytes"),
        ("7", "What came is not what it should be"),
        ("8", "HTTP status 302"),
        ("9", "There is no"),
    ] {
        let page = ada.get(&format!("/console/plugins/catalogue?c={place}"));
        assert_eq!(page.status, 502, "{place}");
        page.has(&[said]);
        page.has_not(&["\u{1b}", "<h1>Moved"]);
        assert!(page.text.len() < 20_000);
    }
}

/// The correct version under another id.
fn honest_as(honest: &Value, id: &str) -> Value {
    let mut version = honest["plugins"][0]["versions"][0].clone();
    version["id"] = json!(id);
    version
}
