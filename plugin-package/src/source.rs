//! Sources of components: files and bytes.

use crate::error::LoadError;
use std::borrow::Cow;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Source of a component.
pub enum Source<'a> {
    /// A file.
    Path(PathBuf),
    /// Its bytes.
    Bytes(Cow<'a, [u8]>),
}

impl<'a> From<&'a Path> for Source<'a> {
    fn from(path: &'a Path) -> Self {
        Self::Path(path.to_owned())
    }
}

impl From<PathBuf> for Source<'_> {
    fn from(path: PathBuf) -> Self {
        Self::Path(path)
    }
}

impl From<&str> for Source<'_> {
    fn from(path: &str) -> Self {
        Self::Path(PathBuf::from(path))
    }
}

impl<'a> From<&'a [u8]> for Source<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Bytes(Cow::Borrowed(bytes))
    }
}

impl From<Vec<u8>> for Source<'_> {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(Cow::Owned(bytes))
    }
}

impl<'a> Source<'a> {
    /// Its bytes, of which there are at most `limit`.
    ///
    /// # Errors
    ///
    /// [`LoadError::Unreadable`] or [`LoadError::TooLarge`].
    pub fn read(self, limit: u64) -> Result<Cow<'a, [u8]>, LoadError> {
        let (bytes, size) = match self {
            Self::Bytes(bytes) => {
                let size = bytes.len() as u64;
                (bytes, size)
            }
            Self::Path(path) => {
                let (bytes, size) =
                    read_file(&path, limit).map_err(|error| LoadError::Unreadable {
                        path,
                        reason: error.to_string(),
                    })?;
                (Cow::Owned(bytes), size)
            }
        };
        if size > limit {
            return Err(LoadError::TooLarge { size, limit });
        }
        Ok(bytes)
    }
}

/// A file's bytes, up to one more than the limit, and its size: what was read, where the system reports none.
fn read_file(path: &Path, limit: u64) -> std::io::Result<(Vec<u8>, u64)> {
    let file = open(path)?;
    let data = file.metadata()?;
    if !is_readable(&data) {
        return Err(std::io::Error::other(
            "it is no regular file. Give the file itself, no folder and no pipe",
        ));
    }
    let size = data.len();
    let mut bytes = Vec::new();
    if size <= limit {
        bytes.reserve_exact(usize::try_from(size).unwrap_or(0));
        file.take(limit + 1).read_to_end(&mut bytes)?;
    }
    let read = bytes.len() as u64;
    Ok((bytes, size.max(read)))
}

/// Opens a file for reading. A pipe without a writer is opened as well, and does not block.
fn open(path: &Path) -> std::io::Result<File> {
    let mut options = File::options();
    options.read(true);
    #[cfg(unix)]
    {
        let flags = rustix::fs::OFlags::NONBLOCK.union(rustix::fs::OFlags::NOCTTY);
        std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, flags.bits().cast_signed());
    }
    options.open(path)
}

/// Returns true if reading is certain to end: a file, or a device, of which no more than the limit is read. Reading a
/// pipe ends only when its writer closes it.
fn is_readable(data: &std::fs::Metadata) -> bool {
    #[cfg(unix)]
    let is_device = std::os::unix::fs::FileTypeExt::is_char_device(&data.file_type());
    #[cfg(not(unix))]
    let is_device = false;
    data.is_file() || is_device
}
