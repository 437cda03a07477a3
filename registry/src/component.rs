//! Plan for a component that is not a plugin, such as the gateway.
//!
//! It requests nothing from a host, so it has no manifest to sign. minisign signs the component itself, and the
//! signature is a referrer of its own.

use crate::error::english;
use crate::plan::{CREATED, Plan, VERSION, artifact, attach};
use crate::{RegistryError, bounds, documents, media};
use auth_connector_package::TrustedKey;
use minisign_verify::{PublicKey, Signature};
use std::path::Path;

/// Requirements on the signature of a component.
#[derive(Debug)]
pub struct Signers<'a> {
    /// The keys of which one must verify the signature. Without keys, a signature is attached unverified.
    pub trusted: &'a [TrustedKey],
    /// True if a missing signature is accepted.
    pub allow_unsigned: bool,
}

impl Plan {
    /// Reads a folder with a component, and what `cargo xtask dist` and minisign wrote beside it.
    ///
    /// # Errors
    ///
    /// When files are missing or do not belong together, or the component is not signed as required.
    pub fn read_component(folder: &Path, signers: &Signers<'_>) -> Result<Self, RegistryError> {
        let (artifact, read) = artifact(folder, "component")?;
        let (name, component) = match artifact.blobs.as_slice() {
            [_, blob] => (blob.title.as_str(), blob.bytes.as_slice()),
            _ => {
                return Err(RegistryError::malformed(
                    english("the artifact"),
                    english("it has no component"),
                ));
            }
        };
        let signature_file = format!("{name}.minisig");
        let path = folder.join(&signature_file);
        let mut attached = Vec::new();
        if path.exists() {
            let signature = crate::layout::read(&path, bounds::SIGNATURE)?;
            verify(component, &signature, signers.trusted)
                .map_err(|reason| RegistryError::file(&path, english(reason)))?;
            attached.push(("signature", media::SIGNATURE, signature_file, signature));
        } else if !signers.allow_unsigned {
            return Err(RegistryError::file(
                &path,
                english(format!(
                    "it is missing. Sign by `minisign -Sm {name}`, or publish without by --unsigned"
                )),
            ));
        }
        let documents = documents::read(folder, read.component()?, &artifact.descriptor)?;
        for (title, kind, name, bytes) in documents {
            attached.push((title, kind, name.to_owned(), bytes));
        }
        let created = read.annotations.get(CREATED);
        let referrers = attached
            .into_iter()
            .map(|(title, kind, name, bytes)| {
                let layers = vec![(kind, name, bytes)];
                attach(title, kind, layers, &artifact.descriptor, created)
            })
            .collect::<Result<_, _>>()?;
        Ok(Self {
            artifact,
            referrers,
            version: read.annotations.get(VERSION).cloned(),
        })
    }
}

/// Verifies minisign's signature over these bytes by one of the keys, if there are any.
fn verify(bytes: &[u8], signature: &[u8], trusted: &[TrustedKey]) -> Result<(), &'static str> {
    const FORM: &str = "it is no signature of minisign. Sign again by `minisign -S`";
    let text = std::str::from_utf8(signature).map_err(|_| FORM)?;
    let signature = Signature::decode(text).map_err(|_| FORM)?;
    let verifies = |key: &TrustedKey| {
        PublicKey::from_base64(&key.to_string())
            .is_ok_and(|key| key.verify(bytes, &signature, false).is_ok())
    };
    if trusted.is_empty() || trusted.iter().any(verifies) {
        return Ok(());
    }
    Err(
        "no trusted key verifies it: another key signed, or the component was built again since. Sign again by `minisign -S`",
    )
}
