//! The form during a request: read, checked, saved.

use super::super::fault::{Fault, problem_text};
use super::super::form::{self, Draft, Field};
use super::super::texts::Texts;
use super::super::visit::{Fields, once_token};
use super::subject::Subject;
use super::trial::{Trial, usages};
use crate::service::admin::connectors::{self, Edit, Prepared};
use crate::service::admin::once::Once;
use crate::service::problem::{Finding, Problem};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::{Value, json};

/// The editor during a request.
pub(super) struct State {
    pub(super) subject: Subject,
    pub(super) posted: Option<Fields>,
    pub(super) fields: Vec<Field>,
    pub(super) locales: Vec<String>,
    pub(super) title: String,
    pub(super) description: String,
    /// True if the plugin can ask the provider without sending.
    pub(super) can_ask: bool,
    pub(super) draft: Draft,
    pub(super) findings: Vec<Finding>,
    pub(super) origins: Vec<(String, bool)>,
    pub(super) is_json: bool,
    pub(super) json: String,
    pub(super) json_error: String,
    pub(super) problem: String,
    /// True if the connector was changed after the form was made. The form keeps its revision, so that it never
    /// overwrites the other change.
    pub(super) is_stale: bool,
    pub(super) trial: Trial,
    pub(super) checks: Vec<(String, String, String, String)>,
    pub(super) status: StatusCode,
    pub(super) notice: String,
    pub(super) report_path: String,
    /// The token that lets the page's form act only once.
    pub(super) once: String,
    /// True if the plugin checked the config. The defaults of a new form are not checked.
    pub(super) is_checked: bool,
}

impl State {
    /// Loads the plugin for its form and its metadata.
    pub(super) async fn open(subject: Subject, posted: Option<Fields>) -> Result<Self, Fault> {
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
            can_ask: opened.description().has_operations,
            fields: form::fields(&guard),
            once: match posted.as_ref().map(|posted| posted.get("once")) {
                None | Some("") => once_token(),
                Some(token) => token.to_owned(),
            },
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
            is_stale: false,
            trial,
            checks: Vec::new(),
            status: StatusCode::OK,
            notice: String::new(),
            report_path: String::new(),
            is_checked: false,
        })
    }

    pub(super) fn t(&self) -> Texts {
        self.subject.visit.t
    }

    /// Reads the posted form or JSON, and the trial's fields.
    ///
    /// # Errors
    ///
    /// [`Fault::Rows`] if the form has too many rows.
    pub(super) fn read(&mut self, posted: &Fields) -> Result<(), Fault> {
        self.trial.to = posted.get("to").trim().to_owned();
        self.trial.locale = posted.get("locale").trim().to_owned();
        if let Some(usage) = posted.find("usage").filter(|usage| !usage.is_empty()) {
            self.trial.usage = usage.to_owned();
        }
        self.read_origins(posted);
        self.is_json = posted.get("view") == "json";
        if !self.is_json {
            if form::rows(posted) > form::FORM_ROWS {
                return Err(Fault::Rows {
                    most: form::FORM_ROWS,
                    json: self.subject.path("view=json"),
                });
            }
            self.draft = form::read(&self.fields, posted);
            return Ok(());
        }
        let text = posted.get("json");
        match form::parse_json(text, &self.fields) {
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
        Ok(())
    }

    /// Returns the token of the posted form. The response gets a new token for the next action.
    pub(super) fn once(&mut self, posted: &Fields) -> Result<Once, Fault> {
        self.once = once_token();
        self.subject.visit.once(posted)
    }

    pub(super) fn add_row(&mut self, list: &str) {
        let Some(ids) = self.draft.rows.get_mut(list) else {
            return;
        };
        let id = crate::service::ids::new("n").replace('_', "");
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

    pub(super) fn drop_row(&mut self, row: &str) {
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

    /// The stored entries of lists, and the revision that the page was made from.
    pub(super) fn edit(&self) -> Edit {
        Edit {
            entries: self.draft.entries(),
            revision: self.revision().filter(|_| self.subject.id.is_some()),
            confirmed: self.confirmed(),
        }
    }

    /// The revision that the posted form was made from.
    pub(super) fn revision(&self) -> Option<i64> {
        self.posted.as_ref()?.get("revision").parse().ok()
    }

    /// The origins that are confirmed if a host administrator saves the form: those that are ticked, and those that the
    /// form does not show. The form of anybody else confirms and withdraws nothing.
    fn confirmed(&self) -> Option<Vec<String>> {
        let posted = self.posted.as_ref()?;
        self.subject.visit.host_admin().ok()?;
        let is_shown = |origin: &&String| posted.all("asked").any(|asked| asked == *origin);
        let others = self.subject.confirmed.iter();
        let others = others.filter(|origin| !is_shown(origin)).cloned();
        let ticked = posted.all("origin").map(str::to_owned);
        Some(ticked.chain(others).collect())
    }

    /// The posted boxes of origins, for a page whose config could not be read. A browser does not send the boxes of a
    /// user who may not tick them.
    fn read_origins(&mut self, posted: &Fields) {
        let confirmed = self.confirmed();
        let confirmed = confirmed.as_ref().unwrap_or(&self.subject.confirmed);
        let asked = posted.all("asked").take(64).map(str::to_owned);
        self.origins = asked
            .map(|origin| {
                let is_confirmed = confirmed.contains(&origin);
                (origin, is_confirmed)
            })
            .collect();
    }

    pub(super) async fn prepare(&mut self) -> Option<Prepared> {
        let app = self.subject.visit.console.app.clone();
        let put = self.subject.put(self.draft.value.clone(), &self.locales);
        let prepared = connectors::prepare(&app, put, &self.edit()).await;
        match prepared {
            Ok(prepared) => {
                self.is_checked = true;
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

    pub(super) fn refuse(&mut self, problem: &Problem) {
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
            _ if problem.is_conflict() && self.subject.id.is_some() => {
                self.is_stale = true;
                self.problem = self.t().say("connector-stale");
            }
            _ => self.problem = problem_text(self.t(), problem),
        }
    }

    pub(super) async fn validate(&mut self) {
        self.prepare().await;
    }

    pub(super) async fn save(mut self) -> Result<Response, Fault> {
        let visit = self.subject.visit.clone();
        let (app, tenant) = (&visit.console.app, &visit.tenant);
        let is_taken =
            self.subject.id.is_none() && connectors::find(app, tenant, &self.subject.name).is_ok();
        if is_taken {
            self.problem = self.t().say("name-taken");
            self.status = StatusCode::CONFLICT;
            return Ok(self.page().await);
        }
        if self.draft.faults() > 0 {
            self.status = StatusCode::UNPROCESSABLE_ENTITY;
            self.validate().await;
            return Ok(self.page().await);
        }
        let edit = self.edit();
        let put = self.subject.put(self.draft.value.clone(), &self.locales);
        match connectors::put_edited(app, &visit.actor(), put, &edit).await {
            Ok(saved) => {
                let to = format!("/console/t/{tenant}/connectors/{}?saved=true", saved.id);
                Ok(Redirect::to(&to).into_response())
            }
            Err(problem) => {
                self.refuse(&problem);
                Ok(self.page().await)
            }
        }
    }
}
