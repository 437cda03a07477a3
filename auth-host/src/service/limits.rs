//! Limits on sending: the volume for one number, one calling code, one network and one tenant.
//!
//! Every refusal is counted with its reason. The rule about unverified sends is that of Authgear's fraud protection: a
//! leaky bucket for each country and network, whose size grows with the codes that were used.

mod reason;

pub use reason::Reason;

use crate::service::catalog::Catalog;
use crate::service::number::Number;
use crate::service::store::limits::{
    AHEAD_MS, Bucket, Counter, HOUR_MS, NETWORK, PREFIX, SENT, VERIFIED, VERIFIED_NETWORK,
    WRONG_CODES,
};
use crate::service::store::registry::{TenantSettings, Unverified};
use crate::service::store::{Result, messages};
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

/// The scope of the counters of messages that would have been refused.
pub const WOULD_REFUSE: &str = "would-refuse";

/// The scope of the counters of requests that webhooks did not pass on, by webhook and reason.
pub const WEBHOOK: &str = "webhook";

/// A refusal of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Its reason.
    pub reason: Reason,
    /// When another attempt is useful, in milliseconds; none if only an operator can change it.
    pub retry_after_ms: Option<i64>,
}

const fn refusal(reason: Reason, retry_after_ms: Option<i64>) -> Refusal {
    Refusal {
        reason,
        retry_after_ms,
    }
}

/// A message that is about to be stored.
pub struct Asked<'a> {
    /// Its tenant.
    pub tenant: &'a str,
    /// The tenant's settings.
    pub settings: &'a TenantSettings,
    /// The recipient.
    pub number: &'a Number,
    /// The keyed hash of the recipient.
    pub number_hash: &'a [u8],
    /// The network of the person's address.
    pub network: Option<&'a str>,
    /// True if the use of its code will be reported: the rule about unverified sends applies.
    pub is_checked: bool,
}

/// A tenant as it sends: its settings, and the refusal of everything if a kill switch is on.
pub struct Sender {
    /// The settings.
    pub settings: TenantSettings,
    /// The refusal.
    pub stopped: Option<Refusal>,
}

/// A tenant as it sends now.
pub fn sender(catalog: &Catalog, tenant: &str) -> Option<Sender> {
    let settings = &catalog.tenants.get(tenant)?.settings;
    Some(Sender {
        settings: settings.clone(),
        stopped: stopped(catalog, settings),
    })
}

/// The reason why nothing at all is sent for a tenant, if there is one.
pub fn stopped(catalog: &Catalog, settings: &TenantSettings) -> Option<Refusal> {
    (catalog.is_stopped || settings.is_stopped).then_some(refusal(Reason::Stopped, None))
}

/// Decides on a message, and counts the decision.
pub fn decide(db: &Connection, now: i64, asked: &Asked<'_>) -> Result<Option<Refusal>> {
    let decision = match rates(db, now, asked)? {
        Some(refusal) => Some(refusal),
        None => unverified(db, now, asked)?,
    };
    if let Some(refusal) = decision {
        count(db, now, asked.tenant, REFUSED, refusal.reason.as_str())?;
    } else {
        for (scope, subject) in asked.counted() {
            count(db, now, asked.tenant, scope, subject)?;
        }
    }
    Ok(decision)
}

impl Asked<'_> {
    /// The counters of a message that is sent.
    fn counted(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let network = self.network.map(|network| (NETWORK, network));
        // Countries share calling codes: those at home do not use up their neighbours' share.
        let prefix = (!self.is_home()).then(|| (PREFIX, self.number.prefix()));
        [(SENT, "")].into_iter().chain(prefix).chain(network)
    }

    /// Returns true if the number is of one of the tenant's own countries.
    fn is_home(&self) -> bool {
        let mut home = self.settings.home_countries.iter();
        home.any(|home| home == self.number.country())
    }
}

/// Counts one.
pub fn count(db: &Connection, now: i64, tenant: &str, scope: &str, subject: &str) -> Result<()> {
    Counter::new(tenant, scope, subject).add(db, now, 1)
}

/// The refusal by the limit that lasts longest, if there are several: the others pass before it.
fn rates(db: &Connection, now: i64, asked: &Asked<'_>) -> Result<Option<Refusal>> {
    let mut refusals = Vec::new();
    let (tenant, settings) = (asked.tenant, asked.settings);
    for (reason, wait_ms) in of_number(db, now, settings, tenant, asked.number_hash)? {
        refusals.push(refusal(reason, Some(wait_ms.max(1000))));
    }
    let prefix = (!asked.is_home()).then(|| asked.number.prefix());
    for (reason, scope, subject, most) in [
        (Reason::PrefixADay, PREFIX, prefix, settings.prefix_a_day),
        (
            Reason::NetworkADay,
            NETWORK,
            asked.network,
            settings.network_a_day,
        ),
        (
            Reason::SegmentsADay,
            SENT,
            Some(""),
            settings.segments_a_day,
        ),
    ] {
        let Some(subject) = subject else { continue };
        let counter = Counter::new(tenant, scope, subject);
        if counter.sum(db, now, HOURS_A_DAY)? >= most.into() {
            let counts = counter.by_hour(db, now, HOURS_A_DAY)?;
            let wait_ms = until_below(&counts, now, most.into());
            refusals.push(refusal(reason, Some(wait_ms)));
        }
    }
    Ok(refusals.into_iter().max_by_key(|one| one.retry_after_ms))
}

/// The limits of a number that are reached, and how long each lasts, in milliseconds.
fn of_number(
    db: &Connection,
    now: i64,
    settings: &TenantSettings,
    tenant: &str,
    hash: &[u8],
) -> Result<impl Iterator<Item = (Reason, i64)>> {
    let (ten_minutes, day) = (settings.number_in_ten_minutes, settings.number_a_day);
    let most = day.max(ten_minutes);
    let sent = messages::to_number_in(db, tenant, hash, now - DAY_MS..now + AHEAD_MS, most)?;
    let limits = [
        (Reason::NumberInTenMinutes, TEN_MINUTES_MS, ten_minutes),
        (Reason::NumberADay, DAY_MS, day),
    ];
    Ok(limits
        .into_iter()
        .filter_map(move |(reason, period, most)| {
            Some((reason, wait_ms(&sent, now, period, most)?))
        }))
}

/// When a number's own limits allow another message to it, if one of them is reached.
pub fn number_free_at(
    db: &Connection,
    now: i64,
    settings: &TenantSettings,
    tenant: &str,
    hash: &[u8],
) -> Result<Option<i64>> {
    let waits = of_number(db, now, settings, tenant, hash)?;
    Ok(waits.map(|(_, wait_ms)| now + wait_ms).max())
}

/// How long until the counts of a day are below `most`: an hour's count leaves when it is 24 hours old. One day if they
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

/// How long until fewer than `most` of the times, newest first, are within the period; none if they are now.
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
        Unverified::Enforce => Ok(Some(refusal(Reason::Unverified, wait_ms))),
        Unverified::RecordOnly => {
            count(
                db,
                now,
                asked.tenant,
                WOULD_REFUSE,
                Reason::Unverified.as_str(),
            )?;
            Ok(None)
        }
    }
}

/// Counts a code that was used, for the figures of a country.
pub fn count_verified(db: &Connection, now: i64, tenant: &str, country: &str) -> Result<()> {
    count(db, now, tenant, VERIFIED, country)
}

/// Records that the code of a verification was used.
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

/// The buckets of a country and, if known, of a network, for a day and for an hour. Their size depends on the number of
/// codes used lately.
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
    let used = Counter::new(tenant, VERIFIED, country);
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
        let used = Counter::new(tenant, VERIFIED_NETWORK, network);
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

/// The numbers of codes used lately.
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

/// How long a number is locked after too many wrong codes, in milliseconds; zero if it is not.
pub fn locked_ms(db: &Connection, now: i64, tenant: &str, number_hash: &[u8]) -> Result<i64> {
    let failures = failures(tenant, number_hash);
    Ok(failures.wait_ms(failures.level(db, now)?))
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
mod tests;
