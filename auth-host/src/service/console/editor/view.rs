//! Page of the editor, and page of a guide.

use super::super::connectors::plugin_name;
use super::super::fault::Fault;
use super::super::form::{self, Shown};
use super::super::page::{Page, render};
use super::super::texts::Texts;
use super::super::visit::Visit;
use super::super::{assets, guide};
use super::reports::Reports;
use super::state::State;
use super::trial::Trial;
use crate::service::admin::guides;
use crate::service::problem::{Finding, Problem};
use askama::Template;
use auth_connector_host::CONFIG_BYTES;
use axum::extract::Path;
use axum::response::{Html, IntoResponse, Response};

/// The largest page, with its script and its style.
const PAGE_BYTES: usize = 58_000;

#[derive(Template)]
#[template(path = "editor.html")]
struct Editor {
    page: Page,
    name: String,
    is_new: bool,
    plugin_title: String,
    description: String,
    revision: i64,
    shown: Shown,
    is_json: bool,
    json: String,
    json_error: String,
    errors: usize,
    warnings: usize,
    problem: String,
    /// The identifier of a connector that was changed meanwhile, for a link that opens it anew.
    stale: Option<String>,
    /// Origins that nobody confirmed yet.
    waits: String,
    origins: Vec<(String, bool)>,
    has_guide: bool,
    plugin: String,
    trial: Trial,
    checks: Vec<(String, String, String, String)>,
    reports: Reports,
    /// True if the plugin can ask the provider without sending.
    can_ask: bool,
    is_unused: bool,
    is_dirty: bool,
    is_checked: bool,
}

impl State {
    pub(super) async fn page(self) -> Response {
        let subject = &self.subject;
        let visit = &subject.visit;
        let t = visit.t;
        let guide = guides::get(&visit.console.app, &subject.plugin, &self.locales);
        let guide = guide.ok().flatten();
        let count = |severity: &str| {
            self.findings
                .iter()
                .filter(|f| f.severity == severity)
                .count()
        };
        let (errors, warnings) = (count("error") + self.draft.faults(), count("warning"));
        let is_long = self.draft.value.to_string().len() > CONFIG_BYTES;
        let findings = self.findings.iter().take(200);
        let findings: Vec<Finding> = findings.map(|f| shown_finding(t, f, is_long)).collect();
        let reports = self.reports();
        let waits = self
            .origins
            .iter()
            .filter(|(_, is_confirmed)| !is_confirmed);
        let waits: Vec<&str> = waits.map(|(origin, _)| origin.as_str()).collect();
        let waits = form::shown(&waits.join(", "), 400);
        let revision = self.revision().unwrap_or(subject.revision);
        let has_too_many_rows = self.draft.has_too_many_rows();
        let is_json = self.is_json || has_too_many_rows;
        let json = match self.json_error.is_empty() && is_json {
            true => serde_json::to_string_pretty(&self.draft.value).unwrap_or_default(),
            false => self.json,
        };
        let title = match subject.id {
            Some(_) => form::shown(&subject.name, 80),
            None => t.say("connector-new"),
        };
        let shown = Shown::of(t, &self.fields, &self.draft, &findings, &subject.secrets);
        let catalog = visit.console.app.catalog.load();
        let plugin_title = match self.title.is_empty() {
            true => catalog
                .plugins
                .get(&subject.plugin)
                .map(plugin_name)
                .unwrap_or_default(),
            false => self.title,
        };
        let id = subject.id.as_ref();
        let own = catalog.flows.get(&visit.tenant);
        let is_used = |id: &String| {
            let mut flows = own.into_iter().flatten();
            flows.any(|flow| flow.connectors.contains(id))
        };
        let notice = match has_too_many_rows && self.notice.is_empty() {
            true => t.about("rows-as-json", form::FORM_ROWS),
            false => self.notice,
        };
        let mut frame = visit.page("connectors", title).notice(notice);
        frame.once = self.once;
        frame.is_once = !reports.made.is_empty();
        let page = render(&Editor {
            page: frame,
            name: subject.name.clone(),
            is_new: subject.id.is_none(),
            plugin_title,
            description: self.description,
            revision,
            shown,
            is_json,
            json,
            json_error: self.json_error,
            errors,
            warnings,
            problem: self.problem,
            stale: id.filter(|_| self.is_stale).cloned(),
            waits,
            origins: self.origins,
            has_guide: guide.is_some(),
            plugin: subject.plugin.clone(),
            trial: self.trial,
            checks: self.checks,
            reports,
            can_ask: self.can_ask,
            is_unused: id.is_some_and(|id| !is_used(id)),
            is_dirty: self.posted.is_some(),
            is_checked: self.is_checked,
        });
        // The guide gets the rest of a page's 60 KB; its own page shows all of it.
        let left = PAGE_BYTES.saturating_sub(page.0.len() + assets::bytes());
        let guide = guide.map(|text| guide::render(&text, left).0);
        let page = page
            .0
            .replacen("<!--guide-->", &guide.unwrap_or_default(), 1);
        (self.status, Html(page)).into_response()
    }
}

/// A finding for display. A plugin's text stays; the host's own text about a config that is too long is in the reader's
/// language.
fn shown_finding(t: Texts, finding: &Finding, is_long: bool) -> Finding {
    let is_of_host = is_long && finding.code == "too-long" && finding.pointer.is_empty();
    Finding {
        pointer: finding.pointer.clone(),
        severity: finding.severity.clone(),
        code: form::shown(&finding.code, 60),
        message: match is_of_host {
            true => t.about("config-long", CONFIG_BYTES),
            false => form::shown(&finding.message, 400),
        },
    }
}

#[derive(Template)]
#[template(path = "guide.html")]
struct GuidePage {
    page: Page,
    guide: String,
    is_cut: bool,
}

/// The whole guide of a plugin.
pub(super) async fn show_guide(
    visit: Visit,
    Path((_, plugin)): Path<(String, String)>,
) -> Result<Response, Fault> {
    let text = guides::get(&visit.console.app, &plugin, &visit.t.locales())?;
    let text = text.ok_or_else(|| Problem::not_found("guide"))?;
    let (guide, is_cut) = guide::render(&text, PAGE_BYTES - assets::bytes() - 8_000);
    let page = visit.page("connectors", visit.t.say("guide"));
    Ok(render(&GuidePage {
        page,
        guide,
        is_cut,
    })
    .into_response())
}
