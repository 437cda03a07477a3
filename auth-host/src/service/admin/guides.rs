//! Guides that come with a plugin: Markdown, one file for each language; and its logo.

use crate::service::app::App;
use crate::service::problem::Problem;
use crate::service::store::guides;
use auth_connector_host::LocalizedText;
pub use auth_connector_registry::guides::language;

/// A plugin's guide in the best language; none if it has no guide.
///
/// # Errors
///
/// [`Problem`] if it cannot be read.
pub fn get(app: &App, plugin: &str, locales: &[String]) -> Result<Option<String>, Problem> {
    let all = app.store.read(|db| guides::of_plugin(db, plugin))?;
    let texts = all
        .into_iter()
        .map(|(language, text)| LocalizedText { language, text });
    let texts: Vec<_> = texts.collect();
    let best = auth_connector_host::contract::best(&texts, locales);
    Ok((!best.is_empty()).then(|| best.to_owned()))
}

/// A plugin's logo, an SVG; none if it has no logo.
///
/// # Errors
///
/// [`Problem`] if it cannot be read.
pub fn logo(app: &App, plugin: &str) -> Result<Option<Vec<u8>>, Problem> {
    Ok(app.store.read(|db| guides::logo(db, plugin))?)
}
