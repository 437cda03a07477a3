//! `/admin/plugins` and `/admin/catalogue`: a host key installs, checks, updates and searches for plugins.

use super::admin::{Answer, Of, actor};
use super::answer::Shown;
use super::call::{Authorized, Call};
use super::path::Path;
use crate::clean::clean;
use crate::registry::Access;
use crate::service::access::Host;
use crate::service::admin::plugins::{Added, NewPlugin, PluginView, installed, list, remove};
use crate::service::admin::versions::Prepared;
use crate::service::admin::{pulls, versions};
use crate::service::app::App;
use crate::service::problem::Problem;
use auth_connector_host::TrustedKey;
use auth_connector_registry::catalogue::Entry;
use auth_connector_registry::catalogue::address::is_address;
use auth_connector_registry::{Change, Facts, Finding, NamedBy, Place, ProvenanceKey, Reference};
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{delete, get, post};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The routes.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/plugins", get(list_plugins).post(add_plugin))
        .route("/plugins/{id}", delete(remove_plugin))
        .route("/plugins/{id}/verify", post(verify_plugin))
        .route("/plugins/{id}/update", post(update_plugin))
        .route("/catalogue/search", post(search))
}

async fn list_plugins(
    State(app): State<Arc<App>>,
    _by: Authorized<Host>,
) -> Shown<Vec<PluginView>> {
    Shown(list(&app))
}

/// A reference, or a plugin's parts in base64; its grants, the trusted signatures, and access to a registry.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Version {
    id: Option<String>,
    reference: Option<String>,
    component: Option<String>,
    manifest: Option<String>,
    signature: Option<String>,
    /// The `accept` of an earlier response. Without it an update changes nothing, and no plugin is replaced that is in
    /// use or that another key signed.
    accept: Option<String>,
    origins: Vec<String>,
    beyond: Vec<String>,
    grant_asked: bool,
    limits: BTreeMap<String, u64>,
    trusted: Vec<String>,
    is_unsigned: bool,
    version: Option<String>,
    provenance_key: Option<String>,
    loopback_http: bool,
}

impl Version {
    fn new_plugin(&self) -> Result<NewPlugin, Problem> {
        let trusted = self.trusted.iter().map(|key| {
            TrustedKey::parse(key)
                .map_err(|error| Problem::invalid("/trusted", format!("{error}.")))
        });
        if self.limits.values().any(|most| *most == 0) {
            return Err(Problem::invalid("/limits", "A limit is a number above 0."));
        }
        Ok(NewPlugin {
            origins: self.origins.clone(),
            beyond: self.beyond.clone(),
            grant_asked: self.grant_asked,
            limits: self.limits.clone(),
            trusted: trusted.collect::<Result<_, _>>()?,
            is_unsigned: self.is_unsigned,
            version: self.version.clone(),
            ..NewPlugin::default()
        })
    }

    fn access(&self, app: &App) -> Result<Access, Problem> {
        access(app, self.provenance_key.as_deref(), self.loopback_http)
    }
}

fn access(app: &App, key: Option<&str>, has_loopback_http: bool) -> Result<Access, Problem> {
    let key = key.map(|key| {
        ProvenanceKey::from_pem(key.as_bytes())
            .map_err(|error| Problem::invalid("/provenance_key", format!("{error}.")))
    });
    let network = app.host.options().clone();
    let access = Access::new(network, &app.registry_networks, crate::host::registry_proxy);
    Ok(access.for_service(key.transpose()?, has_loopback_http))
}

/// A reference into a registry. Folders of this machine are for the command line only.
fn reference(text: &str) -> Result<Reference, Problem> {
    let reference = Reference::parse(text)?;
    match reference.place {
        Place::Registry { .. } => Ok(reference),
        Place::Layout(_) => Err(Problem::invalid(
            "/reference",
            "A folder is no registry. Add it by the command line: auth-host plugin add oci-layout:FOLDER:TAG.",
        )),
    }
}

async fn add_plugin(State(app): State<Arc<App>>, call: Call<Host, Version>) -> Answer<Added> {
    let body = call.body;
    let mut new = body.new_plugin()?;
    new.name = body.id.clone();
    let decode = |place: &str, text: &Option<String>| {
        let decoded = text.as_ref().map(|text| STANDARD.decode(text)).transpose();
        decoded.map_err(|_| Problem::invalid(place, "This is not base64."))
    };
    match (&body.reference, &body.component) {
        (Some(text), None) => {
            let reference = reference(text)?;
            let access = body.access(&app)?;
            new = pulls::fetch(&app, &access, &reference, new, None).await?;
        }
        (None, Some(_)) => {
            new.component = decode("/component", &body.component)?.unwrap_or_default();
            new.manifest = decode("/manifest", &body.manifest)?;
            new.signature = decode("/signature", &body.signature)?;
        }
        _ => {
            return Err(Problem::invalid(
                "/reference",
                "Give either a reference or a component.",
            ));
        }
    }
    let prepared = versions::prepare(&app, new).await?;
    if prepared.needs_consent && prepared.missing.is_empty() {
        agreed(body.accept.as_deref(), &prepared)?;
    }
    let added = versions::keep(&app, &actor(&call.by), prepared).await?;
    Ok(Shown(added))
}

/// Refuses to replace an installed plugin, unless the caller has accepted the replacement.
fn agreed(accepted: Option<&str>, prepared: &Prepared) -> Result<(), Problem> {
    let found = prepared.facts().accepted();
    if accepted == Some(found.as_str()) {
        return Ok(());
    }
    let changes = prepared.changes.iter().chain(&prepared.regranted);
    let changes: Vec<String> = changes.map(|change| clean(&change.to_string())).collect();
    Err(Problem::new(
        StatusCode::CONFLICT,
        "replaces",
        "It would replace an installed plugin",
        format!(
            "{} is installed already, and a connector uses it or another key signed it. It would change: {}. To go ahead, \
             send the same with \"accept\": \"{found}\"; another \"id\" installs this one beside it.",
            prepared.name(),
            changes.join("; ")
        ),
    ))
}

async fn remove_plugin(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    by: Authorized<Host>,
) -> Of<StatusCode> {
    remove(&app, &actor(&by), &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Verification {
    pull: bool,
    provenance_key: Option<String>,
    loopback_http: bool,
}

async fn verify_plugin(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    call: Call<Host, Verification>,
) -> Answer<Vec<Finding>> {
    let body = call.body;
    let row = installed(&app, &id)?;
    if body.pull
        && let Some(text) = &row.facts.reference
    {
        reference(text)?;
    }
    let access = access(&app, body.provenance_key.as_deref(), body.loopback_http)?;
    let found = pulls::verify(&app, &id, body.pull.then_some(&access)).await?;
    Ok(Shown(found))
}

/// The planned or completed changes of an update.
#[derive(Serialize)]
struct Updated {
    updated: bool,
    /// The value to send back, with this version's manifest, to install this version.
    accept: String,
    changes: Vec<Change>,
    findings: Vec<Finding>,
    missing: Vec<String>,
    facts: Facts,
}

/// Shows what another version would change. With the `accept` of that response, it replaces the plugin.
async fn update_plugin(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    call: Call<Host, Version>,
) -> Answer<Updated> {
    let (by, body) = (actor(&call.by), call.body);
    let row = installed(&app, &id)?;
    let mut new = body.new_plugin()?;
    pulls::in_place_of(&row, &mut new)?;
    // As by the command line: without a whole reference, the registry that the plugin came from.
    let given = body.reference.as_deref();
    let source = pulls::other_version(given, &row.facts).ok_or_else(|| {
        Problem::invalid(
            "/reference",
            "The plugin was not added by a tag, so name the other version: oci://HOST/NAME:TAG, or :TAG in the same place.",
        )
    })?;
    let is_named = given.is_some_and(Reference::is_meant);
    let by_whom = if is_named {
        NamedBy::Person
    } else {
        NamedBy::Document
    };
    let (reference, access) = (reference(&source)?, body.access(&app)?.named_by(by_whom));
    let new = pulls::fetch(&app, &access, &reference, new, row.facts.id).await?;
    let prepared = versions::prepare(&app, new).await?;
    let mut updated = Updated {
        updated: false,
        accept: prepared.facts().accepted(),
        changes: prepared.changes.clone(),
        findings: prepared.findings.clone(),
        missing: prepared.missing.iter().map(ToString::to_string).collect(),
        facts: prepared.facts().clone(),
    };
    let Some(accepted) = body.accept else {
        return Ok(Shown(updated));
    };
    if accepted != updated.accept {
        return Err(Problem::new(
            StatusCode::CONFLICT,
            "changed",
            "Another version than was accepted",
            "The reference leads to another component or another manifest now. Look at what it changes again.",
        ));
    }
    versions::keep(&app, &by, prepared).await?;
    updated.updated = true;
    Ok(Shown(updated))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Search {
    catalogue: String,
    #[serde(default)]
    words: Vec<String>,
    #[serde(default)]
    loopback_http: bool,
}

async fn search(State(app): State<Arc<App>>, call: Call<Host, Search>) -> Answer<Vec<Entry>> {
    let body = call.body;
    if !is_address(&body.catalogue) {
        return Err(Problem::invalid(
            "/catalogue",
            "A catalogue has an https address here. Files are the command line's.",
        ));
    }
    let found = access(&app, None, body.loopback_http)?
        .catalogue(&body.catalogue)
        .await
        .map_err(|error| Problem::invalid("/catalogue", format!("{error}.")))?;
    let words: Vec<&str> = body.words.iter().map(String::as_str).collect();
    Ok(Shown(found.search(&words).into_iter().cloned().collect()))
}
