//! The thread that writes, its commits, and the connection that reads.
//!
//! One thread writes. It commits waiting jobs together. Each of several jobs has a savepoint, so that one that fails
//! undoes nothing of the others. No job returns success before the commit is on the disk (`synchronous = FULL`). Reads
//! have their own connection, which WAL lets run beside the writer.

use crate::mask;
use crate::service::crypt::KeyError;
use crate::service::ids::NoRandom;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;

/// The most jobs that wait for the writer. A second's worth at 2,000 a second.
const WAITING: usize = 2048;

/// The most jobs that one commit carries.
const TOGETHER: usize = 128;

/// The most statements that a connection keeps prepared: all that requests use. With rusqlite's 16 they displaced each
/// other, and a verification prepared most of its statements again.
const STATEMENTS: usize = 128;

/// How long a connection beside the writer waits for others.
const ASIDE: Duration = Duration::from_millis(500);

/// The error of the other jobs in a transaction that a full or failing disk undid.
const UNDONE: &str =
    "it undid a transaction by itself, as it does when its disk is full or fails. Look at the disk";

/// The error of a job that panicked.
const PANICKED: &str =
    "the program failed while it wrote, and nothing of that was kept. Read the log";

/// Reason for which nothing was read or written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The disk is full.
    #[error("the disk of the database is full. Free some of it; nothing is sent until then")]
    Full,
    /// Another program locks the database, or too much waits for it.
    #[error(
        "the database is busy: {0}. Try again; if it recurs, look for another program that holds the file"
    )]
    Busy(String),
    /// The file that was opened is no longer at its place.
    #[error(
        "the database's file {0} was removed or replaced while it was open. Nothing is sent until it is back; put it back, or stop all programs that use it and restore a backup"
    )]
    Gone(String),
    /// Anything else.
    #[error("the database failed: {0}")]
    Failed(String),
    /// A row that the program wrote does not read back.
    #[error(
        "a row of {0} cannot be read. The database was changed by another program; restore a backup"
    )]
    Row(&'static str),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                Self::Busy("another program writes to it".to_owned())
            }
            _ => Self::Failed(error.to_string()),
        }
    }
}

impl From<NoRandom> for StoreError {
    fn from(error: NoRandom) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<KeyError> for StoreError {
    fn from(error: KeyError) -> Self {
        Self::Failed(error.to_string())
    }
}

/// The result of storage.
pub type Result<T> = std::result::Result<T, StoreError>;

type Finish = Box<dyn FnOnce(Result<()>) + Send>;
type Job = Box<dyn FnOnce(Result<&Connection>) -> (bool, Finish) + Send>;

/// The open database. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    jobs: SyncSender<Job>,
    reader: Arc<Mutex<Connection>>,
    commits: Arc<AtomicU64>,
    files: Arc<Files>,
}

impl Store {
    /// Accepts two connections to one file and starts the writer, which ends when the last clone is dropped.
    ///
    /// # Errors
    ///
    /// [`StoreError::Failed`] when no thread can be started.
    pub fn new(mut writer: Connection, reader: Connection) -> Result<Self> {
        for connection in [&writer, &reader] {
            connection.set_prepared_statement_cache_capacity(STATEMENTS);
            // A plan that depends on bound values is made again at every use.
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
            // A savepoint's undo data is kept in memory; on disk it is a file of its own for each start.
            connection.execute_batch("PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8192;")?;
            // Pages that many transactions change are copied into the database once for all of them: 16 MB of log.
            connection.pragma_update(None, "wal_autocheckpoint", 4000)?;
        }
        let files = Arc::new(Files::of(&writer)?);
        let commits = Arc::new(AtomicU64::new(0));
        let counted = commits.clone();
        writer.commit_hook(Some(move || {
            counted.fetch_add(1, Ordering::Relaxed);
            false
        }))?;
        let (jobs, waiting) = sync_channel(WAITING);
        let watched = files.clone();
        std::thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || write_all(writer, &watched, &waiting))
            .map_err(|error| StoreError::Failed(error.to_string()))?;
        Ok(Self {
            jobs,
            reader: Arc::new(Mutex::new(reader)),
            commits,
            files,
        })
    }

    /// How many transactions were committed since it was opened.
    pub fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    /// Runs a job in a transaction and returns once it is on the disk.
    ///
    /// # Errors
    ///
    /// The job's own, or [`StoreError`] when it could not be committed. Nothing of it is kept then.
    pub async fn write<T, E>(
        &self,
        job: impl FnOnce(&Connection) -> std::result::Result<T, E> + Send + 'static,
    ) -> std::result::Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        self.submit(job, move |outcome| {
            // The caller may have stopped waiting.
            let _ = answer.send(outcome);
        })?;
        match answered.await {
            Ok(outcome) => outcome,
            Err(_) => Err(StoreError::Failed("its writer ended".to_owned()).into()),
        }
    }

    /// As [`Store::write`], for threads that may block: at the start, and on the command line.
    ///
    /// # Errors
    ///
    /// As [`Store::write`].
    pub fn write_blocking<T, E>(
        &self,
        job: impl FnOnce(&Connection) -> std::result::Result<T, E> + Send + 'static,
    ) -> std::result::Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (answer, answered) = sync_channel(1);
        self.submit(job, move |outcome| {
            let _ = answer.send(outcome);
        })?;
        match answered.recv() {
            Ok(outcome) => outcome,
            Err(_) => Err(StoreError::Failed("its writer ended".to_owned()).into()),
        }
    }

    fn submit<T, E>(
        &self,
        job: impl FnOnce(&Connection) -> std::result::Result<T, E> + Send + 'static,
        answer: impl FnOnce(std::result::Result<T, E>) + Send + 'static,
    ) -> Result<()>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let job: Job = Box::new(move |connection| {
            let outcome = connection.map_err(E::from).and_then(|db| {
                // If the thread ended with a panic, it would write nothing any more.
                let done = catch_unwind(AssertUnwindSafe(|| job(db)));
                done.unwrap_or_else(|_| Err(StoreError::Failed(PANICKED.to_owned()).into()))
            });
            let keep = outcome.is_ok();
            // The job's own error is more precise than that of its commit.
            let finish: Finish = Box::new(move |committed| {
                answer(outcome.and_then(|done| committed.map(|()| done).map_err(E::from)));
            });
            (keep, finish)
        });
        self.jobs.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => StoreError::Busy("too much waits to be written".to_owned()),
            TrySendError::Disconnected(_) => StoreError::Failed("its writer ended".to_owned()),
        })
    }

    /// Reads. For short queries: it blocks its thread.
    ///
    /// # Errors
    ///
    /// The job's own, or [`StoreError::Gone`].
    pub fn read<T, E: From<StoreError>>(
        &self,
        job: impl FnOnce(&Connection) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        self.files.check()?;
        let reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        job(&reader)
    }

    /// Copies the log into the database and empties it. Until then both have earlier versions of pages, and with them
    /// deleted content. Blocks its thread.
    ///
    /// # Errors
    ///
    /// [`StoreError::Busy`] when a connection reads or writes for long. It can be done later.
    pub fn empty_log(&self) -> Result<()> {
        let aside = self.aside()?;
        let is_busy: bool =
            aside.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        if is_busy {
            return Err(StoreError::Busy("its log is in use".to_owned()));
        }
        Ok(())
    }

    /// Writes the whole database again, without content that was deleted before deletions overwrote. For a host whose
    /// service does not run. Blocks its thread.
    ///
    /// # Errors
    ///
    /// [`StoreError`], most likely of a full disk; nothing is lost then.
    pub fn compact(&self) -> Result<()> {
        self.aside()?.execute_batch("VACUUM")?;
        self.empty_log()
    }

    /// Opens a connection for statements that cannot run in a transaction. Writers wait while the log is emptied, so it
    /// waits only briefly for readers.
    fn aside(&self) -> Result<Connection> {
        self.files.check()?;
        let aside = Connection::open(&self.files.database)?;
        aside.busy_timeout(ASIDE)?;
        Ok(aside)
    }
}

/// The files of the open database. SQLite continues with an unlinked file, and writes to it are lost with the process
/// (sqlite.org/howtocorrupt, section 2.4).
struct Files {
    database: PathBuf,
    identified: Vec<(PathBuf, Identity)>,
}

/// Device and number of a file.
type Identity = (u64, u64);

impl Files {
    /// Returns the database and its log, which exists once the database was read in WAL mode.
    fn of(connection: &Connection) -> Result<Self> {
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
        let path = connection.path().unwrap_or_default();
        let places = ["", "-wal"].map(|end| PathBuf::from(format!("{path}{end}")));
        let identified = places.map(|place| identity(&place).map(|id| (place, id)));
        Ok(Self {
            database: path.into(),
            identified: identified.into_iter().flatten().collect(),
        })
    }

    /// Returns an error if a file was removed or replaced.
    fn check(&self) -> Result<()> {
        for (place, id) in &self.identified {
            if identity(place).as_ref() != Some(id) {
                return Err(StoreError::Gone(mask::path(place)));
            }
        }
        Ok(())
    }
}

#[cfg(unix)]
fn identity(place: &Path) -> Option<Identity> {
    use std::os::unix::fs::MetadataExt;
    let found = std::fs::metadata(place).ok()?;
    Some((found.dev(), found.ino()))
}

/// An open file cannot be removed there.
#[cfg(not(unix))]
fn identity(_: &Path) -> Option<Identity> {
    None
}

fn write_all(connection: Connection, files: &Files, waiting: &Receiver<Job>) {
    while let Ok(first) = waiting.recv() {
        let more = waiting.try_iter().take(TOGETHER - 1);
        let jobs: Vec<Job> = std::iter::once(first).chain(more).collect();
        write_together(&connection, files, jobs);
    }
}

/// Runs jobs in one transaction, each of several in a savepoint.
fn write_together(db: &Connection, files: &Files, jobs: Vec<Job>) {
    let mut waiting = jobs.into_iter();
    let mut finishes: Vec<Finish> = Vec::with_capacity(waiting.len());
    let committed = (|| {
        files.check()?;
        run(db, "BEGIN IMMEDIATE")?;
        // A single job needs no savepoint.
        if waiting.len() == 1
            && let Some(job) = waiting.next()
        {
            let (keep, finish) = job(Ok(db));
            finishes.push(finish);
            return run(db, if keep { "COMMIT" } else { "ROLLBACK" });
        }
        while waiting.len() > 0 {
            run(db, "SAVEPOINT job")?;
            let Some(job) = waiting.next() else { break };
            let (keep, finish) = job(Ok(db));
            finishes.push(finish);
            // SQLite undoes the whole transaction when a disk is full or fails, and with it the other jobs.
            if db.is_autocommit() {
                return Err(StoreError::Failed(UNDONE.to_owned()));
            }
            if !keep {
                run(db, "ROLLBACK TO job")?;
            }
            run(db, "RELEASE job")?;
        }
        run(db, "COMMIT")
    })();
    if let Err(error) = &committed {
        if !db.is_autocommit()
            && let Err(error) = run(db, "ROLLBACK")
        {
            tracing::error!(%error, "a transaction cannot be undone");
        }
        let refused = waiting.map(|job| job(Err(error.clone())).1);
        finishes.extend(refused);
    }
    for finish in finishes {
        finish(committed.clone());
    }
}

/// Runs a statement that begins or ends a transaction. rusqlite's own transactions parse these texts at each use.
fn run(db: &Connection, statement: &str) -> Result<()> {
    db.prepare_cached(statement)?.execute([])?;
    Ok(())
}
