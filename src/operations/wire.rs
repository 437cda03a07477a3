//! The queries' bodies and entries on the wire.
//!
//! Source: <https://cloud.tencent.com/document/api/382> (`SmsPackagesStatistics`, `DescribeSmsSignList`,
//! `DescribeSmsTemplateList`, `DescribeSendRecordList`, `PullSmsSendStatusByPhoneNumber`).
//!
//! Page sizes are below the service's bounds, because 64 KiB of a response are read: a template or a record holds up
//! to 500 characters, which take 3,000 bytes where the service escapes them.

use alloc::string::String;

use connector_kit::time;
use serde::{Deserialize, Serialize};

/// An action that lists something.
#[derive(Clone, Copy)]
pub struct Action {
    /// Its name.
    pub name: &'static str,
    /// The key of the list. Each action has its own, which tells its response from another action's.
    pub list: &'static str,
}

impl Action {
    const fn new(name: &'static str, list: &'static str) -> Self {
        Self { name, list }
    }
}

/// Lists the packages of an application.
pub const PACKAGES: Action = Action::new("SmsPackagesStatistics", "SmsPackagesStatisticsSet");
/// Lists the signatures of an account.
pub const SIGNATURES: Action = Action::new("DescribeSmsSignList", "DescribeSignListStatusSet");
/// Lists the templates of an account.
pub const TEMPLATES: Action = Action::new("DescribeSmsTemplateList", "DescribeTemplateStatusSet");
/// Lists what became of messages to a number, for 72 hours.
pub const RECORDS: Action = Action::new("DescribeSendRecordList", "SendRecordSet");
/// Lists carriers' reports about a number, for 7 days.
pub const REPORTS: Action = Action::new("PullSmsSendStatusByPhoneNumber", "PullSmsSendStatusSet");

/// Packages in one response. The service allows 500.
pub const PACKAGES_PAGE: u64 = 200;
/// Signatures in one response. The service allows 100.
pub const SIGNATURES_PAGE: u64 = 50;
/// Templates in one request. The service allows 100.
pub const TEMPLATES_BATCH: usize = 20;
/// Records in one response. The service allows 50, and an offset of at most 1,000.
pub const RECORDS_PAGE: u64 = 20;
/// Reports in one response, all of them there are to get: the service takes no offset but 0.
pub const REPORTS_PAGE: u64 = 100;

/// Packages are good for two years at most; one more covers what the service grants beyond.
const PACKAGES_S: u64 = 3 * 366 * 86_400;

/// Asks for every package that can still be good.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct PackagesBody<'a> {
    sms_sdk_app_id: &'a str,
    limit: u64,
    offset: u64,
    begin_time: String,
    end_time: String,
}

impl<'a> PackagesBody<'a> {
    /// One page.
    pub fn new(app: &'a str, offset: u64, now: u64) -> Self {
        Self {
            sms_sdk_app_id: app,
            limit: PACKAGES_PAGE,
            offset,
            begin_time: time::hour(now.saturating_sub(PACKAGES_S), 8),
            // The service wants an end after the beginning, to the hour.
            end_time: time::hour(now + 3600, 8),
        }
    }
}

/// A package.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Package {
    pub package_amount: u64,
    pub current_usage: u64,
    pub package_expired_time: u64,
}

/// Asks for one page of signatures: the mainland's (0) or the others (1).
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct SignaturesBody {
    pub international: u64,
    pub limit: u64,
    pub offset: u64,
}

/// A signature.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Signature {
    #[serde(default)]
    pub sign_name: String,
    pub status_code: i64,
}

/// Asks for templates, where they are the mainland's (0) or the others' (1).
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct TemplatesBody<'a> {
    pub international: u64,
    pub template_id_set: &'a [u64],
}

/// A template.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Template {
    pub template_id: u64,
    /// 0 for the mainland, 1 for the rest, 3 for both.
    pub international: u64,
    /// 0 when it may be used, 1 and 2 while it waits, -1 when it was refused.
    pub status_code: i64,
    template_content: String,
}

impl Template {
    /// How many variables its text has.
    pub fn variables(&self) -> usize {
        variables(&self.template_content)
    }
}

/// How many variables a template's text has: the largest `n` of its `{n}`.
fn variables(content: &str) -> usize {
    let number = |rest: &str| {
        let (digits, _) = rest.split_once('}')?;
        let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
        let number = digits.parse().ok()?;
        (is_number && number < 1_000).then_some(number)
    };
    let numbers = content.split('{').skip(1).filter_map(number);
    numbers.max().unwrap_or(0)
}

/// Asks for one page of the records or reports of a number.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AboutBody<'a> {
    pub phone_number: String,
    pub sms_sdk_app_id: &'a str,
    pub begin_time: u64,
    pub limit: u64,
    pub offset: u64,
}

/// A record of a message.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Record {
    pub phone_number: String,
    pub serial_no: String,
    pub send_status: Option<i64>,
    pub request_code: String,
    pub status_code: String,
    pub send_time: Option<u64>,
}

/// A carrier's report.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Report {
    pub phone_number: String,
    pub serial_no: String,
    pub report_status: String,
    pub description: String,
    pub session_context: String,
    pub user_receive_time: Option<u64>,
}

#[cfg(test)]
mod tests;
