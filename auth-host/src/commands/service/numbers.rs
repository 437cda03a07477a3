//! Commands about messages, numbers and the database itself.

use super::common::{ROWS, actor, files_of, open, open_locked, open_of, show, show_value};
use crate::cli::{At, Audit, File, Message, NamedOf, Number, Numbers, TestNumber};
use crate::exit::{Code, Stop};
use crate::files;
use crate::service::admin::{maintenance, numbers as admin};
use crate::service::app::AppError;
use crate::service::number::Bare;
use crate::service::problem::Problem;
use crate::service::store;
use crate::service::store::audit as log;
use crate::service::store::message::State;
use crate::service::store::messages::{self, Filter};
use crate::service::verification::message_view;
use serde_json::json;

/// The longest list of numbers that is read, in bytes: some three million numbers.
const LIST_BYTES: u64 = 64 << 20;

/// `message`
pub async fn message(command: Message) -> Result<Code, Stop> {
    match command {
        Message::List(args) => {
            let state = args.state.as_deref().map(|name| {
                State::parse(name).ok_or_else(|| {
                    Stop::usage("--state is accepted, delivered, undelivered, not_sent, unknown, suppressed or sending")
                })
            });
            let state = state.transpose()?;
            let app = open_of(&args.scope).await?;
            let filter = Filter {
                state,
                ..Filter::default()
            };
            let rows = app
                .store
                .read(|db| messages::page(db, &args.scope.tenant, &filter, ROWS))?;
            let shown: Vec<_> = rows.iter().map(|row| message_view(&app, row)).collect();
            show(&args.scope.at, &shown)
        }
        Message::Show(NamedOf { scope, name }) => {
            let app = open(&scope.at).await?;
            let row = app
                .store
                .read(|db| messages::get(db, &scope.tenant, &name))?;
            let row = row.ok_or_else(|| Problem::not_found("message"))?;
            show(&scope.at, &message_view(&app, &row))
        }
    }
}

/// `numbers`
pub async fn numbers(command: Numbers) -> Result<Code, Stop> {
    match command {
        Numbers::Search(Number { scope, number }) => {
            let app = open(&scope.at).await?;
            let found = admin::search(&app, &actor(), &scope.tenant, &number).await?;
            show(&scope.at, &found)
        }
        Numbers::Unlock(Number { scope, number }) => {
            let app = open(&scope.at).await?;
            let was = admin::unlock(&app, &actor(), &scope.tenant, &number).await?;
            show(&scope.at, &json!({"unlocked": was}))
        }
        Numbers::Audit(args) => {
            let list = read_list(&args.file)?;
            let reading = match &args.bare_digits {
                Some(text) => admin::ListReading::Platform(Bare::parse(text).ok_or_else(|| {
                    Stop::usage("--bare-digits is refuse, e164, or national:XX with a country of two letters")
                })?),
                None => admin::ListReading::People(args.country),
            };
            let audit = admin::audit_list(&list, &reading);
            let shown = serde_json::to_value(&audit);
            show_value(
                args.json,
                &shown.map_err(|error| Stop::machine(error.to_string()))?,
            )
        }
    }
}

/// Reads a file, or standard input for `-`. A byte order mark before the text is removed, as it is not part of a number
/// and not JSON (RFC 8259, section 8.1).
pub fn read_list(file: &str) -> Result<String, Stop> {
    let text = String::from_utf8(files::named_or_input(file, LIST_BYTES)?);
    let text = text.map_err(|_| Stop::usage("the file is not text in UTF-8"))?;
    Ok(files::unmarked(text))
}

/// `test-number`
pub async fn test_number(command: TestNumber) -> Result<Code, Stop> {
    match command {
        TestNumber::Add(args) => {
            let Number { scope, number } = args.number;
            let code = std::env::var(&args.code_from_env).map_err(|_| {
                Stop::usage(
                    "the environment variable of --code-from-env is not set, or is not text",
                )
            })?;
            let app = open(&scope.at).await?;
            let actor = actor();
            let added = admin::add_test(
                &app,
                &actor,
                &scope.tenant,
                &number,
                &code,
                args.days,
                args.own,
            );
            show(&scope.at, &added.await?)
        }
        TestNumber::List(scope) => {
            let app = open_of(&scope).await?;
            show(&scope.at, &admin::list_tests(&app, &scope.tenant))
        }
        TestNumber::Remove(Number { scope, number }) => {
            let app = open(&scope.at).await?;
            admin::remove_test(&app, &actor(), &scope.tenant, &number).await?;
            show(&scope.at, &json!({"removed": 1}))
        }
    }
}

/// `forget`
pub async fn forget(args: Number) -> Result<Code, Stop> {
    let Number { scope, number } = args;
    let app = open(&scope.at).await?;
    let forgotten = admin::forget(&app, &actor(), &scope.tenant, &number).await?;
    show(&scope.at, &forgotten)
}

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
