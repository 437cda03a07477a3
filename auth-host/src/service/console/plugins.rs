//! Installed plugins, and uploads of a component or a package.

use super::connectors::plugin_name;
use super::fault::{Fault, problem_text};
use super::form::shown;
use super::page::{Page, render, utc};
use super::state::Console;
use super::texts::Texts;
use super::uploads::Upload;
use super::visit::{Posted, Visit, is_token};
use crate::service::admin::plugins::{self as admin, NewPlugin};
use crate::service::admin::{guides, pulls, users};
use crate::service::ids;
use askama::Template;
use auth_connector_host::Manifest;
use auth_connector_registry::guides::{LOGO_FILE, Texts as Guides};
use axum::Router;
use axum::extract::multipart::MultipartError;
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::sync::Arc;
use std::time::Duration;

/// The largest upload, in bytes: a component of 16 MiB, a manifest, guides.
const UPLOAD_BYTES: usize = 20 << 20;

/// Timeout for an upload: 20 MiB at half a megabit a second take as long.
const UPLOAD_TIME: Duration = Duration::from_secs(340);

/// The most bytes that logos take of a page.
const LOGOS_BYTES: usize = 16 << 10;

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
}

#[derive(Template)]
#[template(path = "plugins.html")]
struct Plugins {
    page: Page,
    plugins: Vec<Shown>,
    asked: Asked,
    has_catalogues: bool,
    error: String,
}

struct Shown {
    id: String,
    name: String,
    logo: String,
    version: String,
    digest: String,
    reference: String,
    has_updates: bool,
    signer: String,
    origins: Vec<String>,
    beyond: Vec<String>,
    limits: Vec<String>,
    at: String,
    uses: usize,
}

/// A form for a registry as it was sent, with its error.
#[derive(Clone, Default)]
pub struct Asked {
    /// The plugin to update; empty for a new one.
    pub of: String,
    /// The reference.
    pub reference: String,
    /// The publisher's key.
    pub key: String,
    /// The key of the provenance.
    pub provenance_key: String,
    /// The field with the error.
    pub wrong: &'static str,
    /// The error, in words.
    pub headline: String,
    /// The exact reason.
    pub reason: String,
    /// The result, if there is no error.
    pub notice: String,
}

impl Asked {
    /// The field with the error in the form of a new plugin.
    fn wrong_of_new(&self) -> &'static str {
        match self.of.is_empty() {
            true => self.wrong,
            false => "",
        }
    }
}

async fn show(visit: Visit) -> Result<Response, Fault> {
    visit.host()?;
    Ok(page(
        &visit,
        StatusCode::OK,
        String::new(),
        Asked::default(),
    ))
}

/// The page of the installed plugins.
pub fn page(visit: &Visit, status: StatusCode, error: String, asked: Asked) -> Response {
    let app = &visit.console.app;
    let catalog = app.catalog.load();
    let mut free = LOGOS_BYTES;
    let has_catalogues = !visit.console.market.places().is_empty();
    let plugins = admin::list(app).into_iter().map(|plugin| Shown {
        name: catalog
            .plugins
            .get(&plugin.id)
            .map(plugin_name)
            .unwrap_or_default(),
        // The manifest's signer vouches for the logo too, because the manifest pins it.
        logo: match plugin.signer {
            Some(_) => logo(visit, &plugin.id, &mut free),
            None => String::new(),
        },
        version: shown(&plugin.version.unwrap_or_default(), 40),
        digest: plugin.digest.chars().take(16).collect(),
        has_updates: plugin.tag.is_some() || (has_catalogues && plugin.reference.is_some()),
        reference: shown(&plugin.reference.unwrap_or_default(), 300),
        signer: shown(&plugin.signer.unwrap_or_default(), 60),
        origins: plugin
            .origins
            .iter()
            .map(|origin| shown(origin, 120))
            .collect(),
        beyond: plugin
            .beyond
            .iter()
            .map(|origin| shown(origin, 120))
            .collect(),
        limits: plugin
            .limits
            .iter()
            .map(|(key, most)| format!("{key} {most}"))
            .collect(),
        at: utc(plugin.added_at),
        uses: catalog
            .connectors
            .values()
            .filter(|c| c.row.plugin == plugin.id)
            .count(),
        id: plugin.id,
    });
    let plugins = plugins.collect();
    let page = visit.page("plugins", visit.t.say("plugins"));
    let page = Plugins {
        page: page.notice(asked.notice.clone()),
        plugins,
        asked,
        has_catalogues,
        error,
    };
    (status, render(&page)).into_response()
}

/// A logo as a data URL; empty if it has more bytes than are free. An SVG in a picture runs no script and fetches
/// nothing.
fn logo(visit: &Visit, id: &str, free: &mut usize) -> String {
    let found = guides::logo(&visit.console.app, id).ok().flatten();
    let Some(svg) = found else {
        return String::new();
    };
    let text = format!("data:image/svg+xml;base64,{}", STANDARD.encode(svg));
    let Some(left) = free.checked_sub(text.len()) else {
        return String::new();
    };
    *free = left;
    text
}

/// The page with an error above it.
pub fn failed(visit: &Visit, status: StatusCode, error: String) -> Response {
    page(visit, status, error, Asked::default())
}

async fn remove(posted: Posted) -> Result<Response, Fault> {
    let visit = posted.visit;
    visit.host_admin()?;
    if posted.fields.get("do") != "remove" {
        return Err(Fault::Form);
    }
    let app = &visit.console.app;
    match admin::remove(app, &visit.actor(), posted.fields.get("id")).await {
        Ok(()) => Ok(Redirect::to("/console/plugins").into_response()),
        Err(problem) => Ok(failed(
            &visit,
            StatusCode::CONFLICT,
            problem_text(visit.t, &problem),
        )),
    }
}

async fn upload(
    State(console): State<Arc<Console>>,
    visit: Visit,
    request: Request,
) -> Result<Response, Fault> {
    visit.host_admin()?;
    let received = tokio::time::timeout(UPLOAD_TIME, received(&console, &visit, request)).await;
    let files = received.map_err(|_| Fault::Form)??;
    let mut new = match sorted(visit.t, files) {
        Ok(new) => new,
        Err(error) => return Ok(failed(&visit, StatusCode::UNPROCESSABLE_ENTITY, error)),
    };
    let manifest = new.manifest.as_deref().map(Manifest::parse);
    if let Some(Ok(manifest)) = manifest
        && let Some(row) = console.app.catalog.load().plugins.get(&manifest.id)
    {
        pulls::in_place_of(row, &mut new)?;
    }
    let id = users::token()?;
    console.uploads.keep(Upload {
        id: id.clone(),
        user: visit.user.id.clone(),
        at: ids::now_ms(),
        new,
        ..Upload::default()
    });
    Ok(Redirect::to(&format!("/console/plugins/review/{id}")).into_response())
}

/// The files of an upload, whose token comes first.
async fn received(
    console: &Arc<Console>,
    visit: &Visit,
    request: Request,
) -> Result<Vec<(String, Vec<u8>)>, Fault> {
    let parts = Multipart::from_request(request, console).await;
    let mut parts = parts.map_err(|_| Fault::Form)?;
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    let mut has_token = false;
    while let Some(part) = parts.next_field().await.map_err(|error| unread(&error))? {
        let name = part.file_name().map(str::to_owned);
        let is_named_token = part.name() == Some("token");
        // The token comes first, so that nothing of a forged upload is stored.
        if !has_token && !is_named_token || files.len() >= FILES {
            return Err(Fault::Token);
        }
        let bytes = part.bytes().await.map_err(|error| unread(&error))?.to_vec();
        match name {
            Some(name) if !name.is_empty() => files.push((name, bytes)),
            _ if is_named_token => {
                has_token = is_token(&bytes, &visit.token);
                if !has_token {
                    return Err(Fault::Token);
                }
            }
            _ => {}
        }
    }
    Ok(files)
}

fn unread(error: &MultipartError) -> Fault {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Fault::TooLarge("20 MiB"),
        _ => Fault::Form,
    }
}

/// Sorts files by their names into component, manifest, signature, guides and logo.
fn sorted(t: Texts, files: Vec<(String, Vec<u8>)>) -> Result<NewPlugin, String> {
    let mut new = NewPlugin {
        is_unsigned: true,
        ..NewPlugin::default()
    };
    let mut suggested = None;
    let mut texts = Guides::default();
    for kind in [".wasm", "manifest.json", ".minisig", LOGO_FILE] {
        if files
            .iter()
            .filter(|(name, _)| name.ends_with(kind))
            .count()
            > 1
        {
            return Err(t.about("upload-twice", kind));
        }
    }
    for (name, bytes) in files {
        if let Some(stem) = name.strip_suffix(".wasm") {
            // A suggested name, for a component without a manifest.
            let stem = stem.replace('_', "-");
            suggested = Some(stem.trim_end_matches("-connector").to_owned());
            new.component = bytes;
        } else if name.ends_with("manifest.json") {
            new.manifest = Some(bytes);
        } else if name.ends_with(".minisig") {
            new.signature = Some(bytes);
        } else if name == LOGO_FILE {
            texts.logo = Some(bytes);
        } else if let Some(language) = guides::language(&name)
            && let Ok(text) = String::from_utf8(bytes)
        {
            texts.guides.push((language.to_owned(), text));
        }
    }
    if new.component.is_empty() {
        return Err(t.say("upload-no-component"));
    }
    if new.manifest.is_none() {
        new.name = suggested;
    }
    new.texts = texts;
    Ok(new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn too_large_upload_is_named_as_such() {
        for (size, is_read) in [(500, true), (2000, false)] {
            let file = "x".repeat(size);
            let part = "--b\r\ncontent-disposition: form-data; name=files; filename=a\r\n\r\n";
            let mut request = Request::post("/")
                .header("content-type", "multipart/form-data; boundary=b")
                .body(format!("{part}{file}\r\n--b--\r\n").into())
                .unwrap();
            DefaultBodyLimit::max(1000).apply(&mut request);
            let mut parts = Multipart::from_request(request, &()).await.unwrap();
            let read = async {
                let part = parts.next_field().await?;
                part.unwrap().bytes().await
            };
            let fault = read.await.map_err(|error| unread(&error)).err();
            let is_large = matches!(fault, Some(Fault::TooLarge(_)));
            assert_eq!(
                (fault.is_none(), is_large),
                (is_read, !is_read),
                "{fault:?}"
            );
        }
    }

    /// One of two components would be installed, and it would be unclear which.
    #[test]
    fn two_files_of_a_kind_are_refused() {
        let file = |name: &str| (name.to_owned(), b"x".to_vec());
        for (names, is_taken) in [
            (vec!["a.wasm"], true),
            (
                vec![
                    "a.wasm",
                    "manifest.json",
                    "manifest.json.minisig",
                    "en.md",
                    "logo.svg",
                ],
                true,
            ),
            (vec!["a.wasm", "b.wasm"], false),
            (vec!["a.wasm", "manifest.json", "b-manifest.json"], false),
            (vec!["a.wasm", "a.minisig", "b.minisig"], false),
        ] {
            let files = names.iter().map(|name| file(name)).collect();
            let sorted = sorted(Texts::default(), files);
            assert_eq!(sorted.is_ok(), is_taken, "{names:?}");
        }
    }
}
