//! Review of a plugin before its installation: its contents, its vouchers and its requests, beside the installed one.

use super::blocking;
use super::granted::{self, Asked};
use super::plugins::{NewPlugin, refused};
use super::versions::{checker, known, vouched};
use crate::service::app::App;
use crate::service::problem::Problem;
use crate::service::store::registry;
use auth_connector_host::{Description, Grants, Manifest, Package, Phrase};
use auth_connector_registry::guides::Pins;
use auth_connector_registry::{Change, Facts, changes, is_older};
use std::sync::Arc;

/// Facts about a plugin before its installation. None of its code ran.
pub struct Review {
    /// The capabilities that its component imports, its size and its digest.
    pub description: Description,
    /// Its manifest.
    pub manifest: Option<Manifest>,
    /// The limits that it can be granted, with its requests.
    pub limits: Vec<Asked>,
    /// All facts about it.
    pub facts: Facts,
    /// The digests that its manifest pins.
    pub pins: Pins,
    /// The reason why its signature is not trusted, if keys were given.
    pub unsigned: Option<Phrase>,
    /// The plugin that it would replace.
    pub before: Option<Before>,
}

/// The installed plugin.
pub struct Before {
    /// Its row.
    pub row: registry::Plugin,
    /// The origins that it was granted.
    pub origins: Vec<String>,
    /// Its version.
    pub version: Option<String>,
    /// Differences of the new version.
    pub changes: Vec<Change>,
    /// True if the new version is older.
    pub is_newer: bool,
}

/// Reviews a plugin. An untrusted signature is reported; the installation decides about it.
///
/// # Errors
///
/// [`Problem`] with the reason why it can never be installed.
pub async fn review(app: &Arc<App>, new: NewPlugin) -> Result<Review, Problem> {
    let app = app.clone();
    blocking(move || look(&app, &new)).await
}

fn look(app: &App, new: &NewPlugin) -> Result<Review, Problem> {
    let component = new.component.as_slice();
    let (manifest, signature) = (new.manifest.as_deref(), new.signature.as_deref());
    let manifest = vouched(manifest, signature, &new.trusted, true)?;
    let host = checker(app, &new.trusted, true)?;
    let loaded = match &new.manifest {
        Some(bytes) => {
            let signature = new.signature.as_deref();
            let package = Package::new(component, bytes.as_slice(), signature);
            host.load_package(package, &Grants::default().accept_less())
        }
        None => app
            .host
            .load_with(component, Grants::default().egress, None),
    };
    let loaded = loaded.map_err(|error| refused(error.phrase()))?;
    let description = loaded.description().clone();
    let signer = loaded.provenance().and_then(|found| found.signer.as_ref());
    let mut facts = Facts::of(&description, manifest.as_ref())
        .signed_by(signer)
        .with_manifest(new.manifest.as_deref());
    let pins = manifest.as_ref().map(Pins::of).unwrap_or_default();
    pins.check(&new.texts)
        .map_err(|error| refused(error.phrase()))?;
    if let Some(pulled) = &new.pulled {
        facts = facts.pulled(pulled);
    }
    let name = new.name.as_ref().or(facts.id.as_ref());
    let catalog = app.catalog.load();
    let row = name.and_then(|name| catalog.plugins.get(name));
    let before = row.map(|row| Before {
        row: row.clone(),
        origins: row.origins.clone(),
        version: row.facts.version.clone(),
        changes: changes(&known(row), &facts),
        is_newer: is_older(facts.version.as_deref(), row.facts.version.as_deref()),
    });
    let unsigned = match facts.signer {
        Some(_) => None,
        None => refusal(app, new)?,
    };
    Ok(Review {
        description,
        limits: granted::asked(app, facts.size, manifest.as_ref(), &new.limits),
        manifest,
        facts,
        pins,
        unsigned,
        before,
    })
}

/// The error of a host that accepts only signatures of the given keys. None if no key was given.
fn refusal(app: &App, new: &NewPlugin) -> Result<Option<Phrase>, Problem> {
    let Some(manifest) = new.manifest.as_deref().filter(|_| !new.trusted.is_empty()) else {
        return Ok(None);
    };
    let host = checker(app, &new.trusted, false)?;
    let package = Package::new(b"".as_slice(), manifest, new.signature.as_deref());
    let examined = host.examine(&package, &Grants::default());
    Ok(examined.err().map(|error| error.phrase()))
}
