//! The auth host's state: database, keys, sandbox, and the operator's configuration.

use crate::mask;
use crate::service::calls::Calls;
use crate::service::catalog::{Catalog, Loaded, Parts};
use crate::service::crypt::{KeyError, Keyring, Purpose};
pub use crate::service::folder::Files;
use crate::service::folder::FolderError;
use crate::service::leases::Leases;
use crate::service::store::{self, CopyError, OpenError, Store, StoreError, registry};
use arc_swap::ArcSwap;
use auth_connector_host::{BuildError, ConnectorHost, Outbound};
use auth_connector_registry::IpNet;
use std::fs::File;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;
use tokio_util::task::TaskTracker;

/// The most connections of the program's own at once. One for each of the tenants whose events are posted concurrently
/// (`serve/tasks.rs`), further ones while more than half are free, and second attempts to a host's addresses.
const CONNECTIONS: usize = 256;

/// The reason for which the auth host does not open.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The database.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The key file.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The sandbox.
    #[error(transparent)]
    Sandbox(#[from] BuildError),
    /// A query.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The key file belongs to another database.
    #[error(
        "the key file {path} does not belong to the database: it cannot decrypt what is stored there. Use the key file \
        that was made with it; nothing was changed"
    )]
    WrongKey {
        /// The key file.
        path: String,
    },
    /// There is a database and no key file.
    #[error(
        "the key file {path} is missing, and nothing in the database opens without it. Put your copy of it there, \
        readable by its owner alone; nothing was changed"
    )]
    NoKey {
        /// The key file.
        path: String,
    },
    /// There is a database already, or a part of one.
    #[error(
        "there is a database already, or a part of one: {path}. Move it away first, the database together with its -wal \
        and -shm files"
    )]
    Occupied {
        /// The file.
        path: String,
    },
    /// A backup or its return.
    #[error(transparent)]
    Copy(#[from] CopyError),
    /// The folder.
    #[error(transparent)]
    Folder(#[from] FolderError),
}

/// A point in a message's life at which a test may end the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// Nothing is stored yet.
    BeforeIntent,
    /// The message is stored; its connector was not called.
    AfterIntent,
    /// The connector responded; nothing of that is stored.
    AfterCall,
    /// The outcome is stored.
    AfterOutcome,
    /// The caller gets the response next.
    BeforeAnswer,
}

/// Called at each [`Point`]. For tests.
pub type Hook = Arc<dyn Fn(Point) + Send + Sync>;

/// The state. Cheap to share by `Arc`.
pub struct App {
    /// The database.
    pub store: Store,
    /// The keys.
    pub keys: Keyring,
    /// The sandbox.
    pub host: ConnectorHost,
    /// Connections of the program's own, by the rules that apply to plugins.
    pub outbound: Outbound,
    /// The operator's configuration.
    pub catalog: ArcSwap<Catalog>,
    /// The last calls of webhooks.
    pub calls: Calls,
    /// Pages beside the console for evaluation: the sample sign-in, and the inbox where codes arrive.
    pub nearby: OnceLock<Nearby>,
    /// The address under which others reach the API, without a slash at its end, once a service listens.
    pub public_address: OnceLock<String>,
    /// This process, by a unique name.
    pub process: String,
    /// How long a caller waits for a response at most.
    pub answer_within: Duration,
    /// Networks that are not public and in which registries and catalogues may be.
    pub registry_networks: Vec<IpNet>,
    /// Locked while connectors are loaded.
    reloading: Mutex<()>,
    /// Locked while the catalog is read and replaced.
    publishing: Mutex<()>,
    /// Messages that are under way; a stop waits for them.
    pub under_way: TaskTracker,
    /// The messages that this process is sending.
    pub leases: Leases,
    /// For tests.
    pub hook: Hook,
    /// The files.
    pub files: Files,
    /// The lock of a command that uses the keys, until it ends.
    pub keys_in_use: OnceLock<File>,
}

/// Addresses of pages beside the console.
#[derive(Clone, Debug)]
pub struct Nearby {
    /// The sample sign-in.
    pub sample: String,
    /// The address at which codes arrive that reach no phone.
    pub inbox: Option<String>,
}

/// The files that opening made.
#[derive(Clone, Copy, Debug, Default)]
pub struct Made {
    /// A database.
    pub database: bool,
    /// A key file.
    pub keys: bool,
}

/// Options of an auth host that is opened.
pub struct Options {
    /// Certificate authorities in PEM that plugins and the program itself trust.
    pub authorities_pem: Vec<u8>,
    /// Networks that are not public and that plugins may reach.
    pub permitted_networks: Vec<IpNet>,
    /// Networks that are not public and in which registries and catalogues may be.
    pub registry_networks: Vec<IpNet>,
    /// How long a caller waits for a response at most.
    pub answer_within: Duration,
    /// For tests.
    pub hook: Hook,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            authorities_pem: Vec::new(),
            permitted_networks: Vec::new(),
            registry_networks: Vec::new(),
            answer_within: Duration::from_secs(8),
            hook: Arc::new(|_| ()),
        }
    }
}

impl App {
    /// Opens a folder, and makes missing files. The folder is made readable by its owner alone.
    ///
    /// # Errors
    ///
    /// [`AppError`], one line with the file and the action to take.
    pub fn open(
        files: Files,
        set: impl FnOnce(&mut Options),
    ) -> Result<(Arc<Self>, Made), AppError> {
        let mut own = Options::default();
        set(&mut own);
        files.prepare()?;
        let is_new = store::is_new(&files.database)?;
        // A database without its key is unusable, and must not get another one. A new one's key is made first.
        if !is_new && !files.keys.exists() {
            return Err(AppError::NoKey {
                path: mask::path(&files.keys),
            });
        }
        let (keys, made_keys) = Keyring::open(&files.keys)?;
        let store = store::open(&files.database)?;
        let keys = check_key(&store, keys, &files.keys)?;
        let cache = files.cache.clone();
        let builder = ConnectorHost::builder().with(|options| {
            options.cache_dir = Some(cache);
            // The signature of a package is checked when it is installed.
            options.allow_unsigned = true;
            options.authorities_pem = own.authorities_pem;
            options.permitted_networks = own.permitted_networks;
        });
        let outbound = Outbound::new(builder.options()).map_err(BuildError::from)?;
        let outbound = outbound.at_most(CONNECTIONS);
        let host = builder.build()?;
        let app = Arc::new(Self {
            store,
            keys,
            host,
            outbound,
            catalog: ArcSwap::default(),
            calls: Calls::default(),
            nearby: OnceLock::new(),
            public_address: OnceLock::new(),
            process: crate::service::ids::new("p"),
            answer_within: own.answer_within,
            registry_networks: own.registry_networks,
            reloading: Mutex::default(),
            publishing: Mutex::default(),
            under_way: TaskTracker::new(),
            leases: Leases::default(),
            hook: own.hook,
            files,
            keys_in_use: OnceLock::new(),
        });
        app.reload()?;
        let made = Made {
            database: is_new,
            keys: made_keys,
        };
        Ok((app, made))
    }

    /// Reads the operator's configuration again, and loads the plugins that it needs. Blocks its thread while a plugin
    /// compiles; a kill switch does not wait for that.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when it cannot be read; the previous configuration stays.
    pub fn reload(&self) -> Result<(), StoreError> {
        self.publish(None)?;
        let _reloading = held(&self.reloading);
        let loaded = Catalog::load(self.parts(), &self.catalog.load())?;
        self.publish(Some(loaded))
    }

    /// Replaces the catalog by the present content of the database, with these connectors or those that it has.
    fn publish(&self, loaded: Option<Loaded>) -> Result<(), StoreError> {
        // One after another, so that the newest stays.
        let _publishing = held(&self.publishing);
        let before = self.catalog.load();
        // Before new connectors are loaded, flows that name them would have no target.
        let flows = loaded.is_none().then(|| before.flows.clone());
        let loaded = loaded.unwrap_or_else(|| before.loaded());
        let mut next = Catalog::read(self.parts(), loaded)?;
        if let Some(flows) = flows {
            next.flows = flows;
        }
        self.catalog.store(Arc::new(next));
        Ok(())
    }

    /// Reads it again if another program changed it. Returns true if it did.
    ///
    /// # Errors
    ///
    /// As [`App::reload`].
    pub fn refresh(&self) -> Result<bool, StoreError> {
        let now = self.store.read(|db| registry::setting(db, "revision"))?;
        if now.unwrap_or_default() == self.catalog.load().revision {
            return Ok(false);
        }
        self.reload().map(|()| true)
    }

    /// The resources that loading a plugin needs.
    pub fn parts(&self) -> Parts<'_> {
        Parts {
            store: &self.store,
            keys: &self.keys,
            host: &self.host,
        }
    }

    /// Reads the addresses of a service that runs on the folder in another process, so that this one refuses them as
    /// destinations too. A service that was killed leaves addresses at which nobody listens.
    ///
    /// # Errors
    ///
    /// [`AppError`] if the lock or the setting cannot be read.
    pub fn read_listeners(&self) -> Result<(), AppError> {
        if !self.files.is_served()? {
            return Ok(());
        }
        let stored = self
            .store
            .read(|db| registry::setting(db, registry::LISTENERS))?;
        let addresses = stored.iter().flat_map(|text| text.split(' '));
        let addresses = addresses.filter_map(|text| text.parse().ok()).collect();
        self.host.options().own_listeners.set(addresses);
        Ok(())
    }

    /// Stores the addresses at which the service listens, so that it and its commands refuse them as destinations; none
    /// when it has ended.
    pub async fn listens_at(&self, listeners: Vec<SocketAddr>) {
        let text: Vec<String> = listeners.iter().map(ToString::to_string).collect();
        self.host.options().own_listeners.set(listeners);
        let text = text.join(" ");
        let stored = self
            .store
            .write(move |db| registry::put_setting(db, registry::LISTENERS, &text));
        if let Err(error) = stored.await {
            tracing::warn!(%error, "the addresses of the listeners are not stored for commands");
        }
    }

    /// Calls the hook.
    pub fn at(&self, point: Point) {
        (self.hook)(point);
    }

    /// The keyed hash of a number, by which it is found.
    pub fn number_hash(&self, tenant: &str, e164: &str) -> Vec<u8> {
        self.keys.hash(tenant, Purpose::Search, e164.as_bytes())
    }

    /// A number, encrypted.
    ///
    /// # Errors
    ///
    /// [`KeyError::Random`].
    pub fn encrypt_number(&self, tenant: &str, e164: &str) -> Result<Vec<u8>, KeyError> {
        self.keys
            .encrypt(tenant, Purpose::Numbers, "number", e164.as_bytes())
    }

    /// An encrypted number's digits.
    ///
    /// # Errors
    ///
    /// [`KeyError::Undecryptable`].
    pub fn decrypt_number(&self, tenant: &str, encrypted: &[u8]) -> Result<String, KeyError> {
        let opened = self
            .keys
            .decrypt(tenant, Purpose::Numbers, "number", encrypted)?;
        Ok(String::from_utf8_lossy(&opened).into_owned())
    }

    /// An encrypted number with its middle hidden; asterisks where it cannot be decrypted.
    pub fn masked(&self, tenant: &str, encrypted: &[u8]) -> String {
        self.decrypt_number(tenant, encrypted)
            .map_or_else(|_| "****".to_owned(), |number| crate::mask::number(&number))
    }
}

fn held(lock: &Mutex<()>) -> MutexGuard<'_, ()> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Compares the keys with the database's own mark, and stores one in a new database. The mark's key is the current one.
/// A rotation that did not end has left a newer key in the file, and nothing in the database is encrypted with it.
fn check_key(store: &Store, keys: Keyring, path: &Path) -> Result<Keyring, AppError> {
    const MARK: &[u8] = b"auth-host";
    let mark = match store.read(|db| registry::setting(db, "key_mark"))? {
        Some(mark) => mark,
        None => {
            let own = hex::encode(keys.encrypt("", Purpose::Configs, "mark", MARK)?);
            // Another process may have stored one in the meantime.
            store.write_blocking(move |db| match registry::setting(db, "key_mark")? {
                Some(mark) => Ok(mark),
                None => registry::put_setting(db, "key_mark", &own).map(|()| own),
            })?
        }
    };
    let encrypted = hex::decode(mark).unwrap_or_default();
    match keys.decrypt("", Purpose::Configs, "mark", &encrypted) {
        Ok(_) => Ok(keys.with_current(&encrypted)),
        Err(_) => Err(AppError::WrongKey {
            path: mask::path(path),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::test_app::TestApp;
    use std::time::Instant;

    #[tokio::test]
    async fn kill_switch_waits_for_no_plugin_that_compiles() {
        let test = TestApp::new().await;
        test.serve_by_nobody().await;
        let app = test.app.clone();
        let stop = app
            .store
            .write(|db| registry::put_setting(db, "is_stopped", "1"));
        stop.await.unwrap();
        let (begun, compiling) = (Instant::now(), app.reloading.lock().unwrap());
        let stopping = app.clone();
        let reload = std::thread::spawn(move || stopping.reload());
        while !app.catalog.load().is_stopped {
            assert!(begun.elapsed() < Duration::from_secs(10), "it waits");
            std::thread::sleep(Duration::from_millis(1));
        }
        assert!(app.catalog.load().connectors.contains_key("c_1"));
        drop(compiling);
        reload.join().unwrap().unwrap();
        assert!(app.catalog.load().is_stopped);
        assert!(!app.refresh().unwrap());
    }
}
