//! A plugin as it is published: a component, a manifest that says which bytes it is and what it asks for, and a
//! signature over the manifest.
//!
//! | file | what |
//! |---|---|
//! | `manifest.json` | [`Manifest`], by `docs/manifest.schema.json` |
//! | `manifest.json.minisig` | minisign's signature over its exact bytes |
//! | the component | named by the manifest, pinned by SHA-256 and size |
//!
//! What is checked, in this order, each before the next is so much as read: the signature, the manifest, the
//! contract's version, the grants, the component's size and digest. Only then is anything compiled.

mod grants;
mod json;
mod manifest;
mod signature;
mod text;

#[cfg(test)]
mod tests;

use crate::authority::CONTRACT;
use crate::error::LoadError;
use crate::host::{ConnectorHost, Source, read};
use crate::limits::COMPONENT_BYTES;
use crate::plugin::Plugin;
pub use grants::{Decision, Grants, Limit, LimitDecision, OriginDecision, Standing};
pub use manifest::{ComponentPin, MANIFEST_BYTES, Manifest, ManifestError, ManifestFault};
pub use signature::{KeyError, KeyId, SignatureError, Signer, TrustedKey};
use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// The manifest's name in a package's folder.
const MANIFEST: &str = "manifest.json";

/// What is added to the manifest's name for its signature's.
const SIGNATURE: &str = ".minisig";

/// A component with its manifest and the manifest's signature, not yet checked.
pub struct Package<'a> {
    manifest: Cow<'a, [u8]>,
    signature: Option<Cow<'a, [u8]>>,
    component: Place<'a>,
}

enum Place<'a> {
    Given(Source<'a>),
    /// In this folder, under the name that the manifest gives.
    Folder(PathBuf),
}

impl<'a> Package<'a> {
    /// A package in a folder, by the folder or by its manifest. The signature is the file beside the manifest
    /// with `.minisig` added to its name.
    ///
    /// # Errors
    ///
    /// [`LoadError::Unreadable`] or [`LoadError::TooLarge`]. A missing signature is not an error yet.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, LoadError> {
        let path = path.as_ref();
        let manifest = if path.is_dir() {
            path.join(MANIFEST)
        } else {
            path.to_owned()
        };
        let mut signature = manifest.clone().into_os_string();
        signature.push(SIGNATURE);
        let signature = PathBuf::from(signature);
        let folder = manifest.parent().unwrap_or(Path::new("")).to_owned();
        // A link that leads nowhere is a signature that cannot be read, not one that is missing.
        let is_signed = signature.symlink_metadata().is_ok();
        Ok(Self {
            manifest: read(manifest.into(), MANIFEST_BYTES)?,
            signature: is_signed
                .then(|| read(signature.into(), signature::SIGNATURE_BYTES))
                .transpose()?,
            component: Place::Folder(folder),
        })
    }

    /// A package from its parts. The manifest's bytes must be those that were signed.
    pub fn new(
        component: impl Into<Source<'a>>,
        manifest: impl Into<Cow<'a, [u8]>>,
        signature: Option<impl Into<Cow<'a, [u8]>>>,
    ) -> Self {
        Self {
            manifest: manifest.into(),
            signature: signature.map(Into::into),
            component: Place::Given(component.into()),
        }
    }

    /// The same package with its component from elsewhere. The manifest's digest holds all the same.
    #[must_use]
    pub fn with_component(self, component: impl Into<Source<'a>>) -> Self {
        Self {
            component: Place::Given(component.into()),
            ..self
        }
    }
}

/// What is known about a plugin from its package: see [`Plugin::provenance`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Provenance {
    /// Its manifest.
    pub manifest: Manifest,
    /// Who signed that. None only where unsigned plugins are allowed.
    pub signer: Option<Signer>,
    /// What it asks for beside what it is given.
    pub decision: Decision,
}

impl ConnectorHost {
    /// Checks a package's signature, manifest and grants, without its component and without refusing what is
    /// not granted: for showing it to an operator.
    ///
    /// # Errors
    ///
    /// [`LoadError`] when it is not vouched for, or is for another contract.
    pub fn examine(&self, package: &Package<'_>, grants: &Grants) -> Result<Provenance, LoadError> {
        let options = self.options();
        let signer = signature::verify(
            &package.manifest,
            package.signature.as_deref(),
            &options.trusted_keys,
            options.allow_unsigned,
        )?;
        let manifest = Manifest::parse(&package.manifest)?;
        if let Some(expected) = &grants.id
            && *expected != manifest.id
        {
            return Err(LoadError::OtherPlugin {
                expected: expected.clone(),
                found: manifest.id,
            });
        }
        if manifest.contract != CONTRACT {
            return Err(LoadError::ContractVersion {
                found: manifest.contract,
                supported: CONTRACT,
            });
        }
        let decision = Decision::of(&manifest, grants, &options.limits);
        Ok(Provenance {
            manifest,
            signer,
            decision,
        })
    }

    /// Loads a package: signed by a trusted key, unchanged, and with what it asks for as far as it is granted.
    ///
    /// Reads, checks, compiles and links on the calling thread. No code of the plugin runs.
    ///
    /// # Errors
    ///
    /// [`LoadError`], one line that says why the package is refused.
    ///
    /// # Examples
    /// ```no_run
    /// use auth_connector_host::{ConnectorHost, Grants, Package, TrustedKey};
    ///
    /// let key = TrustedKey::parse("RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3")?;
    /// let host = ConnectorHost::builder().trust_key(key).build()?;
    /// let grants = Grants::default().only("example-sms").allow("https://sms.example.com")?;
    /// let plugin = host.load_package(Package::open("plugins/example-sms")?, &grants)?;
    /// if let Some(decision) = plugin.grants() {
    ///     println!("{decision}");
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn load_package(&self, package: Package<'_>, grants: &Grants) -> Result<Plugin, LoadError> {
        let start = Instant::now();
        let provenance = self.examine(&package, grants)?;
        if !grants.accept_less && !provenance.decision.is_complete() {
            return Err(LoadError::NotGranted {
                missing: provenance.decision.missing().collect(),
            });
        }
        let pin = &provenance.manifest.component;
        let component = match package.component {
            Place::Given(source) => source,
            Place::Folder(folder) => folder.join(&pin.file).into(),
        };
        let bytes = read(component, COMPONENT_BYTES)?;
        if bytes.len() as u64 != pin.size {
            return Err(LoadError::Size {
                expected: pin.size,
                found: bytes.len() as u64,
            });
        }
        let pinned = pin.sha256.clone();
        let egress = provenance.decision.egress();
        self.load_bytes(&bytes, start, egress, Some(&pinned), Some(provenance))
    }
}
