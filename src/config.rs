//! The config: what an operator fills in, and what is wrong with it.
//!
//! | accepted | error | warning |
//! |---|---|---|
//! | Logto's config, unchanged | a required field absent, blank or still its `<placeholder>` | a placeholder, blank or malformed code of a template that no usage requires |
//! | numeric ids as numbers, white space around values | a value of another type, or malformed | a template that repeats usage and locale: the first wins |
//! | further keys and usages; blank optional fields | one of the four required usages without a usable template | unlisted region, unknown key, unregistered usage |

mod accounts;
mod checks;
mod endpoint;
mod fields;
mod templates;

use alloc::borrow::Cow;
use alloc::string::ToString;
use alloc::vec::Vec;

use connector_kit::config::{Form, Object, Reader, Rule};
use connector_kit::http::Url;
use connector_kit::json::Json;
use connector_kit::phone::{self, PhoneNumber};
use connector_kit::redact::Secret;
use connector_kit::template;
use connector_kit::text::Text;

pub use fields::{FIELDS, REGIONS, REQUIRED_USAGES, SCHEMA_RULES, USAGES, VARIABLES};

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
    /// The route of a number.
    #[must_use]
    pub fn of(number: &PhoneNumber) -> Self {
        match number.calling_code() {
            "86" => Self::Mainland,
            _ => Self::International,
        }
    }

    /// The route's name in configs, previews and receipts.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mainland => "mainland",
            Self::International => "international",
        }
    }
}

/// A config that sending is possible with. Borrows from its text.
#[derive(Debug)]
pub struct Config<'a> {
    /// Serves mainland numbers, and all others unless [`Self::international`] does.
    pub mainland: Account<'a>,
    /// Serves all other numbers where the config has an `international` block: what that names, and the rest
    /// from the top level.
    pub international: Option<Account<'a>>,
    /// The config's own limit on one call, in milliseconds.
    pub timeout_ms: Option<u32>,
    /// The language that the service's own words should have: `en-US` or `zh-CN`.
    pub language: &'a str,
    /// Whether an acceptance counts that does not bring the message's correlation id back.
    pub accepts_without_echo: bool,
    /// Countries (ISO codes in capitals, calling codes, beginnings of numbers) that alone may be sent to. Empty: all
    /// may.
    pub allowed: Vec<Cow<'a, str>>,
    /// Countries that must not be sent to.
    pub denied: Vec<Cow<'a, str>>,
    /// In the order of the config, of which the first match wins.
    pub templates: Vec<Template<'a>>,
}

impl<'a> Config<'a> {
    /// Whether the operator's lists let a number be sent to. What both name is denied.
    #[must_use]
    pub fn permits(&self, number: &PhoneNumber) -> bool {
        let is_listed = |list: &[Cow<'a, str>]| {
            list.iter().any(|entry| {
                number.digits().starts_with(entry.as_ref()) || number.is_in(entry.as_ref())
            })
        };
        !is_listed(&self.denied) && (self.allowed.is_empty() || is_listed(&self.allowed))
    }

    /// Whether the operator's lists leave nobody on a route.
    #[must_use]
    pub fn excludes(&self, route: Route) -> bool {
        let is_mainland = |entry: &Cow<'a, str>| entry.starts_with("86") || entry == "CN";
        match route {
            Route::Mainland => {
                self.denied
                    .iter()
                    .any(|entry| entry == "86" || entry == "CN")
                    || !self.allowed.is_empty() && !self.allowed.iter().any(is_mainland)
            }
            // Nobody lists all other countries as denied.
            Route::International => {
                !self.allowed.is_empty() && self.allowed.iter().all(is_mainland)
            }
        }
    }

    /// The account that serves a route.
    #[must_use]
    pub fn account(&self, route: Route) -> &Account<'a> {
        match (route, &self.international) {
            (Route::International, Some(account)) => account,
            _ => &self.mainland,
        }
    }
}

/// Who sends, in whose name, and through which endpoint.
#[derive(Clone, Debug)]
pub struct Account<'a> {
    /// `SecretId`.
    pub secret_id: Secret<'a>,
    /// `SecretKey`.
    pub secret_key: Secret<'a>,
    /// The token of temporary credentials.
    pub session_token: Option<Secret<'a>>,
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
    /// Where requests go.
    pub endpoint: Url,
}

impl Account<'_> {
    /// What must not come back in the service's own words.
    #[must_use]
    pub fn secrets(&self) -> Vec<&str> {
        let mut secrets = alloc::vec![self.secret_key.reveal(), self.secret_id.reveal()];
        if let Some(token) = &self.session_token {
            secrets.push(token.reveal());
        }
        secrets
    }
}

/// One entry of `templates`.
#[derive(Debug)]
pub struct Template<'a> {
    /// Its place in the list, from 0.
    pub index: usize,
    /// Matched exactly.
    pub usage: &'a str,
    /// The language it is written in, where the config says.
    pub locale: Option<&'a str>,
    /// Its identifier for mainland numbers, where it has a usable one.
    pub mainland: Option<Cow<'a, str>>,
    /// Its identifier for all other numbers, where it has a usable one.
    pub international: Option<Cow<'a, str>>,
    /// Whether the config gives an identifier for each route.
    pub is_by_route: bool,
    /// Its parameters in order, literal text and `{{placeholders}}`; `None` for `["{{code}}"]`.
    pub params: Option<Vec<Cow<'a, str>>>,
    /// What the service lets its parameters be.
    pub kind: Kind,
}

impl Template<'_> {
    /// Its identifier for a route, where it has a usable one.
    #[must_use]
    pub fn code(&self, route: Route) -> Option<&str> {
        match route {
            Route::Mainland => self.mainland.as_deref(),
            Route::International => self.international.as_deref(),
        }
    }

    /// The texts of its parameters.
    pub fn params(&self) -> impl ExactSizeIterator<Item = &str> {
        const DEFAULT: &[Cow<'static, str>] = &[Cow::Borrowed("{{code}}")];
        self.params
            .as_deref()
            .unwrap_or(DEFAULT)
            .iter()
            .map(AsRef::as_ref)
    }
}

impl template::Template for Template<'_> {
    fn usage(&self) -> &str {
        self.usage
    }

    fn locale(&self) -> Option<&str> {
        self.locale
    }
}

/// The service's two classes of templates that matter to parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Parameters are 1 to 6 digits.
    Verification,
    /// Parameters are text.
    Notice,
}

const COUNTRIES: Text = Text::new(
    "an array of at most 300 countries such as \"CN\" or \"86\"",
    "至多 300 个国家(地区)的数组,例如 \"CN\" 或 \"86\"",
);
const LANGUAGE: Form = Form {
    valid: |text| matches!(text, "en-US" | "zh-CN"),
    expected: Text::new("en-US or zh-CN", "en-US 或 zh-CN"),
};
/// An ISO 3166-1 code, a calling code that the ITU assigned, or one with up to six digits after it, such as 1876 for
/// Jamaica.
const COUNTRY: Form = Form {
    valid: |text| {
        let digits = text.strip_prefix('+').unwrap_or(text);
        let is_prefix = is_digits(digits, 9)
            && phone::calling_code_length(digits).is_some_and(|length| digits.len() <= length + 6);
        is_prefix || phone::is_country(&text.to_ascii_uppercase())
    },
    expected: Text::new(
        "a country's ISO code such as CN, its calling code such as 86, or the beginning of its numbers such as 1876",
        "国家(地区)的 ISO 代码,例如 CN,电话区号,例如 86,或号码开头,例如 1876",
    ),
};
/// The most entries of a list of countries; there are fewer calling codes.
const MAX_COUNTRIES: usize = 300;

/// Reads the config's fields, and reports everything that is wrong with them.
pub fn read<'a>(reader: &mut Reader, config: &Object<'a, '_>) -> Option<Config<'a>> {
    let mainland = accounts::mainland(reader, config);
    let templates = templates::read(reader, config.at("templates"), config.get("templates"));
    accounts::require_signature(reader, config, templates.as_deref());
    let international = accounts::international(reader, config, mainland.as_ref());
    let language = config.optional_text(reader, "language", &LANGUAGE);
    let accepts_without_echo = config.switch(reader, "acceptWithoutEcho");
    let config = Config {
        allowed: countries(reader, config, "allowedCountries"),
        denied: countries(reader, config, "deniedCountries"),
        timeout_ms: config.milliseconds(reader, "timeoutMs"),
        language: language.unwrap_or("en-US"),
        accepts_without_echo: accepts_without_echo.unwrap_or(false),
        mainland: mainland?,
        international,
        templates: templates?,
    };
    // What is missing besides errors is found once they are corrected.
    if !reader.has_error() && reader.is_complete() {
        checks::look_for_gaps(reader, &config);
    }
    Some(config)
}

/// ISO codes in capitals, and digits of calling codes without `+`.
fn countries<'a>(reader: &mut Reader, config: &Object<'a, '_>, key: &str) -> Vec<Cow<'a, str>> {
    let list = config.at(key);
    let Some(value) = config.filled(reader, key) else {
        return Vec::new();
    };
    let entries = match value {
        Json::Array(entries) if entries.len() <= MAX_COUNTRIES => entries,
        _ => {
            reader.reject::<()>(list, Rule::wrong_type(COUNTRIES));
            return Vec::new();
        }
    };
    let mut countries = Vec::with_capacity(entries.len());
    for (index, entry) in entries.iter().enumerate() {
        let text: Cow<'a, str> = match entry {
            Json::Integer(number) => number.to_string().into(),
            Json::String(text) => text.trim().into(),
            _ => Cow::Borrowed(""),
        };
        if text.is_empty() || !(COUNTRY.valid)(&text) {
            reader.reject::<()>(list.entry(index), Rule::malformed(COUNTRY.expected));
            continue;
        }
        countries.push(match text {
            Cow::Borrowed(iso) if iso.bytes().any(|byte| byte.is_ascii_lowercase()) => {
                iso.to_ascii_uppercase().into()
            }
            Cow::Borrowed(text) => text.strip_prefix('+').unwrap_or(text).into(),
            owned @ Cow::Owned(_) => owned,
        });
    }
    countries
}

fn is_digits(text: &str, most: usize) -> bool {
    text.len() <= most && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_visible(text: &str, most: usize) -> bool {
    text.len() <= most && text.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests;
