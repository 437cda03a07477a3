//! Calendar dates from Unix seconds and back, for signatures and `Date` headers.

use alloc::format;
use alloc::string::{String, ToString};

use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

/// The UTC calendar date of a moment, `YYYY-MM-DD`. Moments beyond the year 9999 have that of 1970.
///
/// # Examples
/// ```
/// assert_eq!(connector_kit::time::utc_date(1_551_113_065), "2019-02-25");
/// ```
pub fn utc_date(unix_s: u64) -> String {
    let moment = i64::try_from(unix_s).unwrap_or(i64::MAX);
    let moment = OffsetDateTime::from_unix_timestamp(moment);
    let moment = moment.unwrap_or(OffsetDateTime::UNIX_EPOCH);
    moment.date().to_string()
}

/// A moment in UTC to the second, as RFC 3339 writes it.
///
/// # Examples
/// ```
/// assert_eq!(connector_kit::time::utc_timestamp(1_551_113_065), "2019-02-25T16:44:25Z");
/// ```
pub fn utc_timestamp(unix_s: u64) -> String {
    let (hour, minute, second) = (unix_s / 3600 % 24, unix_s / 60 % 60, unix_s % 60);
    format!("{}T{hour:02}:{minute:02}:{second:02}Z", utc_date(unix_s))
}

/// The moment that an HTTP `Date` header names, if it has the one form that servers may send (RFC 9110, 5.6.7,
/// IMF-fixdate): `Mon, 25 Feb 2019 16:44:25 GMT`. The name of the weekday is not checked.
///
/// # Examples
/// ```
/// use connector_kit::time::parse_http_date;
///
/// assert_eq!(parse_http_date("Mon, 25 Feb 2019 16:44:25 GMT"), Some(1_551_113_065));
/// assert_eq!(parse_http_date("2019-02-25T16:44:25Z"), None);
/// ```
pub fn parse_http_date(header: &str) -> Option<u64> {
    let form = format_description!(
        "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
    );
    let moment = PrimitiveDateTime::parse(header, form).ok()?;
    u64::try_from(moment.assume_utc().unix_timestamp()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    // Moments from GNU date: `date -u -d '2024-02-29 23:59:59' +%s`.
    const MOMENTS: [(u64, &str, &str); 8] = [
        (0, "1970-01-01", "Thu, 01 Jan 1970 00:00:00 GMT"),
        (951_782_399, "2000-02-28", "Mon, 28 Feb 2000 23:59:59 GMT"),
        (951_782_400, "2000-02-29", "Tue, 29 Feb 2000 00:00:00 GMT"),
        (1_551_113_065, "2019-02-25", "Mon, 25 Feb 2019 16:44:25 GMT"),
        (1_709_251_199, "2024-02-29", "Thu, 29 Feb 2024 23:59:59 GMT"),
        (1_709_251_200, "2024-03-01", "Fri, 01 Mar 2024 00:00:00 GMT"),
        (1_798_761_599, "2026-12-31", "Thu, 31 Dec 2026 23:59:59 GMT"),
        (4_107_542_400, "2100-03-01", "Mon, 01 Mar 2100 00:00:00 GMT"),
    ];

    #[test]
    fn the_utc_date_turns_at_midnight_utc() {
        for (moment, date, _) in MOMENTS {
            assert_eq!(utc_date(moment), date);
        }
    }

    #[test]
    fn timestamp_has_date_and_time_of_day() {
        for (moment, date, header) in MOMENTS {
            let time = header.split(' ').nth(4).unwrap();
            assert_eq!(utc_timestamp(moment), format!("{date}T{time}Z"));
        }
    }

    #[test]
    fn http_date_parses_to_its_original_moment() {
        for (moment, _, header) in MOMENTS {
            assert_eq!(parse_http_date(header), Some(moment), "{header}");
        }
    }

    #[test]
    fn anything_but_an_imf_fixdate_is_no_date() {
        for header in [
            "",
            "Mon",
            "Mon, 25 Feb 2019 16:44:25",
            "Mon, 25 Feb 2019 16:44:25 UTC",
            "Mon, 25 Feb 2019 16:44:25 GMT ",
            "Monday, 25-Feb-19 16:44:25 GMT",
            "Mon Feb 25 16:44:25 2019",
            "Mon, 31 Feb 2019 16:44:25 GMT",
            "Mon, 00 Feb 2019 16:44:25 GMT",
            "Mon, 25 Feb 2019 24:00:00 GMT",
            "Mon, 25 Feb 2019 16:60:00 GMT",
            "Mon, 25 Feb 2019 16:44:61 GMT",
            "Mon, 25 Feb 2019 16:44:25:00 GMT",
            "Mon, +5 Feb 2019 16:44:25 GMT",
            "Mon, 25 Feb 0019 16:44:25 GMT",
            "Wed, 31 Dec 1969 23:59:59 GMT",
            "Mon, 25 \u{424}eb 2019 16:44:25 GMT",
        ] {
            assert_eq!(parse_http_date(header), None, "{header:?}");
        }
    }
}
