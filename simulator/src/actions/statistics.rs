//! `SmsPackagesStatistics` and `SendStatusStatistics`: packages and counts of an application.
//!
//! Times are hours, `yyyymmddhh`, of UTC+8.

use serde_json::{Map, Value, json};
use time::{Date, Month, PrimitiveDateTime, Time, UtcOffset};

use super::send_sms::access;
use super::{number, text};
use crate::catalogue::Catalogue;
use crate::codes;
use crate::gateway::Admitted;
use crate::request::Refusal;
use crate::state::State;

/// Maximum of packages in one response.
const MOST_PACKAGES: u64 = 500;

/// Creation time of every package, since the catalogue has none: 2024-01-01 00:00:00 UTC.
const PACKAGE_CREATED: i64 = 1_704_067_200;

/// `SmsPackagesStatistics`. An application without a `balance` has no package; one with it has one, made at the
/// beginning of 2024. The package is returned whatever hours are requested, while the service would filter by the hour
/// of creation: a probe of the balance should not depend on the date of the catalogue.
///
/// # Errors
///
/// The first rule that the request breaks.
pub fn packages(
    admitted: &Admitted<'_>,
    catalogue: &Catalogue,
    now_ms: i64,
    state: &State,
) -> Result<Value, Refusal> {
    let given = &admitted.parameters;
    let (_, app) = access::owned_app(admitted, catalogue, text(given, "SmsSdkAppId"))?;
    if number(given, "Limit").unwrap_or_default() > MOST_PACKAGES {
        return Err(Refusal::new(&codes::LIMIT_VERIFY_FAIL));
    }
    let (begin_ms, end_ms) = hours(given)?;
    if end_ms <= begin_ms {
        return Err(Refusal::new(&codes::END_TIME_VERIFY_FAIL));
    }
    let packages: Vec<Value> = app
        .balance
        .map(|amount| {
            json!({
                "PackageCreateTime": PACKAGE_CREATED,
                "PackageEffectiveTime": PACKAGE_CREATED,
                "PackageExpiredTime": app.package_expires(now_ms),
                "PackageAmount": amount,
                "PackageType": 1,
                "PackageId": 1,
                "CurrentUsage": state.spent(&app.id),
            })
        })
        .into_iter()
        .skip(usize::try_from(number(given, "Offset").unwrap_or_default()).unwrap_or(usize::MAX))
        .take(usize::try_from(number(given, "Limit").unwrap_or_default()).unwrap_or_default())
        .collect();
    Ok(json!({ "SmsPackagesStatisticsSet": packages }))
}

/// `SendStatusStatistics`, over the records that are still kept.
///
/// # Errors
///
/// The first rule that the request breaks.
pub fn send_status(
    admitted: &Admitted<'_>,
    catalogue: &Catalogue,
    state: &State,
) -> Result<Value, Refusal> {
    let given = &admitted.parameters;
    let (_, app) = access::owned_app(admitted, catalogue, text(given, "SmsSdkAppId"))?;
    if number(given, "Limit") != Some(0) {
        return Err(Refusal::new(&codes::LIMIT_VERIFY_FAIL));
    }
    if number(given, "Offset") != Some(0) {
        return Err(Refusal::new(&codes::OFFSET_VERIFY_FAIL));
    }
    let (begin_ms, end_ms) = hours(given)?;
    if end_ms < begin_ms {
        return Err(Refusal::new(&codes::END_TIME_VERIFY_FAIL));
    }
    // The hour of `EndTime` counts whole (inference).
    let period = begin_ms..end_ms + 3_600_000;
    let (mut fees, mut requests, mut accepted) = (0u64, 0u64, 0u64);
    for record in state.records.iter() {
        if record.app_id == app.id && period.contains(&record.time_ms) {
            requests += 1;
            accepted += u64::from(record.code == "Ok");
            fees += u64::from(record.fee);
        }
    }
    Ok(json!({ "SendStatusStatistics": {
        "FeeCount": fees, "RequestCount": requests, "RequestSuccessCount": accepted,
    }}))
}

fn hours(given: &Map<String, Value>) -> Result<(i64, i64), Refusal> {
    let begin = hour(text(given, "BeginTime"))
        .ok_or_else(|| Refusal::new(&codes::BEGIN_TIME_VERIFY_FAIL))?;
    let end =
        hour(text(given, "EndTime")).ok_or_else(|| Refusal::new(&codes::END_TIME_VERIFY_FAIL))?;
    Ok((begin, end))
}

/// `2024050113` in UTC+8 as Unix milliseconds.
fn hour(text: &str) -> Option<i64> {
    if text.len() != 10 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let year = text.get(..4)?.parse().ok()?;
    let month = Month::try_from(text.get(4..6)?.parse::<u8>().ok()?).ok()?;
    let date = Date::from_calendar_date(year, month, text.get(6..8)?.parse().ok()?).ok()?;
    let time = Time::from_hms(text.get(8..)?.parse().ok()?, 0, 0).ok()?;
    let china = UtcOffset::from_hms(8, 0, 0).ok()?;
    Some(
        PrimitiveDateTime::new(date, time)
            .assume_offset(china)
            .unix_timestamp()
            * 1000,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_those_of_china() {
        assert_eq!(hour("2019022600"), Some(1_551_110_400_000));
        for wrong in [
            "",
            "2019022624",
            "2019022",
            "20190230000",
            "2019023000",
            "abcdefghij",
            "2019130100",
        ] {
            assert_eq!(hour(wrong), None, "{wrong}");
        }
    }
}
