//! Bounded reading of regular files.
//!
//! A pipe that nobody writes to would block for ever, and a device may have no end. So a file is opened without waiting,
//! and refused unless it is a regular one.

use std::fs::File;
#[cfg(feature = "serve")]
use std::io::ErrorKind;
use std::io::{Error, Read, Result};
use std::path::Path;
#[cfg(feature = "serve")]
use std::path::PathBuf;

/// Opens a regular file.
pub fn open(path: &Path) -> Result<File> {
    let mut options = File::options();
    options.read(true);
    #[cfg(unix)]
    {
        let flags = rustix::fs::OFlags::NONBLOCK.union(rustix::fs::OFlags::NOCTTY);
        std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, flags.bits().cast_signed());
    }
    let file = options.open(path)?;
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(Error::other(
            "it is no regular file. Give the file itself, no folder, pipe or device",
        ))
    }
}

/// Reads a regular file of at most so many bytes.
pub fn read(path: &Path, most: u64) -> Result<Vec<u8>> {
    read_to_end(open(path)?, most)
}

/// Reads to the end, at most so many bytes. More are refused and not cut off.
pub fn read_to_end(source: impl Read, most: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(Error::other(format!("it has more than {most} bytes")));
    }
    Ok(bytes)
}

/// A text without the byte order mark that some editors write before it.
pub fn unmarked(text: String) -> String {
    match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    }
}

/// Writes a file that its owner alone can read in the place of what is there, whole or not at all. A link stays, and the
/// file that it names is replaced.
#[cfg(feature = "serve")]
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<()> {
    let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let part = private_beside(&path, bytes)?;
    let named = std::fs::rename(&part, &path);
    if named.is_err() {
        let _ = std::fs::remove_file(&part);
    }
    sync_folder(&path);
    named
}

/// Writes a file that its owner alone can read, whole or not at all. Fails with [`ErrorKind::AlreadyExists`] when
/// something has its name: of several processes one makes it.
#[cfg(feature = "serve")]
pub fn make_private(path: &Path, bytes: &[u8]) -> Result<()> {
    let part = private_beside(path, bytes)?;
    name(&part, path)
}

/// Makes an empty file that its owner alone can read, and that was not there before.
#[cfg(feature = "serve")]
pub fn new_private(path: &Path) -> Result<File> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// A name beside a file's place that nobody can guess, so that no link that was left there is followed.
#[cfg(feature = "serve")]
pub fn beside(path: &Path) -> PathBuf {
    let mut beside = path.to_owned().into_os_string();
    beside.push(format!(".{}", crate::ids::new("part")));
    beside.into()
}

#[cfg(feature = "serve")]
fn private_beside(path: &Path, bytes: &[u8]) -> Result<PathBuf> {
    use std::io::Write as _;
    let part = beside(path);
    let mut file = new_private(&part)?;
    match file.write_all(bytes).and_then(|()| file.sync_all()) {
        Ok(()) => Ok(part),
        Err(error) => {
            let _ = std::fs::remove_file(&part);
            Err(error)
        }
    }
}

/// Gives a written file its name, unless something has that name. The file goes when it fails.
#[cfg(feature = "serve")]
pub fn name(part: &Path, path: &Path) -> Result<()> {
    let named = match std::fs::hard_link(part, path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            // A file system without hard links, such as FAT: an empty file takes the name first.
            File::create_new(path).and_then(|_| std::fs::rename(part, path))
        }
        linked => linked,
    };
    let _ = std::fs::remove_file(part);
    sync_folder(path);
    named
}

/// Puts a file's name on the disk, as far as the file system can: some refuse it for folders.
#[cfg(feature = "serve")]
fn sync_folder(path: &Path) {
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    if let Ok(folder) = File::open(folder.unwrap_or(Path::new("."))) {
        let _ = folder.sync_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn read_is_bounded_and_limited_to_regular_files() {
        let folder = std::env::temp_dir().join(format!("auth-host-files-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("file");
        std::fs::write(&file, "1234").unwrap();
        assert_eq!(read(&file, 4).unwrap(), b"1234");
        assert!(read(&file, 3).unwrap_err().to_string().contains("3 bytes"));
        assert_eq!(read_to_end(&b"1234"[..], 4).unwrap(), b"1234");
        assert!(read_to_end(&b"1234"[..], 3).is_err());
        let folder_error = read(&folder, 4).unwrap_err().to_string();
        assert!(folder_error.contains("regular"), "{folder_error}");
        #[cfg(unix)]
        assert!(read(Path::new("/dev/zero"), 4).is_err());
        std::fs::remove_dir_all(&folder).unwrap();
    }
    #[test]
    fn one_byte_order_mark_is_left_out() {
        for (text, rest) in [
            ("\u{feff}a", "a"),
            ("a", "a"),
            ("\u{feff}\u{feff}a", "\u{feff}a"),
        ] {
            assert_eq!(unmarked(text.to_owned()), rest);
        }
    }

    #[cfg(feature = "serve")]
    #[test]
    fn file_that_exists_is_not_made_again() {
        let folder = std::env::temp_dir().join(crate::ids::new("files"));
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("file");
        make_private(&file, b"first").unwrap();
        let error = make_private(&file, b"second").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AlreadyExists);
        assert_eq!(std::fs::read(&file).unwrap(), b"first");
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[cfg(all(unix, feature = "serve"))]
    #[test]
    fn link_stays_when_its_file_is_replaced() {
        let folder = std::env::temp_dir().join(crate::ids::new("files"));
        std::fs::create_dir_all(&folder).unwrap();
        let (file, link) = (folder.join("file"), folder.join("link"));
        std::fs::write(&file, "old").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        write_private(&link, b"new").unwrap();
        assert!(link.symlink_metadata().unwrap().is_symlink());
        assert_eq!(std::fs::read(&file).unwrap(), b"new");
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
