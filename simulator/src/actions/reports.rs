//! Actions about the past: delivery reports, send records and conversions, and the action about numbers.

use serde_json::{Map, Value, json};

use super::send_sms::access::{self, MOST_NUMBERS};
use super::{number, text, texts};
use crate::catalogue::Catalogue;
use crate::codes::{self, Code};
use crate::gateway::Admitted;
use crate::phone::Number;
use crate::records::Record;
use crate::request::Refusal;
use crate::state::State;

/// Maximum of reports in one response.
const MOST_REPORTS: u64 = 100;

/// Maximum age of reports by number, in seconds: 7 days.
const REPORTS_REACH_S: i64 = 7 * 86_400;

/// Maximum age of send records, in seconds: 72 hours.
const RECORDS_REACH_S: i64 = 72 * 3600;

/// `PullSmsSendStatus`: a queue that returns each report once.
///
/// # Errors
///
/// The first rule that the request breaks.
pub fn pull(
    admitted: &Admitted<'_>,
    catalogue: &Catalogue,
    now_ms: i64,
    state: &mut State,
) -> Result<Value, Refusal> {
    let given = &admitted.parameters;
    let (_, app) = access::owned_app(admitted, catalogue, text(given, "SmsSdkAppId"))?;
    let limit = pull_limit(given)?;
    let mut set = Vec::new();
    for record in state.records.iter_mut() {
        if set.len() < limit && record.app_id == app.id && !record.pulled {
            let Some(entry) = report(record, now_ms) else {
                continue;
            };
            record.pulled = true;
            set.push(entry);
        }
    }
    Ok(json!({ "PullSmsSendStatusSet": set }))
}

/// `PullSmsSendStatusByPhoneNumber`: reports about one number in a period, repeatable.
///
/// # Errors
///
/// The first rule that the request breaks.
pub fn pull_by_number(
    admitted: &Admitted<'_>,
    catalogue: &Catalogue,
    now_ms: i64,
    state: &State,
) -> Result<Value, Refusal> {
    let given = &admitted.parameters;
    let (_, app) = access::owned_app(admitted, catalogue, text(given, "SmsSdkAppId"))?;
    let limit = pull_limit(given)?;
    if number(given, "Offset") != Some(0) {
        return Err(Refusal::new(&codes::INVALID_PARAMETER).explain("Offset must be 0"));
    }
    let period = period(admitted, now_ms, REPORTS_REACH_S)?;
    let to = e164(text(given, "PhoneNumber"), &codes::INVALID_PARAMETER)?;
    let set: Vec<Value> = state
        .records
        .iter()
        .filter(|r| r.app_id == app.id && r.to == to && period.contains(&r.time_ms))
        .filter_map(|record| report(record, now_ms))
        .take(limit)
        .collect();
    Ok(json!({ "PullSmsSendStatusSet": set }))
}

/// `DescribeSendRecordList`: the outcome of each message to a number, refused ones included, newest first.
///
/// # Errors
///
/// The first rule that the request breaks.
pub fn send_records(
    admitted: &Admitted<'_>,
    catalogue: &Catalogue,
    now_ms: i64,
    state: &State,
) -> Result<Value, Refusal> {
    let given = &admitted.parameters;
    let (_, app) = access::owned_app(admitted, catalogue, text(given, "SmsSdkAppId"))?;
    let limit = limit_up_to(number(given, "Limit").or(Some(20)), 50)
        .ok_or_else(|| Refusal::new(&codes::LIMIT_VERIFY_FAIL))?;
    let offset = number(given, "Offset").unwrap_or_default();
    if offset > 1000 {
        return Err(Refusal::new(&codes::OFFSET_VERIFY_FAIL));
    }
    let period = period(admitted, now_ms, RECORDS_REACH_S)?;
    let to = e164(text(given, "PhoneNumber"), &codes::INCORRECT_PHONE_NUMBER)?;
    let found = || {
        let wanted = |r: &&Record| r.app_id == app.id && r.to == to && period.contains(&r.time_ms);
        state.records.iter().rev().filter(wanted)
    };
    let skip = usize::try_from(offset).unwrap_or(usize::MAX);
    let set: Vec<Value> = found()
        .skip(skip)
        .take(limit)
        .map(|r| record(r, now_ms))
        .collect();
    Ok(json!({ "SendRecordSet": set, "TotalCount": found().count() }))
}

/// `ReportConversion`. The real one is for accounts on an allow list. It is not documented whether it checks the serial
/// number, so any is accepted.
///
/// # Errors
///
/// The application is not the caller's.
pub fn conversion(admitted: &Admitted<'_>, catalogue: &Catalogue) -> Result<Value, Refusal> {
    access::owned_app(
        admitted,
        catalogue,
        text(&admitted.parameters, "SmsSdkAppId"),
    )?;
    Ok(json!({ "ReportConversionStatus": { "Code": "ok", "Message": "ok" } }))
}

/// `DescribePhoneNumberInfo`, with the parser that sending uses.
///
/// # Errors
///
/// None or too many numbers.
pub fn phone_info(admitted: &Admitted<'_>) -> Result<Value, Refusal> {
    let given = texts(&admitted.parameters, "PhoneNumberSet");
    if given.is_empty() {
        return Err(Refusal::new(&codes::EMPTY_PHONE_NUMBER_SET));
    }
    if given.len() > MOST_NUMBERS {
        return Err(Refusal::new(&codes::PHONE_NUMBER_COUNT_LIMIT));
    }
    let set: Vec<Value> = given
        .iter()
        .map(|given| match Number::parse(given) {
            Ok(number) => json!({
                "Code": "Ok",
                "Message": "parse number success",
                "NationCode": number.calling_code(),
                "SubscriberNumber": number.national(),
                "PhoneNumber": number.e164(),
                "IsoCode": number.iso_code(),
                "IsoName": number.country_name(),
            }),
            Err(_) => json!({
                "Code": codes::PHONE_NUMBER_PARSE_FAIL.name,
                "Message": codes::PHONE_NUMBER_PARSE_FAIL.message,
                "NationCode": "",
                "SubscriberNumber": "",
                "PhoneNumber": given,
                "IsoCode": "DEF",
                "IsoName": "",
            }),
        })
        .collect();
    Ok(json!({ "PhoneNumberInfoSet": set }))
}

/// `Limit` of a pull, for which no code but `InvalidParameter` is documented.
fn pull_limit(given: &Map<String, Value>) -> Result<usize, Refusal> {
    limit_up_to(number(given, "Limit"), MOST_REPORTS).ok_or_else(|| {
        Refusal::new(&codes::INVALID_PARAMETER)
            .explain(format!("Limit must be from 1 to {MOST_REPORTS}"))
    })
}

fn limit_up_to(limit: Option<u64>, most: u64) -> Option<usize> {
    let limit = limit.filter(|limit| (1..=most).contains(limit))?;
    usize::try_from(limit).ok()
}

/// Period from `BeginTime` to `EndTime`, in seconds, both inclusive. Ends now if there is no end.
fn period(
    admitted: &Admitted<'_>,
    now_ms: i64,
    reach_s: i64,
) -> Result<std::ops::Range<i64>, Refusal> {
    let now = now_ms.div_euclid(1000);
    let seconds = |name| {
        number(&admitted.parameters, name).map(|s| i64::try_from(s).unwrap_or(i64::MAX / 1001))
    };
    let begin = seconds("BeginTime").unwrap_or_default();
    // Real clocks differ a little: a minute of grace at the beginning of the period.
    if begin < now - reach_s - 60 {
        return Err(Refusal::new(&codes::BEGIN_TIME_VERIFY_FAIL)
            .explain(format!("BeginTime is more than {reach_s} s ago")));
    }
    let end = seconds("EndTime").unwrap_or(now.max(begin));
    if end < begin {
        return Err(Refusal::new(&codes::INVALID_START_TIME));
    }
    Ok(begin.saturating_mul(1000)..end.saturating_add(1).saturating_mul(1000))
}

fn e164(given: &str, wrong: &'static Code) -> Result<String, Refusal> {
    let number = Number::parse(given);
    number
        .map(|n| n.e164())
        .map_err(|_| Refusal::new(wrong).explain("PhoneNumber is no phone number"))
}

/// One entry of `PullSmsSendStatusSet`, if the carrier has reported.
fn report(record: &Record, now_ms: i64) -> Option<Value> {
    let (at_ms, receipt) = record.reported(now_ms)?;
    let number = Number::parse(&record.to).ok()?;
    Some(json!({
        "UserReceiveTime": at_ms.div_euclid(1000),
        "CountryCode": number.calling_code(),
        "SubscriberNumber": number.national(),
        "PhoneNumber": record.to,
        "SerialNo": record.serial_no,
        "ReportStatus": receipt.status(),
        "Description": receipt.code,
        "SessionContext": record.session_context,
    }))
}

/// One entry of `SendRecordSet`.
fn record(record: &Record, now_ms: i64) -> Value {
    let reported = record.reported(now_ms);
    let (state, status_code, received) = match (record.code.as_str(), reported) {
        ("Ok", Some((at_ms, receipt))) if receipt.delivered => (2, receipt.code, at_ms),
        ("Ok", Some((_, receipt))) => (4, receipt.code, 0),
        ("Ok", None) => (3, "", 0),
        _ => (1, "", 0),
    };
    json!({
        "PhoneNumber": record.to,
        "SerialNo": record.serial_no,
        "SendStatus": state,
        "RequestCode": record.code,
        "StatusCode": status_code,
        "IsoCode": record.iso_code,
        "Content": record.content,
        "SendTime": record.time_ms.div_euclid(1000),
        "UserReceiveTime": received.div_euclid(1000),
    })
}
