//! Search for plugins in catalogues. The entries are claims of the catalogue's maker; an installation pulls the plugin
//! and compares it with them.

use super::assets;
use super::fault::Fault;
use super::form::shown;
use super::page::{Page, render};
use super::plugins::Asked;
use super::pulls;
use super::review::{Changed, imports, more_facts};
use super::state::Console;
use super::texts::Texts;
use super::visit::{Posted, Visit};
use super::words;
use crate::service::problem::Problem;
use askama::Template;
use auth_connector_registry::catalogue::{Catalogue, Entry, Listed};
use axum::Router;
use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;
use std::sync::Arc;

/// The most bytes that plugins take of a page, and the most of one plugin.
const PAGE_BYTES: usize = 60_000;
const ENTRY_BYTES: usize = 16_000;

/// The most bytes of a page without its plugins.
const FRAME_BYTES: usize = 8_000;

/// The most versions and changes that are shown for a plugin.
const VERSIONS: usize = 6;
const CHANGES: usize = 12;

/// The routes.
pub fn routes() -> Router<Arc<Console>> {
    Router::new().route("/console/plugins/catalogue", get(show).post(install))
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Search {
    c: usize,
    q: String,
    after: String,
}

#[derive(Template)]
#[template(path = "catalogue.html")]
struct CataloguePage {
    page: Page,
    places: Vec<String>,
    c: usize,
    q: String,
    found: usize,
    entries: String,
    /// The address of the next page, if there are more plugins.
    rest: Option<String>,
    headline: String,
    reason: String,
}

#[derive(Template)]
#[template(path = "listed.html")]
struct ListedPage<'a> {
    page: &'a Page,
    c: usize,
    id: String,
    name: String,
    reference: String,
    is_whole: bool,
    installed: Option<String>,
    facts: Vec<(String, String)>,
    imports: Vec<(String, String)>,
    origins: Vec<String>,
    limits: Vec<(String, u64)>,
    findings: Vec<(bool, String)>,
    changes: Vec<Changed>,
    before: Vec<(String, String)>,
}

async fn show(visit: Visit, Query(search): Query<Search>) -> Result<Response, Fault> {
    visit.host()?;
    let t = visit.t;
    let market = &visit.console.market;
    let places = market.places().iter().map(|place| shown(place, 200));
    let mut page = CataloguePage {
        page: visit.page("plugins", t.say("catalogue")),
        places: places.collect(),
        c: search.c,
        q: search.q.chars().take(200).collect(),
        found: 0,
        entries: String::new(),
        rest: None,
        headline: String::new(),
        reason: String::new(),
    };
    let mut status = StatusCode::OK;
    if !page.places.is_empty() {
        match market.catalogue(search.c).await {
            Ok(catalogue) => fill(&visit, &mut page, &catalogue, &search.after),
            Err(refusal) => {
                status = StatusCode::BAD_GATEWAY;
                page.headline = refusal.words(t);
                page.reason = shown(&refusal.reason(t), 600);
            }
        }
    }
    Ok((status, render(&page)).into_response())
}

/// Adds as many plugins as fit on a page, from the one after `after`.
fn fill(visit: &Visit, page: &mut CataloguePage, catalogue: &Catalogue, after: &str) {
    let terms: Vec<&str> = page.q.split_whitespace().take(10).collect();
    let found = catalogue.search(&terms);
    page.found = found.len();
    let mut free = PAGE_BYTES - FRAME_BYTES - assets::bytes();
    let mut last: Option<String> = None;
    for entry in found {
        if entry.id.as_str() <= after {
            continue;
        }
        let mut text = listed(visit, &page.page, page.c, entry, true);
        if text.len() > ENTRY_BYTES {
            text = listed(visit, &page.page, page.c, entry, false);
        }
        let Some(left) = free.checked_sub(text.len()) else {
            page.rest = last.as_deref().map(|last| rest(page, last));
            return;
        };
        free = left;
        page.entries.push_str(&text);
        last = Some(entry.id.clone());
    }
}

fn rest(page: &CataloguePage, after: &str) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("c", &page.c.to_string());
    query.append_pair("q", &page.q).append_pair("after", after);
    format!("/console/plugins/catalogue?{}", query.finish())
}

/// A plugin as a part of the page. A plugin that is too large is shown without its details, which its review has.
fn listed(visit: &Visit, page: &Page, c: usize, entry: &Entry, is_whole: bool) -> String {
    let Some(newest) = entry.versions.first() else {
        return String::new();
    };
    let t = visit.t;
    let facts = &newest.facts;
    let installed = visit.console.app.catalog.load();
    let installed = installed.plugins.get(&entry.id);
    let installed = installed.map(|row| row.facts.version.clone().unwrap_or_default());
    let mut part = ListedPage {
        page,
        c,
        id: shown(&entry.id, 64),
        name: shown(facts.name.as_deref().unwrap_or(&entry.id), 80),
        reference: facts.reference.clone().unwrap_or_default(),
        is_whole,
        installed: installed.map(|version| shown(&version, 40)),
        facts: Vec::new(),
        imports: Vec::new(),
        origins: Vec::new(),
        limits: Vec::new(),
        findings: Vec::new(),
        changes: Vec::new(),
        before: Vec::new(),
    };
    // A reference that is too long is not offered.
    if part.reference.len() > 400 {
        part.reference.clear();
    }
    if is_whole {
        tell(t, &mut part, newest);
        part.before = before(entry);
    }
    let text = part.render();
    text.unwrap_or_else(|error| {
        tracing::error!(%error, "a part of a page cannot be made");
        String::new()
    })
}

/// Adds the details of a version that a curator needs.
fn tell(t: Texts, part: &mut ListedPage<'_>, newest: &Listed) {
    let facts = &newest.facts;
    let text = |text: &Option<String>| shown(text.as_deref().unwrap_or_default(), 300);
    let signer = facts.signer.as_ref();
    part.facts = vec![
        (t.say("fact-version"), text(&facts.version)),
        (t.say("fact-description"), text(&facts.description)),
        (t.say("fact-publisher"), text(&facts.publisher)),
        (
            t.say("signer"),
            signer.map_or_else(|| t.say("unsigned"), |signer| shown(&signer.key, 80)),
        ),
        (t.say("fact-license"), text(&facts.license)),
        (t.say("fact-homepage"), text(&facts.homepage)),
        (
            t.say("fact-size"),
            format!("{} KB", facts.size.div_ceil(1024)),
        ),
        (t.say("fact-reference"), text(&facts.reference)),
    ];
    part.facts.extend(more_facts(t, facts));
    part.facts.retain(|(_, value)| !value.is_empty());
    let names: Vec<String> = facts
        .authority
        .iter()
        .take(40)
        .map(|import| import.import.clone())
        .collect();
    part.imports = imports(t, &names);
    part.origins = facts
        .origins
        .iter()
        .chain(&facts.config_origins)
        .take(16)
        .map(|origin| shown(origin, 200))
        .collect();
    let limits = facts.limits.iter().take(12);
    part.limits = limits
        .map(|(name, most)| (shown(name, 40), *most))
        .collect();
    let findings = newest.findings.iter().take(8);
    part.findings = findings
        .map(|found| {
            let mut text = words::checked(t, &found.subject);
            // The maker's texts are in English.
            if t.tag() == "en" {
                text = format!("{text}: {}", shown(&found.text, 200));
            }
            (found.is_verified, text)
        })
        .collect();
    let changes = newest.changes.iter().take(CHANGES);
    part.changes = changes.map(|change| Changed::of(t, change)).collect();
}

/// The versions before the newest, each with its reference.
fn before(entry: &Entry) -> Vec<(String, String)> {
    let text = |text: &Option<String>, most| shown(text.as_deref().unwrap_or_default(), most);
    let before = entry.versions.iter().skip(1).take(VERSIONS);
    before
        .map(|listed| {
            let facts = &listed.facts;
            (text(&facts.version, 40), text(&facts.reference, 300))
        })
        .collect()
}

async fn install(posted: Posted) -> Result<Response, Fault> {
    let (visit, fields) = (posted.visit, posted.fields);
    visit.host_admin()?;
    let place = fields.get("c").parse().unwrap_or(usize::MAX);
    let catalogue = visit.console.market.catalogue(place).await;
    let catalogue = catalogue.map_err(|refusal| {
        let reason = format!("{} {}", refusal.words(visit.t), refusal.reason(visit.t));
        Problem::invalid("/catalogue", shown(&reason, 600))
    })?;
    let (id, reference) = (fields.get("id"), fields.get("reference"));
    let listed = catalogue.version(id, reference);
    let listed = listed.ok_or_else(|| Problem::not_found("plugin"))?;
    let asked = Asked {
        reference: reference.to_owned(),
        ..Asked::default()
    };
    pulls::begin(&visit, asked, Some(Box::new(listed.facts.clone()))).await
}
