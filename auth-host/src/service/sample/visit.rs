//! Requests of a browser: the checks of each, its session and its form.

use super::countries;
use super::pages::Page;
use super::session::{Pending, Session, is_own_host, is_own_page, set_cookie};
use super::state::State;
use crate::service::phrases::Language;
use axum::body::Body;
use axum::extract;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use std::collections::HashMap;
use std::sync::Arc;

/// The largest form, in bytes.
const LARGEST: usize = 8 << 10;

/// Content security policy: nothing foreign, nothing inline, no frames, and forms to the sample alone.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
    form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// Refuses foreign host names and forms of other pages, and adds the headers of every page.
pub async fn guard(
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

/// A request of a browser: its session and the fields of its form.
pub struct Visit {
    /// State that the routes share.
    pub state: Arc<State>,
    /// Value of the session's cookie.
    pub id: String,
    /// The session.
    pub session: Session,
    is_new: bool,
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
            is_new,
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
    /// A field of the form, or an empty string.
    pub fn field(&self, name: &str) -> &str {
        self.form.get(name).map_or("", String::as_str)
    }

    fn accepted(&self) -> &str {
        let header = self.headers.get(header::ACCEPT_LANGUAGE);
        header
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// The language that the person chose, or the browser's.
    pub fn language(&self) -> Language {
        self.session
            .language
            .unwrap_or_else(|| Language::accepted(self.accepted()))
    }

    /// The country of the form, or a likely one.
    pub fn country(&self) -> String {
        let chosen = self.field("country");
        match crate::service::number::is_country(chosen) {
            true => chosen.to_owned(),
            false => countries::likely(self.accepted()).to_owned(),
        }
    }

    /// The requested code, if it is verified or not as asked.
    pub fn pending(&self, is_verified: bool) -> Option<Pending> {
        let pending = self.session.pending.clone();
        pending.filter(|pending| pending.is_verified == is_verified)
    }

    /// Redirects to another page.
    pub fn to(self, path: &str) -> Response {
        let redirect = Redirect::to(path).into_response();
        self.with_cookie(redirect)
    }

    fn with_cookie(self, mut response: Response) -> Response {
        let sessions = &self.state.sessions;
        if self.is_new {
            sessions.begin(&self.id, self.session);
        } else if !sessions.keep(&self.id, self.session) {
            // The person signed in or out meanwhile and has another cookie.
            return response;
        }
        if let Ok(cookie) = HeaderValue::from_str(&set_cookie(&self.id)) {
            response.headers_mut().insert(header::SET_COOKIE, cookie);
        }
        response
    }

    /// Shows a page, with the notice of the previous one.
    pub fn show(
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

    /// Signs a person in.
    pub fn sign_in(self, number: String, notice: Option<&'static str>) -> Response {
        self.anew("/account", |session| {
            session.user = Some(number);
            session.notice = notice;
        })
    }

    /// Signs out.
    pub fn sign_out(self) -> Response {
        self.anew("/sign-in", |_| ())
    }

    /// Ends the session and continues in another one, under another cookie.
    fn anew(mut self, path: &str, change: impl FnOnce(&mut Session)) -> Response {
        self.state.sessions.end(&self.id);
        let Ok((id, mut session)) = Session::new() else {
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        };
        session.language = self.session.language;
        change(&mut session);
        (self.id, self.session, self.is_new) = (id, session, true);
        self.to(path)
    }
}
