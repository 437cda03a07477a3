//! Commands about the audit log and the whole folder: backup, restore, rotation of the keys.

use super::common::{ROWS, actor, files_of, open_locked, open_of, show};
use crate::cli::{At, Audit, File};
use crate::exit::{Code, Stop};
use crate::service::admin::maintenance;
use crate::service::app::AppError;
use crate::service::store;
use crate::service::store::audit as log;
use serde_json::json;

/// `audit`
pub async fn audit(args: Audit) -> Result<Code, Stop> {
    let app = open_of(&args.scope).await?;
    let tenant = (!args.host).then_some(args.scope.tenant.as_str());
    let entries = app.store.read(|db| log::newest(db, tenant, ROWS))?;
    show(&args.scope.at, &entries)
}

/// `backup`
pub async fn backup(args: File) -> Result<Code, Stop> {
    let files = files_of(&args.at)?;
    store::backup(&files.database, &args.file).map_err(AppError::from)?;
    show(
        &args.at,
        &json!({
            "backup": args.file.display().to_string(),
            "not_in_it": format!("the key file {}: keep a copy of it elsewhere, without it the backup does not open",
                files.keys.display()),
        }),
    )
}

/// `restore`
pub async fn restore(args: File) -> Result<Code, Stop> {
    let files = files_of(&args.at)?;
    let (place, from) = (files.clone(), args.file.clone());
    let restore = move || maintenance::restore(&place, &from, &actor());
    let restored = tokio::task::spawn_blocking(restore).await;
    let restored = restored.map_err(|error| Stop::machine(error.to_string()))??;
    show(
        &args.at,
        &json!({
            "database": files.database.display().to_string(),
            "unknown": restored.unknown,
            "cancelled": restored.ended.verifications,
            "signed_out": restored.ended.sessions,
            "is_stopped": true,
            "keys": restored.keys,
            "users": restored.users,
            "warning": "what was sent after the backup was made is not in it: a caller that repeats such a request with the \
                same Idempotency-Key sends a second message. Let callers start anew",
            "look_at": "all is as it was when the backup was made. The keys and users above are valid, also those that \
                were revoked or removed since: revoke or remove them again. So are callback addresses, secrets of \
                webhooks, test numbers and limits. Forget again the numbers that were forgotten since",
            "next": "nothing is sent until `auth-host go`",
        }),
    )
}

/// `rotate-key`
pub async fn rotate(at: At) -> Result<Code, Stop> {
    // Before the keys are read: another rotation would overwrite them, and a command would write under the old one.
    let files = files_of(&at)?;
    let _lock = files.lock().map_err(AppError::from)?;
    let _keys = files.lock_keys().map_err(AppError::from)?;
    let app = open_locked(&at).await?;
    let encrypted = maintenance::rotate(&app).await?;
    // Without values encrypted under the earlier key.
    let compacted = tokio::task::spawn_blocking(move || app.store.compact()).await;
    let left = match compacted.map_err(|error| Stop::machine(error.to_string()))? {
        Ok(()) => None,
        Err(error) => Some(format!(
            "the database has parts that are no longer used and that the old key opens: {error}. A backup of it has none"
        )),
    };
    show(
        &at,
        &json!({
            "encrypted_again": encrypted,
            "left": left,
            "next": "back the key file up. The old key stays in it, after the new one: repeated requests from before \
                are compared under it for three days, and backups from before open with it alone. Remove its line once \
                both are gone",
        }),
    )
}
