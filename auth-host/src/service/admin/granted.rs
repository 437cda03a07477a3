//! Limits that a plugin can be granted: the size of its component, and the resources of each of its calls.

use crate::service::app::App;
use crate::service::catalog::COMPONENT_BYTES;
use crate::service::problem::Problem;
use crate::service::texts::about;
use auth_connector_host::{COMPONENT_BYTES as LARGEST, Limit, Manifest};
use std::collections::BTreeMap;

/// A limit, and the plugin's request for it.
pub struct Asked {
    /// Its key in a manifest, or `componentBytes`.
    pub key: &'static str,
    /// The plugin's request, in the key's unit. `None` means that it makes none.
    pub asked: Option<u64>,
    /// The host's own limit, which is the highest that can be granted.
    pub ceiling: u64,
}

/// The keys of the limits that can be granted.
pub fn keys() -> impl Iterator<Item = &'static str> {
    [COMPONENT_BYTES]
        .into_iter()
        .chain(Limit::ALL.map(Limit::as_str))
}

/// The limits that a review shows: size and memory, those that the manifest asks for, and those already granted. A bare
/// component, which has no manifest, can be granted its size alone.
pub fn asked(
    app: &App,
    size: u64,
    manifest: Option<&Manifest>,
    granted: &BTreeMap<String, u64>,
) -> Vec<Asked> {
    let mut shown = vec![Asked {
        key: COMPONENT_BYTES,
        asked: Some(size),
        ceiling: LARGEST,
    }];
    let Some(manifest) = manifest else {
        return shown;
    };
    let own = app.host.options().limits.caps();
    for limit in Limit::ALL {
        let found = manifest.limits.iter().find(|(known, _)| *known == limit);
        let asked = found.map(|(_, asked)| *asked);
        let key = limit.as_str();
        if asked.is_some() || limit == Limit::Memory || granted.contains_key(key) {
            shown.push(Asked {
                key,
                asked,
                ceiling: own.of(limit),
            });
        }
    }
    shown
}

/// Refuses a limit above the host's own, because it would not be in force. An unknown limit is refused by
/// [`grants`](crate::service::catalog::grants).
///
/// # Errors
///
/// [`Problem`] that names the first such limit, and the highest that can be granted.
pub fn check(app: &App, limits: &BTreeMap<String, u64>) -> Result<(), Problem> {
    let own = app.host.options().limits.caps();
    for (key, most) in limits {
        let ceiling = match Limit::named(key) {
            Some(limit) => own.of(limit),
            None if key == COMPONENT_BYTES => LARGEST,
            None => continue,
        };
        if *most > ceiling {
            let detail = about("refusal-limit-ceiling", format!("{key} {ceiling}"));
            return Err(Problem::invalid(&format!("/limits/{key}"), detail));
        }
    }
    Ok(())
}
