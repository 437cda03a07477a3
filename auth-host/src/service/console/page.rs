//! Frame of every page: navigation, language, and the user who is signed in.

use super::texts::Texts;
use crate::service::ids::rfc3339;
use askama::Template;
use axum::response::Html;

/// Values that the frame shows.
pub struct Page {
    /// The reader's language.
    pub t: Texts,
    /// The page's title.
    pub title: String,
    /// The part of the console that it belongs to.
    pub active: &'static str,
    /// The tenant of the page; empty on pages of the whole host.
    pub tenant: String,
    /// The tenants that the user may view.
    pub tenants: Vec<String>,
    /// Name of the user; empty before signing in.
    pub user: String,
    /// True if the user may change settings.
    pub is_admin: bool,
    /// True if the user may view the whole host.
    pub is_host: bool,
    /// The token of the page's forms.
    pub token: String,
    /// The token that lets the page's forms act only once.
    pub once: String,
    /// True if the kill switch of the host or the tenant is on.
    pub is_stopped: bool,
    /// A sentence about the last action.
    pub notice: String,
    /// True if the page shows a secret that no other one shows. It has no links to other languages, which would lose
    /// the secret.
    pub is_once: bool,
}

impl Page {
    /// The frame before a user is signed in.
    pub fn bare(t: Texts, title: String) -> Self {
        Self {
            t,
            title,
            active: "",
            tenant: String::new(),
            tenants: Vec::new(),
            user: String::new(),
            is_admin: false,
            is_host: false,
            token: String::new(),
            once: String::new(),
            is_stopped: false,
            notice: String::new(),
            is_once: false,
        }
    }

    /// Adds a sentence about the last action.
    #[must_use]
    pub fn notice(mut self, notice: String) -> Self {
        self.notice = notice;
        self
    }

    /// A text in the reader's language.
    pub fn say(&self, id: &str) -> String {
        self.t.say(id)
    }

    /// The beginning of the tenant's addresses.
    pub fn base(&self) -> String {
        format!("/console/t/{}", self.tenant)
    }

    /// Returns `page` for the part that is shown, else `false`, for `aria-current`.
    pub fn current(&self, part: &str) -> &'static str {
        if self.active == part { "page" } else { "false" }
    }
}

/// The first rows, and the address of those after them; empty if there are no more.
pub fn paged<T>(
    rows: impl IntoIterator<Item = T>,
    most: usize,
    next: impl Fn(&T) -> String,
) -> (Vec<T>, String) {
    let mut rows = rows.into_iter();
    let first: Vec<T> = rows.by_ref().take(most).collect();
    let last = first.last().filter(|_| rows.next().is_some());
    let next = last.map(next).unwrap_or_default();
    (first, next)
}

/// A time to the second, in UTC.
pub fn time(ms: i64) -> String {
    let text = rfc3339(ms);
    text.get(..19).unwrap_or_default().replace('T', " ")
}

/// A time to the second, with its zone.
pub fn utc(ms: i64) -> String {
    format!("{} UTC", time(ms))
}

/// Renders a page.
pub fn render(template: &impl Template) -> Html<String> {
    Html(template.render().unwrap_or_else(|error| {
        tracing::error!(%error, "a page cannot be made");
        String::new()
    }))
}
