//! The transaction of a start or a resend: repeated requests, locks and limits, and the rows of the message to send.

use super::repeat::known;
use super::rules::{SENDS, count_denied, count_refused, is_live, resend_at, tag};
use super::views::{Answer, free_at, view};
use crate::service::app::App;
use crate::service::events;
use crate::service::limits::{self, Asked, Refusal, Sender};
use crate::service::number::Number;
use crate::service::store::idempotency::{self, Known, Request};
use crate::service::store::message::{Message, State};
use crate::service::store::messages;
use crate::service::store::verifications::{self, Verification};
use crate::service::{ids, store};
use axum::http::StatusCode;
use rusqlite::Connection;
use std::ops::ControlFlow;
use std::sync::Arc;

/// The decision of the transaction of a start or a resend: the rows to send, or the result in their place.
pub(super) type Begun = ControlFlow<Instead, Box<Written>>;

/// The rows on the disk before a connector is called.
pub(super) struct Written {
    pub v: Verification,
    pub row: Message,
    /// When the limits of the number allow another message.
    pub free_at: Option<i64>,
}

/// The result of a request in place of a message.
pub(super) enum Instead {
    Known(Known),
    Refused(Refusal),
    Locked(i64),
    NotUsable,
    TooEarly(i64),
    TooOften,
    /// Already stored.
    Done(Answer),
}

/// The inputs of the transaction of a start or a resend.
pub(super) struct Begin {
    pub app: Arc<App>,
    pub sender: Sender,
    pub number: Number,
    pub key: Option<Request>,
    pub row: Message,
    /// True if a flow serves the number, or it is a test number.
    pub is_served: bool,
}

impl Begin {
    /// Stores a verification and its first message, unless something prevents it.
    pub fn start(self, db: &Connection, v: Verification) -> store::Result<Begun> {
        if let Some(known) = self.repeated(db)? {
            return Ok(Begun::Break(Instead::Known(known)));
        }
        if let Some(wait) = awaited(db, &v)? {
            count_refused(db, &v.tenant, "too-early")?;
            return Ok(Begun::Break(Instead::TooEarly(wait)));
        }
        if let Some(instead) = self.refused(db, &v)? {
            return Ok(Begun::Break(instead));
        }
        verifications::add(db, &v)?;
        events::verification(&self.app, db, &v, "started")?;
        self.begin(db, v, StatusCode::CREATED)
    }

    /// Stores another code and its message, unless something prevents it.
    pub fn resend(self, db: &Connection, id: &str, code: &str) -> store::Result<Begun> {
        if let Some(known) = self.repeated(db)? {
            return Ok(Begun::Break(Instead::Known(known)));
        }
        let now = ids::now_ms();
        let found = verifications::get(db, &self.row.tenant, id)?;
        let Some(mut v) = found.filter(|v| is_live(v, now)) else {
            return Ok(Begun::Break(Instead::NotUsable));
        };
        let latest = messages::of_verification(db, &v)?.pop();
        if v.sends >= SENDS {
            count_refused(db, &v.tenant, "too-many-codes")?;
            return Ok(Begun::Break(Instead::TooOften));
        }
        if let Some(wait) = too_early(&v, latest.as_ref(), now) {
            count_refused(db, &v.tenant, "too-early")?;
            return Ok(Begun::Break(Instead::TooEarly(wait)));
        }
        if let Some(instead) = self.refused(db, &v)? {
            return Ok(Begun::Break(instead));
        }
        v.sends += 1;
        v.attempts = 0;
        v.sent_at = now;
        v.expires_at = now + v.lifetime_ms;
        v.code = tag(&self.app, &v, code);
        verifications::update(db, &v)?;
        self.begin(db, v, StatusCode::OK)
    }

    /// Returns the state of a repeated request. Checked before everything else: a message that was sent stays sent,
    /// whatever an operator changed since.
    fn repeated(&self, db: &Connection) -> store::Result<Option<Known>> {
        let Some(key) = &self.key else {
            return Ok(None);
        };
        let known = known(&self.app, db, key)?;
        Ok((known != Known::Nothing).then_some(known))
    }

    /// Returns the result for a request that an operator, a lock or a limit refuses.
    fn refused(&self, db: &Connection, v: &Verification) -> store::Result<Option<Instead>> {
        if let Some(refusal) = count_denied(db, &v.tenant, self.sender.stopped, self.is_served)? {
            return Ok(Some(Instead::Refused(refusal)));
        }
        let now = ids::now_ms();
        let wait_ms = limits::locked_ms(db, now, &v.tenant, &v.number_hash)?;
        if wait_ms > 0 {
            count_refused(db, &v.tenant, "locked")?;
            return Ok(Some(Instead::Locked(wait_ms)));
        }
        if v.is_test {
            return Ok(None);
        }
        let asked = Asked {
            tenant: &v.tenant,
            settings: &self.sender.settings,
            number: &self.number,
            number_hash: &v.number_hash,
            network: v.network.as_deref(),
            is_checked: true,
        };
        Ok(limits::decide(db, now, &asked)?.map(Instead::Refused))
    }

    /// Stores the first attempt.
    fn begin(self, db: &Connection, v: Verification, status: StatusCode) -> store::Result<Begun> {
        messages::add(db, &self.row)?;
        let now = ids::now_ms();
        let free_at = free_at(&self.app, db, &v, now)?;
        if self.row.state == State::Sending {
            if let Some(key) = &self.key {
                idempotency::reserve(db, key, &v.id, None)?;
            }
            let row = self.row;
            return Ok(Begun::Continue(Box::new(Written { v, row, free_at })));
        }
        let shown = view(&self.app, &v, Some(&self.row), free_at, now);
        let answer = Answer::of(status, &shown);
        if let Some(key) = &self.key {
            idempotency::reserve(db, key, &v.id, Some((answer.status, &answer.body)))?;
        }
        Ok(Begun::Break(Instead::Done(answer)))
    }
}

/// How long a start by a webhook has to wait. Its callers have no verification identifiers, so two of their starts for
/// one number ask for two codes of one verification. The second may have read before the first was stored.
fn awaited(db: &Connection, v: &Verification) -> store::Result<Option<i64>> {
    let Some(source) = v.source.as_deref() else {
        return Ok(None);
    };
    let now = ids::now_ms();
    let newest = verifications::of_number(db, &v.tenant, &v.number_hash, Some(source), 1)?.pop();
    let Some(earlier) = newest.filter(|earlier| is_live(earlier, now)) else {
        return Ok(None);
    };
    let latest = messages::of_verification(db, &earlier)?.pop();
    Ok(too_early(&earlier, latest.as_ref(), now))
}

/// How long another code has to wait; none if it may be made.
fn too_early(v: &Verification, latest: Option<&Message>, now: i64) -> Option<i64> {
    let wait = resend_at(v, latest) - now;
    let is_sending = latest.is_some_and(|row| row.state == State::Sending);
    (wait > 0 || is_sending).then_some(wait.max(1000))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::send::Draft;
    use crate::service::store::registry::TenantSettings;
    use crate::service::test_app::{TestApp, verification};
    use std::time::Instant;

    /// A start by a webhook, as its caller prepared it before the transaction.
    fn started(app: &Arc<App>, to: &str, source: Option<&str>) -> (Begin, Verification) {
        let number = Number::parse(to, None).unwrap();
        let v = verification(app, to, source, "123456");
        let draft = Draft {
            tenant: "default".to_owned(),
            verification: Some(v.id.clone()),
            source: v.source.clone(),
            number: number.clone(),
            usage: v.usage.clone(),
            locales: Vec::new(),
            variables: vec![("code".to_owned(), "123456".to_owned())],
            route: Vec::new(),
            deadline: Instant::now(),
        };
        let begin = Begin {
            app: app.clone(),
            sender: Sender {
                settings: TenantSettings::default(),
                stopped: None,
            },
            number,
            key: None,
            row: draft.row(app, "c_1").unwrap(),
            is_served: true,
        };
        (begin, v)
    }

    /// Both were read before there was a verification; the transaction decides.
    #[tokio::test]
    async fn second_start_by_a_webhook_is_too_early() {
        let test = TestApp::new().await;
        let app = &test.app;
        for (to, first, second, is_sent) in [
            ("+8613800138000", Some("w_1"), Some("w_1"), false),
            ("+8613800138001", Some("w_1"), Some("w_2"), true),
            ("+8613800138002", None, None, true),
        ] {
            let begun = [first, second].map(|source| started(app, to, source));
            let mut sent = Vec::new();
            for (begin, v) in begun {
                let outcome = app.store.write(move |db| begin.start(db, v)).await;
                sent.push(match outcome.unwrap() {
                    Begun::Continue(_) => true,
                    Begun::Break(Instead::TooEarly(wait)) => {
                        assert!((1000..=60_000).contains(&wait), "{wait}");
                        false
                    }
                    Begun::Break(_) => panic!("{to}: something else"),
                });
            }
            assert_eq!(sent, [true, is_sent], "{to} {first:?} {second:?}");
        }
    }

    /// A message that was certainly not sent delays no other one.
    #[tokio::test]
    async fn start_after_certain_not_sent_is_not_too_early() {
        let test = TestApp::new().await;
        let app = &test.app;
        for state in [State::NotSent, State::Unknown] {
            let to = match state {
                State::NotSent => "+8613800138003",
                _ => "+8613800138004",
            };
            let (begin, v) = started(app, to, Some("w_1"));
            let begun = app.store.write(move |db| begin.start(db, v)).await;
            let Ok(Begun::Continue(written)) = begun else {
                panic!("{to}: not begun");
            };
            let mut row = written.row;
            row.state = state;
            row.settled_at = Some(ids::now_ms());
            let settled = app.store.write(move |db| messages::settle(db, &row)).await;
            settled.unwrap();
            let (begin, v) = started(app, to, Some("w_1"));
            let again = app.store.write(move |db| begin.start(db, v)).await.unwrap();
            let is_begun = matches!(again, Begun::Continue(_));
            assert_eq!(is_begun, state == State::NotSent, "{state:?}");
        }
    }
}
