//! Rotation of keys, backup and restore.

use super::events::PLACE;
use crate::app::{App, AppError, Files};
use crate::crypt::{KeyError, Purpose};
use crate::store::{self, StoreError, events, registry, retention, webhooks};
use std::path::Path;
use std::sync::Arc;

/// Puts a new key in the place of the current one, and seals everything anew under it. For a host whose service does not
/// run. Returns how many values were sealed anew.
///
/// The old key stays in the key file: codes and repeated requests are compared under the key that they came under, for
/// ten minutes and for three days. The key file is written first, so that nothing in the database ever needs a key that
/// is on no disk.
///
/// # Errors
///
/// [`AppError`] when the key file cannot be written or a value does not open; the database is unchanged then, and its
/// key stays the current one.
pub async fn rotate(app: &Arc<App>) -> Result<usize, AppError> {
    let new = app.keys.rotated()?;
    new.write(&app.files.keys)?;
    let old = app.clone();
    let done = app.store.write(move |db| {
        let mut sealed = 0;
        let failed = |error: KeyError| StoreError::Failed(error.to_string());
        let reseal = |tenant: &str, place: &str, value: &[u8]| {
            let open = old.keys.open_sealed(tenant, Purpose::Configs, place, value);
            let open = open.map_err(failed)?;
            let anew = new.seal(tenant, Purpose::Configs, place, &open);
            anew.map_err(failed)
        };
        for row in registry::connectors(db)? {
            let anew = reseal(&row.tenant, &row.id, &row.config)?;
            retention::reseal_config(db, &row.id, &anew)?;
            sealed += 1;
        }
        for row in webhooks::webhooks(db)? {
            let anew = reseal(&row.tenant, &row.id, &row.secrets)?;
            webhooks::reseal(db, &row.id, &anew)?;
            sealed += 1;
        }
        for row in events::targets(db)? {
            let anew = reseal(&row.tenant, PLACE, &row.secret)?;
            events::reseal(db, &row.tenant, &anew)?;
            sealed += 1;
        }
        for row in registry::test_numbers(db)? {
            let anew = reseal(&row.tenant, "test-code", &row.code)?;
            retention::reseal_code(db, &row.tenant, &row.number_hash, &anew)?;
        }
        for table in ["messages", "verifications", "test_numbers"] {
            for row in retention::sealed_numbers(db, table)? {
                let number = old.open_number(&row.tenant, &row.value).map_err(failed)?;
                let anew = new.seal(&row.tenant, Purpose::Numbers, "number", number.as_bytes());
                let hash = new.hash(&row.tenant, Purpose::Search, number.as_bytes());
                let before = old.number_hash(&row.tenant, &number);
                retention::reseal_number(db, &row, &anew.map_err(failed)?, &hash)?;
                retention::move_bucket(db, &row.tenant, &before, &hash)?;
                sealed += 1;
            }
        }
        let mark = new.seal("", Purpose::Configs, "mark", b"auth-host");
        registry::put_setting(db, "key_mark", &hex::encode(mark.map_err(failed)?))?;
        registry::touch(db)?;
        Ok::<_, StoreError>(sealed)
    });
    Ok(done.await?)
}

/// Copies the database of a host that may run. The key file is not in the copy.
///
/// # Errors
///
/// [`StoreError`] when the copy's file exists or cannot be written.
pub fn backup(files: &Files, to: &Path) -> Result<(), StoreError> {
    store::backup(&files.database, to)
}

/// Puts a backup in the place of a missing database. What was being sent when it was made is *unknown*. Returns how many
/// such messages there are.
///
/// # Errors
///
/// [`AppError`] when there is a database already, or when the backup does not open with the key file.
pub async fn restore(files: &Files, from: &Path) -> Result<usize, AppError> {
    let failed = |path: &Path, reason: String| AppError::Folder {
        path: path.display().to_string(),
        reason,
    };
    if files.database.exists() {
        let reason =
            "there is a database already. Move it away first, with its -wal and -shm files";
        return Err(failed(&files.database, reason.to_owned()));
    }
    if !files.keys.exists() {
        return Err(AppError::WrongKey {
            path: files.keys.display().to_string(),
        });
    }
    std::fs::copy(from, &files.database).map_err(|error| failed(from, error.to_string()))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(&files.database, mode)
            .map_err(|error| failed(&files.database, error.to_string()))?;
    }
    let restored = files.clone();
    let opened = tokio::task::spawn_blocking(move || App::open(restored, |_| ())).await;
    let opened = match opened {
        Ok(opened) => opened,
        Err(error) => return Err(failed(&files.database, error.to_string())),
    };
    match opened {
        Ok((app, _)) => {
            let now = crate::ids::now_ms();
            let open = app.store.write(move |db| store::messages::recover(db, now));
            Ok(open.await?)
        }
        Err(error) => {
            let _ = std::fs::remove_file(&files.database);
            Err(error)
        }
    }
}
