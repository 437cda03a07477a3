//! Commands about numbers: search, unlocking, deletion, test numbers, and an audit of a list.

use super::common::{actor, open, open_of, show, show_value};
use crate::cli::{Number, Numbers, TestNumber};
use crate::exit::{Code, Stop};
use crate::files;
use crate::service::admin::numbers as admin;
use crate::service::number::Bare;
use crate::service::number::list::{ListReading, audit_list};
use serde_json::json;

/// The longest list of numbers that is read, in bytes: some three million numbers.
const LIST_BYTES: u64 = 64 << 20;

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
                Some(text) => ListReading::Platform(Bare::parse(text).ok_or_else(|| {
                    Stop::usage("--bare-digits is refuse, e164, or national:XX with a country of two letters")
                })?),
                None => ListReading::People(args.country),
            };
            show_value(args.json, &audit_list(&list, &reading))
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
