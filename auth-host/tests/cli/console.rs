//! The console's pages of plugins, against valid and faulty registries and catalogues.

use super::published::{DRIPPING, Dist, ENDLESS, Market, replace, response};
use super::served::Service;
use connector_packaging::sha256;
use minisign::KeyPair;
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

mod catalogues;
mod granted;

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

/// A response: status, redirect target, text.
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
async fn registry_plugin_is_reviewed_before_installation() {
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
    // A registry with false data.
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
async fn update_shows_changes_and_keeps_grants() {
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
        "<b>nobody whom you trust vouches for it any more</b>",
    ]);
    assert_eq!(ada.post(&at, &less).status, 422);
    assert_eq!(market.installed()["version"], "1.4.0");

    // Another plugin is not a version of this one.
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

/// Two registries that never end delay no other user, and are not joined by a third.
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
