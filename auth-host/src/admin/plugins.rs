//! Plugins: installed from a package or a bare component, pinned by digest, with the origins that were granted.

use super::{Actor, Entry, blocking, change, check_name};
use crate::app::App;
use crate::catalog;
use crate::ids;
use crate::problem::Problem;
use crate::store::registry;
use auth_connector_host::{Decision, Description, Grants, Manifest, Package, Plugin, TrustedKey};
use axum::http::StatusCode;
use serde::Serialize;
use std::sync::Arc;

/// An installed plugin.
#[derive(Debug, Serialize)]
pub struct PluginView {
    /// Its name here.
    pub id: String,
    /// SHA-256 of its component.
    pub digest: String,
    /// Its version, by its manifest.
    pub version: Option<String>,
    /// The key that signed it.
    pub signer: Option<String>,
    /// The origins that it was granted.
    pub origins: Vec<String>,
    /// Where its configs name further origins, which a host administrator confirms for each connector.
    pub config_origins: Vec<String>,
    /// When it was added, in milliseconds since 1970.
    pub added_at: i64,
}

/// A plugin to be installed.
#[derive(Clone)]
pub struct NewPlugin {
    /// Its name; by default its manifest's id.
    pub name: Option<String>,
    /// The component's bytes.
    pub component: Vec<u8>,
    /// The manifest, as it was signed.
    pub manifest: Option<Vec<u8>>,
    /// The manifest's signature.
    pub signature: Option<Vec<u8>>,
    /// Origins that are granted.
    pub origins: Vec<String>,
    /// Whether everything that the manifest asks for is granted.
    pub grant_asked: bool,
    /// Keys whose signature is believed.
    pub trusted: Vec<TrustedKey>,
    /// Whether it is installed without such a signature.
    pub is_unsigned: bool,
}

/// Installs a plugin, or puts another version in its place.
///
/// # Errors
///
/// [`Problem`] that says why it is refused.
pub async fn add(app: &Arc<App>, actor: &Actor, mut new: NewPlugin) -> Result<PluginView, Problem> {
    let manifest = new.manifest.as_deref().map(Manifest::parse).transpose();
    let manifest = manifest.map_err(|error| refused(&error.to_string()))?;
    let name = new.name.take().or(manifest.as_ref().map(|m| m.id.clone()));
    let name = name.ok_or_else(|| {
        Problem::invalid(
            "/id",
            "A bare component has no manifest with an id. Give it a name.",
        )
    })?;
    check_name("/id", &name)?;
    if let Some(manifest) = &manifest
        && new.grant_asked
    {
        let asked = manifest.origins.iter().map(ToString::to_string);
        new.origins.extend(asked);
        new.origins.sort();
        new.origins.dedup();
    }
    let loading = app.clone();
    let (plugin, new) = blocking(move || {
        let plugin = load(&loading, &new)?;
        Ok((plugin, new))
    })
    .await?;
    let row = registry::Plugin {
        id: name,
        digest: plugin.description().sha256.clone(),
        manifest: new.manifest,
        signature: new.signature,
        origins: new.origins,
        signer: plugin.provenance().map(|p| format!("{:?}", p.signer)),
        added_at: ids::now_ms(),
    };
    let entry = Entry::new(None, actor, "plugin.add", &row.id).detail(format!(
        "sha256:{} {}",
        row.digest,
        row.origins.join(", ")
    ));
    let (kept, component) = (row.clone(), new.component);
    change(app, entry, move |db| {
        Ok(registry::put_plugin(db, &kept, &component)?)
    })
    .await?;
    Ok(view(&row))
}

/// Checks what was handed over: signature, manifest, grants, component. No code of it runs.
fn load(app: &App, new: &NewPlugin) -> Result<Plugin, Problem> {
    let refused_load = |error: auth_connector_host::LoadError| refused(&error.to_string());
    let grants = catalog::grants(&new.origins, &[]).map_err(|error| refused(&error))?;
    let Some(manifest) = &new.manifest else {
        if !new.is_unsigned {
            return Err(refused(
                "a bare component has no signature. Install a package, or say that it may be unsigned",
            ));
        }
        let component = new.component.as_slice();
        let loaded = app.host.load_with(component, grants.egress, None);
        return loaded.map_err(refused_load);
    };
    let package = Package::new(
        new.component.as_slice(),
        manifest.as_slice(),
        new.signature.as_deref(),
    );
    let mut options = app.host.options().clone();
    options.trusted_keys = new.trusted.clone();
    options.allow_unsigned = new.is_unsigned;
    let host = auth_connector_host::ConnectorHost::new(options)
        .map_err(|error| refused(&error.to_string()))?;
    let grants = Grants {
        accept_less: false,
        ..grants
    };
    host.load_package(package, &grants).map_err(refused_load)
}

/// What there is to know about a plugin before it is installed. No code of it ran.
pub struct Review {
    /// What its component can ask for, its size and its digest.
    pub description: Description,
    /// Its manifest.
    pub manifest: Option<Manifest>,
    /// The limits that it asks for beside the host's own.
    pub limits: Vec<(String, u64, u64)>,
    /// The plugin that it would replace.
    pub before: Option<Before>,
}

/// The authority of a plugin that is installed.
pub struct Before {
    /// The origins that it was granted.
    pub origins: Vec<String>,
    /// What it can ask for.
    pub imports: Vec<String>,
    /// Its manifest.
    pub manifest: Option<Manifest>,
}

/// Reads what was handed over, without believing its signature: that is decided at the installation.
///
/// # Errors
///
/// [`Problem`] that says why it can never be installed.
pub async fn review(app: &Arc<App>, new: NewPlugin) -> Result<Review, Problem> {
    let app = app.clone();
    blocking(move || {
        let manifest = new.manifest.as_deref().map(Manifest::parse).transpose();
        let manifest = manifest.map_err(|error| refused(&error.to_string()))?;
        let loaded = match &new.manifest {
            Some(bytes) => {
                let component = new.component.as_slice();
                let package = Package::new(component, bytes.as_slice(), None::<Vec<u8>>);
                let grants = Grants::default().accept_less();
                app.host.load_package(package, &grants)
            }
            None => {
                let egress = Grants::default().egress;
                app.host.load_with(new.component.as_slice(), egress, None)
            }
        };
        let loaded = loaded.map_err(|error| refused(&error.to_string()))?;
        let limits = loaded.grants().map(|decision| {
            let limits = decision.limits().iter();
            limits
                .map(|l| (l.limit.as_str().to_owned(), l.asked, l.granted))
                .collect()
        });
        let catalog = app.catalog.load();
        let row = manifest.as_ref().and_then(|m| catalog.plugins.get(&m.id));
        let before = row.map(|row| {
            let loaded = catalog::load_plugin(app.parts(), row, &[]);
            Before {
                origins: row.origins.clone(),
                imports: loaded
                    .map(|p| p.description().imports.clone())
                    .unwrap_or_default(),
                manifest: row
                    .manifest
                    .as_deref()
                    .and_then(|m| Manifest::parse(m).ok()),
            }
        });
        Ok(Review {
            description: loaded.description().clone(),
            limits: limits.unwrap_or_default(),
            manifest,
            before,
        })
    })
    .await
}

fn refused(why: &str) -> Problem {
    Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "plugin-refused",
        "The plugin is refused",
        format!("Refused: {why}."),
    )
}

/// What a plugin asks for beside what it was granted.
pub fn decision(app: &App, id: &str) -> Option<Decision> {
    let catalog = app.catalog.load();
    let row = catalog.plugins.get(id)?;
    let plugin = catalog::load_plugin(app.parts(), row, &[]).ok()?;
    plugin.grants().cloned()
}

/// All plugins.
pub fn list(app: &App) -> Vec<PluginView> {
    app.catalog.load().plugins.values().map(view).collect()
}

fn view(row: &registry::Plugin) -> PluginView {
    let manifest = row
        .manifest
        .as_deref()
        .and_then(|m| Manifest::parse(m).ok());
    PluginView {
        id: row.id.clone(),
        digest: row.digest.clone(),
        version: manifest.as_ref().map(|m| m.version.clone()),
        signer: row.signer.clone(),
        origins: row.origins.clone(),
        config_origins: manifest.map(|m| m.config_origins).unwrap_or_default(),
        added_at: row.added_at,
    }
}

/// Removes a plugin that no connector uses.
///
/// # Errors
///
/// [`Problem`] when there is none, or when a connector uses it.
pub async fn remove(app: &Arc<App>, actor: &Actor, id: &str) -> Result<(), Problem> {
    let catalog = app.catalog.load_full();
    if catalog.connectors.values().any(|c| c.row.plugin == id) {
        return Err(Problem::new(
            StatusCode::CONFLICT,
            "in-use",
            "The plugin is in use",
            "A connector uses this plugin. Remove the connector first.",
        ));
    }
    let entry = Entry::new(None, actor, "plugin.remove", id);
    let id = id.to_owned();
    change(app, entry, move |db| {
        if registry::delete_plugin(db, &id)? {
            Ok(())
        } else {
            Err(Problem::not_found("plugin"))
        }
    })
    .await
}
