//! Identifiers and times, made by the program and not by the database.

use std::time::{SystemTime, UNIX_EPOCH};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// An identifier that sorts by time: a prefix that names the kind, and a UUID of version 7 in 32 hexadecimal digits.
pub fn new(kind: &str) -> String {
    format!("{kind}_{}", uuid::Uuid::now_v7().simple())
}

/// Returns a lower bound of the identifiers of a kind that were made at a time or later, which is greater than all
/// before. The first 48 bits of a UUID of version 7 are its milliseconds (RFC 9562, section 5.7).
pub fn earliest(kind: &str, ms: i64) -> String {
    format!("{kind}_{:012x}", ms.clamp(0, (1 << 48) - 1))
}

/// Now, in milliseconds since 1970.
pub fn now_ms() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// A time in milliseconds as RFC 3339, always with three digits of fraction: such texts sort as their times.
pub fn rfc3339(ms: i64) -> String {
    let seconds = rfc3339_seconds(ms);
    let fraction = ms.rem_euclid(1000);
    match seconds.strip_suffix('Z') {
        Some(seconds) => format!("{seconds}.{fraction:03}Z"),
        None => seconds,
    }
}

/// A time in milliseconds as RFC 3339, to the second.
pub fn rfc3339_seconds(ms: i64) -> String {
    OffsetDateTime::from_unix_timestamp(ms.div_euclid(1000))
        .ok()
        .and_then(|time| time.format(&Rfc3339).ok())
        .unwrap_or_default()
}

/// The operating system has no random numbers.
#[derive(Debug, thiserror::Error)]
#[error("the operating system gave no random numbers: {0}")]
pub struct NoRandom(getrandom::Error);

/// Random bytes from the operating system.
///
/// # Errors
///
/// [`NoRandom`].
pub fn random<const N: usize>() -> Result<[u8; N], NoRandom> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(NoRandom)?;
    Ok(bytes)
}

/// A code of six digits, each value as likely as every other.
///
/// # Errors
///
/// [`NoRandom`].
pub fn code() -> Result<String, NoRandom> {
    const CODES: u32 = 1_000_000;
    // The largest multiple of a million that fits a u32: values beyond it would make small codes likelier.
    const FAIR: u32 = u32::MAX - u32::MAX % CODES;
    loop {
        let drawn = u32::from_le_bytes(random()?);
        if drawn < FAIR {
            return Ok(format!("{:06}", drawn % CODES));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_differ_and_sort_by_time() {
        let mut last = new("m");
        for _ in 0..100 {
            let next = new("m");
            assert!(next > last, "{next} {last}");
            last = next;
        }
        assert!(last.starts_with("m_") && last.len() == 34);
    }

    #[test]
    fn earliest_identifier_parts_times() {
        let before = now_ms();
        let id = new("m");
        let after = now_ms();
        assert!(earliest("m", before) < id, "{before} {id}");
        assert!(id < earliest("m", after + 1), "{id} {after}");
        assert_eq!(earliest("m", -5), "m_000000000000");
        assert_eq!(earliest("m", i64::MAX), "m_ffffffffffff");
    }

    #[test]
    fn times_have_three_digits_of_fraction() {
        for (ms, text, seconds) in [
            (0, "1970-01-01T00:00:00.000Z", "1970-01-01T00:00:00Z"),
            (
                1_796_068_779_400,
                "2026-11-30T19:59:39.400Z",
                "2026-11-30T19:59:39Z",
            ),
            (
                1_796_068_779_042,
                "2026-11-30T19:59:39.042Z",
                "2026-11-30T19:59:39Z",
            ),
            (-1, "1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59Z"),
            (i64::MAX, "", ""),
        ] {
            assert_eq!(rfc3339(ms), text);
            assert_eq!(rfc3339_seconds(ms), seconds);
        }
    }

    #[test]
    fn codes_are_six_digits() {
        for _ in 0..1000 {
            let code = code().unwrap();
            assert!(
                code.len() == 6 && code.bytes().all(|b| b.is_ascii_digit()),
                "{code}"
            );
        }
    }
}
