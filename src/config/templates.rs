//! The list of templates, and what is missing from it.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use super::form::{CODE, KIND, OBJECT, PARAM, PARAMS, TEXT};
use super::reader::{Place, Reader, Value, defect};
use super::{Config, Kind, Template};
use crate::contract::Severity;
use crate::fields::{
    REQUIRED_TEMPLATE_KEYS, REQUIRED_USAGES, ROUTE_KEYS, TEMPLATE_KEYS, USAGES, VARIABLES,
};
use crate::findings::Rule;
use crate::json::Json;
use crate::phone::Route;
use crate::template::{FALLBACK_USAGE, placeholders};
use crate::text::{decimal, trim};

/// The most parameters that a template may declare. The console allows fewer.
const MAX_PARAMS: usize = 20;

/// The longest text of a parameter, before it is filled in. The service allows 500 characters for all of a message.
const MAX_PARAM_BYTES: usize = 512;

const LIST: Place<'static> = Place::top("templates");

/// A template's identifiers, one for each route that it serves.
type Codes<'a> = (Option<Cow<'a, str>>, Option<Cow<'a, str>>);

impl Reader {
    #[inline(never)]
    pub(super) fn templates<'a>(&mut self, value: Value<'a>) -> Option<Vec<Template<'a>>> {
        let entries = self.array(LIST, value)?;
        let first_of_templates = self.findings.len();
        let mut templates: Vec<Template<'a>> = Vec::with_capacity(entries.len());
        for (index, entry) in (0..).zip(entries) {
            let place = LIST.entry(index);
            if let Some(template) = self.template(&place, index, entry) {
                let repeats = |other: &Template<'a>| {
                    other.usage == template.usage && other.locale == template.locale
                };
                if templates.iter().any(repeats) {
                    self.warning(place, Rule::Duplicate);
                }
                templates.push(template);
            }
        }
        self.require_usages(entries, &templates, first_of_templates);
        Some(templates)
    }

    #[inline(never)]
    fn template<'a>(
        &mut self,
        place: &Place,
        index: u64,
        entry: &'a Json<'a>,
    ) -> Option<Template<'a>> {
        let Json::Object(members) = entry else {
            return self.reject(*place, Rule::WrongType(OBJECT));
        };
        let at = |key| place.key(key);
        let [usage, codes, params, locale, kind] =
            self.members(place, members, &TEMPLATE_KEYS, REQUIRED_TEMPLATE_KEYS);
        let usage = match usage {
            Some(Json::String(usage)) => {
                if !USAGES.contains(&usage.as_ref()) {
                    self.warning(at("usageType"), Rule::UnregisteredUsage);
                }
                Some(usage.as_ref())
            }
            None => self.reject(at("usageType"), Rule::Required),
            Some(_) => self.reject(at("usageType"), Rule::WrongType(TEXT)),
        };
        let (mainland, international) = self.codes(at("templateCode"), codes);
        let locale = match locale {
            None => None,
            Some(Json::String(locale)) => Some(trim(locale)).filter(|locale| !locale.is_empty()),
            Some(_) => self.reject(at("locale"), Rule::WrongType(TEXT)),
        };
        let params = params.and_then(|params| self.params(at("params"), params));
        let kind = match kind {
            None => Kind::Verification,
            Some(Json::String(kind)) if kind == "verification" => Kind::Verification,
            Some(Json::String(kind)) if kind == "notice" => Kind::Notice,
            Some(_) => {
                self.error(at("kind"), Rule::Malformed(KIND));
                Kind::Verification
            }
        };
        Some(Template {
            index,
            usage: usage?,
            locale,
            mainland,
            international,
            params,
            kind,
        })
    }

    /// The identifiers for both routes. Defects are warnings here; [`Self::require_usages`] raises those that
    /// leave a required usage without a template.
    #[inline(never)]
    fn codes<'a>(&mut self, place: Place, value: Value<'a>) -> Codes<'a> {
        match value {
            Some(Json::Object(members)) => {
                let values = self.members(&place, members, &ROUTE_KEYS, ROUTE_KEYS.len());
                if members.is_empty() {
                    self.error(place, Rule::WrongType(CODE.expected));
                }
                let mut codes = ROUTE_KEYS
                    .iter()
                    .zip(values)
                    .map(|(route, value)| match value? {
                        // Like a blank text: an error only where the usage needs this route.
                        code if code.is_empty() => {
                            self.warning(place.key(route), Rule::Blank);
                            None
                        }
                        code => self.code(place.key(route), code),
                    });
                (codes.next().flatten(), codes.next().flatten())
            }
            None => {
                self.error(place, Rule::Required);
                (None, None)
            }
            Some(code) => {
                let code = self.code(place, code);
                (code.clone(), code)
            }
        }
    }

    fn code<'a>(&mut self, place: Place, code: &'a Json<'a>) -> Option<Cow<'a, str>> {
        match code {
            Json::Integer(number) => Some(decimal(*number).into()),
            Json::String(text) => match defect(text, &CODE) {
                None => Some(trim(text).into()),
                Some(rule) => {
                    self.warning(place, rule);
                    None
                }
            },
            _ => self.reject(place, Rule::WrongType(CODE.expected)),
        }
    }

    #[inline(never)]
    fn params<'a>(&mut self, place: Place, params: &'a Json<'a>) -> Option<Vec<Cow<'a, str>>> {
        let items = match params {
            Json::Array(items) if items.len() <= MAX_PARAMS => items,
            _ => return self.reject(place, Rule::WrongType(PARAMS)),
        };
        let mut texts = Vec::with_capacity(items.len());
        for (index, item) in (0..).zip(items.iter()) {
            let place = place.entry(index);
            match item {
                Json::String(text) if text.len() <= MAX_PARAM_BYTES => {
                    if placeholders(text).any(|name| !VARIABLES.contains(&name)) {
                        self.warning(place, Rule::UnprovidedParameter);
                    }
                    texts.push(Cow::Borrowed(text.as_ref()));
                }
                Json::Integer(number) => texts.push(decimal(*number).into()),
                _ => self.error(place, Rule::WrongType(PARAM)),
            }
        }
        Some(texts)
    }

    /// Every required usage needs a template that some route can use. Where it has entries and none is usable,
    /// what is wrong with them becomes an error; where nothing is known to be wrong with any, the list as a whole is
    /// at fault.
    #[inline(never)]
    fn require_usages(
        &mut self,
        entries: &[Json<'_>],
        templates: &[Template<'_>],
        first_of_templates: usize,
    ) {
        let mut missing = 0u8;
        for (bit, usage) in REQUIRED_USAGES.iter().enumerate() {
            let serves = |template: &Template<'_>| {
                template.usage == *usage
                    && (template.mainland.is_some() || template.international.is_some())
            };
            if !templates.iter().any(serves)
                && !self.raise_defects_of(usage, entries, first_of_templates)
            {
                missing |= 1 << bit;
            }
        }
        if missing != 0 {
            self.error(LIST, Rule::MissingUsages(missing));
        }
    }

    /// Makes errors of what is wrong with the codes of a usage's entries. Whether anything was.
    #[inline(never)]
    fn raise_defects_of(&mut self, usage: &str, entries: &[Json<'_>], first: usize) -> bool {
        let places: Vec<String> = (0..)
            .zip(entries)
            .filter(|(_, entry)| entry.get("usageType").and_then(Json::as_str) == Some(usage))
            .map(|(index, _)| LIST.entry(index).key("templateCode").pointer())
            .collect();
        let mut raised = false;
        for finding in self.findings.iter_mut().skip(first) {
            let of_a_code = |place: &String| {
                let below = finding.pointer.strip_prefix(place.as_str());
                below.is_some_and(|below| below.is_empty() || below.starts_with('/'))
            };
            let of_a_key = matches!(finding.rule, Rule::UnknownKey | Rule::RepeatedKey);
            if !of_a_key && places.iter().any(of_a_code) {
                finding.severity = Severity::Error;
                raised = true;
            }
        }
        raised
    }

    /// Warns of routes on which people would wait in vain: those that no template serves, and required usages
    /// that are served on one route and, without `Generic`, not on the other. Routes that the lists of countries
    /// exclude as a whole are meant to have none.
    #[inline(never)]
    pub(super) fn look_for_gaps(&mut self, config: &Config<'_>) {
        for route in [Route::Mainland, Route::International] {
            let serves = |usage: Option<&str>| {
                config.templates.iter().any(|template| {
                    usage.is_none_or(|usage| template.usage == usage)
                        && template.code(route).is_some()
                })
            };
            if config.excludes(route) || serves(Some(FALLBACK_USAGE)) {
                continue;
            }
            if !serves(None) {
                self.warning(LIST, Rule::UnservedRoute(route));
                continue;
            }
            for usage in REQUIRED_USAGES {
                let first = config
                    .templates
                    .iter()
                    .find(|template| template.usage == usage);
                match first {
                    Some(template) if usage != FALLBACK_USAGE && !serves(Some(usage)) => {
                        let entry = LIST.entry(template.index);
                        self.warning(entry.key("templateCode"), Rule::UnservedRoute(route));
                    }
                    _ => {}
                }
            }
        }
    }
}
