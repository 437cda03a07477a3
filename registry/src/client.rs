//! Client of one repository in one registry, for one pull or one publication.

use crate::auth::{self, Challenge};
use crate::document::{Descriptor, checked};
use crate::exchange::{self, Deadline, Response};
use crate::part;
use crate::redirect::{self, Target};
use crate::{Credentials, RegistryError};
use auth_connector_egress::{Origin, Outbound};
use auth_connector_egress::{Phrase, phrase};
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, HeaderName, HeaderValue, WWW_AUTHENTICATE};
use http::{Method, Request, StatusCode};
use http_body_util::Full;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Longest response of a token server.
const TOKEN_BYTES: u64 = 64 << 10;

/// Network settings and credentials of a client.
#[derive(Clone)]
pub struct Settings {
    /// Connections: authorities, proxy, permitted networks.
    pub outbound: Outbound,
    /// A name and a password. None: anonymous.
    pub credentials: Option<Credentials>,
    /// True if a registry at `localhost` or a loopback address is reached by plain `http`. For tests.
    pub has_loopback_http: bool,
    /// Time limit for all of it.
    pub time: Duration,
}

/// Kind of access to a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    Write,
}

/// Client of one repository of a registry, with a deadline.
pub struct Client {
    outbound: Outbound,
    own: Origin,
    repository: String,
    credentials: Option<Credentials>,
    access: Access,
    authorization: Mutex<Option<HeaderValue>>,
    deadline: Deadline,
}

/// A request without its authorization.
#[derive(Clone)]
pub(crate) struct Ask {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) headers: Vec<(HeaderName, String)>,
    pub(crate) body: Bytes,
}

impl Client {
    /// A client for reading.
    ///
    /// # Errors
    ///
    /// When the host is not valid.
    pub fn new(settings: &Settings, host: &str, repository: &str) -> Result<Self, RegistryError> {
        Self::with(settings, host, repository, Access::Read)
    }

    pub(crate) fn with(
        settings: &Settings,
        host: &str,
        repository: &str,
        access: Access,
    ) -> Result<Self, RegistryError> {
        let (host, repository) = match (host, repository.contains('/')) {
            ("docker.io", true) => ("registry-1.docker.io", repository.to_owned()),
            ("docker.io", false) => ("registry-1.docker.io", format!("library/{repository}")),
            _ => (host, repository.to_owned()),
        };
        let origin = |scheme: &str| {
            Origin::parse(&format!("{scheme}://{host}"))
                .map_err(|error| RegistryError::Reference(error.phrase()))
        };
        let plain = origin("http")?;
        let own = if settings.has_loopback_http && plain.is_loopback() {
            plain
        } else {
            origin("https")?
        };
        Ok(Self {
            outbound: settings.outbound.clone(),
            own,
            repository,
            credentials: settings.credentials.clone(),
            access,
            authorization: Mutex::default(),
            deadline: Deadline::after(settings.time),
        })
    }

    /// The registry.
    pub(crate) fn origin(&self) -> &Origin {
        &self.own
    }

    /// A path below the repository.
    pub(crate) fn path(&self, rest: &str) -> String {
        format!("/v2/{}/{rest}", self.repository)
    }

    /// A manifest by tag or digest, of at most so many bytes. `None` if the registry has none.
    pub(crate) async fn manifest(
        &self,
        name: &str,
        accept: &str,
        limit: u64,
    ) -> Result<Option<Vec<u8>>, RegistryError> {
        let what = part::named(name);
        let ask = Ask {
            method: Method::GET,
            path: self.path(&format!("manifests/{name}")),
            headers: vec![(ACCEPT, accept.to_owned())],
            body: Bytes::new(),
        };
        let response = self.ask(&what, ask).await?;
        match response.status {
            StatusCode::OK => response.read(&what, limit).await.map(Some),
            StatusCode::NOT_FOUND => Ok(None),
            _ => Err(response.refusal(&what).await),
        }
    }

    /// The bytes of a descriptor, checked by size and digest. Nothing is requested if the descriptor exceeds the limit.
    pub(crate) async fn blob(
        &self,
        what: &Phrase,
        descriptor: &Descriptor,
        limit: u64,
    ) -> Result<Vec<u8>, RegistryError> {
        let digest = descriptor.digest()?;
        if descriptor.size > limit {
            return Err(RegistryError::TooLarge {
                what: what.clone(),
                size: descriptor.size,
                limit,
            });
        }
        let ask = Ask {
            method: Method::GET,
            path: self.path(&format!("blobs/{digest}")),
            headers: Vec::new(),
            body: Bytes::new(),
        };
        let mut response = self.ask(what, ask).await?;
        let mut at = self.own.clone();
        let mut followed = 0;
        while redirect::is_redirect(response.status) {
            followed += 1;
            if followed > redirect::MOST {
                return Err(RegistryError::Redirect {
                    what: what.clone(),
                    reason: phrase!(
                        "redirect-many",
                        "there are more than {most}",
                        most = redirect::MOST
                    ),
                });
            }
            let Target { origin, path } =
                redirect::follow(what, &response.headers, &at, &self.own)?;
            drop(response);
            let request = request(&Method::GET, &path, &[], Bytes::new(), None)?;
            response = exchange::send(&self.outbound, &origin, request, self.deadline).await?;
            at = origin;
        }
        let bytes = match response.status {
            StatusCode::OK => response.read(what, descriptor.size).await?,
            StatusCode::NOT_FOUND => return Err(RegistryError::Absent(what.clone())),
            _ => return Err(response.refusal(what).await),
        };
        checked(what, bytes, descriptor)
    }

    /// Sends a request to the registry, with a token if it requires one. The caller follows redirects.
    pub(crate) async fn ask(&self, what: &Phrase, ask: Ask) -> Result<Response, RegistryError> {
        let known = self.known();
        let response = self.once(&ask, known.as_ref()).await?;
        if response.status != StatusCode::UNAUTHORIZED {
            return Ok(response);
        }
        let challenge = response.headers.get_all(WWW_AUTHENTICATE);
        let challenge = challenge
            .iter()
            .find_map(|value| Challenge::parse(value.to_str().ok()?));
        drop(response);
        let refused = |reason: Phrase| {
            RegistryError::Credentials(phrase!(
                "credentials",
                "{origin} refuses {what}: {reason}",
                origin = self.own.to_string(),
                what = what,
                reason = reason
            ))
        };
        let fresh = match (challenge, &self.credentials) {
            (Some(Challenge::Bearer { realm, service }), _) => {
                self.token(&realm, service.as_deref()).await?
            }
            (Some(Challenge::Basic), Some(credentials)) => credentials.header().clone(),
            (Some(Challenge::Basic), None) => {
                return Err(refused(phrase!(
                    "credentials-none",
                    "it wants a name and a password, and none are known for it"
                )));
            }
            (None, _) => {
                return Err(refused(phrase!(
                    "credentials-means",
                    "it does not say by which means to sign in"
                )));
            }
        };
        if known.as_ref() == Some(&fresh) {
            return Err(refused(phrase!(
                "credentials-wrong",
                "the credentials are not accepted"
            )));
        }
        *self
            .authorization
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(fresh.clone());
        let response = self.once(&ask, Some(&fresh)).await?;
        match response.status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(refused(phrase!(
                "credentials-refused",
                "the credentials are not accepted, or do not suffice"
            ))),
            _ => Ok(response),
        }
    }

    fn known(&self) -> Option<HeaderValue> {
        self.authorization
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    async fn once(
        &self,
        ask: &Ask,
        authorization: Option<&HeaderValue>,
    ) -> Result<Response, RegistryError> {
        let body = ask.body.clone();
        let request = request(&ask.method, &ask.path, &ask.headers, body, authorization)?;
        exchange::send(&self.outbound, &self.own, request, self.deadline).await
    }

    /// A token for this repository.
    async fn token(
        &self,
        realm: &str,
        service: Option<&str>,
    ) -> Result<HeaderValue, RegistryError> {
        let actions = match self.access {
            Access::Read => "pull",
            Access::Write => "pull,push",
        };
        let scope = format!("repository:{}:{actions}", self.repository);
        let (origin, path) = auth::token_request(realm, service, &scope, &self.own)?;
        let credentials = self.credentials.as_ref().map(Credentials::header);
        let request = request(&Method::GET, &path, &[], Bytes::new(), credentials)?;
        let response = exchange::send(&self.outbound, &origin, request, self.deadline).await?;
        let refused = |reason: Phrase| {
            RegistryError::Credentials(phrase!(
                "token",
                "{origin} gives no token for {registry}: {reason}",
                origin = origin.to_string(),
                registry = self.own.to_string(),
                reason = reason
            ))
        };
        if response.status != StatusCode::OK {
            return Err(refused(phrase!(
                "token-status",
                "HTTP status {status}",
                status = u64::from(response.status.as_u16())
            )));
        }
        let answer = response.read(&part::token(), TOKEN_BYTES).await?;
        let token = auth::token(&answer)
            .ok_or_else(|| refused(phrase!("token-none", "there is none in its answer")))?;
        let mut value = HeaderValue::try_from(format!("Bearer {token}"))
            .map_err(|_| refused(phrase!("token-header", "it cannot be put into a header")))?;
        value.set_sensitive(true);
        Ok(value)
    }
}

fn request(
    method: &Method,
    path: &str,
    headers: &[(HeaderName, String)],
    body: Bytes,
    authorization: Option<&HeaderValue>,
) -> Result<Request<Full<Bytes>>, RegistryError> {
    let mut builder = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        builder = builder.header(name, value);
    }
    if let Some(value) = authorization {
        builder = builder.header(AUTHORIZATION, value);
    }
    builder
        .body(Full::new(body))
        .map_err(|error| RegistryError::malformed(part::request(), phrase!("request", of error)))
}
