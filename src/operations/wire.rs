//! The actions of the queries, and the entries of their responses.
//!
//! Source: <https://cloud.tencent.com/document/api/382> (`SmsPackagesStatistics`, `DescribeSmsSignList`,
//! `DescribeSmsTemplateList`, `DescribeSendRecordList`, `PullSmsSendStatusByPhoneNumber`).
//!
//! Page sizes are below the service's bounds, because 64 KiB of a response are read: a template or a record holds up
//! to 500 characters, which take 3,000 bytes where the service escapes them.

use alloc::string::String;

use serde::Deserialize;

/// An action that lists something.
#[derive(Clone, Copy)]
pub struct Action {
    /// Its name.
    pub name: &'static str,
    /// The key of the list. Each action has its own, which distinguishes its response from another action's.
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
/// Lists the messages to a number and their states, for 72 hours.
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

/// A package.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Package {
    /// Messages that it had.
    pub package_amount: u64,
    /// Messages that were sent from it.
    pub current_usage: u64,
    /// Its end, in Unix seconds.
    pub package_expired_time: u64,
}

/// A signature.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Signature {
    /// Its text.
    #[serde(default)]
    pub sign_name: String,
    /// 0 when it may be used, 1 and 2 while it waits, -1 when it was refused.
    pub status_code: i64,
}

/// A template.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct TemplateStatus {
    /// Its identifier, which a config names.
    pub template_id: u64,
    /// 0 for the mainland, 1 for the rest, 3 for both.
    pub international: u64,
    /// 0 when it may be used, 1 and 2 while it waits, -1 when it was refused.
    pub status_code: i64,
    /// Its text, with `{1}` for the first variable.
    pub template_content: String,
}

/// The number of variables of a template's text: the largest `n` of its `{n}`.
pub fn variables(content: &str) -> usize {
    let number = |rest: &str| {
        let (digits, _) = rest.split_once('}')?;
        let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
        let number = digits.parse().ok()?;
        (is_number && number < 1_000).then_some(number)
    };
    let numbers = content.split('{').skip(1).filter_map(number);
    numbers.max().unwrap_or(0)
}

/// A record of a message.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Record {
    /// In E.164.
    pub phone_number: String,
    /// Its identifier; empty for a message that the service refused.
    pub serial_no: String,
    /// 1 for a refusal of the service, 2 delivered, 3 on its way, 4 undelivered.
    pub send_status: Option<i64>,
    /// The code of a refusal of the service.
    pub request_code: String,
    /// The carrier's code.
    pub status_code: String,
    /// In Unix seconds.
    pub send_time: Option<u64>,
}

/// A carrier's report.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Report {
    /// In E.164.
    pub phone_number: String,
    /// Its identifier.
    pub serial_no: String,
    /// `SUCCESS` or `FAIL`.
    pub report_status: String,
    /// The carrier's code.
    pub description: String,
    /// The correlation id of the message.
    pub session_context: String,
    /// The time of the report, in Unix seconds.
    pub user_receive_time: Option<u64>,
}

#[cfg(test)]
mod tests;
