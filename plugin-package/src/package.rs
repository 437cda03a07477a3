//! Package of a plugin: a component, its manifest, and a signature over the manifest.
//!
//! | file | what |
//! |---|---|
//! | `manifest.json` | [`Manifest`], by `docs/manifest.schema.json` |
//! | `manifest.json.minisig` | minisign's signature over its exact bytes |
//! | the component | named by the manifest, pinned by SHA-256 and size |
//!
//! Checks run in this order, each before the next part is read: the signature, the manifest, the
//! contract's version, the grants, the component's size and digest. Only then is anything compiled.

use crate::error::LoadError;
use crate::grants::{Decision, Grants};
use crate::limit::Caps;
use crate::manifest::{COMPONENT_BYTES, CONTRACT, MANIFEST_BYTES, Manifest};
use crate::signature::{self, Signer, TrustedKey};
use crate::source::Source;
use std::borrow::Cow;
use std::path::{Path, PathBuf};

/// The manifest's name in a package's folder.
const MANIFEST: &str = "manifest.json";

/// Suffix of the manifest's file name for its signature.
const SIGNATURE: &str = ".minisig";

/// Requirements of a host for every package, besides its grants to one.
#[derive(Clone, Debug, Default)]
pub struct Requirements {
    /// The keys whose signatures count. Default none.
    pub trusted_keys: Vec<TrustedKey>,
    /// True if a manifest may lack the signature of a trusted key. Default false.
    pub allow_unsigned: bool,
    /// The caps of the host that is to run the plugin. Default none, for programs that run no plugins.
    pub caps: Caps,
}

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
            manifest: Source::Path(manifest).read(MANIFEST_BYTES)?,
            signature: is_signed
                .then(|| Source::Path(signature).read(signature::SIGNATURE_BYTES))
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

    /// Checks signature, manifest and grants, without the component, and without refusing what is not granted.
    ///
    /// # Errors
    ///
    /// [`LoadError`] when it is not vouched for, is another plugin, or is for another contract.
    pub fn examine(
        &self,
        grants: &Grants,
        requirements: &Requirements,
    ) -> Result<Provenance, LoadError> {
        let signer = signature::verify(
            &self.manifest,
            self.signature.as_deref(),
            &requirements.trusted_keys,
            requirements.allow_unsigned,
        )?;
        let manifest = Manifest::parse(&self.manifest)?;
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
        let size = manifest.component.size;
        if let Some(limit) = grants.component_bytes.filter(|most| size > *most) {
            return Err(LoadError::TooLarge { size, limit });
        }
        let decision = Decision::of(&manifest, grants, &requirements.caps);
        Ok(Provenance {
            manifest,
            signer,
            decision,
        })
    }

    /// The component's bytes, of the size in the manifest. Their digest is still to be compared.
    ///
    /// # Errors
    ///
    /// [`LoadError::Unreadable`], [`LoadError::TooLarge`] or [`LoadError::Size`].
    pub fn component(self, manifest: &Manifest) -> Result<Cow<'a, [u8]>, LoadError> {
        let pin = &manifest.component;
        let component = match self.component {
            Place::Given(source) => source,
            Place::Folder(folder) => folder.join(&pin.file).into(),
        };
        let bytes = component.read(COMPONENT_BYTES)?;
        if bytes.len() as u64 != pin.size {
            return Err(LoadError::Size {
                expected: pin.size,
                found: bytes.len() as u64,
            });
        }
        Ok(bytes)
    }
}

/// Facts about a plugin from its package.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Provenance {
    /// Its manifest.
    pub manifest: Manifest,
    /// The signer of the manifest. None only if unsigned plugins are allowed.
    pub signer: Option<Signer>,
    /// Comparison of its requests with its grants.
    pub decision: Decision,
}
