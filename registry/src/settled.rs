//! Comparison of a publication's documents with those that are attached to the artifact already.
//!
//! Hosts take the first document of a kind, so one that is attached later changes nothing for them. Signatures and
//! provenance may be several: hosts look for those that they can verify.

use crate::document::{Descriptor, Manifest};
use crate::plan::{Part, Plan};
use crate::{RegistryError, media, part};
use std::collections::BTreeSet;

/// The referrers of a document's kind that are not the document itself.
pub(crate) fn others<'a>(
    part: &Part,
    found: &'a [Descriptor],
) -> impl Iterator<Item = &'a Descriptor> {
    let (kind, own) = (
        part.descriptor.artifact_type.clone(),
        part.descriptor.digest.clone(),
    );
    found
        .iter()
        .filter(move |other| other.artifact_type == kind && other.digest != own)
}

/// Refuses a document where `other`, the manifest of a referrer of its kind, has another content.
pub(crate) fn check(plan: &Plan, part: &Part, other: &[u8]) -> Result<(), RegistryError> {
    let own = Manifest::parse(part::referrer(), &part.manifest)?;
    let other = Manifest::parse(part::referrer(), other)?;
    let subject = plan.digest();
    if !other.is_about(&subject) || contents(&own) == contents(&other) {
        return Ok(());
    }
    Err(RegistryError::AttachedOther {
        what: part.title.to_owned(),
        artifact: subject.to_string(),
    })
}

/// The layers that hosts take the first of.
fn contents(manifest: &Manifest) -> BTreeSet<&str> {
    let layers = manifest.layers.iter();
    layers
        .filter(|layer| ![media::SIGNATURE, media::BUNDLE].contains(&layer.media_type.as_str()))
        .map(|layer| layer.digest.as_str())
        .collect()
}
