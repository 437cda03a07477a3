//! Start and resend: a new code, stored and sent.

use super::begin::{Begin, Begun, Instead, Written};
use super::repeat::{late, replayed, replayed_or};
use super::request::StartRequest;
use super::rules::{
    Caller, LIFETIME_S, check_locales, check_usage, locked, not_usable, recipient, refused, sender,
    tag, told,
};
use super::runner::{self, Carried, WRITING};
use super::views::{Answer, current, view};
use crate::service::app::App;
use crate::service::catalog::Connector;
use crate::service::crypt::Purpose;
use crate::service::ids;
use crate::service::limits::{self, Sender};
use crate::service::number::Number;
use crate::service::outcomes::Finish;
use crate::service::phrases::{self, Language};
use crate::service::platforms::RESERVE;
use crate::service::problem::Problem;
use crate::service::send::{self, Draft};
use crate::service::store::idempotency::{self, Known, Request};
use crate::service::store::message::{Message, State};
use crate::service::store::messages;
use crate::service::store::verifications::{self, Verification};
use crate::service::store::{self, StoreError};
use axum::http::StatusCode;
use rusqlite::Connection;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Starts a verification.
///
/// # Errors
///
/// [`Problem`] when it was refused. A message that was not sent is not an error: the response reports it.
pub async fn start(
    app: &Arc<App>,
    caller: &Caller,
    request: StartRequest,
    key: Option<Request>,
) -> Result<Answer, Problem> {
    let language = Language::among(&request.locales);
    let started = start_in_any(app, caller, request, key).await;
    started.map_err(|problem| match language {
        Some(language) => problem.told(language),
        None => problem,
    })
}

async fn start_in_any(
    app: &Arc<App>,
    caller: &Caller,
    request: StartRequest,
    key: Option<Request>,
) -> Result<Answer, Problem> {
    let catalog = app.catalog.load_full();
    let sender = sender(&catalog, &caller.tenant)?;
    check_usage(&request.usage)?;
    check_locales(&request.locales)?;
    let lifetime_s = request.lifetime_s.unwrap_or(LIFETIME_S);
    if !(30..=2 * LIFETIME_S).contains(&lifetime_s) {
        return Err(Problem::invalid(
            "/lifetime_s",
            "A code lives 30 to 600 seconds.",
        ));
    }
    let number = match recipient(&request.to, request.country.as_deref(), &sender.settings) {
        Ok(number) => number,
        Err(problem) => return replayed_or(app, key.as_ref(), problem),
    };
    let number_hash = app.number_hash(&caller.tenant, number.e164());
    let now = ids::now_ms();
    let test_code = test_code(app, &catalog, &caller.tenant, &number_hash, now)?;
    if test_code.is_some() && caller.source.is_some() {
        return Err(Problem::invalid(
            "/to",
            "This is a test number, and test numbers do not pass here.",
        )
        .tell(phrases::CHECK_NUMBER));
    }
    let route = catalog.route(&caller.tenant, &request.usage, number.country());
    let code = match &test_code {
        Some(code) => code.clone(),
        None => ids::code()?,
    };
    let mut v = Verification {
        id: ids::new("v"),
        tenant: caller.tenant.clone(),
        number: app.encrypt_number(&caller.tenant, number.e164())?,
        number_hash,
        usage: request.usage,
        locales: request.locales.join(","),
        country: number.country().to_owned(),
        prefix: number.prefix().to_owned(),
        network: request.ip.map(limits::network),
        source: caller.source.clone(),
        is_test: test_code.is_some(),
        state: verifications::State::Pending,
        code: Vec::new(),
        attempts: 0,
        sends: 1,
        sent_at: now,
        lifetime_ms: i64::from(lifetime_s) * 1000,
        expires_at: now + i64::from(lifetime_s) * 1000,
        created_at: now,
    };
    v.code = tag(app, &v, &code);
    let draft = draft(app, caller, &v, number, code, route);
    let is_sent = !request.suppress && !v.is_test;
    let begin = begin(app, sender, &draft, key.clone(), is_sent, v.is_test)?;
    let write = move |db: &Connection| begin.start(db, v);
    carry_out(app, caller, write, draft, key, StatusCode::CREATED).await
}

/// Makes another code for a verification and sends it. After a message whose outcome is unknown it uses the flow's next
/// connector.
///
/// # Errors
///
/// As [`start`].
pub async fn resend(
    app: &Arc<App>,
    caller: &Caller,
    id: &str,
    key: Option<Request>,
) -> Result<Answer, Problem> {
    let resent = resend_in_any(app, caller, id, key).await;
    resent.map_err(|problem| told(app, caller, id, problem))
}

async fn resend_in_any(
    app: &Arc<App>,
    caller: &Caller,
    id: &str,
    key: Option<Request>,
) -> Result<Answer, Problem> {
    let catalog = app.catalog.load_full();
    let sender = sender(&catalog, &caller.tenant)?;
    // The transaction reads all of this again; a verification keeps its number, usage and country.
    let known_v = app.store.read(|db| {
        let found = verifications::get(db, &caller.tenant, id)?;
        let with_latest = |v| messages::latest_of(db, &v).map(|latest| (v, latest));
        found.map(with_latest).transpose()
    })?;
    let Some((v, latest)) = known_v else {
        return replayed_or(app, key.as_ref(), not_usable());
    };
    let number = Number::parse(&app.decrypt_number(&v.tenant, &v.number)?, None)
        .map_err(|_| not_usable())?;
    let mut route = catalog.route(&caller.tenant, &v.usage, &v.country);
    // Suppressed, as at the start.
    let is_suppressed = matches!(latest, Some((_, _, State::Suppressed)));
    if let Some((_, connector, State::Unknown)) = &latest {
        skip_past(&mut route, connector);
    }
    let now = ids::now_ms();
    let test_code = test_code(app, &catalog, &caller.tenant, &v.number_hash, now)?;
    if test_code.is_some() && !v.is_test {
        // It became a test number since: nothing is sent to it, and its own code is not this verification's.
        return replayed_or(app, key.as_ref(), not_usable());
    }
    let is_sent = !v.is_test && !is_suppressed;
    let code = match (&test_code, v.is_test) {
        (Some(code), true) => code.clone(),
        _ => ids::code()?,
    };
    let draft = draft(app, caller, &v, number, code.clone(), route);
    let begin = begin(app, sender, &draft, key.clone(), is_sent, v.is_test)?;
    let id = id.to_owned();
    let write = move |db: &Connection| begin.resend(db, &id, &code);
    carry_out(app, caller, write, draft, key, StatusCode::OK).await
}

/// The message with a verification's code.
fn draft(
    app: &App,
    caller: &Caller,
    v: &Verification,
    number: Number,
    code: String,
    route: Vec<Arc<Connector>>,
) -> Draft {
    let locales = v.locales.split(',').filter(|tag| !tag.is_empty());
    Draft {
        tenant: v.tenant.clone(),
        verification: Some(v.id.clone()),
        source: caller.source.clone(),
        number,
        usage: v.usage.clone(),
        locales: locales.map(str::to_owned).collect(),
        variables: vec![("code".to_owned(), code)],
        route,
        deadline: deadline(app, caller),
    }
}

/// The inputs of the transaction that stores a message.
fn begin(
    app: &Arc<App>,
    sender: Sender,
    draft: &Draft,
    key: Option<Request>,
    is_sent: bool,
    is_test: bool,
) -> Result<Begin, StoreError> {
    Ok(Begin {
        app: app.clone(),
        sender,
        number: draft.number.clone(),
        key,
        row: first_row(app, draft, is_sent)?,
        is_served: is_test || !draft.route.is_empty(),
    })
}

/// When the connectors have to finish the message.
fn deadline(app: &App, caller: &Caller) -> Instant {
    let within = caller.answer_within.map(|all| all.saturating_sub(RESERVE));
    Instant::now() + within.unwrap_or(app.answer_within)
}

/// The longest time that the caller waits.
fn patience(app: &App, caller: &Caller) -> Duration {
    caller.answer_within.unwrap_or(app.answer_within + WRITING)
}

/// The first attempt's row; one that is not to be sent has its outcome already.
fn first_row(app: &App, draft: &Draft, is_sent: bool) -> Result<Message, StoreError> {
    let connector = draft.route.first().map_or("", |c| c.row.id.as_str());
    let mut row = draft.row(app, connector)?;
    if !is_sent {
        row.state = State::Suppressed;
        row.settled_at = Some(row.created_at);
    }
    Ok(row)
}

/// Rotates a route so that it begins after a connector.
fn skip_past(route: &mut [Arc<Connector>], connector: &str) {
    if let Some(index) = route.iter().position(|c| c.row.id == connector) {
        let next = (index + 1) % route.len();
        route.rotate_left(next);
    }
}

/// The code of a test number that has not ended.
fn test_code(
    app: &App,
    catalog: &crate::service::catalog::Catalog,
    tenant: &str,
    number_hash: &[u8],
    now: i64,
) -> Result<Option<String>, Problem> {
    let Some(test) = catalog.test_number(tenant, number_hash, now) else {
        return Ok(None);
    };
    let code = app
        .keys
        .decrypt(tenant, Purpose::Configs, "test-code", &test.code)?;
    Ok(Some(String::from_utf8_lossy(&code).into_owned()))
}

/// Stores a message, and sends it.
async fn carry_out(
    app: &Arc<App>,
    caller: &Caller,
    write: impl FnOnce(&Connection) -> store::Result<Begun> + Send + 'static,
    draft: Draft,
    key: Option<Request>,
    status: StatusCode,
) -> Result<Answer, Problem> {
    let subject = draft.verification.clone().unwrap_or_default();
    let send = move |app: Arc<App>, written: Box<Written>| async move {
        let Written { v, row, free_at } = *written;
        let shown_by = app.clone();
        let answer_of = move |row: &Message| {
            let shown = view(&shown_by, &v, Some(row), free_at, ids::now_ms());
            Answer::of(status, &shown)
        };
        let answer_of = Arc::new(answer_of);
        let kept = answer_of.clone();
        let finish: Finish = Arc::new(move |db, row| match &key {
            Some(key) => {
                let answer = kept(row);
                idempotency::answer(db, key, answer.status, &answer.body)
            }
            None => Ok(()),
        });
        Ok(answer_of(&send::send(&app, &draft, row, finish).await?))
    };
    match runner::carry_out(app, &subject, patience(app, caller), write, send).await? {
        Carried::Instead(instead) => answer_instead(app, caller, instead, status),
        Carried::Done(answer) => Ok(answer),
        Carried::Late => Err(late()),
    }
}

/// The response where nothing is to be sent.
fn answer_instead(
    app: &App,
    caller: &Caller,
    instead: Instead,
    status: StatusCode,
) -> Result<Answer, Problem> {
    match instead {
        Instead::Known(Known::Lost { subject }) => interrupted(app, caller, subject, status),
        Instead::Known(known) => replayed(known).unwrap_or_else(|| Err(not_usable())),
        Instead::Refused(refusal) => Err(refused(refusal)),
        Instead::Locked(wait_ms) => Err(locked(wait_ms)),
        Instead::NotUsable => Err(not_usable()),
        Instead::TooEarly(wait) => Err(Problem::refused(
            StatusCode::TOO_MANY_REQUESTS,
            "too-early",
            "Another code is too early",
            "A minute has to pass between two codes of one verification.",
        )
        .after(Some(wait))),
        Instead::TooOften => Err(Problem::refused(
            StatusCode::TOO_MANY_REQUESTS,
            "too-many-codes",
            "No more codes for this verification",
            "Five codes were made for this verification. Start another one.",
        )),
        Instead::Done(answer) => Ok(answer),
    }
}

/// The response to a request whose process ended: its verification in its present state.
fn interrupted(
    app: &App,
    caller: &Caller,
    subject: Option<String>,
    status: StatusCode,
) -> Result<Answer, Problem> {
    let id = subject.unwrap_or_default();
    let (shown, _) = current(app, &caller.tenant, &id)?.ok_or_else(not_usable)?;
    let mut answer = Answer::of(status, &shown);
    answer.is_replay = true;
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::test_app::TestApp;

    /// The database failed before anything was stored, or the message may have been sent: two kinds.
    #[tokio::test]
    async fn late_outcome_is_a_kind_of_its_own() {
        let (test, release) = TestApp::held_after_intent().await;
        test.serve_by_nobody().await;
        let caller = Caller {
            tenant: "default".to_owned(),
            actor: "test".to_owned(),
            source: None,
            answer_within: None,
        };
        let request = || {
            let request = serde_json::json!({"to": "+8613800138000", "usage": "SignIn"});
            serde_json::from_value::<StartRequest>(request).unwrap()
        };
        let late = start(&test.app, &caller, request(), None)
            .await
            .unwrap_err();
        assert!(late.is_late(), "{late:?}");
        assert_eq!((late.status, late.retry_after), (503, Some(5)));
        drop(release);
        let broken = test.app.store.write(move |db| {
            db.execute_batch("DROP TABLE verifications")
                .map_err(StoreError::from)
        });
        broken.await.unwrap();
        let failed = start(&test.app, &caller, request(), None)
            .await
            .unwrap_err();
        assert_eq!(failed.kind, "storage");
    }
}
