//! Single messages, for back ends that make the code themselves.

use super::repeat::{outlast, replayed};
use super::rules::{Caller, check_locales, check_usage, refused, tenant};
use super::views::{Answer, message_view};
use crate::app::{App, Point};
use crate::ids;
use crate::limits::{self, Asked, Refusal};
use crate::number::Number;
use crate::phrases::{self, Language};
use crate::problem::Problem;
use crate::send::{self, Draft};
use crate::store::idempotency::{self, Known, Request};
use crate::store::messages::{self, Message};
use crate::store::{StoreError, limits::Counter};
use axum::http::StatusCode;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

/// A message to be sent.
#[derive(Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MessageRequest {
    /// The number: with `+` and calling code, or as people of the default country write it.
    #[schema(example = "+8613800138000")]
    pub to: String,
    /// Why: `SignIn`, `Register`, `ForgotPassword`, `Generic` and others.
    #[schema(example = "Generic")]
    pub usage: String,
    /// Values for the template, the code as `code`.
    pub variables: BTreeMap<String, String>,
    /// The person's languages, best first.
    #[serde(default)]
    pub locales: Vec<String>,
    /// The country of a number without a calling code, instead of the tenant's default.
    #[serde(default)]
    pub country: Option<String>,
    /// The person's address, for limits by network.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub ip: Option<IpAddr>,
}

enum Begun {
    Known(Known),
    Refused(Refusal),
    Sending(Box<Message>),
}

/// Sends a message.
///
/// # Errors
///
/// [`Problem`] when it was refused. A message that was not sent is no error: the answer says so.
pub async fn send(
    app: &Arc<App>,
    caller: &Caller,
    request: MessageRequest,
    key: Option<Request>,
) -> Result<Answer, Problem> {
    let catalog = app.catalog.load_full();
    let settings = tenant(&catalog, caller)?.settings.clone();
    check_usage(&request.usage)?;
    check_locales(&request.locales)?;
    check_variables(&request.variables)?;
    let country = request
        .country
        .as_deref()
        .or(settings.default_country.as_deref());
    let number = Number::parse(&request.to, country)
        .map_err(|error| Problem::invalid("/to", format!("{error}.")))?;
    if let Some(refusal) = limits::stopped(&catalog, &settings) {
        return Err(refused(refusal));
    }
    let draft = Draft {
        tenant: caller.tenant.clone(),
        verification: None,
        route: catalog.route(&caller.tenant, &request.usage, number.country()),
        number,
        usage: request.usage,
        locales: request.locales,
        variables: request.variables.into_iter().collect(),
        deadline: Instant::now() + app.answer_within,
    };
    let connector = draft.route.first().map_or("", |c| c.row.id.as_str());
    let row = draft.row(app, connector, None)?;
    let network = request.ip.map(limits::network);
    let (number, is_served, asked_key) =
        (draft.number.clone(), !draft.route.is_empty(), key.clone());
    app.at(Point::BeforeIntent);
    let begun = app.store.write(move |db| {
        if let Some(key) = &asked_key {
            match idempotency::look_up(db, key)? {
                Known::Nothing => {}
                known => return Ok(Begun::Known(known)),
            }
        }
        let now = ids::now_ms();
        if !is_served {
            let counter = Counter {
                tenant: &row.tenant,
                scope: limits::REFUSED,
                subject: "no-flow",
            };
            counter.add(db, now, 1)?;
            return Ok(Begun::Refused(Refusal {
                reason: "no-flow",
                retry_after_ms: None,
            }));
        }
        let asked = Asked {
            tenant: &row.tenant,
            settings: &settings,
            number: &number,
            number_hash: &row.number_hash,
            network: network.as_deref(),
            is_checked: false,
        };
        if let Some(refusal) = limits::decide(db, now, &asked)? {
            return Ok(Begun::Refused(refusal));
        }
        messages::add(db, &row)?;
        if let Some(key) = &asked_key {
            idempotency::reserve(db, key, &row.id)?;
        }
        Ok::<_, StoreError>(Begun::Sending(Box::new(row)))
    });
    match begun.await? {
        Begun::Known(Known::Lost { subject }) => interrupted(app, caller, subject),
        Begun::Known(known) => {
            replayed(known).unwrap_or_else(|| Err(Problem::not_found("message")))
        }
        Begun::Refused(refusal) => Err(refused(refusal)),
        Begun::Sending(row) => carry_out(app, draft, *row, key).await,
    }
}

fn check_variables(variables: &BTreeMap<String, String>) -> Result<(), Problem> {
    let fits =
        |(name, value): (&String, &String)| (1..=64).contains(&name.len()) && value.len() <= 1024;
    if variables.len() <= 16 && variables.iter().all(fits) {
        return Ok(());
    }
    Err(Problem::invalid(
        "/variables",
        "Variables are at most 16, their names at most 64 and their values at most 1024 bytes.",
    ))
}

async fn carry_out(
    app: &Arc<App>,
    draft: Draft,
    row: Message,
    key: Option<Request>,
) -> Result<Answer, Problem> {
    let task = {
        let app = app.clone();
        async move {
            let shown = app.clone();
            let language = Language::best(&draft.locales);
            let finish: send::Finish = Arc::new(move |db, row| match &key {
                Some(key) => {
                    let answer = Answer::of(
                        StatusCode::CREATED,
                        &message_view(&shown, row).told(language),
                    );
                    idempotency::answer(db, key, answer.status, &answer.body)
                }
                None => Ok(()),
            });
            let sent = send::send(&app, &draft, row, finish).await?;
            app.at(Point::BeforeAnswer);
            let view = message_view(&app, &sent).told(language);
            Ok(Answer::of(StatusCode::CREATED, &view))
        }
    };
    outlast(app, task).await
}

fn interrupted(app: &App, caller: &Caller, subject: Option<String>) -> Result<Answer, Problem> {
    let id = subject.unwrap_or_default();
    let row = app
        .store
        .read(|db| messages::latest_attempt(db, &caller.tenant, &id))?
        .ok_or_else(|| Problem::not_found("message"))?;
    let view = message_view(app, &row).told(phrases::spoken());
    let mut answer = Answer::of(StatusCode::CREATED, &view);
    answer.is_replay = true;
    Ok(answer)
}

/// Notes that the code of a message was used.
///
/// # Errors
///
/// [`Problem`] when the tenant has no such message.
pub async fn verified(app: &Arc<App>, caller: &Caller, id: &str) -> Result<(), Problem> {
    let (tenant, id) = (caller.tenant.clone(), id.to_owned());
    let marked = app.store.write(move |db| {
        let now = ids::now_ms();
        let Some(row) = messages::get(db, &tenant, &id)? else {
            return Ok(false);
        };
        if row.verified_at.is_none() {
            messages::mark_verified(db, &tenant, &id, now)?;
            limits::verified(db, now, &tenant, &row.country, None)?;
        }
        Ok::<_, StoreError>(true)
    });
    if marked.await? {
        Ok(())
    } else {
        Err(Problem::not_found("message"))
    }
}
