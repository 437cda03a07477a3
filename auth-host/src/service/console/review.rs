//! Review of a plugin before its installation: its vouchers, its possible requests and its grants. None of its code
//! runs.

use super::fault::{Fault, problem_text};
use super::form::{lines, shown};
use super::page::{Page, render};
use super::plugins;
use super::pulls::{self, Entered};
use super::state::Console;
use super::texts::Texts;
use super::uploads::Upload;
use super::visit::{Fields, Posted, Visit};
use super::vouchers::{Voucher, vouchers};
use super::words;
use crate::service::admin::granted;
use crate::service::admin::plugins::NewPlugin;
use crate::service::admin::reviews::{self, Review};
use crate::service::admin::versions;
use crate::service::problem::Problem;
use crate::service::store::registry::Plugin;
use askama::Template;
use auth_connector_registry::{Change, Facts, changes};
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The most changes that are shown.
const CHANGES: usize = 60;

/// The routes.
pub fn routes() -> Router<Arc<Console>> {
    Router::new().route("/console/plugins/review/{id}", get(review).post(decide))
}

#[derive(Template)]
#[template(path = "review.html")]
struct ReviewPage {
    page: Page,
    name: String,
    title: String,
    facts: Vec<(String, String)>,
    vouchers: Vec<Voucher>,
    imports: Vec<(String, String)>,
    origins: Vec<(String, bool)>,
    beyond: Vec<String>,
    config_origins: Vec<String>,
    limits: Vec<GrantedLimit>,
    changes: Vec<Changed>,
    claims: Option<Vec<Changed>>,
    is_update: bool,
    older_than: String,
    is_signed: bool,
    accepts_unsigned: bool,
    is_pulled: bool,
    has_manifest: bool,
    guides: String,
    more: String,
    key: String,
    provenance_key: String,
    version: String,
    error: String,
}

/// A limit and the value of its field.
struct GrantedLimit {
    key: &'static str,
    asked: String,
    ceiling: u64,
    granted: String,
}

/// A change in words.
pub struct Changed {
    /// True if the plugin may do more, or if others vouch for it.
    pub is_wider: bool,
    /// The text for that reason.
    pub why: String,
    /// New, gone, or different.
    pub kind: String,
    /// The name of the changed part.
    pub what: String,
    /// The value before.
    pub was: String,
    /// The value after.
    pub is: String,
}

impl Changed {
    /// A change in the reader's language, except for the plugin's own text.
    pub fn of(t: Texts, change: &Change) -> Self {
        let kind = match (&change.was, &change.is) {
            (None, _) => t.say("change-new"),
            (Some(_), None) => t.say("change-gone"),
            (Some(_), Some(_)) => t.say("change-other"),
        };
        let is_provenance = change.what == "provenance";
        let part = |text: &Option<String>| match text.as_deref() {
            Some("verified") if is_provenance => t.say("verified"),
            Some("not verified") if is_provenance => t.say("not-verified"),
            text => shown(text.unwrap_or_default(), 160),
        };
        let why = match change.what.as_str() {
            "signer" | "publisher" | "provenance" if change.is.is_none() => {
                t.say("change-no-vouch")
            }
            "signer" | "publisher" | "provenance" => t.say("change-vouch"),
            _ => t.say("change-wider"),
        };
        Self {
            why,
            is_wider: change.is_wider,
            kind,
            what: words::change(t, &change.what),
            was: part(&change.was),
            is: part(&change.is),
        }
    }
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
    let t = visit.t;
    let reviewed = reviews::review(&visit.console.app, upload.new.clone()).await;
    let review = match reviewed {
        Ok(review) => review,
        Err(problem) => {
            visit.console.uploads.drop(&upload.id);
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            return Ok(plugins::failed(
                visit,
                status,
                lines(&problem_text(t, &problem), 500),
            ));
        }
    };
    let new = &upload.new;
    let manifest = review.manifest.as_ref();
    let name = new.name.clone().or(review.facts.id.clone());
    let name = name.unwrap_or_default();
    let before = review.before.as_ref();
    let installed = before.map(|before| before.row.clone());
    visit.console.uploads.see(&upload.id, installed);
    let is_granted = |origin: &String| match upload.is_chosen {
        true => new.origins.contains(origin),
        false => before.is_none_or(|before| before.origins.contains(origin)),
    };
    let all = before.map_or(&[][..], |before| &before.changes);
    let older_than = before.filter(|before| before.is_newer);
    let older_than = older_than.and_then(|before| before.version.clone());
    let claims = upload.claimed.as_deref();
    let page = ReviewPage {
        page: visit.page("plugins", t.say("review")),
        title: shown(review.facts.name.as_deref().unwrap_or(&name), 80),
        facts: facts(t, &review),
        vouchers: vouchers(t, &review, new),
        imports: imports(t, &review.description.imports),
        origins: review
            .facts
            .origins
            .iter()
            .take(64)
            .map(|origin| (shown(origin, 200), is_granted(origin)))
            .collect(),
        beyond: new.beyond.iter().map(|o| shown(o, 200)).collect(),
        config_origins: review
            .facts
            .config_origins
            .iter()
            .map(|pointer| shown(pointer, 80))
            .collect(),
        limits: review
            .limits
            .iter()
            .map(|limit| GrantedLimit {
                key: limit.key,
                asked: limit.asked.map_or("–".to_owned(), |n| n.to_string()),
                ceiling: limit.ceiling,
                granted: new
                    .limits
                    .get(limit.key)
                    .map_or(String::new(), u64::to_string),
            })
            .collect(),
        changes: changed(t, all),
        claims: claims.map(|claims| changed(t, &differences(claims, &review.facts))),
        is_update: before.is_some(),
        older_than: shown(&older_than.unwrap_or_default(), 60),
        is_signed: new.signature.is_some(),
        accepts_unsigned: upload.accepts_unsigned,
        is_pulled: new.pulled.is_some(),
        has_manifest: manifest.is_some(),
        guides: new
            .texts
            .guides
            .iter()
            .map(|(language, _)| language.as_str())
            .collect::<Vec<_>>()
            .join(", "),
        more: match manifest {
            None => new.origins.join(" "),
            Some(_) => String::new(),
        },
        key: upload.key.clone(),
        provenance_key: upload.provenance_key.clone(),
        version: new.version.clone().unwrap_or_default(),
        name,
        error,
    };
    Ok((status, render(&page)).into_response())
}

fn changed(t: Texts, all: &[Change]) -> Vec<Changed> {
    let first = all.iter().take(CHANGES);
    first.map(|change| Changed::of(t, change)).collect()
}

/// The differences between the catalogue's claims and the pulled plugin. The catalogue's maker may have used other
/// keys. A signer and a verification of the build are compared only if there is one here too.
fn differences(claims: &Facts, found: &Facts) -> Vec<Change> {
    let mut claims = claims.clone();
    if found.signer.is_none() {
        claims.signer = None;
    }
    if let (Some(claim), Some(found)) = (&mut claims.provenance, &found.provenance) {
        claim.is_verified = found.is_verified;
    }
    changes(&claims, found)
}

fn facts(t: Texts, review: &Review) -> Vec<(String, String)> {
    let facts = &review.facts;
    let text = |text: &Option<String>| shown(text.as_deref().unwrap_or_default(), 300);
    let mut found = vec![
        (t.say("fact-version"), text(&facts.version)),
        (t.say("fact-description"), text(&facts.description)),
        (t.say("fact-publisher"), text(&facts.publisher)),
        (t.say("fact-license"), text(&facts.license)),
        (t.say("fact-homepage"), text(&facts.homepage)),
        (t.say("fact-reference"), text(&facts.reference)),
        (t.say("fact-tag"), text(&facts.tag)),
        (
            t.say("fact-contract"),
            review.description.contract.to_owned(),
        ),
        (
            t.say("fact-size"),
            format!("{} KB", facts.size.div_ceil(1024)),
        ),
        (t.say("fact-digest"), format!("sha256:{}", facts.sha256)),
    ];
    found.extend(more_facts(t, facts));
    found.retain(|(_, value)| !value.is_empty());
    found
}

/// The components linked into a plugin, and its build.
pub fn more_facts(t: Texts, facts: &Facts) -> Vec<(String, String)> {
    let mut found = Vec::new();
    if let Some(sbom) = &facts.sbom {
        let licenses = sbom.licenses.iter().take(12);
        let licenses: Vec<String> = licenses
            .map(|(name, count)| format!("{count} {}", shown(name, 60)))
            .collect();
        let mut text = t.about("sbom-components", sbom.components);
        if !licenses.is_empty() {
            text = format!("{text}: {}", licenses.join(", "));
        }
        if sbom.licenses.len() > 12 {
            text.push_str(", …");
        }
        found.push((t.say("fact-sbom"), text));
    }
    if let Some(built) = &facts.provenance {
        let text = |text: &Option<String>| shown(text.as_deref().unwrap_or_default(), 200);
        found.push((t.say("fact-builder"), shown(&built.builder, 200)));
        found.push((t.say("fact-source"), text(&built.source)));
        found.push((t.say("fact-revision"), text(&built.revision)));
    }
    found.retain(|(_, value)| !value.is_empty());
    found
}

/// Imports grouped by purpose: the text, and the interfaces.
pub fn imports(t: Texts, imports: &[String]) -> Vec<(String, String)> {
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

async fn decide(Path(id): Path<String>, posted: Posted) -> Result<Response, Fault> {
    let (visit, fields) = (posted.visit, posted.fields);
    visit.host_admin()?;
    let uploads = &visit.console.uploads;
    let mut upload = uploads.find(&id, &visit.user.id)?;
    let is_install = match fields.get("do") {
        "discard" => {
            uploads.drop(&id);
            return Ok(Redirect::to("/console/plugins").into_response());
        }
        "check" => false,
        "install" => true,
        _ => return Err(Fault::Form),
    };
    if let Err(key) = choose(&mut upload, &fields) {
        let error = visit.t.about("limit-wrong", key);
        return refuse(&visit, upload, &fields, error).await;
    }
    let reviewed = upload.new.manifest.clone();
    let checked = match with_keys(&visit, upload.clone(), &fields).await {
        Ok(checked) => checked,
        Err(entered) => {
            let error = entered_text(visit.t, &entered);
            return refuse(&visit, upload, &fields, error).await;
        }
    };
    // A registry may have attached another manifest meanwhile, which nobody has reviewed.
    if checked.new.manifest != reviewed {
        uploads.keep(checked.clone());
        let error = visit.t.say("review-other-manifest");
        return review_page(&visit, checked, StatusCode::CONFLICT, error).await;
    }
    if is_install {
        return install(&visit, checked, &fields).await;
    }
    uploads.keep(checked);
    let to = format!("/console/plugins/review/{id}");
    Ok(Redirect::to(&to).into_response())
}

/// Puts the choices of the form into the upload, so that the next page shows them. The error is the key of the first
/// limit that is not a number above 0; the other choices are taken over.
fn choose(upload: &mut Upload, fields: &Fields) -> Result<(), &'static str> {
    let text = |name: &str| Some(fields.get(name).trim()).filter(|text| !text.is_empty());
    let more = fields.get("more").split_whitespace();
    let new = &mut upload.new;
    new.origins = fields
        .all("origin")
        .chain(more)
        .map(str::to_owned)
        .collect();
    new.name = text("name").map(str::to_owned);
    new.version = text("version").map(str::to_owned);
    upload.is_chosen = true;
    upload.accepts_unsigned = fields.get("unsigned") == "on";
    limits(fields, &mut new.limits)
}

/// The review with an error and the keys that were entered. The stored upload keeps the keys that it was checked with,
/// so that the next attempt checks the entered ones.
async fn refuse(
    visit: &Visit,
    mut upload: Upload,
    fields: &Fields,
    error: String,
) -> Result<Response, Fault> {
    fields.get("key").clone_into(&mut upload.key);
    let provenance = fields.get("provenance");
    provenance.clone_into(&mut upload.provenance_key);
    review_page(visit, upload, StatusCode::UNPROCESSABLE_ENTITY, error).await
}

fn entered_text(t: Texts, entered: &Entered) -> String {
    let text = match entered {
        Entered::Key(reason) | Entered::ProvenanceKey(reason) => t.phrase(reason),
        Entered::Pull(refusal) => format!("{} {}", refusal.words(t), refusal.reason(t)),
    };
    lines(&text, 500)
}

/// The upload, checked with the keys that were entered.
async fn with_keys(visit: &Visit, mut upload: Upload, fields: &Fields) -> Result<Upload, Entered> {
    let (key, provenance) = (fields.get("key").trim(), fields.get("provenance").trim());
    let is_same = upload.key.trim() == key && upload.provenance_key.trim() == provenance;
    if is_same {
        return Ok(upload);
    }
    key.clone_into(&mut upload.key);
    provenance.clone_into(&mut upload.provenance_key);
    let pulled = upload.new.pulled.as_ref();
    let Some(reference) = pulled.map(|pulled| pulled.reference.clone()) else {
        pulls::set_keys(visit, &mut upload.new, key)?;
        return Ok(upload);
    };
    pulls::fetch(visit, &reference, upload, None).await
}

/// Reads the limits that were entered. An empty field grants the host's own limit, and a missing field keeps the
/// earlier grant. The error is the key of the first limit that is not a number above 0.
fn limits(fields: &Fields, granted: &mut BTreeMap<String, u64>) -> Result<(), &'static str> {
    let mut wrong = None;
    for key in granted::keys() {
        let Some(text) = fields.find(&format!("limit.{key}")).map(str::trim) else {
            continue;
        };
        match text.parse() {
            _ if text.is_empty() => {
                granted.remove(key);
            }
            Ok(most) if most > 0 => {
                granted.insert(key.to_owned(), most);
            }
            _ => wrong = wrong.or(Some(key)),
        }
    }
    wrong.map_or(Ok(()), Err)
}

/// Installs a plugin, unless it would replace one that the review did not show.
async fn add(visit: &Visit, new: NewPlugin, seen: Option<&Plugin>) -> Result<(), Problem> {
    let app = &visit.console.app;
    let prepared = versions::prepare(app, new).await?;
    if prepared.replaces_unseen(seen) {
        return Err(versions::changed());
    }
    versions::keep(app, &visit.actor(), prepared)
        .await
        .map(drop)
}

async fn install(visit: &Visit, upload: Upload, fields: &Fields) -> Result<Response, Fault> {
    let new = NewPlugin {
        is_unsigned: upload.accepts_unsigned,
        // The form has the grants, so they are not the installed one's.
        in_place_of: None,
        ..upload.new.clone()
    };
    match add(visit, new, upload.seen.as_ref()).await {
        Ok(()) => {
            visit.console.uploads.drop(&upload.id);
            Ok(Redirect::to("/console/plugins").into_response())
        }
        Err(problem) => {
            let error = lines(&problem_text(visit.t, &problem), 500);
            refuse(visit, upload, fields, error).await
        }
    }
}
