//! The transaction of a start or a resend: repeated requests, locks and limits, and the rows of what is to be sent.

use super::rules::{SENDS, count_denied, count_refused, is_live, resend_at, tag};
use super::views::{Answer, view};
use crate::app::App;
use crate::events;
use crate::limits::{self, Asked, Refusal};
use crate::number::Number;
use crate::store::idempotency::{self, Known, Request};
use crate::store::messages::{self, Message, State};
use crate::store::registry::TenantSettings;
use crate::store::verifications::{self, Verification};
use crate::{ids, store};
use axum::http::StatusCode;
use rusqlite::Connection;
use std::sync::Arc;

/// What the transaction of a start or a resend decided.
pub(super) enum Begun {
    /// Written down, to be sent.
    Sending(Box<(Verification, Message)>),
    /// Nothing is to be sent.
    Instead(Instead),
}

/// What a request gets in place of a message.
pub(super) enum Instead {
    Known(Known),
    Refused(Refusal),
    Locked(i64),
    NotUsable,
    TooEarly(i64),
    TooOften,
    /// Written down.
    Done(Answer),
}

/// What the transaction of a start or a resend needs.
pub(super) struct Begin {
    pub app: Arc<App>,
    pub settings: TenantSettings,
    pub number: Number,
    pub key: Option<Request>,
    pub row: Message,
    /// Why nothing at all is sent.
    pub stopped: Option<Refusal>,
    /// Whether a flow serves the number, or it is a test number.
    pub is_served: bool,
}

impl Begin {
    /// Writes a verification and its first message down, unless something speaks against it.
    pub fn start(self, db: &Connection, v: Verification) -> store::Result<Begun> {
        if let Some(known) = self.repeated(db)? {
            return Ok(Begun::Instead(Instead::Known(known)));
        }
        if let Some(instead) = self.refused(db, &v)? {
            return Ok(Begun::Instead(instead));
        }
        verifications::add(db, &v)?;
        events::verification(&self.app, db, &v, "started")?;
        self.begin(db, v, StatusCode::CREATED)
    }

    /// Writes another code and its message down, unless something speaks against it.
    pub fn resend(self, db: &Connection, id: &str, code: &str) -> store::Result<Begun> {
        if let Some(known) = self.repeated(db)? {
            return Ok(Begun::Instead(Instead::Known(known)));
        }
        let now = ids::now_ms();
        let found = verifications::get(db, &self.row.tenant, id)?;
        let Some(mut v) = found.filter(|v| is_live(v, now)) else {
            return Ok(Begun::Instead(Instead::NotUsable));
        };
        let latest = messages::of_verification(db, &v)?.pop();
        let wait = resend_at(&v, latest.as_ref()) - now;
        if v.sends >= SENDS {
            count_refused(db, &v.tenant, "too-many-codes")?;
            return Ok(Begun::Instead(Instead::TooOften));
        }
        if wait > 0 || latest.is_some_and(|row| row.state == State::Sending) {
            count_refused(db, &v.tenant, "too-early")?;
            return Ok(Begun::Instead(Instead::TooEarly(wait.max(1000))));
        }
        if let Some(instead) = self.refused(db, &v)? {
            return Ok(Begun::Instead(instead));
        }
        v.sends += 1;
        v.attempts = 0;
        v.sent_at = now;
        v.expires_at = now + v.lifetime_ms;
        v.code = tag(&self.app, &v, code);
        verifications::update(db, &v)?;
        self.begin(db, v, StatusCode::OK)
    }

    /// What is known of a request that came before. Asked before everything else: what was sent stays sent, whatever an
    /// operator changed since.
    fn repeated(&self, db: &Connection) -> store::Result<Option<Known>> {
        let Some(key) = &self.key else {
            return Ok(None);
        };
        let known = idempotency::look_up(db, key)?;
        Ok((known != Known::Nothing).then_some(known))
    }

    /// What a request gets that an operator, a lock or a limit refuses.
    fn refused(&self, db: &Connection, v: &Verification) -> store::Result<Option<Instead>> {
        if let Some(refusal) = count_denied(db, &v.tenant, self.stopped, self.is_served)? {
            return Ok(Some(Instead::Refused(refusal)));
        }
        let now = ids::now_ms();
        let failures = limits::failures(&v.tenant, &v.number_hash);
        let wait_ms = failures.wait_ms(failures.level(db, now)?);
        if wait_ms > 0 {
            count_refused(db, &v.tenant, "locked")?;
            return Ok(Some(Instead::Locked(wait_ms)));
        }
        if v.is_test {
            return Ok(None);
        }
        let asked = Asked {
            tenant: &v.tenant,
            settings: &self.settings,
            number: &self.number,
            number_hash: &v.number_hash,
            network: v.network.as_deref(),
            is_checked: true,
        };
        Ok(limits::decide(db, now, &asked)?.map(Instead::Refused))
    }

    /// Writes the first attempt down.
    fn begin(self, db: &Connection, v: Verification, status: StatusCode) -> store::Result<Begun> {
        messages::add(db, &self.row)?;
        if self.row.state == State::Sending {
            if let Some(key) = &self.key {
                idempotency::reserve(db, key, &v.id)?;
            }
            return Ok(Begun::Sending(Box::new((v, self.row))));
        }
        let shown = view(&self.app, &v, Some(&self.row), ids::now_ms());
        let answer = Answer::of(status, &shown);
        if let Some(key) = &self.key {
            idempotency::keep(db, key, &v.id, answer.status, &answer.body)?;
        }
        Ok(Begun::Instead(Instead::Done(answer)))
    }
}
