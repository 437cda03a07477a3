//! Contract as a package of WIT in binary form, which registries keep as they keep components.
//!
//! <https://tag-runtime.cncf.io/wgs/wasm/deliverables/wasm-oci-artifact/> has one layout for both, so a client
//! that pulls components pulls it.
//!
//! Its tag is the contract's version, which outlives releases of the plugins, and `publish` refuses other bytes under a tag.
//! The artifact therefore depends on the WIT alone: it names no commit, date, package or encoder.

use crate::Result;
use crate::artifact::Artifact;
use crate::project::Project;
use std::path::Path;
use wasm_metadata::Producers;
use wit_parser::Resolve;

/// A package of WIT.
pub struct Contract {
    /// Its name: `auth:connector`.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its binary form.
    pub bytes: Vec<u8>,
}

impl Contract {
    /// Encodes the package in a folder of WIT, which has what it depends on in `deps`. The same text gives the same
    /// bytes.
    ///
    /// # Errors
    ///
    /// When the folder is not a package with a version.
    pub fn encode(folder: &Path) -> Result<Self> {
        let wrong = |error| format!("{}: {error:#}.", folder.display());
        let mut resolve = Resolve::default();
        let (id, _) = resolve.push_dir(folder).map_err(wrong)?;
        let package = resolve
            .packages
            .get(id)
            .ok_or("the folder has no package.")?;
        let name = format!("{}:{}", package.name.namespace, package.name.name);
        let version = package.name.version.as_ref().map(ToString::to_string);
        let version = version.ok_or_else(|| format!("{name} has no version."))?;
        let bytes = wit_component::encode(&resolve, id, false)
            .map_err(|error| format!("{name} cannot be encoded: {error:#}."))?;
        Ok(Self {
            name,
            version,
            bytes: without_producers(bytes)?,
        })
    }

    /// The artifact under which registries keep it.
    ///
    /// # Errors
    ///
    /// When the bytes are not a component.
    pub fn artifact(&self) -> Result<Artifact> {
        let project = Project {
            name: self.name.clone(),
            version: self.version.clone(),
            description: Some("Contract between auth hosts and SMS connectors, as WIT".to_owned()),
            license: Some("Apache-2.0".to_owned()),
            ..Project::default()
        };
        Artifact::new(&project, &self.bytes, &self.file())
    }

    /// Its file's name: `auth_connector.wasm`.
    pub fn file(&self) -> String {
        format!("{}.wasm", self.name.replace(':', "_"))
    }
}

/// The bytes without their last section, in which the encoder names itself and its version.
fn without_producers(mut bytes: Vec<u8>) -> Result<Vec<u8>> {
    let producers = Producers::from_wasm(&bytes);
    let producers = producers.map_err(|error| format!("the encoded contract: {error:#}."))?;
    let Some(section) = producers.map(|producers| producers.raw_custom_section()) else {
        return Ok(bytes);
    };
    let kept = bytes.strip_suffix(section.as_slice()).map(<[u8]>::len);
    // Before the section stands a byte with its kind.
    let kept = kept.and_then(|kept| kept.checked_sub(1));
    bytes.truncate(kept.ok_or("the encoded contract names its encoder before its end.")?);
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sha256;
    use wit_component::DecodedWasm;

    fn wit() -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit")
    }

    #[test]
    fn contract_is_read_back_whole() {
        let made = Contract::encode(&wit()).unwrap();
        assert_eq!(
            (made.name.as_str(), made.version.as_str()),
            ("auth:connector", "0.1.0")
        );
        assert_eq!(made.file(), "auth_connector.wasm");
        let DecodedWasm::WitPackage(resolve, id) = wit_component::decode(&made.bytes).unwrap()
        else {
            panic!("it is no package of WIT");
        };
        let package = &resolve.packages[id];
        let interfaces: Vec<&str> = package.interfaces.keys().map(String::as_str).collect();
        for name in ["sms", "sms-operations", "sms-receipts"] {
            assert!(interfaces.contains(&name), "{interfaces:?}");
        }
        assert_eq!(package.worlds.len(), 3);
        assert_eq!(Contract::encode(&wit()).unwrap().bytes, made.bytes);
        assert!(Producers::from_wasm(&made.bytes).unwrap().is_none());
    }

    /// Hosts and connectors are built against it, and its tag is taken. Where an update of `wit-component` or of the
    /// artifact's layout changes it, keep the version before, or give the contract a new version.
    #[test]
    fn released_artifact_keeps_its_digest() {
        let released = [(
            "0.1.0",
            "1bf5621fabc027654114ca143c3fa289d3a6a8dd279d3b8b7508d631671b265d",
        )];
        let made = Contract::encode(&wit()).unwrap();
        let digest = sha256(&made.artifact().unwrap().manifest);
        let found = released
            .iter()
            .find(|(version, _)| *version == made.version);
        assert_eq!(found, Some(&(made.version.as_str(), digest.as_str())));
    }

    #[test]
    fn folder_without_a_package_is_refused() {
        assert!(Contract::encode(&wit().join("nothing")).is_err());
    }
}
