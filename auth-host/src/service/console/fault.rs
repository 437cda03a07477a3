//! Refusals of the console, as pages.

use super::page::{Page, render};
use super::texts::Texts;
use crate::service::problem::Problem;
use crate::service::store::StoreError;
use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// Reason for a refusal. The page is rendered later, where the reader's language is available.
#[derive(Clone, Debug)]
pub enum Fault {
    /// The request names another host.
    ForeignHost,
    /// Another site's page caused it.
    ForeignOrigin,
    /// The form's token does not belong to this user.
    Token,
    /// Nobody is signed in. A visit is redirected to the sign-in page.
    SignIn {
        /// True if the request was a visit.
        is_visit: bool,
    },
    /// The user's role does not allow it.
    Role,
    /// The form cannot be read.
    Form,
    /// The form of a config has too many rows.
    Rows {
        /// The most rows of a form.
        most: usize,
        /// The address of the config as JSON.
        json: String,
    },
    /// The form or the upload has more bytes than are read, which are named in a text.
    TooLarge(&'static str),
    /// The address cannot be read.
    Address,
    /// Everything else.
    Problem(Problem),
}

impl From<Problem> for Fault {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Problem(error.into())
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        if matches!(self, Self::SignIn { is_visit: true }) {
            let to = [(header::LOCATION, "/console/sign-in")];
            return (StatusCode::SEE_OTHER, to).into_response();
        }
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

#[derive(Template)]
#[template(path = "fault.html")]
struct FaultPage {
    page: Page,
    text: String,
    /// The address of the config as JSON, or empty.
    json: String,
}

impl Fault {
    fn status(&self) -> StatusCode {
        match self {
            Self::ForeignHost => StatusCode::MISDIRECTED_REQUEST,
            Self::ForeignOrigin | Self::Token | Self::Role => StatusCode::FORBIDDEN,
            Self::SignIn { .. } => StatusCode::UNAUTHORIZED,
            Self::Form | Self::Address => StatusCode::BAD_REQUEST,
            Self::Rows { .. } | Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Problem(problem) => problem.status_code(),
        }
    }

    /// The text for the reader.
    pub fn text(&self, t: Texts) -> String {
        match self {
            Self::ForeignHost => t.say("fault-host"),
            Self::ForeignOrigin => t.say("fault-origin"),
            Self::Token => t.say("fault-token"),
            Self::SignIn { .. } => t.say("fault-session"),
            Self::Role => t.say("fault-role"),
            Self::Form => t.say("fault-form"),
            Self::Rows { most, .. } => t.about("fault-rows", *most),
            Self::TooLarge(most) => t.about("fault-too-large", *most),
            Self::Address => t.say("fault-address"),
            Self::Problem(problem) => problem_text(t, problem),
        }
    }

    /// The page.
    pub fn page(&self, t: Texts) -> Response {
        let page = Page::bare(t, t.say("fault"));
        let page = FaultPage {
            page,
            text: self.text(t),
            json: match self {
                Self::Rows { json, .. } => json.clone(),
                _ => String::new(),
            },
        };
        let mut response = (self.status(), render(&page)).into_response();
        if let Self::Problem(Problem {
            retry_after: Some(seconds),
            ..
        }) = self
        {
            let seconds = HeaderValue::from(*seconds);
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        response
    }
}

/// A refused form's error, and the name of the field that it is about.
#[derive(Default)]
pub struct FormError {
    /// The text; empty if the form was not refused.
    pub text: String,
    /// The field's name; empty if the error is about several or none.
    pub field: String,
}

impl FormError {
    /// An error about a field.
    pub fn new(field: &str, text: String) -> Self {
        let field = field.to_owned();
        Self { text, field }
    }

    /// The error of a problem, about the field that its JSON Pointer begins with.
    pub fn of(t: Texts, problem: &Problem) -> Self {
        let pointer = problem.pointer.as_deref().unwrap_or_default();
        let field = pointer.split('/').nth(1).unwrap_or_default();
        Self::new(field, problem_text(t, problem))
    }

    /// The error of a problem with a form that has no field for it.
    pub fn without_field(t: Texts, problem: &Problem) -> Self {
        Self::new("", problem_text(t, problem))
    }

    /// Attributes of a field, which name the error and move the focus there if the error is about the field.
    pub fn at(&self, field: &str) -> &'static str {
        match self.is_at(field) {
            true => " aria-invalid=\"true\" aria-describedby=\"wrong\" autofocus",
            false => "",
        }
    }

    /// Returns true if the error is about a field.
    pub fn is_at(&self, field: &str) -> bool {
        !self.text.is_empty() && self.field == field
    }

    /// The page's title, which begins with the word for an error if there is one.
    pub fn title(&self, page: &Page) -> String {
        match self.text.is_empty() {
            true => page.title.clone(),
            false => page.t.about("title-error", page.title.as_str()),
        }
    }
}

/// A problem in one line, with its JSON Pointer if its text is not a translated sentence.
pub fn problem_text(t: Texts, problem: &Problem) -> String {
    match problem.pointer.as_deref() {
        Some(pointer) if !pointer.is_empty() && problem.sentence.is_none() => {
            format!("{pointer}: {}", problem.detail)
        }
        _ => problem.text(t),
    }
}
