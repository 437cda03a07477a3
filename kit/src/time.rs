//! Calendar dates from Unix seconds and back, for signatures, `Date` headers and daily limits.
//!
//! The arithmetic is the proleptic Gregorian calendar counted in eras of 400 years, which all have the same
//! 146,097 days.

use alloc::format;
use alloc::string::String;
use core::ops::Range;

const DAY_S: u64 = 86_400;

/// The UTC calendar date of a moment, `YYYY-MM-DD`.
///
/// # Examples
/// ```
/// assert_eq!(connector_kit::time::utc_date(1_551_113_065), "2019-02-25");
/// ```
pub fn utc_date(unix_s: u64) -> String {
    let (year, month, day) = civil_from_days(unix_s / DAY_S);
    format!("{year:04}-{month:02}-{day:02}")
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

/// The hour that a moment belongs to, `yyyymmddhh`, so many hours east of Greenwich.
///
/// # Examples
/// ```
/// assert_eq!(connector_kit::time::hour(1_551_113_065, 8), "2019022600");
/// ```
pub fn hour(unix_s: u64, hours_east: u8) -> String {
    let hours = unix_s / 3600 + u64::from(hours_east);
    let (year, month, day) = civil_from_days(hours / 24);
    format!("{year:04}{month:02}{day:02}{:02}", hours % 24)
}

/// Milliseconds from a moment until the clock next shows `hour`:00, so many hours east of Greenwich. A moment at
/// exactly that hour waits a whole day.
pub fn ms_until_hour(unix_s: u64, hours_east: u8, hour: u8) -> u32 {
    let second_of_day = (unix_s + u64::from(hours_east) * 3600) % DAY_S;
    let target = (u64::from(hour) * 3600) % DAY_S;
    let wait = (target + DAY_S - second_of_day - 1) % DAY_S + 1;
    u32::try_from(wait * 1000).unwrap_or(u32::MAX)
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
    const MONTHS: &[u8] = b"JanFebMarAprMayJunJulAugSepOctNovDec";
    // Every byte has its place; `0` stands for a digit and `?` for anything.
    const SHAPE: &[u8] = b"???, 00 ??? 0000 00:00:00 GMT";
    let has_shape = |(byte, shape): (u8, &u8)| match shape {
        b'0' => byte.is_ascii_digit(),
        b'?' => true,
        _ => byte == *shape,
    };
    if header.len() != SHAPE.len() || !header.bytes().zip(SHAPE).all(has_shape) {
        return None;
    }
    let number = |digits: Range<usize>| header.get(digits)?.parse::<u64>().ok();
    let name = header.as_bytes().get(8..11)?;
    let mut months = (1..).zip(MONTHS.as_chunks::<3>().0);
    let (month, _) = months.find(|(_, month)| *month == name)?;
    let days = days_from_civil(number(12..16)?, month, number(5..7)?)?;
    let (hour, minute, second) = (number(17..19)?, number(20..22)?, number(23..25)?);
    // 60 is a leap second.
    let in_range = hour < 24 && minute < 60 && second <= 60;
    in_range.then_some(days * DAY_S + hour * 3600 + minute * 60 + second)
}

/// Days since 1970-01-01 into year, month, day.
fn civil_from_days(days: u64) -> (u64, u64, u64) {
    // Years that begin in March put the leap day at the end, so that a month's start depends on nothing else.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = (shifted_month + 2) % 12 + 1;
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

/// The inverse, for dates that exist from 1970 on.
fn days_from_civil(year: u64, month: u64, day: u64) -> Option<u64> {
    let shifted_year = year.checked_sub(u64::from(month <= 2))?;
    let (era, year_of_era) = (shifted_year / 400, shifted_year % 400);
    let shifted_month = (month + 9) % 12;
    let day_of_year = (153 * shifted_month + 2) / 5 + day.checked_sub(1)?;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let days = (era * 146_097 + day_of_era).checked_sub(719_468)?;
    // 31 February would silently become 3 March.
    (civil_from_days(days) == (year, month, day)).then_some(days)
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
    fn timestamp_has_the_date_and_the_time_of_day() {
        for (moment, date, header) in MOMENTS {
            let time = header.split(' ').nth(4).unwrap();
            assert_eq!(utc_timestamp(moment), format!("{date}T{time}Z"));
        }
    }

    #[test]
    fn an_hour_in_china_is_eight_ahead_of_utc() {
        assert_eq!(hour(0, 8), "1970010108");
        assert_eq!(hour(1_551_110_399, 8), "2019022523");
        assert_eq!(hour(1_551_110_400, 8), "2019022600");
        assert_eq!(hour(1_709_251_199, 8), "2024030107");
    }

    #[test]
    fn an_http_date_names_the_moment_that_it_came_from() {
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

    #[test]
    fn the_service_day_ends_at_midnight_in_china() {
        // 2019-02-25 16:44:25 UTC is 00:44:25 of the 26th in China.
        assert_eq!(ms_until_hour(1_551_113_065, 8, 0), (86_400 - 2_665) * 1000);
        // One second before, at, and after midnight in China, which is 16:00 UTC.
        assert_eq!(ms_until_hour(1_551_110_399, 8, 0), 1_000);
        assert_eq!(ms_until_hour(1_551_110_400, 8, 0), 86_400_000);
        assert_eq!(ms_until_hour(1_551_110_401, 8, 0), 86_399_000);
        assert_eq!(ms_until_hour(1_551_110_400, 8, 8), 8 * 3_600_000);
    }
}
