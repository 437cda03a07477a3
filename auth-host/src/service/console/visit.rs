//! Visitor of the console: session cookie, language, tenant, and the fields of a form with its token.

use super::fault::Fault;
use super::page::Page;
use super::state::Console;
use super::texts::Texts;
use crate::service::admin::once::Once;
use crate::service::admin::{Actor, users};
use crate::service::crypt::digest;
use crate::service::store::users::{Role, User};
use axum::extract::{FromRequest, FromRequestParts, RawPathParams, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use axum::response::{IntoResponse, Redirect, Response};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use subtle::ConstantTimeEq as _;

/// The cookie of a session.
pub const SESSION: &str = "auth_host_console";

/// The cookie of a visit before there is a session.
pub const BEFORE: &str = "auth_host_console_visit";

/// The cookie of the language that was chosen.
pub const LANGUAGE: &str = "auth_host_console_language";

/// The largest form, in bytes. A config has at most 64 KiB, and encoding as a form makes up to three bytes of each.
const FORM_BYTES: usize = 400 << 10;

/// The most fields of a form.
const FIELDS: usize = 10_000;

/// Timeout for the body of a form.
const FORM_TIME: Duration = Duration::from_secs(20);

/// A request of a user who is signed in.
#[derive(Clone)]
pub struct Visit {
    /// The console.
    pub console: Arc<Console>,
    /// The user.
    pub user: User,
    /// The token of the page's forms.
    pub token: String,
    /// Their language.
    pub t: Texts,
    /// The tenant of the path, or empty.
    pub tenant: String,
}

impl Visit {
    /// Returns true if the user may change settings.
    pub fn is_admin(&self) -> bool {
        self.user.role == Role::Admin
    }

    /// Refuses users who may only view.
    pub fn admin(&self) -> Result<(), Fault> {
        if self.is_admin() {
            return Ok(());
        }
        Err(Fault::Role)
    }

    /// Refuses users who may not view the whole host.
    pub fn host(&self) -> Result<(), Fault> {
        if self.user.tenant.is_none() {
            return Ok(());
        }
        Err(Fault::Role)
    }

    /// Refuses all users except administrators of the whole host.
    pub fn host_admin(&self) -> Result<(), Fault> {
        self.host()?;
        self.admin()
    }

    /// The frame of a page.
    pub fn page(&self, active: &'static str, title: String) -> Page {
        let catalog = self.console.app.catalog.load();
        let is_own = |id: &&String| self.user.tenant.as_ref().is_none_or(|own| own == *id);
        let settings = catalog.tenants.get(&self.tenant);
        Page {
            active,
            is_stopped: catalog.is_stopped || settings.is_some_and(|t| t.settings.is_stopped),
            tenants: catalog.tenants.keys().filter(is_own).cloned().collect(),
            tenant: self.tenant.clone(),
            user: self.user.name.clone(),
            is_admin: self.is_admin(),
            is_host: self.user.tenant.is_none(),
            token: self.token.clone(),
            once: once_token(),
            ..Page::bare(self.t, title)
        }
    }

    /// Returns the token that prevents a form from acting twice.
    ///
    /// # Errors
    ///
    /// [`Fault::Form`] if the form has no such token.
    pub fn once(&self, fields: &Fields) -> Result<Once, Fault> {
        match fields.get("once") {
            "" => Err(Fault::Form),
            token => Ok(Once::new(&self.console.app, &self.tenant, token)),
        }
    }

    /// Redirects to a page of the tenant.
    pub fn to(&self, page: &str) -> Response {
        Redirect::to(&format!("/console/t/{}/{page}", self.tenant)).into_response()
    }

    /// The user, for the audit log.
    pub fn actor(&self) -> Actor {
        Actor(self.user.name.clone())
    }
}

/// A cookie's value.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let all = headers.get_all(header::COOKIE).into_iter();
    let pairs = all
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'));
    pairs
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value)
        .filter(|value| !value.is_empty() && value.len() <= 128)
}

/// The text of a cookie that is hidden from scripts and other sites.
pub fn set_cookie(name: &str, value: &str, seconds: i64) -> String {
    format!("{name}={value}; Path=/console; Max-Age={seconds}; HttpOnly; SameSite=Strict")
}

/// The token of forms before there is a session. It is derived from the cookie, so that no other site has it.
pub fn form_token(cookie: &str) -> String {
    hex::encode(digest(&[b"console-form", cookie.as_bytes()]))
}

/// The token of a user's forms. It outlives the session, so that a form can still be sent after signing in again, and
/// changes with the password. The salt of the password's hash has 128 random bits. Nobody can compute the token, and it
/// reveals nothing about the hash.
pub fn user_token(user: &User) -> String {
    let (id, password) = (user.id.as_bytes(), user.password.as_bytes());
    hex::encode(digest(&[b"console-user", id, password]))
}

/// A new token that lets a form act only once.
pub fn once_token() -> String {
    crate::service::ids::new("f")
}

/// The language of a request.
pub fn language(headers: &HeaderMap) -> Texts {
    Texts::of(headers, cookie(headers, LANGUAGE))
}

impl FromRequestParts<Arc<Console>> for Visit {
    type Rejection = Fault;

    async fn from_request_parts(
        parts: &mut Parts,
        console: &Arc<Console>,
    ) -> Result<Self, Self::Rejection> {
        let is_visit = parts.method == Method::GET;
        let nobody = || Fault::SignIn { is_visit };
        let session = cookie(&parts.headers, SESSION)
            .ok_or_else(nobody)?
            .to_owned();
        let user = users::of_session(&console.app, &session).await?;
        let user = user.ok_or_else(nobody)?;
        let params = RawPathParams::from_request_parts(parts, console)
            .await
            .map_err(|_| Fault::Form)?;
        let tenant = params.iter().find(|(name, _)| *name == "tenant");
        let tenant = tenant
            .map(|(_, value)| value.to_owned())
            .unwrap_or_default();
        // A tenant of another user looks like one that does not exist.
        let is_own = user.tenant.as_ref().is_none_or(|own| *own == tenant);
        if !tenant.is_empty()
            && (!is_own || !console.app.catalog.load().tenants.contains_key(&tenant))
        {
            return Err(crate::service::problem::Problem::not_found("tenant").into());
        }
        Ok(Self {
            console: console.clone(),
            token: user_token(&user),
            user,
            t: language(&parts.headers),
            tenant,
        })
    }
}

/// The fields of a form: the values of each name, in their order.
#[derive(Clone, Debug, Default)]
pub struct Fields(HashMap<String, Vec<String>>);

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Fields {
    fn from_iter<T: IntoIterator<Item = (N, V)>>(pairs: T) -> Self {
        let mut fields: HashMap<String, Vec<String>> = HashMap::new();
        for (name, value) in pairs {
            fields.entry(name.into()).or_default().push(value.into());
        }
        Self(fields)
    }
}

impl Fields {
    /// The first value of a name, or an empty string.
    pub fn get(&self, name: &str) -> &str {
        self.find(name).unwrap_or_default()
    }

    /// The first value of a name.
    pub fn find(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// Every value of a name.
    pub fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        self.0.get(name).into_iter().flatten().map(String::as_str)
    }

    /// Returns true if the form has this token.
    pub fn has_token(&self, token: &str) -> bool {
        is_token(self.get("token").as_bytes(), token)
    }

    /// Number of values of some names.
    pub fn count(&self, is_counted: impl Fn(&str) -> bool) -> usize {
        let counted = self.0.iter().filter(|(name, _)| is_counted(name));
        counted.map(|(_, values)| values.len()).sum()
    }
}

/// Compares a sent token in constant time.
pub fn is_token(sent: &[u8], token: &str) -> bool {
    sent.ct_eq(token.as_bytes()).into()
}

/// Reads a form of any sender.
pub async fn fields(request: Request) -> Result<Fields, Fault> {
    let kind = request.headers().get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !kind.starts_with("application/x-www-form-urlencoded") {
        return Err(Fault::Form);
    }
    let body = axum::body::to_bytes(request.into_body(), FORM_BYTES);
    match tokio::time::timeout(FORM_TIME, body).await {
        Ok(Ok(body)) => parse(&body),
        Ok(Err(error)) if is_too_large(&error) => Err(Fault::TooLarge("400 KiB")),
        Ok(Err(_)) | Err(_) => Err(Fault::Form),
    }
}

/// Parses a form. One with too many fields is refused, because dropping some would go unnoticed.
fn parse(body: &[u8]) -> Result<Fields, Fault> {
    let mut pairs = form_urlencoded::parse(body);
    let fields = pairs.by_ref().take(FIELDS).collect();
    match pairs.next() {
        None => Ok(fields),
        Some(_) => Err(Fault::Form),
    }
}

/// Returns true if a body was longer than its limit.
fn is_too_large(error: &axum::Error) -> bool {
    let cause = std::error::Error::source(error);
    cause.is_some_and(|cause| cause.is::<http_body_util::LengthLimitError>())
}

/// A form of a user who is signed in, with a valid token.
pub struct Posted {
    /// The visit that sent it.
    pub visit: Visit,
    /// Its fields.
    pub fields: Fields,
}

impl FromRequest<Arc<Console>> for Posted {
    type Rejection = Fault;

    async fn from_request(
        request: Request,
        console: &Arc<Console>,
    ) -> Result<Self, Self::Rejection> {
        let (mut parts, body) = request.into_parts();
        let visit = Visit::from_request_parts(&mut parts, console).await?;
        let fields = fields(Request::from_parts(parts, body)).await?;
        if !fields.has_token(&visit.token) {
            return Err(Fault::Token);
        }
        Ok(Self { visit, fields })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    /// A form that is opened again and sent again would be too large again.
    #[tokio::test]
    async fn too_large_form_is_named_as_such() {
        for (size, is_read) in [(FORM_BYTES, true), (FORM_BYTES + 1, false)] {
            let request = Request::post("/")
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(Body::from("x".repeat(size)))
                .unwrap();
            match fields(request).await {
                Ok(_) => assert!(is_read, "{size}"),
                Err(fault) => assert!(matches!(fault, Fault::TooLarge(_)) && !is_read, "{fault:?}"),
            }
        }
    }
}
