//! A published plugin on its way into the host: signed, unchanged, and no more powerful than was granted.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail loudly"
)]

mod support;

use auth_connector_host::{
    Config, ConnectorHost, Grants, HostBuilder, LoadError, Message, Package, SendError,
    SignatureError, TrustedKey,
};
use minisign::KeyPair;
use sha2::{Digest, Sha256};
use std::io::Cursor;
use std::path::PathBuf;

/// A publisher with a key, and what it published.
struct Published {
    pair: KeyPair,
    component: Vec<u8>,
    manifest: String,
    signature: Vec<u8>,
}

impl Published {
    /// The test connector, asking for these origins.
    fn asking(origins: &[&str]) -> Self {
        Self::with(origins, "\"requests\": 4")
    }

    fn with(origins: &[&str], limits: &str) -> Self {
        let pair = KeyPair::generate_unencrypted_keypair().unwrap();
        let component = support::plugin();
        let manifest = format!(
            r#"{{"format": 1, "id": "example-sms", "version": "1.4.0", "contract": "auth:connector@0.1.0",
              "component": {{"file": "example.wasm", "size": {}, "sha256": "{}"}},
              "origins": {origins:?}, "limits": {{{limits}}}}}"#,
            component.len(),
            hex::encode(Sha256::digest(&component)),
        );
        let mut published = Self {
            pair,
            component,
            manifest,
            signature: Vec::new(),
        };
        published.sign();
        published
    }

    fn sign(&mut self) {
        let text = Cursor::new(self.manifest.as_bytes());
        let signed = minisign::sign(None, &self.pair.sk, text, Some("release 7"), None);
        self.signature = signed.unwrap().into_string().into_bytes();
    }

    fn package(&self) -> Package<'_> {
        Package::new(
            self.component.as_slice(),
            self.manifest.as_bytes(),
            Some(self.signature.as_slice()),
        )
    }

    fn trusting(&self) -> HostBuilder {
        ConnectorHost::builder().trust_key(TrustedKey::parse(&self.pair.pk.to_base64()).unwrap())
    }

    fn refusal(&self, grants: &Grants) -> LoadError {
        let host = self.trusting().build().unwrap();
        let error = host.load_package(self.package(), grants).unwrap_err();
        assert_eq!(error.to_string().lines().count(), 1, "{error}");
        error
    }

    /// In a folder of its own.
    fn folder(&self, name: &str) -> PathBuf {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("manifest.json"), &self.manifest).unwrap();
        std::fs::write(folder.join("manifest.json.minisig"), &self.signature).unwrap();
        std::fs::write(folder.join("example.wasm"), &self.component).unwrap();
        folder
    }
}

fn granting(origins: &[&str]) -> Grants {
    let grants = Grants::default();
    origins.iter().fold(grants, |g, o| g.allow(o).unwrap())
}

/// A signed plugin reaches the granted origins that it requests and no others.
#[tokio::test]
async fn signed_plugin_reaches_what_it_asks_for_alone() {
    let (asked, other) = (
        support::server(support::OK).await,
        support::server(support::OK).await,
    );
    let origin = format!("http://{asked}");
    let published = Published::asking(&[&origin]);
    let grants = granting(&[&origin, &format!("http://{other}")]);
    let host = published.trusting().build().unwrap();
    let plugin = host.load_package(published.package(), &grants).unwrap();
    let send = async |to: &str| {
        let config = Config::new(format!("f{to}"));
        let message = Message::default();
        let sent = plugin.send_message_reported(&config, &message).await;
        sent.report.http[0].status
    };
    assert_eq!(send(&asked).await, Some(200));
    assert_eq!(send(&other).await, None, "granted, and not asked for");
    let shown = plugin.grants().unwrap().to_string();
    assert!(
        shown.contains(&format!("asks for {origin}: granted")),
        "{shown}"
    );
    assert!(
        shown.contains(&format!("http://{other}: granted, so not given")),
        "{shown}"
    );
    let signer = plugin.provenance().unwrap().signer.as_ref().unwrap();
    assert_eq!(signer.trusted_comment, "release 7");
}

/// A plugin that requests more is refused or loaded with less, as the operator chose.
#[tokio::test]
async fn plugin_asking_more_is_refused_or_gets_less() {
    let authority = support::server(support::OK).await;
    let origin = format!("http://{authority}");
    let published = Published::asking(&[&origin, "https://sms.example.net"]);
    let grants = granting(&[&origin]);
    let error = published.refusal(&grants);
    assert!(matches!(error, LoadError::NotGranted { .. }), "{error}");
    assert!(
        error
            .to_string()
            .contains("asks for https://sms.example.net: not granted"),
        "{error}"
    );

    let host = published.trusting().build().unwrap();
    let plugin = host
        .load_package(published.package(), &grants.accept_less())
        .unwrap();
    assert!(!plugin.grants().unwrap().is_complete());
    assert_eq!(plugin.egress().origins().len(), 1);
    let config = Config::new(format!("f{authority}"));
    assert!(
        plugin
            .send_message(&config, &Message::default())
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn plugin_gets_lower_limits_it_asks_for() {
    let authority = support::server(support::OK).await;
    let origin = format!("http://{authority}");
    for asked in [2, 3] {
        let published = Published::with(&[&origin], &format!("\"requests\": {asked}"));
        let host = published.trusting().build().unwrap();
        let plugin = host
            .load_package(published.package(), &granting(&[&origin]))
            .unwrap();
        assert_eq!(plugin.limits().requests, asked);
        let config = Config::new(format!("q{authority}"));
        let sent = plugin
            .send_message_reported(&config, &Message::default())
            .await;
        let count = sent
            .report
            .http
            .iter()
            .filter(|e| e.status.is_some())
            .count();
        assert_eq!(count, asked as usize, "{:?}", sent.report.http);
    }
    let published = Published::with(&[], "\"computeMs\": 20");
    let host = published.trusting().build().unwrap();
    let plugin = host
        .load_package(published.package(), &Grants::default())
        .unwrap();
    let error = plugin
        .send_message(&Config::new("l"), &Message::default())
        .await
        .unwrap_err();
    let SendError::NotSent(cause) = &error else {
        panic!("{error}")
    };
    assert!(cause.to_string().contains("more than 20 ms"), "{cause}");
}

/// Bytes that are not the signed ones are refused before they are compiled.
#[test]
fn changed_bytes_are_refused_before_they_are_compiled() {
    let mut published = Published::asking(&[]);
    published.component.push(0);
    assert!(matches!(
        published.refusal(&Grants::default()),
        LoadError::Size { .. }
    ));
    published.component.pop();
    *published.component.last_mut().unwrap() ^= 1;
    assert!(matches!(
        published.refusal(&Grants::default()),
        LoadError::Digest { .. }
    ));
}

/// A manifest that was changed or is not signed is refused before it is read.
#[test]
fn changed_or_unsigned_manifest_is_refused_unread() {
    let mut published = Published::asking(&[]);
    published.manifest = published.manifest.replace("1.4.0", "1.4.1");
    assert!(matches!(
        published.refusal(&Grants::default()),
        LoadError::Signature(SignatureError::Invalid(_))
    ));
    // Not even its syntax is looked at.
    published.manifest = "{".to_owned();
    assert!(matches!(
        published.refusal(&Grants::default()),
        LoadError::Signature(SignatureError::Invalid(_))
    ));
    published.sign();
    assert!(matches!(
        published.refusal(&Grants::default()),
        LoadError::Manifest(_)
    ));
}

#[test]
fn manifest_for_other_contract_or_plugin_is_refused() {
    let mut published = Published::asking(&[]);
    published.manifest = published
        .manifest
        .replace("connector@0.1.0", "connector@0.2.0");
    published.sign();
    let line = published.refusal(&Grants::default()).to_string();
    assert!(
        line.contains("auth:connector@0.2.0") && line.contains("auth:connector@0.1.0"),
        "{line}"
    );

    let published = Published::asking(&[]);
    let other = published.refusal(&Grants::default().only("example-voice"));
    assert!(matches!(other, LoadError::OtherPlugin { .. }), "{other}");
    let host = published.trusting().build().unwrap();
    let grants = Grants::default().only("example-sms");
    assert!(host.load_package(published.package(), &grants).is_ok());
}

#[test]
fn package_is_found_by_folder_or_manifest() {
    let published = Published::asking(&[]);
    let folder = published.folder("package-found");
    let host = published.trusting().build().unwrap();
    for path in [folder.clone(), folder.join("manifest.json")] {
        let package = Package::open(path).unwrap();
        assert!(host.load_package(package, &Grants::default()).is_ok());
    }
    let elsewhere = folder.join("moved.wasm");
    std::fs::rename(folder.join("example.wasm"), &elsewhere).unwrap();
    let line = host
        .load_package(Package::open(&folder).unwrap(), &Grants::default())
        .unwrap_err()
        .to_string();
    assert!(line.contains("example.wasm cannot be read"), "{line}");
    let package = Package::open(&folder).unwrap().with_component(elsewhere);
    assert!(host.load_package(package, &Grants::default()).is_ok());
}

#[test]
fn unsigned_folder_loads_only_where_allowed() {
    let published = Published::asking(&[]);
    let folder = published.folder("package-unsigned");
    std::fs::remove_file(folder.join("manifest.json.minisig")).unwrap();
    let load = |host: HostBuilder| {
        let package = Package::open(&folder).unwrap();
        host.build()
            .unwrap()
            .load_package(package, &Grants::default())
    };
    let error = load(published.trusting()).unwrap_err();
    assert!(
        matches!(error, LoadError::Signature(SignatureError::Missing)),
        "{error}"
    );
    let plugin = load(
        published
            .trusting()
            .with(|options| options.allow_unsigned = true),
    )
    .unwrap();
    assert_eq!(plugin.provenance().unwrap().signer, None);

    #[cfg(unix)]
    {
        // A signature that cannot be read is not a missing one.
        std::os::unix::fs::symlink("nowhere", folder.join("manifest.json.minisig")).unwrap();
        assert!(matches!(
            Package::open(&folder),
            Err(LoadError::Unreadable { .. })
        ));
    }
}

#[test]
fn package_is_shown_without_component_or_grants() {
    let published = Published::asking(&["https://sms.example.com"]);
    let host = published.trusting().build().unwrap();
    let package = published.package().with_component("no/such/file.wasm");
    let provenance = host.examine(&package, &Grants::default()).unwrap();
    assert_eq!(provenance.manifest.id, "example-sms");
    assert_eq!(
        provenance
            .decision
            .missing()
            .map(|line| line.to_string())
            .collect::<Vec<_>>(),
        ["asks for https://sms.example.com: not granted"]
    );
}

#[cfg(unix)]
#[test]
fn endless_file_is_not_read_to_its_end() {
    let endless = "/dev/zero";
    assert!(matches!(
        Package::open(endless),
        Err(LoadError::TooLarge { .. })
    ));
    let host = ConnectorHost::builder().build().unwrap();
    assert!(matches!(
        host.load(endless),
        Err(LoadError::TooLarge { .. })
    ));
}
