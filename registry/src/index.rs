//! Referrers: what is attached to an artifact, by the referrers API or by the fallback index.
//!
//! <https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-referrers>. Where a registry has no
//! such API, the publisher keeps the list under a tag that is made from the artifact's digest.

use crate::client::{Ask, Client};
use crate::document::{Descriptor, Index};
use crate::part;
use crate::{Digest, RegistryError, media};
use bytes::Bytes;
use http::header::ACCEPT;
use http::{Method, StatusCode};

/// What a registry without the API answers: 404 by the specification, the others as seen elsewhere.
const NO_API: [u16; 5] = [400, 404, 405, 406, 501];

impl Client {
    /// What is attached to an artifact. The first page of a longer list.
    pub(crate) async fn referrers(
        &self,
        subject: &Digest,
        limit: u64,
    ) -> Result<Vec<Descriptor>, RegistryError> {
        let what = part::referrers();
        let ask = Ask {
            method: Method::GET,
            path: self.path(&format!("referrers/{subject}")),
            headers: vec![(ACCEPT, media::INDEX.to_owned())],
            body: Bytes::new(),
        };
        let response = self.ask(&what, ask).await?;
        if response.status == StatusCode::OK {
            let body = response.read(&what, limit).await?;
            return Ok(Index::parse(what, &body)?.manifests);
        }
        if !NO_API.contains(&response.status.as_u16()) {
            return Err(response.refusal(&what).await);
        }
        drop(response);
        Ok(self.fallback(subject, limit).await?.manifests)
    }

    /// The fallback index, empty where there is none.
    pub(crate) async fn fallback(
        &self,
        subject: &Digest,
        limit: u64,
    ) -> Result<Index, RegistryError> {
        let tag = subject.fallback_tag();
        match self.manifest(&tag, media::INDEX, limit).await? {
            Some(body) => Index::parse(part::referrers(), &body),
            None => Ok(Index::default()),
        }
    }
}
