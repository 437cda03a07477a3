//! Plugins in a registry on loopback, published by the code that publishes, and the commands that install them.

use super::program::{directory, scratch as scratch_folder};
use auth_connector_host::{Network, Outbound, Requirements, TrustedKey};
use auth_connector_registry::plan::Plan;
use auth_connector_registry::publish::publish;
use auth_connector_registry::{Client, Reference, Settings};
use minisign::KeyPair;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

#[path = "../../../registry/tests/support/component.rs"]
mod component;
#[allow(dead_code, reason = "the registry's own tests use the rest")]
#[path = "../../../registry/tests/support/dist.rs"]
mod dist;
#[allow(dead_code, reason = "the registry's own tests use the rest")]
#[path = "../../../registry/tests/support/registry.rs"]
mod registry;

pub use dist::{Dist, scratch};
pub use registry::{DRIPPING, ENDLESS, Registry, response};

/// A publisher's requirement for a package: the signature of this key.
pub fn requirements(key: &str) -> Requirements {
    Requirements {
        trusted_keys: vec![TrustedKey::parse(key).unwrap()],
        ..Requirements::default()
    }
}

/// A publisher with a key, a registry, and an operator's folder.
pub struct Market {
    pub registry: Registry,
    pub pair: KeyPair,
    pub folder: PathBuf,
}

impl Market {
    pub async fn open(name: &str) -> Self {
        // Nothing that an earlier run left.
        scratch_folder(name);
        let folder = directory(name);
        Self {
            registry: Registry::start().await,
            pair: KeyPair::generate_unencrypted_keypair().unwrap(),
            folder,
        }
    }

    pub fn key(&self) -> String {
        self.pair.pk.to_base64()
    }

    /// Publishes a version whose manifest has these texts replaced.
    pub async fn publish(&self, version: &str, replaced: &[(&str, &str)]) -> Dist {
        self.publish_by(&self.pair, version, replaced).await
    }

    pub async fn publish_by(
        &self,
        pair: &KeyPair,
        version: &str,
        replaced: &[(&str, &str)],
    ) -> Dist {
        self.publish_with(pair, version, |folder| replace(folder, replaced))
            .await
    }

    /// Publishes a version whose files are changed before they are signed.
    pub async fn publish_with(
        &self,
        pair: &KeyPair,
        version: &str,
        change: impl FnOnce(&Path),
    ) -> Dist {
        let dist = Dist::signed(version, pair, change);
        self.publish_dist(version, &dist).await;
        dist
    }

    /// Publishes the content of a folder.
    pub async fn publish_dist(&self, version: &str, dist: &Dist) {
        let plan = Plan::read(&dist.folder, &requirements(&dist.public_key)).unwrap();
        let settings = Settings {
            outbound: Outbound::new(&Network::default()).unwrap(),
            credentials: None,
            has_loopback_http: true,
            time: Duration::from_secs(20),
        };
        let host = self.registry.address.to_string();
        let client = Client::for_publishing(&settings, &host, "acme/sms").unwrap();
        let reference = Reference::parse(&self.at(&format!(":{version}"))).unwrap();
        publish(&client, &plan, &reference, true, &mut |_| {})
            .await
            .unwrap();
    }

    pub fn at(&self, rest: &str) -> String {
        self.registry.reference(rest)
    }

    /// Runs a command on the operator's folder.
    pub fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        self.run_with(&[arguments, &["--data", "data"]].concat(), &[])
    }

    /// Runs a command of any kind, with variables of its own.
    pub fn run_with(
        &self,
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> (i32, String, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_auth-host"))
            .current_dir(&self.folder)
            .args(arguments)
            .envs(variables.iter().copied())
            .env_remove("HTTPS_PROXY")
            .env_remove("https_proxy")
            .env("DOCKER_CONFIG", &self.folder)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (
            output.status.code().unwrap(),
            text(output.stdout),
            text(output.stderr),
        )
    }

    /// Runs a command that succeeds, and reads its JSON.
    pub fn json(&self, arguments: &[&str]) -> Value {
        let (code, out, err) = self.run(&[arguments, &["--json"]].concat());
        assert_eq!(code, 0, "{arguments:?}: {out}{err}");
        serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}"))
    }

    /// Runs a command that is refused with this code.
    pub fn refused(&self, code: i32, arguments: &[&str]) -> String {
        let (found, out, err) = self.run(arguments);
        assert_eq!(found, code, "{arguments:?}: {out}{err}");
        err
    }

    /// Adds a version with everything that it requests.
    pub fn add(&self, rest: &str) -> Value {
        let (at, key) = (self.at(rest), self.key());
        self.json(&[
            "plugin",
            "add",
            &at,
            "--trust",
            &key,
            "--allow-asked",
            "--loopback-http",
        ])
    }

    /// The installed plugin.
    pub fn installed(&self) -> Value {
        self.json(&["plugin", "list"])[0].clone()
    }
}

/// Replaces texts in a manifest.
pub fn replace(folder: &Path, replaced: &[(&str, &str)]) {
    let file = folder.join("manifest.json");
    let mut text = std::fs::read_to_string(&file).unwrap();
    for (was, is) in replaced {
        assert!(text.contains(was), "{was}");
        text = text.replace(was, is);
    }
    std::fs::write(file, text).unwrap();
}
