//! What one call may use, and how many calls may run.
//!
//! Every default is far above what an honest connector needs and far below what would hurt the host. Raise one
//! with a measurement in hand. What the reference connector needs is measured by `tests/limits.rs`, which finds the
//! least of each limit with which a send still succeeds, and holds the defaults to several times that.

use std::time::Duration;

/// The caps on every call. `Limits::default()` is safe for untrusted plugins.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The longest a call may take, waiting included. A message's own `timeout-ms` can only be lower.
    /// Default 10 s: a connector's own limit is 8 s, so it can still answer in its own words.
    pub call_timeout: Duration,
    /// How long the host waits beyond the plugin's deadline for the plugin's own verdict, before it stops the
    /// instance and gives its own. Default 500 ms.
    pub grace: Duration,
    /// How long a call may wait for a free instance. Default 1 s.
    pub queue_timeout: Duration,
    /// How long a call may compute, in guest code and in the host functions that it calls, waiting excluded, to
    /// the nearest 10 ms. Default 500 ms; a whole send computes for well under 1 ms.
    pub compute: Duration,
    /// How many calls run at once; the rest queue, and tenants take turns. Default 128.
    pub concurrent_calls: u32,
    /// How many calls may wait, all tenants together. Default 4,096: at 5 ms a call, what the default number of
    /// instances works off in a fifth of [`Limits::queue_timeout`].
    pub queued_calls: u32,
    /// How many tenants are remembered for the rate that they used. Default 10,000, of about 300 bytes each.
    /// Beyond it the ones that called longest ago are forgotten, and have their burst back.
    pub tenants: usize,
    /// Linear memory of a call, all its memories together, in bytes. Default 8 MiB; a send takes
    /// 64 KiB, with 200 templates in its config 128 KiB.
    pub memory_bytes: usize,
    /// Elements in a table of an instance. Default 4,096; the reference connector needs 34,
    /// one with the standard library a few hundred.
    pub table_elements: usize,
    /// Handles a call may hold: bodies, streams, pollables, fields. Each stands for memory of the host's, up to
    /// 16 KiB for a header collection. Default 128; a send holds 10.
    pub handles: usize,
    /// Bytes that one crossing of the boundary may carry. Default 2 MiB; a send's are
    /// under 1 KiB, and the longest answer that a connector reads has 64 KiB.
    pub crossing_bytes: usize,
    /// HTTP requests per call. Default 16; a send makes at most two.
    pub requests: u32,
    /// HTTP requests that a call may have under way at once, unread answers included. Each is a socket. Default 4: with
    /// 128 calls that is half of the 1,024 files that a process may open on many systems; a send has one.
    pub requests_at_once: u32,
    /// Bytes of a request body. Default 256 KiB; a send's is 140 to 300 bytes.
    pub request_body_bytes: u64,
    /// Bytes of a response body. Default 1 MiB; an answer to a send is 242 to 400 bytes.
    pub response_body_bytes: u64,
    /// The longest to resolve, connect and shake hands. Default 5 s.
    pub connect_timeout: Duration,
    /// How long an idle connection is kept. Default 30 s, below the 60 to 75 s after which common servers
    /// close theirs, so a request rarely meets a dying connection.
    pub idle_timeout: Duration,
    /// Idle connections kept for each origin. Default 32.
    pub idle_connections: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            call_timeout: Duration::from_secs(10),
            grace: Duration::from_millis(500),
            queue_timeout: Duration::from_secs(1),
            compute: Duration::from_millis(500),
            concurrent_calls: 128,
            queued_calls: 4096,
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
            idle_connections: 32,
        }
    }
}

/// How often the engine's epoch advances: the grain of [`Limits::compute`], and the longest that guest code
/// holds a runtime's thread before others get their turn.
pub(crate) const TICK: Duration = Duration::from_millis(10);

/// Core instances, tables and memories in one component. A generated component has three core instances, two
/// tables and one memory; a composition of two has twice that.
pub(crate) const CORE_INSTANCES: u32 = 16;
pub(crate) const TABLES: u32 = 8;
pub(crate) const MEMORIES: u32 = 2;

/// The largest component that is read, in bytes. The reference connector is under 160 KB and takes about 100 ms to
/// compile; the rest takes time in proportion.
pub(crate) const COMPONENT_BYTES: u64 = 2 << 20;
