//! Plugins from registries: pulled by a reference, as an update, or again with other keys. None of their code runs.

use super::fault::Fault;
use super::form::{lines, shown};
use super::market::{Market, Refusal};
use super::plugins::{self, Asked};
use super::state::Console;
use super::uploads::Upload;
use super::visit::{Posted, Visit};
use crate::service::admin::plugins::{NewPlugin, installed};
use crate::service::admin::{pulls, users};
use crate::service::app::App;
use crate::service::catalog::COMPONENT_BYTES;
use crate::service::ids;
use crate::service::problem::Problem;
use auth_connector_host::{Manifest, Phrase, TrustedKey};
use auth_connector_registry::{Facts, ProvenanceKey, Reference, RegistryError, is_older};
use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::post;
use std::sync::Arc;

/// The routes.
pub fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/console/plugins/pull", post(pull))
        .route("/console/plugins/update", post(update))
}

/// Reason why entered keys or an entered reference cannot be used.
pub enum Entered {
    /// An unusable key of the publisher.
    Key(Phrase),
    /// An unusable key of the provenance.
    ProvenanceKey(Phrase),
    /// A failed pull.
    Pull(Refusal),
}

impl From<RegistryError> for Entered {
    fn from(error: RegistryError) -> Self {
        Self::Pull(error.into())
    }
}

impl From<Refusal> for Entered {
    fn from(refusal: Refusal) -> Self {
        Self::Pull(refusal)
    }
}

impl From<Problem> for Entered {
    fn from(problem: Problem) -> Self {
        Self::Pull(problem.into())
    }
}

/// Pulls a plugin, or pulls it again with other keys. A tag that was resolved before is kept.
pub async fn fetch(
    visit: &Visit,
    reference: &Reference,
    mut upload: Upload,
    id: Option<String>,
) -> Result<Upload, Entered> {
    let console = &visit.console;
    let mut new = std::mem::take(&mut upload.new);
    let tag = new.pulled.take().and_then(|pulled| pulled.tag);
    new.is_unsigned = true;
    set_keys(visit, &mut new, &upload.key)?;
    let key = provenance_key(&upload.provenance_key)?;
    let (market, app) = (&console.market, &console.app);
    let mut new = pull_whole(market, app, reference, new, (id, key.clone())).await?;
    // Another version of an installed plugin is pulled again and checked with the installed plugin's key too. Its grants
    // never replace the choices of a review.
    if new.name.is_none()
        && !upload.is_chosen
        && let Some(name) = same(console, &new)
    {
        let row = installed(app, &name)?;
        pulls::in_place_of(&row, &mut new)?;
        let pinned = new.pulled.as_ref().map(|pulled| pulled.reference.clone());
        if let Some(pinned) = pinned.filter(|_| row.facts.signer.is_some()) {
            let tag = new.pulled.take().and_then(|pulled| pulled.tag);
            let id = row.facts.id.clone();
            new = pull_whole(market, app, &pinned, new, (id, key)).await?;
            keep_tag(&mut new, tag);
        }
    }
    keep_tag(&mut new, tag);
    upload.new = new;
    Ok(upload)
}

/// Pulls for a review, where the size is granted. A size that was granted to the installed version would keep a larger
/// version from the review. The host's own bound holds.
async fn pull_whole(
    market: &Market,
    app: &Arc<App>,
    reference: &Reference,
    mut new: NewPlugin,
    of: (Option<String>, Option<ProvenanceKey>),
) -> Result<NewPlugin, Refusal> {
    let size = new.limits.remove(COMPONENT_BYTES);
    let mut new = market.pull(app, reference, new, of).await?;
    new.limits
        .extend(size.map(|most| (COMPONENT_BYTES.to_owned(), most)));
    Ok(new)
}

/// Keeps the tag of a plugin that is pulled again by its digest.
fn keep_tag(new: &mut NewPlugin, tag: Option<String>) {
    if let Some(pulled) = &mut new.pulled {
        pulled.tag = pulled.tag.take().or(tag);
    }
}

/// Sets the trusted keys: the entered one, and that of the installed plugin.
pub fn set_keys(visit: &Visit, new: &mut NewPlugin, key: &str) -> Result<(), Entered> {
    let key = Some(key.trim()).filter(|key| !key.is_empty());
    let key = key.map(TrustedKey::parse).transpose();
    let key = key.map_err(|error| Entered::Key(error.phrase()))?;
    new.trusted = key.into_iter().collect();
    let catalog = visit.console.app.catalog.load();
    if let Some(row) = new.name.as_ref().and_then(|name| catalog.plugins.get(name)) {
        new.trusted.extend(pulls::signer(row)?);
    }
    Ok(())
}

/// The name of the installed plugin with the id of a new one.
fn same(console: &Console, new: &NewPlugin) -> Option<String> {
    let manifest = Manifest::parse(new.manifest.as_deref()?).ok()?;
    let catalog = console.app.catalog.load();
    catalog
        .plugins
        .contains_key(&manifest.id)
        .then_some(manifest.id)
}

fn provenance_key(key: &str) -> Result<Option<ProvenanceKey>, Entered> {
    let key = Some(key.trim()).filter(|key| !key.is_empty());
    let key = key.map(|key| ProvenanceKey::from_pem(key.as_bytes()));
    key.transpose()
        .map_err(|error| Entered::ProvenanceKey(error.phrase()))
}

/// Pulls a plugin and redirects to the review.
pub async fn begin(
    visit: &Visit,
    asked: Asked,
    claimed: Option<Box<Facts>>,
) -> Result<Response, Fault> {
    let upload = Upload {
        id: users::token()?,
        user: visit.user.id.clone(),
        at: ids::now_ms(),
        key: asked.key.clone(),
        provenance_key: asked.provenance_key.clone(),
        claimed,
        ..Upload::default()
    };
    let reference = match Reference::parse(asked.reference.trim()) {
        Ok(reference) => reference,
        Err(error) => return Ok(refused(visit, asked, &error.into())),
    };
    match fetch(visit, &reference, upload, None).await {
        Ok(upload) => Ok(waiting(visit, upload)),
        Err(entered) => Ok(refused(visit, asked, &entered)),
    }
}

/// Stores the upload and redirects to its review.
fn waiting(visit: &Visit, upload: Upload) -> Response {
    let to = format!("/console/plugins/review/{}", upload.id);
    visit.console.uploads.keep(upload);
    Redirect::to(&to).into_response()
}

/// The page with the error at its field.
fn refused(visit: &Visit, mut asked: Asked, why: &Entered) -> Response {
    let t = visit.t;
    (asked.wrong, asked.headline, asked.reason) = match why {
        Entered::Key(reason) => ("key", t.say("key-wrong"), t.phrase(reason)),
        Entered::ProvenanceKey(reason) => (
            "provenance",
            t.say("provenance-key-wrong"),
            t.phrase(reason),
        ),
        Entered::Pull(refusal) => ("reference", refusal.words(t), refusal.reason(t)),
    };
    asked.reason = lines(&asked.reason, 500);
    asked.reference = shown(&asked.reference, 500);
    plugins::page(
        visit,
        StatusCode::UNPROCESSABLE_ENTITY,
        String::new(),
        asked,
    )
}

async fn pull(posted: Posted) -> Result<Response, Fault> {
    let (visit, fields) = (posted.visit, posted.fields);
    visit.host_admin()?;
    let asked = Asked {
        reference: fields.get("reference").to_owned(),
        key: fields.get("key").to_owned(),
        provenance_key: fields.get("provenance").to_owned(),
        ..Asked::default()
    };
    begin(&visit, asked, None).await
}

async fn update(posted: Posted) -> Result<Response, Fault> {
    let (visit, fields) = (posted.visit, posted.fields);
    visit.host_admin()?;
    let row = installed(&visit.console.app, fields.get("id"))?;
    let given = Some(fields.get("reference").trim()).filter(|given| !given.is_empty());
    let mut asked = Asked {
        of: row.id.clone(),
        reference: given.unwrap_or_default().to_owned(),
        ..Asked::default()
    };
    let none = visit.t.about("update-none", row.id.as_str());
    let listed = match (given, &row.facts.tag) {
        (None, None) => listed(&visit.console.market, &row.facts).await,
        _ => None,
    };
    let claimed = listed.map(Box::new);
    let newer = claimed
        .as_ref()
        .and_then(|facts| facts.reference.as_deref());
    let Some(source) = pulls::other_version(given.or(newer), &row.facts) else {
        if row.facts.reference.is_some() && !visit.console.market.places().is_empty() {
            asked.notice = none;
            return Ok(plugins::page(&visit, StatusCode::OK, String::new(), asked));
        }
        (asked.wrong, asked.headline) = ("reference", visit.t.say("update-no-tag"));
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return Ok(plugins::page(&visit, status, String::new(), asked));
    };
    let reference = match Reference::parse(&source) {
        Ok(reference) => reference,
        Err(error) => return Ok(refused(&visit, asked, &error.into())),
    };
    let mut upload = Upload {
        id: users::token()?,
        user: visit.user.id.clone(),
        at: ids::now_ms(),
        claimed,
        ..Upload::default()
    };
    pulls::in_place_of(&row, &mut upload.new)?;
    let upload = match fetch(&visit, &reference, upload, row.facts.id.clone()).await {
        Ok(upload) => upload,
        Err(entered) => return Ok(refused(&visit, asked, &entered)),
    };
    let pulled = upload.new.pulled.as_ref();
    let pinned = pulled.map(|pulled| pulled.reference.to_string());
    // A manifest is attached to the artifact, and may be signed again for the same one.
    let is_same = upload.new.manifest == row.manifest && upload.new.signature == row.signature;
    if is_same && pinned.is_some() && pinned == row.facts.reference {
        asked.notice = none;
        return Ok(plugins::page(&visit, StatusCode::OK, String::new(), asked));
    }
    Ok(waiting(&visit, upload))
}

/// The newest version of a plugin in the catalogues, if it is newer than the installed one. A catalogue that cannot be
/// read is skipped: its own page shows the reason.
async fn listed(market: &Market, installed: &Facts) -> Option<Facts> {
    let id = installed.id.as_deref()?;
    let mut best: Option<Facts> = None;
    for place in 0..market.places().len() {
        let Ok(catalogue) = market.catalogue(place).await else {
            continue;
        };
        let entry = catalogue.plugins.iter().find(|entry| entry.id == id);
        let Some(newest) = entry.and_then(|entry| entry.versions.first()) else {
            continue;
        };
        let known = best.as_ref().unwrap_or(installed).version.as_deref();
        if is_older(known, newest.facts.version.as_deref()) {
            best = Some(newest.facts.clone());
        }
    }
    best
}
