//! Folder as `cargo xtask dist` and `minisign` leave it, made by the same code.

use super::component::component;
use connector_packaging::artifact::Artifact;
use connector_packaging::bundle::SigningKey;
use connector_packaging::linked::Graph;
use connector_packaging::project::Project;
use connector_packaging::repository::Repository;
use connector_packaging::{provenance, sbom, sha256};
use minisign::KeyPair;
use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// The folder, removed when this is dropped, and the keys.
pub struct Dist {
    pub folder: PathBuf,
    pub component: Vec<u8>,
    pub public_key: String,
    /// The public key of the provenance, in PEM.
    pub provenance_key: String,
}

/// A key that openssl made, for tests.
const PROVENANCE_KEY: &[u8] = include_bytes!("../vectors/dist.key");
const PROVENANCE_PUB: &str = include_str!("../vectors/dist.pub");

impl Drop for Dist {
    fn drop(&mut self) {
        // A folder that cannot be removed is left for the next cleanup.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A folder that does not exist yet.
pub fn scratch(name: &str) -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    std::env::temp_dir().join(format!("registry-{name}-{}-{number}", std::process::id()))
}

impl Dist {
    /// A signed plugin with SBOM and provenance.
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    /// The same, with files that the test changes before they are signed.
    pub fn with(change: impl FnOnce(&Path)) -> Self {
        let pair = KeyPair::generate_unencrypted_keypair().unwrap();
        Self::signed("1.4.0", &pair, change)
    }

    /// A version signed by this key.
    pub fn signed(version: &str, pair: &KeyPair, change: impl FnOnce(&Path)) -> Self {
        Self::of(component(), version, pair, change)
    }

    /// A version of this component.
    pub fn of(
        component: Vec<u8>,
        version: &str,
        pair: &KeyPair,
        change: impl FnOnce(&Path),
    ) -> Self {
        let folder = scratch("dist");
        fs::create_dir_all(&folder).unwrap();
        let project = Project {
            name: "example-sms".into(),
            version: version.into(),
            license: Some("Apache-2.0".into()),
            source: Some("https://example.com/sms.git".into()),
            repository: Repository {
                revision: Some("0123456789abcdef0123456789abcdef01234567".into()),
                epoch: Some(1_700_000_000),
                has_changes: false,
            },
            ..Project::default()
        };
        let put = |name: &str, bytes: &[u8]| fs::write(folder.join(name), bytes).unwrap();
        put("example.wasm", &component);
        let artifact = Artifact::new(&project, &component, "example.wasm").unwrap();
        put("oci-config.json", &artifact.config);
        put("oci-manifest.json", &artifact.manifest);
        put(
            "sbom.cdx.json",
            &sbom::document(&project, &Graph::new(), &component),
        );
        let manifest = format!(
            r#"{{"format": 1, "id": "example-sms", "version": "{version}", "contract": "auth:connector@0.1.0",
              "component": {{"file": "example.wasm", "size": {}, "sha256": "{}"}},
              "origins": ["https://sms.example.com"]}}"#,
            component.len(),
            sha256(&component),
        );
        put("manifest.json", manifest.as_bytes());
        let graph = Graph::new();
        let subject = ("example.wasm", component.as_slice());
        let statement = provenance::statement(&project, &graph, subject, &artifact);
        let key = SigningKey::from_pem(PROVENANCE_KEY).unwrap();
        put("provenance.sigstore.json", &key.bundle(&statement).unwrap());
        change(&folder);
        let manifest = fs::read(folder.join("manifest.json")).unwrap();
        let signed = minisign::sign(None, &pair.sk, Cursor::new(manifest), Some("release"), None);
        fs::write(
            folder.join("manifest.json.minisig"),
            signed.unwrap().into_string(),
        )
        .unwrap();
        Self {
            folder,
            component,
            public_key: pair.pk.to_base64(),
            provenance_key: PROVENANCE_PUB.to_owned(),
        }
    }

    /// The digest of the artifact.
    pub fn digest(&self) -> String {
        let manifest = fs::read(self.folder.join("oci-manifest.json")).unwrap();
        format!("sha256:{}", sha256(&manifest))
    }

    /// The component's digest.
    pub fn component_digest(&self) -> String {
        format!("sha256:{}", sha256(&self.component))
    }
}
