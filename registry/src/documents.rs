//! SBOM and provenance of a publication: each has to be about the component that it is attached to.

use crate::document::Descriptor;
use crate::error::english;
use crate::{Digest, RegistryError, SbomSummary, media, provenance};
use std::path::Path;

/// A document: its title, its media type, its file's name, its bytes.
pub(crate) type Document = (&'static str, &'static str, &'static str, Vec<u8>);

/// The documents in a folder, as far as they are there.
pub(crate) fn read(
    folder: &Path,
    component: &Descriptor,
    artifact: &Descriptor,
) -> Result<Vec<Document>, RegistryError> {
    let (component, artifact) = (component.digest()?, artifact.digest()?);
    let mut found = Vec::new();
    for (title, kind, name) in [
        ("SBOM", media::SBOM, "sbom.cdx.json"),
        ("provenance", media::BUNDLE, "provenance.sigstore.json"),
    ] {
        if !folder.join(name).exists() {
            continue;
        }
        let bytes = file(folder, name)?;
        check(kind, &bytes, &component, &artifact).map_err(|why| {
            let reason = format!("{why}. Run `cargo xtask dist` again, or remove the file");
            RegistryError::malformed(english(name), english(reason))
        })?;
        found.push((title, kind, name, bytes));
    }
    Ok(found)
}

/// Returns an error if a document is not about this component. The signature is not checked here, but by readers that
/// have the key.
fn check(kind: &str, bytes: &[u8], component: &Digest, artifact: &Digest) -> Result<(), String> {
    if kind == media::BUNDLE {
        let read = provenance::read(bytes, &[component, artifact], None);
        return read.map(drop).map_err(|why| why.to_string());
    }
    match SbomSummary::of(bytes, component.hex()) {
        Some(summary) if summary.is_about_it => Ok(()),
        Some(_) => Err("it does not name this component by its SHA-256".to_owned()),
        None => Err("it is no CycloneDX document in JSON".to_owned()),
    }
}

/// A file that `cargo xtask dist` wrote.
pub(crate) fn file(folder: &Path, name: &str) -> Result<Vec<u8>, RegistryError> {
    let path = folder.join(name);
    std::fs::read(&path).map_err(|error| {
        let reason = format!("{error}. `cargo xtask dist` writes it");
        RegistryError::file(&path, english(reason))
    })
}
