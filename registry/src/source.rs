//! Source of a plugin: a registry, or a folder in OCI's image layout.

use crate::document::Descriptor;
use crate::layout::Layout;
use crate::part;
use crate::{Bounds, Client, Digest, Place, Reference, RegistryError, Settings, media};
use auth_connector_egress::Phrase;

/// Source of artifacts and their referrers.
pub enum Source {
    /// A registry.
    Registry(Box<Client>),
    /// A folder.
    Layout(Layout),
}

impl Source {
    /// The source that a reference names. Nothing is read yet.
    ///
    /// # Errors
    ///
    /// When the host is not valid.
    pub fn of(reference: &Reference, settings: &Settings) -> Result<Self, RegistryError> {
        Ok(match &reference.place {
            Place::Registry { host, repository } => {
                Self::Registry(Box::new(Client::new(settings, host, repository)?))
            }
            Place::Layout(folder) => Self::layout(folder),
        })
    }

    /// A folder in OCI's image layout.
    pub fn layout(folder: &std::path::Path) -> Self {
        Self::Layout(Layout::new(folder))
    }

    /// The bytes of the artifact's manifest, and their digest: the reference's, or the current one of its tag.
    pub(crate) async fn resolve(
        &self,
        reference: &Reference,
        bounds: &Bounds,
    ) -> Result<(Digest, Vec<u8>), RegistryError> {
        let name = match (&reference.digest, &reference.tag) {
            (Some(digest), _) => digest.to_string(),
            (None, Some(tag)) => tag.clone(),
            (None, None) => {
                return Err(RegistryError::Absent(Phrase::verbatim(
                    reference.to_string(),
                )));
            }
        };
        let bytes = match self {
            Self::Registry(client) => {
                let accept = format!("{}, {}", media::IMAGE, media::INDEX);
                client.manifest(&name, &accept, bounds.manifest).await?
            }
            Self::Layout(layout) => layout.manifest(reference, bounds.manifest)?,
        };
        let bytes =
            bytes.ok_or_else(|| RegistryError::Absent(Phrase::verbatim(reference.to_string())))?;
        let found = Digest::of(&bytes);
        match &reference.digest {
            Some(expected) if *expected != found => Err(RegistryError::OtherBytes {
                what: part::artifact(),
                expected: expected.to_string(),
                found: found.to_string(),
            }),
            _ => Ok((found, bytes)),
        }
    }

    pub(crate) async fn referrers(
        &self,
        subject: &Digest,
        bounds: &Bounds,
    ) -> Result<Vec<Descriptor>, RegistryError> {
        match self {
            Self::Registry(client) => client.referrers(subject, bounds.manifest).await,
            Self::Layout(layout) => layout.referrers(subject, bounds.manifest),
        }
    }

    /// A manifest by its digest.
    pub(crate) async fn attached(
        &self,
        descriptor: &Descriptor,
        bounds: &Bounds,
    ) -> Result<Vec<u8>, RegistryError> {
        let what = part::referrer();
        match self {
            Self::Registry(client) => {
                let name = descriptor.digest()?.to_string();
                let bytes = client
                    .manifest(&name, media::IMAGE, bounds.manifest)
                    .await?;
                let bytes = bytes.ok_or_else(|| RegistryError::Absent(what.clone()))?;
                crate::document::checked(&what, bytes, descriptor)
            }
            Self::Layout(layout) => layout.blob(&what, descriptor, bounds.manifest),
        }
    }

    pub(crate) async fn blob(
        &self,
        what: &Phrase,
        descriptor: &Descriptor,
        limit: u64,
    ) -> Result<Vec<u8>, RegistryError> {
        match self {
            Self::Registry(client) => client.blob(what, descriptor, limit).await,
            Self::Layout(layout) => layout.blob(what, descriptor, limit),
        }
    }
}
