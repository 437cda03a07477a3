//! The operator's JSON into a [`Config`], or every finding at once.
//!
//! | accepted | error | warning |
//! |---|---|---|
//! | Logto's config, unchanged | a required field absent or blank, or still its `<placeholder>` | a placeholder, blank or malformed code of a template that no usage requires |
//! | numeric ids as numbers, white space around values | a value of another type, or malformed | a template that repeats usage and locale: the first wins |
//! | further keys and usages | one of the four required usages without a usable template | unlisted region, unknown key, unregistered usage |

mod accounts;
mod form;
mod reader;
mod templates;

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use crate::api::ProviderLanguage;
use crate::contract::Severity;
use crate::endpoint::Endpoint;
use crate::findings::{Finding, Rule};
use crate::json::{self, Json};
use crate::phone::{PhoneNumber, Route};
use crate::redact::Secret;
use reader::Reader;

pub use reader::MAX_FINDINGS;

/// What a call needs to know about the operator's account. Borrows from the document.
#[derive(Debug)]
pub struct Config<'a> {
    /// Serves mainland numbers, and all others unless [`Self::international`] does.
    pub mainland: Account<'a>,
    /// Serves all other numbers where the config has an `international` block: what that names, and the rest
    /// from the top level.
    pub international: Option<Account<'a>>,
    /// The config's own limit on one send, in milliseconds.
    pub timeout_ms: Option<u32>,
    /// The language that the service's own words should have.
    pub language: ProviderLanguage,
    /// Calling codes, or beginnings of numbers, that alone may be sent to. Empty: all may.
    pub allowed: Vec<Cow<'a, str>>,
    /// Calling codes, or beginnings of numbers, that must not be sent to.
    pub denied: Vec<Cow<'a, str>>,
    /// In the order of the config, of which the first match wins.
    pub templates: Vec<Template<'a>>,
}

impl<'a> Config<'a> {
    /// Whether the operator's lists let a number be sent to. What both name is denied.
    #[must_use]
    pub fn permits(&self, number: &PhoneNumber) -> bool {
        let listed = |list: &[Cow<'a, str>]| {
            list.iter()
                .any(|entry| number.digits().starts_with(entry.as_ref()))
        };
        !listed(&self.denied) && (self.allowed.is_empty() || listed(&self.allowed))
    }

    /// Whether the operator's lists leave nobody on a route.
    #[must_use]
    pub fn excludes(&self, route: Route) -> bool {
        let mainland = |entry: &Cow<'a, str>| entry.starts_with("86");
        match route {
            Route::Mainland => {
                self.denied.iter().any(|entry| entry == "86")
                    || !self.allowed.is_empty() && !self.allowed.iter().any(mainland)
            }
            // Nobody lists all other countries as denied.
            Route::International => !self.allowed.is_empty() && self.allowed.iter().all(mainland),
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

/// Who sends, in whose name, and through which entrance of the service.
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
    pub endpoint: Endpoint,
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
    pub index: u64,
    /// Matched exactly.
    pub usage: &'a str,
    /// The language it is written in, where the config says.
    pub locale: Option<&'a str>,
    /// Its identifier for mainland numbers, where it has a usable one.
    pub mainland: Option<Cow<'a, str>>,
    /// Its identifier for all other numbers, where it has a usable one.
    pub international: Option<Cow<'a, str>>,
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
}

/// The service's two classes of templates that matter to parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Parameters are 1 to 6 digits.
    Verification,
    /// Parameters are text.
    Notice,
}

/// The result of reading: a config unless a finding is an error.
pub struct Reading<'a> {
    /// The config, if sending with it is possible.
    pub config: Option<Config<'a>>,
    /// Everything that is wrong or looks unintended, in the order of the field table.
    pub findings: Vec<Finding>,
}

/// Reads the text into a document, or says why that is not possible.
///
/// # Errors
/// One [`Finding`] with the place.
pub fn parse(text: &str) -> Result<Json<'_>, Finding> {
    json::parse_text(text).map_err(|error| Finding {
        pointer: String::new(),
        rule: Rule::Unreadable(error),
        severity: Severity::Error,
    })
}

impl<'a> Config<'a> {
    /// Reads a document, collecting every finding rather than stopping at the first.
    ///
    /// # Examples
    /// ```
    /// use tencent_sms_connector::config::{self, Config};
    ///
    /// let document = config::parse(r#"{"region": "ap-guangzhou"}"#).unwrap();
    /// let reading = Config::read(&document);
    /// assert!(reading.config.is_none());
    /// let missing: Vec<&str> = reading.findings.iter().map(|finding| finding.pointer.as_str()).collect();
    /// assert_eq!(missing, ["/accessKeyId", "/accessKeySecret", "/signName", "/sdkAppId", "/templates"]);
    /// ```
    #[must_use]
    pub fn read(document: &'a Json<'a>) -> Reading<'a> {
        let mut reader = Reader::new();
        let config = reader.config(document);
        let findings = reader.into_findings();
        let blocked = findings
            .iter()
            .any(|finding| finding.severity == Severity::Error);
        Reading {
            config: config.filter(|_| !blocked),
            findings,
        }
    }
}

#[cfg(test)]
mod tests;
