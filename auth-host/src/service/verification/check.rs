//! Check and cancel: one transaction each.

use super::repeat::{known, replayed};
use super::rules::{Caller, TRIES, code_bytes, is_live, language, locked, not_usable, told};
use super::views::Answer;
use crate::service::app::App;
use crate::service::crypt::Purpose;
use crate::service::events;
use crate::service::ids::{self, rfc3339};
use crate::service::limits;
use crate::service::number::Number;
use crate::service::phrases;
use crate::service::problem::Problem;
use crate::service::store::audit::Action;
use crate::service::store::idempotency::{self, Known, Request};
use crate::service::store::verifications::{self, State, Verification};
use crate::service::store::{self, audit, messages};
use axum::http::StatusCode;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The longest text that is compared as a code.
const LONGEST: usize = 16;

/// A code that a person typed.
#[derive(Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckRequest {
    /// The code. Spaces and hyphens are ignored.
    #[schema(example = "123456")]
    pub code: String,
    /// The number that the back end believes it is verifying. If it is given and differs, the code is not usable.
    #[serde(default)]
    pub to: Option<String>,
}

/// The response to a check.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Checked {
    /// The verification.
    pub id: String,
    /// `approved`, or `pending` after a wrong code.
    pub status: String,
    /// True if the code was right.
    pub valid: bool,
    /// The text for the person after a wrong code, in the first available of that person's languages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_message: Option<String>,
    /// Tries that are left for this code, after a wrong one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempts_left: Option<u32>,
    /// When the code expires (RFC 3339), after a wrong one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    /// True if the number is a test number.
    pub test: bool,
}

enum Outcome {
    Known(Known),
    Locked(i64),
    NotUsable,
    Done(Answer),
}

/// Checks a code.
///
/// # Errors
///
/// [`Problem`] `not-usable` for everything that does not wait for a code, `locked` after too many wrong ones.
pub async fn check(
    app: &Arc<App>,
    caller: &Caller,
    id: &str,
    request: CheckRequest,
    key: Option<Request>,
) -> Result<Answer, Problem> {
    let checked = compare(app, caller, id, request, key).await;
    checked.map_err(|problem| told(app, caller, id, problem))
}

async fn compare(
    app: &Arc<App>,
    caller: &Caller,
    id: &str,
    request: CheckRequest,
    key: Option<Request>,
) -> Result<Answer, Problem> {
    let code: String = request
        .code
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .collect();
    if code.is_empty() || request.code.len() > LONGEST {
        let problem = Problem::invalid("/code", "A code is six digits.");
        return Err(problem.tell(phrases::WRONG_CODE));
    }
    let checking = Check {
        app: app.clone(),
        caller: caller.clone(),
        id: id.to_owned(),
        code,
        to: request.to,
        key,
    };
    match app.store.write(move |db| checking.run(db)).await? {
        Outcome::Known(known) => replayed(known).unwrap_or_else(|| Err(not_usable())),
        Outcome::Locked(wait_ms) => Err(locked(wait_ms)),
        Outcome::NotUsable => Err(not_usable()),
        Outcome::Done(answer) => {
            app.at(crate::service::app::Point::BeforeAnswer);
            Ok(answer)
        }
    }
}

struct Check {
    app: Arc<App>,
    caller: Caller,
    id: String,
    code: String,
    to: Option<String>,
    key: Option<Request>,
}

impl Check {
    fn run(self, db: &Connection) -> store::Result<Outcome> {
        if let Some(key) = &self.key {
            match known(&self.app, db, key)? {
                Known::Nothing => {}
                known => return Ok(Outcome::Known(known)),
            }
        }
        let now = ids::now_ms();
        let found = verifications::get(db, &self.caller.tenant, &self.id)?;
        let Some(mut v) = found.filter(|v| is_live(v, now) && v.attempts < TRIES) else {
            return Ok(Outcome::NotUsable);
        };
        if !self.is_for(&v) {
            return Ok(Outcome::NotUsable);
        }
        let wait_ms = limits::locked_ms(db, now, &v.tenant, &v.number_hash)?;
        if wait_ms > 0 {
            return Ok(Outcome::Locked(wait_ms));
        }
        let bytes = code_bytes(&v, &self.code);
        let is_right = self
            .app
            .keys
            .is_tag_of(&v.code, &v.tenant, Purpose::Codes, &bytes);
        let checked = if is_right {
            self.approve(db, &mut v, now)?
        } else {
            self.fail(db, &mut v, now)?
        };
        verifications::update(db, &v)?;
        let answer = Answer::of(StatusCode::OK, &checked);
        if let Some(key) = &self.key {
            idempotency::reserve(db, key, &v.id, Some((answer.status, &answer.body)))?;
        }
        Ok(Outcome::Done(answer))
    }

    /// Returns true if the verification is for the number that the caller named, or if it named none.
    fn is_for(&self, v: &Verification) -> bool {
        let Some(to) = &self.to else { return true };
        let catalog = self.app.catalog.load();
        let tenant = catalog.tenants.get(&v.tenant);
        let country = tenant.and_then(|tenant| tenant.settings.default_country.as_deref());
        let number = Number::parse(to, country);
        number.is_ok_and(|n| self.app.number_hash(&v.tenant, n.e164()) == v.number_hash)
    }

    fn approve(&self, db: &Connection, v: &mut Verification, now: i64) -> store::Result<Checked> {
        v.state = State::Approved;
        events::verification(&self.app, db, v, "approved")?;
        // The back end may have reported the use of the same code before.
        let mut is_first = true;
        if let Some((message, connector, _)) = messages::latest_of(db, v)? {
            let is_reported = !v.is_test && self.app.catalog.load().reports(&v.tenant, &connector);
            is_first = messages::mark_verified(db, &v.tenant, &message, now, is_reported)?;
        }
        if !v.is_test && is_first {
            limits::verified(db, now, &v.tenant, &v.country, v.network.as_deref())?;
        }
        Ok(Checked {
            id: v.id.clone(),
            status: v.state.as_str().to_owned(),
            valid: true,
            user_message: None,
            attempts_left: None,
            expires_at: None,
            test: v.is_test,
        })
    }

    fn fail(&self, db: &Connection, v: &mut Verification, now: i64) -> store::Result<Checked> {
        v.attempts += 1;
        let failures = limits::failures(&v.tenant, &v.number_hash);
        let before = failures.add(db, now, 1.0)?;
        if failures.wait_ms(before + 1.0) > 0 {
            let (tenant, actor) = (Some(v.tenant.as_str()), &self.caller.actor);
            audit::add(db, tenant, actor, Action::NumberLocked, &v.id, "")?;
        }
        Ok(Checked {
            id: v.id.clone(),
            status: v.state.as_str().to_owned(),
            valid: false,
            user_message: Some(language(v).say(phrases::WRONG_CODE).to_owned()),
            attempts_left: Some(TRIES.saturating_sub(v.attempts)),
            expires_at: Some(rfc3339(v.expires_at)),
            test: v.is_test,
        })
    }
}

/// Ends a verification that waits for a code.
///
/// # Errors
///
/// [`Problem`] `not-usable` for everything else.
pub async fn cancel(app: &Arc<App>, caller: &Caller, id: &str) -> Result<(), Problem> {
    let (told, tenant, id) = (app.clone(), caller.tenant.clone(), id.to_owned());
    let cancelled = app.store.write(move |db| {
        let now = ids::now_ms();
        let found = verifications::get(db, &tenant, &id)?;
        let Some(mut v) = found.filter(|v| is_live(v, now)) else {
            return Ok(false);
        };
        v.state = State::Cancelled;
        events::verification(&told, db, &v, "cancelled")?;
        verifications::update(db, &v)?;
        Ok::<_, store::StoreError>(true)
    });
    if cancelled.await? {
        Ok(())
    } else {
        Err(not_usable())
    }
}
