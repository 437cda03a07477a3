//! Hot swap: replacing a plugin while calls run.
//!
//! ```no_run
//! # use auth_connector_host::{Config, ConnectorHost, LivePlugin, Message};
//! # use std::time::Duration;
//! # async fn run(host: ConnectorHost, config: Config, message: Message) -> Result<(), Box<dyn std::error::Error>> {
//! let live = LivePlugin::new(host.load("connector-1.wasm")?);
//! // Each call takes the plugin that is in place just then, and keeps it to its end.
//! let outcome = live.current().for_tenant("acme").send_message(&config, &message).await;
//! // Meanwhile, elsewhere:
//! let old = live.replace(host.load("connector-2.wasm")?);
//! old.drain(Duration::from_secs(15)).await?;
//! # let _ = outcome;
//! # Ok(())
//! # }
//! ```
//!
//! A plugin counts as in use while a handle from [`LivePlugin::current`] exists, whether or not a call runs on it. No
//! call can therefore fall between taking a plugin and using it. Take one for each call and do not keep it.

use super::lease::{Hold, Lease, Uses};
use super::plugin::Plugin;
use crate::observe;
use arc_swap::ArcSwap;
use parking_lot::Mutex;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// A place that always holds one plugin, which can be replaced. Cheap to clone; clones are the same place.
#[derive(Clone)]
pub struct LivePlugin(Arc<Slot>);

struct Slot {
    current: ArcSwap<Version>,
    /// One replacement at a time. Readers never take it.
    changing: Mutex<()>,
}

struct Version {
    plugin: Plugin,
    uses: Arc<Uses>,
    closed: bool,
}

impl LivePlugin {
    /// A place with this plugin in it.
    pub fn new(plugin: Plugin) -> Self {
        Self(Arc::new(Slot {
            current: ArcSwap::from_pointee(Version::of(plugin, false)),
            changing: Mutex::new(()),
        }))
    }

    /// The plugin that is in place now, for one call. Once the place is closed, every call on what this returns is
    /// refused with [`crate::PolicyFault::Closed`].
    pub fn current(&self) -> Plugin {
        loop {
            let version = self.0.current.load();
            if version.closed {
                return version.plugin.held(Hold::Closed);
            }
            // A version that was replaced between the two steps may have been found idle already.
            if let Some(lease) = Lease::of(&version.uses) {
                return version.plugin.held(Hold::Leased(lease));
            }
        }
    }

    /// Puts another plugin in place, also of another host. Calls that began on the old one end there; calls from
    /// now on take the new one.
    pub fn replace(&self, new: Plugin) -> Retired {
        let sha256 = new.description().sha256.clone();
        let old = self.change(|_| Version::of(new, false));
        tracing::info!(new = %sha256, old = %old.sha256, in_use = old.in_use(), "a plugin was replaced");
        observe::swapped("replaced");
        old
    }

    /// Takes the plugin out of service: calls that began end in peace, further ones are refused.
    /// [`LivePlugin::replace`] opens the place again.
    pub fn close(&self) -> Retired {
        let old = self.change(|old| Version::of(old.plugin.clone(), true));
        tracing::info!(old = %old.sha256, in_use = old.in_use(), "a plugin was taken out of service");
        observe::swapped("closed");
        old
    }

    fn change(&self, next: impl FnOnce(&Version) -> Version) -> Retired {
        let changing = &self.0.changing;
        let _one = changing.lock();
        let next = Arc::new(next(&self.0.current.load()));
        let old = self.0.current.swap(next);
        old.uses.retired.store(true, Ordering::SeqCst);
        Retired {
            sha256: old.plugin.description().sha256.clone(),
            uses: old.uses.clone(),
        }
    }
}

impl fmt::Debug for LivePlugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let version = self.0.current.load();
        f.debug_struct("LivePlugin")
            .field("plugin", &version.plugin)
            .field("closed", &version.closed)
            .finish_non_exhaustive()
    }
}

impl Version {
    fn of(plugin: Plugin, closed: bool) -> Self {
        Self {
            // A handle that came out of a place must not hold its old version for ever.
            plugin: plugin.held(Hold::Own),
            uses: Arc::default(),
            closed,
        }
    }
}

/// A plugin that was replaced or closed, and may still have calls. Dropping this changes nothing.
#[derive(Debug)]
pub struct Retired {
    sha256: String,
    uses: Arc<Uses>,
}

impl Retired {
    /// How many handles that [`LivePlugin::current`] gave out are still in use.
    pub fn in_use(&self) -> usize {
        self.uses.count.load(Ordering::SeqCst)
    }

    /// Waits until the old plugin is not in use any more.
    ///
    /// # Errors
    ///
    /// [`StillBusy`] when it still is after this time. Nothing was stopped; call it again to go on waiting.
    pub async fn drain(&self, patience: Duration) -> Result<(), StillBusy> {
        let start = Instant::now();
        let drained = tokio::time::timeout(patience, self.uses.none()).await;
        let in_use = self.in_use();
        tracing::info!(
            old = %self.sha256, in_use, waited_ms = start.elapsed().as_millis(), "a plugin was drained"
        );
        observe::swapped(if drained.is_ok() {
            "drained"
        } else {
            "still_busy"
        });
        drained.map_err(|_| StillBusy {
            in_use: in_use.max(1),
            waited: patience,
        })
    }
}

/// A plugin that was replaced or closed is still in use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the old plugin is still in use {in_use} times after {} ms. A call ends after Limits::call_timeout and Limits::grace at the latest; handles that are kept between calls hold it for longer",
    .waited.as_millis()
)]
pub struct StillBusy {
    /// By how many handles.
    pub in_use: usize,
    /// How long was waited.
    pub waited: Duration,
}
