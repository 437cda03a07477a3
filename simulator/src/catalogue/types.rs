//! Types of the catalogue: accounts, keys, applications, signatures, templates and limits.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;

use super::id::number_or_text;

/// The service's data before the first request.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    /// Accounts, each with its keys, applications, signatures and templates.
    pub accounts: Vec<Account>,
    /// Limits on messages to one number.
    #[serde(default)]
    pub limits: NumberLimits,
    /// Requests a second and account, per action; an absent action or `None` is not limited.
    #[serde(default = "default_rates")]
    pub requests_per_second: BTreeMap<String, Option<u32>>,
    /// Values that `X-TC-Region` may have.
    #[serde(default = "default_regions")]
    pub regions: Vec<String>,
    /// Words that no message may contain.
    #[serde(default)]
    pub sensitive_words: Vec<String>,
    /// True if an approved signature of the other route is refused, rather than left out.
    #[serde(default)]
    pub refuse_signature_of_other_route: bool,
    /// Countries that no message reaches, by ISO code.
    #[serde(default)]
    pub unreachable_countries: Vec<String>,
}

/// One account of the service.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// For the console and the journal; the service itself has no such name.
    pub name: String,
    /// Enterprise accounts may list templates and send marketing.
    #[serde(default = "yes")]
    pub enterprise: bool,
    /// Suspended for outstanding fees.
    #[serde(default)]
    pub arrears: bool,
    /// Longest value of a variable outside verification templates, in characters; `None`: no limit.
    #[serde(default = "default_variable_limit")]
    pub template_variable_limit: Option<u32>,
    /// Its keys.
    #[serde(default)]
    pub credentials: Vec<Credential>,
    /// Its applications.
    #[serde(default)]
    pub apps: Vec<App>,
    /// Its signatures.
    #[serde(default)]
    pub signatures: Vec<Signature>,
    /// Its templates.
    #[serde(default)]
    pub templates: Vec<Template>,
}

/// One API key.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credential {
    /// Public half; the service's begin with `AKID`.
    pub secret_id: String,
    /// Secret half.
    pub secret_key: String,
    /// Session token; a key that has one is temporary and needs it in every request.
    #[serde(default)]
    pub token: Option<String>,
    /// End of a temporary key, in Unix seconds; `None`: never.
    #[serde(default)]
    pub expires_at: Option<i64>,
    /// Belongs to a sub-account, which may not list templates.
    #[serde(default)]
    pub sub_account: bool,
    /// Switched off in the console.
    #[serde(default)]
    pub disabled: bool,
    /// Actions that its policy allows: `sms:<Action>`, `sms:*` or `*`.
    #[serde(default = "all_actions")]
    pub allow: Vec<String>,
    /// Addresses that may call; empty: all.
    #[serde(default)]
    pub ip_allow: Vec<std::net::IpAddr>,
    /// Addresses that may not call.
    #[serde(default)]
    pub ip_block: Vec<std::net::IpAddr>,
}

impl Credential {
    /// Returns true if the policy allows an action, given as `SendSms`.
    pub fn allows(&self, action: &str) -> bool {
        self.allow.iter().any(|rule| {
            rule == "*"
                || rule == "sms:*"
                || rule.strip_prefix("sms:").is_some_and(|name| name == action)
        })
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential")
            .field("secret_id", &crate::mask::secret_id(&self.secret_id))
            .field("temporary", &self.token.is_some())
            .finish_non_exhaustive()
    }
}

/// One application, which `SmsSdkAppId` names.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct App {
    /// `SmsSdkAppId`.
    #[serde(deserialize_with = "number_or_text")]
    pub id: String,
    /// Forbidden to send.
    #[serde(default)]
    pub disabled: bool,
    /// Segments left in the package; `None`: unlimited.
    #[serde(default)]
    pub balance: Option<u64>,
    /// End of the package, in Unix seconds; `None`: always a year from now.
    #[serde(default)]
    pub balance_expires_at: Option<i64>,
    /// Numbers that opted out, in E.164 form.
    #[serde(default)]
    pub opt_out: Vec<String>,
    /// Numbers exempt from the per-number limits, in E.164 form.
    #[serde(default)]
    pub allow_list: Vec<String>,
    /// Countries that this application does not send to, by ISO code.
    #[serde(default)]
    pub blocked_countries: Vec<String>,
    /// Messages a day (UTC+8).
    #[serde(default)]
    pub daily_limit: Option<u32>,
    /// Messages a day to the mainland.
    #[serde(default)]
    pub daily_limit_mainland: Option<u32>,
    /// Messages a day to everywhere else.
    #[serde(default)]
    pub daily_limit_international: Option<u32>,
    /// Messages a day to any one country outside the mainland.
    #[serde(default)]
    pub daily_limit_per_country: Option<u32>,
}

impl App {
    /// End of the package, in Unix seconds.
    pub fn package_expires(&self, now_ms: i64) -> i64 {
        let year = 365 * 86_400;
        self.balance_expires_at
            .unwrap_or_else(|| now_ms.div_euclid(1000).saturating_add(year))
    }
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// The review of a signature or a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Usable.
    Approved,
    /// In review.
    Reviewing,
    /// Approved, not yet in force.
    Pending,
    /// Refused.
    Rejected,
}

impl Status {
    /// `StatusCode` of the two list actions.
    pub fn code(self) -> i8 {
        match self {
            Self::Approved => 0,
            Self::Reviewing => 1,
            Self::Pending => 2,
            Self::Rejected => -1,
        }
    }
}

/// One signature.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// `SignId`, which `SignName` must not hold.
    pub id: u64,
    /// The content, which `SignName` must hold.
    pub name: String,
    /// Its review.
    #[serde(default = "approved")]
    pub status: Status,
    /// For numbers outside the mainland.
    #[serde(default)]
    pub international: bool,
}

/// Destinations of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TemplateRoute {
    /// +86 only.
    Mainland,
    /// Everywhere but +86.
    International,
    /// Everywhere.
    Both,
}

/// Purpose of a template, which decides the values that its variables may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TemplateKind {
    /// A verification code: variables take 0 to 6 digits.
    Otp,
    /// A notice: variables take text up to the account's limit.
    Notice,
    /// Advertising: daytime only, enterprise accounts only.
    Marketing,
}

/// One template.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// `TemplateId`.
    #[serde(deserialize_with = "number_or_text")]
    pub id: String,
    /// `TemplateName`.
    #[serde(default)]
    pub name: String,
    /// Its destinations.
    pub route: TemplateRoute,
    /// Its purpose.
    pub kind: TemplateKind,
    /// Its review.
    #[serde(default = "approved")]
    pub status: Status,
    /// The text with `{1}`, `{2}` …
    pub text: String,
}

/// Limits on messages to one number. `None` switches a rule off.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NumberLimits {
    /// Seconds between two messages of the same text to the same number.
    pub same_content_interval_s: Option<u32>,
    /// Messages to a number in any 3,600 seconds.
    pub per_hour: Option<u32>,
    /// Messages to a number in a day of UTC+8.
    pub per_day: Option<u32>,
    /// Messages of the same text to a number in a day of UTC+8.
    pub same_content_per_day: Option<u32>,
}

impl Default for NumberLimits {
    /// The mainland site's defaults: 30 seconds for the same text, 10 a day.
    fn default() -> Self {
        Self {
            same_content_interval_s: Some(30),
            per_hour: None,
            per_day: Some(10),
            same_content_per_day: None,
        }
    }
}

impl Catalogue {
    /// The account and key with this SecretId.
    pub fn credential(&self, secret_id: &str) -> Option<(&Account, &Credential)> {
        self.accounts.iter().find_map(|account| {
            let credential = account
                .credentials
                .iter()
                .find(|c| c.secret_id == secret_id)?;
            Some((account, credential))
        })
    }

    /// The account and application with this `SmsSdkAppId`.
    pub fn app(&self, id: &str) -> Option<(&Account, &App)> {
        self.accounts
            .iter()
            .find_map(|account| Some((account, account.apps.iter().find(|app| app.id == id)?)))
    }
}

fn yes() -> bool {
    true
}

fn approved() -> Status {
    Status::Approved
}

fn all_actions() -> Vec<String> {
    vec!["sms:*".to_owned()]
}

// `Some`, because serde calls this for the whole field.
#[allow(clippy::unnecessary_wraps)]
fn default_variable_limit() -> Option<u32> {
    Some(6)
}

pub(super) fn default_regions() -> Vec<String> {
    ["ap-beijing", "ap-guangzhou", "ap-nanjing", "ap-singapore"]
        .map(str::to_owned)
        .to_vec()
}

pub(super) fn default_rates() -> BTreeMap<String, Option<u32>> {
    [
        ("SendSms", 3000),
        ("DescribeSmsTemplateList", 20),
        ("DescribeSmsSignList", 20),
        ("PullSmsSendStatus", 100),
        ("PullSmsSendStatusByPhoneNumber", 20),
        ("SendStatusStatistics", 10),
        ("DescribePhoneNumberInfo", 1000),
        ("ReportConversion", 1000),
    ]
    .map(|(action, rate)| (action.to_owned(), Some(rate)))
    .into()
}
