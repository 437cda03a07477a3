//! Files that their owner alone can read, written completely or not at all.
//!
//! A file is written under another name in the same folder, and gets its own once it is complete. A killed process
//! leaves such a part; the next process that writes into the folder removes it. A process that writes a part holds a
//! shared lock of the folder. A part is therefore abandoned if no process holds one.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{ErrorKind, Result, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Suffixes of the files that SQLite may leave beside a file.
const COMPANIONS: [&str; 3] = ["-wal", "-shm", "-journal"];

/// How often, and how long apart, the lock of a folder is tried.
const TRIES: u32 = 50;
const PAUSE: Duration = Duration::from_millis(20);

/// Replaces a file. A link stays, and the file that it names is replaced.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let part = Part::beside(&path);
    part.write(bytes)?;
    let named = std::fs::rename(&part.path, &path);
    sync_folder(&path);
    named
}

/// Writes a file. Fails with [`ErrorKind::AlreadyExists`] when something has its name: of several processes one makes it.
pub fn make(path: &Path, bytes: &[u8]) -> Result<()> {
    let part = Part::beside(path);
    part.write(bytes)?;
    part.name()
}

/// A file that is being written beside its final path. It is deleted when it is dropped without a name.
pub struct Part {
    path: PathBuf,
    place: PathBuf,
    _shared: Option<File>,
}

impl Part {
    /// Chooses an unpredictable name, so that no existing link is followed.
    pub fn beside(place: &Path) -> Self {
        let shared = share(folder_of(place));
        let mut path = place.to_owned().into_os_string();
        path.push(format!(".{}", crate::service::ids::new("part")));
        Self {
            path: path.into(),
            place: place.to_owned(),
            _shared: shared,
        }
    }

    /// The path at which it is written.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Creates it, empty.
    pub fn create(&self) -> Result<File> {
        let mut options = File::options();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&self.path)
    }

    /// Gives it its name, unless a file has that name.
    pub fn name(self) -> Result<()> {
        let named = match std::fs::hard_link(&self.path, &self.place) {
            Err(error)
                if !matches!(error.kind(), ErrorKind::AlreadyExists | ErrorKind::NotFound) =>
            {
                // A file system without hard links, such as FAT: an empty file takes the name first.
                File::create_new(&self.place).and_then(|_| {
                    let renamed = std::fs::rename(&self.path, &self.place);
                    renamed.inspect_err(|_| {
                        let _ = std::fs::remove_file(&self.place);
                    })
                })
            }
            linked => linked,
        };
        let _ = std::fs::remove_file(&self.path);
        sync_folder(&self.place);
        named
    }

    fn write(&self, bytes: &[u8]) -> Result<()> {
        let mut file = self.create()?;
        file.write_all(bytes)?;
        file.sync_all()
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
        for companion in companions(&self.path) {
            let _ = std::fs::remove_file(companion);
        }
    }
}

/// The files that SQLite reads together with a database.
pub fn companions(database: &Path) -> [PathBuf; 3] {
    COMPANIONS.map(|suffix| {
        let mut path = database.to_owned().into_os_string();
        path.push(suffix);
        path.into()
    })
}

/// Removes parts of killed processes in a folder, unless a process writes there.
pub fn remove_left(folder: &Path) {
    if let Ok(folder_file) = File::open(folder)
        && folder_file.try_lock().is_ok()
    {
        remove_parts(folder);
    }
}

/// Removes parts of killed processes, and takes the shared lock of the folder. None if the system supports no lock: the
/// part is written without it.
fn share(folder: &Path) -> Option<File> {
    remove_left(folder);
    let shared = File::open(folder).ok()?;
    for _ in 0..TRIES {
        match shared.try_lock_shared() {
            Ok(()) => return Some(shared),
            Err(std::fs::TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
            Err(std::fs::TryLockError::Error(_)) => return None,
        }
    }
    None
}

fn remove_parts(folder: &Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let is_file = entry.metadata().is_ok_and(|found| is_own_file(&found));
        if is_file && is_part(&entry.file_name()) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// Returns true if a name is one that [`Part::beside`] gives, or that of a file that SQLite makes beside it.
fn is_part(name: &OsStr) -> bool {
    let Some((_, id)) = name.to_str().and_then(|name| name.rsplit_once(".part_")) else {
        return false;
    };
    let mut ends = COMPANIONS.iter();
    let id = ends.find_map(|end| id.strip_suffix(end)).unwrap_or(id);
    id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(unix)]
fn is_own_file(found: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    found.is_file() && found.uid() == rustix::process::geteuid().as_raw()
}

#[cfg(not(unix))]
fn is_own_file(found: &std::fs::Metadata) -> bool {
    found.is_file()
}

/// Syncs a file's name to the disk, as far as the file system can: some refuse it for folders.
fn sync_folder(path: &Path) {
    if let Ok(folder) = File::open(folder_of(path)) {
        let _ = folder.sync_all();
    }
}

fn folder_of(path: &Path) -> &Path {
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    folder.unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Folder(PathBuf);

    impl Folder {
        fn new() -> Self {
            let path = std::env::temp_dir().join(crate::service::ids::new("files"));
            std::fs::create_dir_all(&path).unwrap();
            Self(path)
        }

        fn entries(&self) -> usize {
            std::fs::read_dir(&self.0).unwrap().count()
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn file_that_exists_is_not_made_again() {
        let folder = Folder::new();
        let file = folder.0.join("file");
        make(&file, b"first").unwrap();
        let error = make(&file, b"second").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AlreadyExists);
        assert_eq!(std::fs::read(&file).unwrap(), b"first");
        assert_eq!(folder.entries(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn link_stays_when_its_file_is_replaced() {
        let folder = Folder::new();
        let (file, link) = (folder.0.join("file"), folder.0.join("link"));
        std::fs::write(&file, "old").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        replace(&link, b"new").unwrap();
        assert!(link.symlink_metadata().unwrap().is_symlink());
        assert_eq!(std::fs::read(&file).unwrap(), b"new");
    }

    /// As a killed process leaves them: with the files that SQLite had beside them.
    #[test]
    fn parts_left_behind_go_with_the_next_write() {
        let folder = Folder::new();
        let id = crate::service::ids::new("part");
        let other = ["a.part_1", "part_", "a.db-journal", "notes"];
        for name in other {
            std::fs::write(folder.0.join(name), "kept").unwrap();
        }
        for end in ["", "-journal", "-wal", "-shm"] {
            std::fs::write(folder.0.join(format!("a.db.{id}{end}")), "left").unwrap();
        }
        make(&folder.0.join("b"), b"").unwrap();
        assert_eq!(folder.entries(), other.len() + 1);
    }

    #[test]
    fn part_of_a_running_write_stays() {
        let folder = Folder::new();
        let running = Part::beside(&folder.0.join("a"));
        running.create().unwrap();
        make(&folder.0.join("b"), b"").unwrap();
        remove_left(&folder.0);
        running.name().unwrap();
        assert_eq!(folder.entries(), 2);
        drop(Part::beside(&folder.0.join("c")).create().unwrap());
        assert_eq!(folder.entries(), 2);
    }
}
