//! Routes of the sample sign-in.

use super::api::{Refused, Started};
use super::countries;
use super::pages::{Page, path_of};
use super::session::{Pending, Purpose, Session, is_own_host, is_own_page, set_cookie};
use super::state::State;
use super::users;
use crate::number::Number;
use crate::phrases::Language;
use axum::Router;
use axum::body::Body;
use axum::extract::{self, Path, Query};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The largest form.
const LARGEST: usize = 8 << 10;

/// Nothing from elsewhere, nothing inline, in no frame, and forms to itself alone.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
    form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// All pages.
pub fn router(state: Arc<State>) -> Router {
    let guarded = state.clone();
    Router::new()
        .route("/", get(begin))
        .route("/register", get(register))
        .route("/sign-in", get(sign_in).post(sign_in_with_password))
        .route("/sign-in-code", get(sign_in_code))
        .route("/forgot-password", get(forgot_password))
        .route("/start", post(start))
        .route("/code", get(code).post(check))
        .route("/resend", post(resend))
        .route("/password", get(password).post(set_password))
        .route("/account", get(account))
        .route("/sign-out", post(sign_out))
        .route("/language/{tag}", get(language))
        .route(
            "/sample.css",
            get(|| async { file("text/css; charset=utf-8", include_str!("sample.css")) }),
        )
        .route(
            "/sample.js",
            get(|| async { file("text/javascript; charset=utf-8", include_str!("sample.js")) }),
        )
        .with_state(state)
        .layer(middleware::from_fn_with_state(guarded, guard))
}

fn file(kind: &'static str, text: &'static str) -> Response {
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}

/// Refuses foreign names and forms of other pages, and adds the headers of every page.
async fn guard(
    extract::State(state): extract::State<Arc<State>>,
    request: Request<Body>,
    next: Next,
) -> Response {
    let (parts, body) = request.into_parts();
    let is_read = parts.method.is_safe();
    let mut response = if !is_own_host(&parts, state.host) {
        (
            StatusCode::MISDIRECTED_REQUEST,
            "This name is not the sample's.",
        )
            .into_response()
    } else if !is_read && !is_own_page(&parts.headers) {
        (StatusCode::FORBIDDEN, "The form is of another page.").into_response()
    } else {
        next.run(Request::from_parts(parts, body)).await
    };
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::CACHE_CONTROL, "no-store"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// A request of one browser: its session, and what its form says.
struct Visit {
    state: Arc<State>,
    id: String,
    session: Session,
    headers: HeaderMap,
    path: String,
    form: HashMap<String, String>,
}

impl extract::FromRequest<Arc<State>> for Visit {
    type Rejection = Response;

    async fn from_request(request: Request<Body>, state: &Arc<State>) -> Result<Self, Response> {
        let (parts, body) = request.into_parts();
        let Parts {
            headers,
            uri,
            method,
            ..
        } = parts;
        let found = state.sessions.find(&headers);
        let is_new = found.is_none();
        let (id, session) = match found {
            Some(found) => found,
            None => Session::new().map_err(|_| StatusCode::SERVICE_UNAVAILABLE.into_response())?,
        };
        let mut visit = Self {
            state: state.clone(),
            id,
            session,
            headers,
            path: uri.path().to_owned(),
            form: HashMap::new(),
        };
        if method.is_safe() {
            return Ok(visit);
        }
        let bytes = axum::body::to_bytes(body, LARGEST).await;
        let bytes = bytes.map_err(|_| StatusCode::PAYLOAD_TOO_LARGE.into_response())?;
        visit.form = form_urlencoded::parse(&bytes).into_owned().collect();
        if is_new || !visit.session.is_own(visit.field("token")) {
            visit.session.notice = Some("page-ended");
            return Err(visit.to("/sign-in"));
        }
        Ok(visit)
    }
}

impl Visit {
    fn field(&self, name: &str) -> &str {
        self.form.get(name).map_or("", String::as_str)
    }

    fn accepted(&self) -> &str {
        let header = self.headers.get(header::ACCEPT_LANGUAGE);
        header
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    fn language(&self) -> Language {
        self.session
            .language
            .unwrap_or_else(|| Language::accepted(self.accepted()))
    }

    /// The country that was chosen, or is likely.
    fn country(&self) -> String {
        let chosen = self.field("country");
        match crate::number::is_country(chosen) {
            true => chosen.to_owned(),
            false => countries::likely(self.accepted()).to_owned(),
        }
    }

    /// Goes to another page.
    fn to(self, path: &str) -> Response {
        let redirect = Redirect::to(path).into_response();
        self.with_cookie(redirect)
    }

    fn with_cookie(self, mut response: Response) -> Response {
        if let Ok(cookie) = HeaderValue::from_str(&set_cookie(&self.id)) {
            response.headers_mut().insert(header::SET_COOKIE, cookie);
        }
        self.state.sessions.keep(&self.id, self.session);
        response
    }

    /// Shows a page, with the notice of the one before.
    fn show(
        mut self,
        status: StatusCode,
        error: Option<&str>,
        make: impl FnOnce(&Page<'_>) -> String,
    ) -> Response {
        let language = self.language();
        let notice = self.session.notice.take().map(|key| language.say(key));
        let page = Page {
            language,
            token: &self.session.token,
            path: &self.path,
            notice,
            error,
            inbox: self.state.inbox.as_deref(),
        };
        let kind = (header::CONTENT_TYPE, "text/html; charset=utf-8");
        let response = (status, [kind], make(&page)).into_response();
        self.with_cookie(response)
    }

    /// Signs somebody in, under another cookie.
    fn sign_in(mut self, number: String, notice: Option<&'static str>) -> Response {
        self.state.sessions.end(&self.id);
        let Ok((id, mut session)) = Session::new() else {
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        };
        session.language = self.session.language;
        session.user = Some(number);
        session.notice = notice;
        (self.id, self.session) = (id, session);
        self.to("/account")
    }
}

async fn begin(visit: Visit) -> Response {
    let path = match visit.session.user {
        Some(_) => "/account",
        None => "/sign-in",
    };
    visit.to(path)
}

async fn register(visit: Visit) -> Response {
    ask_number(visit, Purpose::Register)
}

async fn sign_in_code(visit: Visit) -> Response {
    ask_number(visit, Purpose::SignIn)
}

async fn forgot_password(visit: Visit) -> Response {
    ask_number(visit, Purpose::ForgotPassword)
}

fn ask_number(visit: Visit, purpose: Purpose) -> Response {
    let country = visit.country();
    visit.show(StatusCode::OK, None, |page| {
        page.ask_number(purpose, &country, "")
    })
}

async fn sign_in(visit: Visit) -> Response {
    let country = visit.country();
    visit.show(StatusCode::OK, None, |page| page.ask_password(&country, ""))
}

async fn sign_in_with_password(visit: Visit) -> Response {
    let (country, typed) = (visit.country(), visit.field("number").to_owned());
    let password = visit.field("password").to_owned();
    if let Ok(number) = Number::parse(&typed, Some(&country))
        && visit.state.users.is_right(number.e164(), password).await
    {
        return visit.sign_in(number.e164().to_owned(), None);
    }
    let error = visit.language().say("wrong-password");
    visit.show(StatusCode::UNPROCESSABLE_ENTITY, Some(error), |page| {
        page.ask_password(&country, &typed)
    })
}

/// Asks the API for a code. Where there is no account to sign in to, nothing is sent and nobody is told.
async fn start(mut visit: Visit) -> Response {
    let name = visit.field("purpose");
    let Some((purpose, ..)) = Purpose::ALL
        .into_iter()
        .find(|(_, known, _)| *known == name)
    else {
        return visit.to("/sign-in");
    };
    let (country, typed, language) = (
        visit.country(),
        visit.field("number").to_owned(),
        visit.language(),
    );
    let number = match Number::parse(&typed, Some(&country)) {
        Ok(number) => number.e164().to_owned(),
        Err(_) => {
            let error = language.say("check-number");
            return visit.show(StatusCode::UNPROCESSABLE_ENTITY, Some(error), |page| {
                page.ask_number(purpose, &country, &typed)
            });
        }
    };
    let suppress = purpose != Purpose::Register && !visit.state.users.has(&number);
    let started = visit
        .state
        .api
        .start(&number, purpose.usage(), language.tag(), suppress)
        .await;
    match started {
        Ok(started) if !started.is_failed => {
            visit.session.notice = told_unknown(&started);
            visit.session.pending = Some(pending(purpose, number, &started));
            visit.to("/code")
        }
        other => {
            let error = words(other, language);
            visit.show(StatusCode::UNPROCESSABLE_ENTITY, Some(&error), |page| {
                page.ask_number(purpose, &country, &typed)
            })
        }
    }
}

/// After an unknown outcome the message may come, and the person goes on to type its code.
fn told_unknown(started: &Started) -> Option<&'static str> {
    started.told.as_ref().map(|_| "maybe-sent")
}

fn pending(purpose: Purpose, number: String, started: &Started) -> Pending {
    let wait = started
        .resend_after_ms
        .and_then(|ms| u64::try_from(ms).ok());
    Pending {
        purpose,
        number,
        id: started.id.clone(),
        resend_at: wait.map(|ms| Instant::now() + Duration::from_millis(ms)),
        is_verified: false,
    }
}

/// What to tell where there is no code on its way.
fn words(answer: Result<Started, Refused>, language: Language) -> String {
    let told = match answer {
        Ok(started) => started.told,
        Err(refused) => refused.told,
    };
    told.unwrap_or_else(|| language.say("try-again").to_owned())
}

async fn code(visit: Visit) -> Response {
    ask_code(visit, StatusCode::OK, None)
}

fn ask_code(visit: Visit, status: StatusCode, error: Option<&str>) -> Response {
    let Some(pending) = visit
        .session
        .pending
        .clone()
        .filter(|pending| !pending.is_verified)
    else {
        return visit.to("/sign-in");
    };
    let left = |at: Instant| {
        at.saturating_duration_since(Instant::now())
            .as_millis()
            .div_ceil(1000)
    };
    let seconds = pending
        .resend_at
        .map(|at| u64::try_from(left(at)).unwrap_or(u64::MAX));
    visit.show(status, error, |page| {
        page.ask_code(pending.purpose, &pending.number, seconds)
    })
}

async fn check(mut visit: Visit) -> Response {
    let Some(mut pending) = visit
        .session
        .pending
        .clone()
        .filter(|pending| !pending.is_verified)
    else {
        return visit.to("/sign-in");
    };
    let checked = visit
        .state
        .api
        .check(&pending.id, &pending.number, visit.field("code"))
        .await;
    let error = match checked {
        Ok(None) => {
            let has_account = visit.state.users.has(&pending.number);
            return match pending.purpose {
                Purpose::Register if has_account => {
                    visit.sign_in(pending.number, Some("account-known"))
                }
                Purpose::SignIn => visit.sign_in(pending.number, None),
                Purpose::Register | Purpose::ForgotPassword => {
                    pending.is_verified = true;
                    visit.session.pending = Some(pending);
                    visit.to("/password")
                }
            };
        }
        Ok(Some(wrong)) => wrong,
        Err(refused) => words(Err(refused), visit.language()),
    };
    ask_code(visit, StatusCode::UNPROCESSABLE_ENTITY, Some(&error))
}

async fn resend(mut visit: Visit) -> Response {
    let Some(before) = visit
        .session
        .pending
        .clone()
        .filter(|pending| !pending.is_verified)
    else {
        return visit.to("/sign-in");
    };
    match visit.state.api.resend(&before.id).await {
        Ok(started) if !started.is_failed => {
            visit.session.notice = told_unknown(&started);
            visit.session.pending = Some(pending(before.purpose, before.number, &started));
            visit.to("/code")
        }
        other => {
            if let Err(Refused {
                retry_after_s: Some(seconds),
                ..
            }) = &other
                && let Ok(seconds) = u64::try_from(*seconds)
                && let Some(pending) = &mut visit.session.pending
            {
                pending.resend_at = Some(Instant::now() + Duration::from_secs(seconds));
            }
            let error = words(other, visit.language());
            ask_code(visit, StatusCode::UNPROCESSABLE_ENTITY, Some(&error))
        }
    }
}

async fn password(visit: Visit) -> Response {
    choose_password(visit, StatusCode::OK, None)
}

fn choose_password(visit: Visit, status: StatusCode, error: Option<&str>) -> Response {
    let Some(pending) = visit
        .session
        .pending
        .clone()
        .filter(|pending| pending.is_verified)
    else {
        return visit.to("/sign-in");
    };
    visit.show(status, error, |page| {
        page.choose_password(pending.purpose, &pending.number)
    })
}

async fn set_password(visit: Visit) -> Response {
    let Some(pending) = visit
        .session
        .pending
        .clone()
        .filter(|pending| pending.is_verified)
    else {
        return visit.to("/sign-in");
    };
    let password = visit.field("password").to_owned();
    if !users::is_password(&password) {
        let error = visit.language().say("password-rule");
        return choose_password(visit, StatusCode::UNPROCESSABLE_ENTITY, Some(error));
    }
    if !visit.state.users.put(&pending.number, password).await {
        let error = visit.language().say("try-again");
        return choose_password(visit, StatusCode::SERVICE_UNAVAILABLE, Some(error));
    }
    let notice = match pending.purpose {
        Purpose::Register => "account-made",
        _ => "password-changed",
    };
    visit.sign_in(pending.number, Some(notice))
}

async fn account(visit: Visit) -> Response {
    let Some(number) = visit.session.user.clone() else {
        return visit.to("/sign-in");
    };
    visit.show(StatusCode::OK, None, |page| page.account(&number))
}

async fn sign_out(mut visit: Visit) -> Response {
    visit.state.sessions.end(&visit.id);
    let Ok((id, mut session)) = Session::new() else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    session.language = visit.session.language;
    (visit.id, visit.session) = (id, session);
    visit.to("/sign-in")
}

/// Another language, and back to where the person was.
async fn language(
    Path(tag): Path<String>,
    Query(query): Query<HashMap<String, String>>,
    mut visit: Visit,
) -> Response {
    visit.session.language = Language::of(&tag);
    let asked = query.get("to").map_or("", String::as_str);
    let pages = [
        "/register",
        "/sign-in",
        "/sign-in-code",
        "/forgot-password",
        "/code",
        "/password",
        "/account",
    ];
    let path = match asked {
        // These were answers to forms.
        "/start" | "/resend" => visit
            .session
            .pending
            .as_ref()
            .map_or("/sign-in", |pending| match asked {
                "/resend" => "/code",
                _ => match path_of(pending.purpose) {
                    "register" => "/register",
                    "forgot-password" => "/forgot-password",
                    _ => "/sign-in-code",
                },
            }),
        _ => pages
            .into_iter()
            .find(|page| *page == asked)
            .unwrap_or("/sign-in"),
    };
    visit.to(path)
}
