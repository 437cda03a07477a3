//! Trials of an unsaved config: a preview, and one message.
//!
//! A trial is a message like every other. It is stored before the call, counts towards the limits, and ends in one of
//! the three states.

use super::connectors::Prepared;
use super::once::{self, Once};
use super::{Actor, numbers};
use crate::service::app::App;
use crate::service::ids;
use crate::service::limits::{self, Asked};
use crate::service::number::Number;
use crate::service::outcomes::{Finish, write_down};
use crate::service::problem::Problem;
use crate::service::send::{self, Draft};
use crate::service::store::audit::Action;
use crate::service::store::message::Message;
use crate::service::store::messages;
use crate::service::store::{StoreError, audit};
use crate::service::texts::{about, say};
use crate::service::verification::{Carried, WRITING, carry_out};
use auth_connector_host::{CallError, Config, Message as Wanted, Phrase, Preview, SendError};
use axum::http::StatusCode;
use rusqlite::Connection;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Timeout of a trial.
const TIME: Duration = Duration::from_secs(8);

/// Input of a trial.
pub struct Trial {
    /// The number.
    pub to: String,
    /// The usage.
    pub usage: String,
    /// The person's language, or empty.
    pub locale: String,
}

/// Result of a trial.
pub struct Tried {
    /// The message.
    pub row: Message,
    /// The code that it carried. No verification accepts it.
    pub code: String,
    /// The plugin's message about a failure, or the host's.
    pub message: Phrase,
    /// The provider's message about it.
    pub provider: String,
}

/// The message of a trial. It has every field of a flow's message, because a plugin may need any of them.
fn wanted(number: &Number, trial: &Trial, code: &str, id: String) -> Wanted {
    let mut wanted = Wanted::to(number.e164()).usage(&trial.usage).code(code);
    wanted.correlation_id = Some(id);
    wanted.timeout_ms = u32::try_from(TIME.as_millis()).ok();
    if !trial.locale.is_empty() {
        wanted.locales = vec![trial.locale.clone()];
    }
    wanted
}

fn check(trial: &Trial) -> Result<(), Problem> {
    if trial.locale.len() > 64 {
        return Err(Problem::invalid("/locale", say("refusal-language")));
    }
    crate::service::verification::check_usage(&trial.usage)
}

/// Previews the message without a network.
///
/// # Errors
///
/// [`Problem`] if the number is not valid; the inner error is the one that the send would fail with.
pub async fn preview(
    app: &App,
    tenant: &str,
    prepared: &Prepared,
    trial: &Trial,
) -> Result<Result<Preview, CallError>, Problem> {
    check(trial)?;
    let number = numbers::parse(app, tenant, &trial.to)?;
    let config = Config::new(prepared.config.to_string());
    let wanted = wanted(&number, trial, "123456", ids::new("m"));
    let preview = prepared.plugin.preview_message(&config, &wanted).await;
    Ok(preview)
}

/// Sends one message, once for a form.
///
/// # Errors
///
/// [`Problem`] if the number is not valid, if a limit or a kill switch refuses it, or if the form came before. A
/// message that was not sent is not an error.
pub async fn send(
    app: &Arc<App>,
    actor: &Actor,
    tenant: &str,
    prepared: Prepared,
    trial: Trial,
    once: Once,
) -> Result<Tried, Problem> {
    check(&trial)?;
    let number = numbers::parse(app, tenant, &trial.to)?;
    let catalog = app.catalog.load_full();
    let sender = limits::sender(&catalog, tenant).ok_or_else(|| Problem::not_found("tenant"))?;
    if let Some(refusal) = sender.stopped {
        return Err(refused(refusal));
    }
    let hash = app.number_hash(tenant, number.e164());
    if catalog.test_number(tenant, &hash, ids::now_ms()).is_some() {
        return Err(Problem::invalid("/to", say("refusal-to-test-number")));
    }
    let code = ids::code()?;
    let draft = Draft {
        tenant: tenant.to_owned(),
        verification: None,
        source: None,
        number: number.clone(),
        usage: trial.usage.clone(),
        locales: Vec::new(),
        variables: Vec::new(),
        route: Vec::new(),
        deadline: Instant::now() + TIME,
    };
    let connector = prepared.before.as_ref().map(|c| c.row.id.clone());
    let row = draft.row(app, connector.as_deref().unwrap_or("trial"))?;
    let (written, asked, by) = (row.clone(), number.clone(), actor.0.clone());
    let write = move |db: &Connection| {
        if once.is_used(db)? {
            return Ok(ControlFlow::Break(once::sent_before()));
        }
        let now = ids::now_ms();
        let asked = Asked {
            tenant: &written.tenant,
            settings: &sender.settings,
            number: &asked,
            number_hash: &written.number_hash,
            network: None,
            is_checked: false,
        };
        if let Some(refusal) = limits::decide(db, now, &asked)? {
            return Ok(ControlFlow::Break(refused(refusal)));
        }
        once.use_up(db, &written.id)?;
        messages::add(db, &written)?;
        audit::add(
            db,
            Some(&written.tenant),
            &by,
            Action::ConnectorTrial,
            &written.id,
            "",
        )?;
        Ok::<_, StoreError>(ControlFlow::Continue(written))
    };
    let message = wanted(&number, &trial, &code, row.id.clone());
    let subject = row.subject().to_owned();
    let send = move |app: Arc<App>, row: Message| call(app, prepared, message, row);
    let carried = carry_out(app, &subject, TIME + WRITING, write, send).await?;
    let (row, message, provider) = match carried {
        Carried::Instead(problem) => return Err(problem),
        Carried::Done(sent) => sent,
        Carried::Late => return Err(Problem::late(say("refusal-trial-late"))),
    };
    Ok(Tried {
        row,
        code,
        message,
        provider,
    })
}

/// Calls the connector, and stores the outcome.
async fn call(
    app: Arc<App>,
    prepared: Prepared,
    message: Wanted,
    mut row: Message,
) -> Result<(Message, Phrase, String), StoreError> {
    let config = Config::new(prepared.config.to_string());
    let outcome = prepared.plugin.send_message(&config, &message).await;
    send::settle(&mut row, &outcome);
    let words = match &outcome {
        Ok(_) => (Phrase::verbatim(""), String::new()),
        Err(SendError::NotSent(error) | SendError::Unknown(error)) => match error.failure() {
            Some(failure) => {
                let said = auth_connector_host::contract::attribute(
                    &failure.attributes,
                    "provider-message",
                );
                let said = said.unwrap_or_default().to_owned();
                (Phrase::verbatim(failure.message.as_str()), said)
            }
            None => (error.phrase(), String::new()),
        },
    };
    let finish: Finish = Arc::new(|_: &Connection, _: &Message| Ok(()));
    let written = write_down(&app, &row, None, &finish).await?;
    Ok((written.row, words.0, words.1))
}

fn refused(refusal: limits::Refusal) -> Problem {
    let why = about("refusal-limit", refusal.reason.as_str());
    let status = StatusCode::TOO_MANY_REQUESTS;
    Problem::new(status, refusal.reason.as_str(), "A limit refuses it", why)
        .after(refusal.retry_after_ms)
}
