//! The packages of an application: the messages that are paid for.

use alloc::string::String;

use connector_kit::contract::Failure;
use connector_kit::time;
use serde_json::{Value, json};

use super::query::Session;
use super::wire::{self, Package};
use crate::config::Account;

/// Packages are good for two years at most; one more covers the service's extensions.
const PACKAGES_S: u64 = 3 * 366 * 86_400;

/// The messages left in unexpired packages, if there are any.
pub fn left(session: &mut Session<'_, '_>, account: &Account<'_>) -> Result<Option<u64>, Failure> {
    let mut left: Option<u64> = None;
    let mut offset = 0;
    loop {
        let page = session.ask(account, wire::PACKAGES, |now| {
            body(&account.sdk_app_id, offset, now)
        })?;
        let is_valid = |package: &&Package| package.package_expired_time > page.now;
        for package in page.entries.iter().filter(is_valid) {
            let rest = package.package_amount.saturating_sub(package.current_usage);
            left = Some(left.unwrap_or_default().saturating_add(rest));
        }
        let count = page.entries.len() as u64;
        offset += count;
        if count < wire::PACKAGES_PAGE {
            return Ok(left);
        }
    }
}

/// Body of a query for one page of every package that can still be valid.
fn body(app: &str, offset: u64, now: u64) -> Value {
    let begin = hour_in_china(now.saturating_sub(PACKAGES_S));
    // The service requires an end after the beginning, to the hour.
    let end = hour_in_china(now.saturating_add(3600));
    json!({
        "SmsSdkAppId": app, "Limit": wire::PACKAGES_PAGE, "Offset": offset, "BeginTime": begin, "EndTime": end,
    })
}

/// The hour that a moment belongs to, `yyyymmddhh`.
fn hour_in_china(unix_s: u64) -> String {
    let local = time::utc_timestamp(unix_s.saturating_add(8 * 3600));
    let digits = local.chars().filter(char::is_ascii_digit);
    digits.take(10).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn body_covers_three_years_by_hours() {
        assert_eq!(
            body("1400006666", 200, 1_551_113_065),
            json!({"SmsSdkAppId": "1400006666", "Limit": 200, "Offset": 200,
                "BeginTime": "2016022400", "EndTime": "2019022601"})
        );
    }

    #[test]
    fn hour_in_china_is_eight_ahead_of_utc() {
        assert_eq!(hour_in_china(0), "1970010108");
        assert_eq!(hour_in_china(1_551_110_399), "2019022523");
        assert_eq!(hour_in_china(1_551_110_400), "2019022600");
        assert_eq!(hour_in_china(1_709_251_199), "2024030107");
    }
}
