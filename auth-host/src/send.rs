//! Sending: one connector after the other, until one of them may have sent.
//!
//! A message is on the disk as *sending* before its connector is called, and its identifier is the correlation id. The
//! next connector is tried only after *not sent* of a kind that another connector could mend, and never after *unknown*. What
//! the operator set up is asked anew before each call, so that a kill switch stops a message between two connectors.

use crate::app::{App, Point};
use crate::catalog::Connector;
use crate::clean::clean;
use crate::number::Number;
use crate::outcomes::{Finish, write_down};
use crate::store::StoreError;
use crate::store::messages::{self, STOPPED, State};
use crate::{ids, limits};
use auth_connector_host::contract::attribute;
use auth_connector_host::{
    CallError, Failure, FailureKind, HostFault, Message, Receipt, SendError,
};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What a connector that is not the last leaves to the next one.
const FOR_THE_NEXT: Duration = Duration::from_millis(1500);

/// The least that a connector gets. With less, nothing is tried.
const LEAST: Duration = Duration::from_millis(200);

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

/// Sends a message whose first row is on the disk. Returns the last attempt as it is on the disk.
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
        let following = following.map(|next| draft.row(app, &next.row.id, Some(&row.first)));
        let following = following.transpose()?;
        let written = write_down(app, &row, following.as_ref(), &finish).await?;
        app.at(Point::AfterOutcome);
        match following.filter(|_| written.is_followed) {
            Some(following) => row = following,
            None => return Ok(written.row),
        }
    }
}

/// Calls one connector and puts the outcome into the row.
async fn attempt(app: &App, draft: &Draft, row: &mut messages::Message, time: Duration) {
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
    let mut message = Message::code(draft.number.e164(), &draft.usage, "");
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

/// A connector as it is now, or why it is not called: since the request came, an operator may have stopped or changed
/// something.
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
    found.ok_or_else(|| {
        let had_one = !draft.route.is_empty();
        let reason = if had_one {
            "not-in-flow"
        } else {
            "no-connector"
        };
        (FailureKind::NoTemplate, reason)
    })
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

/// Whose turn it is after a failure: where the host had room, by its kind.
const fn turn(cause: &CallError) -> &'static str {
    if let CallError::Host(HostFault::Overloaded { .. } | HostFault::Exhausted(_)) = cause {
        return "host";
    }
    match cause.kind() {
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
        && row.reason.as_deref() != Some(STOPPED)
        && KINDS
            .iter()
            .any(|kind| row.kind.as_deref() == Some(kind.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::tenants;
    use crate::store::registry;
    use crate::test_app::TestApp;
    use auth_connector_host::Failure;
    use auth_connector_registry::Facts;
    use serde_json::json;
    use std::collections::BTreeMap;

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

    /// A message for two connectors of the tenant `default` whose plugin does not load, and its first row.
    async fn draft(app: &Arc<App>) -> (Draft, messages::Message) {
        let plugin = registry::Plugin {
            id: "none".to_owned(),
            digest: String::new(),
            manifest: None,
            signature: None,
            origins: vec![],
            beyond: vec![],
            limits: BTreeMap::new(),
            facts: Facts::default(),
            added_at: 0,
        };
        let put = app
            .store
            .write(move |db| registry::put_plugin(db, &plugin, &[]));
        put.await.unwrap();
        for id in ["c_1", "c_2"] {
            let connector = registry::Connector {
                id: id.to_owned(),
                tenant: "default".to_owned(),
                name: id.to_owned(),
                plugin: "none".to_owned(),
                config: vec![],
                secrets: vec![],
                wanted: vec![],
                confirmed: vec![],
                revision: 1,
                created_at: 0,
                updated_at: 0,
            };
            let put = app
                .store
                .write(move |db| registry::put_connector(db, &connector));
            assert!(put.await.unwrap());
        }
        serve_by(app, &["c_1", "c_2"]).await;
        let number = Number::parse("+8613800138000", None).unwrap();
        let route = app.catalog.load().route("default", "SignIn", "CN");
        let draft = Draft {
            tenant: "default".to_owned(),
            verification: None,
            source: None,
            number,
            usage: "SignIn".to_owned(),
            locales: vec![],
            variables: vec![],
            route,
            deadline: Instant::now() + Duration::from_secs(8),
        };
        let row = draft.row(app, "c_1", None).unwrap();
        let first = row.clone();
        let added = app.store.write(move |db| messages::add(db, &first));
        added.await.unwrap();
        (draft, row)
    }

    async fn serve_by(app: &App, connectors: &[&str]) {
        let flow = registry::Flow {
            usage: "*".to_owned(),
            country: "*".to_owned(),
            connectors: connectors.iter().map(|id| (*id).to_owned()).collect(),
        };
        let put = app
            .store
            .write(move |db| registry::put_flow(db, "default", &flow));
        put.await.unwrap();
        app.reload().unwrap();
    }

    /// The reason of each attempt.
    async fn sent(app: &Arc<App>, draft: &Draft, first: messages::Message) -> Vec<String> {
        let id = first.id.clone();
        let finish: Finish = Arc::new(|_, _| Ok(()));
        let last = send(app, draft, first, finish).await.unwrap();
        let attempts = app
            .store
            .read(|db| messages::attempts(db, "default", &id))
            .unwrap();
        assert!(attempts.iter().all(|row| row.state == State::NotSent));
        assert_eq!(attempts.last().unwrap().id, last.id);
        let reasons = attempts.into_iter().map(|row| row.reason);
        reasons.map(Option::unwrap_or_default).collect()
    }

    #[tokio::test]
    async fn each_connector_is_tried_as_it_is_then() {
        let host = TestApp::new().await;
        let (draft, first) = draft(&host.app).await;
        let reasons = sent(&host.app, &draft, first).await;
        assert_eq!(reasons, ["connector-not-ready", "connector-not-ready"]);
    }

    #[tokio::test]
    async fn connector_taken_out_of_the_flow_meanwhile_is_not_called() {
        let host = TestApp::new().await;
        let (draft, first) = draft(&host.app).await;
        serve_by(&host.app, &["c_1"]).await;
        let reasons = sent(&host.app, &draft, first).await;
        assert_eq!(reasons, ["connector-not-ready", "not-in-flow"]);
    }

    #[tokio::test]
    async fn kill_switch_stops_a_message_that_was_begun() {
        for is_tenant in [true, false] {
            let host = TestApp::new().await;
            let (draft, first) = draft(&host.app).await;
            let (app, actor) = (&host.app, TestApp::actor());
            if is_tenant {
                let stop = json!({"is_stopped": true});
                let put = tenants::put(app, &actor, "default", &stop).await;
                put.unwrap();
            } else {
                tenants::stop_all(app, &actor, true).await.unwrap();
            }
            assert_eq!(sent(app, &draft, first).await, [STOPPED]);
        }
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
            leave_open(app, "o", ids::now_ms()).await;
            let read = |id| app.store.read(|db| messages::get(db, "t", id));
            let (mut sent, mut refused) =
                (read("m").unwrap().unwrap(), read("o").unwrap().unwrap());
            (sent.state, refused.state) = (State::Accepted, State::NotSent);
            if is_forgotten {
                let forgotten = app.store.write(|db| forget(db, "t", b"n"));
                assert_eq!(forgotten.await.unwrap(), 2);
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
            write_down(app, &sent, None, &finish).await.unwrap();
            let written = write_down(app, &refused, Some(&next), &finish).await;
            assert_eq!(written.unwrap().is_followed, !is_forgotten);
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
    fn next_connector_is_tried_where_the_machine_gave_no_instance() {
        let mut sent = row();
        let exhausted = CallError::Host(HostFault::Exhausted("no files".into()));
        settle(&mut sent, &Err(SendError::NotSent(exhausted)));
        assert!(is_mendable(&sent));
        assert_eq!(sent.turn.as_deref(), Some("host"));
        assert_eq!(sent.reason.as_deref(), Some("host-exhausted"));
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
