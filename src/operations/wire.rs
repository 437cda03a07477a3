//! The look-ups on the wire: bodies, and entries of answers.
//!
//! Source: <https://cloud.tencent.com/document/api/382> (`SmsPackagesStatistics`, `DescribeSmsSignList`,
//! `DescribeSmsTemplateList`, `DescribeSendRecordList`, `PullSmsSendStatusByPhoneNumber`).
//!
//! Page sizes are below the service's bounds, because an answer is read up to 64 KiB: a template or a record holds up
//! to 500 characters, which take 3,000 bytes where the service escapes them.

use alloc::string::String;

use crate::json::Json;
use crate::phone::PhoneNumber;
use crate::text::{decimal, join};
use crate::time::hour_in_china;

/// An action that lists something.
pub struct Action {
    /// Its name.
    pub name: &'static str,
    /// Where its answer has the entries.
    pub set: &'static str,
}

/// The packages of an application.
pub static PACKAGES: Action = Action {
    name: "SmsPackagesStatistics",
    set: "SmsPackagesStatisticsSet",
};
/// The signatures of an account.
pub static SIGNATURES: Action = Action {
    name: "DescribeSmsSignList",
    set: "DescribeSignListStatusSet",
};
/// The templates of an account.
pub static TEMPLATES: Action = Action {
    name: "DescribeSmsTemplateList",
    set: "DescribeTemplateStatusSet",
};
/// What became of messages to a number, for 72 hours.
pub static RECORDS: Action = Action {
    name: "DescribeSendRecordList",
    set: "SendRecordSet",
};
/// Carriers' reports about a number, for 7 days.
pub static REPORTS: Action = Action {
    name: "PullSmsSendStatusByPhoneNumber",
    set: "PullSmsSendStatusSet",
};

/// Packages in one answer. The service allows 500.
pub const PACKAGES_PAGE: u64 = 200;
/// Signatures in one answer. The service allows 100.
pub const SIGNATURES_PAGE: u64 = 50;
/// Templates in one request. The service allows 100.
pub const TEMPLATES_BATCH: usize = 20;
/// Records in one answer. The service allows 50, and an offset of at most 1,000.
pub const RECORDS_PAGE: u64 = 20;
/// Reports in one answer, all of them there are to get: the service takes no offset but 0.
pub const REPORTS_PAGE: u64 = 100;

/// Packages are good for two years at most; one more for good measure.
const PACKAGES_S: u64 = 3 * 366 * 86_400;

/// Every package that can still be good. Application ids are digits, so they need no escaping.
#[must_use]
pub fn packages(app: &str, offset: u64, now: u64) -> String {
    join(&[
        r#"{"SmsSdkAppId":""#,
        app,
        r#"","Limit":"#,
        &decimal(PACKAGES_PAGE),
        r#","Offset":"#,
        &decimal(offset),
        r#","BeginTime":""#,
        &hour_in_china(now.saturating_sub(PACKAGES_S)),
        // The service wants an end after the beginning, to the hour.
        r#"","EndTime":""#,
        &hour_in_china(now + 3600),
        r#""}"#,
    ])
}

/// One page of signatures: the mainland's (0) or the others (1).
#[must_use]
pub fn signatures(international: u64, offset: u64) -> String {
    join(&[
        r#"{"International":"#,
        &decimal(international),
        r#","Limit":"#,
        &decimal(SIGNATURES_PAGE),
        r#","Offset":"#,
        &decimal(offset),
        "}",
    ])
}

/// These templates, where they are the mainland's (0) or the others' (1).
#[must_use]
pub fn templates(international: u64, ids: &[u64]) -> String {
    let mut body = join(&[
        r#"{"International":"#,
        &decimal(international),
        r#","TemplateIdSet":["#,
    ]);
    for (index, id) in ids.iter().enumerate() {
        if index > 0 {
            body.push(',');
        }
        body.push_str(&decimal(*id));
    }
    body.push_str("]}");
    body
}

/// One page of records of a number.
#[must_use]
pub fn records(app: &str, number: &PhoneNumber, begin: u64, offset: u64) -> String {
    about(app, number, begin, RECORDS_PAGE, offset)
}

/// The reports about a number.
#[must_use]
pub fn reports(app: &str, number: &PhoneNumber, begin: u64) -> String {
    about(app, number, begin, REPORTS_PAGE, 0)
}

fn about(app: &str, number: &PhoneNumber, begin: u64, limit: u64, offset: u64) -> String {
    join(&[
        r#"{"PhoneNumber":""#,
        &number.e164(),
        r#"","SmsSdkAppId":""#,
        app,
        r#"","BeginTime":"#,
        &decimal(begin),
        r#","Limit":"#,
        &decimal(limit),
        r#","Offset":"#,
        &decimal(offset),
        "}",
    ])
}

/// A text, empty where there is none.
#[must_use]
pub fn text<'a>(entry: &'a Json<'a>, key: &str) -> &'a str {
    entry.get(key).and_then(Json::as_str).unwrap_or_default()
}

/// A whole number that is not negative.
#[must_use]
pub fn integer(entry: &Json<'_>, key: &str) -> Option<u64> {
    match entry.get(key)? {
        Json::Integer(number) => Some(*number),
        _ => None,
    }
}

/// Digits as a number, if it is below 2^64.
#[must_use]
pub fn number(digits: &str) -> Option<u64> {
    digits.bytes().try_fold(0u64, |number, byte| {
        let digit = byte.checked_sub(b'0').filter(|digit| *digit <= 9)?;
        number.checked_mul(10)?.checked_add(digit.into())
    })
}

/// How many variables a template's text has: the largest `n` of its `{n}`.
#[must_use]
pub fn variables(content: &str) -> u64 {
    let mut most = 0;
    // The number since the last opening brace, while there is nothing else.
    let mut number: Option<u64> = None;
    for byte in content.bytes() {
        number = match (byte, number) {
            (b'{', _) => Some(0),
            (b'0'..=b'9', Some(number)) if number < 100 => {
                Some(number * 10 + u64::from(byte - b'0'))
            }
            (b'}', Some(number)) => {
                most = most.max(number);
                None
            }
            _ => None,
        };
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_counted_by_the_largest_number_in_braces() {
        for (content, count) in [
            ("", 0),
            ("no variables", 0),
            ("{1}", 1),
            (
                "\u{60a8}\u{7684}\u{9a8c}\u{8bc1}\u{7801}\u{662f}{1}, {2} minutes",
                2,
            ),
            ("{2} {1}", 2),
            ("{1} and {1}", 1),
            ("{12}", 12),
            ("{", 0),
            ("{1", 0),
            ("{}", 0),
            ("{x} {1x} {-1}", 0),
            ("{{1}}", 1),
            ("{1000}", 0),
        ] {
            assert_eq!(variables(content), count, "{content}");
        }
    }

    #[test]
    fn an_identifier_of_digits_is_a_number_unless_it_is_too_large() {
        assert_eq!(number("0012"), Some(12));
        assert_eq!(number("18446744073709551615"), Some(u64::MAX));
        assert_eq!(number("18446744073709551616"), None);
        assert_eq!(number("1a"), None);
    }

    #[test]
    fn bodies_are_json_of_the_service_s_types() {
        let number = PhoneNumber::parse("+8613800138000").unwrap();
        for (body, expected) in [
            (
                packages("1400006666", 200, 1_551_113_065),
                serde_json::json!({"SmsSdkAppId": "1400006666", "Limit": 200, "Offset": 200,
                    "BeginTime": "2016022400", "EndTime": "2019022601"}),
            ),
            (
                signatures(1, 50),
                serde_json::json!({"International": 1, "Limit": 50, "Offset": 50}),
            ),
            (
                templates(0, &[1, 22]),
                serde_json::json!({"International": 0, "TemplateIdSet": [1, 22]}),
            ),
            (
                records("1400006666", &number, 7, 20),
                serde_json::json!({"PhoneNumber": "+8613800138000", "SmsSdkAppId": "1400006666",
                    "BeginTime": 7, "Limit": 20, "Offset": 20}),
            ),
            (
                reports("1400006666", &number, 7),
                serde_json::json!({"PhoneNumber": "+8613800138000", "SmsSdkAppId": "1400006666",
                    "BeginTime": 7, "Limit": 100, "Offset": 0}),
            ),
        ] {
            let body: serde_json::Value = serde_json::from_str(&body).unwrap();
            assert_eq!(body, expected);
        }
    }
}
