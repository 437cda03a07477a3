//! Rotation of keys, backup and restore.

use super::Actor;
use super::keys::{self, KeyView};
use crate::mask;
use crate::service::app::{App, AppError, Files};
use crate::service::crypt::Purpose;
use crate::service::event_target;
use crate::service::recovery;
use crate::service::store::{
    self, Ended, StoreError, events, registry, retention, users, webhooks,
};
use std::path::Path;
use std::sync::Arc;

/// Replaces the current key with a new one, and encrypts everything again under it. For a host whose service does not
/// run. Returns the number of values that were encrypted again, except codes of test numbers.
///
/// The old key stays in the key file: codes and repeated requests are compared under their original key, for ten
/// minutes and for three days. The key file is written first, so that nothing in the database ever needs a key that is
/// on no disk.
///
/// # Errors
///
/// [`AppError`] if the key file cannot be written or a value cannot be decrypted. The database is unchanged then, and
/// its key stays the current one.
pub async fn rotate(app: &Arc<App>) -> Result<usize, AppError> {
    let new = app.keys.rotated()?;
    new.write(&app.files.keys)?;
    let old = app.clone();
    let done = app.store.write(move |db| {
        let mut encrypted = 0;
        let encrypt_again = |tenant: &str, place: &str, value: &[u8]| {
            let open = old.keys.decrypt(tenant, Purpose::Configs, place, value)?;
            new.encrypt(tenant, Purpose::Configs, place, &open)
        };
        for row in registry::connectors(db)? {
            let anew = encrypt_again(&row.tenant, &row.id, &row.config)?;
            retention::replace_config(db, &row.id, &anew)?;
            encrypted += 1;
        }
        for row in webhooks::webhooks(db)? {
            let anew = encrypt_again(&row.tenant, &row.id, &row.secrets)?;
            webhooks::replace_secrets(db, &row.id, &anew)?;
            encrypted += 1;
        }
        for row in events::targets(db)? {
            let opened = event_target::decrypt(&old.keys, &row)?;
            let anew = event_target::encrypt(&new, &row.tenant, &opened)?;
            events::replace_secret(db, &anew)?;
            encrypted += 1;
        }
        for row in registry::test_numbers(db)? {
            let anew = encrypt_again(&row.tenant, "test-code", &row.code)?;
            retention::replace_code(db, &row.tenant, &row.number_hash, &anew)?;
        }
        for table in ["messages", "verifications", "test_numbers"] {
            for row in retention::encrypted_numbers(db, table)? {
                let number = old.decrypt_number(&row.tenant, &row.value)?;
                let anew = new.encrypt(&row.tenant, Purpose::Numbers, "number", number.as_bytes());
                let hash = new.hash(&row.tenant, Purpose::Search, number.as_bytes());
                let before = old.number_hash(&row.tenant, &number);
                retention::replace_number(db, &row, &anew?, &hash)?;
                retention::move_bucket(db, &row.tenant, &before, &hash)?;
                encrypted += 1;
            }
        }
        let mark = new.encrypt("", Purpose::Configs, "mark", b"auth-host");
        registry::put_setting(db, "key_mark", &hex::encode(mark?))?;
        registry::touch(db)?;
        Ok::<_, StoreError>(encrypted)
    });
    Ok(done.await?)
}

/// Result of a restore, with values that an operator has to check.
#[derive(Debug)]
pub struct Restored {
    /// Number of messages that were being sent at the time of the backup. They are *unknown* now.
    pub unknown: usize,
    /// Verifications and sessions that were ended.
    pub ended: Ended,
    /// The valid keys. Some may have been revoked since the backup.
    pub keys: Vec<KeyView>,
    /// The names of the console's users. Some may have been removed since the backup.
    pub users: Vec<String>,
}

/// Puts a backup in the place of a missing database. For a host whose service does not run. Messages that were being
/// sent at the time of the backup become *unknown*, and events about them are posted after the next start. Codes and
/// sessions are ended, and nothing is sent until an operator turns the kill switch off. Blocks its thread.
///
/// # Errors
///
/// [`AppError`] if there is a database already, or if the backup cannot be decrypted with the key file.
pub fn restore(files: &Files, from: &Path, actor: &Actor) -> Result<Restored, AppError> {
    // A running service would continue with the file that was moved away.
    let _lock = files.lock()?;
    check_vacant(files)?;
    if !files.keys.exists() {
        return Err(AppError::NoKey {
            path: mask::path(&files.keys),
        });
    }
    let ended = store::restore(from, &files.database, &actor.0)?;
    let restored = settle(files, ended);
    if restored.is_err() {
        let beside = files.beside_database();
        for made in beside.iter().chain([&files.database]) {
            let _ = std::fs::remove_file(made);
        }
    }
    restored
}

/// Settles the open messages of a restored database, and reads its valid keys and its users.
fn settle(files: &Files, ended: Ended) -> Result<Restored, AppError> {
    let (app, _) = App::open(files.clone(), |_| ())?;
    let told = app.clone();
    let unknown = app
        .store
        .write_blocking(move |db| recovery::settle(&told, db))?;
    let mut keys = keys::list(&app, None);
    keys.retain(|key| key.revoked_at.is_none());
    let users = app.store.read(users::list)?;
    Ok(Restored {
        unknown,
        ended,
        keys,
        users: users.into_iter().map(|user| user.name).collect(),
    })
}

/// Refuses if a database or one of its files exists: SQLite would read the log of another database into the backup.
fn check_vacant(files: &Files) -> Result<(), AppError> {
    let beside = files.beside_database();
    let mut found = [&files.database].into_iter().chain(&beside);
    match found.find(|path| path.symlink_metadata().is_ok()) {
        Some(path) => Err(AppError::Occupied {
            path: mask::path(path),
        }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::admin::users;
    use crate::service::crypt::Keyring;
    use crate::service::store::{audit, verifications};
    use crate::service::test_app::{leave_open, tenant_with_events, verification};
    use rusqlite::Connection;
    use std::path::PathBuf;

    fn by() -> Actor {
        Actor("test".to_owned())
    }

    /// A folder with a database and its backup.
    struct Folder {
        path: PathBuf,
        files: Files,
        backup: PathBuf,
    }

    impl Folder {
        fn new() -> Self {
            let path = std::env::temp_dir().join(crate::service::ids::new("maintenance"));
            let files = Files::of(&path.join("data"), None);
            // Its writer ends shortly after it is dropped.
            drop(App::open(files.clone(), |_| ()).unwrap());
            let folder = Self {
                backup: path.join("copy.db"),
                path,
                files,
            };
            store::backup(&folder.files.database, &folder.backup).unwrap();
            folder
        }

        fn lose_database(&self) {
            let beside = self.files.beside_database();
            for path in beside.iter().chain([&self.files.database]) {
                let _ = std::fs::remove_file(path);
            }
        }

        fn refusal(&self, from: &Path) -> String {
            restore(&self.files, from, &by()).unwrap_err().to_string()
        }

        fn entries(&self) -> usize {
            std::fs::read_dir(&self.path).unwrap().count()
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }

    #[test]
    fn backup_returns_to_its_place() {
        let folder = Folder::new();
        folder.lose_database();
        let restored = restore(&folder.files, &folder.backup, &by()).unwrap();
        assert_eq!(restored.unknown, 0);
        App::open(folder.files.clone(), |_| ()).unwrap();
        let again = store::backup(&folder.files.database, &folder.backup).unwrap_err();
        assert!(again.to_string().contains("exists"), "{again}");
        assert_eq!(folder.entries(), 2, "a copy under another name was left");
    }

    #[tokio::test]
    async fn restore_settles_what_was_being_sent_and_tells_the_tenant() {
        let folder = Folder::new();
        std::fs::remove_file(&folder.backup).unwrap();
        let (app, _) = App::open(folder.files.clone(), |_| ()).unwrap();
        tenant_with_events(&app).await;
        leave_open(&app, "m", crate::service::ids::now_ms()).await;
        drop(app);
        store::backup(&folder.files.database, &folder.backup).unwrap();
        folder.lose_database();
        let (files, from) = (folder.files.clone(), folder.backup.clone());
        let restored = tokio::task::spawn_blocking(move || restore(&files, &from, &by())).await;
        assert_eq!(restored.unwrap().unwrap().unknown, 1);
        let (app, _) = App::open(folder.files.clone(), |_| ()).unwrap();
        let waiting = app.store.read(|db| events::waiting(db, "t"));
        assert_eq!(waiting.unwrap(), 1);
    }

    /// After the backup, a code may have been used, and a session, a link or a switch changed.
    #[tokio::test]
    async fn restore_ends_what_a_backup_would_revive() {
        let folder = Folder::new();
        std::fs::remove_file(&folder.backup).unwrap();
        let (app, _) = App::open(folder.files.clone(), |_| ()).unwrap();
        tenant_with_events(&app).await;
        app.listens_at(vec![([127, 0, 0, 1], 8421).into()]).await;
        let actor = by();
        users::new_setup(&app).await.unwrap();
        let kept = keys::add(&app, &actor, Some("t"), "kept", &["verify".to_owned()]).await;
        let revoked = keys::add(&app, &actor, Some("t"), "old", &["verify".to_owned()]).await;
        keys::revoke(&app, &actor, None, &revoked.unwrap().id)
            .await
            .unwrap();
        let mut pending = verification(&app, "+8613800138000", None, "123456");
        pending.tenant = "t".to_owned();
        let mut expired = verification(&app, "+8613800138000", None, "123456");
        (expired.tenant, expired.expires_at) = ("t".to_owned(), 1);
        let ids = [pending.id.clone(), expired.id.clone()];
        let written = app.store.write(move |db| {
            verifications::add(db, &pending)?;
            verifications::add(db, &expired)?;
            db.execute_batch(
                "INSERT INTO users (id, name, password, role, created_at) VALUES ('u', 'ann', 'p', 'admin', 1);
                 INSERT INTO sessions (hash, user, created_at, seen_at) VALUES (x'01', 'u', 1, 1);",
            )?;
            Ok::<_, StoreError>(())
        });
        written.await.unwrap();
        drop(app);
        store::backup(&folder.files.database, &folder.backup).unwrap();
        folder.lose_database();
        let (files, from) = (folder.files.clone(), folder.backup.clone());
        let restored = tokio::task::spawn_blocking(move || restore(&files, &from, &by())).await;
        let restored = restored.unwrap().unwrap();
        let names: Vec<_> = restored.keys.iter().map(|key| key.id.as_str()).collect();
        assert_eq!(names, [kept.unwrap().id.as_str()]);
        assert_eq!(restored.users, ["ann"]);
        let ended = Ended {
            verifications: 1,
            sessions: 1,
        };
        assert_eq!(restored.ended, ended);
        let (app, _) = App::open(folder.files.clone(), |_| ()).unwrap();
        assert!(app.catalog.load().is_stopped);
        let read = app.store.read(|db| {
            let states = ids.map(|id| verifications::get(db, "t", &id).unwrap().unwrap().state);
            let link = registry::setting(db, crate::service::store::users::SETUP)?;
            let listeners = registry::setting(db, registry::LISTENERS)?;
            let entries = audit::newest(db, None, 1)?;
            let session = crate::service::store::users::session(db, &[1])?;
            Ok::<_, StoreError>((states, [link, listeners], entries, session.is_none()))
        });
        let (states, cleared, entries, is_out) = read.unwrap();
        assert_eq!(states, [verifications::State::Cancelled; 2]);
        assert_eq!(cleared, [Some(String::new()), Some(String::new())]);
        assert!(is_out);
        let entry = entries.first().unwrap();
        assert_eq!(
            (entry.action.as_str(), entry.actor.as_str()),
            ("host.restore", "test")
        );
    }

    #[test]
    fn restore_is_refused_while_folder_is_held() {
        let folder = Folder::new();
        folder.lose_database();
        let _held = folder.files.lock().unwrap();
        let refusal = folder.refusal(&folder.backup);
        assert!(refusal.contains("another auth-host runs"), "{refusal}");
        assert!(!folder.files.database.exists());
    }

    /// A log without its database belongs to a database that was moved away.
    #[test]
    fn restore_is_refused_beside_a_leftover_log() {
        let folder = Folder::new();
        for left in folder.files.beside_database() {
            folder.lose_database();
            std::fs::write(&left, "left").unwrap();
            let refusal = folder.refusal(&folder.backup);
            assert!(refusal.contains(&mask::path(&left)), "{refusal}");
            assert!(!folder.files.database.exists());
        }
    }

    #[test]
    fn restore_refuses_what_is_no_backup() {
        let folder = Folder::new();
        folder.lose_database();
        let whole = std::fs::read(&folder.backup).unwrap();
        let half = whole.get(..whole.len() / 2).unwrap();
        let other = folder.path.join("other.db");
        let mut damaged = whole.clone();
        damaged.get_mut(8192..).unwrap().fill(0x5a);
        let texts: [(&[u8], &str); 4] = [
            (b"", "no database of auth-host"),
            (
                b"no database, but long enough to be read as one",
                "no database of auth-host",
            ),
            (half, "no database of auth-host"),
            (&damaged, "other.db is no database of auth-host"),
        ];
        for (bytes, words) in texts {
            std::fs::write(&other, bytes).unwrap();
            let refusal = folder.refusal(&other);
            assert!(refusal.contains(words), "{refusal}");
        }
        std::fs::remove_file(&other).unwrap();
        let foreign = Connection::open(&other).unwrap();
        foreign
            .execute_batch("CREATE TABLE settings (a); PRAGMA user_version = 1;")
            .unwrap();
        drop(foreign);
        assert!(folder.refusal(&other).contains("its tables are missing"));
        assert!(
            folder
                .refusal(&folder.path.join("missing"))
                .contains("cannot be read")
        );
        let newer = Connection::open(&folder.backup).unwrap();
        newer.execute_batch("PRAGMA user_version = 99").unwrap();
        drop(newer);
        assert!(folder.refusal(&folder.backup).contains("schema 99"));
        assert!(!folder.files.database.exists());
    }

    #[test]
    fn restore_with_another_key_leaves_nothing() {
        let folder = Folder::new();
        folder.lose_database();
        std::fs::remove_file(&folder.files.keys).unwrap();
        assert!(folder.refusal(&folder.backup).contains("is missing"));
        Keyring::open(&folder.files.keys).unwrap();
        let refusal = folder.refusal(&folder.backup);
        assert!(refusal.contains("does not belong"), "{refusal}");
        assert!(!folder.files.database.exists());
    }

    #[test]
    fn backup_of_a_missing_database_makes_nothing() {
        let folder = Folder::new();
        folder.lose_database();
        let to = folder.path.join("other.db");
        let refusal = store::backup(&folder.files.database, &to)
            .unwrap_err()
            .to_string();
        assert!(refusal.contains("auth-host.db cannot be read"), "{refusal}");
        assert_eq!(folder.entries(), 2);
    }
}
