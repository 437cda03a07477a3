//! The frame of every page: navigation, language, and who is signed in.

use super::texts::Texts;
use crate::ids::rfc3339;
use askama::Template;
use axum::response::Html;

/// What the frame shows.
pub struct Page {
    /// The reader's language.
    pub t: Texts,
    /// The page's title.
    pub title: String,
    /// The part of the console that it belongs to.
    pub active: &'static str,
    /// The tenant that is looked at; empty on pages of the whole host.
    pub tenant: String,
    /// The tenants that the user may look at.
    pub tenants: Vec<String>,
    /// Who is signed in; empty before.
    pub user: String,
    /// Whether they may change things.
    pub is_admin: bool,
    /// Whether they may look at the whole host.
    pub is_host: bool,
    /// The token of the page's forms.
    pub token: String,
    /// The token of what the page's forms do once.
    pub once: String,
    /// Whether the kill switch of the host or the tenant is on.
    pub is_stopped: bool,
    /// What was done just now.
    pub notice: String,
}

impl Page {
    /// The frame before anybody is signed in.
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
        }
    }

    /// With a line about what was done.
    #[must_use]
    pub fn notice(mut self, notice: String) -> Self {
        self.notice = notice;
        self
    }

    /// A text.
    pub fn say(&self, id: &str) -> String {
        self.t.say(id)
    }

    /// The beginning of the tenant's addresses.
    pub fn base(&self) -> String {
        format!("/console/t/{}", self.tenant)
    }

    /// `page` where this part is the one that is shown, for `aria-current`.
    pub fn current(&self, part: &str) -> &'static str {
        if self.active == part { "page" } else { "false" }
    }
}

/// A time to the second, in UTC.
pub fn time(ms: i64) -> String {
    let text = rfc3339(ms);
    text.get(..19).unwrap_or_default().replace('T', " ")
}

/// A page's text.
pub fn render(template: &impl Template) -> Html<String> {
    Html(template.render().unwrap_or_else(|error| {
        tracing::error!(%error, "a page cannot be made");
        String::new()
    }))
}
