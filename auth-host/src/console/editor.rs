//! The editor of a connector: form and JSON of its config, findings, trial, check, and saving.
//!
//! Every button posts the whole form, and the answer is the page with what was posted: nothing that was typed is lost, and
//! nothing but *save* keeps anything. The script posts the same form while one types, and takes over the findings.

use super::connectors::plugin_name;
use super::fault::{Fault, problem_text};
use super::form::{self, Draft, Field, Shown};
use super::page::{Page, render};
use super::state::Console;
use super::texts::Texts;
use super::visit::{Fields, Posted, Visit};
use super::{assets, guide, words};
use crate::admin::connectors::{self, Edit, Prepared, Put};
use crate::admin::{guides, trials};
use crate::problem::{Finding, Problem};
use askama::Template;
use auth_connector_host::Config;
use axum::Router;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// The routes.
pub fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route(
            "/console/t/{tenant}/connector",
            get(show_new).post(post_new),
        )
        .route("/console/t/{tenant}/connectors/{id}", get(show).post(post))
        .route("/console/t/{tenant}/guide/{plugin}", get(show_guide))
}

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
    origins: Vec<(String, bool)>,
    has_guide: bool,
    plugin: String,
    trial: Trial,
    checks: Vec<(String, String, String, String)>,
    is_dirty: bool,
}

/// The trial's fields and what came of it.
#[derive(Default)]
struct Trial {
    to: String,
    usage: String,
    locale: String,
    usages: Vec<(&'static str, String)>,
    error: String,
    preview: Option<Preview>,
    sent: Option<Sent>,
}

/// What would be sent.
struct Preview {
    route: String,
    template: String,
    parameters: Vec<String>,
    attributes: Vec<(String, String)>,
}

struct Sent {
    state: &'static str,
    name: String,
    code: String,
    serial: String,
    provider_code: String,
    turn: String,
    kind: String,
    message: String,
    provider: String,
    id: String,
}

/// Which connector is edited.
struct Subject {
    visit: Visit,
    plugin: String,
    name: String,
    id: Option<String>,
    revision: i64,
    stored: Value,
    secrets: Vec<String>,
}

#[derive(Deserialize)]
struct OfPlugin {
    #[serde(default)]
    plugin: String,
    #[serde(default)]
    saved: bool,
}

impl Subject {
    fn new(visit: Visit, plugin: String) -> Result<Self, Fault> {
        if !visit
            .console
            .app
            .catalog
            .load()
            .plugins
            .contains_key(&plugin)
        {
            return Err(Problem::not_found("plugin").into());
        }
        Ok(Self {
            visit,
            plugin,
            name: String::new(),
            id: None,
            revision: 0,
            stored: json!({}),
            secrets: Vec::new(),
        })
    }

    fn stored(visit: Visit, id: &str) -> Result<Self, Fault> {
        let found = connectors::get(&visit.console.app, &visit.tenant, id)?;
        Ok(Self {
            visit,
            plugin: found.plugin,
            name: found.name,
            id: Some(found.id),
            revision: found.revision,
            stored: found.config,
            secrets: found.secrets,
        })
    }

    fn put<'a>(&'a self, config: Value, locales: &'a [String]) -> Put<'a> {
        Put {
            tenant: &self.visit.tenant,
            name: self.id.as_deref().unwrap_or(&self.name),
            plugin: Some(&self.plugin),
            config,
            locales,
        }
    }
}

async fn show_new(visit: Visit, Query(of): Query<OfPlugin>) -> Result<Response, Fault> {
    visit.admin()?;
    let subject = Subject::new(visit, of.plugin)?;
    let mut state = State::open(subject, None).await?;
    let fields = state.fields.clone();
    state.draft = Draft::stored(form::defaults(&fields), &fields);
    // What a new connector begins with has no secrets behind it, and was not typed by anybody.
    for ids in state.draft.rows.values_mut() {
        for id in ids {
            *id = id.replace('o', "n");
        }
    }
    Ok(state.page().await)
}

async fn show(
    visit: Visit,
    Path((_, id)): Path<(String, String)>,
    Query(of): Query<OfPlugin>,
) -> Result<Response, Fault> {
    let t = visit.t;
    let mut state = State::open(Subject::stored(visit, &id)?, None).await?;
    state.draft = Draft::stored(state.subject.stored.clone(), &state.fields);
    state.validate().await;
    if of.saved {
        state.notice = t.say("saved");
    }
    Ok(state.page().await)
}

async fn post_new(Query(of): Query<OfPlugin>, posted: Posted) -> Result<Response, Fault> {
    posted.visit.admin()?;
    let mut subject = Subject::new(posted.visit, of.plugin)?;
    subject.name = posted.fields.get("name").trim().chars().take(64).collect();
    act(State::open(subject, Some(posted.fields)).await?).await
}

async fn post(Path((_, id)): Path<(String, String)>, posted: Posted) -> Result<Response, Fault> {
    posted.visit.admin()?;
    let fields = posted.fields;
    if fields.get("do") == "remove" {
        let visit = posted.visit;
        let (app, tenant) = (&visit.console.app, &visit.tenant);
        connectors::remove(app, &visit.actor(), tenant, &id).await?;
        return Ok(Redirect::to(&format!("/console/t/{tenant}/connectors")).into_response());
    }
    act(State::open(Subject::stored(posted.visit, &id)?, Some(fields)).await?).await
}

async fn act(mut state: State) -> Result<Response, Fault> {
    let posted = state.posted.clone().unwrap_or_default();
    state.read(&posted);
    if !state.json_error.is_empty() {
        return Ok(state.page().await);
    }
    let action = posted.get("do").to_owned();
    match action.split_once(':').unwrap_or((&action, "")) {
        ("as-json", _) => state.is_json = true,
        ("as-form", _) => state.is_json = false,
        ("add", list) => state.add_row(list),
        ("drop", row) => state.drop_row(row),
        _ => {}
    }
    match action.as_str() {
        "save" => return state.save().await,
        "preview" | "send" => state.attempt(action == "send").await,
        "ask" => state.ask().await,
        _ => state.validate().await,
    }
    Ok(state.page().await)
}

/// The editor while a request is answered.
struct State {
    subject: Subject,
    posted: Option<Fields>,
    fields: Vec<Field>,
    locales: Vec<String>,
    title: String,
    description: String,
    draft: Draft,
    findings: Vec<Finding>,
    origins: Vec<(String, bool)>,
    is_json: bool,
    json: String,
    json_error: String,
    problem: String,
    trial: Trial,
    checks: Vec<(String, String, String, String)>,
    status: StatusCode,
    notice: String,
}

impl State {
    /// Loads the plugin for its form and its names.
    async fn open(subject: Subject, posted: Option<Fields>) -> Result<Self, Fault> {
        let locales = subject.visit.t.locales();
        let opened = connectors::open_plugin(
            &subject.visit.console.app,
            &subject.visit.tenant,
            &subject.plugin,
            subject.id.as_deref(),
        )
        .await?;
        let (guard, metadata) = connectors::describe(&opened, &locales).await?;
        let trial = Trial {
            usage: "SignIn".to_owned(),
            usages: usages(subject.visit.t),
            ..Trial::default()
        };
        Ok(Self {
            title: form::shown(metadata.name(&locales), 80),
            description: form::shown(metadata.description(&locales), 300),
            fields: form::fields(&guard),
            subject,
            posted,
            locales,
            draft: Draft::default(),
            findings: Vec::new(),
            origins: Vec::new(),
            is_json: false,
            json: String::new(),
            json_error: String::new(),
            problem: String::new(),
            trial,
            checks: Vec::new(),
            status: StatusCode::OK,
            notice: String::new(),
        })
    }

    fn t(&self) -> Texts {
        self.subject.visit.t
    }

    /// Reads the posted form or JSON, and the trial's fields.
    fn read(&mut self, posted: &Fields) {
        self.trial.to = posted.get("to").trim().to_owned();
        self.trial.locale = posted.get("locale").trim().to_owned();
        if let Some(usage) = posted.find("usage").filter(|usage| !usage.is_empty()) {
            self.trial.usage = usage.to_owned();
        }
        self.is_json = posted.get("view") == "json";
        if !self.is_json {
            self.draft = form::read(&self.fields, posted);
            return;
        }
        let text = posted.get("json");
        match form::parse_json(text) {
            Ok(value) => self.draft = Draft::pasted(value, &self.fields, &self.subject.stored),
            Err((0, _)) => self.json_error = self.t().say("json-object"),
            Err((line, column)) => {
                self.json_error = self.t().about("json-place", format!("{line}:{column}"));
            }
        }
        if !self.json_error.is_empty() {
            self.json = text.to_owned();
            self.status = StatusCode::UNPROCESSABLE_ENTITY;
        }
    }

    fn add_row(&mut self, list: &str) {
        let Some(ids) = self.draft.rows.get_mut(list) else {
            return;
        };
        let id = crate::ids::new("n").replace('_', "");
        ids.push(id.chars().rev().take(12).collect::<String>() + "n");
        let entry = self.draft.value.pointer_mut(list);
        match entry {
            Some(Value::Array(entries)) => entries.push(json!({})),
            _ => {
                if let Some(root) = self.draft.value.as_object_mut()
                    && let Some(key) = list.strip_prefix('/').filter(|key| !key.contains('/'))
                {
                    root.insert(key.to_owned(), json!([{}]));
                }
            }
        }
    }

    fn drop_row(&mut self, row: &str) {
        let Some((list, id)) = row.rsplit_once('/') else {
            return;
        };
        let Some(ids) = self.draft.rows.get_mut(list) else {
            return;
        };
        if let Some(index) = ids.iter().position(|known| known == id) {
            ids.remove(index);
            if let Some(Value::Array(entries)) = self.draft.value.pointer_mut(list) {
                entries.remove(index);
            }
        }
    }

    /// The revision that the page was made from.
    fn edit(&self) -> Edit {
        let revision = self
            .posted
            .as_ref()
            .and_then(|p| p.get("revision").parse().ok());
        Edit {
            entries: self.draft.entries(),
            revision: revision.filter(|_| self.subject.id.is_some()),
        }
    }

    /// Origins that the administrator confirms with this very form.
    fn allowed(&self) -> Vec<String> {
        let may = self.subject.visit.host_admin().is_ok();
        let posted = self.posted.iter().flat_map(|posted| posted.all("origin"));
        posted.filter(|_| may).map(str::to_owned).collect()
    }

    async fn prepare(&mut self) -> Option<Prepared> {
        let app = self.subject.visit.console.app.clone();
        let put = self.subject.put(self.draft.value.clone(), &self.locales);
        let prepared = connectors::prepare(&app, put, &self.edit(), &self.allowed()).await;
        match prepared {
            Ok(prepared) => {
                self.findings.clone_from(&prepared.findings);
                let is_confirmed = |origin: &String| prepared.confirmed.contains(origin);
                let wanted = prepared.wanted.iter();
                self.origins = wanted.map(|o| (o.clone(), is_confirmed(o))).collect();
                Some(prepared)
            }
            Err(problem) => {
                self.refuse(&problem);
                None
            }
        }
    }

    fn refuse(&mut self, problem: &Problem) {
        self.status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::BAD_GATEWAY);
        let place = problem
            .pointer
            .as_deref()
            .and_then(|p| p.strip_prefix("/config"));
        match place {
            Some(place) if problem.findings.is_empty() => self.findings.push(Finding {
                pointer: place.to_owned(),
                severity: "error".to_owned(),
                code: "refused".to_owned(),
                message: problem.text(self.t()),
            }),
            _ if !problem.findings.is_empty() => self.findings.clone_from(&problem.findings),
            _ => self.problem = problem_text(self.t(), problem),
        }
    }

    async fn validate(&mut self) {
        self.prepare().await;
    }

    async fn save(mut self) -> Result<Response, Fault> {
        let visit = self.subject.visit.clone();
        let (app, tenant) = (&visit.console.app, &visit.tenant);
        let is_taken = self.subject.id.is_none()
            && connectors::find(app, tenant, &self.subject.name).is_some();
        if is_taken {
            self.problem = self.t().say("name-taken");
            self.status = StatusCode::CONFLICT;
            return Ok(self.page().await);
        }
        if !self.draft.unreadable.is_empty() {
            self.status = StatusCode::UNPROCESSABLE_ENTITY;
            self.validate().await;
            return Ok(self.page().await);
        }
        let edit = self.edit();
        let put = self.subject.put(self.draft.value.clone(), &self.locales);
        match connectors::put_edited(app, &visit.actor(), put, &edit).await {
            Ok(saved) => {
                for origin in self.allowed() {
                    if saved.wanted.contains(&origin) && !saved.confirmed.contains(&origin) {
                        connectors::confirm(app, &visit.actor(), tenant, &saved.id, &origin)
                            .await?;
                    }
                }
                let to = format!("/console/t/{tenant}/connectors/{}?saved=true", saved.id);
                Ok(Redirect::to(&to).into_response())
            }
            Err(problem) => {
                self.refuse(&problem);
                Ok(self.page().await)
            }
        }
    }

    async fn attempt(&mut self, is_send: bool) {
        let Some(prepared) = self.prepare().await else {
            return;
        };
        let visit = self.subject.visit.clone();
        let (app, tenant) = (&visit.console.app, &visit.tenant);
        let trial = trials::Trial {
            to: self.trial.to.clone(),
            usage: self.trial.usage.clone(),
            locale: self.trial.locale.clone(),
        };
        if self.trial.to.is_empty() {
            self.trial.error = self.t().say("trial-number");
            return;
        }
        let preview = trials::preview(app, tenant, &prepared, &trial).await;
        match preview {
            Ok(Ok(preview)) => {
                let attributes = preview.attributes.iter().take(8);
                self.trial.preview = Some(Preview {
                    route: form::shown(&preview.route, 60),
                    template: form::shown(&preview.template, 60),
                    parameters: preview
                        .parameters
                        .iter()
                        .take(20)
                        .map(|p| form::shown(p, 100))
                        .collect(),
                    attributes: attributes
                        .map(|(k, v)| (form::shown(k, 40), form::shown(v, 80)))
                        .collect(),
                });
            }
            Ok(Err(message)) => self.trial.error = form::shown(&message, 600),
            Err(problem) => self.trial.error = problem.text(self.t()),
        }
        if !is_send || !self.trial.error.is_empty() {
            return;
        }
        match trials::send(app, &visit.actor(), tenant, prepared, trial).await {
            Ok(tried) => {
                let t = self.t();
                let text =
                    |text: &Option<String>| form::shown(text.as_deref().unwrap_or_default(), 120);
                self.trial.sent = Some(Sent {
                    state: tried.row.state.as_str(),
                    name: words::state(t, tried.row.state),
                    code: tried.code,
                    serial: text(&tried.row.provider_message),
                    provider_code: text(&tried.row.provider_code),
                    turn: tried
                        .row
                        .turn
                        .as_deref()
                        .map(|turn| words::turn(t, turn))
                        .unwrap_or_default(),
                    kind: tried
                        .row
                        .kind
                        .as_deref()
                        .map(|kind| words::kind(t, kind))
                        .unwrap_or_default(),
                    message: form::shown(&tried.message, 600),
                    provider: form::shown(&tried.provider, 300),
                    id: tried.row.id,
                });
            }
            Err(problem) => self.trial.error = problem.text(self.t()),
        }
    }

    /// Asks the provider without sending.
    async fn ask(&mut self) {
        let Some(prepared) = self.prepare().await else {
            return;
        };
        let config = Config::new(prepared.config.to_string());
        match connectors::check_with(&prepared.plugin, &config, &self.locales).await {
            Ok(checks) => {
                let text = |check: &Value, name: &str| {
                    form::shown(
                        check.get(name).and_then(Value::as_str).unwrap_or_default(),
                        400,
                    )
                };
                let t = self.t();
                let shown = checks
                    .as_array()
                    .into_iter()
                    .flatten()
                    .take(50)
                    .map(|check| {
                        let verdict = text(check, "verdict");
                        let name = t.say(&format!("verdict-{verdict}"));
                        (
                            verdict,
                            name,
                            text(check, "subject"),
                            text(check, "message"),
                        )
                    });
                self.checks = shown.collect();
            }
            Err(problem) => self.problem = form::shown(&problem.text(self.t()), 600),
        }
    }

    async fn page(self) -> Response {
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
        let (errors, warnings) = (
            count("error") + self.draft.unreadable.len(),
            count("warning"),
        );
        let findings: Vec<Finding> = self.findings.iter().take(200).map(shown_finding).collect();
        let json = match self.json_error.is_empty() && self.is_json {
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
        let page = render(&Editor {
            page: visit.page("connectors", title).notice(self.notice),
            name: subject.name.clone(),
            is_new: subject.id.is_none(),
            plugin_title,
            description: self.description,
            revision: subject.revision,
            shown,
            is_json: self.is_json,
            json,
            json_error: self.json_error,
            errors,
            warnings,
            problem: self.problem,
            origins: self.origins,
            has_guide: guide.is_some(),
            plugin: subject.plugin.clone(),
            trial: self.trial,
            checks: self.checks,
            is_dirty: self.posted.is_some(),
        });
        // The guide gets what is left of a page's 60 KB; the whole of it has a page of its own.
        let left = PAGE_BYTES.saturating_sub(page.0.len() + assets::bytes());
        let guide = guide.map(|text| guide::render(&text, left).0);
        let page = page
            .0
            .replacen("<!--guide-->", &guide.unwrap_or_default(), 1);
        (self.status, Html(page)).into_response()
    }
}

/// The largest page, with its script and its style.
const PAGE_BYTES: usize = 58_000;

fn shown_finding(finding: &Finding) -> Finding {
    Finding {
        pointer: finding.pointer.clone(),
        severity: finding.severity.clone(),
        code: form::shown(&finding.code, 60),
        message: form::shown(&finding.message, 400),
    }
}

fn usages(t: Texts) -> Vec<(&'static str, String)> {
    words::USAGES
        .map(|usage| (usage, t.say(&format!("usage-{usage}"))))
        .to_vec()
}

#[derive(Template)]
#[template(path = "guide.html")]
struct GuidePage {
    page: Page,
    guide: String,
    is_cut: bool,
}

async fn show_guide(
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
