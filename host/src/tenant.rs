//! Tenants: a call's customer, and how much of the host that customer may use.
//!
//! ```
//! use auth_connector_host::{Rate, Tenant, TenantLimits};
//!
//! let mut limits = TenantLimits::default();
//! limits.concurrent_calls = Some(8);
//! limits.rate = Some(Rate::per_second(5).burst(20));
//! let acme = Tenant::new("acme").limits(limits);
//! # let _ = acme;
//! ```
//!
//! A [`Tenant`] value carries its limits, so the host keeps no register of tenants: it remembers
//! those that have calls or that used a part of their rate, and no others.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// One customer of the embedder. Cheap to clone; make a new one for each call or keep it, as you like.
///
/// A text becomes a tenant with the host's default limits, so `plugin.for_tenant("acme")` does.
#[derive(Clone)]
pub struct Tenant(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    id: Arc<str>,
    limits: Option<TenantLimits>,
    is_never_kept: bool,
}

impl Tenant {
    /// The tenant with this identifier, under [`crate::HostOptions::tenant_limits`].
    pub fn new(id: impl Into<Arc<str>>) -> Self {
        Self(Arc::new(Inner {
            id: id.into(),
            limits: None,
            is_never_kept: false,
        }))
    }

    /// Gives it limits of its own. If two handles for one tenant differ, the one that calls last applies.
    #[must_use]
    pub fn limits(mut self, limits: TenantLimits) -> Self {
        Arc::make_mut(&mut self.0).limits = Some(limits);
        self
    }

    /// Gives each request of it a connection of its own. A provider that answers one request twice, the second time
    /// after the next request was written, can then not be taken at its second word; the price is a handshake for each
    /// send. `docs/sandbox.md` has the figures.
    #[must_use]
    pub fn fresh_connections(mut self) -> Self {
        Arc::make_mut(&mut self.0).is_never_kept = true;
        self
    }

    /// Its identifier.
    pub fn id(&self) -> &str {
        &self.0.id
    }

    pub(crate) fn key(&self) -> &Arc<str> {
        &self.0.id
    }

    pub(crate) fn is_never_kept(&self) -> bool {
        self.0.is_never_kept
    }

    pub(crate) fn own_limits(&self) -> Option<&TenantLimits> {
        self.0.limits.as_ref()
    }
}

impl From<&str> for Tenant {
    fn from(id: &str) -> Self {
        Self::new(id)
    }
}

impl From<String> for Tenant {
    fn from(id: String) -> Self {
        Self::new(id)
    }
}

impl From<&Tenant> for Tenant {
    fn from(tenant: &Tenant) -> Self {
        tenant.clone()
    }
}

impl fmt::Debug for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // An identifier may name a person, so only `id` shows it.
        f.debug_struct("Tenant")
            .field("limits", &self.0.limits)
            .finish_non_exhaustive()
    }
}

/// How much of the host one tenant may use at once, and how often.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TenantLimits {
    /// How many of its calls run at once; the rest wait. None, the default: a quarter of
    /// [`crate::Limits::concurrent_calls`], at least one, so that three tenants whose plugins hang leave a quarter.
    pub concurrent_calls: Option<u32>,
    /// How many of its calls may wait. Default 64: with the default of 32 at once two turns, which a provider that
    /// takes up to 500 ms leaves time for within [`crate::Limits::queue_timeout`].
    pub queued_calls: u32,
    /// How often it may call what reaches the provider: sends, checks, look-ups and reports of conversions. None, the
    /// default, sets no bound, because the right number is in the tenant's contract.
    pub rate: Option<Rate>,
}

impl Default for TenantLimits {
    fn default() -> Self {
        Self {
            concurrent_calls: None,
            queued_calls: 64,
            rate: None,
        }
    }
}

/// A rate limit: so many calls per period, with a burst after a pause, by the generic cell rate algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    pub(crate) each: Duration,
    pub(crate) burst: u32,
}

impl Rate {
    /// A number of calls per second; 0 counts as 1. The burst is the same number.
    pub fn per_second(calls: u32) -> Self {
        Self::per(calls, Duration::from_secs(1))
    }

    /// A number of calls per minute; 0 counts as 1. The burst is the same number.
    pub fn per_minute(calls: u32) -> Self {
        Self::per(calls, Duration::from_secs(60))
    }

    fn per(calls: u32, time: Duration) -> Self {
        let calls = calls.max(1);
        Self {
            each: (time / calls).max(Duration::from_nanos(1)),
            burst: calls,
        }
    }

    /// How many calls may come at once after a pause; 0 counts as 1. More than the rate allows in ten years count as
    /// those: governor counts them in nanoseconds, of which 64 bits hold 584 years.
    #[must_use]
    pub fn burst(mut self, calls: u32) -> Self {
        const TEN_YEARS: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);
        let most = TEN_YEARS.as_nanos() / self.each.as_nanos().max(1);
        self.burst = calls.clamp(1, u32::try_from(most).unwrap_or(u32::MAX).max(1));
        self
    }

    /// How long after its last call a tenant is as good as one that never called.
    pub(crate) fn memory(self) -> Duration {
        self.each.saturating_mul(self.burst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_rate_is_one_and_memory_spans_refill() {
        assert_eq!(Rate::per_second(0), Rate::per_second(1));
        assert_eq!(Rate::per_second(5).burst(0).burst, 1);
        assert_eq!(
            Rate::per_minute(6).burst(3).memory(),
            Duration::from_secs(30)
        );
    }

    #[test]
    fn burst_is_no_longer_than_ten_years() {
        let years = |rate: Rate| rate.memory().as_secs() / (365 * 24 * 60 * 60);
        assert_eq!(years(Rate::per_minute(1).burst(u32::MAX)), 10);
        assert_eq!(Rate::per_second(1_000).burst(u32::MAX).burst, u32::MAX);
        assert_eq!(Rate::per_minute(1).burst(5_000_000).burst, 5_000_000);
    }

    #[test]
    fn debug_output_does_not_name_the_tenant() {
        let shown = format!("{:?}", Tenant::new("anna@example.com"));
        assert!(!shown.contains("anna"), "{shown}");
    }
}
