//! Single messages, for back ends that make the code themselves.

use super::deliver::{Delivery, Once, Order, deliver};
use super::repeat::{known, late, replayed, replayed_or};
use super::rules::{Caller, check_locales, check_usage, recipient, refused, sender};
use super::runner::WRITING;
use super::views::{Answer, message_view};
use crate::service::app::App;
use crate::service::phrases::{self, Language};
use crate::service::problem::Problem;
use crate::service::send::Draft;
use crate::service::store::idempotency::{self, Known, Request};
use crate::service::store::message::{Message, State};
use crate::service::store::messages;
use crate::service::store::verifications;
use crate::service::store::{self, StoreError};
use crate::service::{ids, limits};
use axum::http::StatusCode;
use rusqlite::Connection;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use std::collections::BTreeMap;
use std::fmt;
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
    #[serde(deserialize_with = "unique")]
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

/// Sends a message.
///
/// # Errors
///
/// [`Problem`] when it was refused. A message that was not sent is not an error: the response reports it.
pub async fn send(
    app: &Arc<App>,
    caller: &Caller,
    request: MessageRequest,
    key: Option<Request>,
) -> Result<Answer, Problem> {
    let catalog = app.catalog.load_full();
    let settings = sender(&catalog, &caller.tenant)?.settings;
    check_usage(&request.usage)?;
    check_locales(&request.locales)?;
    check_variables(&request.variables)?;
    let number = match recipient(&request.to, request.country.as_deref(), &settings) {
        Ok(number) => number,
        Err(problem) => return replayed_or(app, key.as_ref(), problem),
    };
    let order = Order {
        draft: Draft {
            tenant: caller.tenant.clone(),
            verification: None,
            source: None,
            route: catalog.route(&caller.tenant, &request.usage, number.country()),
            number,
            usage: request.usage,
            locales: request.locales,
            variables: request.variables.into_iter().collect(),
            deadline: Instant::now() + app.answer_within,
        },
        network: request.ip.map(limits::network),
        patience: app.answer_within + WRITING,
    };
    let language = Language::wanted(&order.draft.locales);
    let kept = Kept {
        app: app.clone(),
        key,
        language,
    };
    match deliver(app, order, kept).await? {
        Delivery::Known(Known::Lost { subject }) => interrupted(app, caller, subject),
        Delivery::Known(known) => {
            replayed(known).unwrap_or_else(|| Err(Problem::not_found("message")))
        }
        Delivery::Refused(refusal) => Err(refused(refusal)),
        Delivery::Done(row) => {
            let view = message_view(app, &row).told(language);
            Ok(Answer::of(StatusCode::CREATED, &view))
        }
        Delivery::Late => Err(late()),
    }
}

/// The idempotency key of a request, if it has one.
#[derive(Clone)]
struct Kept {
    app: Arc<App>,
    key: Option<Request>,
    language: Language,
}

impl Once for Kept {
    type Known = Known;

    fn look_up(&self, db: &Connection) -> store::Result<Option<Known>> {
        let Some(key) = &self.key else {
            return Ok(None);
        };
        let known = known(&self.app, db, key)?;
        Ok((known != Known::Nothing).then_some(known))
    }

    fn reserve(&self, db: &Connection, row: &Message) -> store::Result<()> {
        match &self.key {
            Some(key) => idempotency::reserve(db, key, &row.id, None),
            None => Ok(()),
        }
    }

    fn finish(&self, db: &Connection, row: &Message) -> store::Result<()> {
        let Some(key) = &self.key else {
            return Ok(());
        };
        let view = message_view(&self.app, row).told(self.language);
        let answer = Answer::of(StatusCode::CREATED, &view);
        idempotency::answer(db, key, answer.status, &answer.body)
    }
}

/// Reads variables, of which none may occur twice: serde would keep the last.
fn unique<'de, D: Deserializer<'de>>(reader: D) -> Result<BTreeMap<String, String>, D::Error> {
    struct Variables;

    impl<'de> Visitor<'de> for Variables {
        type Value = BTreeMap<String, String>;

        fn expecting(&self, text: &mut fmt::Formatter<'_>) -> fmt::Result {
            text.write_str("an object of texts")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
            let mut variables = BTreeMap::new();
            while let Some((name, value)) = members.next_entry()? {
                if variables.insert(name, value).is_some() {
                    return Err(A::Error::custom("expected each name once"));
                }
            }
            Ok(variables)
        }
    }

    reader.deserialize_map(Variables)
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

/// Stores that the code of a message was used.
///
/// # Errors
///
/// [`Problem`] when the tenant has no such message.
pub async fn verified(app: &Arc<App>, caller: &Caller, id: &str) -> Result<(), Problem> {
    let (tenant, id, catalog) = (
        caller.tenant.clone(),
        id.to_owned(),
        app.catalog.load_full(),
    );
    let marked = app.store.write(move |db| {
        let now = ids::now_ms();
        let Some(row) = messages::get(db, &tenant, &id)? else {
            return Ok(false);
        };
        // Nothing was sent, and nothing counted.
        if matches!(row.state, State::Suppressed | State::NotSent) {
            return Ok(true);
        }
        let is_reported = catalog.reports(&tenant, &row.connector);
        if messages::mark_verified(db, &tenant, &id, now, is_reported)? {
            // The rule about unverified sends counts the messages of verifications alone.
            match &row.verification {
                Some(v) => {
                    let v = verifications::get(db, &tenant, v)?;
                    let network = v.as_ref().and_then(|v| v.network.as_deref());
                    limits::verified(db, now, &tenant, &row.country, network)?;
                }
                None => limits::count_verified(db, now, &tenant, &row.country)?,
            }
        }
        Ok::<_, StoreError>(true)
    });
    if marked.await? {
        Ok(())
    } else {
        Err(Problem::not_found("message"))
    }
}
