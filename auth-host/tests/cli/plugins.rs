//! Plugins from registries: added by reference, pinned, verified, updated and looked for.

use super::published::{Market, requirements, response};
use auth_connector_registry::Layout;
use auth_connector_registry::plan::Plan;
use minisign::KeyPair;

const ORIGIN: &str = "\"https://sms.example.com\"";
const NAME: &str = "example-sms";

#[tokio::test(flavor = "multi_thread")]
async fn plugin_by_tag_is_pinned_and_described() {
    let market = Market::open("plugin-add").await;
    let dist = market.publish("1.4.0", &[]).await;
    let added = market.add(":1.4.0");
    let pinned = market.at(&format!("@{}", dist.digest()));
    assert_eq!(
        (&added["id"], &added["version"]),
        (&NAME.into(), &"1.4.0".into())
    );
    assert_eq!(
        (&added["reference"], &added["tag"]),
        (&pinned.as_str().into(), &"1.4.0".into())
    );
    assert_eq!(added["size"], dist.component.len());
    let verified: Vec<_> = added["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| {
            (
                f["subject"].as_str().unwrap(),
                f["is_verified"].as_bool().unwrap(),
            )
        })
        .collect();
    let expected = [
        ("bytes", true),
        ("manifest", true),
        ("provenance", false),
        ("SBOM", false),
    ];
    assert_eq!(verified, expected);
    let installed = market.installed();
    assert_eq!(installed["facts"]["signer"]["key"], market.key().as_str());
    assert_eq!(installed["facts"]["sbom"]["is_about_it"], true);
    assert_eq!(installed["facts"]["provenance"]["is_verified"], false);
    let words = installed["facts"]["authority"].to_string();
    assert!(words.contains("send HTTP requests"), "{words}");
    // The registry gets no further request: the installed plugin is in the database.
    market.registry.forget();
    let (code, out, err) = market.run(&["plugin", "verify", NAME]);
    assert_eq!(code, 0, "{err}");
    for line in [
        "stored       verified",
        "signature    verified",
        "documents    NOT verified",
    ] {
        assert!(out.contains(line), "{out}");
    }
    assert!(market.registry.requests().is_empty());
    market.json(&["plugin", "remove", NAME]);
    assert_eq!(market.json(&["plugin", "list"]), serde_json::json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn provenance_is_verified_by_the_key_given() {
    let market = Market::open("plugin-verify").await;
    let dist = market.publish("1.4.0", &[]).await;
    std::fs::write(market.folder.join("provenance.pub"), &dist.provenance_key).unwrap();
    market.add(":1.4.0");
    let pull = [
        "plugin",
        "verify",
        NAME,
        "--pull",
        "--loopback-http",
        "--provenance-key",
    ];
    let (code, out, err) = market.run(&[&pull[..], &["provenance.pub"]].concat());
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("provenance   verified"), "{out}");
    assert!(out.contains("as it was asked for"), "{out}");
    let other = include_str!("../../../registry/tests/vectors/provenance.pub");
    std::fs::write(market.folder.join("other.pub"), other).unwrap();
    let error = market.refused(5, &[&pull[..], &["other.pub"]].concat());
    assert!(error.contains("not by the key that was given"), "{error}");
}

/// The publisher withdrew it, and the installed plugin is still the signed one.
#[tokio::test(flavor = "multi_thread")]
async fn withdrawn_artifact_hides_no_local_finding() {
    let market = Market::open("plugin-withdrawn").await;
    market.publish("1.4.0", &[]).await;
    market.add(":1.4.0");
    market.registry.behave(|_| Some(response(404, "", b"")));
    let verify = ["plugin", "verify", NAME, "--pull", "--loopback-http"];
    let (code, out, err) = market.run(&verify);
    assert_eq!(code, 5, "{out}");
    assert!(err.contains("not in the registry"), "{err}");
    for line in ["stored       verified", "signature    verified"] {
        assert!(out.contains(line), "{out}");
    }
    assert!(!out.contains("documents"), "{out}");
}

/// A change in the database, by any process that can write there, is detected.
#[tokio::test(flavor = "multi_thread")]
async fn changed_component_in_the_database_is_refused() {
    let market = Market::open("plugin-changed").await;
    market.publish("1.4.0", &[]).await;
    market.add(":1.4.0");
    let database = rusqlite::Connection::open(market.folder.join("data/auth-host.db")).unwrap();
    database
        .execute("UPDATE plugins SET component = x'00'", [])
        .unwrap();
    drop(database);
    let error = market.refused(5, &["plugin", "verify", NAME]);
    assert!(error.contains("it was changed there"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn update_shows_changes_and_needs_agreement() {
    let market = Market::open("plugin-update").await;
    market.publish("1.4.0", &[]).await;
    market.add(":1.4.0");
    let more = "\"https://sms.example.com\", \"https://new.example.com\"";
    market
        .publish(
            "1.5.0",
            &[
                (ORIGIN, more),
                ("\"format\": 1", "\"format\": 1, \"license\": \"MIT\""),
            ],
        )
        .await;
    let update = ["plugin", "update", NAME, ":1.5.0", "--loopback-http"];
    // An origin that is not granted is shown and refused, with or without agreement.
    let (code, out, err) = market.run(&[&update[..], &["--yes"]].concat());
    assert_eq!(code, 5, "{out}{err}");
    for line in [
        "version        1.4.0 -> 1.5.0",
        "! origin         + https://new.example.com",
        "licence        + MIT",
        "! asks for https://new.example.com: not granted",
        "manifest     verified",
    ] {
        assert!(out.contains(line), "{line}: {out}");
    }
    let granted = [&update[..], &["--allow", "https://new.example.com"]].concat();
    let error = market.refused(2, &granted);
    assert!(
        error.contains("nothing was changed") && error.contains("--accept"),
        "{error}"
    );
    assert_eq!(market.installed()["version"], "1.4.0");
    let accepted = error.trim().rsplit(' ').next().unwrap();
    let updated = market.json(&[&granted[..], &["--accept", accepted]].concat());
    assert_eq!(updated["version"], "1.5.0");
    assert_eq!(updated["tag"], "1.5.0");
    let origins = serde_json::json!(["https://new.example.com", "https://sms.example.com"]);
    assert_eq!(market.installed()["origins"], origins);
    let again = market.json(&[&granted[..], &["--yes"]].concat());
    assert_eq!(again["updated"], false);
}

/// The same component, with a manifest that was signed again.
#[tokio::test(flavor = "multi_thread")]
async fn manifest_signed_again_is_another_version() {
    const NOTHING: &[u8] = br#"{"schemaVersion": 2, "manifests": []}"#;
    let market = Market::open("plugin-manifest").await;
    let dist = market.publish("1.4.0", &[]).await;
    let referrers = dist.digest().replace(':', "-");
    market.add(":1.4.0");
    let update = ["plugin", "update", NAME, "--loopback-http"];
    let sign_anew = async |name: &str| {
        let named = format!("\"format\": 1, \"name\": \"{name}\"");
        // If there are several manifests the first counts, so the others are removed.
        market.registry.store(&referrers, NOTHING);
        market.publish("1.4.0", &[("\"format\": 1", &named)]).await;
    };
    sign_anew("Acme").await;
    let shown = market.refused(2, &update);
    let accepted = shown.trim().rsplit(' ').next().unwrap();
    sign_anew("Evil").await;
    let accept = [&update[..], &["--accept", accepted]].concat();
    let error = market.refused(5, &accept);
    assert!(error.contains("not what was accepted"), "{error}");
    let updated = market.json(&[&update[..], &["--yes"]].concat());
    assert_eq!(updated["facts"]["name"], "Evil");
    let what: Vec<_> = updated["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| change["what"].as_str().unwrap())
        .collect();
    assert_eq!(what, ["name", "manifest"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn grants_of_an_update_to_the_same_version_are_not_dropped() {
    let market = Market::open("plugin-grants").await;
    market.publish("1.4.0", &[]).await;
    market.add(":1.4.0");
    for grant in [
        ["--limit", "memoryBytes=4194304"],
        ["--allow-beyond", "https://other.example.com"],
    ] {
        let update = ["plugin", "update", NAME, "--loopback-http", "--yes"];
        let error = market.refused(2, &[&update[..], &grant].concat());
        assert!(error.contains("plugin add"), "{error}");
    }
    assert_eq!(market.installed()["limits"], serde_json::json!({}));
}

/// A later command may run elsewhere.
#[tokio::test(flavor = "multi_thread")]
async fn folder_of_a_layout_is_stored_as_a_whole_path() {
    let market = Market::open("plugin-layout").await;
    let dist = market.publish("1.4.0", &[]).await;
    let plan = Plan::read(&dist.folder, &requirements(&dist.public_key)).unwrap();
    let layout = Layout::new(market.folder.join("la@y"));
    plan.write(&layout, "1.4.0", false).unwrap();
    let key = market.key();
    let add = ["plugin", "add", "oci-layout:la@y:1.4.0", "--trust", &key];
    let added = market.json(&[&add[..], &["--allow-asked"]].concat());
    let folder = market.folder.canonicalize().unwrap();
    let pinned = format!("oci-layout:{}/la@y@{}", folder.display(), dist.digest());
    assert_eq!(added["reference"], pinned);
    let update = ["plugin", "update", NAME, ":1.4.0"];
    assert_eq!(market.json(&update)["updated"], false);
}

/// Nothing of a manifest is read before its signature was verified.
#[tokio::test(flavor = "multi_thread")]
async fn signature_of_a_folder_is_verified_before_its_manifest_is_read() {
    let market = Market::open("plugin-order").await;
    let dist = market.publish("1.4.0", &[]).await;
    std::fs::write(dist.folder.join("manifest.json"), "no JSON").unwrap();
    let (folder, key) = (dist.folder.to_str().unwrap(), market.key());
    let error = market.refused(5, &["plugin", "add", folder, "--trust", &key]);
    assert!(error.contains("does not fit its signature"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn tag_that_moved_is_followed_by_an_update() {
    let market = Market::open("plugin-tag").await;
    market.publish("1.4.0", &[]).await;
    market.add(":1.4.0");
    let dist = market.publish("1.4.1", &[]).await;
    let newer = market.registry.stored("1.4.1").unwrap();
    market.registry.store("1.4.0", &newer);
    let updated = market.json(&["plugin", "update", NAME, "--loopback-http", "--yes"]);
    assert_eq!(updated["version"], "1.4.1");
    assert_eq!(
        updated["reference"],
        market.at(&format!("@{}", dist.digest()))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn older_signed_version_is_refused_unless_named() {
    let market = Market::open("plugin-older").await;
    market.publish("1.9.0", &[]).await;
    market.publish("1.10.0", &[]).await;
    market.add(":1.10.0");
    let (old, key) = (market.at(":1.9.0"), market.key());
    let add = [
        "plugin",
        "add",
        &old,
        "--trust",
        &key,
        "--allow-asked",
        "--loopback-http",
    ];
    let update = [
        "plugin",
        "update",
        NAME,
        ":1.9.0",
        "--yes",
        "--loopback-http",
    ];
    for command in [&add[..], &update] {
        let error = market.refused(5, command);
        assert!(
            error.contains("1.9.0 is older than the installed 1.10.0"),
            "{error}"
        );
        let error = market.refused(5, &[command, &["--version", "1.8.0"]].concat());
        assert!(error.contains("1.8.0 was named"), "{error}");
    }
    assert_eq!(market.installed()["version"], "1.10.0");
    // The tag that was installed leads to an older version now.
    let older = market.registry.stored("1.9.0").unwrap();
    market.registry.store("1.10.0", &older);
    let error = market.refused(5, &["plugin", "update", NAME, "--yes", "--loopback-http"]);
    assert!(error.contains("is older than"), "{error}");
    let updated = market.json(&[&update[..], &["--version", "1.9.0"]].concat());
    assert_eq!(updated["version"], "1.9.0");
}

#[tokio::test(flavor = "multi_thread")]
async fn update_by_another_signer_or_plugin_is_refused() {
    let market = Market::open("plugin-signer").await;
    market.publish("1.4.0", &[]).await;
    market.add(":1.4.0");
    let other = KeyPair::generate_unencrypted_keypair().unwrap();
    market.publish_by(&other, "1.5.0", &[]).await;
    market
        .publish("1.6.0", &[("\"example-sms\"", "\"another\"")])
        .await;
    let update = |rest| ["plugin", "update", NAME, rest, "--yes", "--loopback-http"];
    let error = market.refused(5, &update(":1.5.0"));
    assert!(error.contains("is not trusted"), "{error}");
    let error = market.refused(5, &update(":1.6.0"));
    assert!(error.contains("another"), "{error}");
    let (at, key) = (market.at(":1.6.0"), market.key());
    let add = [
        "plugin",
        "add",
        &at,
        "--trust",
        &key,
        "--allow-asked",
        "--loopback-http",
        "--name",
        NAME,
    ];
    let error = market.refused(5, &add);
    assert!(error.contains("Install it under another name"), "{error}");
    // A new signer is accepted if the operator names it, and shown.
    let key = other.pk.to_base64();
    let (code, out, err) = market.run(&[&update(":1.5.0")[..], &["--trust", &key]].concat());
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("! signer         "), "{out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn size_and_memory_are_granted_by_the_operator() {
    let market = Market::open("plugin-limits").await;
    let limits = "\"format\": 1, \"limits\": {\"memoryBytes\": 4194304}";
    let dist = market.publish("1.4.0", &[("\"format\": 1", limits)]).await;
    let (at, key) = (market.at(":1.4.0"), market.key());
    let add = [
        "plugin",
        "add",
        &at,
        "--trust",
        &key,
        "--allow-asked",
        "--loopback-http",
        "--limit",
    ];
    let with = |limit: &'static str| [&add[..], &[limit]].concat();
    market.registry.forget();
    let error = market.refused(5, &with("componentBytes=1000"));
    assert!(error.contains("expected were at most 1000"), "{error}");
    let blobs = market.registry.requests();
    assert!(
        !blobs
            .iter()
            .any(|r| r.path.ends_with(&dist.component_digest()))
    );
    let error = market.refused(5, &with("memoryBytes=65536"));
    assert!(
        error.contains("memoryBytes 4194304: not granted, at most 65536"),
        "{error}"
    );
    let error = market.refused(5, &with("memory=1"));
    assert!(
        error.contains("there is no limit") && error.contains("memoryBytes"),
        "{error}"
    );
    // The host's own are the highest, and nothing is fetched for more.
    market.registry.forget();
    for (above, ceiling) in [
        ("memoryBytes=8388609", "memoryBytes 8388608"),
        ("componentBytes=2097153", "componentBytes 2097152"),
    ] {
        let error = market.refused(2, &with(above));
        assert!(error.contains(ceiling), "{error}");
    }
    assert!(market.registry.requests().is_empty());
    for wrong in [
        "memoryBytes",
        "memoryBytes=0",
        "memoryBytes=-1",
        "memoryBytes=x",
    ] {
        let error = market.refused(2, &with(wrong));
        assert!(error.contains("above 0"), "{error}");
    }
    let added = market.json(
        &[
            &with("memoryBytes=4194304")[..],
            &["--limit", "componentBytes=200000"],
        ]
        .concat(),
    );
    let granted = serde_json::json!({"componentBytes": 200_000, "memoryBytes": 4_194_304});
    assert_eq!(added["limits"], granted);
    // An update keeps what was granted.
    market.publish("1.5.0", &[("\"format\": 1", limits)]).await;
    market.json(&[
        "plugin",
        "update",
        NAME,
        ":1.5.0",
        "--yes",
        "--loopback-http",
    ]);
    assert_eq!(market.installed()["limits"], granted);
}

/// A double in the provider's place, which no manifest names.
#[tokio::test(flavor = "multi_thread")]
async fn origin_beyond_the_manifest_is_given_and_kept() {
    let market = Market::open("plugin-beyond").await;
    market.publish("1.4.0", &[]).await;
    market.publish("1.5.0", &[]).await;
    let (at, key) = (market.at(":1.4.0"), market.key());
    let double = "http://127.0.0.1:9";
    let add = [
        "plugin",
        "add",
        &at,
        "--trust",
        &key,
        "--allow-asked",
        "--loopback-http",
        "--allow-beyond",
        double,
    ];
    let (code, out, err) = market.run(&add);
    assert_eq!(code, 0, "{err}");
    assert!(
        out.contains(&format!("does not ask for {double}: given all the same")),
        "{out}"
    );
    market.json(&[
        "plugin",
        "update",
        NAME,
        ":1.5.0",
        "--yes",
        "--loopback-http",
    ]);
    assert_eq!(market.installed()["beyond"], serde_json::json!([double]));
    assert_eq!(market.installed()["version"], "1.5.0");
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_plugin_leaves_nothing_behind() {
    let market = Market::open("plugin-nothing").await;
    let dist = market.publish("1.4.0", &[]).await;
    let (at, key) = (market.at(":1.4.0"), market.key());
    let add = [
        "plugin",
        "add",
        &at,
        "--trust",
        &key,
        "--allow-asked",
        "--loopback-http",
    ];
    let digest = dist.component_digest();
    market.registry.behave(move |request| {
        request
            .path
            .ends_with(&digest)
            .then(|| response(200, "", b"others"))
    });
    let error = market.refused(5, &add);
    assert!(error.contains("sent a part of it"), "{error}");
    assert_eq!(market.json(&["plugin", "list"]), serde_json::json!([]));
}

/// An artifact that other tools pushed has no manifest. It is installed as a component without a trusted signature.
#[tokio::test(flavor = "multi_thread")]
async fn artifact_without_a_manifest_is_added_as_unsigned() {
    let market = Market::open("plugin-bare").await;
    let dist = market.publish("1.4.0", &[]).await;
    let none = br#"{"schemaVersion": 2, "manifests": []}"#;
    market
        .registry
        .store(&dist.digest().replace(':', "-"), none);
    let at = market.at(":1.4.0");
    let add = [
        "plugin",
        "add",
        &at,
        "--loopback-http",
        "--name",
        "bare",
        "--allow",
        "https://sms.example.com",
    ];
    let error = market.refused(5, &add);
    assert!(error.contains("no manifest of a plugin"), "{error}");
    let added = market.json(&[&add[..], &["--unsigned"]].concat());
    assert_eq!(
        (&added["version"], &added["signer"]),
        (&serde_json::Value::Null, &serde_json::Value::Null)
    );
    assert!(
        added["findings"][1]["text"]
            .as_str()
            .unwrap()
            .contains("there is none")
    );
}
