//! Limits on sending: what one number, one calling code, one network and one tenant may cost.
//!
//! Every refusal is counted with its reason. The rule about unverified sends is that of Authgear's fraud protection: a
//! leaky bucket for each country and network, whose size grows with the codes that were used.

use crate::catalog::Catalog;
use crate::number::Number;
use crate::store::limits::{Bucket, Counter, HOUR_MS, NETWORK, VERIFIED_NETWORK, WRONG_CODES};
use crate::store::registry::{TenantSettings, Unverified};
use crate::store::{Result, messages};
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::net::IpAddr;

const HOURS_A_DAY: i64 = 24;
const DAY_MS: i64 = HOURS_A_DAY * HOUR_MS;
const TEN_MINUTES_MS: i64 = 600_000;

/// Wrong codes of one number in 24 hours, across all its verifications.
pub const FAILURES: f64 = 10.0;

/// The scope of the counters of refusals, by reason.
pub const REFUSED: &str = "refused";

/// The scope of the counters of what would have been refused.
pub const WOULD_REFUSE: &str = "would-refuse";

/// The scope of the counters of what webhooks did not pass on, by webhook and reason.
pub const WEBHOOK: &str = "webhook";

/// The reasons of refusals by a limit. A person can wait for each of them to pass.
pub const REASONS: [&str; 6] = [
    "number-in-ten-minutes",
    "number-a-day",
    "prefix-a-day",
    "network-a-day",
    "segments-a-day",
    "unverified",
];

/// Why a message is not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// A stable word.
    pub reason: &'static str,
    /// When another attempt is sane, in milliseconds; none where only an operator can change it.
    pub retry_after_ms: Option<i64>,
}

const fn refusal(reason: &'static str, retry_after_ms: Option<i64>) -> Refusal {
    Refusal {
        reason,
        retry_after_ms,
    }
}

/// A message that is about to be written down.
pub struct Asked<'a> {
    /// Whose it is.
    pub tenant: &'a str,
    /// The tenant's settings.
    pub settings: &'a TenantSettings,
    /// The recipient.
    pub number: &'a Number,
    /// The keyed hash of the recipient.
    pub number_hash: &'a [u8],
    /// The network of the person's address.
    pub network: Option<&'a str>,
    /// Whether the use of its code will be reported: the rule about unverified sends applies.
    pub is_checked: bool,
}

/// The reason why nothing at all is sent for a tenant, if there is one.
pub fn stopped(catalog: &Catalog, settings: &TenantSettings) -> Option<Refusal> {
    (catalog.is_stopped || settings.is_stopped).then_some(refusal("stopped", None))
}

/// Decides on a message, and counts the decision.
pub fn decide(db: &Connection, now: i64, asked: &Asked<'_>) -> Result<Option<Refusal>> {
    let decision = match rates(db, now, asked)? {
        Some(refusal) => Some(refusal),
        None => unverified(db, now, asked)?,
    };
    if let Some(refusal) = decision {
        count(db, now, asked.tenant, REFUSED, refusal.reason)?;
    } else {
        for (scope, subject) in asked.counted() {
            count(db, now, asked.tenant, scope, subject)?;
        }
    }
    Ok(decision)
}

impl Asked<'_> {
    /// What a message that is sent counts towards.
    fn counted(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let network = self.network.map(|network| (NETWORK, network));
        // Countries share calling codes: those at home do not use up their neighbours' share.
        let prefix = (!self.is_home()).then(|| ("prefix", self.number.prefix()));
        [("sent", "")].into_iter().chain(prefix).chain(network)
    }

    /// Whether the number is of one of the tenant's own countries.
    fn is_home(&self) -> bool {
        let mut home = self.settings.home_countries.iter();
        home.any(|home| home == self.number.country())
    }
}

fn count(db: &Connection, now: i64, tenant: &str, scope: &str, subject: &str) -> Result<()> {
    let counter = Counter {
        tenant,
        scope,
        subject,
    };
    counter.add(db, now, 1)
}

/// The refusal by the limit that lasts longest, where there are several: the others pass before it.
fn rates(db: &Connection, now: i64, asked: &Asked<'_>) -> Result<Option<Refusal>> {
    let mut refusals = Vec::new();
    let settings = asked.settings;
    let most = settings.number_a_day.max(settings.number_in_ten_minutes);
    let (tenant, hash) = (asked.tenant, asked.number_hash);
    let sent = messages::to_number_since(db, tenant, hash, now - DAY_MS, most)?;
    for (reason, period, most) in [
        (
            "number-in-ten-minutes",
            TEN_MINUTES_MS,
            settings.number_in_ten_minutes,
        ),
        ("number-a-day", DAY_MS, settings.number_a_day),
    ] {
        if let Some(wait_ms) = wait_ms(&sent, now, period, most) {
            refusals.push(refusal(reason, Some(wait_ms.max(1000))));
        }
    }
    let prefix = (!asked.is_home()).then(|| asked.number.prefix());
    for (reason, scope, subject, most) in [
        ("prefix-a-day", "prefix", prefix, settings.prefix_a_day),
        (
            "network-a-day",
            NETWORK,
            asked.network,
            settings.network_a_day,
        ),
        ("segments-a-day", "sent", Some(""), settings.segments_a_day),
    ] {
        let Some(subject) = subject else { continue };
        let counter = Counter {
            tenant,
            scope,
            subject,
        };
        if counter.sum(db, now, HOURS_A_DAY)? >= most.into() {
            let counts = counter.by_hour(db, now, HOURS_A_DAY)?;
            let wait_ms = until_below(&counts, now, most.into());
            refusals.push(refusal(reason, Some(wait_ms)));
        }
    }
    Ok(refusals.into_iter().max_by_key(|one| one.retry_after_ms))
}

/// How long until the counts of a day are below `most`: an hour's count leaves when it is 24 hours old. A day where they
/// never are.
fn until_below(counts: &[(i64, i64)], now: i64, most: i64) -> i64 {
    let this_hour = now / HOUR_MS;
    let sum_in = |hours: &i64| -> i64 {
        let first = this_hour + hours - HOURS_A_DAY;
        let left = counts.iter().filter(|(hour, _)| *hour > first);
        left.map(|(_, count)| count).sum()
    };
    let below = (1..HOURS_A_DAY).find(|hours| sum_in(hours) < most);
    (this_hour + below.unwrap_or(HOURS_A_DAY)) * HOUR_MS - now
}

/// How long until fewer than `most` of the times, newest first, are within the period; none where that is so now.
fn wait_ms(newest_first: &[i64], now: i64, period: i64, most: u32) -> Option<i64> {
    let Some(nth) = most.checked_sub(1) else {
        return Some(period);
    };
    let time = newest_first.get(nth as usize)?;
    Some(time + period - now).filter(|wait_ms| *wait_ms > 0)
}

/// The rule about unverified sends: the levels go up before each send, refused ones included, and down with each code
/// that is used.
fn unverified(db: &Connection, now: i64, asked: &Asked<'_>) -> Result<Option<Refusal>> {
    if !asked.is_checked {
        return Ok(None);
    }
    let mut wait_ms = None;
    for pair in rules(db, now, asked.tenant, asked.number.country(), asked.network)? {
        let before = Bucket::add_to_both(pair, db, now, 1.0)?;
        for (rule, level) in pair.iter().zip(before) {
            if level + 1.0 > rule.capacity {
                wait_ms = wait_ms.max(Some(rule.wait_ms(rule.capacity)));
            }
        }
    }
    if wait_ms.is_none() {
        return Ok(None);
    }
    match asked.settings.unverified {
        Unverified::Enforce => Ok(Some(refusal("unverified", wait_ms))),
        Unverified::RecordOnly => {
            count(db, now, asked.tenant, WOULD_REFUSE, "unverified")?;
            Ok(None)
        }
    }
}

/// Counts a code that was used, for the figures of a country.
pub fn count_verified(db: &Connection, now: i64, tenant: &str, country: &str) -> Result<()> {
    count(db, now, tenant, "verified", country)
}

/// Notes that the code of a verification was used.
pub fn verified(
    db: &Connection,
    now: i64,
    tenant: &str,
    country: &str,
    network: Option<&str>,
) -> Result<()> {
    count_verified(db, now, tenant, country)?;
    if let Some(network) = network {
        count(db, now, tenant, VERIFIED_NETWORK, network)?;
    }
    for pair in rules(db, now, tenant, country, network)? {
        Bucket::add_to_both(pair, db, now, -1.0)?;
    }
    Ok(())
}

/// The buckets of a country and, where it is known, of a network, for a day and for an hour: each as large as the codes
/// allow that were used of late.
fn rules<'a>(
    db: &Connection,
    now: i64,
    tenant: &'a str,
    country: &'a str,
    network: Option<&'a str>,
) -> Result<Vec<[Bucket<'a>; 2]>> {
    let bucket = |scope, subject: &'a str, hours: i64, capacity| Bucket {
        tenant,
        scope,
        subject: subject.as_bytes(),
        capacity,
        period_ms: hours * HOUR_MS,
    };
    let used = Counter {
        tenant,
        scope: "verified",
        subject: country,
    };
    let Used { largest, day, hour } = Used::of(&used.by_hour(db, now, 14 * 24)?, now / HOUR_MS);
    let mut rules = vec![[
        bucket(
            "unverified-country-day",
            country,
            24,
            capacity(false, 24, largest, day, hour),
        ),
        bucket(
            "unverified-country-hour",
            country,
            1,
            capacity(false, 1, largest, day, hour),
        ),
    ]];
    if let Some(network) = network {
        let used = Counter {
            tenant,
            scope: VERIFIED_NETWORK,
            subject: network,
        };
        let day = used.sum(db, now, 24)? as f64;
        rules.push([
            bucket(
                "unverified-network-day",
                network,
                24,
                capacity(true, 24, 0.0, day, 0.0),
            ),
            bucket(
                "unverified-network-hour",
                network,
                1,
                capacity(true, 1, 0.0, day, 0.0),
            ),
        ]);
    }
    Ok(rules)
}

/// How many codes were used of late.
#[derive(Debug, PartialEq)]
struct Used {
    /// On the day that had most of them.
    largest: f64,
    /// In the last 24 hours.
    day: f64,
    /// In the present hour.
    hour: f64,
}

impl Used {
    /// Sums counts by the hour. A day of the largest begins at midnight UTC.
    fn of(by_hour: &[(i64, i64)], this_hour: i64) -> Self {
        let since = |first: i64| {
            let counts = by_hour.iter().filter(|(hour, _)| *hour >= first);
            counts.map(|(_, count)| *count).sum::<i64>() as f64
        };
        let mut days: BTreeMap<i64, i64> = BTreeMap::new();
        for (hour, count) in by_hour {
            *days.entry(hour / 24).or_default() += count;
        }
        Self {
            largest: days.into_values().max().unwrap_or(0) as f64,
            day: since(this_hour - 23),
            hour: since(this_hour),
        }
    }
}

/// The largest level, by the published formula: `largest` day of the last 14, codes used in the last `day` and `hour`.
fn capacity(is_network: bool, hours: i64, largest: f64, day: f64, hour: f64) -> f64 {
    let parts: [f64; 3] = match (is_network, hours) {
        (false, 24) => [20.0, 0.3 * largest, 0.3 * day],
        (false, _) => [3.0, 0.2 * largest / 6.0, 0.2 * hour],
        (true, 24) => [10.0, 0.3 * day, 0.0],
        (true, _) => [5.0, 0.2 * day / 6.0, 0.0],
    };
    parts.into_iter().fold(0.0, f64::max)
}

/// The bucket of wrong codes of a number.
pub fn failures<'a>(tenant: &'a str, number_hash: &'a [u8]) -> Bucket<'a> {
    Bucket {
        tenant,
        scope: WRONG_CODES,
        subject: number_hash,
        capacity: FAILURES,
        period_ms: DAY_MS,
    }
}

/// The network of a person's address: /24 of IPv4, /64 of IPv6.
pub fn network(address: IpAddr) -> String {
    let (address, bits) = match address.to_canonical() {
        IpAddr::V4(v4) => (IpAddr::V4(v4), 24),
        IpAddr::V6(v6) => (IpAddr::V6(v6), 64),
    };
    ipnet::IpNet::new(address, bits).map_or_else(|_| String::new(), |net| net.trunc().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids;
    use crate::store::StoreError;
    use crate::test_app::{TestApp, add_message};

    /// The figures of the published rule: country 24 h max(20, 0.3 of the largest day, 0.3 of the codes used in 24 h);
    /// 1 h max(3, 0.2 of a sixth of the largest day, 0.2 of those of the hour); network 24 h max(10, 0.3), 1 h
    /// max(5, 0.2 of a sixth).
    #[test]
    fn capacity_follows_the_published_formula() {
        for (is_network, hours, largest, day, hour, capacity_is) in [
            (false, 24, 0.0, 0.0, 0.0, 20.0),
            (false, 24, 100.0, 10.0, 0.0, 30.0),
            (false, 24, 10.0, 100.0, 0.0, 30.0),
            (false, 1, 0.0, 0.0, 0.0, 3.0),
            (false, 1, 300.0, 0.0, 0.0, 10.0),
            (false, 1, 0.0, 0.0, 50.0, 10.0),
            (true, 24, 0.0, 0.0, 0.0, 10.0),
            (true, 24, 0.0, 100.0, 0.0, 30.0),
            (true, 1, 0.0, 0.0, 0.0, 5.0),
            (true, 1, 0.0, 300.0, 0.0, 10.0),
        ] {
            let found = capacity(is_network, hours, largest, day, hour);
            assert!(
                (found - capacity_is).abs() < 1e-9,
                "{is_network} {hours} {found}"
            );
        }
    }

    #[test]
    fn codes_used_are_summed_by_day_and_hour() {
        let now = 100 * 24 + 5;
        let counts = [
            (now - 48, 9), // The day before yesterday.
            (now - 24, 4), // Yesterday, and no longer within 24 hours.
            (now - 23, 7),
            (now - 1, 2),
            (now, 1),
        ];
        let used = |largest, day, hour| Used { largest, day, hour };
        assert_eq!(Used::of(&counts, now), used(11.0, 10.0, 1.0));
        assert_eq!(Used::of(&[], now), used(0.0, 0.0, 0.0));
        assert_eq!(Used::of(&counts[..1], now), used(9.0, 0.0, 0.0));
    }

    /// A number waits until the message leaves the period that makes it one too many.
    #[test]
    fn number_waits_until_message_leaves_period() {
        let times = [950, 900, 200];
        for (period, most, wait) in [
            (100, 1, Some(50)),
            (100, 2, None), // Sent 100 ago: no longer within the period.
            (101, 2, Some(1)),
            (1000, 3, Some(200)),
            (1000, 4, None),
            (1000, 0, Some(1000)),
        ] {
            assert_eq!(wait_ms(&times, 1000, period, most), wait, "{period} {most}");
        }
        assert_eq!(wait_ms(&[], 1000, 1000, 1), None);
    }

    /// Hours 80, 90 and 100 of a clock that shows a quarter past 100.
    #[test]
    fn day_waits_until_enough_hours_are_a_day_old() {
        let now = 100 * HOUR_MS + HOUR_MS / 4;
        let counts = [(80, 3), (90, 2), (100, 1)];
        let hours = |hours: f64| (hours * HOUR_MS as f64) as i64;
        for (most, wait) in [
            (6, hours(3.75)), // Hour 80 leaves at 104.
            (4, hours(3.75)),
            (3, hours(13.75)), // Hour 90 leaves at 114.
            (2, hours(13.75)),
            (1, hours(23.75)),
            (0, hours(23.75)), // Never below.
        ] {
            assert_eq!(until_below(&counts, now, most), wait, "{most}");
        }
    }

    /// A decision by the rules of these settings, at these times after the first, in seconds.
    async fn decided(settings: TenantSettings, times: &'static [i64]) -> Vec<Option<Refusal>> {
        let host = TestApp::new().await;
        let written = host.app.store.write(move |db| {
            let number = Number::parse("+8613800138000", None).unwrap();
            let now = ids::now_ms();
            let decide_at = |seconds: &i64| {
                let at = now + seconds * 1000;
                let asked = Asked {
                    tenant: "default",
                    settings: &settings,
                    number: &number,
                    number_hash: b"n",
                    network: None,
                    is_checked: true,
                };
                let decision = decide(db, at, &asked)?;
                if decision.is_none() {
                    add_message(db, "default", b"n", at)?;
                }
                Ok::<_, StoreError>(decision)
            };
            times.iter().map(decide_at).collect::<Result<Vec<_>>>()
        });
        written.await.unwrap()
    }

    fn refused(reason: &'static str, seconds: i64) -> Option<Refusal> {
        Some(refusal(reason, Some(seconds * 1000)))
    }

    /// Whoever waits as long as they were told is not refused again by a limit that was reached before.
    #[tokio::test]
    async fn limit_that_lasts_longest_is_the_one_that_is_told() {
        let settings = |segments_a_day| TenantSettings {
            number_in_ten_minutes: 2,
            number_a_day: 3,
            segments_a_day,
            ..TenantSettings::default()
        };
        let told = decided(settings(1000), &[0, 10, 20, 610, 611]).await;
        let expected = [
            None,
            None,
            refused("number-in-ten-minutes", 580),
            None,
            refused("number-a-day", 86_400 - 611),
        ];
        assert_eq!(told, expected);
        let told = decided(settings(2), &[0, 10, 20]).await;
        let Some(Refusal { reason, .. }) = told[2] else {
            panic!("{told:?}");
        };
        assert_eq!(reason, "segments-a-day");
    }

    /// Refused messages count as well, so the bucket is full: three an hour, twenty a day.
    #[tokio::test]
    async fn unverified_rule_tells_when_it_takes_another() {
        let settings = TenantSettings {
            unverified: Unverified::Enforce,
            number_in_ten_minutes: 100,
            number_a_day: 100,
            ..TenantSettings::default()
        };
        let told = decided(settings, &[0, 0, 0, 0, 1199, 2399, 2400]).await;
        let again = refused("unverified", 1200);
        assert_eq!(told, [None, None, None, again, again, None, again]);
    }

    #[test]
    fn network_is_a_prefix_of_the_address() {
        for (address, found) in [
            ("203.0.113.9", "203.0.113.0/24"),
            ("::ffff:203.0.113.9", "203.0.113.0/24"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ] {
            assert_eq!(network(address.parse().unwrap()), found);
        }
    }
}
