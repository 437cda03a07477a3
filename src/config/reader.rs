//! Reading the fields of a config, and collecting what is wrong with them.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use super::form::{ADDRESS, ARRAY, COUNTRIES, COUNTRY, Form, LANGUAGE, MILLISECONDS, OBJECT, TEXT};
use super::{Config, Template};
use crate::api::ProviderLanguage;
use crate::contract::Severity;
use crate::endpoint::Endpoint;
use crate::fields::{KEYS, REQUIRED_KEYS};
use crate::findings::{Finding, Rule};
use crate::json::Json;
use crate::phone::Route;
use crate::redact::plain_name;
use crate::text::{decimal, trim};

/// The most findings that are listed. A config within its length bound can hold 40,000, which is more memory than
/// hosts give an instance and more text than anybody reads; one more then says that there are others.
pub const MAX_FINDINGS: usize = 100;

/// The most entries of a list of countries; there are fewer calling codes.
const MAX_COUNTRIES: usize = 300;

/// A value of the document that is there and not null.
pub(super) type Value<'a> = Option<&'a Json<'a>>;

/// Where a value stands. Becomes a JSON Pointer only for a finding: most configs have none.
#[derive(Clone, Copy)]
pub(super) struct Place<'p> {
    parent: Option<&'p Place<'p>>,
    step: Step<'p>,
}

#[derive(Clone, Copy)]
enum Step<'p> {
    Key(&'p str),
    Index(u64),
}

/// The whole document.
pub(super) const ROOT: Place<'static> = Place {
    parent: None,
    step: Step::Index(0),
};

impl<'p> Place<'p> {
    /// The value of one of the document's keys.
    pub const fn top(key: &'p str) -> Self {
        ROOT.key(key)
    }

    /// The value of a key.
    pub const fn key(&'p self, key: &'p str) -> Self {
        Self {
            parent: Some(self),
            step: Step::Key(key),
        }
    }

    /// An entry of a list.
    pub const fn entry(&'p self, index: u64) -> Self {
        Self {
            parent: Some(self),
            step: Step::Index(index),
        }
    }

    /// The JSON Pointer.
    #[inline(never)]
    pub fn pointer(&self) -> String {
        let Some(parent) = self.parent else {
            return String::new();
        };
        let mut pointer = parent.pointer();
        pointer.push('/');
        match self.step {
            Step::Key(key) => pointer.push_str(key),
            Step::Index(index) => pointer.push_str(&decimal(index)),
        }
        pointer
    }
}

/// Collects findings while values are read.
pub(super) struct Reader {
    pub findings: Vec<Finding>,
    /// The worst severity of what was found beyond [`MAX_FINDINGS`].
    unlisted: Option<Severity>,
}

impl Reader {
    pub fn new() -> Self {
        Self {
            findings: Vec::new(),
            unlisted: None,
        }
    }

    /// Everything that was found.
    pub fn into_findings(mut self) -> Vec<Finding> {
        if let Some(severity) = self.unlisted {
            self.findings.push(Finding {
                pointer: String::new(),
                rule: Rule::More,
                severity,
            });
        }
        self.findings
    }

    pub fn config<'a>(&mut self, document: &'a Json<'a>) -> Option<Config<'a>> {
        let Json::Object(members) = document else {
            return self.reject(ROOT, Rule::WrongType(OBJECT));
        };
        let [
            secret_id,
            secret_key,
            sign_name,
            app_id,
            region,
            templates,
            international,
            allowed,
            denied,
            language,
            extend_code,
            session_token,
            endpoint,
            timeout,
        ] = self.members(&ROOT, members, &KEYS, REQUIRED_KEYS);
        let secret_id = self.secret_id(Place::top("accessKeyId"), secret_id);
        let secret_key = self.secret_key(Place::top("accessKeySecret"), secret_key);
        // Whether the service needs a signature is known only when the templates are.
        let sign_name_place = Place::top("signName");
        let unsigned = match sign_name {
            None => Some(Rule::Required),
            Some(name) if name.is_empty() => Some(Rule::Blank),
            Some(name) if name.is_placeholder() => Some(Rule::Placeholder),
            Some(_) => None,
        };
        let sign_name = match unsigned {
            None => self.sign_name(sign_name_place, sign_name),
            Some(_) => None,
        };
        let before_the_rest = self.findings.len();
        let sdk_app_id = self.app_id(Place::top("sdkAppId"), app_id);
        let region = self.region(Place::top("region"), region);
        let templates = self.templates(templates);
        match unsigned {
            Some(rule) if !templates.as_deref().is_some_and(serves_abroad_only) => {
                self.error(sign_name_place, rule);
            }
            Some(Rule::Placeholder) => self.warning(sign_name_place, Rule::Placeholder),
            _ => {}
        }
        // It stands where its field stands in the table.
        let found_last = self
            .findings
            .last()
            .is_some_and(|last| last.pointer == "/signName");
        if found_last {
            // `rotate_right` brings a panic along.
            let mut rest = self.findings.iter_mut().skip(before_the_rest).rev();
            if let Some(mut last) = rest.next() {
                for earlier in rest {
                    core::mem::swap(last, earlier);
                    last = earlier;
                }
            }
        }
        let session_token = self.token(Place::top("sessionToken"), session_token);
        let endpoint = self.endpoint(Place::top("endpoint"), endpoint);
        let extend_code = self.extend_code(extend_code);
        let mainland = match (secret_id, secret_key, sdk_app_id, region) {
            (Some(secret_id), Some(secret_key), Some(sdk_app_id), Some(region)) => {
                Some(super::Account {
                    secret_id,
                    secret_key,
                    session_token,
                    sdk_app_id,
                    sign_name,
                    sender_id: None,
                    extend_code,
                    region,
                    endpoint: endpoint.unwrap_or_default(),
                })
            }
            _ => None,
        };
        let international = self.international(international, mainland.as_ref());
        let allowed = self.countries("allowedCountries", allowed);
        let denied = self.countries("deniedCountries", denied);
        let language = match self.optional(Place::top("language"), language, &LANGUAGE) {
            Some("zh-CN") => ProviderLanguage::Chinese,
            _ => ProviderLanguage::English,
        };
        let timeout_ms = self.timeout(timeout);
        let config = Config {
            mainland: mainland?,
            international,
            timeout_ms,
            language,
            allowed,
            denied,
            templates: templates?,
        };
        // What is missing besides errors is found when they are gone.
        if self.unlisted.is_none() && self.findings.iter().all(Finding::is_warning) {
            self.look_for_gaps(&config);
        }
        Some(config)
    }

    /// The values of the keys that are known, in the order of `known`. Warns of keys that no field has, and of
    /// keys that occur twice, of which the last counts, as in JavaScript's `JSON.parse`.
    ///
    /// The first `required` keys are those of required fields. Elsewhere an empty value of any type counts as
    /// absent: Logto's Console posts `{}` for each Json field that a stored config lacks.
    pub fn members<'a, const N: usize>(
        &mut self,
        place: &Place,
        members: &'a [(Cow<'a, str>, Json<'a>)],
        known: &[&str; N],
        required: usize,
    ) -> [Value<'a>; N] {
        let mut values = [None; N];
        self.fill(place, members, known, &mut values);
        for value in values.iter_mut().skip(required) {
            *value = value.filter(|value| !value.is_empty());
        }
        values
    }

    /// [`Self::members`] for any number of keys, so that there is one copy of it.
    #[inline(never)]
    fn fill<'a>(
        &mut self,
        place: &Place,
        members: &'a [(Cow<'a, str>, Json<'a>)],
        known: &[&str],
        values: &mut [Value<'a>],
    ) {
        let mut next = 0;
        for (key, value) in members {
            // Most configs have the order of the table.
            let is_key = |name: &&str| *name == key;
            let index = match known.get(next) {
                Some(name) if is_key(name) => Some(next),
                _ => known.iter().position(is_key),
            };
            match index.and_then(|index| Some((index, values.get_mut(index)?))) {
                None => self.warning_about_key(place, key, Rule::UnknownKey),
                Some((index, slot)) => {
                    next = index + 1;
                    if slot.replace(value).is_some() {
                        self.warning_about_key(place, key, Rule::RepeatedKey);
                    }
                }
            }
        }
        for value in values {
            *value = value.filter(|value| !value.is_null());
        }
    }

    /// A key is the operator's own text, and may be a secret in the wrong place.
    fn warning_about_key(&mut self, place: &Place, key: &str, rule: Rule) {
        match plain_name(key) {
            Some(key) => self.warning(place.key(key), rule),
            None => self.warning(*place, rule),
        }
    }

    /// A required text, without the white space around it, if it is there and has the form.
    #[inline(never)]
    pub fn required<'a>(&mut self, place: Place, value: Value<'a>, form: &Form) -> Option<&'a str> {
        match value {
            None => self.reject(place, Rule::Required),
            Some(Json::String(text)) => match defect(text, form) {
                None => Some(trim(text)),
                Some(rule) => self.reject(place, rule),
            },
            Some(_) => self.reject(place, Rule::WrongType(TEXT)),
        }
    }

    /// An optional text. Blank counts as absent, because forms post empty fields; so does an example in angle
    /// brackets, with a warning.
    #[inline(never)]
    pub fn optional<'a>(&mut self, place: Place, value: Value<'a>, form: &Form) -> Option<&'a str> {
        match value? {
            Json::String(text) => match defect(text, form) {
                None => Some(trim(text)),
                Some(Rule::Blank) => None,
                Some(Rule::Placeholder) => {
                    self.warning(place, Rule::Placeholder);
                    None
                }
                Some(rule) => self.reject(place, rule),
            },
            _ => self.reject(place, Rule::WrongType(TEXT)),
        }
    }

    /// The default where nothing usable is named.
    #[inline(never)]
    pub fn endpoint(&mut self, place: Place, value: Value<'_>) -> Option<Endpoint> {
        let text = self.optional(place, value, &ADDRESS)?;
        Endpoint::parse(text).ok()
    }

    fn timeout(&mut self, value: Value<'_>) -> Option<u32> {
        let place = Place::top("timeoutMs");
        match value? {
            Json::Integer(ms) if *ms > 0 => Some(u32::try_from(*ms).unwrap_or(u32::MAX)),
            Json::Integer(_) => self.reject(place, Rule::Malformed(MILLISECONDS)),
            _ => self.reject(place, Rule::WrongType(MILLISECONDS)),
        }
    }

    /// Digits of calling codes, without `+`.
    #[inline(never)]
    fn countries<'a>(&mut self, key: &str, value: Value<'a>) -> Vec<Cow<'a, str>> {
        let entries = match value {
            None => return Vec::new(),
            Some(Json::Array(entries)) if entries.len() <= MAX_COUNTRIES => entries,
            Some(_) => {
                self.error(Place::top(key), Rule::WrongType(COUNTRIES));
                return Vec::new();
            }
        };
        let mut countries = Vec::with_capacity(entries.len());
        for (index, entry) in (0..).zip(entries.iter()) {
            let text: Cow<'a, str> = match entry {
                Json::Integer(number) => decimal(*number).into(),
                Json::String(text) => trim(text).into(),
                _ => Cow::Borrowed(""),
            };
            if !text.is_empty() && (COUNTRY.valid)(&text) {
                countries.push(match text {
                    Cow::Borrowed(text) => text.strip_prefix('+').unwrap_or(text).into(),
                    owned @ Cow::Owned(_) => owned,
                });
            } else {
                self.error(
                    Place::top(key).entry(index),
                    Rule::Malformed(COUNTRY.expected),
                );
            }
        }
        countries
    }

    /// The list in a field that must be one.
    pub fn array<'a>(&mut self, place: Place, value: Value<'a>) -> Option<&'a [Json<'a>]> {
        match value {
            None => self.reject(place, Rule::Required),
            Some(Json::Array(entries)) => Some(entries),
            Some(_) => self.reject(place, Rule::WrongType(ARRAY)),
        }
    }

    /// Reports an error in place of a value.
    pub fn reject<T>(&mut self, place: Place, rule: Rule) -> Option<T> {
        self.error(place, rule);
        None
    }

    #[inline(never)]
    pub fn error(&mut self, place: Place, rule: Rule) {
        self.report(place, rule, Severity::Error);
    }

    #[inline(never)]
    pub fn warning(&mut self, place: Place, rule: Rule) {
        self.report(place, rule, Severity::Warning);
    }

    #[inline(never)]
    fn report(&mut self, place: Place, rule: Rule, severity: Severity) {
        if self.findings.len() < MAX_FINDINGS {
            self.findings.push(Finding {
                pointer: place.pointer(),
                rule,
                severity,
            });
        } else if self.unlisted != Some(Severity::Error) {
            self.unlisted = Some(severity);
        }
    }
}

/// Whether every template is for numbers outside of the mainland only, where the service needs no signature.
fn serves_abroad_only(templates: &[Template<'_>]) -> bool {
    templates.iter().all(|template| {
        template.code(Route::Mainland).is_none() && template.code(Route::International).is_some()
    })
}

/// What is wrong with a text that has to be filled in, if anything.
pub(super) fn defect(text: &str, form: &Form) -> Option<Rule> {
    let text = trim(text);
    if text.is_empty() {
        Some(Rule::Blank)
    } else if text.starts_with('<') && text.ends_with('>') {
        Some(Rule::Placeholder)
    } else if !(form.valid)(text) {
        Some(Rule::Malformed(form.expected))
    } else {
        None
    }
}
