//! Bounded reading of files.
//!
//! A pipe without a writer would block for ever, and a device may have no end. A file is therefore opened without
//! waiting, and refused unless it is a regular one. What may come from standard input may come from a pipe as well, such
//! as `<(curl ...)`.

use crate::exit::Stop;
use crate::mask;
use std::fs::File;
use std::io::{Error, Read, Result};
use std::path::Path;

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

/// The largest file of certificates or keys, in bytes.
const PEM_BYTES: u64 = 4 << 20;

/// Reads a file that an argument or a setting names. The error has its path.
pub fn named(path: &Path, most: u64) -> std::result::Result<Vec<u8>, Stop> {
    read(path, most)
        .map_err(|error| Stop::usage(format!("{} cannot be read: {error}", mask::path(path))))
}

/// Reads a named file of certificates or keys.
pub fn pem(path: &Path) -> std::result::Result<Vec<u8>, Stop> {
    named(path, PEM_BYTES)
}

/// Reads a named file or pipe to its end, or standard input for `-`.
pub fn named_or_input(path: &str, most: u64) -> std::result::Result<Vec<u8>, Stop> {
    let (name, read) = match path {
        "-" => (
            "standard input".to_owned(),
            read_to_end(std::io::stdin(), most),
        ),
        path => (
            mask::path(path.as_ref()),
            File::open(path).and_then(|file| read_to_end(file, most)),
        ),
    };
    read.map_err(|error| Stop::usage(format!("{name} cannot be read: {error}")))
}

/// Reads to the end, at most so many bytes. A longer source is refused and not truncated.
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
}
