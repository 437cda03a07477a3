//! Publishes a plan: blobs, the artifact, its referrers, and the tag last.
//!
//! No tag names the plugin until its signature is published.

use crate::auth::encoded;
use crate::client::{Access, Ask, Client};
use crate::document::{Descriptor, Index};
use crate::error::english;
use crate::part;
use crate::plan::{Blob, Part, Plan};
use crate::redirect;
use crate::settled;
use crate::{Bounds, Digest, Reference, RegistryError, Settings, media};
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName};
use http::{Method, StatusCode};

/// Response header of a registry with the referrers API, for a manifest with a subject.
const SUBJECT: &str = "oci-subject";

impl Client {
    /// A client for publishing.
    ///
    /// # Errors
    ///
    /// When the host is not valid.
    pub fn for_publishing(
        settings: &Settings,
        host: &str,
        repository: &str,
    ) -> Result<Self, RegistryError> {
        Self::with(settings, host, repository, Access::Write)
    }
}

/// Publishes a plan under a tag, and returns the artifact's digest. `progress` is called for each step.
///
/// # Errors
///
/// [`RegistryError`]. Parts that were sent before stay in the registry without a tag, and are not sent again next time.
pub async fn publish(
    client: &Client,
    plan: &Plan,
    reference: &Reference,
    replace: bool,
    progress: &mut dyn FnMut(&str),
) -> Result<Digest, RegistryError> {
    let digest = plan.digest();
    let tag = plan.tag(reference)?;
    let limit = Bounds::default().manifest;
    let there = client.manifest(tag, media::IMAGE, limit).await?;
    let there = there.map(|bytes| Digest::of(&bytes));
    if let Some(found) = there.as_ref().filter(|found| **found != digest && !replace) {
        return Err(RegistryError::TagTaken {
            tag: tag.to_owned(),
            found: found.to_string(),
        });
    }
    check_attached(client, plan).await?;
    put_part(client, &plan.artifact, progress).await?;
    for referrer in &plan.referrers {
        if !put_part(client, referrer, progress).await? {
            put_fallback(client, &digest, &referrer.descriptor).await?;
            progress(&format!(
                "{:<12} listed in the fallback index",
                referrer.title
            ));
        }
    }
    put_manifest(client, tag, &plan.artifact.manifest).await?;
    progress(&format!("{:<12} {tag}", "tag"));
    Ok(digest)
}

/// Refuses a plan whose documents differ from those that are attached to the artifact.
async fn check_attached(client: &Client, plan: &Plan) -> Result<(), RegistryError> {
    let (subject, bounds) = (plan.digest(), Bounds::default());
    let found = client.referrers(&subject, bounds.manifest).await?;
    for part in &plan.referrers {
        for other in settled::others(&part.descriptor, &found).take(bounds.referrers) {
            let name = other.digest()?.to_string();
            let there = client
                .manifest(&name, media::IMAGE, bounds.manifest)
                .await?;
            if let Some(bytes) = there {
                settled::check(&subject, (part.title, &part.manifest), &bytes)?;
            }
        }
    }
    Ok(())
}

/// Sends a part, and returns whether the registry lists it as a referrer by itself.
async fn put_part(
    client: &Client,
    part: &Part,
    progress: &mut dyn FnMut(&str),
) -> Result<bool, RegistryError> {
    for blob in &part.blobs {
        let what = if put_blob(client, blob).await? {
            "sent"
        } else {
            "there already"
        };
        progress(&format!(
            "{:<12} {:<26} {:>8} bytes, {what}",
            part.title,
            blob.title,
            blob.bytes.len()
        ));
    }
    let is_listed = put_manifest(client, &part.descriptor.digest, &part.manifest).await?;
    progress(&format!("{:<12} {}", part.title, part.descriptor.digest));
    Ok(is_listed)
}

/// Sends a blob unless the registry has it. Returns true if it was sent.
async fn put_blob(client: &Client, blob: &Blob) -> Result<bool, RegistryError> {
    let what = &english(blob.title.as_str());
    let head = ask(Method::HEAD, client.path(&format!("blobs/{}", blob.digest)));
    if client.ask(what, head).await?.status == StatusCode::OK {
        return Ok(false);
    }
    let begun = client
        .ask(what, ask(Method::POST, client.path("blobs/uploads/")))
        .await?;
    if begun.status != StatusCode::ACCEPTED {
        return Err(begun.refusal(what).await);
    }
    let to = redirect::location(&begun.headers, client.origin());
    // The request carries the credentials, so another origin is refused.
    let to = to
        .filter(|to| to.origin == *client.origin())
        .ok_or_else(|| RegistryError::Redirect {
            what: english(format!("the upload of {what}")),
            reason: english("it leads to another origin, or cannot be read"),
        })?;
    drop(begun);
    let separator = if to.path.contains('?') { '&' } else { '?' };
    let digest = encoded(&blob.digest.to_string());
    let put = Ask {
        method: Method::PUT,
        path: format!("{}{separator}digest={digest}", to.path),
        headers: vec![(CONTENT_TYPE, "application/octet-stream".to_owned())],
        body: Bytes::from(blob.bytes.clone()),
    };
    let done = client.ask(what, put).await?;
    match done.status {
        StatusCode::CREATED => Ok(true),
        _ => Err(done.refusal(what).await),
    }
}

/// Sends an artifact's manifest, and returns whether the registry processed its subject.
async fn put_manifest(client: &Client, name: &str, bytes: &[u8]) -> Result<bool, RegistryError> {
    put_document(client, name, media::IMAGE, bytes).await
}

async fn put_document(
    client: &Client,
    name: &str,
    media_type: &str,
    bytes: &[u8],
) -> Result<bool, RegistryError> {
    let what = part::named(name);
    let put = Ask {
        method: Method::PUT,
        path: client.path(&format!("manifests/{name}")),
        headers: vec![(CONTENT_TYPE, media_type.to_owned())],
        body: Bytes::copy_from_slice(bytes),
    };
    let done = client.ask(&what, put).await?;
    match done.status {
        StatusCode::CREATED => Ok(done.headers.contains_key(HeaderName::from_static(SUBJECT))),
        _ => Err(done.refusal(&what).await),
    }
}

/// Adds a referrer to the fallback index. Two simultaneous publishers could overwrite each other's entry; the
/// specification has no lock.
async fn put_fallback(
    client: &Client,
    subject: &Digest,
    entry: &Descriptor,
) -> Result<(), RegistryError> {
    let mut index: Index = client.fallback(subject, Bounds::default().manifest).await?;
    if index
        .manifests
        .iter()
        .any(|other| other.digest == entry.digest)
    {
        return Ok(());
    }
    index.manifests.push(entry.clone());
    let bytes = serde_json::to_vec(&index)
        .map_err(|error| RegistryError::malformed(part::referrers(), english(error.to_string())))?;
    put_document(client, &subject.fallback_tag(), media::INDEX, &bytes).await?;
    Ok(())
}

fn ask(method: Method, path: String) -> Ask {
    Ask {
        method,
        path,
        headers: Vec::new(),
        body: Bytes::new(),
    }
}
