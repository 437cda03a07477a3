//! Routes: the handler of each request. Independent of `wasi:http`, so that they are tested without an engine.

use crate::bindings::auth::connector::sms::{
    Diagnostic, Failure, Message, Receipt, SendError, Severity,
};
use crate::bindings::auth::connector::sms_operations::{Deliveries, DeliveryQuery};
use crate::body;
use crate::deliveries::{self, FindRequest, Found};
use crate::message::{self, MessageRequest};
use crate::problem::Problem;
use crate::settings::{self, Settings, Unusable};
use serde::Serialize;

/// The connector behind the gateway.
pub trait Connector {
    /// Checks the config without a network.
    fn validate_config(&self, config: &str) -> Vec<Diagnostic>;
    /// Sends one message.
    fn send_message(&self, config: &str, message: &Message) -> Result<Receipt, SendError>;
    /// Looks messages up.
    fn find_deliveries(&self, config: &str, query: &DeliveryQuery) -> Result<Deliveries, Failure>;
}

/// Method, path and headers of a request.
#[derive(Default)]
pub struct Head {
    /// The method.
    pub method: String,
    /// The path, without a query.
    pub path: String,
    /// The header `Authorization`, if there is exactly one. The same holds for the others.
    pub authorization: Option<String>,
    /// The header `Content-Type`.
    pub content_type: Option<String>,
    /// The header `Correlation-Id`.
    pub correlation_id: Option<String>,
    /// True if there is a header `Idempotency-Key`.
    pub has_idempotency_key: bool,
}

/// An answer.
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body's type.
    pub content_type: &'static str,
    /// Further headers.
    pub headers: Vec<(&'static str, String)>,
    /// The body, JSON.
    pub body: String,
}

impl Answer {
    fn of(value: &impl Serialize) -> Self {
        Self {
            status: 200,
            content_type: "application/json",
            headers: Vec::new(),
            body: serde_json::to_string(value).unwrap_or_default(),
        }
    }
}

impl From<Problem> for Answer {
    fn from(problem: Problem) -> Self {
        let mut headers = Vec::new();
        if problem.status == 401 {
            headers.push(("www-authenticate", "Bearer".to_owned()));
        }
        // RFC 9110, section 15.5.6.
        if let Some(methods) = problem.allow {
            headers.push(("allow", methods.to_owned()));
        }
        if let Some(seconds) = problem.retry_after {
            headers.push(("retry-after", seconds.to_string()));
        }
        Self {
            status: problem.status,
            content_type: "application/problem+json",
            headers,
            ..Self::of(&problem)
        }
    }
}

/// Response of `GET /healthz`. For `HEAD`, which balancers ask, the engine's server leaves the body out.
#[derive(Serialize)]
struct Health {
    status: &'static str,
}

/// Answers a request. `read` gets the most bytes that the body may have, and is not called before the key was checked.
pub fn answer(
    head: &Head,
    read: impl FnOnce(usize) -> Result<Vec<u8>, Problem>,
    settings: &Result<Settings, Unusable>,
    connector: &impl Connector,
) -> Answer {
    let call = Call {
        head,
        settings,
        connector,
    };
    let answered = match head.path.as_str() {
        "/healthz" => call.takes("GET, HEAD").and_then(|()| call.health()),
        "/v1/messages" => call
            .takes("POST")
            .and_then(|()| call.send(read))
            // A problem without a state is one that was found before the connector was called.
            .map_err(|problem| match problem.state {
                None => problem.not_sent(),
                Some(_) => problem,
            }),
        "/v1/deliveries/find" => call.takes("POST").and_then(|()| call.find(read)),
        _ => Err(Problem::new(
            404,
            "not-found",
            "Not found",
            "There is no such path here. There are /v1/messages, /v1/deliveries/find and /healthz.",
        )),
    };
    answered.unwrap_or_else(Into::into)
}

/// A request and what it is answered with.
struct Call<'a, C> {
    head: &'a Head,
    settings: &'a Result<Settings, Unusable>,
    connector: &'a C,
}

impl<C: Connector> Call<'_, C> {
    /// Refuses a method that is not in this list, which is written as the header `Allow` has it.
    fn takes(&self, methods: &'static str) -> Result<(), Problem> {
        if methods.split(", ").any(|method| self.head.method == method) {
            return Ok(());
        }
        let detail = format!("The path takes {methods}.");
        Err(Problem {
            allow: Some(methods),
            ..Problem::new(405, "method", "The path does not take this method", detail)
        })
    }

    fn health(&self) -> Result<Answer, Problem> {
        let config = self.settings()?.config();
        let findings = self.connector.validate_config(config);
        if findings
            .iter()
            .any(|found| found.severity == Severity::Error)
        {
            return Err(Problem {
                findings: findings.into_iter().map(Into::into).collect(),
                ..unconfigured(
                    "Sending cannot work with the config. Correct what `findings` lists.",
                )
            });
        }
        Ok(Answer::of(&Health { status: "ok" }))
    }

    fn send(
        &self,
        read: impl FnOnce(usize) -> Result<Vec<u8>, Problem>,
    ) -> Result<Answer, Problem> {
        let settings = self.admitted()?;
        // A caller of the auth host would rely on it, and some clients repeat requests by themselves when it is there.
        if self.head.has_idempotency_key {
            return Err(Problem::new(
                400,
                "idempotency-key",
                "No Idempotency-Key is kept here",
                "The gateway stores nothing, so the same request twice is two messages. Leave the header out and look up \
                 what is unknown by its Correlation-Id, or use the auth host.",
            ));
        }
        let id = message::correlation_id(self.head.correlation_id.as_deref())?;
        let message = read(body::BYTES)
            .and_then(|bytes| body::parse::<MessageRequest>(&bytes))
            .and_then(|request| request.into_message(&id))
            .map_err(|problem| Problem {
                correlation_id: Some(id.clone()),
                ..problem
            })?;
        let sent = self.connector.send_message(settings.config(), &message);
        message::outcome(sent, id).map(|accepted| Answer::of(&accepted))
    }

    fn find(
        &self,
        read: impl FnOnce(usize) -> Result<Vec<u8>, Problem>,
    ) -> Result<Answer, Problem> {
        let settings = self.admitted()?;
        let request: FindRequest = body::parse(&read(body::BYTES)?)?;
        let found = self
            .connector
            .find_deliveries(settings.config(), &request.into());
        found
            .map(|deliveries| Answer::of(&Found::from(deliveries)))
            .map_err(deliveries::failed)
    }

    /// The settings, for a caller who showed a key and sends JSON.
    fn admitted(&self) -> Result<&Settings, Problem> {
        let settings = self.settings()?;
        if !settings.admits(self.head.authorization.as_deref()) {
            return Err(Problem::new(
                401,
                "unauthorized",
                "No valid key",
                "Send Authorization: Bearer and the gateway's key.",
            ));
        }
        let kind = self.head.content_type.as_deref().unwrap_or_default();
        let essence = kind.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("application/json") {
            return Err(Problem::new(
                415,
                "not-json",
                "The body is not JSON",
                "Send JSON with Content-Type: application/json.",
            ));
        }
        Ok(settings)
    }

    fn settings(&self) -> Result<&Settings, Problem> {
        self.settings.as_ref().map_err(|unusable| {
            let detail = match unusable {
                Unusable::Key => format!(
                    "Set {} to a key of at least 32 characters, or to two with a space between them.",
                    settings::KEY
                ),
                Unusable::Config => format!("Set {} to the connector's config.", settings::CONFIG),
            };
            unconfigured(&detail)
        })
    }
}

/// The operator's mistake, which the balancer's check should find before a caller does.
fn unconfigured(detail: &str) -> Problem {
    Problem::new(
        503,
        "not-configured",
        "The gateway is not configured",
        detail,
    )
}

#[cfg(test)]
mod tests;
