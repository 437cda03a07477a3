//! Sending: one connector after the other, until one of them may have sent.
//!
//! A message is on the disk as *sending* before its connector is called, and its identifier is the correlation id. The
//! next connector is tried only after *not sent* of a kind that another connector could avoid, and never after
//! *unknown*. The operator's configuration is read again before each call, so that a kill switch stops a message
//! between two connectors.

use crate::clean::clean;
use crate::service::app::{App, Point};
use crate::service::catalog::Connector;
use crate::service::number::Number;
use crate::service::outcomes::{Finish, write_down};
use crate::service::store::StoreError;
use crate::service::store::message::{self, STOPPED, State};
use crate::service::{ids, limits};
use auth_connector_host::contract::attribute;
use auth_connector_host::{
    CallError, Failure, FailureKind, HostFault, Message, PolicyFault, Receipt, SendError,
};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The time that a connector that is not the last leaves to the next one.
const FOR_THE_NEXT: Duration = Duration::from_millis(1500);

/// The least time that a connector gets. With less, nothing is tried.
const LEAST: Duration = Duration::from_millis(200);

/// The delay of the first look-up of an unknown outcome: providers' records appear with a delay.
const FIRST_LOOKUP_MS: i64 = 5_000;

/// The longest text of a plugin that is kept with a message, in characters.
const HINT_CHARS: usize = 600;

/// A message to be sent.
#[derive(Clone)]
pub struct Draft {
    /// Its tenant.
    pub tenant: String,
    /// The verification whose code it carries.
    pub verification: Option<String>,
    /// The webhook that received its request.
    pub source: Option<String>,
    /// The recipient.
    pub number: Number,
    /// The usage.
    pub usage: String,
    /// The recipient's languages, best first.
    pub locales: Vec<String>,
    /// The template's variables, the code among them.
    pub variables: Vec<(String, String)>,
    /// The connectors, in the order in which they are tried.
    pub route: Vec<Arc<Connector>>,
    /// When the caller has its response.
    pub deadline: Instant,
}

impl Draft {
    /// The row of the first attempt, before its connector is called.
    ///
    /// # Errors
    ///
    /// [`StoreError::Failed`] when the operating system has no random numbers.
    pub fn row(&self, app: &App, connector: &str) -> Result<message::Message, StoreError> {
        let number = self.number.e164();
        let encrypted = app.encrypt_number(&self.tenant, number)?;
        let id = ids::new("m");
        Ok(message::Message {
            first: id.clone(),
            is_first: true,
            id,
            tenant: self.tenant.clone(),
            verification: self.verification.clone(),
            connector: connector.to_owned(),
            number: encrypted,
            number_hash: app.number_hash(&self.tenant, number),
            usage: self.usage.clone(),
            country: self.number.country().to_owned(),
            prefix: self.number.prefix().to_owned(),
            source: self.source.clone(),
            state: State::Sending,
            kind: None,
            turn: None,
            reason: None,
            provider_code: None,
            provider_message: None,
            request_id: None,
            hint: None,
            created_at: ids::now_ms(),
            settled_at: None,
            verified_at: None,
            lookups: 0,
            next_lookup_at: None,
            segments: 1,
        })
    }
}

/// Sends a message whose first row is on the disk. Returns the last attempt as it is on the disk.
///
/// Run it in a task of its own that holds a lease of the message: it has to end whether or not the caller waits.
///
/// # Errors
///
/// [`StoreError`] when the outcome could not be stored for ten minutes. The message stays *sending*, and becomes
/// *unknown* within a minute after the lease ended, or at the next start.
pub async fn send(
    app: &Arc<App>,
    draft: &Draft,
    first: message::Message,
    finish: Finish,
) -> Result<message::Message, StoreError> {
    app.at(Point::AfterIntent);
    let mut row = first.clone();
    let mut others = draft.route.iter().skip(1);
    loop {
        let next = others.next();
        let left = draft.deadline.saturating_duration_since(Instant::now());
        let time = match next {
            Some(_) if left > FOR_THE_NEXT + LEAST => left - FOR_THE_NEXT,
            _ => left,
        };
        attempt(app, draft, &mut row, time).await;
        app.at(Point::AfterCall);
        let left = draft.deadline.saturating_duration_since(Instant::now());
        let following = next.filter(|_| is_mendable(&row) && left >= LEAST);
        // Nothing fails here: this connector's outcome is stored first of all.
        let following = following.map(|next| message::Message {
            id: ids::new("m"),
            is_first: false,
            connector: next.row.id.clone(),
            created_at: ids::now_ms(),
            ..first.clone()
        });
        let written = write_down(app, &row, following.as_ref(), &finish).await?;
        app.at(Point::AfterOutcome);
        match following.filter(|_| written.is_followed) {
            Some(following) => row = following,
            None => return Ok(written.row),
        }
    }
}

/// Calls one connector and puts the outcome into the row.
async fn attempt(app: &App, draft: &Draft, row: &mut message::Message, time: Duration) {
    let connector = match present(app, draft, &row.connector) {
        Ok(connector) => connector,
        Err((kind, reason)) => return not_called(row, kind, reason),
    };
    let Ok(ready) = &connector.ready else {
        return not_called(row, FailureKind::InvalidConfig, "connector-not-ready");
    };
    if time < LEAST {
        return not_called(row, FailureKind::Timeout, "no-time-left");
    }
    let mut message = Message::to(draft.number.e164()).usage(&draft.usage);
    message.variables = draft.variables.clone();
    message.locales = draft.locales.clone();
    message.correlation_id = Some(row.id.clone());
    message.timeout_ms = Some(u32::try_from(time.as_millis()).unwrap_or(u32::MAX));
    let begun = Instant::now();
    let outcome = ready.plugin.send_message(&ready.config, &message).await;
    settle(row, &outcome);
    metrics::histogram!("auth_host_send_seconds", "connector" => row.connector.clone())
        .record(begun.elapsed().as_secs_f64());
}

/// A connector as it is now, or the reason for which it is not called: since the request arrived, an operator may have
/// stopped or changed something.
fn present(
    app: &App,
    draft: &Draft,
    id: &str,
) -> Result<Arc<Connector>, (FailureKind, &'static str)> {
    let catalog = app.catalog.load();
    let settings = catalog
        .tenants
        .get(&draft.tenant)
        .map(|tenant| &tenant.settings);
    if settings.is_some_and(|settings| limits::stopped(&catalog, settings).is_some()) {
        return Err((FailureKind::Denied, STOPPED));
    }
    let route = catalog.route(&draft.tenant, &draft.usage, draft.number.country());
    let found = route.into_iter().find(|connector| connector.row.id == id);
    found.ok_or((FailureKind::NoTemplate, "not-in-flow"))
}

fn not_called(row: &mut message::Message, kind: FailureKind, reason: &str) {
    row.state = State::NotSent;
    row.kind = Some(kind);
    row.turn = Some("operator".to_owned());
    row.reason = Some(reason.to_owned());
    row.settled_at = Some(ids::now_ms());
}

/// Puts an outcome into a row.
pub fn settle(row: &mut message::Message, outcome: &Result<Receipt, SendError>) {
    let now = ids::now_ms();
    row.settled_at = Some(now);
    match outcome {
        Ok(receipt) => {
            row.state = State::Accepted;
            row.provider_message = Some(receipt.message_id.clone());
            row.segments = segments(receipt);
            row.request_id = receipt.request_id.clone();
        }
        Err(error) => {
            let cause = error.cause();
            row.state = match error {
                SendError::NotSent(_) => State::NotSent,
                SendError::Unknown(_) => State::Unknown,
            };
            row.kind = Some(cause.kind());
            let said = cause.failure().and_then(said_turn);
            row.turn = Some(said.unwrap_or(turn(cause)).to_owned());
            row.reason = Some(cause.code().to_owned());
            if let Some(failure) = cause.failure() {
                row.provider_code = failure.provider_code.clone();
                row.request_id = failure.request_id.clone();
                row.hint = hint(failure);
            }
            if row.state == State::Unknown {
                row.next_lookup_at = Some(now + FIRST_LOOKUP_MS);
            }
        }
    }
}

/// The plugin's text about a failure, and the provider's: the host has masked secrets and numbers in both.
fn hint(failure: &Failure) -> Option<String> {
    let said = attribute(&failure.attributes, "provider-message").unwrap_or_default();
    let words = format!("{} {said}", failure.message);
    let words: String = clean(words.trim()).chars().take(HINT_CHARS).collect();
    Some(words).filter(|words| !words.is_empty())
}

/// The party that has to act, by the plugin's own attribute, if that is one of the contract's.
fn said_turn(failure: &Failure) -> Option<&'static str> {
    let said = attribute(&failure.attributes, "turn")?;
    let known = ["operator", "caller", "host", "provider", "recipient"];
    known.into_iter().find(|turn| *turn == said)
}

/// The number of segments that a receipt names, or one. No more than ten, which no code has: a plugin that lies uses up
/// its own tenant's day.
fn segments(receipt: &Receipt) -> i64 {
    let named = attribute(&receipt.attributes, "segments").and_then(|text| text.parse().ok());
    named.unwrap_or(1).clamp(1, 10)
}

/// The party that has to act after a failure: the host if it was full or one of its own limits stopped the message,
/// else by the kind.
const fn turn(cause: &CallError) -> &'static str {
    if let CallError::Host(
        HostFault::Overloaded { .. } | HostFault::QueueFull { .. } | HostFault::Exhausted(_),
    )
    | CallError::Policy(
        PolicyFault::TenantRate { .. }
        | PolicyFault::TenantConcurrency { .. }
        | PolicyFault::TenantQueue { .. },
    ) = cause
    {
        return "host";
    }
    match cause.kind() {
        FailureKind::InvalidConfig
        | FailureKind::Authentication
        | FailureKind::NoTemplate
        | FailureKind::Denied
        | FailureKind::Quota
        | FailureKind::Unsupported => "operator",
        FailureKind::InvalidMessage | FailureKind::RateLimited => "caller",
        FailureKind::RecipientRejected => "recipient",
        FailureKind::Unreachable | FailureKind::Timeout | FailureKind::Provider => "provider",
        FailureKind::Other => "plugin",
    }
}

/// Returns true if another connector could send a message that this one certainly did not.
fn is_mendable(row: &message::Message) -> bool {
    row.state == State::NotSent
        && row.reason.as_deref() != Some(STOPPED)
        && row.kind.is_some_and(is_of_connector)
}

/// Returns true for failures of a connector or its provider, and false for those of the message.
const fn is_of_connector(kind: FailureKind) -> bool {
    match kind {
        FailureKind::Unreachable
        | FailureKind::Timeout
        | FailureKind::Provider
        | FailureKind::Authentication
        | FailureKind::Denied
        | FailureKind::Quota
        | FailureKind::RateLimited
        | FailureKind::NoTemplate
        | FailureKind::InvalidConfig
        | FailureKind::Unsupported => true,
        FailureKind::InvalidMessage | FailureKind::RecipientRejected | FailureKind::Other => false,
    }
}

#[cfg(test)]
mod tests;
