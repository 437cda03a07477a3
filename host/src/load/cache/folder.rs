//! Folder of the cache: reads whole files, replaces them at once, and keeps their sum below a cap.
//!
//! Readers and writers of several processes need no lock. A file appears by a rename, so no reader gets half of
//! one; a file that a failing disk tore does not authenticate.

use super::entry::ENDING;
use super::file::{UNFINISHED, unfinished_name, write_new};
use memmap2::MmapMut;
use std::fs::{DirBuilder, File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// After this a file that is still being written belongs to a process that died. Writing takes milliseconds.
const ABANDONED: Duration = Duration::from_secs(3600);

/// The precision of the last use. A time stamp at every load would cost a write each time.
const USED_GRAIN: Duration = Duration::from_secs(3600);

/// The folder of one cache.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    cap_bytes: u64,
}

impl Folder {
    /// Makes the folder if it is missing, for this user alone.
    pub(super) fn open(path: &Path, cap_bytes: u64) -> io::Result<Self> {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(path)?;
        Ok(Self {
            path: path.canonicalize()?,
            cap_bytes,
        })
    }

    /// A file, whole; nothing if there is none or it cannot be read. In pages of its own, which go back to the operating
    /// system at once: an allocator keeps a megabyte that was freed, for each process that loads plugins.
    pub(super) fn read(&self, name: &str) -> Option<MmapMut> {
        let path = self.path.join(name);
        // Checked before opening, because opening a named pipe waits for a writer.
        if !std::fs::symlink_metadata(&path).ok()?.is_file() {
            return None;
        }
        let mut file = File::open(path).ok()?;
        let length = file.metadata().ok()?.len().min(self.cap_bytes);
        let mut bytes = MmapMut::map_anon(usize::try_from(length).ok()?).ok()?;
        file.read_exact(&mut bytes).ok()?;
        Some(bytes)
    }

    /// Puts a file in its place, whole or not at all, and removes the longest unused ones beyond the cap.
    pub(super) fn replace(&self, name: &str, parts: &[&[u8]]) -> io::Result<()> {
        let size: u64 = parts.iter().map(|part| part.len() as u64).sum();
        if size > self.cap_bytes {
            return Err(io::Error::other(format!(
                "{size} bytes are more than the whole cache may hold, {}",
                self.cap_bytes
            )));
        }
        let unfinished = self.path.join(unfinished_name());
        let written = write_new(&unfinished, parts)
            .and_then(|()| std::fs::rename(&unfinished, self.path.join(name)));
        if written.is_err() {
            let _ = std::fs::remove_file(&unfinished);
        }
        written?;
        self.make_room(name);
        Ok(())
    }

    /// Notes that a file was of use. Failing changes only what is removed first.
    pub(super) fn mark_used(&self, name: &str) {
        let now = SystemTime::now();
        let mark = || -> io::Result<()> {
            let path = self.path.join(name);
            let last = std::fs::metadata(&path)?.modified()?;
            if now.duration_since(last).unwrap_or(Duration::MAX) > USED_GRAIN {
                OpenOptions::new()
                    .append(true)
                    .open(path)?
                    .set_modified(now)?;
            }
            Ok(())
        };
        let _ = mark();
    }

    /// Removes what died half-written, and then the longest unused files until the rest fits. The one that was
    /// just written stays, and so does whatever the cache did not make.
    fn make_room(&self, just_written: &str) {
        let Ok(entries) = std::fs::read_dir(&self.path) else {
            return;
        };
        let now = SystemTime::now();
        let (mut files, mut sum) = (Vec::new(), 0_u64);
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let Some((used, size)) = entry.metadata().ok().and_then(|data| age_and_size(&data))
            else {
                continue;
            };
            if is_own(&name) {
                sum += size;
                if name != just_written {
                    files.push((used, size, entry.path()));
                }
            } else if name.starts_with(UNFINISHED)
                && now
                    .duration_since(used)
                    .is_ok_and(|since| since > ABANDONED)
            {
                let _ = std::fs::remove_file(entry.path());
            }
        }
        files.sort();
        for (_, size, path) in files {
            if sum <= self.cap_bytes {
                break;
            }
            if std::fs::remove_file(path).is_ok() {
                sum = sum.saturating_sub(size);
            }
        }
    }
}

fn age_and_size(data: &Metadata) -> Option<(SystemTime, u64)> {
    data.is_file()
        .then(|| data.modified().ok().map(|used| (used, data.len())))?
}

/// Returns true if the cache gives such names: 64 hexadecimal digits and the ending.
fn is_own(name: &str) -> bool {
    name.strip_suffix(ENDING).is_some_and(|digits| {
        digits.len() == 64
            && digits
                .bytes()
                .all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    })
}
