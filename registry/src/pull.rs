//! Pulls a plugin: from a reference to a package that passed every check but compilation.
//!
//! ```text
//! artifact's manifest (by digest; a tag is resolved once) -> referrers -> plugin's manifest and signature
//!   -> the host's checks -> provenance, SBOM, guides -> component
//! ```
//!
//! The component comes last, so that nothing large is fetched for a plugin that is refused.

use crate::document::{Descriptor, Manifest};
use crate::guides::{self, Pinned, Pins, Texts};
use crate::part;
use crate::provenance::{self, Claims, ProvenanceKey};
use crate::{Bounds, Digest, Reference, RegistryError, Source, bounds, media};
use auth_connector_egress::{Phrase, phrase};
use auth_connector_package::{
    Grants, LoadError, Package, Provenance, Requirements, SignatureError,
};
use std::collections::BTreeMap;

/// Requirements on a pulled plugin.
pub struct Checks<'a> {
    /// The keys whose signatures count, and whether unsigned plugins are allowed.
    pub requirements: &'a Requirements,
    /// The grants, and the plugin that is expected.
    pub grants: &'a Grants,
    /// The key that verifies provenance. With a key, a plugin without verified provenance is refused.
    pub provenance_key: Option<&'a ProvenanceKey>,
    /// Limits on what is accepted.
    pub bounds: Bounds,
}

/// A plugin that was pulled and checked.
#[derive(Clone, Debug)]
pub struct Pulled {
    /// The reference, pinned by the digest of the artifact's manifest.
    pub reference: Reference,
    /// The tag that was requested, if any.
    pub tag: Option<String>,
    /// Annotations of the artifact's manifest.
    pub annotations: BTreeMap<String, String>,
    /// Result of the host's checks. None if the artifact has no manifest of a plugin and unsigned ones are allowed.
    pub vouched: Option<Provenance>,
    /// The provenance.
    pub attestation: Attestation,
    /// The SBOM, as it came.
    pub sbom: Option<Vec<u8>>,
    /// The guides and the logo that the manifest pins, as far as they are there.
    pub texts: Texts,
    component: Vec<u8>,
    signed: Option<Signed>,
}

/// A plugin's manifest and its signature.
#[derive(Clone, Debug)]
pub(crate) struct Signed {
    pub(crate) manifest: Vec<u8>,
    pub(crate) signature: Option<Vec<u8>>,
}

/// Evidence of how a component was built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attestation {
    /// Nothing.
    Absent,
    /// Claims without a verified signature: anybody may have written them.
    Unverified(Claims),
    /// Claims that the holder of the key signed.
    Verified(Claims),
}

impl Pulled {
    /// The component's bytes.
    pub fn component(&self) -> &[u8] {
        &self.component
    }

    pub(crate) fn signed(&self) -> Option<&Signed> {
        self.signed.as_ref()
    }

    /// The plugin's manifest and its signature, as they were signed. None where the artifact has none.
    pub fn manifest(&self) -> Option<(&[u8], Option<&[u8]>)> {
        let signed = self.signed.as_ref()?;
        Some((&signed.manifest, signed.signature.as_deref()))
    }

    /// The package, for loading it. None where the artifact has no manifest of a plugin.
    pub fn package(&self) -> Option<Package<'_>> {
        let signed = self.signed.as_ref()?;
        let signature = signed.signature.as_deref();
        Some(Package::new(
            self.component.as_slice(),
            signed.manifest.as_slice(),
            signature,
        ))
    }

    /// The same as an owned package.
    pub fn into_package(self) -> Option<Package<'static>> {
        let signed = self.signed?;
        Some(Package::new(
            self.component,
            signed.manifest,
            signed.signature,
        ))
    }
}

/// Pulls a plugin.
///
/// # Errors
///
/// [`RegistryError`]: one line that says what is wrong. Nothing is kept.
pub async fn pull(
    source: &Source,
    reference: &Reference,
    checks: &Checks<'_>,
) -> Result<Pulled, RegistryError> {
    let (digest, bytes) = source.resolve(reference, &checks.bounds).await?;
    let artifact = Manifest::parse(part::artifact(), &bytes)?;
    let layer = artifact.component()?;
    if layer.size > checks.bounds.component {
        return Err(RegistryError::TooLarge {
            what: part::component(),
            size: layer.size,
            limit: checks.bounds.component,
        });
    }
    let referrers = source.referrers(&digest, &checks.bounds).await?;
    let attached = Attached {
        source,
        subject: &digest,
        referrers: &referrers,
        bounds: &checks.bounds,
    };
    let found = attached.manifest(checks).await?;
    if let Some((_, vouched)) = &found {
        let pin = &vouched.manifest.component;
        let expected = format!("sha256:{} ({} B)", pin.sha256, pin.size);
        let found = format!("{} ({} B)", layer.digest, layer.size);
        if expected != found {
            return Err(RegistryError::OtherComponent { expected, found });
        }
    }
    let attestation = attached
        .provenance(&layer.digest()?, checks.provenance_key)
        .await?;
    let sbom = attached.sbom().await?;
    let texts = match &found {
        Some((_, vouched)) => attached.texts(&Pins::of(&vouched.manifest)).await?,
        None => Texts::default(),
    };
    let limit = checks.bounds.component;
    let component = source.blob(&part::component(), layer, limit).await?;
    let (signed, vouched) = found.unzip();
    Ok(Pulled {
        reference: reference.pinned(digest),
        tag: reference.tag.clone().filter(|_| reference.digest.is_none()),
        annotations: artifact.annotations,
        vouched,
        attestation,
        sbom,
        texts,
        component,
        signed,
    })
}

/// Referrers of an artifact.
struct Attached<'a> {
    source: &'a Source,
    subject: &'a Digest,
    referrers: &'a [Descriptor],
    bounds: &'a Bounds,
}

impl Attached<'_> {
    /// The first few referrers of a kind.
    fn of(&self, kind: &'static str) -> impl Iterator<Item = &Descriptor> {
        let is_kind = move |found: &&Descriptor| found.artifact_type.as_deref() == Some(kind);
        self.referrers
            .iter()
            .filter(is_kind)
            .take(self.bounds.referrers)
    }

    /// A referrer's own manifest, if it belongs to this artifact.
    async fn open(&self, descriptor: &Descriptor) -> Result<Option<Manifest>, RegistryError> {
        let bytes = self.source.attached(descriptor, self.bounds).await?;
        let manifest = Manifest::parse(part::referrer(), &bytes)?;
        Ok(Some(manifest).filter(|manifest| manifest.is_about(self.subject)))
    }

    /// The same, or `None` for a missing one: a list may name referrers that are gone.
    async fn open_if_there(
        &self,
        descriptor: &Descriptor,
    ) -> Result<Option<Manifest>, RegistryError> {
        match self.open(descriptor).await {
            Err(RegistryError::Absent(_)) => Ok(None),
            opened => opened,
        }
    }

    /// The plugin's manifest that passes the checks. None if there is none and unsigned plugins are allowed.
    async fn manifest(
        &self,
        checks: &Checks<'_>,
    ) -> Result<Option<(Signed, Provenance)>, RegistryError> {
        let mut refusal: Option<RegistryError> = None;
        for descriptor in self.of(media::MANIFEST) {
            let referrer = match self.open(descriptor).await {
                Ok(Some(referrer)) => referrer,
                Ok(None) => continue,
                // A valid one may follow one that is gone.
                Err(error @ RegistryError::Absent(_)) => {
                    refusal.get_or_insert(error);
                    continue;
                }
                Err(error) => return Err(error),
            };
            let Some(layer) = referrer.layer(media::MANIFEST) else {
                continue;
            };
            let limit = bounds::PLUGIN_MANIFEST;
            let manifest = self.source.blob(&part::manifest(), layer, limit).await?;
            let signature = match referrer.layer(media::SIGNATURE) {
                Some(layer) => {
                    let what = part::signature();
                    Some(self.source.blob(&what, layer, bounds::SIGNATURE).await?)
                }
                None => None,
            };
            let package = Package::new(b"".as_slice(), manifest.as_slice(), signature.as_deref());
            match package.examine(checks.grants, checks.requirements) {
                Ok(vouched) => {
                    let signed = Signed {
                        manifest,
                        signature,
                    };
                    return Ok(Some((signed, vouched)));
                }
                Err(error) => refusal = Some(error.into()),
            }
        }
        match refusal {
            Some(error) => Err(error),
            None if checks.requirements.allow_unsigned => Ok(None),
            None if self.referrers.is_empty() => Err(RegistryError::NoManifest),
            None => Err(LoadError::from(SignatureError::Missing).into()),
        }
    }

    async fn provenance(
        &self,
        component: &Digest,
        key: Option<&ProvenanceKey>,
    ) -> Result<Attestation, RegistryError> {
        let mut reason = phrase!("provenance-none", "none is attached");
        for descriptor in self.of(media::BUNDLE) {
            let Some(bundle) = self.content(descriptor, &part::provenance()).await? else {
                continue;
            };
            let about = [component, self.subject];
            match (provenance::read(&bundle, &about, key), key) {
                (Ok(claims), Some(_)) => return Ok(Attestation::Verified(claims)),
                (Ok(claims), None) => return Ok(Attestation::Unverified(claims)),
                (Err(error), _) => reason = error,
            }
        }
        match key {
            Some(_) => Err(RegistryError::Provenance(reason)),
            None => Ok(Attestation::Absent),
        }
    }

    async fn sbom(&self) -> Result<Option<Vec<u8>>, RegistryError> {
        for descriptor in self.of(media::SBOM) {
            if let Some(sbom) = self.content(descriptor, &part::sbom()).await? {
                return Ok(Some(sbom));
            }
        }
        Ok(None)
    }

    /// The guides and the logo that are pinned. No other file is fetched.
    async fn texts(&self, pins: &Pins) -> Result<Texts, RegistryError> {
        let mut texts = Texts::default();
        if pins.is_empty() {
            return Ok(texts);
        }
        let mut left = self.bounds.document;
        for descriptor in self.of(media::GUIDES) {
            let Some(referrer) = self.open_if_there(descriptor).await? else {
                continue;
            };
            for layer in referrer.layers.iter().take(guides::GUIDES + 1) {
                let name = layer.annotations.get(media::TITLE);
                let name = name.map_or("", String::as_str);
                let Some(file) = pins.file(name, &layer.digest()?) else {
                    continue;
                };
                let is_there = match &file {
                    Pinned::Guide(language) => texts.guides.iter().any(|(one, _)| one == language),
                    Pinned::Logo => texts.logo.is_some(),
                };
                if is_there {
                    continue;
                }
                let limit = match &file {
                    Pinned::Guide(_) => guides::GUIDE,
                    Pinned::Logo => guides::LOGO,
                };
                let bytes = self
                    .source
                    .blob(&Phrase::verbatim(name), layer, limit.min(left))
                    .await?;
                left = left.saturating_sub(bytes.len() as u64);
                match file {
                    Pinned::Logo => texts.logo = Some(bytes),
                    Pinned::Guide(language) => {
                        let text = String::from_utf8(bytes).map_err(|_| {
                            let reason = phrase!("guides-utf8", "it is not UTF-8");
                            RegistryError::malformed(Phrase::verbatim(name), reason)
                        })?;
                        texts.guides.push((language, text));
                    }
                }
            }
        }
        Ok(texts)
    }

    /// The only layer of a referrer.
    async fn content(
        &self,
        descriptor: &Descriptor,
        what: &Phrase,
    ) -> Result<Option<Vec<u8>>, RegistryError> {
        let Some(referrer) = self.open_if_there(descriptor).await? else {
            return Ok(None);
        };
        let [layer] = referrer.layers.as_slice() else {
            return Ok(None);
        };
        let limit = self.bounds.document;
        self.source.blob(what, layer, limit).await.map(Some)
    }
}
