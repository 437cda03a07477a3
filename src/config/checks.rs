//! Findings that need more than one field: routes that no template serves, and templates that no message can have.

use alloc::vec::Vec;

use connector_kit::config::{Place, Reader, Rule};
use connector_kit::template::FALLBACK_USAGE;

use super::fields::REQUIRED_USAGES;
use super::types::{Config, Route, Template};

const UNSERVED_MAINLAND: Rule = Rule::new(
    "unserved-route",
    "Mainland numbers have no template here, nor in Generic; they will be refused. Add a mainland code.",
    "境内号码在此没有可用模板(Generic 亦无),将被拒绝;请添加 mainland 模板 ID。",
);
const UNSERVED_INTERNATIONAL: Rule = Rule::new(
    "unserved-route",
    "International numbers have no template here, nor in Generic; they will be refused. Add an international code.",
    "国际/港澳台号码在此没有可用模板(Generic 亦无),将被拒绝;请添加 international 模板 ID。",
);

/// Warns of routes that no template serves, and of required usages that are served on one route and, without
/// `Generic`, not on the other. Routes that the lists of countries exclude as a whole are meant to have none.
pub(super) fn look_for_gaps(reader: &Reader, config: &Config<'_>) {
    let list = Place::Root.key("templates");
    for (route, rule) in [
        (Route::Mainland, UNSERVED_MAINLAND),
        (Route::International, UNSERVED_INTERNATIONAL),
    ] {
        let has_code = |template: &Template<'_>| template.code(route).is_some();
        let is_served = |usage: &str| {
            let mut templates = config.templates.iter();
            templates.any(|template| template.usage == usage && has_code(template))
        };
        if config.excludes(route) || is_served(FALLBACK_USAGE) {
            continue;
        }
        if !config.serves(route) {
            reader.warning(list, rule);
            continue;
        }
        for usage in REQUIRED_USAGES {
            let first = config.templates.iter().find(|each| each.usage == usage);
            if let Some(template) = first
                && usage != FALLBACK_USAGE
                && !is_served(usage)
            {
                let entry = list.entry(template.index);
                reader.warning(entry.key("templateCode"), rule);
            }
        }
    }
}

/// True if no message can have the template: on every route that it serves, an earlier one is chosen before it.
pub(super) fn is_repeated(template: &Template<'_>, earlier: &[Template<'_>]) -> bool {
    let is_taken = |route| {
        earlier.iter().any(|other| {
            other.usage == template.usage
                && other.locale == template.locale
                && other.code(route).is_some()
        })
    };
    let mut served: Vec<Route> = Route::ALL.into();
    served.retain(|route| template.code(*route).is_some());
    !served.is_empty() && served.into_iter().all(is_taken)
}
