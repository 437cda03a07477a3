//! Review of a plugin before it is installed: what it can ask for, beside what the installed one can.

use super::blocking;
use super::plugins::{NewPlugin, refused};
use crate::app::App;
use crate::catalog;
use crate::problem::Problem;
use auth_connector_host::{Description, Grants, Manifest, Package};
use std::sync::Arc;

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
