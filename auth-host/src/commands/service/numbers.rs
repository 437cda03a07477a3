//! Commands about messages, verifications, numbers and the database itself.

use super::common::{actor, open, settings, show, show_value};
use crate::admin::{maintenance, numbers as admin};
use crate::app::Files;
use crate::cli::{
    At, Audit, File, Message, NamedOf, Number, Numbers, Scope, TestNumber, Verification,
};
use crate::exit::{Code, Stop};
use crate::ids;
use crate::number::Bare;
use crate::problem::Problem;
use crate::store::messages::{self, Filter, State};
use crate::store::{audit as log, verifications};
use crate::verification::{self, Answer, Caller, CheckRequest, StartRequest, message_view, view};
use serde_json::json;
use std::io::Read;

/// The longest list of numbers that is read, in bytes: some three million numbers.
const LIST_BYTES: u64 = 64 << 20;

/// The longest code that is read, in bytes.
const CODE_BYTES: u64 = 64;

/// How many rows a list shows.
const ROWS: u32 = 100;

/// `message`
pub async fn message(command: Message) -> Result<Code, Stop> {
    match command {
        Message::List(args) => {
            let Scope { at, tenant } = args.scope;
            let state = args.state.as_deref().map(|name| {
                State::parse(name).ok_or_else(|| {
                    Stop::usage("--state is accepted, delivered, undelivered, not_sent, unknown, suppressed or sending")
                })
            });
            let state = state.transpose()?;
            let app = open(&at).await?;
            let filter = Filter {
                state,
                ..Filter::default()
            };
            let rows = app
                .store
                .read(|db| messages::page(db, &tenant, &filter, ROWS))?;
            let shown: Vec<_> = rows.iter().map(|row| message_view(&app, row)).collect();
            show(&at, &shown)
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

/// `verification`
pub async fn verification(command: Verification) -> Result<Code, Stop> {
    match command {
        Verification::List(Scope { at, tenant }) => {
            let app = open(&at).await?;
            let now = ids::now_ms();
            let rows = app
                .store
                .read(|db| verifications::page(db, &tenant, None, ROWS))?;
            let shown: Vec<_> = rows.iter().map(|row| view(&app, row, None, now)).collect();
            show(&at, &shown)
        }
        Verification::Show(NamedOf { scope, name }) => {
            let app = open(&scope.at).await?;
            let found = app
                .store
                .read(|db| messages::with_verification(db, &scope.tenant, &name))?;
            let (found, sent) = found.ok_or_else(|| Problem::not_found("verification"))?;
            let sent: Vec<_> = sent.iter().map(|row| message_view(&app, row)).collect();
            let shown = view(&app, &found, None, ids::now_ms());
            show(&scope.at, &json!({"verification": shown, "messages": sent}))
        }
        Verification::Start(args) => {
            let Number { scope, number } = args.number;
            let app = open(&scope.at).await?;
            let request = StartRequest {
                to: number,
                usage: args.usage,
                locales: args.locale,
                country: None,
                ip: None,
                lifetime_s: None,
                suppress: false,
            };
            let started = verification::start(&app, &caller(scope.tenant), request, None).await?;
            show_answer(scope.at.json, &started)
        }
        Verification::Check(NamedOf { scope, name }) => {
            // Arguments are visible to every user of the machine.
            let mut code = String::new();
            std::io::stdin()
                .take(CODE_BYTES)
                .read_to_string(&mut code)
                .map_err(|error| Stop::usage(format!("the code cannot be read: {error}")))?;
            let app = open(&scope.at).await?;
            let request = CheckRequest { code, to: None };
            let caller = caller(scope.tenant);
            let checked = verification::check(&app, &caller, &name, request, None).await?;
            show_answer(scope.at.json, &checked)
        }
        Verification::Cancel(NamedOf { scope, name }) => {
            let app = open(&scope.at).await?;
            let caller = caller(scope.tenant);
            verification::cancel(&app, &caller, &name).await?;
            show(&scope.at, &json!({"cancelled": name}))
        }
    }
}

fn caller(tenant: String) -> Caller {
    Caller {
        tenant,
        actor: actor().0,
        source: None,
    }
}

/// Shows an answer of the API.
fn show_answer(as_json: bool, answer: &Answer) -> Result<Code, Stop> {
    let value = serde_json::from_str(&answer.body);
    let value = value.map_err(|error| Stop::machine(error.to_string()))?;
    show_value(as_json, &value)
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

/// A file, or standard input for `-`.
pub fn read_list(file: &str) -> Result<String, Stop> {
    let mut text = String::new();
    let read = match file {
        "-" => std::io::stdin()
            .take(LIST_BYTES)
            .read_to_string(&mut text)
            .map(drop),
        path => crate::files::read(path.as_ref(), LIST_BYTES).and_then(|bytes| {
            text = String::from_utf8(bytes).map_err(std::io::Error::other)?;
            Ok(())
        }),
    };
    let shown = crate::mask::path(file.as_ref());
    read.map_err(|error| Stop::usage(format!("{shown} cannot be read: {error}")))?;
    Ok(text)
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
        TestNumber::List(Scope { at, tenant }) => {
            let app = open(&at).await?;
            show(&at, &admin::list_tests(&app, &tenant))
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
    let rows = admin::forget(&app, &actor(), &scope.tenant, &number).await?;
    show(&scope.at, &json!({"rows": rows}))
}

/// `audit`
pub async fn audit(args: Audit) -> Result<Code, Stop> {
    let Scope { at, tenant } = args.scope;
    let app = open(&at).await?;
    let tenant = (!args.host).then_some(tenant.as_str());
    let entries = app.store.read(|db| log::newest(db, tenant, ROWS))?;
    show(&at, &entries)
}

fn files(at: &At) -> Result<Files, Stop> {
    let settings = settings(at)?;
    Ok(Files::of(&settings.data, settings.key_file.as_deref()))
}

/// `backup`
pub async fn backup(args: File) -> Result<Code, Stop> {
    let files = files(&args.at)?;
    maintenance::backup(&files, &args.file)?;
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
    let files = files(&args.at)?;
    let (place, from) = (files.clone(), args.file.clone());
    let restored = tokio::task::spawn_blocking(move || maintenance::restore(&place, &from)).await;
    let open = restored.map_err(|error| Stop::machine(error.to_string()))??;
    show(
        &args.at,
        &json!({
            "database": files.database.display().to_string(),
            "unknown": open,
            "warning": "what was sent after the backup was made is not in it: a caller that repeats such a request with the \
                same Idempotency-Key sends a second message. Let callers start anew",
        }),
    )
}

/// `rotate-key`
pub async fn rotate(at: At) -> Result<Code, Stop> {
    // Before the keys are read: another rotation would write them over.
    let _lock = files(&at)?.lock()?;
    let app = open(&at).await?;
    let sealed = maintenance::rotate(&app).await?;
    show(
        &at,
        &json!({
            "sealed_anew": sealed,
            "next": "back the key file up. The old key stays in it, after the new one: repeated requests from before \
                are compared under it for three days, and backups from before open with it alone. Remove its line once \
                both are gone",
        }),
    )
}
