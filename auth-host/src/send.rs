//! Sending: one connector after the other, until one of them may have sent.
//!
//! A message is on the disk as *sending* before its connector is called, and its identifier is the correlation id. The
//! next connector is tried only after *not sent* of a kind that another connector could mend, and never after *unknown*.

use crate::app::{App, Point};
use crate::catalog::{Connector, Ready};
use crate::clean::clean;
use crate::events;
use crate::ids;
use crate::number::Number;
use crate::store::StoreError;
use crate::store::limits::Counter;
use crate::store::messages::{self, State};
use auth_connector_host::contract::attribute;
use auth_connector_host::{Failure, FailureKind, Message, Receipt, SendError};
use rusqlite::Connection;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What a connector that is not the last leaves to the next one.
const FOR_THE_NEXT: Duration = Duration::from_millis(1500);

/// The least that a connector gets. With less, nothing is tried.
const LEAST: Duration = Duration::from_millis(200);

/// How long the outcome of a message is tried to be written down, when the database fails.
const WRITING: Duration = Duration::from_secs(600);

/// The first look-up of an unknown outcome comes after so long: providers' records appear with a delay.
const FIRST_LOOKUP_MS: i64 = 5_000;

/// The longest text of a plugin that is kept with a message, in characters.
const HINT_CHARS: usize = 600;

/// A message to be sent.
#[derive(Clone)]
pub struct Draft {
    /// Whose it is.
    pub tenant: String,
    /// The verification that it carries a code of.
    pub verification: Option<String>,
    /// The webhook that it came by.
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
    /// When the caller has its answer.
    pub deadline: Instant,
}

impl Draft {
    /// The row of an attempt, before its connector is called; `first` is the attempt before which others follow.
    ///
    /// # Errors
    ///
    /// [`StoreError::Failed`] when the operating system has no random numbers.
    pub fn row(
        &self,
        app: &App,
        connector: &str,
        first: Option<&str>,
    ) -> Result<messages::Message, StoreError> {
        let number = self.number.e164();
        let sealed = app
            .seal_number(&self.tenant, number)
            .map_err(|error| StoreError::Failed(error.to_string()))?;
        let id = ids::new("m");
        Ok(messages::Message {
            first: first.unwrap_or(&id).to_owned(),
            is_first: first.is_none(),
            id,
            tenant: self.tenant.clone(),
            verification: self.verification.clone(),
            connector: connector.to_owned(),
            number: sealed,
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

/// Runs in the transaction that writes the last outcome down.
pub type Finish =
    Arc<dyn Fn(&Connection, &messages::Message) -> Result<(), StoreError> + Send + Sync>;

/// Sends a message whose first row is on the disk. Returns the last attempt, once its outcome is on the disk.
///
/// Run it in a task of its own that holds a lease of the message: it has to end whether or not the caller waits.
///
/// # Errors
///
/// [`StoreError`] when the outcome could not be written down for ten minutes. The message stays *sending*, and becomes
/// *unknown* within a minute after the lease ended, or at the next start.
pub async fn send(
    app: &Arc<App>,
    draft: &Draft,
    first: messages::Message,
    finish: Finish,
) -> Result<messages::Message, StoreError> {
    app.at(Point::AfterIntent);
    let mut row = first;
    let mut route = draft.route.iter();
    let mut connector = route.next();
    loop {
        let next = route.next();
        let left = draft.deadline.saturating_duration_since(Instant::now());
        let time = match next {
            Some(_) if left > FOR_THE_NEXT + LEAST => left - FOR_THE_NEXT,
            _ => left,
        };
        attempt(draft, connector, &mut row, time).await;
        app.at(Point::AfterCall);
        let left = draft.deadline.saturating_duration_since(Instant::now());
        let following = next.filter(|_| is_mendable(&row) && left >= LEAST);
        let following = match following {
            Some(next) => Some((next, draft.row(app, &next.row.id, Some(&row.first))?)),
            None => None,
        };
        let next = following.as_ref().map(|(_, row)| row);
        let is_kept = write_down(app, &row, next, &finish).await?;
        app.at(Point::AfterOutcome);
        match following {
            Some((next, following)) if is_kept => (connector, row) = (Some(next), following),
            Some(_) | None => return Ok(row),
        }
    }
}

/// Calls one connector and puts the outcome into the row.
async fn attempt(
    draft: &Draft,
    connector: Option<&Arc<Connector>>,
    row: &mut messages::Message,
    time: Duration,
) {
    let ready = match connector.map(|connector| &connector.ready) {
        Some(Ok(ready)) => ready,
        Some(Err(_)) => return not_called(row, FailureKind::InvalidConfig, "connector-not-ready"),
        None => return not_called(row, FailureKind::NoTemplate, "no-connector"),
    };
    if time < LEAST {
        return not_called(row, FailureKind::Timeout, "no-time-left");
    }
    let begun = Instant::now();
    let outcome = call(ready, draft, &row.id, time).await;
    settle(row, &outcome);
    metrics::counter!(
        "auth_host_messages_total",
        "connector" => row.connector.clone(), "state" => row.state.as_str(), "kind" => row.kind.clone().unwrap_or_default(),
    )
    .increment(1);
    metrics::histogram!("auth_host_send_seconds", "connector" => row.connector.clone())
        .record(begun.elapsed().as_secs_f64());
}

async fn call(
    ready: &Ready,
    draft: &Draft,
    correlation_id: &str,
    time: Duration,
) -> Result<Receipt, SendError> {
    let mut message = Message::code(draft.number.e164(), &draft.usage, "");
    message.variables = draft.variables.clone();
    message.locales = draft.locales.clone();
    message.correlation_id = Some(correlation_id.to_owned());
    message.timeout_ms = Some(u32::try_from(time.as_millis()).unwrap_or(u32::MAX));
    ready.plugin.send_message(&ready.config, &message).await
}

fn not_called(row: &mut messages::Message, kind: FailureKind, reason: &str) {
    row.state = State::NotSent;
    row.kind = Some(kind.as_str().to_owned());
    row.turn = Some("operator".to_owned());
    row.reason = Some(reason.to_owned());
    row.settled_at = Some(ids::now_ms());
}

/// Puts an outcome into a row.
pub fn settle(row: &mut messages::Message, outcome: &Result<Receipt, SendError>) {
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
            row.kind = Some(cause.kind().as_str().to_owned());
            let said = cause.failure().and_then(said_turn);
            row.turn = Some(said.unwrap_or(turn(cause.kind())).to_owned());
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

/// The plugin's words about a failure, and the provider's: the host has masked secrets and numbers in both.
fn hint(failure: &Failure) -> Option<String> {
    let said = attribute(&failure.attributes, "provider-message").unwrap_or_default();
    let words = format!("{} {said}", failure.message);
    let words: String = clean(words.trim()).chars().take(HINT_CHARS).collect();
    Some(words).filter(|words| !words.is_empty())
}

/// Whose turn it is by the plugin's own word, where that is one of the contract's.
fn said_turn(failure: &Failure) -> Option<&'static str> {
    let said = attribute(&failure.attributes, "turn")?;
    let known = ["operator", "caller", "host", "provider", "recipient"];
    known.into_iter().find(|turn| *turn == said)
}

/// How many segments a receipt names; one where it names none. No more than ten, which no code has: a plugin that lies
/// uses up its own tenant's day.
fn segments(receipt: &Receipt) -> i64 {
    let named = attribute(&receipt.attributes, "segments").and_then(|text| text.parse().ok());
    named.unwrap_or(1).clamp(1, 10)
}

/// Whose turn it is after a failure of a kind.
const fn turn(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::InvalidConfig
        | FailureKind::Authentication
        | FailureKind::NoTemplate
        | FailureKind::Denied
        | FailureKind::Quota
        | FailureKind::Unsupported => "operator",
        FailureKind::InvalidMessage => "caller",
        FailureKind::RecipientRejected => "recipient",
        FailureKind::RateLimited
        | FailureKind::Unreachable
        | FailureKind::Timeout
        | FailureKind::Provider => "provider",
        FailureKind::Other => "plugin",
    }
}

/// Whether another connector could send what this one certainly did not.
fn is_mendable(row: &messages::Message) -> bool {
    const KINDS: [FailureKind; 10] = [
        FailureKind::Unreachable,
        FailureKind::Timeout,
        FailureKind::Provider,
        FailureKind::Authentication,
        FailureKind::Denied,
        FailureKind::Quota,
        FailureKind::RateLimited,
        FailureKind::NoTemplate,
        FailureKind::InvalidConfig,
        FailureKind::Unsupported,
    ];
    row.state == State::NotSent
        && KINDS
            .iter()
            .any(|kind| row.kind.as_deref() == Some(kind.as_str()))
}

/// Writes an outcome down, and the next attempt or whatever the caller adds, in one transaction. Tries again while the
/// database fails. Says whether the message is still there: of one whose number was forgotten meanwhile only counts are
/// kept, and nothing follows it.
pub async fn write_down(
    app: &Arc<App>,
    row: &messages::Message,
    next: Option<&messages::Message>,
    finish: &Finish,
) -> Result<bool, StoreError> {
    let begun = Instant::now();
    let mut pause = Duration::from_millis(50);
    loop {
        let (row, next, finish, told) = (row.clone(), next.cloned(), finish.clone(), app.clone());
        let written = app.store.write(move |db| {
            let is_kept = messages::settle(db, &row)?;
            let outcome = Counter {
                tenant: &row.tenant,
                scope: row.state.as_str(),
                subject: &row.country,
            };
            outcome.add(db, ids::now_ms(), 1)?;
            // The first segment was counted before the message was sent.
            if row.segments > 1 {
                let sent = Counter {
                    scope: "sent",
                    subject: "",
                    ..outcome
                };
                sent.add(db, ids::now_ms(), row.segments - 1)?;
            }
            match &next {
                _ if !is_kept => {}
                Some(next) => messages::add(db, next)?,
                None => {
                    events::message(&told, db, &row)?;
                    finish(db, &row)?;
                }
            }
            Ok::<_, StoreError>(is_kept)
        });
        match written.await {
            Err(error) if begun.elapsed() < WRITING => {
                tracing::error!(%error, "an outcome cannot be written down; trying again");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(Duration::from_secs(5));
            }
            written => return written,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use auth_connector_host::{CallError, Failure, HostFault};

    fn row() -> messages::Message {
        messages::Message {
            id: ids::new("m"),
            tenant: "t".into(),
            verification: None,
            connector: "c".into(),
            number: vec![],
            number_hash: vec![],
            usage: "SignIn".into(),
            country: "CN".into(),
            prefix: "+86".into(),
            source: None,
            is_first: true,
            first: String::new(),
            state: State::Sending,
            kind: None,
            turn: None,
            reason: None,
            provider_code: None,
            provider_message: None,
            request_id: None,
            hint: None,
            created_at: 0,
            settled_at: None,
            verified_at: None,
            lookups: 0,
            next_lookup_at: None,
            segments: 1,
        }
    }

    fn failure(kind: FailureKind) -> CallError {
        CallError::Connector(Box::new(Failure {
            kind,
            message: String::new(),
            provider_code: None,
            request_id: None,
            retry_after_ms: None,
            diagnostics: vec![],
            attributes: vec![],
        }))
    }

    /// Every kind in both states: what the next connector may be tried after.
    #[test]
    fn next_connector_is_tried_after_mendable_kinds_alone() {
        use FailureKind as K;
        for (kind, mendable) in [
            (K::Unreachable, true),
            (K::Timeout, true),
            (K::Provider, true),
            (K::Authentication, true),
            (K::Denied, true),
            (K::Quota, true),
            (K::RateLimited, true),
            (K::NoTemplate, true),
            (K::InvalidConfig, true),
            (K::Unsupported, true),
            (K::InvalidMessage, false),
            (K::RecipientRejected, false),
            (K::Other, false),
        ] {
            let mut sent = row();
            settle(&mut sent, &Err(SendError::NotSent(failure(kind))));
            assert_eq!(is_mendable(&sent), mendable, "{kind:?}");
            assert_eq!(sent.next_lookup_at, None);
            settle(&mut sent, &Err(SendError::Unknown(failure(kind))));
            assert!(!is_mendable(&sent), "{kind:?} after unknown");
            assert!(sent.next_lookup_at.is_some());
        }
    }

    /// The number is forgotten while its message is sent: neither an event nor an answer nor another attempt brings it
    /// back, and the caller has its answer.
    #[tokio::test]
    async fn forgotten_message_leaves_only_counts() {
        use crate::store::events::waiting;
        use crate::store::retention::forget;
        use crate::test_app::{TestApp, leave_open, tenant_with_events};
        use std::sync::atomic::{AtomicU32, Ordering};

        for is_forgotten in [false, true] {
            let host = TestApp::new().await;
            let app = &host.app;
            tenant_with_events(app).await;
            leave_open(app, "m", ids::now_ms()).await;
            let sent = app.store.read(|db| messages::get(db, "t", "m"));
            let mut sent = sent.unwrap().unwrap();
            sent.state = State::Accepted;
            if is_forgotten {
                let forgotten = app.store.write(|db| forget(db, "t", &[0]));
                assert_eq!(forgotten.await.unwrap(), 1);
            }
            let answers = Arc::new(AtomicU32::new(0));
            let kept = answers.clone();
            let finish: Finish = Arc::new(move |_, _| {
                kept.fetch_add(1, Ordering::Relaxed);
                Ok(())
            });
            let next = messages::Message {
                id: "n".into(),
                tenant: "t".into(),
                ..row()
            };
            let is_kept = write_down(app, &sent, None, &finish).await.unwrap();
            let is_followed = write_down(app, &sent, Some(&next), &finish).await.unwrap();
            assert_eq!((is_kept, is_followed), (!is_forgotten, !is_forgotten));
            let count = i64::from(!is_forgotten);
            assert_eq!(i64::from(answers.load(Ordering::Relaxed)), count);
            let read = app.store.read(|db| {
                let next = messages::get(db, "t", "n")?;
                Ok::<_, StoreError>((waiting(db, "t")?, next.is_some()))
            });
            assert_eq!(read.unwrap(), (count, !is_forgotten));
        }
    }

    /// A plugin names whose turn it is in the contract's words.
    #[test]
    fn unknown_turn_from_plugin_becomes_provider() {
        for (said, turn) in [("host", "host"), ("somebody", "provider")] {
            let CallError::Connector(mut failed) = failure(FailureKind::Unreachable) else {
                panic!("not the connector's");
            };
            failed.attributes = vec![("turn".into(), said.into())];
            let mut sent = row();
            settle(
                &mut sent,
                &Err(SendError::NotSent(CallError::Connector(failed))),
            );
            assert_eq!(sent.turn.as_deref(), Some(turn), "{said}");
        }
    }

    #[test]
    fn receipt_counts_its_segments_within_reason() {
        for (named, count) in [
            (None, 1),
            (Some("2"), 2),
            (Some("0"), 1),
            (Some("x"), 1),
            (Some("999"), 10),
        ] {
            let attributes = named.map(|n: &str| ("segments".to_owned(), n.to_owned()));
            let receipt = Receipt {
                message_id: "m".into(),
                request_id: None,
                attributes: attributes.into_iter().collect(),
            };
            assert_eq!(segments(&receipt), count, "{named:?}");
        }
    }

    #[test]
    fn crash_of_a_plugin_is_not_tried_elsewhere() {
        let mut sent = row();
        let crash = CallError::Host(HostFault::Trapped("unreachable".into()));
        settle(&mut sent, &Err(SendError::NotSent(crash)));
        assert!(!is_mendable(&sent));
        assert_eq!(sent.reason.as_deref(), Some("plugin-crashed"));
    }
}
