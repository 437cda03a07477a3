//! Opening of the service's folder for a command, and output of a value.

use crate::cli::{At, DEFAULT_TENANT, Scope};
use crate::exit::{Code, DONE, INVALID_CONFIG, REFUSED, Stop, UNKNOWN, USAGE};
use crate::mask;
use crate::output::{Page, complain};
use crate::service::admin::{Actor, hiding};
use crate::service::app::{App, AppError, Files, Made};
use crate::service::folder::FolderError;
use crate::service::problem::Problem;
use crate::service::serve;
use crate::service::serve::settings::{EXPLAINED, Settings, variable};
use crate::service::store::{self, StoreError};
use serde::Serialize;
use serde_json::Value;
use std::env::VarError;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How many rows a list shows.
pub(super) const ROWS: u32 = 100;

/// The settings of the arguments, the environment and the file, in this order.
pub(super) fn settings(at: &At) -> Result<Settings, Stop> {
    if let Some(name) = unreadable() {
        return Err(Stop::usage(format!(
            "the environment variable {name} is not UTF-8"
        )));
    }
    let environment = |name: &str| std::env::var(name).ok();
    let file = at
        .settings
        .clone()
        .or_else(|| std::env::var_os("AUTH_HOST_SETTINGS").map(PathBuf::from));
    let mut settings = Settings::read(file.as_deref(), environment).map_err(Stop::usage)?;
    if let Some(data) = &at.data {
        settings.data.clone_from(data);
        settings.is_data_named = true;
    }
    Ok(settings)
}

/// A setting's variable that is not text. Ignoring it would use another folder.
fn unreadable() -> Option<String> {
    let mut names = EXPLAINED.iter().map(|setting| variable(setting.key));
    names.find(|name| matches!(std::env::var(name), Err(VarError::NotUnicode(_))))
}

/// How long a command waits for a service that makes the database.
const STARTING: Duration = Duration::from_secs(3);

/// Refuses a folder whose database was removed while a service runs on it.
fn check_not_taken(files: &Files) -> Result<(), AppError> {
    let begun = Instant::now();
    while store::is_new(&files.database)? {
        match files.check_nobody_runs() {
            Err(FolderError::Taken { .. }) if begun.elapsed() < STARTING => {
                std::thread::sleep(Duration::from_millis(100));
            }
            checked => return Ok(checked?),
        }
    }
    Ok(())
}

/// Opens the folder for a command. The keys are not rotated until the command ends.
pub(super) async fn open(at: &At) -> Result<Arc<App>, Stop> {
    let files = files_of(at)?;
    let locking = tokio::task::spawn_blocking(move || files.beside_rotation());
    let in_use = locking
        .await
        .map_err(|error| Stop::machine(error.to_string()))?
        .map_err(AppError::from)?;
    let app = open_locked(at).await?;
    // It is set once, here.
    let _ = app.keys_in_use.set(in_use);
    Ok(app)
}

pub(super) fn files_of(at: &At) -> Result<Files, Stop> {
    let settings = settings(at)?;
    Ok(Files::of(&settings.data, settings.key_file.as_deref()))
}

/// Opens the folder for a command that holds one of the locks of the keys.
pub(super) async fn open_locked(at: &At) -> Result<Arc<App>, Stop> {
    let settings = settings(at)?;
    let files = Files::of(&settings.data, settings.key_file.as_deref());
    let opened = tokio::task::spawn_blocking(move || {
        check_not_taken(&files)?;
        let (app, made) = serve::open(&settings, None)?;
        app.read_listeners()?;
        Ok::<_, Stop>((app, made))
    });
    let (app, made) = opened
        .await
        .map_err(|error| Stop::machine(error.to_string()))??;
    tell_what_was_made(made, &app.files);
    hiding::settle(&app).await;
    Ok(app)
}

/// Reports new files in a folder. The user may have named the wrong folder, or its disk may be missing.
pub(super) fn tell_what_was_made(made: Made, files: &Files) {
    let (database, keys) = (mask::path(&files.database), mask::path(&files.keys));
    if made.database {
        complain(&format!("made the database {database}"));
    }
    if made.database && !made.keys {
        complain(&format!(
            "the key file {keys} was there before it. If it belongs to a database, that one is missing: stop what \
            runs, remove the new one, and put the other back or restore a backup"
        ));
    }
    if made.keys {
        complain(&format!(
            "made the key file {keys}: keep a copy of it elsewhere, nothing in the database opens without it"
        ));
    }
}

/// Opens the folder for a command that lists a tenant's resources. The default tenant may be missing: then there is
/// nothing to list.
pub(super) async fn open_of(scope: &Scope) -> Result<Arc<App>, Stop> {
    let app = open(&scope.at).await?;
    let is_known = app.catalog.load().tenants.contains_key(&scope.tenant);
    if is_known || scope.tenant == DEFAULT_TENANT {
        return Ok(app);
    }
    Err(Problem::not_found("tenant").into())
}

pub(super) fn actor() -> Actor {
    Actor("command-line".to_owned())
}

/// Shows a value: as JSON, or as lines.
pub(super) fn show(at: &At, value: &impl Serialize) -> Result<Code, Stop> {
    show_value(at.json, value)
}

pub(super) fn show_value(as_json: bool, value: &impl Serialize) -> Result<Code, Stop> {
    let value = serde_json::to_value(value).map_err(|error| Stop::machine(error.to_string()))?;
    let mut page = Page::default();
    if as_json {
        crate::json::show(&mut page, &value);
    } else {
        lines(&mut page, &value, 0);
    }
    page.write()?;
    Ok(DONE)
}

/// Prints a value as indented lines; what is null or empty is left out.
fn lines(page: &mut Page, value: &Value, depth: usize) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Array(list) if list.is_empty() && depth == 0 => page.line("none"),
        Value::Array(list) => {
            for (index, entry) in list.iter().enumerate() {
                match entry {
                    Value::Object(_) => {
                        if index > 0 && depth == 0 {
                            page.line("");
                        }
                        lines(page, entry, depth);
                    }
                    entry => page.line(format!("{indent}{}", plain(entry))),
                }
            }
        }
        Value::Object(object) => {
            for (name, value) in object {
                match value {
                    Value::Null => {}
                    Value::Array(list) if list.is_empty() => {}
                    Value::Array(list) if list.iter().all(|v| !v.is_object()) => {
                        let list: Vec<_> = list.iter().map(plain).collect();
                        page.line(format!("{indent}{name}: {}", list.join(", ")));
                    }
                    Value::Array(_) | Value::Object(_) => {
                        page.line(format!("{indent}{name}:"));
                        lines(page, value, depth + 1);
                    }
                    value => page.line(format!("{indent}{name}: {}", plain(value))),
                }
            }
        }
        value => page.line(format!("{indent}{}", plain(value))),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

/// The message of a command whose message may have been sent.
const LATE: &str = "the message may have been sent, and its outcome is not on the disk yet. Look at it: auth-host message \
                    list";

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        // The API's text is about repeating a request, and does not name the full disk.
        if let Some(cause) = problem.cause {
            return Self::machine(cause.to_string());
        }
        if problem.is_late() {
            return Self {
                code: UNKNOWN,
                message: LATE.to_owned(),
            };
        }
        let code = match problem.kind {
            "plugin-refused" => REFUSED,
            "invalid" if !problem.findings.is_empty() => INVALID_CONFIG,
            "storage" | "plugin-failed" => {
                return Self::machine(problem.detail);
            }
            _ => USAGE,
        };
        let mut message = match problem.pointer.as_deref() {
            Some(pointer) if !pointer.is_empty() => format!("{pointer}: {}", problem.detail),
            _ => problem.detail,
        };
        for finding in &problem.findings {
            message.push_str(&format!(
                " [{}] {}: {}",
                finding.severity, finding.pointer, finding.message
            ));
        }
        Self { code, message }
    }
}

impl From<AppError> for Stop {
    fn from(error: AppError) -> Self {
        Self::machine(error.to_string())
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::machine(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failure_of_the_database_says_its_own_words() {
        let stop = Stop::from(Problem::from(StoreError::Full));
        assert_eq!(stop.message, StoreError::Full.to_string());
        assert_eq!(stop.code, crate::exit::MACHINE);
    }
}
