//! Comparison of a publication's documents with those that are attached to the artifact already.
//!
//! Hosts take the first document of a kind, so one that is attached later changes nothing for them. Signatures and
//! provenance may be several: hosts look for those that they can verify.

use crate::document::{Descriptor, Manifest};
use crate::{Digest, RegistryError, media, part};
use std::collections::BTreeSet;

/// The referrers of a document's kind that are not the document itself.
pub(crate) fn others<'a>(
    own: &'a Descriptor,
    found: &'a [Descriptor],
) -> impl Iterator<Item = &'a Descriptor> {
    let is_other = |other: &&Descriptor| {
        other.artifact_type == own.artifact_type && other.digest != own.digest
    };
    found.iter().filter(is_other)
}

/// Refuses the document of this title where `other`, the manifest of a referrer of its kind, has another content.
pub(crate) fn check(
    subject: &Digest,
    (title, own): (&str, &[u8]),
    other: &[u8],
) -> Result<(), RegistryError> {
    let own = Manifest::parse(part::referrer(), own)?;
    let other = Manifest::parse(part::referrer(), other)?;
    if !other.is_about(subject) || contents(&own) == contents(&other) {
        return Ok(());
    }
    Err(RegistryError::AttachedOther {
        what: title.to_owned(),
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
