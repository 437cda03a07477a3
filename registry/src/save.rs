//! Writes a pulled plugin as a package's folder, whole or not at all.

use crate::RegistryError;
use crate::error::english;
use crate::guides::LOGO_FILE;
use crate::pull::Pulled;
use std::fs::{self, File};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The SBOM's name beside the component.
const SBOM: &str = "sbom.cdx.json";

/// The name of a component without a manifest.
const BARE: &str = "component.wasm";

impl Pulled {
    /// Writes the package into a folder that must not exist. [`auth_connector_package::Package::open`] reads it. Where the
    /// artifact has no manifest of a plugin, the component alone is written, as `component.wasm`.
    ///
    /// # Errors
    ///
    /// When the folder exists or cannot be written.
    pub fn save(&self, folder: &Path) -> Result<(), RegistryError> {
        if folder.exists() {
            return Err(RegistryError::file(
                folder,
                english("it exists. Name another, or remove it"),
            ));
        }
        let mut files = Vec::new();
        if let (Some(signed), Some(vouched)) = (self.signed(), &self.vouched) {
            // The host has checked that the name has no separators. `create_new` refuses a name that is taken.
            files.push((vouched.manifest.component.file.as_str(), self.component()));
            files.push(("manifest.json", signed.manifest.as_slice()));
            let signature = signed.signature.as_deref();
            files.extend(signature.map(|bytes| ("manifest.json.minisig", bytes)));
        } else {
            files.push((BARE, self.component()));
        }
        files.extend(self.sbom.as_deref().map(|bytes| (SBOM, bytes)));
        files.extend(self.texts.logo.as_deref().map(|bytes| (LOGO_FILE, bytes)));
        // A language consists of letters, digits and hyphens.
        let guides = self.texts.guides.iter();
        let guides: Vec<(String, &[u8])> = guides
            .map(|(language, text)| (format!("guides/{language}.md"), text.as_bytes()))
            .collect();
        files.extend(guides.iter().map(|(name, bytes)| (name.as_str(), *bytes)));
        let partial = partial(folder);
        fs::create_dir(&partial).map_err(|error| RegistryError::io(&partial, &error))?;
        let written = write(&partial, &files).and_then(|()| fs::rename(&partial, folder));
        written.map_err(|error| {
            // A partial folder is of no use, and the first error counts.
            let _ = fs::remove_dir_all(&partial);
            RegistryError::io(folder, &error)
        })
    }
}

/// A name beside the folder that no other writer uses: containers that share a volume have one process id.
fn partial(folder: &Path) -> PathBuf {
    let random = RandomState::new().build_hasher().finish();
    let mut partial = folder.as_os_str().to_owned();
    partial.push(format!(".partial-{random:016x}"));
    PathBuf::from(partial)
}

fn write(folder: &Path, files: &[(&str, &[u8])]) -> io::Result<()> {
    files.iter().try_for_each(|(name, bytes)| {
        let path = folder.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        File::create_new(path)?.write_all(bytes)
    })
}
