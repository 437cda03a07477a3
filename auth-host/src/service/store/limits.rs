//! Counters by the hour, and leaky buckets.

use super::rows::all;
use super::writer::Result;
use rusqlite::{Connection, OptionalExtension, params};

/// An hour, in milliseconds.
pub const HOUR_MS: i64 = 3_600_000;

/// How far ahead a time may be that counts: concurrent requests are not written in the order of their times. A time
/// further ahead is from a clock that was wrong, and would otherwise count for as long as that clock was ahead.
pub const AHEAD_MS: i64 = 60_000;

/// A counter of a tenant: a scope, such as `sent`, and a subject, such as a country.
#[derive(Clone, Copy)]
pub struct Counter<'a> {
    /// Its tenant.
    pub tenant: &'a str,
    /// The kind of thing counted.
    pub scope: &'a str,
    /// The subject that it counts for.
    pub subject: &'a str,
}

impl<'a> Counter<'a> {
    /// A counter.
    pub const fn new(tenant: &'a str, scope: &'a str, subject: &'a str) -> Self {
        Self {
            tenant,
            scope,
            subject,
        }
    }

    /// Counts in the present hour; a negative count subtracts. The result is never below zero.
    pub fn add(self, db: &Connection, now: i64, count: i64) -> Result<()> {
        db.prepare_cached(
            "INSERT INTO counters (tenant, scope, subject, hour, count) VALUES (?1, ?2, ?3, ?4, max(?5, 0))
             ON CONFLICT (tenant, scope, subject, hour) DO UPDATE SET count = max(count + ?5, 0)",
        )?
        .execute(params![
            self.tenant,
            self.scope,
            self.subject,
            now / HOUR_MS,
            count
        ])?;
        Ok(())
    }

    /// The sum of the last hours, the present one included.
    pub fn sum(self, db: &Connection, now: i64, hours: i64) -> Result<i64> {
        Ok(db
            .prepare_cached(
                "SELECT coalesce(sum(count), 0) FROM counters
                 WHERE tenant = ?1 AND scope = ?2 AND subject = ?3 AND hour > ?4 AND hour <= ?5",
            )?
            .query_row(
                params![
                    self.tenant,
                    self.scope,
                    self.subject,
                    now / HOUR_MS - hours,
                    last_hour(now)
                ],
                |row| row.get(0),
            )?)
    }

    /// The sums of the last hours for every subject of the scope.
    pub fn by_subject(self, db: &Connection, now: i64, hours: i64) -> Result<Vec<(String, i64)>> {
        all(
            db,
            "SELECT subject, sum(count) FROM counters WHERE tenant = ?1 AND scope = ?2 AND hour > ?3 AND hour <= ?4
             GROUP BY subject ORDER BY subject",
            params![
                self.tenant,
                self.scope,
                now / HOUR_MS - hours,
                last_hour(now)
            ],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
    }

    /// The counts of the last hours that have any, the present one included.
    pub fn by_hour(self, db: &Connection, now: i64, hours: i64) -> Result<Vec<(i64, i64)>> {
        all(
            db,
            "SELECT hour, count FROM counters WHERE tenant = ?1 AND scope = ?2 AND subject = ?3 AND hour > ?4
             AND hour <= ?5",
            params![
                self.tenant,
                self.scope,
                self.subject,
                now / HOUR_MS - hours,
                last_hour(now)
            ],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
    }
}

/// The last hour that counts.
const fn last_hour(now: i64) -> i64 {
    (now + AHEAD_MS) / HOUR_MS
}

/// The sums of a scope's subjects in each of the last hours that has any.
pub fn by_hour(
    db: &Connection,
    tenant: &str,
    scope: &str,
    now: i64,
    hours: i64,
) -> Result<Vec<(i64, i64)>> {
    all(
        db,
        "SELECT hour, sum(count) FROM counters WHERE tenant = ?1 AND scope = ?2 AND hour > ?3 AND hour <= ?4
         GROUP BY hour",
        params![tenant, scope, now / HOUR_MS - hours, last_hour(now)],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// The scope of the counters of segments that were sent.
pub const SENT: &str = "sent";

/// The scope of the counters of messages by calling code, outside of the tenant's own countries.
pub const PREFIX: &str = "prefix";

/// The scope of the counters of codes used, by country.
pub const VERIFIED: &str = "verified";

/// The scope of the counters of messages by the network of people's addresses.
pub const NETWORK: &str = "network";

/// The scope of the counters of codes used, by that network.
pub const VERIFIED_NETWORK: &str = "verified-network";

/// The scope of the buckets of wrong codes. Their subject is the keyed hash of a number.
pub const WRONG_CODES: &str = "failures";

/// A leaky bucket: its level falls by its capacity in a period.
#[derive(Clone, Copy)]
pub struct Bucket<'a> {
    /// Its tenant.
    pub tenant: &'a str,
    /// The kind of thing that fills it.
    pub scope: &'a str,
    /// The subject that it counts for.
    pub subject: &'a [u8],
    /// Its capacity.
    pub capacity: f64,
    /// The time in which it empties, in milliseconds.
    pub period_ms: i64,
}

impl Bucket<'_> {
    /// Its level now.
    pub fn level(self, db: &Connection, now: i64) -> Result<f64> {
        let found: Option<(f64, i64)> = db
            .prepare_cached(
                "SELECT level, at FROM buckets WHERE tenant = ?1 AND scope = ?2 AND subject = ?3",
            )?
            .query_row(params![self.tenant, self.scope, self.subject], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .optional()?;
        Ok(found.map_or(0.0, |(level, at)| self.leaked(level, now - at)))
    }

    /// The level that remains after a time. A clock that was set back leaks nothing: see [`correct`].
    fn leaked(self, level: f64, elapsed_ms: i64) -> f64 {
        let elapsed = elapsed_ms.clamp(0, self.period_ms) as f64;
        (level - self.capacity * elapsed / self.period_ms as f64).clamp(0.0, self.capacity)
    }

    /// Adds an amount, or subtracts it, up to the capacity. Returns the level before.
    pub fn add(self, db: &Connection, now: i64, amount: f64) -> Result<f64> {
        let before = self.level(db, now)?;
        let level = (before + amount).clamp(0.0, self.capacity);
        db.prepare_cached(
            "INSERT INTO buckets (tenant, scope, subject, level, at) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (tenant, scope, subject) DO UPDATE SET level = ?4, at = ?5",
        )?
        .execute(params![self.tenant, self.scope, self.subject, level, now])?;
        Ok(before)
    }

    /// Adds to two buckets of one subject, or subtracts, up to their capacities. Returns the levels before.
    pub fn add_to_both(
        pair: [Self; 2],
        db: &Connection,
        now: i64,
        amount: f64,
    ) -> Result<[f64; 2]> {
        let [first, second] = pair;
        let (tenant, subject) = (first.tenant, first.subject);
        let found: Vec<(String, f64, i64)> = all(
            db,
            // For IN, SQLite would make a table of its own at each call.
            "SELECT scope, level, at FROM buckets WHERE tenant = ?1 AND scope = ?2 AND subject = ?4
             UNION ALL SELECT scope, level, at FROM buckets WHERE tenant = ?1 AND scope = ?3 AND subject = ?4",
            params![tenant, first.scope, second.scope, subject],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )?;
        let before = pair.map(|bucket| {
            let row = found.iter().find(|(scope, ..)| scope == bucket.scope);
            row.map_or(0.0, |(_, level, at)| bucket.leaked(*level, now - at))
        });
        let added = |bucket: Self, level: f64| (level + amount).clamp(0.0, bucket.capacity);
        let [of_first, of_second] = before;
        db.prepare_cached(
            "INSERT INTO buckets (tenant, scope, subject, level, at) VALUES (?1, ?2, ?4, ?5, ?7), (?1, ?3, ?4, ?6, ?7)
             ON CONFLICT (tenant, scope, subject) DO UPDATE SET level = excluded.level, at = excluded.at",
        )?
        .execute(params![
            tenant,
            first.scope,
            second.scope,
            subject,
            added(first, of_first),
            added(second, of_second),
            now
        ])?;
        Ok(before)
    }

    /// Empties it. Returns true if there was anything in it.
    pub fn clear(self, db: &Connection) -> Result<bool> {
        let removed = db.execute(
            "DELETE FROM buckets WHERE tenant = ?1 AND scope = ?2 AND subject = ?3",
            params![self.tenant, self.scope, self.subject],
        )?;
        Ok(removed > 0)
    }

    /// The time until it has capacity for one more, in milliseconds.
    pub fn wait_ms(self, level: f64) -> i64 {
        let over = level + 1.0 - self.capacity;
        (over.max(0.0) * self.period_ms as f64 / self.capacity).ceil() as i64
    }
}

/// Makes buckets that were filled by a clock that was ahead empty from now on.
pub fn correct(db: &Connection, now: i64) -> Result<usize> {
    Ok(db.execute(
        "UPDATE buckets SET at = ?1 WHERE at > ?2",
        [now, now + AHEAD_MS],
    )?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten in a day: one is forgiven every 2.4 hours.
    #[test]
    fn bucket_forgives_one_every_tenth_of_its_period() {
        let bucket = Bucket {
            tenant: "t",
            scope: "s",
            subject: b"n",
            capacity: 10.0,
            period_ms: 24 * HOUR_MS,
        };
        let tenth = 24 * HOUR_MS / 10;
        for (level, elapsed, left) in [
            (10.0, 0, 10.0),
            (10.0, tenth, 9.0),
            (10.0, 10 * tenth, 0.0),
            (10.0, 100 * tenth, 0.0),
            (1.0, 5 * tenth, 0.0),
            (5.0, -tenth, 5.0),
        ] {
            assert!(
                (bucket.leaked(level, elapsed) - left).abs() < 1e-9,
                "{level} {elapsed}"
            );
        }
        assert_eq!(bucket.wait_ms(10.0), tenth);
        assert_eq!(bucket.wait_ms(9.5), tenth / 2);
        assert_eq!(bucket.wait_ms(9.0), 0);
        assert_eq!(bucket.wait_ms(0.0), 0);
    }
}
