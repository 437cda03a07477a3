//! Folder of an auth host: its files, their owner, and the lock of one process.

use crate::mask;
use crate::service::private_files;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long to wait for the folder: commands test its lock for a moment.
const LOOK: Duration = Duration::from_millis(200);

/// How long a rotation waits for commands.
const ROTATE: Duration = Duration::from_secs(if cfg!(test) { 0 } else { 5 });

/// The reason for which a folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// Another process has locked the folder.
    #[error(
        "another auth-host runs on this folder: it holds {path}. Stop it first, or use another folder"
    )]
    Held {
        /// The lock.
        path: String,
    },
    /// A command uses the keys that are to be rotated.
    #[error(
        "a command runs on this folder: it holds {path}. Its values would be encrypted under the old key; run this again \
        when it has ended"
    )]
    Used {
        /// The lock.
        path: String,
    },
    /// A process has locked the folder, and its database is not there.
    #[error(
        "the database {path} is missing, and an auth-host runs on this folder: it holds {lock}. Put the database back, \
        with its -wal file; try again if that service is only starting"
    )]
    Taken {
        /// The database.
        path: String,
        /// The lock.
        lock: String,
    },
    /// The files are another user's.
    #[error(
        "{path} belongs to user {owner}, and this process is user {us}: the service could not open files that it made \
        there. Run the command as that user: sudo -u '#{owner}' auth-host ..."
    )]
    Owner {
        /// A file.
        path: String,
        /// Its user.
        owner: u32,
        /// This process's user.
        us: u32,
    },
    /// It cannot be made or used.
    #[error("the folder {path} cannot be used: {reason}")]
    Unusable {
        /// The folder, or a file in it.
        path: String,
        /// Why.
        reason: String,
    },
}

/// The files of an auth host.
#[derive(Clone, Debug)]
pub struct Files {
    /// The database.
    pub database: PathBuf,
    /// The keys.
    pub keys: PathBuf,
    /// Compiled plugins.
    pub cache: PathBuf,
    /// Locked by the service that runs, and by commands that must not run beside it.
    pub lock: PathBuf,
    /// Shared by the commands that send beside the service.
    pub senders: PathBuf,
    /// Shared by all commands, and locked by the one that rotates the keys.
    pub rotation: PathBuf,
}

impl Files {
    /// The files of a folder, with the key file elsewhere if one is named.
    pub fn of(folder: &Path, keys: Option<&Path>) -> Self {
        Self {
            database: folder.join("auth-host.db"),
            keys: keys.map_or_else(|| folder.join("auth-host.key"), Path::to_owned),
            cache: folder.join("cache"),
            lock: folder.join("auth-host.lock"),
            senders: folder.join("auth-host.senders"),
            rotation: folder.join("auth-host.rotation"),
        }
    }

    /// Makes a missing folder, readable by its owner alone.
    ///
    /// # Errors
    ///
    /// [`FolderError::Unusable`], or [`FolderError::Owner`] when another user has files there.
    pub fn prepare(&self) -> Result<(), FolderError> {
        let folder = self.folder();
        private_folder(folder).map_err(|reason| FolderError::Unusable {
            path: mask::path(folder),
            reason: reason.to_string(),
        })?;
        self.check_owner()
    }

    fn folder(&self) -> &Path {
        self.database.parent().unwrap_or(Path::new("."))
    }

    /// Locks the folder for this process, until the returned file is dropped. Lock it before the key file is read: the
    /// process with the lock may write another.
    ///
    /// # Errors
    ///
    /// [`FolderError::Held`] when another process has it.
    pub fn lock(&self) -> Result<File, FolderError> {
        self.prepare()?;
        // A command locks it for a moment to test if it is locked.
        let lock = locked_within(&self.lock, LOOK)?.ok_or_else(|| FolderError::Held {
            path: mask::path(&self.lock),
        })?;
        private_files::remove_left(self.folder());
        Ok(lock)
    }

    /// Returns true while a service, or a command that must not run beside it, has locked the folder. Commands that test
    /// this at once do not take each other for a service.
    ///
    /// # Errors
    ///
    /// [`FolderError::Unusable`].
    pub fn is_served(&self) -> Result<bool, FolderError> {
        Ok(self.lock.exists() && taken(&self.lock, File::try_lock_shared)?.is_none())
    }

    /// Refuses to make a database in a folder that a service runs on: the existing one was removed.
    ///
    /// # Errors
    ///
    /// [`FolderError::Taken`].
    pub fn check_nobody_runs(&self) -> Result<(), FolderError> {
        match self.is_served()? {
            true => Err(FolderError::Taken {
                path: mask::path(&self.database),
                lock: mask::path(&self.lock),
            }),
            false => Ok(()),
        }
    }

    /// Marks this command as sending beside the service, until the returned file is dropped.
    ///
    /// # Errors
    ///
    /// [`FolderError::Unusable`].
    pub fn send_beside(&self) -> Result<File, FolderError> {
        shared(&self.senders)
    }

    /// Marks this command as using the keys, until the returned file is dropped. Call it before the key file is read. It
    /// waits for a rotation, and blocks its thread meanwhile.
    ///
    /// # Errors
    ///
    /// [`FolderError::Unusable`], or [`FolderError::Owner`].
    pub fn beside_rotation(&self) -> Result<File, FolderError> {
        self.prepare()?;
        shared(&self.rotation)
    }

    /// Prevents commands from reading the keys, until the returned file is dropped. Waits some seconds for those that
    /// have.
    ///
    /// # Errors
    ///
    /// [`FolderError::Used`] while one runs.
    pub fn lock_keys(&self) -> Result<File, FolderError> {
        locked_within(&self.rotation, ROTATE)?.ok_or_else(|| FolderError::Used {
            path: mask::path(&self.rotation),
        })
    }

    /// Prevents commands from starting to send, until the returned file is dropped. None while one sends.
    ///
    /// # Errors
    ///
    /// [`FolderError::Unusable`].
    pub fn alone(&self) -> Result<Option<File>, FolderError> {
        locked(&self.senders)
    }

    /// The database's companions that SQLite reads together with it.
    pub fn beside_database(&self) -> [PathBuf; 3] {
        private_files::companions(&self.database)
    }

    /// Refuses another user's files: the service could not open others that this process made beside them.
    #[cfg(unix)]
    fn check_owner(&self) -> Result<(), FolderError> {
        use std::os::unix::fs::MetadataExt as _;
        let us = rustix::process::geteuid().as_raw();
        let mut files = [&self.database, &self.keys].into_iter();
        let found = files.find_map(|path| Some((path, path.metadata().ok()?.uid())));
        match found {
            Some((path, owner)) if owner != us => Err(FolderError::Owner {
                path: mask::path(path),
                owner,
                us,
            }),
            _ => Ok(()),
        }
    }

    #[cfg(not(unix))]
    fn check_owner(&self) -> Result<(), FolderError> {
        Ok(())
    }
}

fn open(path: &Path) -> std::io::Result<File> {
    let mut options = File::options();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    #[cfg(unix)]
    {
        // A file that an older program made can be read, and so locked, by others.
        use std::os::unix::fs::PermissionsExt as _;
        let _ = file.set_permissions(std::fs::Permissions::from_mode(0o600));
    }
    Ok(file)
}

fn shared(path: &Path) -> Result<File, FolderError> {
    let opened = open(path).and_then(|file| file.lock_shared().map(|()| file));
    opened.map_err(|reason| unusable(path, &reason))
}

/// Takes a lock, unless another process has it for longer than a time.
fn locked_within(path: &Path, time: Duration) -> Result<Option<File>, FolderError> {
    let begun = Instant::now();
    loop {
        match locked(path)? {
            None if begun.elapsed() < time => std::thread::sleep(LOOK / 20),
            done => return Ok(done),
        }
    }
}

/// Takes a lock, unless another process has it.
fn locked(path: &Path) -> Result<Option<File>, FolderError> {
    taken(path, File::try_lock)
}

/// Takes a lock by a function, unless another process has it.
fn taken(
    path: &Path,
    lock: impl FnOnce(&File) -> Result<(), TryLockError>,
) -> Result<Option<File>, FolderError> {
    let opened = open(path).map_err(TryLockError::Error);
    match opened.and_then(|file| lock(&file).map(|()| file)) {
        Ok(file) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(reason)) => Err(unusable(path, &reason)),
    }
}

fn unusable(path: &Path, reason: &std::io::Error) -> FolderError {
    FolderError::Unusable {
        path: mask::path(path),
        reason: reason.to_string(),
    }
}

fn private_folder(folder: &Path) -> std::io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::app::App;

    struct Folder(PathBuf);

    impl Folder {
        fn new() -> Self {
            Self(std::env::temp_dir().join(crate::service::ids::new("folder")))
        }

        fn files(&self) -> Files {
            Files::of(&self.0, None)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn lock_is_held_by_one_at_a_time() {
        let folder = Folder::new();
        let held = folder.files().lock().unwrap();
        let error = folder.files().lock().unwrap_err();
        assert!(matches!(error, FolderError::Held { .. }), "{error}");
        drop(held);
        folder.files().lock().unwrap();
    }

    #[test]
    fn nobody_is_alone_while_a_command_sends() {
        let folder = Folder::new();
        let files = folder.files();
        files.prepare().unwrap();
        let commands = [files.send_beside().unwrap(), files.send_beside().unwrap()];
        for command in commands {
            assert!(files.alone().unwrap().is_none());
            drop(command);
        }
        assert!(files.alone().unwrap().is_some());
    }

    /// A command that read the keys would write under the old one.
    #[test]
    fn keys_are_not_rotated_while_a_command_runs() {
        let folder = Folder::new();
        let files = folder.files();
        let commands = [(); 2].map(|()| files.beside_rotation().unwrap());
        let error = files.lock_keys().unwrap_err();
        assert!(matches!(error, FolderError::Used { .. }), "{error}");
        drop(commands);
        let rotation = files.lock_keys().unwrap();
        std::thread::scope(|scope| {
            let command = scope.spawn(|| files.beside_rotation().unwrap());
            std::thread::sleep(LOOK);
            assert!(!command.is_finished());
            drop(rotation);
        });
    }

    /// Several processes may be the first: all of them open the folder, with one key.
    #[test]
    fn folder_is_made_by_several_at_once() {
        for _ in 0..8 {
            let folder = Folder::new();
            std::thread::scope(|scope| {
                let open = || App::open(folder.files(), |_| ()).map(|(app, _)| app.keys.current());
                let opened: Vec<_> = (0..4).map(|_| scope.spawn(open)).collect();
                let mut keys: Vec<_> = opened
                    .into_iter()
                    .map(|one| one.join().unwrap().unwrap())
                    .collect();
                keys.dedup();
                assert_eq!(keys.len(), 1, "{keys:?}");
            });
            App::open(folder.files(), |_| ()).unwrap();
        }
    }

    #[test]
    fn missing_key_is_not_called_a_wrong_one() {
        let folder = Folder::new();
        drop(App::open(folder.files(), |_| ()).unwrap());
        let files = folder.files();
        std::fs::remove_file(&files.keys).unwrap();
        let Err(error) = App::open(files.clone(), |_| ()) else {
            panic!("opened");
        };
        assert!(error.to_string().contains("is missing"), "{error}");
        assert!(!files.keys.exists());
    }

    #[test]
    fn folder_without_files_is_new() {
        let folder = Folder::new();
        let (_, made) = App::open(folder.files(), |_| ()).unwrap();
        assert!(made.database && made.keys);
    }

    /// SQLite would take an empty file for a new database, and remove its log.
    #[test]
    fn database_that_was_taken_away_is_not_made_again() {
        let folder = Folder::new();
        std::fs::create_dir(&folder.0).unwrap();
        let files = folder.files();
        for end in ["-wal", "-journal", "-shm"] {
            for database in [None, Some("")] {
                for companion in files.beside_database() {
                    let _ = std::fs::remove_file(companion);
                }
                let log = folder.0.join(format!("auth-host.db{end}"));
                std::fs::write(&log, "log").unwrap();
                let _ = std::fs::remove_file(&files.database);
                if let Some(text) = database {
                    std::fs::write(&files.database, text).unwrap();
                }
                let error = App::open(files.clone(), |_| ()).map(|_| ()).unwrap_err();
                assert!(error.to_string().contains("Put it back"), "{error}");
                assert_eq!(std::fs::read(&log).unwrap(), b"log");
                assert_eq!(files.database.exists(), database.is_some());
            }
        }
        // An existing one is opened with its log.
        std::fs::write(&files.database, "whole").unwrap();
        assert!(!crate::service::store::is_new(&files.database).unwrap());
    }

    #[test]
    fn folder_is_served_only_while_locked() {
        let folder = Folder::new();
        let files = folder.files();
        assert!(!files.is_served().unwrap());
        drop(files.lock().unwrap());
        // Another command that tests it.
        let test = taken(&files.lock, File::try_lock_shared).unwrap();
        assert!(test.is_some() && !files.is_served().unwrap());
        drop(test);
        let _held = files.lock().unwrap();
        assert!(files.is_served().unwrap());
    }

    #[test]
    fn database_is_not_made_where_a_service_runs() {
        let folder = Folder::new();
        folder.files().check_nobody_runs().unwrap();
        let held = folder.files().lock().unwrap();
        let error = folder.files().check_nobody_runs().unwrap_err();
        assert!(matches!(error, FolderError::Taken { .. }), "{error}");
        drop(held);
        folder.files().check_nobody_runs().unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn locks_are_readable_by_their_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = Folder::new();
        std::fs::create_dir(&folder.0).unwrap();
        std::fs::write(folder.files().lock, "").unwrap();
        let _locks = (folder.files().lock(), folder.files().send_beside());
        for path in [folder.files().lock, folder.files().senders] {
            let mode = path.metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0, "{}", path.display());
        }
    }

    /// The files are root's for everybody else, and are another user's for root.
    #[cfg(unix)]
    #[test]
    fn files_of_another_user_are_refused() {
        let folder = Folder::new();
        std::fs::create_dir(&folder.0).unwrap();
        let mut files = folder.files();
        if rustix::process::geteuid().is_root() {
            std::fs::write(&files.database, "").unwrap();
            std::os::unix::fs::chown(&files.database, Some(12345), None).unwrap();
        } else {
            files.database = "/etc/passwd".into();
        }
        let error = files.check_owner().unwrap_err().to_string();
        assert!(error.contains("sudo -u '#"), "{error}");
        assert!(
            App::open(folder.files(), |_| ()).is_err() || !rustix::process::geteuid().is_root()
        );
    }
}
