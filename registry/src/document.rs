//! OCI's documents: descriptors, manifests and indexes, read and checked.

use crate::part;
use crate::{Digest, RegistryError, media};
use auth_connector_egress::{Phrase, phrase};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A pointer to bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Descriptor {
    pub(crate) media_type: String,
    pub(crate) digest: String,
    pub(crate) size: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) artifact_type: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) annotations: BTreeMap<String, String>,
}

impl Descriptor {
    /// Describes these bytes.
    pub(crate) fn of(media_type: &str, bytes: &[u8]) -> Self {
        Self {
            media_type: media_type.to_owned(),
            digest: Digest::of(bytes).to_string(),
            size: bytes.len() as u64,
            artifact_type: None,
            annotations: BTreeMap::new(),
        }
    }

    pub(crate) fn digest(&self) -> Result<Digest, RegistryError> {
        Digest::parse(&self.digest)
    }
}

/// An artifact's manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Manifest {
    pub(crate) schema_version: u32,
    #[serde(default)]
    pub(crate) media_type: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) artifact_type: Option<String>,
    pub(crate) config: Descriptor,
    pub(crate) layers: Vec<Descriptor>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) subject: Option<Descriptor>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) annotations: BTreeMap<String, String>,
}

/// A list of manifests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Index {
    pub(crate) schema_version: u32,
    #[serde(default)]
    pub(crate) media_type: String,
    pub(crate) manifests: Vec<Descriptor>,
}

impl Default for Index {
    fn default() -> Self {
        Self {
            schema_version: 2,
            media_type: media::INDEX.to_owned(),
            manifests: Vec::new(),
        }
    }
}

impl Manifest {
    /// Reads a manifest. An index is refused: nothing here says which of its manifests is meant.
    pub(crate) fn parse(what: Phrase, bytes: &[u8]) -> Result<Self, RegistryError> {
        let value: serde_json::Value = serde_json::from_slice(bytes)
            .map_err(|error| RegistryError::no_json(what.clone(), &error))?;
        if value.get("manifests").is_some() {
            return Err(RegistryError::malformed(
                what,
                phrase!(
                    "document-list",
                    "it is a list of manifests. Name the one that is meant by its digest"
                ),
            ));
        }
        let read: Self = serde_json::from_value(value)
            .map_err(|error| RegistryError::no_json(what.clone(), &error))?;
        if !read.media_type.is_empty() && read.media_type != media::IMAGE {
            return Err(RegistryError::malformed(
                what,
                phrase!(
                    "document-media",
                    "its media type is not {expected}",
                    expected = media::IMAGE
                ),
            ));
        }
        Ok(read)
    }

    /// The component of an artifact in the layout for WebAssembly.
    pub(crate) fn component(&self) -> Result<&Descriptor, RegistryError> {
        let wrong = |reason: Phrase| RegistryError::malformed(part::artifact(), reason);
        if self.config.media_type != media::CONFIG {
            return Err(wrong(phrase!(
                "document-config",
                "the config is not {expected}: this is no WebAssembly artifact",
                expected = media::CONFIG
            )));
        }
        match self.layers.as_slice() {
            [layer] if layer.media_type == media::COMPONENT => Ok(layer),
            [_] => Err(wrong(phrase!(
                "document-layer",
                "its layer is not {expected}",
                expected = media::COMPONENT
            ))),
            layers => Err(wrong(phrase!(
                "document-layers",
                "it has {count} layers, expected was one",
                count = layers.len()
            ))),
        }
    }

    /// The layer of this media type.
    pub(crate) fn layer(&self, media_type: &str) -> Option<&Descriptor> {
        self.layers
            .iter()
            .find(|layer| layer.media_type == media_type)
    }

    /// Returns true if this manifest is attached to the artifact.
    pub(crate) fn is_about(&self, subject: &Digest) -> bool {
        self.subject
            .as_ref()
            .is_some_and(|about| about.digest == subject.to_string())
    }
}

impl Index {
    pub(crate) fn parse(what: Phrase, bytes: &[u8]) -> Result<Self, RegistryError> {
        serde_json::from_slice(bytes).map_err(|error| RegistryError::no_json(what, &error))
    }
}

/// Bytes of exactly the size and the digest that a descriptor names.
pub(crate) fn checked(
    what: &Phrase,
    bytes: Vec<u8>,
    descriptor: &Descriptor,
) -> Result<Vec<u8>, RegistryError> {
    if (bytes.len() as u64) < descriptor.size {
        return Err(RegistryError::Truncated {
            what: what.clone(),
            size: bytes.len() as u64,
            expected: descriptor.size,
        });
    }
    let found = Digest::of(&bytes);
    if found != descriptor.digest()? {
        return Err(RegistryError::OtherBytes {
            what: what.clone(),
            expected: descriptor.digest.clone(),
            found: found.to_string(),
        });
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn index_is_no_manifest() {
        let error = Manifest::parse(
            part::artifact(),
            br#"{"schemaVersion": 2, "manifests": []}"#,
        )
        .unwrap_err();
        assert!(error.to_string().contains("list of manifests"), "{error}");
    }

    #[test]
    fn artifact_has_one_component() {
        let layer = Descriptor::of(media::COMPONENT, b"x");
        let mut manifest = Manifest {
            schema_version: 2,
            media_type: media::IMAGE.into(),
            artifact_type: None,
            config: Descriptor::of(media::CONFIG, b"{}"),
            layers: vec![layer.clone()],
            subject: None,
            annotations: BTreeMap::new(),
        };
        assert_eq!(manifest.component().unwrap(), &layer);
        manifest.layers.push(layer);
        assert!(manifest.component().is_err());
        manifest.layers = vec![Descriptor::of("text/plain", b"x")];
        assert!(manifest.component().is_err());
        manifest.config.media_type = media::EMPTY.into();
        assert!(manifest.component().is_err());
    }
}
