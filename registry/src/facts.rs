//! Facts about a version of a plugin, which an operator reads before adding it and compares with its next version.

use crate::{Attestation, Digest, Pulled, SbomSummary};
use auth_connector_package::{Description, Manifest, Signer, authority};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Facts about one version of a plugin.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// Its id, from its manifest. None for a bare component, like every field from the manifest.
    pub id: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// Its display name.
    pub name: Option<String>,
    /// Its description, a sentence.
    pub description: Option<String>,
    /// Its licence, as an SPDX expression.
    pub license: Option<String>,
    /// URL with more information.
    pub homepage: Option<String>,
    /// Its publisher, from the annotation `publisher` of the manifest.
    pub publisher: Option<String>,
    /// The trusted key that signed it. None if no trusted key did.
    pub signer: Option<SignerFacts>,
    /// SHA-256 of the component, 64 hexadecimal digits.
    pub sha256: String,
    /// SHA-256 of the manifest, which pins the guides. Also None if it was not recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest: Option<String>,
    /// Its size in bytes.
    pub size: u64,
    /// Its imports, each with an explanation.
    pub authority: Vec<Import>,
    /// The origins that it requests.
    pub origins: Vec<String>,
    /// JSON Pointers to further origins in its configs.
    pub config_origins: Vec<String>,
    /// The limits that it requests. One that is missing is as granted.
    pub limits: BTreeMap<String, u64>,
    /// Summary of its SBOM.
    pub sbom: Option<SbomSummary>,
    /// How it was built, by its provenance.
    pub provenance: Option<ProvenanceFacts>,
    /// The artifact that it was pulled from, pinned by digest. None for one from a folder or a file.
    pub reference: Option<String>,
    /// The tag that named the artifact, if one was requested.
    pub tag: Option<String>,
}

/// A key, and the comment of its holder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignerFacts {
    /// The key's identity, as minisign prints it.
    pub key_id: String,
    /// The public key.
    pub key: String,
    /// minisign's trusted comment.
    pub comment: String,
}

/// An import of the component.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    /// The interface.
    pub import: String,
    /// Explanation of its purpose.
    pub words: String,
}

/// Claims about a build.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProvenanceFacts {
    /// True if the signature was verified, by a key that was given.
    pub is_verified: bool,
    /// The builder's id.
    pub builder: String,
    /// The repository.
    pub source: Option<String>,
    /// The commit.
    pub revision: Option<String>,
}

impl Facts {
    /// The facts of a component that was loaded, with its manifest if it has one.
    pub fn of(description: &Description, manifest: Option<&Manifest>) -> Self {
        let import = |import: &String| Import {
            import: import.clone(),
            words: authority(import).to_owned(),
        };
        let mut facts = Self {
            sha256: description.sha256.clone(),
            size: description.size as u64,
            authority: description.imports.iter().map(import).collect(),
            ..Self::default()
        };
        let Some(manifest) = manifest else {
            return facts;
        };
        let publisher = manifest
            .annotations
            .iter()
            .find(|(key, _)| key == "publisher");
        facts.id = Some(manifest.id.clone());
        facts.version = Some(manifest.version.clone());
        facts.name.clone_from(&manifest.name);
        facts.description.clone_from(&manifest.description);
        facts.license.clone_from(&manifest.license);
        facts.homepage.clone_from(&manifest.homepage);
        facts.publisher = publisher.map(|(_, text)| text.clone());
        facts.origins = manifest.origins.iter().map(ToString::to_string).collect();
        facts.config_origins.clone_from(&manifest.config_origins);
        let limits = manifest.limits.iter();
        facts.limits = limits
            .map(|(limit, most)| (limit.as_str().to_owned(), *most))
            .collect();
        facts
    }

    /// Adds the signer.
    #[must_use]
    pub fn signed_by(mut self, signer: Option<&Signer>) -> Self {
        self.signer = signer.map(|signer| SignerFacts {
            key_id: signer.key.to_string(),
            key: signer.public_key.clone(),
            comment: signer.trusted_comment.clone(),
        });
        self
    }

    /// Adds the digest of the manifest, as it was signed.
    #[must_use]
    pub fn with_manifest(mut self, manifest: Option<&[u8]>) -> Self {
        self.manifest = manifest.map(|bytes| Digest::of(bytes).hex().to_owned());
        self
    }

    /// Digest of the component and the manifest together: accepting it accepts both.
    pub fn accepted(&self) -> String {
        let manifest = self.manifest.as_deref().unwrap_or("none");
        let both = format!("{}\n{manifest}\n", self.sha256);
        Digest::of(both.as_bytes()).hex().to_owned()
    }

    /// Adds the data that was pulled beside the component.
    #[must_use]
    pub fn pulled(mut self, pulled: &Pulled) -> Self {
        let sbom = pulled.sbom.as_deref();
        self.sbom = sbom.and_then(|document| SbomSummary::of(document, &self.sha256));
        self.provenance = match &pulled.attestation {
            Attestation::Absent => None,
            Attestation::Unverified(claims) => Some((claims, false)),
            Attestation::Verified(claims) => Some((claims, true)),
        }
        .map(|(claims, is_verified)| ProvenanceFacts {
            is_verified,
            builder: claims.builder.clone(),
            source: claims.source.clone(),
            revision: claims.revision.clone(),
        });
        self.reference = Some(pulled.reference.to_string());
        self.tag.clone_from(&pulled.tag);
        self
    }
}
