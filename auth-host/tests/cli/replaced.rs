//! `plugin add` over an installed plugin: the changes are shown, and confirmed where it matters.

use super::program::put;
use super::published::Market;
use minisign::KeyPair;

const NAME: &str = "example-sms";
const DOUBLE: &str = "http://127.0.0.1:9";

/// A market with 1.4.0 installed, granted a double beyond its manifest.
async fn installed(name: &str) -> Market {
    let market = Market::open(name).await;
    market.publish("1.4.0", &[]).await;
    let (at, key) = (market.at(":1.4.0"), market.key());
    market.json(&[&add(&at, &key)[..], &["--allow-beyond", DOUBLE]].concat());
    market
}

fn add<'a>(at: &'a str, key: &'a str) -> [&'a str; 7] {
    let grant = "--allow-asked";
    [
        "plugin",
        "add",
        at,
        "--trust",
        key,
        grant,
        "--loopback-http",
    ]
}

fn use_it(market: &Market) {
    let country = ["--set", "default_country=CN", "--set", "home_countries=CN"];
    market.json(&[&["tenant", "put"][..], &country].concat());
    put(&market.folder.join("config.json"), "\"x\"");
    let connector = ["connector", "put", "main", "--plugin", NAME];
    market.json(&[&connector[..], &["--config", "config.json"]].concat());
}

/// Any author may choose the id of a plugin that is in use elsewhere.
#[tokio::test(flavor = "multi_thread")]
async fn other_signer_of_the_same_id_needs_agreement() {
    let market = installed("replaced-signer").await;
    let other = KeyPair::generate_unencrypted_keypair().unwrap();
    market.publish_by(&other, "9.0.0", &[]).await;
    let (at, key) = (market.at(":9.0.0"), other.pk.to_base64());
    let add = add(&at, &key);
    let (code, out, err) = market.run(&add);
    assert_eq!(code, 2, "{out}{err}");
    for line in [
        "version        1.4.0 -> 9.0.0",
        "! signer         ",
        "granted beyond - http://127.0.0.1:9",
    ] {
        assert!(out.contains(line), "{line}: {out}");
    }
    assert!(
        err.contains("nothing was changed") && err.contains("--name"),
        "{err}"
    );
    assert_eq!(market.installed()["version"], "1.4.0");
    let unsigned = ["plugin", "add", &at, "--unsigned", "--allow-asked"];
    let error = market.refused(2, &[&unsigned[..], &["--loopback-http"]].concat());
    assert!(error.contains("nothing was changed"), "{error}");
    let beside = market.json(&[&add[..], &["--name", "beside"]].concat());
    assert_eq!(beside["version"], "9.0.0");
    let wrong = market.refused(5, &[&add[..], &["--accept", "sha256:00"]].concat());
    assert!(wrong.contains("not what was accepted"), "{wrong}");
    let accepted = err.trim().rsplit(' ').next().unwrap();
    let added = market.json(&[&add[..], &["--accept", accepted]].concat());
    assert_eq!(
        (&added["version"], &added["id"]),
        (&"9.0.0".into(), &NAME.into())
    );
    let changes = added["changes"].to_string();
    assert!(changes.contains("granted beyond"), "{changes}");
}

#[tokio::test(flavor = "multi_thread")]
async fn plugin_in_use_is_replaced_by_agreement_alone() {
    let market = installed("replaced-use").await;
    market.publish("1.5.0", &[]).await;
    use_it(&market);
    let (at, key) = (market.at(":1.5.0"), market.key());
    let add = add(&at, &key);
    let error = market.refused(2, &add);
    assert!(error.contains("a connector uses it"), "{error}");
    assert_eq!(market.installed()["version"], "1.4.0");
    let added = market.json(&[&add[..], &["--yes", "--allow-beyond", DOUBLE]].concat());
    assert_eq!(added["version"], "1.5.0");
    assert_eq!(added["beyond"], serde_json::json!([DOUBLE]));
}

/// A script that sets a host up is run again.
#[tokio::test(flavor = "multi_thread")]
async fn same_version_is_added_again_without_asking() {
    let market = installed("replaced-same").await;
    use_it(&market);
    let (at, key) = (market.at(":1.4.0"), market.key());
    let again = [&add(&at, &key)[..], &["--allow-beyond", DOUBLE]].concat();
    assert_eq!(market.json(&again)["changes"], serde_json::json!([]));
    let (code, out, err) = market.run(&add(&at, &key));
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("granted beyond - http://127.0.0.1:9"), "{out}");
    assert_eq!(market.installed()["beyond"], serde_json::json!([]));
}

/// No tenant's messages use it yet.
#[tokio::test(flavor = "multi_thread")]
async fn unused_plugin_is_replaced_by_its_signer_without_asking() {
    let market = installed("replaced-unused").await;
    market.publish("1.5.0", &[]).await;
    let (at, key) = (market.at(":1.5.0"), market.key());
    let (code, out, err) = market.run(&add(&at, &key));
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("version        1.4.0 -> 1.5.0"), "{out}");
    assert_eq!(market.installed()["version"], "1.5.0");
}
