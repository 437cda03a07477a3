//! The secret that authenticates compiled code, and its file.
//!
//! | found at the key's path | what happens |
//! |---|---|
//! | nothing | a new secret is drawn and written, for this user alone |
//! | a file of this user, closed to everybody else, with 64 hexadecimal digits in it | it is used |
//! | a file that others may read or write, or that another user owns; a link; anything else | the host does not start, and reports a remedy |
//!
//! A file that others could read is refused rather than closed: others may have read it already.

use super::file::{unfinished_name, write_new};
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// The length of the secret: that of the hash, as RFC 2104 recommends.
pub(super) const BYTES: usize = 32;

/// The secret under which a host authenticates compiled code. `Debug` does not show it.
#[derive(Clone)]
pub struct CacheKey(Place);

#[derive(Clone)]
enum Place {
    Given([u8; BYTES]),
    File(PathBuf),
}

impl CacheKey {
    /// A secret that the embedder keeps, from a random source. Hosts with the same one share a cache.
    pub const fn from_bytes(secret: [u8; BYTES]) -> Self {
        Self(Place::Given(secret))
    }

    /// A file; made with a new secret if it is missing. It must not lie where those can read who may write the
    /// cache.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self(Place::File(path.into()))
    }

    pub(super) fn secret(&self) -> Result<[u8; BYTES], String> {
        match &self.0 {
            Place::Given(secret) => Ok(*secret),
            Place::File(path) => match read(path) {
                Ok(Some(secret)) => Ok(secret),
                Ok(None) => make(path),
                Err(reason) => Err(reason),
            },
        }
    }
}

impl fmt::Debug for CacheKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Place::Given(_) => f.write_str("CacheKey(given)"),
            Place::File(path) => write!(f, "CacheKey({})", path.display()),
        }
    }
}

/// Remedy for a key that must not be used.
const REMEDY: &str =
    "Remove it and the host makes a new one; what is in the cache is then compiled anew";

fn read(path: &Path) -> Result<Option<[u8; BYTES]>, String> {
    let shown = path.display();
    let mut options = OpenOptions::new();
    options.read(true);
    // No link is followed, and a named pipe is not waited for.
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
        options.custom_flags(i32::try_from(flags.bits()).unwrap_or(0));
    }
    let file = match options.open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(format!("its key {shown} cannot be read: {error}")),
    };
    check_access(&file).map_err(|reason| format!("its key {shown} {reason}. {REMEDY}"))?;
    let mut text = Vec::with_capacity(2 * BYTES + 1);
    file.take(2 * BYTES as u64 + 2)
        .read_to_end(&mut text)
        .map_err(|error| format!("its key {shown} cannot be read: {error}"))?;
    let mut secret = [0; BYTES];
    hex::decode_to_slice(text.trim_ascii_end(), &mut secret).map_err(|_| {
        let expected = 2 * BYTES;
        format!("its key {shown} does not hold {expected} hexadecimal digits. {REMEDY}")
    })?;
    Ok(Some(secret))
}

/// Checks the open file, which cannot be exchanged afterwards.
#[cfg(unix)]
fn check_access(file: &File) -> Result<(), String> {
    use std::os::unix::fs::MetadataExt;
    let data = file
        .metadata()
        .map_err(|error| format!("cannot be examined: {error}"))?;
    let us = rustix::process::geteuid().as_raw();
    if !data.is_file() {
        return Err("is not a file".to_owned());
    }
    if data.uid() != us {
        return Err(format!(
            "belongs to user {}, and this process is user {us}",
            data.uid()
        ));
    }
    match data.mode() & 0o077 {
        0 => Ok(()),
        _ => Err(format!(
            "can be used by others (its mode is {:o}, expected was 600), who may have read it",
            data.mode() & 0o777
        )),
    }
}

#[cfg(not(unix))]
fn check_access(_: &File) -> Result<(), String> {
    Ok(())
}

/// Draws a secret and puts it in its place, unless another process was faster: then that one's is used.
fn make(path: &Path) -> Result<[u8; BYTES], String> {
    let shown = path.display();
    let failed = |error: std::io::Error| {
        format!(
            "its key {shown} cannot be made: {error}. Make the folder writable, or give the host a key"
        )
    };
    let mut secret = [0; BYTES];
    rustls::crypto::ring::default_provider()
        .secure_random
        .fill(&mut secret)
        .map_err(|_| "the system gave no random numbers for its key".to_owned())?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let unfinished = folder.join(unfinished_name());
    write_new(&unfinished, &[hex::encode(secret).as_bytes(), b"\n"]).map_err(failed)?;
    // A link, unlike a rename, never replaces: of two processes one wins and both use its secret.
    let placed = std::fs::hard_link(&unfinished, path);
    let _ = std::fs::remove_file(&unfinished);
    match placed {
        Ok(()) => Ok(secret),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => read(path)?
            .ok_or_else(|| format!("its key {shown} was removed while it was read. Try again")),
        // Some file systems have no links. There the race is between two writers of a new file, and the loser fails.
        Err(_) => write_new(path, &[hex::encode(secret).as_bytes(), b"\n"])
            .map(|()| secret)
            .map_err(failed),
    }
}
