//! Contract as a package of WIT in binary form, which registries keep as they keep components.
//!
//! <https://tag-runtime.cncf.io/wgs/wasm/deliverables/wasm-oci-artifact/> has one layout for both, so a client
//! that pulls components pulls it.

use crate::Result;
use std::path::Path;
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
            bytes,
        })
    }

    /// Its file's name: `auth_connector.wasm`.
    pub fn file(&self) -> String {
        format!("{}.wasm", self.name.replace(':', "_"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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
    }

    #[test]
    fn folder_without_a_package_is_refused() {
        assert!(Contract::encode(&wit().join("nothing")).is_err());
    }
}
