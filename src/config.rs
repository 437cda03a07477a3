//! The operator's JSON into a [`Config`], or every finding at once.
//!
//! | accepted | error | warning |
//! |---|---|---|
//! | Logto's config, unchanged | a required field absent or blank, or still its `<placeholder>` | a placeholder, blank or malformed code of a template that no usage requires |
//! | numeric ids as numbers, white space around values | a value of another type, or malformed | a template that repeats usage and locale: the first wins |
//! | further keys and usages | one of the four required usages without a usable template | unlisted region, unknown key, unregistered usage |

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use crate::api::ProviderLanguage;
use crate::contract::Severity;
use crate::endpoint::Endpoint;
use crate::fields::{FIELDS, REGIONS, REQUIRED_USAGES, ROUTE_KEYS, TEMPLATE_KEYS, USAGES};
use crate::findings::{Expected, Finding, Rule};
use crate::json::{self, Json};
use crate::language::Text;
use crate::phone::Route;
use crate::redact::{Secret, plain_name};
use crate::text::{decimal, join};

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
    json::parse(text.as_bytes()).map_err(|error| Finding {
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
        let mut reader = Reader {
            document,
            findings: Vec::new(),
            unlisted: None,
        };
        let config = reader.config();
        let mut findings = reader.findings;
        if let Some(severity) = reader.unlisted {
            findings.push(Finding {
                pointer: String::new(),
                rule: Rule::More,
                severity,
            });
        }
        let blocked = findings
            .iter()
            .any(|finding| finding.severity == Severity::Error);
        Reading {
            config: config.filter(|_| !blocked),
            findings,
        }
    }
}

const OBJECT: Expected = Expected(Text {
    en: "an object in braces",
    zh: "花括号中的对象",
});
const ARRAY: Expected = Expected(Text {
    en: "an array in brackets",
    zh: "方括号中的数组",
});
const TEXT: Expected = Expected(Text {
    en: "a text in quotes",
    zh: "引号中的文本",
});
const CREDENTIAL: Expected = Expected(Text {
    en: "visible ASCII characters without spaces, as the console shows them",
    zh: "控制台所示的可见 ASCII 字符,不含空格",
});
const SIGN_NAME: Expected = Expected(Text {
    en: "the text of a signature, such as the console shows it",
    zh: "控制台所示的签名内容",
});
const DIGITS: Expected = Expected(Text {
    en: "digits only, as the console shows them",
    zh: "控制台所示的纯数字",
});
const CODE: Expected = Expected(Text {
    en: "a template's ID in digits, or an object with mainland and international",
    zh: "数字的模板 ID,或含 mainland 与 international 的对象",
});
const REGION: Expected = Expected(Text {
    en: "a region such as ap-guangzhou",
    zh: "地域,例如 ap-guangzhou",
});
const ADDRESS: Expected = Expected(Text {
    en: "a Tencent Cloud SMS host such as sms.tencentcloudapi.com, over https, or a loopback address",
    zh: "腾讯云短信的 https 域名(例如 sms.tencentcloudapi.com)或本机回环地址",
});
const MILLISECONDS: Expected = Expected(Text {
    en: "a whole number of milliseconds, at least 1",
    zh: "不小于 1 的整数毫秒数",
});
const PARAMS: Expected = Expected(Text {
    en: "an array of at most 20 texts such as \"{{code}}\"",
    zh: "至多 20 个文本的数组,例如 \"{{code}}\"",
});
const PARAM: Expected = Expected(Text {
    en: "a text of at most 512 bytes",
    zh: "不超过 512 字节的文本",
});
const KIND: Expected = Expected(Text {
    en: "verification or notice",
    zh: "verification 或 notice",
});

/// The most parameters that a template may declare. The console allows fewer.
const MAX_PARAMS: usize = 20;

/// The longest text of a parameter, before it is filled in. The service allows 500 characters for all of a message.
const MAX_PARAM_BYTES: usize = 512;

/// The most findings that are listed. A config within its length bound can hold 40,000, which is more memory than
/// hosts give an instance and more text than anybody reads; one more then says that there are others.
pub const MAX_FINDINGS: usize = 100;

struct Reader<'a> {
    document: &'a Json<'a>,
    findings: Vec<Finding>,
    /// The worst severity of what was found beyond [`MAX_FINDINGS`].
    unlisted: Option<Severity>,
}

impl<'a> Reader<'a> {
    fn config(&mut self) -> Option<Config<'a>> {
        let Json::Object(members) = self.document else {
            self.error("", Rule::WrongType(OBJECT));
            return None;
        };
        let secret_id = self.required("accessKeyId", is_secret_id, CREDENTIAL);
        let secret_key = self.required("accessKeySecret", is_credential, CREDENTIAL);
        let sign_name = self.required("signName", is_sign_name, SIGN_NAME);
        let sdk_app_id = self.app_id();
        let region = self.required("region", is_region, REGION);
        if region.is_some_and(|region| !REGIONS.contains(&region)) {
            self.warning("/region", Rule::UnlistedRegion);
        }
        let templates = self.templates();
        let session_token = self.optional("sessionToken", is_token, CREDENTIAL);
        let endpoint =
            match self.optional("endpoint", |text| Endpoint::parse(text).is_ok(), ADDRESS) {
                Some(text) => Endpoint::parse(text).ok(),
                None => Some(Endpoint::default()),
            };
        let timeout_ms = self.timeout();
        let known: Vec<&str> = FIELDS.iter().map(|field| field.key).collect();
        self.keys("", members, &known);
        Some(Config {
            mainland: Account {
                secret_id: Secret::new(secret_id?),
                secret_key: Secret::new(secret_key?),
                session_token: session_token.map(Secret::new),
                sdk_app_id: sdk_app_id?,
                sign_name: Some(sign_name?),
                sender_id: None,
                extend_code: None,
                region: region?,
                endpoint: endpoint?,
            },
            international: None,
            timeout_ms,
            language: ProviderLanguage::default(),
            allowed: Vec::new(),
            denied: Vec::new(),
            templates: templates?,
        })
    }

    /// A required text, without the white space around it, if it is there and `valid`.
    fn required(
        &mut self,
        key: &str,
        valid: fn(&str) -> bool,
        expected: Expected,
    ) -> Option<&'a str> {
        match self.document.get(key) {
            None | Some(Json::Null) => self.error(&pointer(key), Rule::Required),
            Some(Json::String(text)) => match defect(text, valid, expected) {
                None => return Some(text.trim()),
                Some(rule) => self.error(&pointer(key), rule),
            },
            Some(_) => self.error(&pointer(key), Rule::WrongType(TEXT)),
        }
        None
    }

    /// An optional text; blank counts as absent, because forms post empty fields.
    fn optional(
        &mut self,
        key: &str,
        valid: fn(&str) -> bool,
        expected: Expected,
    ) -> Option<&'a str> {
        match self.document.get(key) {
            None | Some(Json::Null) => {}
            Some(Json::String(text)) if text.trim().is_empty() => {}
            Some(Json::String(text)) if valid(text.trim()) => return Some(text.trim()),
            Some(Json::String(_)) => self.error(&pointer(key), Rule::Malformed(expected)),
            Some(_) => self.error(&pointer(key), Rule::WrongType(TEXT)),
        }
        None
    }

    fn app_id(&mut self) -> Option<Cow<'a, str>> {
        match self.document.get("sdkAppId") {
            Some(Json::Integer(number)) => Some(decimal(*number).into()),
            _ => self
                .required("sdkAppId", is_digits, DIGITS)
                .map(Cow::Borrowed),
        }
    }

    fn timeout(&mut self) -> Option<u32> {
        match self.document.get("timeoutMs") {
            None | Some(Json::Null) => None,
            Some(Json::Integer(ms)) if *ms > 0 => Some(u32::try_from(*ms).unwrap_or(u32::MAX)),
            Some(Json::Integer(_)) => {
                self.error("/timeoutMs", Rule::Malformed(MILLISECONDS));
                None
            }
            Some(_) => {
                self.error("/timeoutMs", Rule::WrongType(MILLISECONDS));
                None
            }
        }
    }

    fn templates(&mut self) -> Option<Vec<Template<'a>>> {
        let entries = match self.document.get("templates") {
            None | Some(Json::Null) => {
                self.error("/templates", Rule::Required);
                return None;
            }
            Some(Json::Array(entries)) => entries,
            Some(_) => {
                self.error("/templates", Rule::WrongType(ARRAY));
                return None;
            }
        };
        let first_of_templates = self.findings.len();
        let mut templates: Vec<Template<'a>> = Vec::with_capacity(entries.len());
        for (index, entry) in (0..).zip(entries) {
            let place = join(&["/templates/", &decimal(index)]);
            if let Some(template) = self.template(&place, entry) {
                let repeats = |other: &Template<'a>| {
                    other.usage == template.usage && other.locale == template.locale
                };
                if templates.iter().any(repeats) {
                    self.warning(&place, Rule::Duplicate);
                }
                templates.push(template);
            }
        }
        self.require_usages(&templates, first_of_templates);
        Some(templates)
    }

    fn template(&mut self, place: &str, entry: &'a Json<'a>) -> Option<Template<'a>> {
        let Json::Object(members) = entry else {
            self.error(place, Rule::WrongType(OBJECT));
            return None;
        };
        self.keys(place, members, &TEMPLATE_KEYS);
        let at = |key: &str| join(&[place, "/", key]);
        let usage = match entry.get("usageType") {
            Some(Json::String(usage)) => {
                if !USAGES.contains(&usage.as_ref()) {
                    self.warning(&at("usageType"), Rule::UnregisteredUsage);
                }
                Some(usage.as_ref())
            }
            None | Some(Json::Null) => self.reject(&at("usageType"), Rule::Required),
            Some(_) => self.reject(&at("usageType"), Rule::WrongType(TEXT)),
        };
        let (mainland, international) = self.codes(&at("templateCode"), entry.get("templateCode"));
        let locale = match entry.get("locale") {
            None | Some(Json::Null) => None,
            Some(Json::String(locale)) => Some(locale.trim()).filter(|locale| !locale.is_empty()),
            Some(_) => self.reject(&at("locale"), Rule::WrongType(TEXT)),
        };
        let params = self.params(&at("params"), entry.get("params"));
        let kind = match entry.get("kind") {
            None | Some(Json::Null) => Kind::Verification,
            Some(Json::String(kind)) if kind == "verification" => Kind::Verification,
            Some(Json::String(kind)) if kind == "notice" => Kind::Notice,
            Some(_) => {
                self.error(&at("kind"), Rule::Malformed(KIND));
                Kind::Verification
            }
        };
        Some(Template {
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
    fn codes(
        &mut self,
        place: &str,
        code: Option<&'a Json<'a>>,
    ) -> (Option<Cow<'a, str>>, Option<Cow<'a, str>>) {
        match code {
            Some(by_route @ Json::Object(members)) => {
                self.keys(place, members, &ROUTE_KEYS);
                let [mainland, international] = ROUTE_KEYS.map(|route| match by_route.get(route) {
                    None | Some(Json::Null) => None,
                    Some(code) => self.code(&join(&[place, "/", route]), code),
                });
                if members.is_empty() {
                    self.error(place, Rule::WrongType(CODE));
                }
                (mainland, international)
            }
            None | Some(Json::Null) => {
                self.error(place, Rule::Required);
                (None, None)
            }
            Some(code) => {
                let code = self.code(place, code);
                (code.clone(), code)
            }
        }
    }

    fn code(&mut self, place: &str, code: &'a Json<'a>) -> Option<Cow<'a, str>> {
        match code {
            Json::Integer(number) => Some(decimal(*number).into()),
            Json::String(text) => match defect(text, is_digits, CODE) {
                None => Some(text.trim().into()),
                Some(rule) => {
                    self.warning(place, rule);
                    None
                }
            },
            _ => self.reject(place, Rule::WrongType(CODE)),
        }
    }

    fn params(&mut self, place: &str, params: Option<&'a Json<'a>>) -> Option<Vec<Cow<'a, str>>> {
        match params {
            None | Some(Json::Null) => None,
            Some(Json::Array(items)) if items.len() <= MAX_PARAMS => {
                let mut texts = Vec::with_capacity(items.len());
                for (index, item) in (0..).zip(items) {
                    match item {
                        Json::String(text) if text.len() <= MAX_PARAM_BYTES => {
                            texts.push(Cow::Borrowed(text.as_ref()));
                        }
                        Json::Integer(number) => texts.push(decimal(*number).into()),
                        _ => {
                            self.error(
                                &join(&[place, "/", &decimal(index)]),
                                Rule::WrongType(PARAM),
                            );
                        }
                    }
                }
                Some(texts)
            }
            Some(_) => self.reject(place, Rule::WrongType(PARAMS)),
        }
    }

    /// Every required usage needs a template that some route can use. Where it has entries and none is usable,
    /// what is wrong with them becomes an error; where nothing is known to be wrong with any, the list as a whole is
    /// at fault.
    fn require_usages(&mut self, templates: &[Template<'a>], first_of_templates: usize) {
        let usable = |template: &&Template<'a>| {
            template.mainland.is_some() || template.international.is_some()
        };
        let mut missing = 0u8;
        for (bit, usage) in REQUIRED_USAGES.iter().enumerate() {
            if templates
                .iter()
                .filter(usable)
                .any(|template| template.usage == *usage)
            {
                continue;
            }
            let places: Vec<String> = (0..)
                .zip(
                    self.document
                        .get("templates")
                        .and_then(Json::as_array)
                        .unwrap_or_default(),
                )
                .filter(|(_, entry)| entry.get("usageType").and_then(Json::as_str) == Some(usage))
                .map(|(index, _)| join(&["/templates/", &decimal(index), "/templateCode"]))
                .collect();
            let mut raised = false;
            for finding in self.findings.iter_mut().skip(first_of_templates) {
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
            if !raised {
                missing |= 1 << bit;
            }
        }
        if missing != 0 {
            self.error("/templates", Rule::MissingUsages(missing));
        }
    }

    /// Warns of keys that no field has, and of keys that occur twice.
    fn keys(&mut self, place: &str, members: &'a [(Cow<'a, str>, Json<'a>)], known: &[&str]) {
        for (index, (key, _)) in members.iter().enumerate() {
            // A key is the operator's own text, and may be a secret in the wrong place.
            let named =
                plain_name(key).map_or_else(|| place.into(), |key| join(&[place, "/", key]));
            if !known.contains(&key.as_ref()) {
                self.warning(&named, Rule::UnknownKey);
            } else if members
                .iter()
                .take(index)
                .any(|(earlier, _)| earlier == key)
            {
                self.warning(&named, Rule::RepeatedKey);
            }
        }
    }

    fn error(&mut self, pointer: &str, rule: Rule) {
        self.report(pointer, rule, Severity::Error);
    }

    /// Reports an error in place of a value.
    fn reject<T>(&mut self, pointer: &str, rule: Rule) -> Option<T> {
        self.error(pointer, rule);
        None
    }

    fn warning(&mut self, pointer: &str, rule: Rule) {
        self.report(pointer, rule, Severity::Warning);
    }

    fn report(&mut self, pointer: &str, rule: Rule, severity: Severity) {
        if self.findings.len() < MAX_FINDINGS {
            self.findings.push(Finding {
                pointer: pointer.into(),
                rule,
                severity,
            });
        } else if self.unlisted != Some(Severity::Error) {
            self.unlisted = Some(severity);
        }
    }
}

fn pointer(key: &str) -> String {
    join(&["/", key])
}

/// What is wrong with a text that has to be filled in, if anything.
fn defect(text: &str, valid: fn(&str) -> bool, expected: Expected) -> Option<Rule> {
    let text = text.trim();
    if text.is_empty() {
        Some(Rule::Blank)
    } else if text.starts_with('<') && text.ends_with('>') {
        Some(Rule::Placeholder)
    } else if !valid(text) {
        Some(Rule::Malformed(expected))
    } else {
        None
    }
}

/// The service's ids and keys have 36 and 32 characters.
fn is_credential(text: &str) -> bool {
    text.len() <= 256 && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Tokens of STS reach about 1,000 characters, and a request's headers have 32 KiB in Wasmtime.
fn is_token(text: &str) -> bool {
    text.len() <= 8_192 && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The console allows 12 characters.
fn is_sign_name(text: &str) -> bool {
    text.len() <= 256
}

/// Visible, and free of the two characters that separate it in the `Authorization` header.
fn is_secret_id(text: &str) -> bool {
    is_credential(text) && !text.contains(['/', ','])
}

fn is_digits(text: &str) -> bool {
    text.len() <= 32 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_region(text: &str) -> bool {
    text.len() <= 64
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

#[cfg(test)]
mod tests;
