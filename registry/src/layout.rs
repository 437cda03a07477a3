//! Folder in OCI's image layout, for machines without a network and for inspection before publishing.
//!
//! <https://github.com/opencontainers/image-spec/blob/main/image-layout.md>

use crate::document::{Descriptor, Index, Manifest, checked};
use crate::error::english;
use crate::part;
use crate::{Digest, Reference, RegistryError};
use auth_connector_egress::{Phrase, phrase};
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// The annotation that names a manifest of the index.
const TAG: &str = "org.opencontainers.image.ref.name";

/// The longest index that is read, in bytes. An entry has some 350.
const INDEX_BYTES: u64 = 4 << 20;

/// The most entries of an index. A version with all its documents has five.
const ENTRIES: usize = 10_000;

/// A folder in the layout.
#[derive(Clone, Debug)]
pub struct Layout(PathBuf);

impl Layout {
    /// The layout in a folder.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self(folder.into())
    }

    /// The manifest that a reference names by its digest or by a tag of the index.
    pub(crate) fn manifest(
        &self,
        reference: &Reference,
        limit: u64,
    ) -> Result<Option<Vec<u8>>, RegistryError> {
        if let Some(digest) = &reference.digest {
            let path = self.place(digest);
            return path.exists().then(|| read(&path, limit)).transpose();
        }
        let index = self.index()?;
        let named = |entry: &&Descriptor| entry.annotations.get(TAG) == reference.tag.as_ref();
        let mut found = index.manifests.iter().filter(named);
        match (found.next(), found.next()) {
            (Some(entry), None) => self.blob(&part::artifact(), entry, limit).map(Some),
            (None, _) => Ok(None),
            (Some(_), Some(_)) => Err(RegistryError::malformed(
                Phrase::verbatim("index.json"),
                phrase!(
                    "layout-tag",
                    "two manifests have that tag. Name one by its digest"
                ),
            )),
        }
    }

    /// Descriptors of an artifact's referrers.
    pub(crate) fn referrers(
        &self,
        subject: &Digest,
        limit: u64,
    ) -> Result<Vec<Descriptor>, RegistryError> {
        let mut found = Vec::new();
        for entry in self.index_if_there()?.manifests {
            // A folder may be copied without some of its files.
            if entry.artifact_type.is_none() || !self.place(&entry.digest()?).exists() {
                continue;
            }
            let bytes = self.blob(&part::referrer(), &entry, limit)?;
            if Manifest::parse(part::referrer(), &bytes)?.is_about(subject) {
                found.push(entry);
            }
        }
        Ok(found)
    }

    /// The bytes of a descriptor, checked by size and digest.
    pub(crate) fn blob(
        &self,
        what: &Phrase,
        descriptor: &Descriptor,
        limit: u64,
    ) -> Result<Vec<u8>, RegistryError> {
        if descriptor.size > limit {
            return Err(RegistryError::TooLarge {
                what: what.clone(),
                size: descriptor.size,
                limit,
            });
        }
        let bytes = read(&self.place(&descriptor.digest()?), descriptor.size)?;
        checked(what, bytes, descriptor)
    }

    /// Keeps other publications out of the folder until the file is dropped.
    pub(crate) fn lock(&self) -> Result<fs::File, RegistryError> {
        let marker = self.0.join("oci-layout");
        let failed = |error: std::io::Error| RegistryError::io(&marker, &error);
        fs::create_dir_all(&self.0).map_err(failed)?;
        let mut options = fs::OpenOptions::new();
        let mut file = options
            .create(true)
            .append(true)
            .open(&marker)
            .map_err(failed)?;
        file.lock().map_err(failed)?;
        if file.metadata().map_err(failed)?.len() == 0 {
            file.write_all(br#"{"imageLayoutVersion":"1.0.0"}"#)
                .map_err(failed)?;
        }
        Ok(file)
    }

    /// Refuses a tag that names another artifact.
    pub(crate) fn check_free(&self, tag: &str, wanted: &Digest) -> Result<(), RegistryError> {
        let index = self.index_if_there()?;
        let named = |entry: &&Descriptor| entry.annotations.get(TAG).is_some_and(|one| one == tag);
        let mut named = index.manifests.iter().filter(named);
        match named.find(|entry| entry.digest != wanted.to_string()) {
            Some(other) => Err(RegistryError::TagTaken {
                tag: tag.to_owned(),
                found: other.digest.clone(),
            }),
            None => Ok(()),
        }
    }

    /// Writes bytes under their digest.
    pub(crate) fn put(&self, bytes: &[u8]) -> Result<(), RegistryError> {
        let path = self.place(&Digest::of(bytes));
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|error| RegistryError::io(folder, &error))?;
        }
        self.replace(&path, bytes)
    }

    /// Replaces a file atomically, for concurrent readers and interrupted runs.
    fn replace(&self, path: &Path, bytes: &[u8]) -> Result<(), RegistryError> {
        let unfinished = self.0.join(".unfinished");
        let written = fs::File::create(&unfinished).and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        });
        written
            .and_then(|()| fs::rename(&unfinished, path))
            .map_err(|error| RegistryError::io(path, &error))
    }

    /// Adds a manifest to the index. A tag that is given moves to it.
    pub(crate) fn name(
        &self,
        mut entry: Descriptor,
        tag: Option<&str>,
    ) -> Result<(), RegistryError> {
        let file = self.0.join("index.json");
        let mut index = self.index_if_there()?;
        if let Some(tag) = tag {
            index
                .manifests
                .retain(|other| other.annotations.get(TAG).is_none_or(|other| other != tag));
            entry.annotations.insert(TAG.to_owned(), tag.to_owned());
        }
        index.manifests.retain(|other| {
            other.digest != entry.digest || other.annotations.get(TAG) != entry.annotations.get(TAG)
        });
        index.manifests.push(entry);
        bounded(&index)?;
        let text = serde_json::to_vec(&index)
            .map_err(|error| RegistryError::file(&file, english(error.to_string())))?;
        self.replace(&file, &text)
    }

    /// The index, empty in a folder that has none yet.
    fn index_if_there(&self) -> Result<Index, RegistryError> {
        if self.0.join("index.json").exists() {
            self.index()
        } else {
            Ok(Index::default())
        }
    }

    fn index(&self) -> Result<Index, RegistryError> {
        let bytes = read(&self.0.join("index.json"), INDEX_BYTES)?;
        let index = Index::parse(Phrase::verbatim("index.json"), &bytes)?;
        bounded(&index)?;
        Ok(index)
    }

    fn place(&self, digest: &Digest) -> PathBuf {
        self.0.join("blobs").join("sha256").join(digest.hex())
    }
}

/// Refuses an index of more entries than are read.
fn bounded(index: &Index) -> Result<(), RegistryError> {
    let found = index.manifests.len();
    if found <= ENTRIES {
        return Ok(());
    }
    Err(RegistryError::malformed(
        Phrase::verbatim("index.json"),
        phrase!(
            "layout-entries",
            "it has {found} entries, and at most {most} are read. Use a folder for fewer versions",
            found = found,
            most = ENTRIES
        ),
    ))
}

/// A file of at most so many bytes.
pub(crate) fn read(path: &Path, limit: u64) -> Result<Vec<u8>, RegistryError> {
    let failed = |error: std::io::Error| RegistryError::io(path, &error);
    let is_file = fs::metadata(path).map_err(failed)?.is_file();
    if !is_file {
        return Err(RegistryError::file(
            path,
            phrase!("file-kind", "it is no regular file"),
        ));
    }
    let file = fs::File::open(path).map_err(failed)?;
    let mut bytes = Vec::new();
    file.take(limit + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if bytes.len() as u64 > limit {
        return Err(RegistryError::TooLarge {
            what: Phrase::verbatim(path.display().to_string()),
            size: bytes.len() as u64,
            limit,
        });
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder of its own, without the one of an earlier run.
    fn layout(name: &str) -> Layout {
        let name = format!("layout-{name}-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        Layout::new(folder)
    }

    /// Entries beyond the limit are not ignored, because the manifest of a version could be among them.
    #[test]
    fn index_beyond_its_bound_is_neither_read_nor_written() {
        let layout = layout("index");
        let file = layout.0.join("index.json");
        let mut index = Index::default();
        let entry = Descriptor::of("a/b", b"");
        for (count, is_read) in [(ENTRIES + 1, false), (ENTRIES, true)] {
            index.manifests.resize(count, entry.clone());
            let text = serde_json::to_vec(&index).unwrap();
            fs::write(&file, text).unwrap();
            match layout.index() {
                Ok(_) => assert!(is_read),
                Err(error) => {
                    assert!(!is_read, "{error}");
                    let error = error.to_string();
                    assert!(error.contains("10001 entries"), "{error}");
                    assert!(!error.contains("unsigned"), "{error}");
                }
            }
        }
        let before = fs::read(&file).unwrap();
        let other = Descriptor::of("a/b", b"other");
        let error = layout.name(other, None).unwrap_err().to_string();
        assert!(error.contains("10001 entries"), "{error}");
        assert_eq!(fs::read(&file).unwrap(), before);
        fs::remove_dir_all(&layout.0).unwrap();
    }

    /// A folder may be copied without some of its files: those of a version are not needed for another.
    #[test]
    fn referrer_whose_file_is_missing_is_left_out() {
        let layout = layout("partial");
        let subject = Digest::of(b"subject");
        let referrer = |artifact_type: &str| {
            let text = format!(
                r#"{{"schemaVersion": 2, "mediaType": "{}", "artifactType": "{artifact_type}", "layers": [],
                "config": {{"mediaType": "a/b", "digest": "{subject}", "size": 7}},
                "subject": {{"mediaType": "a/b", "digest": "{subject}", "size": 7}}}}"#,
                crate::media::IMAGE
            );
            layout.put(text.as_bytes()).unwrap();
            let mut entry = Descriptor::of(crate::media::IMAGE, text.as_bytes());
            entry.artifact_type = Some(artifact_type.to_owned());
            layout.name(entry.clone(), None).unwrap();
            entry
        };
        let (kept, missing) = (referrer("a/kept"), referrer("a/missing"));
        assert_eq!(layout.referrers(&subject, 4096).unwrap().len(), 2);
        fs::remove_file(layout.place(&missing.digest().unwrap())).unwrap();
        let found = layout.referrers(&subject, 4096).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found.first().map(|entry| &entry.digest), Some(&kept.digest));
        fs::remove_dir_all(&layout.0).unwrap();
    }
}
