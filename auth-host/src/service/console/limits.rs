//! Limits and other settings of a tenant. A host administrator sets them, because they decide a tenant's possible
//! costs.

use super::fault::{Fault, problem_text};
use super::form::shown;
use super::page::{Page, render};
use super::state::Console;
use super::texts::Texts;
use super::visit::{Fields, Posted, Visit};
use super::words;
use crate::service::admin::tenants;
use crate::service::problem::Problem;
use crate::service::store::registry::{TenantSettings, Unverified};
use askama::Template;
use axum::Router;
use axum::extract::Query;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::sync::Arc;

/// The routes.
pub fn routes() -> Router<Arc<Console>> {
    Router::new().route("/console/t/{tenant}/limits", get(show).post(post))
}

#[derive(Template)]
#[template(path = "limits.html")]
struct Limits {
    page: Page,
    numbers: Vec<(&'static str, String, String)>,
    name: String,
    home: String,
    default_country: String,
    is_reported: bool,
    is_enforced: bool,
    revision: String,
    /// The setting that was refused.
    wrong: String,
    error: String,
}

#[derive(Deserialize)]
struct Saved {
    #[serde(default)]
    saved: bool,
}

async fn show(visit: Visit, Query(query): Query<Saved>) -> Response {
    let notice = match query.saved {
        true => visit.t.say("saved"),
        false => String::new(),
    };
    render(&stored(&visit).noticed(notice)).into_response()
}

impl Limits {
    fn noticed(mut self, notice: String) -> Self {
        self.page = self.page.notice(notice);
        self
    }

    /// Puts in the typed values and the reason for the refusal.
    fn refused(mut self, t: Texts, fields: &Fields, problem: &Problem) -> Self {
        for (name, _, value) in &mut self.numbers {
            *value = shown(fields.get(name), 20);
        }
        self.name = shown(fields.get("name"), 100);
        self.home = shown(fields.get("home"), 400);
        self.default_country = shown(fields.get("default_country"), 20);
        self.is_enforced = fields.get("unverified") == "enforce";
        self.is_reported = fields.get("report_used_codes") == "on";
        let pointer = problem.pointer.as_deref().unwrap_or_default();
        self.wrong = pointer.trim_start_matches('/').to_owned();
        self.error = match self.label(t) {
            Some(label) => format!("{label}: {}", self.why(t, problem)),
            None => problem_text(t, problem),
        };
        self
    }

    /// The label of the field that was refused.
    fn label(&self, t: Texts) -> Option<String> {
        let id = match self.wrong.as_str() {
            "home_countries" => "home-countries",
            "default_country" => "default-country",
            "name" => "tenant-name",
            wrong => words::LIMITS.iter().find(|(name, _)| *name == wrong)?.1,
        };
        Some(t.say(id))
    }

    /// The host's text about an unreadable number names every setting of the API. A field has its own text.
    fn why(&self, t: Texts, problem: &Problem) -> String {
        let value = self.numbers.iter().find(|(name, ..)| *name == self.wrong);
        match value {
            Some((.., value)) if value.parse::<u32>().is_err() => {
                t.about("setting-number", u32::MAX.to_string())
            }
            _ => problem.text(t),
        }
    }
}

/// The page with the stored settings.
fn stored(visit: &Visit) -> Limits {
    let catalog = visit.console.app.catalog.load();
    let settings = catalog
        .tenants
        .get(&visit.tenant)
        .map(|t| t.settings.clone());
    let settings: TenantSettings = settings.unwrap_or_default();
    let revision = tenants::revision(&settings);
    let values = serde_json::to_value(&settings).unwrap_or_default();
    let value = |name: &str| values.get(name).map(Value::to_string).unwrap_or_default();
    let numbers = words::LIMITS.map(|(name, id)| (name, visit.t.say(id), value(name)));
    Limits {
        page: visit.page("limits", visit.t.say("limits")),
        numbers: numbers.to_vec(),
        name: settings.name,
        home: settings.home_countries.join(", "),
        default_country: settings.default_country.unwrap_or_default(),
        is_reported: settings.report_used_codes,
        is_enforced: settings.unverified == Unverified::Enforce,
        revision,
        wrong: String::new(),
        error: String::new(),
    }
}

async fn post(posted: Posted) -> Result<Response, Fault> {
    let (visit, fields) = (posted.visit, posted.fields);
    visit.host_admin()?;
    let mut patch = Map::new();
    for (name, _) in words::LIMITS {
        let number = fields.get(name).trim().parse::<u32>();
        let number = number.map_or_else(|_| Value::from(fields.get(name)), Value::from);
        patch.insert(name.to_owned(), number);
    }
    let countries = fields
        .get("home")
        .split([',', ' '])
        .map(str::trim)
        .filter(|c| !c.is_empty());
    let countries: Vec<String> = countries.map(str::to_ascii_uppercase).collect();
    patch.insert("home_countries".to_owned(), countries.into());
    let country = fields.get("default_country").trim().to_ascii_uppercase();
    let country = if country.is_empty() {
        Value::Null
    } else {
        country.into()
    };
    patch.insert("default_country".to_owned(), country);
    patch.insert("name".to_owned(), fields.get("name").trim().into());
    let rule = if fields.get("unverified") == "enforce" {
        "enforce"
    } else {
        "record_only"
    };
    patch.insert("unverified".to_owned(), rule.into());
    let is_reported = fields.get("report_used_codes") == "on";
    patch.insert("report_used_codes".to_owned(), is_reported.into());
    let (app, actor, patch) = (&visit.console.app, visit.actor(), Value::Object(patch));
    let revision = fields.get("revision");
    match tenants::set_edited(app, &actor, &visit.tenant, &patch, revision).await {
        Ok(_) => Ok(visit.to("limits?saved=true")),
        Err(problem) => {
            let page = stored(&visit).refused(visit.t, &fields, &problem);
            Ok((problem.status_code(), render(&page)).into_response())
        }
    }
}
