//! Plugins: installed from a component or a package, after a review in which nothing of it runs.

use super::connectors::plugin_name;
use super::fault::{Fault, problem_text};
use super::form::shown;
use super::page::{Page, render, time};
use super::state::Console;
use super::texts::Texts;
use super::uploads::Upload;
use super::visit::{Posted, Visit};
use super::words;
use crate::admin::plugins::{self as admin, NewPlugin};
use crate::admin::reviews::{self, Review};
use crate::admin::versions;
use crate::admin::{guides, users};
use crate::ids;
use askama::Template;
use auth_connector_host::{Manifest, TrustedKey};
use axum::Router;
use axum::extract::{DefaultBodyLimit, Multipart, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use std::sync::Arc;

/// The largest upload, in bytes: a component of 16 MiB, a manifest, guides.
const UPLOAD_BYTES: usize = 20 << 20;

/// The most files of an upload.
const FILES: usize = 64;

/// The routes.
pub fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/console/plugins", get(show).post(remove))
        .route(
            "/console/plugins/upload",
            post(upload).layer(DefaultBodyLimit::max(UPLOAD_BYTES)),
        )
        .route("/console/plugins/review/{id}", get(review).post(install))
}

#[derive(Template)]
#[template(path = "plugins.html")]
struct Plugins {
    page: Page,
    plugins: Vec<Shown>,
    error: String,
}

struct Shown {
    id: String,
    name: String,
    version: String,
    digest: String,
    signer: String,
    origins: Vec<String>,
    at: String,
    uses: usize,
}

async fn show(visit: Visit) -> Result<Response, Fault> {
    visit.host()?;
    Ok(page(&visit, StatusCode::OK, String::new()))
}

fn page(visit: &Visit, status: StatusCode, error: String) -> Response {
    let catalog = visit.console.app.catalog.load();
    let plugins = admin::list(&visit.console.app)
        .into_iter()
        .map(|plugin| Shown {
            name: catalog
                .plugins
                .get(&plugin.id)
                .map(plugin_name)
                .unwrap_or_default(),
            version: shown(&plugin.version.unwrap_or_default(), 40),
            digest: plugin.digest.chars().take(16).collect(),
            signer: shown(&plugin.signer.unwrap_or_default(), 60),
            origins: plugin
                .origins
                .iter()
                .map(|origin| shown(origin, 120))
                .collect(),
            at: time(plugin.added_at),
            uses: catalog
                .connectors
                .values()
                .filter(|c| c.row.plugin == plugin.id)
                .count(),
            id: plugin.id,
        });
    let page = visit.page("plugins", visit.t.say("plugins"));
    let plugins = plugins.collect();
    (
        status,
        render(&Plugins {
            page,
            plugins,
            error,
        }),
    )
        .into_response()
}

async fn remove(posted: Posted) -> Result<Response, Fault> {
    let visit = posted.visit;
    visit.host_admin()?;
    let app = &visit.console.app;
    match admin::remove(app, &visit.actor(), posted.fields.get("id")).await {
        Ok(()) => Ok(Redirect::to("/console/plugins").into_response()),
        Err(problem) => Ok(page(
            &visit,
            StatusCode::CONFLICT,
            problem_text(visit.t, &problem),
        )),
    }
}

async fn upload(
    State(console): State<Arc<Console>>,
    visit: Visit,
    mut parts: Multipart,
) -> Result<Response, Fault> {
    visit.host_admin()?;
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    let mut has_token = false;
    while let Some(part) = parts.next_field().await.map_err(|_| Fault::Form)? {
        let name = part.file_name().map(str::to_owned);
        let is_token = part.name() == Some("token");
        // The token comes first, so that nothing of a forged upload is kept.
        if !has_token && !is_token || files.len() >= FILES {
            return Err(Fault::Token);
        }
        let bytes = part.bytes().await.map_err(|_| Fault::Form)?.to_vec();
        match name {
            Some(name) if !name.is_empty() => files.push((name, bytes)),
            _ if is_token => {
                let mut sent = form_urlencoded::Serializer::new(String::new());
                sent.append_pair("token", &String::from_utf8_lossy(&bytes));
                let fields = super::visit::Fields::parse(sent.finish().as_bytes());
                has_token = fields.has_token(&visit.token);
                if !has_token {
                    return Err(Fault::Token);
                }
            }
            _ => {}
        }
    }
    let (new, guides) = match sorted(visit.t, files) {
        Ok(sorted) => sorted,
        Err(error) => return Ok(page(&visit, StatusCode::UNPROCESSABLE_ENTITY, error)),
    };
    let id = users::token()?;
    console.uploads.keep(Upload {
        id: id.clone(),
        user: visit.user.id.clone(),
        at: ids::now_ms(),
        new,
        guides,
    });
    Ok(Redirect::to(&format!("/console/plugins/review/{id}")).into_response())
}

/// Component, manifest, signature and guides among files, by their names.
fn sorted(
    t: Texts,
    files: Vec<(String, Vec<u8>)>,
) -> Result<(NewPlugin, Vec<(String, String)>), String> {
    let mut new = NewPlugin {
        is_unsigned: true,
        ..NewPlugin::default()
    };
    let mut found = Vec::new();
    for (name, bytes) in files {
        if let Some(stem) = name.strip_suffix(".wasm") {
            // A suggestion, for a component without a manifest.
            new.name = Some(
                stem.replace('_', "-")
                    .trim_end_matches("-connector")
                    .to_owned(),
            );
            new.component = bytes;
        } else if name.ends_with("manifest.json") {
            new.manifest = Some(bytes);
        } else if name.ends_with(".minisig") {
            new.signature = Some(bytes);
        } else if let Some(language) = guides::language(&name)
            && let Ok(text) = String::from_utf8(bytes)
        {
            found.push((language.to_owned(), text));
        }
    }
    if new.component.is_empty() {
        return Err(t.say("upload-no-component"));
    }
    Ok((new, found))
}

#[derive(Template)]
#[template(path = "review.html")]
struct ReviewPage {
    page: Page,
    name: String,
    title: String,
    facts: Vec<(String, String)>,
    imports: Vec<(String, String)>,
    origins: Vec<(String, bool)>,
    config_origins: Vec<String>,
    limits: Vec<(String, u64, u64)>,
    changes: Vec<(bool, String)>,
    is_update: bool,
    is_signed: bool,
    has_manifest: bool,
    guides: String,
    more: String,
    key: String,
    error: String,
}

async fn review(visit: Visit, Path(id): Path<String>) -> Result<Response, Fault> {
    visit.host_admin()?;
    let upload = visit.console.uploads.find(&id, &visit.user.id)?;
    review_page(&visit, upload, StatusCode::OK, String::new()).await
}

async fn review_page(
    visit: &Visit,
    upload: Upload,
    status: StatusCode,
    error: String,
) -> Result<Response, Fault> {
    let reviewed = reviews::review(&visit.console.app, upload.new.clone()).await;
    let review = match reviewed {
        Ok(review) => review,
        Err(problem) => {
            visit.console.uploads.drop(&upload.id);
            return Ok(page(
                visit,
                StatusCode::UNPROCESSABLE_ENTITY,
                shown(&problem.text(visit.t), 1000),
            ));
        }
    };
    let t = visit.t;
    let manifest = review.manifest.as_ref();
    let name = manifest
        .map(|m| m.id.clone())
        .or(upload.new.name.clone())
        .unwrap_or_default();
    let asked = manifest.map(|m| {
        m.origins
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
    });
    let granted = review
        .before
        .as_ref()
        .map(|b| b.origins.clone())
        .unwrap_or_default();
    let origins = asked.unwrap_or_default();
    let page = ReviewPage {
        page: visit.page("plugins", t.say("review")),
        title: shown(
            manifest.and_then(|m| m.name.as_deref()).unwrap_or(&name),
            80,
        ),
        facts: facts(t, &review),
        imports: imports(t, &review.description.imports),
        origins: origins
            .iter()
            .take(64)
            .map(|o| (shown(o, 200), granted.is_empty() || granted.contains(o)))
            .collect(),
        config_origins: manifest
            .map(|m| m.config_origins.iter().map(|p| shown(p, 80)).collect())
            .unwrap_or_default(),
        limits: review.limits.clone(),
        changes: changes(t, &review),
        is_update: review.before.is_some(),
        is_signed: upload.new.signature.is_some(),
        has_manifest: manifest.is_some(),
        guides: upload
            .guides
            .iter()
            .map(|(language, _)| language.as_str())
            .collect::<Vec<_>>()
            .join(", "),
        more: upload.new.origins.join(" "),
        key: String::new(),
        name,
        error,
    };
    Ok((status, render(&page)).into_response())
}

fn facts(t: Texts, review: &Review) -> Vec<(String, String)> {
    let manifest = review.manifest.as_ref();
    let text = |of: fn(&Manifest) -> Option<String>| {
        shown(&manifest.and_then(of).unwrap_or_default(), 300)
    };
    let facts = [
        (t.say("fact-version"), text(|m| Some(m.version.clone()))),
        (t.say("fact-description"), text(|m| m.description.clone())),
        (t.say("fact-license"), text(|m| m.license.clone())),
        (t.say("fact-homepage"), text(|m| m.homepage.clone())),
        (
            t.say("fact-contract"),
            review.description.contract.to_owned(),
        ),
        (
            t.say("fact-size"),
            format!("{} KB", review.description.size.div_ceil(1024)),
        ),
        (
            t.say("fact-digest"),
            format!("sha256:{}", review.description.sha256),
        ),
    ];
    let facts = facts.into_iter();
    facts.filter(|(_, value)| !value.is_empty()).collect()
}

fn imports(t: Texts, imports: &[String]) -> Vec<(String, String)> {
    let meaning = |import: &String| {
        let known = words::IMPORTS
            .iter()
            .find(|(start, _)| import.starts_with(start));
        let id = known.map_or("import-other", |(_, id)| id);
        (t.say(id), shown(import, 100))
    };
    let mut found: Vec<(String, String)> = Vec::new();
    for (words, import) in imports.iter().take(100).map(meaning) {
        match found.iter_mut().find(|(known, _)| *known == words) {
            Some((_, all)) => *all = format!("{all}, {import}"),
            None => found.push((words, import)),
        }
    }
    found
}

/// What an update changes in authority: what is new (true) and what goes.
fn changes(t: Texts, review: &Review) -> Vec<(bool, String)> {
    let Some(before) = &review.before else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let mut compare = |what: String, old: &[String], new: &[String]| {
        let fresh = new.iter().filter(|entry| !old.contains(entry));
        found.extend(fresh.map(|entry| (true, format!("{what}: {}", shown(entry, 160)))));
        let gone = old.iter().filter(|entry| !new.contains(entry));
        found.extend(gone.map(|entry| (false, format!("{what}: {}", shown(entry, 160)))));
    };
    let asked = |manifest: Option<&Manifest>| -> Vec<String> {
        manifest
            .map(|m| m.origins.iter().map(ToString::to_string).collect())
            .unwrap_or_default()
    };
    let from_config = |manifest: Option<&Manifest>| {
        manifest
            .map(|m| m.config_origins.clone())
            .unwrap_or_default()
    };
    let (old, new) = (before.manifest.as_ref(), review.manifest.as_ref());
    compare(
        t.say("change-import"),
        &before.imports,
        &review.description.imports,
    );
    compare(t.say("change-origin"), &asked(old), &asked(new));
    compare(
        t.say("change-config-origin"),
        &from_config(old),
        &from_config(new),
    );
    found
}

async fn install(Path(id): Path<String>, posted: Posted) -> Result<Response, Fault> {
    let (visit, fields) = (posted.visit, posted.fields);
    visit.host_admin()?;
    let uploads = &visit.console.uploads;
    let mut upload = uploads.find(&id, &visit.user.id)?;
    if fields.get("do") == "discard" {
        uploads.drop(&id);
        return Ok(Redirect::to("/console/plugins").into_response());
    }
    let new = &mut upload.new;
    new.origins = fields.all("origin").map(str::to_owned).collect();
    let more = fields.get("more").split_whitespace().map(str::to_owned);
    new.origins.extend(more);
    new.origins.dedup();
    let name = fields.get("name").trim();
    new.name = Some(name)
        .filter(|name| !name.is_empty())
        .map(str::to_owned);
    new.is_unsigned = fields.get("unsigned") == "on";
    let key = fields.get("key").trim();
    if !key.is_empty() {
        match TrustedKey::parse(key) {
            Ok(key) => new.trusted.push(key),
            Err(error) => {
                let error = format!("{error}.");
                let status = StatusCode::UNPROCESSABLE_ENTITY;
                return review_page(&visit, upload, status, error).await;
            }
        }
    }
    let app = &visit.console.app;
    match versions::add(app, &visit.actor(), upload.new.clone()).await {
        Ok(added) => {
            guides::put(app, &added.plugin.id, upload.guides).await?;
            uploads.drop(&id);
            Ok(Redirect::to("/console/plugins").into_response())
        }
        Err(problem) => {
            let error = shown(&problem_text(visit.t, &problem), 1000);
            review_page(&visit, upload, StatusCode::UNPROCESSABLE_ENTITY, error).await
        }
    }
}
