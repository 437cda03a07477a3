//! Wall clock of plugins.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use wasmtime::component::HasData;
use wasmtime_wasi::p2::bindings::clocks::wall_clock::{Datetime, Host};

/// Time source of `wasi:clocks/wall-clock`.
///
/// Connectors sign with it. Freeze it for byte-exact signatures in tests, or use another one with
/// [`WallClock::from_fn`].
#[derive(Clone, Default)]
pub struct WallClock(Kind);

#[derive(Clone, Default)]
enum Kind {
    #[default]
    System,
    Custom(Arc<dyn Fn() -> Duration + Send + Sync>),
}

impl WallClock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self(Kind::System)
    }

    /// A clock that stands still, at this number of seconds after 1970-01-01T00:00:00Z.
    pub fn fixed(unix_seconds: u64) -> Self {
        Self::from_fn(move || Duration::from_secs(unix_seconds))
    }

    /// Any clock: the time since 1970-01-01T00:00:00Z.
    pub fn from_fn(now: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        Self(Kind::Custom(Arc::new(now)))
    }

    fn now(&self) -> Duration {
        match &self.0 {
            Kind::System => system_now(),
            Kind::Custom(now) => now(),
        }
    }
}

impl fmt::Debug for WallClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Kind::System => "WallClock(system)",
            Kind::Custom(_) => "WallClock(custom)",
        })
    }
}

fn system_now() -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}

/// Lends the clock to the linker.
pub(crate) struct HasWallClock;

impl HasData for HasWallClock {
    type Data<'a> = &'a mut WallClock;
}

impl Host for WallClock {
    fn now(&mut self) -> wasmtime::Result<Datetime> {
        let now = WallClock::now(self);
        Ok(Datetime {
            seconds: now.as_secs(),
            nanoseconds: now.subsec_nanos(),
        })
    }

    fn resolution(&mut self) -> wasmtime::Result<Datetime> {
        Ok(Datetime {
            seconds: 0,
            nanoseconds: 1,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fixed_clock_stands_still() {
        let clock = WallClock::fixed(1_551_113_065);
        assert_eq!(clock.now().as_secs(), 1_551_113_065);
        assert_eq!(clock.now(), clock.now());
    }
}
