//! Twilio Verify v2's API over verifications, for programs that use Twilio's SDK: they change its base URL.
//!
//! A service is a webhook of the platform `twilio-verify`: `VA…` is its identifier, the account of its Basic user is
//! `AC…`, its secret the auth token. A verification that was started elsewhere is not found here, and test numbers are
//! not accepted.

mod error;
mod view;

use crate::service::app::App;
use crate::service::calls::Call;
use crate::service::ids;
use crate::service::number::Number;
use crate::service::platforms::Webhook;
use crate::service::platforms::auth::Auth;
use crate::service::platforms::settings::Platform;
use crate::service::request_body;
use crate::service::store::messages;
use crate::service::store::verifications::{self, Verification};
use crate::service::verification::{
    self, Answer, Caller, CheckRequest, StartRequest, TRIES, is_live,
};
use crate::service::webhooks::body;
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::{get, post};
use error::{Error, LATE, NOT_FOUND, UNAUTHORIZED};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use view::{Shown, Viewer};

/// The largest body, in bytes.
const BODY_BYTES: usize = 64 << 10;

/// How long a body may take to arrive.
const BODY_TIME: Duration = Duration::from_secs(10);

/// How long a code is valid, in seconds: Twilio's ten minutes.
const LIFETIME_S: u32 = 600;

/// The routes.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/v2/Services/{service}/Verifications", post(start))
        .route(
            "/v2/Services/{service}/Verifications/{sid}",
            get(fetch).post(update),
        )
        .route("/v2/Services/{service}/VerificationCheck", post(check))
}

/// A service that a request proved to belong to, and its form.
struct Service {
    webhook: Arc<Webhook>,
    sid: String,
    account: String,
    form: Value,
}

/// A webhook of this platform.
fn of_twilio(app: &App, id: &str) -> Option<Arc<Webhook>> {
    let found = app.catalog.load().webhooks.get(id).cloned();
    found.filter(|w| w.settings.platform == Platform::TwilioVerify)
}

impl Service {
    async fn of(
        app: &App,
        sid: &str,
        headers: &HeaderMap,
        body: Option<Body>,
    ) -> Result<Self, Error> {
        let id = format!("w_{}", sid.strip_prefix("VA").unwrap_or_default());
        // Callers without a token must not find out if such a service exists.
        let webhook = of_twilio(app, &id).ok_or(UNAUTHORIZED)?;
        webhook
            .auth
            .check(&webhook.secrets, headers, b"", ids::now_ms() / 1000)
            .map_err(|_| UNAUTHORIZED)?;
        let account = match &webhook.auth {
            Auth::Basic(user) => user.clone(),
            _ => String::new(),
        };
        let form = match body {
            Some(body) => {
                let bytes = request_body::read(body, BODY_BYTES, BODY_TIME).await;
                let bytes = bytes.map_err(|_| Error::parameter("the body"))?;
                body::parse(headers, &bytes).map_err(|_| Error::parameter("the body"))?
            }
            None => Value::Null,
        };
        Ok(Self {
            sid: sid.to_owned(),
            webhook,
            account,
            form,
        })
    }

    fn caller(&self) -> Caller {
        Caller {
            tenant: self.webhook.tenant.clone(),
            actor: self.webhook.id.clone(),
            source: Some(self.webhook.id.clone()),
            answer_within: Some(self.webhook.answer_within()),
        }
    }

    fn text(&self, name: &'static str) -> Result<Option<String>, Error> {
        body::text(&self.form, &format!("/{name}")).map_err(|_| Error::parameter(name))
    }

    fn number(&self) -> Result<Option<Number>, Error> {
        let Some(to) = self.text("To")? else {
            return Ok(None);
        };
        let read = Number::parse_bare(&to, &self.webhook.bare);
        let (number, _) = read.map_err(|_| Error::parameter("To"))?;
        Ok(Some(number))
    }

    /// A verification of this service by its `VE…`.
    fn by_sid(&self, app: &App, sid: &str) -> Result<Verification, Error> {
        let id = format!("v_{}", sid.strip_prefix("VE").unwrap_or_default());
        let found = app
            .store
            .read(|db| verifications::get(db, &self.webhook.tenant, &id))?;
        found.filter(|v| self.has(v)).ok_or(NOT_FOUND)
    }

    /// The newest verification of a number that this service started.
    fn by_number(&self, app: &App, number: &Number) -> Result<Option<Verification>, Error> {
        let tenant = &self.webhook.tenant;
        let hash = app.number_hash(tenant, number.e164());
        let source = &self.webhook.id;
        Ok(app
            .store
            .read(|db| verifications::of_number(db, tenant, &hash, Some(source), 1))?
            .pop())
    }

    fn has(&self, v: &Verification) -> bool {
        v.source.as_deref() == Some(self.webhook.id.as_str()) && !v.is_test
    }

    /// The verification as it is now.
    fn show(&self, app: &App, id: &str, to: Option<&str>) -> Result<Shown, Error> {
        let tenant = &self.webhook.tenant;
        let found = app
            .store
            .read(|db| messages::with_verification(db, tenant, id))?;
        let (v, sent) = found.ok_or(NOT_FOUND)?;
        Ok(view::current(app, &v, &sent, &self.viewer(to)))
    }

    /// Returns the verification of a number whose outcome is late, if a code beyond those that it had is on the disk.
    /// Nothing is sent before that.
    fn show_begun(&self, app: &App, number: &Number, codes: u32) -> Result<Shown, Error> {
        let found = self.by_number(app, number).map_err(|_| LATE)?;
        let is_begun = |v: &Verification| is_live(v, ids::now_ms()) && v.sends > codes;
        let v = found.filter(is_begun).ok_or(LATE)?;
        let shown = self.show(app, &v.id, Some(number.e164()));
        shown.map_err(|_| LATE)
    }

    fn viewer<'a>(&'a self, to: Option<&'a str>) -> Viewer<'a> {
        Viewer {
            service: &self.sid,
            account: &self.account,
            to,
        }
    }
}

/// Starts a verification, or sends another code for the one that waits.
///
/// # Errors
///
/// [`Error`], in Twilio's form.
pub async fn start(
    State(app): State<Arc<App>>,
    Path(sid): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Error> {
    let begun = begin(&app, &sid, &headers, body).await;
    let id = format!("w_{}", sid.strip_prefix("VA").unwrap_or_default());
    // A webhook of another platform has its own address.
    let is_known = of_twilio(&app, &id).is_some();
    if is_known {
        let (status, outcome) = match &begun {
            Ok(begun) => (201, begun.outcome.to_owned()),
            Err(error) => (error.status(), error.code().to_string()),
        };
        let message = begun.as_ref().ok().and_then(|begun| begun.message.clone());
        let call = Call {
            at: ids::now_ms(),
            times: 1,
            status,
            outcome,
            hint: None,
            message,
            is_proved: !matches!(&begun, Err(error) if *error == UNAUTHORIZED),
        };
        app.calls.add(&id, call);
    }
    begun.map(|begun| begun.response)
}

/// A start after which a message is on its way, or may be.
struct Begun {
    response: Response,
    /// The message that carries the code.
    message: Option<String>,
    /// A word for the list of calls.
    outcome: &'static str,
}

async fn begin(app: &Arc<App>, sid: &str, headers: &HeaderMap, body: Body) -> Result<Begun, Error> {
    let service = Service::of(app, sid, headers, Some(body)).await?;
    let number = service.number()?.ok_or(Error::parameter("To"))?;
    if service.text("Channel")?.as_deref() != Some("sms") {
        return Err(Error::parameter("Channel"));
    }
    if service.text("CustomCode")?.is_some() {
        return Err(Error::parameter("CustomCode"));
    }
    let locale = service.text("Locale")?;
    let locales = locale
        .into_iter()
        .filter(|tag| crate::service::form::is_locale(tag))
        .collect();
    let in_form = body::ip(&service.form, "/DeviceIp");
    let ip = body::ip_from(&service.webhook.settings, headers, in_form);
    let caller = service.caller();
    let waiting = service.by_number(app, &number)?;
    let waiting = waiting.filter(|v| is_live(v, ids::now_ms()));
    let codes = waiting.as_ref().map_or(0, |v| v.sends);
    let answer = match waiting {
        Some(v) => verification::resend(app, &caller, &v.id, None).await,
        None => {
            let request = StartRequest {
                to: number.e164().to_owned(),
                usage: service.webhook.settings.usage.clone(),
                locales,
                country: None,
                ip,
                lifetime_s: Some(LIFETIME_S),
                suppress: false,
            };
            verification::start(app, &caller, request, None).await
        }
    };
    if matches!(&answer, Err(problem) if problem.is_late()) {
        return Ok(Begun {
            response: service.show_begun(app, &number, codes)?.response(201),
            message: None,
            outcome: "unknown",
        });
    }
    let (id, message) = read(&answer?)?;
    if let Some(error) = Error::of_message(&message) {
        return Err(error);
    }
    let text = |name| message.get(name).and_then(Value::as_str);
    // It may have been sent, whatever fails from here on.
    let shown = service.show(app, &id, Some(number.e164()));
    Ok(Begun {
        response: shown.map_err(|_| LATE)?.response(201),
        message: text("id").map(str::to_owned),
        outcome: match text("state") {
            Some("unknown") => "unknown",
            _ => "sent",
        },
    })
}

/// The verification's id and the message in a response.
fn read(answer: &Answer) -> Result<(String, Value), Error> {
    let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    let id = body.get("id").and_then(Value::as_str).ok_or(NOT_FOUND)?;
    let message = body.get("message").cloned().unwrap_or_default();
    Ok((id.to_owned(), message))
}

async fn fetch(
    State(app): State<Arc<App>>,
    Path((service, sid)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let service = Service::of(&app, &service, &headers, None).await?;
    let v = service.by_sid(&app, &sid)?;
    Ok(service.show(&app, &v.id, None)?.response(200))
}

/// Cancels. `approved` would report that another system checked a code, which cannot be verified here.
async fn update(
    State(app): State<Arc<App>>,
    Path((service, sid)): Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Error> {
    let service = Service::of(&app, &service, &headers, Some(body)).await?;
    let v = service.by_sid(&app, &sid)?;
    if service.text("Status")?.as_deref() != Some("canceled") {
        return Err(Error::parameter("Status"));
    }
    verification::cancel(&app, &service.caller(), &v.id).await?;
    Ok(service.show(&app, &v.id, None)?.response(200))
}

async fn check(
    State(app): State<Arc<App>>,
    Path(sid): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Error> {
    let service = Service::of(&app, &sid, &headers, Some(body)).await?;
    let code = service.text("Code")?.ok_or(Error::parameter("Code"))?;
    let number = service.number()?;
    let v = match (service.text("VerificationSid")?, &number) {
        (Some(sid), _) => service.by_sid(&app, &sid)?,
        (None, Some(number)) => service
            .by_number(&app, number)?
            .filter(|v| service.has(v))
            .ok_or(NOT_FOUND)?,
        (None, None) => return Err(Error::parameter("To")),
    };
    if is_live(&v, ids::now_ms()) && v.attempts >= TRIES {
        return Err(error::TOO_MANY_CHECKS);
    }
    let request = CheckRequest {
        code,
        to: number.as_ref().map(|number| number.e164().to_owned()),
    };
    let answer = verification::check(&app, &service.caller(), &v.id, request, None).await?;
    let to = number.as_ref().map(Number::e164);
    Ok(view::checked(&app, &v, &answer, &service.viewer(to)).response(200))
}

#[cfg(test)]
mod tests;
