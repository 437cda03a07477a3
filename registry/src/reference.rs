//! Reference of a plugin: its place, and its tag or digest.
//!
//! | written | read as |
//! |---|---|
//! | `oci://ghcr.io/acme/sms:1.2.0` | a registry, a repository, a tag |
//! | `oci://ghcr.io/acme/sms@sha256:…` | the same, pinned |
//! | `ghcr.io/acme/sms:1.2.0` | the first, as other tools write it |
//! | `oci-layout:/media/plugins:1.2.0` | a folder in OCI's image layout, and a tag in it |

use crate::{Digest, RegistryError};
use auth_connector_egress::{Phrase, foreign, phrase};
use std::fmt;
use std::path::PathBuf;

/// Location of a plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A repository of a registry.
    Registry {
        /// Host, with a port if there is one.
        host: String,
        /// The repository's name.
        repository: String,
    },
    /// A folder in OCI's image layout.
    Layout(PathBuf),
}

/// Location and version of a plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The registry or folder.
    pub place: Place,
    /// A tag, which may move.
    pub tag: Option<String>,
    /// A digest, which cannot move. It takes precedence over the tag.
    pub digest: Option<Digest>,
}

impl Reference {
    /// Returns true if a text is a reference and not a file name.
    pub fn is_meant(text: &str) -> bool {
        text.starts_with("oci://") || text.starts_with("oci-layout:")
    }

    /// Reads a reference.
    ///
    /// # Errors
    ///
    /// [`RegistryError::Reference`], with what is wrong.
    pub fn parse(text: &str) -> Result<Self, RegistryError> {
        // A folder's name may have an @ in it, a registry's host and repository have none.
        let parts = match text.starts_with("oci-layout:") {
            true => text
                .rsplit_once('@')
                .filter(|(_, end)| end.starts_with("sha256:")),
            false => text.split_once('@'),
        };
        let (rest, digest) = match parts {
            Some((rest, digest)) => (rest, Some(Digest::parse(digest)?)),
            None => (text, None),
        };
        if let Some(rest) = rest.strip_prefix("oci-layout:") {
            let (folder, tag) = tagged(rest);
            if folder.is_empty() {
                return Err(wrong(
                    text,
                    phrase!("reference-folder", "the folder is missing"),
                ));
            }
            let place = Place::Layout(PathBuf::from(folder));
            return Self::checked(text, place, tag, digest);
        }
        let rest = rest.strip_prefix("oci://").unwrap_or(rest);
        let (host, name) = rest.split_once('/').ok_or_else(|| {
            wrong(
                text,
                phrase!(
                    "reference-repository",
                    "there is no repository after the host"
                ),
            )
        })?;
        let (repository, tag) = tagged(name);
        let is_host = |b: u8| b.is_ascii_alphanumeric() || b"-.:[]".contains(&b);
        if host.is_empty() || !host.bytes().all(is_host) {
            return Err(wrong(
                text,
                phrase!("reference-host", "the host cannot be read"),
            ));
        }
        if !repository.split('/').all(is_component) || repository.len() > 255 {
            return Err(wrong(
                text,
                phrase!(
                    "reference-name",
                    "a repository's name has small letters, digits, and single . _ - or / between them"
                ),
            ));
        }
        let place = Place::Registry {
            host: host.to_owned(),
            repository: repository.to_owned(),
        };
        Self::checked(text, place, tag, digest)
    }

    fn checked(
        text: &str,
        place: Place,
        tag: Option<&str>,
        digest: Option<Digest>,
    ) -> Result<Self, RegistryError> {
        let tag = tag.map(str::to_owned);
        if tag.as_deref().is_some_and(|tag| !is_tag(tag)) {
            return Err(wrong(
                text,
                phrase!("reference-tag", "the tag cannot be read"),
            ));
        }
        if tag.is_none() && digest.is_none() {
            return Err(wrong(
                text,
                phrase!("reference-open", "a tag or a digest is missing"),
            ));
        }
        Ok(Self { place, tag, digest })
    }

    /// The same place, and this digest alone.
    #[must_use]
    pub fn pinned(&self, digest: Digest) -> Self {
        Self {
            place: self.place.clone(),
            tag: None,
            digest: Some(digest),
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Registry { host, repository } => write!(f, "oci://{host}/{repository}")?,
            Place::Layout(folder) => write!(f, "oci-layout:{}", folder.display())?,
        }
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

/// A name and its tag, the text after the last colon if no slash follows it.
fn tagged(name: &str) -> (&str, Option<&str>) {
    match name.rsplit_once(':') {
        Some((name, tag)) if !tag.contains(['/', '\\']) => (name, Some(tag)),
        _ => (name, None),
    }
}

/// A part of a repository's name, by the distribution specification.
fn is_component(text: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let ends = |edge: Option<u8>| edge.is_some_and(is_plain);
    ends(text.bytes().next())
        && ends(text.bytes().last())
        && text.bytes().all(|b| is_plain(b) || b"._-".contains(&b))
        && !text.contains("..")
}

fn is_tag(text: &str) -> bool {
    let is_word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    text.len() <= 128
        && text.bytes().next().is_some_and(is_word)
        && text.bytes().all(|b| is_word(b) || b".-".contains(&b))
}

fn wrong(text: &str, reason: Phrase) -> RegistryError {
    let text = foreign(text, 120);
    RegistryError::Reference(phrase!(
        "reference",
        "\"{text}\" is no reference: {reason}. Write oci://HOST/NAME:TAG, oci://HOST/NAME@sha256:… or oci-layout:FOLDER:TAG",
        text = text,
        reason = reason
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn reference_is_written_as_it_was_read() {
        for text in [
            "oci://ghcr.io/acme/sms:1.2.0".to_owned(),
            format!("oci://ghcr.io/acme/sms@sha256:{HEX}"),
            format!("oci://127.0.0.1:5000/a/b/c_d:v1@sha256:{HEX}"),
            "oci://[::1]:5000/a:1".to_owned(),
            "oci-layout:/media/plugins:1.2.0".to_owned(),
            "oci-layout:/media/la@y:1.2.0".to_owned(),
            format!("oci-layout:/media/la@y@sha256:{HEX}"),
        ] {
            assert_eq!(Reference::parse(&text).unwrap().to_string(), text);
        }
        let short = Reference::parse("localhost:5000/sms:1").unwrap();
        assert_eq!(short.to_string(), "oci://localhost:5000/sms:1");
    }

    #[test]
    fn reference_without_a_part_is_refused() {
        for text in [
            "",
            "oci://ghcr.io",
            "oci://ghcr.io/acme/sms",
            "oci:///acme/sms:1",
            "oci://user@ghcr.io/acme/sms:1",
            "oci://ghcr.io/Acme/sms:1",
            "oci://ghcr.io/../sms:1",
            "oci://ghcr.io/acme//sms:1",
            "oci://ghcr.io/acme/sms:",
            "oci://ghcr.io/acme/sms:1?x",
            "oci://ghcr.io/acme/sms@sha256:12",
            "oci-layout:",
        ] {
            assert!(Reference::parse(text).is_err(), "{text}");
        }
    }
}
