//! Sessions of the sample: a cookie, a token against forged requests, and the step that a person is at.

use crate::service::ids;
use crate::service::phrases::Language;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use subtle::ConstantTimeEq;

/// The cookie's name. All ports of a host share cookies, so it differs from the console's.
const COOKIE: &str = "sample_session";

/// Maximum number of sessions; a new one replaces the oldest.
const MOST: usize = 10_000;

/// Lifetime of a session.
const LIFE: Duration = Duration::from_secs(3600);

/// Purpose of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To make an account.
    Register,
    /// To sign in without a password.
    SignIn,
    /// To choose another password.
    ForgotPassword,
}

impl Purpose {
    /// All, with their names in paths and the usages of the API.
    pub const ALL: [(Self, &'static str, &'static str); 3] = [
        (Self::Register, "register", "Register"),
        (Self::SignIn, "sign-in", "SignIn"),
        (Self::ForgotPassword, "forgot-password", "ForgotPassword"),
    ];

    /// True if the person may learn that there is an account: a person who registers does, by the code.
    pub fn is_open(self) -> bool {
        self == Self::Register
    }

    /// Its name in paths, also the key of its title.
    pub fn name(self) -> &'static str {
        let found = Self::ALL.iter().find(|(purpose, ..)| *purpose == self);
        found.map_or("sign-in", |(_, name, _)| name)
    }

    /// The usage for the API.
    pub fn usage(self) -> &'static str {
        let found = Self::ALL.iter().find(|(purpose, ..)| *purpose == self);
        found.map_or("SignIn", |(.., usage)| usage)
    }
}

/// A code that was requested.
#[derive(Clone)]
pub struct Pending {
    /// Purpose of the code.
    pub purpose: Purpose,
    /// The number in E.164. Checks use this one, never one from the browser.
    pub number: String,
    /// The verification's identifier.
    pub id: String,
    /// Time from which another code may be requested.
    pub resend_at: Option<Instant>,
    /// True if the code was right.
    pub is_verified: bool,
    /// True if nothing is sent because there is no account.
    pub is_suppressed: bool,
}

/// State of one browser.
#[derive(Clone)]
pub struct Session {
    /// The token in each form.
    pub token: String,
    /// Number of the user who is signed in.
    pub user: Option<String>,
    /// The requested code, if the person is at that step.
    pub pending: Option<Pending>,
    /// The language that was chosen.
    pub language: Option<Language>,
    /// The key of a sentence for the next page.
    pub notice: Option<&'static str>,
    began: Instant,
}

/// All sessions, by the hash of their cookie.
#[derive(Default)]
pub struct Sessions(Mutex<HashMap<Vec<u8>, Session>>);

impl Sessions {
    /// The session of a request's cookie.
    pub fn find(&self, headers: &HeaderMap) -> Option<(String, Session)> {
        let id = cookie(headers)?;
        let sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = sessions.get(&hash(&id))?;
        (found.began.elapsed() < LIFE).then(|| (id, found.clone()))
    }

    /// Stores the changes of a request. Returns false if the session was ended meanwhile; it stays ended.
    pub fn keep(&self, id: &str, session: Session) -> bool {
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = sessions.get_mut(&hash(id));
        known.map(|known| *known = session).is_some()
    }

    /// Stores a new session. A sign-in gets another cookie, so that the previous one becomes worthless.
    pub fn begin(&self, id: &str, session: Session) {
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if sessions.len() >= MOST {
            sessions.retain(|_, session| session.began.elapsed() < LIFE);
            let oldest = sessions.iter().min_by_key(|(_, session)| session.began);
            if let Some(key) = oldest
                .map(|(key, _)| key.clone())
                .filter(|_| sessions.len() >= MOST)
            {
                sessions.remove(&key);
            }
        }
        sessions.insert(hash(id), session);
    }

    /// Ends a session.
    pub fn end(&self, id: &str) {
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.remove(&hash(id));
    }

    /// Ends every session of a number, whether signed in or with a requested code.
    pub fn end_all(&self, number: &str) {
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.retain(|_, session| {
            let pending = session
                .pending
                .as_ref()
                .map(|pending| pending.number.as_str());
            session.user.as_deref() != Some(number) && pending != Some(number)
        });
    }
}

impl Session {
    /// Returns the cookie's value and a new session.
    ///
    /// # Errors
    ///
    /// [`ids::NoRandom`].
    pub fn new() -> Result<(String, Self), ids::NoRandom> {
        let text = |bytes: [u8; 32]| hex::encode(bytes);
        let session = Self {
            token: text(ids::random()?),
            user: None,
            pending: None,
            language: None,
            notice: None,
            began: Instant::now(),
        };
        Ok((text(ids::random()?), session))
    }

    /// Returns true if a form has this session's token.
    pub fn is_own(&self, token: &str) -> bool {
        token.as_bytes().ct_eq(self.token.as_bytes()).into()
    }
}

/// The header that sets the cookie. `SameSite=Lax` sends it with a link from another site as well: by `Strict` the
/// person would come without a session, and the new one would replace theirs. Forms need an origin and a token.
pub fn set_cookie(id: &str) -> String {
    format!(
        "{COOKIE}={id}; Path=/; HttpOnly; SameSite=Lax; Max-Age={}",
        LIFE.as_secs()
    )
}

fn cookie(headers: &HeaderMap) -> Option<String> {
    let all = headers.get_all(header::COOKIE).iter();
    let pairs = all
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(';'));
    let mut values = pairs.filter_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='));
    values.next().map(str::to_owned)
}

fn hash(id: &str) -> Vec<u8> {
    crate::service::crypt::digest(&[id.as_bytes()])
}

/// Returns true if the `Host` header names this listener. Foreign names that resolve to it are refused.
pub fn is_own_host(parts: &Parts, own: SocketAddr) -> bool {
    let mut hosts = parts.headers.get_all(header::HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        return false;
    };
    let names = [own.to_string(), format!("localhost:{}", own.port())];
    names
        .iter()
        .any(|name| name.as_bytes().eq_ignore_ascii_case(host.as_bytes()))
}

/// Returns true if a request that changes something comes from a page of the sample.
pub fn is_own_page(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    if text("sec-fetch-site").is_some_and(|site| site != "same-origin") {
        return false;
    }
    // Browsers send the origin with every form. A program that sends neither header has nobody's cookies.
    let host = text("host").unwrap_or_default();
    match text("origin") {
        Some(origin) => origin.eq_ignore_ascii_case(&format!("http://{host}")),
        None => text("sec-fetch-site").is_some(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue, Request};

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pairs = pairs.iter();
        pairs
            .map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            })
            .collect()
    }

    #[test]
    fn form_of_another_page_is_refused() {
        let host = ("host", "127.0.0.1:8422");
        for (more, is_own) in [
            (&[("origin", "http://127.0.0.1:8422")][..], true),
            (
                &[
                    ("origin", "http://127.0.0.1:8422"),
                    ("sec-fetch-site", "same-origin"),
                ],
                true,
            ),
            (&[("origin", "http://127.0.0.1:8421")], false),
            (&[("origin", "https://127.0.0.1:8422")], false),
            (&[("origin", "null")], false),
            (
                &[
                    ("origin", "http://127.0.0.1:8422"),
                    ("sec-fetch-site", "same-site"),
                ],
                false,
            ),
            (&[("sec-fetch-site", "cross-site")], false),
            (&[("sec-fetch-site", "same-origin")], true),
            (&[], false),
        ] {
            let all: Vec<_> = more.iter().copied().chain([host]).collect();
            assert_eq!(is_own_page(&headers(&all)), is_own, "{more:?}");
        }
    }

    #[test]
    fn foreign_name_is_refused() {
        let own = "127.0.0.1:8422".parse().unwrap();
        for (host, is_own) in [
            ("127.0.0.1:8422", true),
            ("LocalHost:8422", true),
            ("127.0.0.1", false),
            ("127.0.0.1:8421", false),
            ("evil.example:8422", false),
            ("localhost.evil.example:8422", false),
        ] {
            let request = Request::builder().header("host", host).body(()).unwrap();
            assert_eq!(is_own_host(&request.into_parts().0, own), is_own, "{host}");
        }
        let two = Request::builder()
            .header("host", "127.0.0.1:8422")
            .header("host", "evil.example");
        assert!(!is_own_host(&two.body(()).unwrap().into_parts().0, own));
    }

    #[test]
    fn session_is_found_by_its_cookie_alone() {
        let sessions = Sessions::default();
        let (id, session) = Session::new().unwrap();
        let (other, _) = Session::new().unwrap();
        assert!(
            session.is_own(&session.token.clone()) && !session.is_own("") && !session.is_own(&id)
        );
        assert!(!sessions.keep(&id, session.clone()));
        sessions.begin(&id, session.clone());
        let with = |id: &str| {
            let value = format!("a=b; {COOKIE}={id}; {COOKIE}x=1");
            HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_str(&value).unwrap())])
        };
        assert!(sessions.find(&with(&id)).is_some());
        assert!(sessions.find(&with(&other)).is_none());
        assert!(sessions.find(&HeaderMap::new()).is_none());
        sessions.end(&id);
        assert!(sessions.find(&with(&id)).is_none());
        // A slow request that had read the session before its end.
        assert!(!sessions.keep(&id, session));
        assert!(sessions.find(&with(&id)).is_none());
    }
}
