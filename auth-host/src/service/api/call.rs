//! Reading of a request: the caller and its scope, the body, and the idempotency key.
//!
//! The key is checked before a byte of the body is read.

use super::json;
use crate::service::access::{Host, Scope, Tenant, key_hash, key_id};
use crate::service::app::App;
use crate::service::crypt::Purpose;
use crate::service::crypt::digest;
use crate::service::header_key;
use crate::service::problem::Problem;
use crate::service::request_body::{self, Unread};
use crate::service::store::idempotency;
use crate::service::store::registry::Key;
use crate::service::verification::Caller;
use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, FromRequestParts, RawPathParams, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use serde::de::DeserializeOwned;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;
use subtle::ConstantTimeEq;

/// How long a body may take to arrive.
const BODY_TIME: Duration = Duration::from_secs(10);

/// A caller with a scope.
pub struct Authorized<S> {
    /// The key's identifier.
    pub actor: String,
    /// The key's tenant.
    pub tenant: Option<String>,
    scope: PhantomData<S>,
}

impl<S> Authorized<S> {
    /// Returns the caller, for resources of a tenant.
    ///
    /// # Errors
    ///
    /// [`Problem`] when the key belongs to no tenant.
    pub fn caller(&self) -> Result<Caller, Problem> {
        let tenant = self.tenant.clone().ok_or_else(|| {
            Problem::new(
                StatusCode::FORBIDDEN,
                "no-tenant",
                "The key belongs to no tenant",
                "Use a key that was made for a tenant: auth-host key add --tenant.",
            )
        })?;
        Ok(Caller {
            tenant,
            actor: self.actor.clone(),
            source: None,
            answer_within: None,
        })
    }
}

impl<S: Scope> FromRequestParts<Arc<App>> for Authorized<S> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let key = authenticate(app, &parts.headers)?;
        let is_host = key.tenant.is_none() && key.scopes.iter().any(|s| s == Host::NAME);
        let may =
            key.scopes.iter().any(|scope| scope == S::NAME) || (is_host && S::NAME == Tenant::NAME);
        if !may || (S::NAME == Host::NAME && !is_host) {
            return Err(Problem::new(
                StatusCode::FORBIDDEN,
                "scope",
                "The key may not do this",
                format!("This needs a key with the scope {}.", S::NAME),
            ));
        }
        check_tenant(parts, &key).await?;
        Ok(Self {
            actor: key.id,
            tenant: key.tenant,
            scope: PhantomData,
        })
    }
}

/// Refuses a path with a tenant that the key does not administer, whatever its handler checks. A host administrator's key
/// administers all.
async fn check_tenant(parts: &mut Parts, key: &Key) -> Result<(), Problem> {
    let Some(own) = &key.tenant else {
        return Ok(());
    };
    let parameters = RawPathParams::from_request_parts(parts, &()).await;
    let parameters = parameters.map_err(|_| Problem::not_found("path"))?;
    let is_other = |(name, value): (&str, &str)| name == "tenant" && value != own;
    match parameters.iter().any(is_other) {
        true => Err(Problem::not_found("tenant")),
        false => Ok(()),
    }
}

/// Returns the key of a request. Every reason for a refusal gets the same response.
fn authenticate(app: &App, headers: &HeaderMap) -> Result<Key, Problem> {
    let refused = || {
        Problem::new(
            StatusCode::UNAUTHORIZED,
            "unauthorized",
            "No valid key",
            "Send Authorization: Bearer and a key that auth-host key add printed.",
        )
    };
    let text = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, key)| key.trim())
        .ok_or_else(refused)?;
    let id = key_id(text).ok_or_else(refused)?;
    let catalog = app.catalog.load();
    let key = catalog.keys.get(id).ok_or_else(refused)?;
    let is_same: bool = key_hash(text).ct_eq(&key.hash).into();
    if is_same && key.revoked_at.is_none() {
        Ok(key.clone())
    } else {
        Err(refused())
    }
}

/// A request with a JSON body.
pub struct Call<S, T> {
    /// The caller.
    pub by: Authorized<S>,
    /// The body.
    pub body: T,
    /// Its idempotency key, if it has one.
    pub key: Option<idempotency::Request>,
}

impl<S: Scope, T: DeserializeOwned> FromRequest<Arc<App>> for Call<S, T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let by = Authorized::<S>::from_request_parts(&mut parts, app).await?;
        is_json(&parts.headers)?;
        let key = idempotency_key(&parts.headers)?;
        let bytes = read(body, S::BODY_BYTES).await?;
        let value = json::parse(&bytes)?;
        let key = key.map(|key| {
            let tenant = by.tenant.clone().unwrap_or_default();
            let request = digest(&[
                parts.method.as_str().as_bytes(),
                parts.uri.path().as_bytes(),
                &bytes,
            ]);
            idempotency::Request {
                key: digest(&[key.as_bytes()]),
                requests: app.keys.hashes(&tenant, Purpose::Search, &request),
                process: app.process.clone(),
                tenant,
            }
        });
        Ok(Self {
            by,
            body: value,
            key,
        })
    }
}

fn is_json(headers: &HeaderMap) -> Result<(), Problem> {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    let essence = kind.map(|kind| kind.split(';').next().unwrap_or_default().trim());
    match essence {
        Some(kind) if kind.eq_ignore_ascii_case("application/json") => Ok(()),
        _ => Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "not-json",
            "The body is not JSON",
            "Send JSON with Content-Type: application/json.",
        )),
    }
}

/// The header's key.
fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    header_key::read(headers, "idempotency-key").map_err(|_| {
        Problem::new(
            StatusCode::BAD_REQUEST,
            "idempotency-key",
            "The Idempotency-Key cannot be used",
            "It is one header with 1 to 255 visible ASCII characters, or a string in quotation marks as in RFC 8941.",
        )
    })
}

async fn read(body: Body, most: usize) -> Result<Bytes, Problem> {
    request_body::read(body, most, BODY_TIME)
        .await
        .map_err(|unread| match unread {
            Unread::Broken => json::malformed(
                "It ended early, or its chunks have no form. Nothing of it was used.",
            ),
            Unread::TooLarge => Problem::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "too-large",
                "The body is too large",
                format!("A body has at most {most} bytes. Nothing of it was used."),
            ),
            Unread::TooSlow => Problem::new(
                StatusCode::REQUEST_TIMEOUT,
                "too-slow",
                "The body did not arrive",
                "A body has to arrive within ten seconds.",
            ),
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::admin::keys;
    use crate::service::test_app::TestApp;
    use axum::Router;
    use axum::http::HeaderValue;
    use axum::routing::get;
    use hyper::service::Service as _;
    use hyper_util::service::TowerToHyperService;
    use serde::de::IgnoredAny;

    /// A handler need not check the tenant of its path.
    #[tokio::test]
    async fn key_of_a_tenant_finds_no_other() {
        let test = TestApp::new().await;
        let (app, actor) = (&test.app, TestApp::actor());
        let add = async |tenant, scope: &str| {
            let key = keys::add(app, &actor, tenant, "k", &[scope.to_owned()]).await;
            key.unwrap().key.unwrap()
        };
        let editor = add(Some("default"), "tenant").await;
        let host = add(None, "host").await;
        let handler = |_: Authorized<Tenant>| async {};
        let posted = |_: Call<Tenant, IgnoredAny>| async {};
        let routes = Router::new()
            .route("/t/{tenant}/{name}", get(handler).post(posted))
            .route("/all", get(handler))
            .with_state(app.clone());
        let routes = TowerToHyperService::new(routes);
        for (method, path, key, status) in [
            ("GET", "/t/default/a", &editor, 200),
            ("GET", "/t/%64efault/a", &editor, 200),
            ("GET", "/t/other/default", &editor, 404),
            ("GET", "/t/%FF/a", &editor, 404),
            ("POST", "/t/default/a", &editor, 200),
            ("POST", "/t/other/a", &editor, 404),
            ("GET", "/t/other/a", &host, 200),
            ("GET", "/all", &editor, 200),
        ] {
            let request = Request::builder()
                .method(method)
                .uri(path)
                .header(header::AUTHORIZATION, format!("Bearer {key}"))
                .header(header::CONTENT_TYPE, "application/json")
                .body(Body::from("{}"))
                .unwrap();
            let response = routes.call(request).await.unwrap();
            assert_eq!(response.status(), status, "{method} {path}");
        }
    }

    fn key_of(value: &'static str) -> Option<Option<String>> {
        let mut headers = HeaderMap::new();
        headers.insert("idempotency-key", HeaderValue::from_static(value));
        idempotency_key(&headers).ok()
    }

    #[test]
    fn idempotency_key_is_quoted_or_bare() {
        for (value, key) in [
            ("abc", Some(Some("abc"))),
            ("\"abc\"", Some(Some("abc"))),
            ("  abc  ", Some(Some("abc"))),
            ("\"\"", None),
            ("", None),
            ("\"abc", None),
            ("a b", None),
            ("\"a b\"", Some(Some("a b"))),
            (r#""a\"b\\c""#, Some(Some(r#"a"b\c"#))),
            (r#""a\b""#, None),
            ("\"abc\";x=1", Some(Some("abc"))),
            ("\"abc\" d", None),
            ("a\"b", None),
        ] {
            let found = key_of(value);
            assert_eq!(found, key.map(|key| key.map(str::to_owned)), "{value}");
        }
        let mut twice = HeaderMap::new();
        twice.append("idempotency-key", HeaderValue::from_static("a"));
        twice.append("idempotency-key", HeaderValue::from_static("b"));
        assert!(idempotency_key(&twice).is_err());
        assert_eq!(idempotency_key(&HeaderMap::new()).ok(), Some(None));
    }
}
