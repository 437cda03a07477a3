//! Bounds on what a registry may send and on how long it may take.

use std::time::Duration;

/// Limits on what a pull accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The component, in bytes. Default 2 MiB, the host's own.
    pub component: u64,
    /// An SBOM or a bundle, in bytes. Default 1 MiB.
    pub document: u64,
    /// A manifest or an index, in bytes. Default 256 KiB.
    pub manifest: u64,
    /// Referrers of one kind that are read. Default 16.
    pub referrers: usize,
    /// All of it together. Default one minute. No connection is held longer.
    pub time: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            component: 2 << 20,
            document: 1 << 20,
            manifest: 256 << 10,
            referrers: 16,
            time: Duration::from_secs(60),
        }
    }
}

/// The longest `manifest.json`, the host's own.
pub(crate) const PLUGIN_MANIFEST: u64 = 64 << 10;
/// The longest signature, the host's own.
pub(crate) const SIGNATURE: u64 = 16 << 10;
