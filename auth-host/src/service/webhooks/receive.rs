//! Requests of platforms: proof of origin, the message, and the response within the platform's time.

use super::adapters;
use super::answers::answer;
use super::body;
use super::identity::{Marks, usage_of};
use super::once::{Asked, Known};
use super::verdict::{Class, Verdict};
use super::wanted::Wanted;
use crate::service::app::App;
use crate::service::calls::Call;
use crate::service::number::Number;
use crate::service::platforms::auth::{Auth, Unproved};
use crate::service::platforms::settings::Platform;
use crate::service::platforms::{RESERVE, Webhook};
use crate::service::problem::Problem;
use crate::service::request_body::{self, Unread};
use crate::service::send::Draft;
use crate::service::store::StoreError;
use crate::service::verification::{Delivery, Order, deliver};
use crate::service::{ids, limits};
use auth_connector_host::{Phrase, phrase};
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The largest body, in bytes.
const BODY_BYTES: usize = 64 << 10;

/// How often a request checks whether an earlier one has its outcome.
const POLL: Duration = Duration::from_millis(50);

/// A verdict, with the other inputs of the response.
struct Judged {
    verdict: Verdict,
    locales: Vec<String>,
    message: Option<String>,
    is_replay: bool,
    /// True if the request proved its origin.
    is_proved: bool,
}

impl Judged {
    /// A verdict on a request that proved nothing.
    fn unproved(verdict: Verdict) -> Self {
        Self {
            is_proved: false,
            ..verdict.into()
        }
    }
}

impl From<Verdict> for Judged {
    fn from(verdict: Verdict) -> Self {
        Self {
            verdict,
            locales: Vec::new(),
            message: None,
            is_replay: false,
            is_proved: true,
        }
    }
}

/// `POST /hooks/{platform}/{id}`
pub async fn receive(
    State(app): State<Arc<App>>,
    Path((platform, id)): Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let begun = Instant::now();
    let catalog = app.catalog.load_full();
    let found = catalog.webhooks.get(&id);
    // Twilio's API has paths of its own.
    let found = found.filter(|w| {
        w.settings.platform.as_str() == platform && w.settings.platform != Platform::TwilioVerify
    });
    let Some(webhook) = found.cloned() else {
        return Problem::not_found("webhook").into_response();
    };
    let judged = judge(&app, &webhook, &headers, body, begun).await;
    let word = judged.verdict.word().to_owned();
    metrics::counter!("auth_host_webhook_total", "platform" => platform, "outcome" => word.clone())
        .increment(1);
    let hint = match &judged.verdict {
        Verdict::Refused(refused) => refused.hint.clone(),
        Verdict::Sent | Verdict::Ignored => None,
    };
    tracing::info!(webhook = %webhook.id, name = %webhook.name, outcome = %word, hint = hint.as_ref().map_or("", Phrase::english), "a platform posted a message");
    let mut locales = judged.locales;
    locales.push(webhook.settings.locale.clone());
    let answer = answer(
        webhook.settings.platform,
        &judged.verdict,
        &locales,
        judged.is_replay,
    );
    let call = Call {
        at: ids::now_ms(),
        times: 1,
        status: answer.status().as_u16(),
        outcome: word,
        hint,
        message: judged.message,
        is_proved: judged.is_proved,
    };
    app.calls.add(&webhook.id, call);
    answer
}

async fn judge(
    app: &Arc<App>,
    webhook: &Arc<Webhook>,
    headers: &HeaderMap,
    body: Body,
    begun: Instant,
) -> Judged {
    let within = webhook.answer_within();
    let now_s = ids::now_ms() / 1000;
    let is_in_headers = !matches!(
        webhook.auth,
        Auth::StandardWebhooks | Auth::Svix | Auth::Zitadel | Auth::Hmac(_)
    );
    if is_in_headers
        && let Err(unproved) = webhook.auth.check(&webhook.secrets, headers, b"", now_s)
    {
        return Judged::unproved(unauthorized(unproved));
    }
    let bytes = match request_body::read(body, BODY_BYTES, within).await {
        Ok(bytes) => bytes,
        Err(unread) => {
            let verdict = match unread {
                Unread::TooLarge => Verdict::refused(Class::TooLarge, "too-large")
                    .hint(phrase!("hint-large", "A body has at most 65,536 bytes.")),
                Unread::Broken => Verdict::refused(Class::Unreadable, "unreadable"),
                Unread::TooSlow => Verdict::refused(Class::Unreadable, "too-slow"),
            };
            return Judged {
                is_proved: is_in_headers,
                ..verdict.into()
            };
        }
    };
    if !is_in_headers
        && let Err(unproved) = webhook.auth.check(&webhook.secrets, headers, &bytes, now_s)
    {
        return Judged::unproved(unauthorized(unproved));
    }
    let read = body::parse(headers, &bytes).and_then(|body| {
        let wanted = adapters::read(&webhook.settings, &body)?;
        Ok(wanted.map(|wanted| (wanted, body)))
    });
    let (mut wanted, body) = match read {
        Ok(Some(read)) => read,
        Ok(None) => return counted(app, webhook, Verdict::Ignored).await.into(),
        Err(unreadable) => {
            let (at, expected) = (unreadable.pointer, unreadable.expected);
            let verdict = Verdict::refused(Class::Unreadable, "unreadable").hint(phrase!(
                "hint-unreadable",
                "At \"{at}\" this was expected: {expected}.",
                at = at.escape_debug().to_string(),
                expected = expected
            ));
            return counted(app, webhook, verdict).await.into();
        }
    };
    let marks = match Marks::of(webhook, headers, body, wanted.id.take()) {
        Ok(marks) => marks,
        Err(verdict) => return counted(app, webhook, verdict).await.into(),
    };
    let locales = wanted.locales.clone();
    let deadline = begun + within;
    let mut judged = carry_out(app, webhook, headers, (wanted, marks), deadline).await;
    judged.locales = locales;
    judged
}

fn unauthorized(unproved: Unproved) -> Verdict {
    match unproved {
        Unproved::Wrong => Verdict::refused(Class::Unauthorized, "unauthorized"),
        Unproved::Stale => Verdict::refused(Class::Unauthorized, "stale").hint(phrase!(
            "hint-stale",
            "The signature's time is more than five minutes away. Check the clocks of both machines."
        )),
    }
}

/// Checks a message and sends it, unless it was requested before.
async fn carry_out(
    app: &Arc<App>,
    webhook: &Arc<Webhook>,
    headers: &HeaderMap,
    (wanted, marks): (Wanted, Marks),
    deadline: Instant,
) -> Judged {
    let settings = &webhook.settings;
    if let Err(verdict) = wanted.check_code(settings) {
        return counted(app, webhook, verdict).await.into();
    }
    let number = match Number::parse_bare(&wanted.to, &webhook.bare) {
        Ok((number, _)) => number,
        Err(error) => {
            let verdict = Verdict::refused(Class::BadNumber, "invalid-recipient").hint(phrase!(
                "hint-number",
                "{why}. The webhook's bare_digits says how digits without + are read.",
                why = error.phrase()
            ));
            return counted(app, webhook, verdict).await.into();
        }
    };
    let usage = usage_of(settings, wanted.kind.as_deref());
    let catalog = app.catalog.load_full();
    let route = catalog.route(&webhook.tenant, &usage, number.country());
    let asked = marks.asked(app, webhook, &wanted, &number, (&usage, &route));
    let ip = body::ip_from(settings, headers, wanted.ip);
    let has_code = wanted.code.is_some();
    let mut variables: Vec<(String, String)> = wanted.variables.into_iter().collect();
    variables.extend(wanted.code.map(|code| ("code".to_owned(), code)));
    let order = Order {
        draft: Draft {
            tenant: webhook.tenant.clone(),
            verification: None,
            source: Some(webhook.id.clone()),
            route,
            number,
            usage,
            locales: wanted.locales,
            variables,
            deadline: deadline.checked_sub(RESERVE).unwrap_or(deadline),
        },
        network: ip.map(limits::network),
        patience: deadline.saturating_duration_since(Instant::now()),
    };
    match deliver(app, order, asked.clone()).await {
        Ok(Delivery::Done(row)) => of_message(app, &row, has_code, false),
        Ok(Delivery::Refused(refusal)) => Verdict::of_refusal(refusal).into(),
        Ok(Delivery::Late) => Verdict::refused(Class::Unknown, "unknown").into(),
        Ok(Delivery::Known(known)) => replayed(app, (asked, has_code), known, deadline).await,
        Err(_) => Verdict::refused(Class::Storage, "storage").into(),
    }
}

/// The verdict for a repeated request. If its message is being sent, it waits for that outcome.
async fn replayed(
    app: &Arc<App>,
    (asked, has_code): (Asked, bool),
    mut known: Known,
    deadline: Instant,
) -> Judged {
    loop {
        match known {
            Known::Settled(row) => return of_message(app, &row, has_code, true),
            Known::Forgotten => return Verdict::refused(Class::Unknown, "unknown").into(),
            Known::Other => {
                return Verdict::refused(Class::IdReused, "id-reused")
                    .hint(phrase!(
                        "hint-id",
                        "This identifier came with another number, code or type before. Map a field that is the message's own."
                    ))
                    .into();
            }
            Known::InFlight if Instant::now() + POLL >= deadline => {
                return Verdict::refused(Class::Unknown, "in-flight").into();
            }
            Known::InFlight => {}
        }
        tokio::time::sleep(POLL).await;
        known = match app.store.read(|db| asked.known(db)) {
            Ok(Some(known)) => known,
            // It was certainly not sent, so the platform may try again.
            Ok(None) => return Verdict::refused(Class::Unavailable, "not-sent").into(),
            Err(_) => return Verdict::refused(Class::Unknown, "unknown").into(),
        };
    }
}

fn of_message(
    app: &App,
    row: &crate::service::store::message::Message,
    has_code: bool,
    is_replay: bool,
) -> Judged {
    let catalog = app.catalog.load();
    let connector = catalog.connectors.get(&row.connector);
    let name = connector.map_or(row.connector.as_str(), |c| c.row.name.as_str());
    Judged {
        verdict: Verdict::of_message(row, name, has_code),
        locales: Vec::new(),
        message: Some(row.id.clone()),
        is_replay,
        is_proved: true,
    }
}

/// Counts requests that are refused before a verification or a message begins.
async fn counted(app: &Arc<App>, webhook: &Webhook, verdict: Verdict) -> Verdict {
    let tenant = webhook.tenant.clone();
    let subject = format!("{}/{}", webhook.id, verdict.word());
    let counting = app
        .store
        .write(move |db| limits::count(db, ids::now_ms(), &tenant, limits::WEBHOOK, &subject));
    if let Err::<(), StoreError>(error) = counting.await {
        tracing::error!(%error, "a refusal cannot be counted");
    }
    verdict
}

#[cfg(test)]
mod tests;
