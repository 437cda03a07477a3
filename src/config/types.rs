//! A config once it was read.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use connector_kit::http::Url;
use connector_kit::phone::PhoneNumber;
use connector_kit::redact::Secret;

/// The service's two products. Hong Kong, Macao and Taiwan (+852, +853, +886) are international, as the service
/// bills them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// +86.
    Mainland,
    /// Everywhere else.
    International,
}

impl Route {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Mainland, Self::International];

    /// The route of a number.
    pub fn of(number: &PhoneNumber) -> Self {
        match number.calling_code() {
            "86" => Self::Mainland,
            _ => Self::International,
        }
    }

    /// The route's name in configs, previews and receipts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mainland => "mainland",
            Self::International => "international",
        }
    }
}

/// A config that can send. Borrows from its text.
#[derive(Debug)]
pub struct Config<'a> {
    /// Serves mainland numbers, and all others unless [`Self::international`] does.
    pub mainland: Account<'a>,
    /// Serves all other numbers where the config has an `international` block: what that names, and the rest
    /// from the top level.
    pub international: Option<Account<'a>>,
    /// The language that the service's own words should have: `en-US` or `zh-CN`.
    pub language: &'a str,
    /// True if an acceptance counts that does not bring the message's correlation id back.
    pub accepts_without_echo: bool,
    /// Countries (ISO codes in capitals, calling codes, beginnings of numbers) that alone may be sent to. Empty: all
    /// may.
    pub allowed: Vec<String>,
    /// Countries that must not be sent to.
    pub denied: Vec<String>,
    /// In the order of the config, of which the first match wins.
    pub templates: Vec<Template<'a>>,
}

impl<'a> Config<'a> {
    /// True if the operator's lists let a number be sent to. A number that both name is denied.
    pub fn permits(&self, number: &PhoneNumber) -> bool {
        if self.allowed.is_empty() && self.denied.is_empty() {
            return true;
        }
        let countries = number.countries();
        let is_named = |entry: &String| {
            number.digits().starts_with(entry.as_str()) || countries.contains(&entry.as_str())
        };
        let is_listed = |list: &[String]| list.iter().any(is_named);
        !is_listed(&self.denied) && (self.allowed.is_empty() || is_listed(&self.allowed))
    }

    /// True if the operator's lists exclude every number of a route.
    pub fn excludes(&self, route: Route) -> bool {
        let is_mainland = |entry: &String| entry.starts_with("86") || entry == "CN";
        match route {
            Route::Mainland => {
                let is_all = |entry: &String| entry == "86" || entry == "CN";
                self.denied.iter().any(is_all)
                    || !self.allowed.is_empty() && !self.allowed.iter().any(is_mainland)
            }
            // No operator lists all other countries as denied.
            Route::International => {
                !self.allowed.is_empty() && self.allowed.iter().all(is_mainland)
            }
        }
    }

    /// True if a template has a code for a route.
    pub fn serves(&self, route: Route) -> bool {
        let mut templates = self.templates.iter();
        templates.any(|template| template.code(route).is_some())
    }

    /// The account that serves a route.
    pub fn account(&self, route: Route) -> &Account<'a> {
        match (route, &self.international) {
            (Route::International, Some(account)) => account,
            _ => &self.mainland,
        }
    }
}

/// An API key.
#[derive(Clone, Copy, Debug)]
pub struct Credentials<'a> {
    /// `SecretId`.
    pub secret_id: Secret<'a>,
    /// `SecretKey`.
    pub secret_key: Secret<'a>,
    /// The token of temporary credentials.
    pub session_token: Option<Secret<'a>>,
}

/// The sender of messages: its key, application, names and endpoint.
#[derive(Clone, Debug)]
pub struct Account<'a> {
    /// The key that signs.
    pub credentials: Credentials<'a>,
    /// The SMS application.
    pub sdk_app_id: Cow<'a, str>,
    /// The signature's text. `None` only where no template has a mainland code.
    pub sign_name: Option<&'a str>,
    /// The registered sender, abroad only.
    pub sender_id: Option<&'a str>,
    /// The extension of the sender's number, on the mainland only.
    pub extend_code: Option<Cow<'a, str>>,
    /// `X-TC-Region`.
    pub region: &'a str,
    /// The address of the API.
    pub endpoint: Url,
}

impl Account<'_> {
    /// The texts that must not come back in the service's own words.
    pub fn secrets(&self) -> Vec<&str> {
        let key = &self.credentials;
        let secrets = [Some(key.secret_key), Some(key.secret_id), key.session_token];
        secrets.into_iter().flatten().map(Secret::reveal).collect()
    }
}

/// One entry of `templates`.
#[derive(Debug)]
pub struct Template<'a> {
    /// Its place in the list, from 0.
    pub index: usize,
    /// Matched exactly.
    pub usage: &'a str,
    /// The language it is written in, if the config names it.
    pub locale: Option<&'a str>,
    /// Its identifier for mainland numbers, where it has a usable one.
    pub mainland: Option<Cow<'a, str>>,
    /// Its identifier for all other numbers, where it has a usable one.
    pub international: Option<Cow<'a, str>>,
    /// True if the config gives an identifier for each route.
    pub is_by_route: bool,
    /// Its parameters in order, literal text and `{{placeholders}}`; `None` for `["{{code}}"]`.
    pub params: Option<Vec<Cow<'a, str>>>,
    /// True if its parameters may be text. Those of other templates are 1 to 6 digits.
    pub is_notice: bool,
}

impl Template<'_> {
    /// Its identifier for a route, where it has a usable one.
    pub fn code(&self, route: Route) -> Option<&str> {
        match route {
            Route::Mainland => self.mainland.as_deref(),
            Route::International => self.international.as_deref(),
        }
    }

    /// The texts of its parameters.
    pub fn params(&self) -> impl ExactSizeIterator<Item = &str> {
        const DEFAULT: &[Cow<'static, str>] = &[Cow::Borrowed("{{code}}")];
        let params = self.params.as_deref().unwrap_or(DEFAULT);
        params.iter().map(AsRef::as_ref)
    }
}

/// True if a text is at most `most` digits, or empty.
pub(crate) fn is_digits(text: &str, most: usize) -> bool {
    text.len() <= most && text.bytes().all(|byte| byte.is_ascii_digit())
}

pub(super) fn is_visible(text: &str, most: usize) -> bool {
    text.len() <= most && text.bytes().all(|byte| byte.is_ascii_graphic())
}
