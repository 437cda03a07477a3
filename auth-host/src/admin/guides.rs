//! Guides that come with a plugin: Markdown, one file for each language.

use crate::app::App;
use crate::problem::Problem;
use crate::store::guides;
use crate::texts::say;
use auth_connector_host::LocalizedText;
use std::sync::Arc;

/// The largest guide, in bytes, and the most guides of a plugin.
pub const BYTES: usize = 128 << 10;
const MOST: usize = 32;

/// The language that a guide's file is named by: `zh-CN.md`.
pub fn language(file: &str) -> Option<&str> {
    let tag = file.rsplit(['/', '\\']).next()?.strip_suffix(".md")?;
    let is_tag = (2..=16).contains(&tag.len())
        && tag
            .split('-')
            .next()
            .is_some_and(|first| (2..=3).contains(&first.len()))
        && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    is_tag.then_some(tag)
}

/// Puts a plugin's guides in the place of those that it had.
///
/// # Errors
///
/// [`Problem`] when there are too many or one is too long.
pub async fn put(app: &Arc<App>, plugin: &str, all: Vec<(String, String)>) -> Result<(), Problem> {
    if all.len() > MOST || all.iter().any(|(_, text)| text.len() > BYTES) {
        return Err(Problem::invalid("/guides", say("refusal-guides")));
    }
    let plugin = plugin.to_owned();
    Ok(app
        .store
        .write(move |db| guides::put(db, &plugin, &all))
        .await?)
}

/// A plugin's guide in the best language; none where it has no guide.
///
/// # Errors
///
/// [`Problem`] when it cannot be read.
pub fn get(app: &App, plugin: &str, locales: &[String]) -> Result<Option<String>, Problem> {
    let all = app.store.read(|db| guides::of_plugin(db, plugin))?;
    let texts = all
        .into_iter()
        .map(|(language, text)| LocalizedText { language, text });
    let texts: Vec<_> = texts.collect();
    let best = auth_connector_host::contract::best(&texts, locales);
    Ok((!best.is_empty()).then(|| best.to_owned()))
}

#[cfg(test)]
mod tests {
    #[test]
    fn guide_is_named_by_its_language() {
        for (file, tag) in [
            ("en.md", Some("en")),
            ("guides/zh-CN.md", Some("zh-CN")),
            ("pt-BR.md", Some("pt-BR")),
            ("README.md", None),
            ("en.txt", None),
            ("e.md", None),
            ("en_US.md", None),
            (".md", None),
        ] {
            assert_eq!(super::language(file), tag, "{file}");
        }
    }
}
