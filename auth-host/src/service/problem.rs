//! Problem details (RFC 9457): the form of every refusal of the API.

use crate::mask;
use crate::service::crypt::KeyError;
use crate::service::ids::NoRandom;
use crate::service::phrases::{self, Language};
use crate::service::store::StoreError;
use crate::service::texts::{Sentence, Texts, about, say};
use auth_connector_host::Phrase;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Serialize, Serializer};

/// A refusal. Its texts repeat nothing that the caller sent.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Problem {
    /// The kind: `locked`. Responses have it as a reference relative to the API, `/problems/locked`.
    #[serde(rename = "type", serialize_with = "reference")]
    #[schema(value_type = String)]
    pub kind: &'static str,
    /// The meaning of the kind, in a few words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// The event and the action to take.
    pub detail: String,
    /// The detail, for output in an operator's language.
    #[serde(skip)]
    pub sentence: Option<Box<Sentence>>,
    /// The database's error, for the command line.
    #[serde(skip)]
    pub cause: Option<Box<StoreError>>,
    /// The key of the sentence for the person who waits, if the kind alone does not determine it.
    #[serde(skip)]
    pub phrase: Option<&'static str>,
    /// The text for the person who waits for a code, in the first available of that person's languages: those of the
    /// request's body, or of `Accept-Language`. Absent if the problem is the back end's alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_message: Option<String>,
    /// The JSON Pointer to the value in the request's body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// When another attempt is useful, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<i64>,
    /// All errors, if there are several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
}

fn reference<S: Serializer>(kind: &&'static str, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(&format_args!("/problems/{kind}"))
}

/// One error or warning about a config.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Finding {
    /// The JSON Pointer to its value in the config.
    pub pointer: String,
    /// `error` or `warning`.
    pub severity: String,
    /// A stable word.
    pub code: String,
    /// The action to take.
    pub message: String,
}

/// The detail of a problem: a sentence of the texts' files, or English for programs alone.
#[derive(Debug)]
pub struct Detail {
    text: String,
    sentence: Option<Sentence>,
}

impl From<Sentence> for Detail {
    fn from(sentence: Sentence) -> Self {
        Self {
            text: sentence.english(),
            sentence: Some(sentence),
        }
    }
}

impl From<Phrase> for Detail {
    fn from(phrase: Phrase) -> Self {
        Sentence::from(phrase).into()
    }
}

impl From<String> for Detail {
    fn from(text: String) -> Self {
        Self {
            text,
            sentence: None,
        }
    }
}

impl From<&str> for Detail {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl Problem {
    /// A problem of a kind.
    pub fn new(
        status: StatusCode,
        kind: &'static str,
        title: &str,
        detail: impl Into<Detail>,
    ) -> Self {
        let Detail { text, sentence } = detail.into();
        Self {
            kind,
            title: title.to_owned(),
            status: status.as_u16(),
            detail: text,
            sentence: sentence.map(Box::new),
            cause: None,
            phrase: None,
            user_message: None,
            pointer: None,
            retry_after: None,
            findings: Vec::new(),
        }
    }

    /// Returns true if the object of a change was changed meanwhile.
    pub fn is_conflict(&self) -> bool {
        self.kind == "conflict"
    }

    /// The HTTP status.
    pub fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// A decision against a message, counted by its reason.
    pub fn refused(
        status: StatusCode,
        reason: &'static str,
        title: &str,
        detail: impl Into<Detail>,
    ) -> Self {
        metrics::counter!("auth_host_refused_total", "reason" => reason).increment(1);
        Self::new(status, reason, title, detail)
    }

    /// The request's body cannot be used, at a pointer. A name in it may be a number or a code that a person typed.
    pub fn invalid(pointer: &str, detail: impl Into<Detail>) -> Self {
        let mut problem = Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid",
            "The request cannot be used",
            detail,
        );
        problem.pointer = Some(mask::typed(pointer));
        problem
    }

    /// There is no such resource, or none of the caller's.
    pub fn not_found(what: &str) -> Self {
        let detail = about("refusal-not-found", what);
        Self::new(StatusCode::NOT_FOUND, "not-found", "Not found", detail)
    }

    /// The outcome of a message is not on the disk: it may have been sent.
    pub fn late(detail: impl Into<Detail>) -> Self {
        let status = StatusCode::SERVICE_UNAVAILABLE;
        Self::new(status, "outcome-late", "The outcome is late", detail)
    }

    /// Returns true if a message may have been sent all the same.
    pub fn is_late(&self) -> bool {
        self.kind == "outcome-late"
    }

    /// The event and the action to take, in an operator's language.
    pub fn text(&self, t: Texts) -> String {
        match &self.sentence {
            Some(sentence) => sentence.text(t),
            None => self.detail.clone(),
        }
    }

    /// Adds the text for a person, unless it was added before in the person's own language.
    #[must_use]
    pub fn told(mut self, language: Language) -> Self {
        if self.user_message.is_none() {
            let key = self.phrase.or_else(|| phrases::of_problem(self.kind));
            self.user_message = key.map(|key| language.say(key).to_owned());
        }
        self
    }

    /// Sets the sentence for the person who waits: their input is wrong and not the request's form.
    #[must_use]
    pub const fn tell(mut self, phrase: &'static str) -> Self {
        self.phrase = Some(phrase);
        self
    }

    /// Sets that another attempt is useful after some milliseconds.
    #[must_use]
    pub fn after(mut self, retry_after_ms: Option<i64>) -> Self {
        self.retry_after = retry_after_ms.map(|ms| (ms + 999) / 1000);
        self
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "the database failed");
        let problem = Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "storage",
            "Nothing can be written down",
            say("refusal-storage"),
        );
        Self {
            cause: Some(Box::new(error)),
            ..problem.after(Some(5_000))
        }
    }
}

impl From<KeyError> for Problem {
    fn from(error: KeyError) -> Self {
        StoreError::from(error).into()
    }
}

impl From<NoRandom> for Problem {
    fn from(error: NoRandom) -> Self {
        StoreError::from(error).into()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let this = self.told(phrases::spoken());
        let status = this.status_code();
        let body = serde_json::to_string(&this).unwrap_or_default();
        let content = (header::CONTENT_TYPE, "application/problem+json");
        let mut response = (status, [content], body).into_response();
        if let Some(seconds) = this.retry_after {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            let scheme = HeaderValue::from_static("Bearer");
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, scheme);
        }
        response
    }
}
