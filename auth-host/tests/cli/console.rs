//! The console's pages of plugins, against registries and catalogues that behave and that do not.

use super::published::{DRIPPING, Dist, ENDLESS, Market, replace, response};
use super::served::Service;
use connector_packaging::sha256;
use minisign::KeyPair;
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

const NAME: &str = "example-sms";
const ORIGIN: &str = "\"https://sms.example.com\"";
const PROVENANCE_PUB: &str = include_str!("../../../registry/tests/vectors/dist.pub");
const PASSWORD: &str = "correct horse battery";
const PLAIN: (&str, &str) = ("AUTH_HOST_REGISTRY_LOOPBACK_HTTP", "true");

/// An administrator at the console: cookies, and the token of forms.
struct Operator {
    address: String,
    cookies: Vec<(String, String)>,
    token: String,
}

/// An answer: status, where it leads to, text.
struct Answer {
    status: u16,
    location: String,
    text: String,
}

impl Answer {
    fn has(&self, words: &[&str]) {
        for words in words {
            assert!(self.text.contains(words), "{words}: {}", self.text);
        }
    }

    fn has_not(&self, words: &[&str]) {
        for words in words {
            assert!(!self.text.contains(words), "{words}: {}", self.text);
        }
    }
}

impl Operator {
    fn new(market: &Market, service: &Service) -> Self {
        let made = market.json(&["console-link"]);
        let link = made["link"].as_str().unwrap();
        let link = link.split_once("link=").unwrap().1.to_owned();
        let mut operator = Self {
            address: service.address.clone(),
            cookies: Vec::new(),
            token: String::new(),
        };
        operator.get(&format!("/console/set-up?link={link}"));
        let fields = [
            ("link", link.as_str()),
            ("name", "ada"),
            ("password", PASSWORD),
            ("again", PASSWORD),
        ];
        assert_eq!(operator.post("/console/set-up", &fields).status, 303);
        operator.get("/console/plugins");
        operator
    }

    fn get(&mut self, path: &str) -> Answer {
        self.ask("GET", path, "")
    }

    fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut body = String::new();
        let token = self.token.clone();
        for (name, value) in [&[("token", token.as_str())], fields].concat() {
            let one = |byte: u8| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
                other => format!("%{other:02X}"),
            };
            let value: String = value.bytes().map(one).collect();
            body.push_str(&format!("{name}={value}&"));
        }
        self.ask("POST", path, &body)
    }

    fn ask(&mut self, method: &str, path: &str, body: &str) -> Answer {
        let cookies = self.cookies.iter();
        let cookies: Vec<String> = cookies
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {0}\r\nConnection: close\r\nOrigin: http://{0}\r\n\
             Sec-Fetch-Site: same-origin\r\nCookie: {1}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: {2}\r\n\r\n{body}",
            self.address,
            cookies.join("; "),
            body.len()
        )
        .unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        let answer = String::from_utf8(bytes).unwrap();
        let (head, text) = answer.split_once("\r\n\r\n").unwrap();
        let mut location = String::new();
        for line in head.lines() {
            match line.split_once(": ") {
                Some(("location", to)) => to.clone_into(&mut location),
                Some(("set-cookie", cookie)) => {
                    let (name, rest) = cookie.split_once('=').unwrap();
                    let value = rest.split(';').next().unwrap().to_owned();
                    self.cookies.retain(|(known, _)| known != name);
                    self.cookies.push((name.to_owned(), value));
                }
                _ => {}
            }
        }
        if let Some((_, rest)) = text.split_once("name=\"token\" value=\"") {
            self.token = rest.split('"').next().unwrap().to_owned();
        }
        Answer {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            location,
            text: text.to_owned(),
        }
    }

    /// Pulls, and gives the address of the review with its page.
    fn review(&mut self, path: &str, fields: &[(&str, &str)]) -> (String, Answer) {
        let answer = self.post(path, fields);
        assert_eq!(answer.status, 303, "{}", answer.text);
        let page = self.get(&answer.location);
        assert_eq!(page.status, 200, "{}", page.text);
        (answer.location, page)
    }
}

/// A plugin with a guide and a logo.
async fn publish_guided(market: &Market, version: &str) {
    const GUIDE: &str = "# Set the provider up\n\nOpen its *console*.\n";
    const LOGO: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\"/>";
    market
        .publish_with(&market.pair, version, |folder| {
            std::fs::create_dir(folder.join("guides")).unwrap();
            std::fs::write(folder.join("guides/en.md"), GUIDE).unwrap();
            std::fs::write(folder.join("logo.svg"), LOGO).unwrap();
            let annotations = format!(
                "\"annotations\": {{\"guide.en\": \"{}\", \"logo\": \"{}\"}}, \"origins\"",
                sha256(GUIDE.as_bytes()),
                sha256(LOGO.as_bytes())
            );
            replace(folder, &[("\"origins\"", &annotations)]);
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn plugin_from_a_registry_is_reviewed_before_it_is_installed() {
    let market = Market::open("console-pull").await;
    publish_guided(&market, "1.4.0").await;
    let service = Service::start_with(&market, &[PLAIN]);
    let mut ada = Operator::new(&market, &service);
    let tag = market.at(":1.4.0");
    let (at, page) = ada.review("/console/plugins/pull", &[("reference", &tag)]);
    page.has(&[
        "by the digest that the tag 1.4.0 names today",
        "you gave no key to check that by",
        "how it was built is a claim",
        "it is about this component; nobody signed it",
        "Send HTTP requests, to the origins that are granted",
        "https://sms.example.com",
        "https://example.com/sms.git",
        "urn:auth-connector:builder:developer-machine",
        "<dd>en</dd>",
    ]);
    page.has(&[&format!(
        "oci://{}/acme/sms@sha256:",
        market.registry.address
    )]);
    assert_eq!(market.json(&["plugin", "list"]), json!([]));

    // Signed or not: unsigned is a choice.
    let refused = ada.post(
        &at,
        &[
            ("do", "install"),
            ("name", NAME),
            ("origin", "https://sms.example.com"),
        ],
    );
    assert_eq!(refused.status, 422);
    let other = KeyPair::generate_unencrypted_keypair()
        .unwrap()
        .pk
        .to_base64();
    let checked = ada.post(&at, &[("do", "check"), ("key", &other)]);
    assert_eq!(checked.location, at);
    ada.get(&at).has(&[
        "it is not signed by a key that you trust",
        "which is not trusted",
    ]);
    let wrong = ada.post(&at, &[("do", "check"), ("key", "RWx")]);
    assert_eq!(wrong.status, 422);
    wrong.has(&["not a public key of minisign"]);
    let keys = [
        ("key", market.key()),
        ("provenance", PROVENANCE_PUB.to_owned()),
    ];
    let keys = keys.each_ref().map(|(name, value)| (*name, value.as_str()));
    let check = [&[("do", "check")], &keys[..]].concat();
    assert_eq!(ada.post(&at, &check).status, 303);
    let page = ada.get(&at);
    page.has(&[
        &format!(
            "signed by the key {}, which you trust",
            key_id(&market.key())
        ),
        "how it was built, by the key that you gave",
        "by digests in the signed manifest",
        // The tag was resolved once, and is shown still.
        "by the digest that the tag 1.4.0 names today",
    ]);

    let install = [
        &[
            ("do", "install"),
            ("name", NAME),
            ("origin", "https://sms.example.com"),
        ],
        &keys[..],
    ]
    .concat();
    let done = ada.post(&at, &install);
    assert_eq!(
        (done.status, done.location.as_str()),
        (303, "/console/plugins"),
        "{}",
        done.text
    );
    let installed = market.installed();
    assert_eq!(installed["facts"]["signer"]["key"], market.key().as_str());
    assert_eq!(installed["facts"]["provenance"]["is_verified"], true);
    assert_eq!(installed["tag"], "1.4.0");
    let page = ada.get("/console/plugins");
    page.has(&[
        "src=\"data:image/svg+xml;base64,",
        "Look for updates",
        "@sha256:",
    ]);
    ada.get(&format!("/console/t/default/guide/{NAME}"))
        .has(&["<h3>Set the provider up</h3>", "<em>console</em>"]);
}

/// The identity of a minisign key: eight bytes after two, little-endian.
fn key_id(key: &str) -> String {
    use auth_connector_host::TrustedKey;
    TrustedKey::parse(key).unwrap().id().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn refusal_of_a_registry_stands_at_the_field() {
    let market = Market::open("console-refused").await;
    market.publish("1.4.0", &[]).await;
    let service = Service::start_with(&market, &[PLAIN]);
    let mut ada = Operator::new(&market, &service);
    let (tag, absent) = (market.at(":1.4.0"), market.at(":9.9.9"));
    for (fields, said) in [
        (&[("reference", "nonsense")][..], "This is no reference."),
        (&[("reference", "oci-layout:/tmp:1")], "is no registry"),
        (
            &[("reference", absent.as_str())],
            "It is not in the registry",
        ),
        (
            &[("reference", "oci://127.0.0.1:9/a/b:1")],
            "The registry or the catalogue cannot be reached.",
        ),
        (
            &[("reference", tag.as_str()), ("key", "RWx")],
            "This is no public key of minisign.",
        ),
        (
            &[("reference", tag.as_str()), ("provenance", "x")],
            "This is no public key for provenance.",
        ),
        (&[("reference", "oci://<b>\u{1b}[2J/a:1")], "&#60;b&#62;"),
    ] {
        let answer = ada.post("/console/plugins/pull", fields);
        assert_eq!(answer.status, 422, "{fields:?}");
        answer.has(&[said, "aria-invalid=\"true\" aria-describedby=\"wrong\""]);
        answer.has_not(&["\u{1b}", "<b>\u{1b}"]);
    }
    // In Chinese too.
    ada.cookies
        .push(("auth_host_console_language".into(), "zh-CN".into()));
    ada.post("/console/plugins/pull", &[("reference", &absent)])
        .has(&["镜像仓库中没有此内容"]);
    ada.cookies.pop();
    // A registry that lies.
    market.registry.behave(|request| {
        let is_blob = request.method == "GET" && request.path.contains("/blobs/");
        is_blob.then(|| response(200, "", b"something else"))
    });
    let answer = ada.post("/console/plugins/pull", &[("reference", &tag)]);
    assert_eq!(answer.status, 422);
    answer.has(&["What came is not what it should be. Nothing of it was kept."]);
    assert_eq!(market.json(&["plugin", "list"]), json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn update_shows_what_it_changes_and_keeps_what_was_granted() {
    let market = Market::open("console-update").await;
    market.publish("1.4.0", &[]).await;
    market.add(":1.4.0");
    let service = Service::start_with(&market, &[PLAIN]);
    let mut ada = Operator::new(&market, &service);
    let same = ada.post("/console/plugins/update", &[("id", NAME)]);
    assert_eq!(same.status, 200, "{}", same.text);
    same.has(&["there is no other version"]);

    let wider = format!("{ORIGIN}, \"https://more.example.com\"");
    market.publish("1.5.0", &[(ORIGIN, &wider)]).await;
    let (at, page) = ada.review(
        "/console/plugins/update",
        &[("id", NAME), ("reference", ":1.5.0")],
    );
    // Signed by the key of the installed one, without entering it again.
    page.has(&[
        "Version: 1.4.0 → 1.5.0",
        "wants to reach: https://more.example.com <b>can do more</b>",
        "which you trust",
        "value=\"https://sms.example.com\" checked",
    ]);
    page.has_not(&["value=\"https://more.example.com\" checked"]);
    let less = [
        ("do", "install"),
        ("name", NAME),
        ("origin", "https://sms.example.com"),
    ];
    let refused = ada.post(&at, &less);
    assert_eq!(refused.status, 422);
    refused.has(&["https://more.example.com", "not granted"]);
    refused.has(&["value=\"https://sms.example.com\" checked"]);
    let all = [&less[..], &[("origin", "https://more.example.com")]].concat();
    assert_eq!(ada.post(&at, &all).status, 303);
    assert_eq!(market.installed()["version"], "1.5.0");

    // An older one is signed as well, and refused unless it is named.
    let (at, page) = ada.review(
        "/console/plugins/update",
        &[("id", NAME), ("reference", ":1.4.0")],
    );
    page.has(&["The installed version 1.5.0 is newer"]);
    let refused = ada.post(&at, &less);
    assert_eq!(refused.status, 422);
    refused.has(&["is older than the installed 1.5.0"]);
    assert_eq!(market.installed()["version"], "1.5.0");
    let named = [&less[..], &[("version", "1.4.0")]].concat();
    assert_eq!(ada.post(&at, &named).status, 303);
    assert_eq!(market.installed()["version"], "1.4.0");

    // By another's key: shown as such, and refused.
    let other = KeyPair::generate_unencrypted_keypair().unwrap();
    market.publish_by(&other, "1.6.0", &[]).await;
    let (at, page) = ada.review(
        "/console/plugins/update",
        &[("id", NAME), ("reference", ":1.6.0")],
    );
    page.has(&[
        "it is not signed by a key that you trust",
        "<b>others vouch for it</b>",
    ]);
    assert_eq!(ada.post(&at, &less).status, 422);
    assert_eq!(market.installed()["version"], "1.4.0");

    // Another plugin is no version of this one.
    market
        .publish("1.7.0", &[("\"example-sms\"", "\"other-sms\"")])
        .await;
    let answer = ada.post(
        "/console/plugins/update",
        &[("id", NAME), ("reference", ":1.7.0")],
    );
    assert_eq!(answer.status, 422);
    answer.has(&["The plugin is refused.", "aria-describedby=\"wrong\""]);
}

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
async fn larger_version_is_reviewed_and_needs_a_larger_grant() {
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

/// A catalogue of the published plugin, as whoever made it found it.
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
    // A running service notices within a second what the command line did.
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
    // Only what stands in it is pulled from it.
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
        for key in ["name", "description", "license", "publisher", "homepage"] {
            version[key] = json!(nasty);
        }
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

/// The honest version under another id.
fn honest_as(honest: &Value, id: &str) -> Value {
    let mut version = honest["plugins"][0]["versions"][0].clone();
    version["id"] = json!(id);
    version
}

/// Two registries that never end hold nobody else up, and are not joined by a third.
#[tokio::test(flavor = "multi_thread")]
async fn slow_pull_blocks_nothing_else() {
    let market = Market::open("console-slow").await;
    let head = b"HTTP/1.1 200 x\r\nconnection: close\r\n\r\n";
    market
        .registry
        .behave(move |_| Some([head.as_slice(), DRIPPING].concat()));
    let service = Service::start_with(&market, &[PLAIN]);
    let mut ada = Operator::new(&market, &service);
    let tag = market.at(":1.4.0");
    for _ in 0..2 {
        let (address, cookies, token) =
            (ada.address.clone(), ada.cookies.clone(), ada.token.clone());
        let reference = tag.clone();
        std::thread::spawn(move || {
            let mut other = Operator {
                address,
                cookies,
                token,
            };
            // It ends when the service does.
            let ask = || other.post("/console/plugins/pull", &[("reference", &reference)]);
            let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(ask));
        });
    }
    let begun = Instant::now();
    while market.registry.requests().len() < 2 {
        assert!(
            begun.elapsed() < Duration::from_secs(20),
            "the pulls do not begin"
        );
        std::thread::sleep(Duration::from_millis(10));
    }
    let begun = Instant::now();
    let third = ada.post("/console/plugins/pull", &[("reference", &tag)]);
    assert_eq!(third.status, 422);
    third.has(&["Others are being pulled just now."]);
    assert_eq!(ada.get("/console/plugins").status, 200);
    assert!(
        begun.elapsed() < Duration::from_secs(5),
        "{:?}",
        begun.elapsed()
    );
}
