//! Limits of each call, and of the number of calls.
//!
//! Every default is far above what an honest connector needs and far below what would hurt the host. Measure before
//! raising one. `tests/limits.rs` finds the least of each limit with which the reference connector still sends, and
//! requires the defaults to be several times that. `docs/defaults.md` has the reasons.

use auth_connector_package::{Caps, Limit};
use std::time::Duration;

/// The caps on every call. `Limits::default()` is safe for untrusted plugins.
#[derive(Clone, Debug)]
pub struct Limits {
    /// How long a plugin has for a call, waiting included; [`Limits::grace`] later the host ends it. A message's own
    /// `timeout-ms` can only be lower. Default 10 s: a connector's own limit is 8 s.
    pub call_timeout: Duration,
    /// How long the host waits beyond the plugin's deadline for the plugin's own verdict, before it stops the
    /// instance and gives its own. Default 500 ms.
    pub grace: Duration,
    /// How long a call may wait for a free instance. Default 1 s.
    pub queue_timeout: Duration,
    /// How long a call may compute, in guest code and in the host functions that it calls, waiting excluded, to
    /// the nearest 10 ms. On a busy machine waiting for a core counts. Beyond its first 10 ms a call computes in turns
    /// with the others of its tenant, and calls without a tenant with each other. Default 500 ms.
    pub compute: Duration,
    /// How many calls run at once; the rest queue, and tenants take turns. Default 128, which is at most
    /// 1 GiB of memory for hostile plugins.
    pub concurrent_calls: u32,
    /// How many calls may wait, all tenants together. Default 1,024: what the default number of instances works off
    /// within [`Limits::queue_timeout`] at 100 ms a call. More would wait in vain.
    pub queued_calls: u32,
    /// How many tenants are remembered for the rate that they used. Default 10,000. Beyond it the ones that called
    /// longest ago are forgotten, and have their burst back.
    pub tenants: usize,
    /// Linear memory of a call, all its memories together, in bytes. Default 8 MiB; the reference
    /// connector begins with 192 KiB.
    pub memory_bytes: usize,
    /// Elements in a table of an instance. Default 4,096; the reference connector needs fewer than 100.
    pub table_elements: usize,
    /// Handles a call may hold: requests, bodies, streams, pollables, fields. Each stands for memory of the host's, up
    /// to 16 KiB for a request: 11 of headers, 4 of path and query, 272 bytes of authority, 32 of method, which is also
    /// all that a request may have. Default 128.
    pub handles: usize,
    /// Bytes that one crossing of the boundary may carry. Default 2 MiB.
    pub crossing_bytes: usize,
    /// HTTP requests per call. Default 16, which a look-up may use up; a send makes at most two.
    pub requests: u32,
    /// HTTP requests that a call may have under way at once, unread answers included. Each is a socket. Default 4:
    /// hostile calls leave half of the 1,024 files that a process may open on many systems; a send has one.
    pub requests_at_once: u32,
    /// Bytes of a request body. Default 256 KiB.
    pub request_body_bytes: u64,
    /// Bytes of a response body. Default 1 MiB.
    pub response_body_bytes: u64,
    /// The longest to resolve, connect and shake hands. Default 5 s.
    pub connect_timeout: Duration,
    /// How long an idle connection is kept. Default 30 s, below the 60 to 75 s after which common servers
    /// close theirs, so a request rarely meets a dying connection: one that does is never sent twice, and is lost.
    pub idle_timeout: Duration,
    /// Idle connections kept by the host, all tenants, plugins and origins together. Default 256: with what calls
    /// hold, three quarters of the files that a process may open on many systems. Beyond it the one that was used least
    /// recently is closed.
    pub idle_connections: usize,
    /// Idle connections kept for each owner, which is a tenant with one plugin. Default 32: a tenant's share of
    /// [`Limits::concurrent_calls`].
    pub idle_connections_each: usize,
    /// Connections of the host, in use, idle or being made. None, the default: [`Limits::requests_at_once`] of each of
    /// [`Limits::concurrent_calls`], and [`Limits::idle_connections`], which is 768. Beyond it idle ones are closed, and
    /// where there are none a request ends as *not sent*.
    pub connections: Option<usize>,
    /// Connections of each owner, in use, idle or being made. None, the default: half of the host's. A tenant with a
    /// quarter of the calls holds 160 at most.
    pub connections_each: Option<usize>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            call_timeout: Duration::from_secs(10),
            grace: Duration::from_millis(500),
            queue_timeout: Duration::from_secs(1),
            compute: Duration::from_millis(500),
            concurrent_calls: 128,
            queued_calls: 1024,
            tenants: 10_000,
            memory_bytes: 8 << 20,
            table_elements: 4096,
            handles: 128,
            crossing_bytes: 2 << 20,
            requests: 16,
            requests_at_once: 4,
            request_body_bytes: 256 << 10,
            response_body_bytes: 1 << 20,
            connect_timeout: Duration::from_secs(5),
            idle_timeout: Duration::from_secs(30),
            idle_connections: 256,
            idle_connections_each: 32,
            connections: None,
            connections_each: None,
        }
    }
}

impl Limits {
    /// The limits that a manifest may request, in the units of its keys. No grant is higher.
    pub fn caps(&self) -> Caps {
        Limit::ALL
            .map(|limit| (limit, self.of(limit)))
            .into_iter()
            .collect()
    }

    /// The same, as far as these caps reach.
    pub(crate) fn within(&self, caps: &Caps) -> Self {
        let mut limits = self.clone();
        for limit in Limit::ALL {
            let cap = caps.of(limit);
            if cap < self.of(limit) {
                limits.set(limit, cap);
            }
        }
        limits
    }

    fn of(&self, limit: Limit) -> u64 {
        let wide = |value: usize| u64::try_from(value).unwrap_or(u64::MAX);
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        match limit {
            Limit::CallTimeout => millis(self.call_timeout),
            Limit::Compute => millis(self.compute),
            Limit::Memory => wide(self.memory_bytes),
            Limit::TableElements => wide(self.table_elements),
            Limit::Handles => wide(self.handles),
            Limit::Requests => self.requests.into(),
            Limit::RequestBody => self.request_body_bytes,
            Limit::ResponseBody => self.response_body_bytes,
        }
    }

    fn set(&mut self, limit: Limit, to: u64) {
        let narrow = usize::try_from(to).unwrap_or(usize::MAX);
        match limit {
            Limit::CallTimeout => self.call_timeout = Duration::from_millis(to),
            Limit::Compute => self.compute = Duration::from_millis(to),
            Limit::Memory => self.memory_bytes = narrow,
            Limit::TableElements => self.table_elements = narrow,
            Limit::Handles => self.handles = narrow,
            Limit::Requests => self.requests = u32::try_from(to).unwrap_or(u32::MAX),
            Limit::RequestBody => self.request_body_bytes = to,
            Limit::ResponseBody => self.response_body_bytes = to,
        }
    }

    /// The same, with no time that overflows when it is added to a moment.
    pub(crate) fn bounded(mut self) -> Self {
        for time in [
            &mut self.call_timeout,
            &mut self.grace,
            &mut self.queue_timeout,
            &mut self.compute,
            &mut self.connect_timeout,
            &mut self.idle_timeout,
        ] {
            *time = (*time).min(FOREVER);
        }
        self
    }

    /// The most connections of the host, and of each owner.
    pub(crate) fn most_connections(&self) -> (usize, usize) {
        let calls = usize::try_from(self.concurrent_calls).unwrap_or(usize::MAX);
        let requests = usize::try_from(self.requests_at_once).unwrap_or(usize::MAX);
        let needed = calls
            .saturating_mul(requests)
            .saturating_add(self.idle_connections);
        let all = self.connections.unwrap_or(needed);
        (all, self.connections_each.unwrap_or(all.div_ceil(2)))
    }
}

/// A longer time counts as this one: ten years.
const FOREVER: Duration = Duration::from_secs(10 * 365 * 86_400);

/// How often the engine's epoch advances: the grain of [`Limits::compute`], and the longest that guest code
/// holds a runtime's thread before others get their turn. It costs up to 0.2 % of a core, each 1 ms up to 0.9 %.
pub(crate) const TICK: Duration = Duration::from_millis(10);

/// Core instances, tables and memories in one component. A generated component has three core instances, two
/// tables and one memory; a composition of two has twice that.
pub(crate) const CORE_INSTANCES: u32 = 16;
pub(crate) const TABLES: u32 = 8;
pub(crate) const MEMORIES: u32 = 2;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::residency::Residency;
    use crate::tenant::TenantLimits;

    /// The reference connector's own limit on a call.
    const OWN_LIMIT: Duration = Duration::from_secs(8);
    /// Files that a process may open on many systems.
    const FILES: u32 = 1_024;
    /// A provider's time for an answer, as the defaults assume it.
    const PROVIDER: Duration = Duration::from_millis(100);

    #[test]
    fn plugin_can_give_verdict_before_host_does() {
        let limits = Limits::default();
        assert!(limits.call_timeout >= OWN_LIMIT + Duration::from_secs(1));
        assert!(limits.grace >= 10 * TICK);
        assert!(limits.grace < limits.call_timeout);
        // And it can report that it never had a connection.
        assert!(limits.connect_timeout + limits.queue_timeout < OWN_LIMIT);
        assert!(limits.compute >= 10 * TICK);
        assert!(limits.compute < OWN_LIMIT);
    }

    #[test]
    fn endless_times_overflow_nothing() {
        let limits = Limits {
            call_timeout: Duration::MAX,
            grace: Duration::MAX,
            ..Limits::default()
        };
        let bounded = limits.bounded();
        let longest = bounded.call_timeout + bounded.grace;
        assert!(std::time::Instant::now().checked_add(longest).is_some());
        let own = Limits::default();
        assert_eq!(own.clone().bounded().call_timeout, own.call_timeout);
    }

    #[test]
    fn caps_lower_their_own_limit_and_raise_none() {
        let own = Limits::default();
        for limit in Limit::ALL {
            let value = own.of(limit);
            for (cap, given) in [(value - 1, value - 1), (value, value), (value + 1, value)] {
                let mut caps = own.caps();
                assert_eq!(caps.of(limit), value);
                caps = caps_with(&caps, limit, cap);
                let limits = own.within(&caps);
                assert_eq!(limits.of(limit), given, "{limit:?}");
                for other in Limit::ALL.into_iter().filter(|other| *other != limit) {
                    assert_eq!(limits.of(other), own.of(other), "{other:?} by {limit:?}");
                }
            }
        }
    }

    fn caps_with(caps: &Caps, limit: Limit, cap: u64) -> Caps {
        let of = |other| if other == limit { cap } else { caps.of(other) };
        Limit::ALL
            .map(|other| (other, of(other)))
            .into_iter()
            .collect()
    }

    #[test]
    fn full_queue_drains_while_its_calls_wait() {
        let limits = Limits::default();
        let turns = limits.queued_calls.div_ceil(limits.concurrent_calls);
        assert!(turns * PROVIDER <= limits.queue_timeout);
        let tenant = TenantLimits::default();
        assert_eq!(
            tenant.concurrent_calls, None,
            "a quarter: see `runtime::queue`"
        );
        let share = limits.concurrent_calls / 4;
        let turns = tenant.queued_calls.div_ceil(share);
        assert!(5 * turns * PROVIDER <= limits.queue_timeout);
        assert!(tenant.queued_calls >= share);
        assert!(tenant.queued_calls <= limits.queued_calls / 4);
        assert!(limits.queue_timeout < limits.call_timeout);
    }

    #[test]
    fn hostile_calls_leave_files_and_memory() {
        let limits = Limits::default();
        let sockets = limits.requests_at_once * limits.concurrent_calls;
        assert!(sockets <= FILES / 2);
        let kept = u32::try_from(limits.idle_connections).unwrap();
        assert!(sockets + kept <= FILES * 3 / 4);
        assert!(kept >= limits.concurrent_calls / 2);
        let (all, each) = limits.most_connections();
        assert_eq!(all, (sockets + kept) as usize);
        let share = limits.concurrent_calls as usize / 4;
        assert_eq!(limits.idle_connections_each, share);
        let tenant = share * limits.requests_at_once as usize + limits.idle_connections_each;
        assert!(
            3 * tenant < all,
            "three tenants whose plugins hang leave some"
        );
        assert!(each >= tenant && each < all);
        assert!(limits.concurrent_calls as usize * limits.memory_bytes <= 1 << 30);
        assert!(limits.requests_at_once <= limits.requests);
    }

    /// Connections survive lost packets and end before their servers end them.
    #[test]
    fn connections_outlast_packet_loss_but_not_servers() {
        let limits = Limits::default();
        // The third packet leaves after one second and two more.
        assert!(limits.connect_timeout > Duration::from_secs(1 + 2) + 10 * PROVIDER);
        assert!(2 * limits.idle_timeout <= Duration::from_secs(60));
    }

    /// The share of sends that find a kept connection: tenants that send at their own moments, each with a pool of its
    /// own, and the least recently used connection closed where there are too many.
    fn kept_share(tenants: usize, mean: f64, idle: f64, most: usize, is_random: bool) -> f64 {
        const SENDS: usize = 40_000;
        let mut seed = 88_172_645_463_325_252_u64;
        let mut random = || {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            (seed >> 11) as f64 / (1_u64 << 53) as f64
        };
        let mut next: Vec<f64> = (0..tenants).map(|_| random() * mean).collect();
        let mut last = vec![f64::NEG_INFINITY; tenants];
        let mut found = 0;
        for send in 0..2 * SENDS {
            let tenant = (0..tenants)
                .min_by(|a, b| next[*a].total_cmp(&next[*b]))
                .unwrap();
            let now = next[tenant];
            let newer = last.iter().filter(|other| **other > last[tenant]).count();
            if send >= SENDS && now - last[tenant] < idle && newer < most {
                found += 1;
            }
            last[tenant] = now;
            next[tenant] = now
                + if is_random {
                    -mean * (1.0 - random()).ln()
                } else {
                    mean
                };
        }
        f64::from(found) / SENDS as f64
    }

    /// The figures of `docs/performance.md`.
    /// Each of the thousand tenants sends once a minute.
    #[test]
    fn thousand_rare_tenants_find_few_kept_connections() {
        let limits = Limits::default();
        let (idle, most) = (limits.idle_timeout.as_secs_f64(), limits.idle_connections);
        for (idle, most, is_random, expected) in [
            (idle, most, false, 0.0),
            (idle, most, true, 0.26),
            (idle, 1_000, true, 0.39),
            (55.0, 1_000, true, 0.60),
            (65.0, 1_000, false, 1.0),
        ] {
            let share = kept_share(1_000, 60.0, idle, most, is_random);
            println!("{idle} s, {most} connections, random {is_random}: {share:.3}");
            assert!((share - expected).abs() < 0.015, "{share} for {expected}");
        }
    }

    #[test]
    fn slots_keep_honest_call_memory_and_little_more() {
        let (kept, limits) = (Residency::default(), Limits::default());
        // Bytes that a send writes to: four pages of the machine, and one in each of two tables (`tests/pages.rs`).
        const MEMORY: usize = 16 << 10;
        const TABLE: usize = 4 << 10;
        assert!(kept.memory_bytes >= 2 * MEMORY && kept.table_bytes >= 2 * TABLE);
        // Memory that a plugin that used up its own leaves in all slots.
        let calls = limits.concurrent_calls as usize;
        assert!(calls * (kept.memory_bytes + 2 * kept.table_bytes) <= 8 << 20);
        assert!(kept.scan);
        assert!(kept.stack_bytes.is_some(), "stacks are cleared");
    }
}
