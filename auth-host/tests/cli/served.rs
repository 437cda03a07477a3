//! The administrator's API, where it installs plugins from registries.

use super::published::{Market, requirements, response};
use auth_connector_registry::Layout;
use auth_connector_registry::plan::Plan;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

/// A service that runs on the market's folder.
pub struct Service {
    child: Child,
    /// The address of the administrators' listener.
    pub address: String,
    key: String,
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Service {
    fn start(market: &Market) -> Self {
        Self::start_with(market, &[])
    }

    /// The same with variables of the environment.
    pub fn start_with(market: &Market, variables: &[(&str, &str)]) -> Self {
        let key = market.json(&["key", "add", "operator", "--host"]);
        let mut child = Command::new(env!("CARGO_BIN_EXE_auth-host"))
            .current_dir(&market.folder)
            .args([
                "serve",
                "--data",
                "data",
                "--listen",
                "127.0.0.1:0",
                "--admin",
                "127.0.0.1:0",
            ])
            .env_remove("HTTPS_PROXY")
            .env("DOCKER_CONFIG", &market.folder)
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = lines.map_while(Result::ok).find_map(|line| {
            Some(
                line.split_once("administrators' API at ")?
                    .1
                    .trim()
                    .to_owned(),
            )
        });
        Self {
            child,
            address: address.unwrap(),
            key: key["key"].as_str().unwrap().to_owned(),
        }
    }

    fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let body = body.to_string();
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "POST /admin{path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nAuthorization: Bearer {}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.address,
            self.key,
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (
            status,
            serde_json::from_str(body).unwrap_or_else(|_| panic!("{answer}")),
        )
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn api_adds_updates_and_verifies_by_reference() {
    let market = Market::open("served-plugins").await;
    market.publish("1.4.0", &[]).await;
    market.publish("1.5.0", &[]).await;
    let service = Service::start(&market);
    let add = json!({"reference": market.at(":1.4.0"), "trusted": [market.key()], "grant_asked": true, "loopback_http": true});
    let (status, added) = service.post("/plugins", &add);
    assert_eq!(
        (status, &added["version"]),
        (200, &json!("1.4.0")),
        "{added}"
    );
    assert_eq!(added["findings"][1]["is_verified"], true);
    let (status, found) = service.post(
        "/plugins/example-sms/verify",
        &json!({"pull": true, "loopback_http": true}),
    );
    assert_eq!(status, 200, "{found}");
    assert_eq!(found[0]["subject"], "stored");
    let mut update = json!({"reference": market.at(":1.5.0"), "loopback_http": true});
    let (status, shown) = service.post("/plugins/example-sms/update", &update);
    assert_eq!((status, &shown["updated"]), (200, &json!(false)), "{shown}");
    assert_eq!(shown["changes"][0]["is"], "1.5.0");
    assert_eq!(market.installed()["version"], "1.4.0");
    update["accept"] = json!("ab");
    let (status, refused) = service.post("/plugins/example-sms/update", &update);
    assert_eq!(
        (status, &refused["type"]),
        (409, &json!("/problems/changed"))
    );
    update["accept"] = shown["facts"]["sha256"].clone();
    let (status, _) = service.post("/plugins/example-sms/update", &update);
    assert_eq!(status, 409, "the component alone is not what was shown");
    update["accept"] = shown["accept"].clone();
    let (status, done) = service.post("/plugins/example-sms/update", &update);
    assert_eq!((status, &done["updated"]), (200, &json!(true)), "{done}");
    assert_eq!(market.installed()["version"], "1.5.0");
    update["reference"] = json!(market.at(":1.4.0"));
    let (status, refused) = service.post("/plugins/example-sms/update", &update);
    assert_eq!(
        (status, &refused["type"]),
        (422, &json!("/problems/plugin-refused"))
    );
    assert!(
        refused["detail"]
            .as_str()
            .unwrap()
            .contains("is older than"),
        "{refused}"
    );
}

/// The layout on the disk is usable: the command line takes it. A catalogue may be a file for the command line too.
#[tokio::test(flavor = "multi_thread")]
async fn api_reads_no_files_of_the_machine() {
    let market = Market::open("served-files").await;
    let dist = market.publish("1.4.0", &[]).await;
    let plan = Plan::read(&dist.folder, &requirements(&dist.public_key)).unwrap();
    let layout = market.folder.join("layout");
    plan.write(&Layout::new(layout.clone()), "1.4.0", false)
        .unwrap();
    let layout = format!("oci-layout:{}:1.4.0", layout.display());
    let catalogue = market.folder.join("catalogue.json");
    std::fs::write(&catalogue, json!({"format": 1, "plugins": []}).to_string()).unwrap();
    let catalogue = catalogue.to_str().unwrap();
    let key = market.key();
    let add = ["plugin", "add", &layout, "--trust", &key, "--allow-asked"];
    let (code, _, said) = market.run(&add);
    assert_eq!(code, 0, "{said}");
    let service = Service::start(&market);
    let before = market.registry.requests().len();
    let add = json!({"reference": layout, "trusted": [key], "grant_asked": true, "id": "other"});
    let (status, answer) = service.post("/plugins", &add);
    assert_eq!((status, &answer["pointer"]), (422, &json!("/reference")));
    assert!(answer["detail"].to_string().contains("no registry"));
    for (path, body) in [
        ("/plugins", json!({})),
        (
            "/plugins",
            json!({"reference": "oci://r.test/a:1", "component": ""}),
        ),
        (
            "/plugins",
            json!({"reference": "oci://r.test/a:1", "limits": {"memoryBytes": 0}}),
        ),
        (
            "/plugins",
            json!({"reference": market.at(":1"), "limits": {"memoryBytes": 8_388_609}}),
        ),
        ("/catalogue/search", json!({"catalogue": catalogue})),
        (
            "/catalogue/search",
            json!({"catalogue": format!("file://{catalogue}")}),
        ),
        (
            "/catalogue/search",
            json!({"catalogue": format!("http://{}/c.json", market.registry.address)}),
        ),
    ] {
        let (status, answer) = service.post(path, &body);
        assert_eq!(status, 422, "{body}: {answer}");
    }
    assert_eq!(market.registry.requests().len(), before);
    let unknown = service.post(
        "/plugins",
        &json!({"reference": "oci://r.test/a:1", "unknown": 1}),
    );
    assert_eq!(unknown.0, 422, "{}", unknown.1);
}

#[tokio::test(flavor = "multi_thread")]
async fn catalogue_is_searched_from_file_and_address() {
    let market = Market::open("served-catalogue").await;
    let digest = "ab".repeat(32);
    let pinned = format!("oci://r.test/acme@sha256:{digest}");
    let version = json!({"id": "acme-sms", "version": "1.0.0", "description": "Sends by Acme\n  signed by    RWforged", "sha256": digest, "size": 1,
        "authority": [{"import": "wasi:io/poll@0.2.9", "words": "wait"}], "origins": ["https://acme.test"],
        "config_origins": [], "limits": {"requests": 2}, "reference": pinned,
        "findings": [{"subject": "bytes", "is_verified": true, "text": "by digest"}], "changes": []});
    let text =
        json!({"format": 1, "plugins": [{"id": "acme-sms", "versions": [version]}]}).to_string();
    let file = market.folder.join("catalogue.json");
    std::fs::write(&file, &text).unwrap();
    let body = text.clone();
    market
        .registry
        .behave(move |request| match request.path.as_str() {
            "/c.json" => Some(response(200, "", body.as_bytes())),
            "/large.json" => Some(response(200, "", &vec![b' '; (4 << 20) + 1])),
            _ => Some(response(302, "location: /c.json\r\n", b"")),
        });
    let address = |path: &str| format!("http://{}{path}", market.registry.address);
    let search = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_auth-host"))
            .args(["plugin", "search"])
            .args(arguments)
            .env_remove("HTTPS_PROXY")
            .output()
            .unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (
            output.status.code().unwrap(),
            text(output.stdout),
            text(output.stderr),
        )
    };
    let local = file.to_str().unwrap();
    let (code, out, err) = search(&[local, "ACME", "sends"]);
    assert_eq!(code, 0, "{err}");
    for words in [
        "acme-sms 1.0.0",
        &pinned,
        "wait (wasi:io/poll@0.2.9)",
        "requests 2",
    ] {
        assert!(out.contains(words), "{words}: {out}");
    }
    assert!(!out.contains("\n  signed by    RWforged"), "{out}");
    assert!(
        search(&[local, "missing"])
            .1
            .contains("nothing in the catalogue")
    );
    let (code, out, err) = search(&[&address("/c.json"), "--loopback-http"]);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("acme-sms"), "{out}");
    for (place, words) in [
        (address("/large.json"), "expected were at most 4194304"),
        (address("/moved.json"), "HTTP status 302"),
    ] {
        let (code, _, err) = search(&[&place, "--loopback-http"]);
        assert_eq!(code, 5, "{err}");
        assert!(err.contains(words), "{err}");
    }
    assert_eq!(
        search(&[&address("/c.json")]).0,
        2,
        "without leave for loopback"
    );
    let service = Service::start(&market);
    let ask = json!({"catalogue": address("/c.json"), "words": ["acme"], "loopback_http": true});
    let (status, found) = service.post("/catalogue/search", &ask);
    assert_eq!(
        (status, &found[0]["id"]),
        (200, &json!("acme-sms")),
        "{found}"
    );
}

/// Any author may choose the id of a plugin that is in use elsewhere.
#[tokio::test(flavor = "multi_thread")]
async fn other_signers_plugin_is_replaced_by_accept_alone() {
    let market = Market::open("served-replaces").await;
    market.publish("1.4.0", &[]).await;
    market.add(":1.4.0");
    let other = minisign::KeyPair::generate_unencrypted_keypair().unwrap();
    market.publish_by(&other, "9.0.0", &[]).await;
    let service = Service::start(&market);
    let mut add = json!({
        "reference": market.at(":9.0.0"), "trusted": [other.pk.to_base64()], "grant_asked": true, "loopback_http": true,
    });
    let (status, refused) = service.post("/plugins", &add);
    let replaces = (409, &json!("/problems/replaces"));
    assert_eq!((status, &refused["type"]), replaces, "{refused}");
    let detail = refused["detail"].as_str().unwrap();
    assert!(detail.contains("! signer"), "{detail}");
    assert_eq!(market.installed()["version"], "1.4.0");
    let accept = detail.split("\"accept\": \"").nth(1).unwrap();
    add["accept"] = json!(accept.split('"').next().unwrap());
    let (status, added) = service.post("/plugins", &add);
    let newest = (200, &json!("9.0.0"));
    assert_eq!((status, &added["version"]), newest, "{added}");
    // The same again changes nothing.
    add.as_object_mut().unwrap().remove("accept");
    assert_eq!(service.post("/plugins", &add).0, 200);
}
