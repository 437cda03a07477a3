//! Report of a call: its times and its requests, for people and metrics.
//!
//! Nothing in it identifies a recipient or helps an attacker.

use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// [`HttpExchange::error`] of an `https` request on a host that has no root certificates at all. The plugin is
/// given `configuration error`, which alone would leave an operator searching.
pub const NO_TRUSTED_AUTHORITY: &str = "configuration error: the host trusts no certificate authority. Install \
    the operating system's root certificates, or give the host an authority in PEM";

/// An outcome and the report that belongs to it.
#[derive(Clone, Debug)]
pub struct Reported<T> {
    /// Result of the call.
    pub outcome: T,
    /// How it went.
    pub report: CallReport,
}

/// One call, measured.
#[derive(Clone, Debug, Default)]
pub struct CallReport {
    /// Waiting for a free instance.
    pub queued: Duration,
    /// Making the instance.
    pub instantiate: Duration,
    /// Computing: guest code, and the host functions it called. Waiting is not in it.
    pub guest: Duration,
    /// The whole call, all of the above and the waiting for the network included.
    pub total: Duration,
    /// Its requests, in order, refused ones included; the first 32 of them.
    pub http: Vec<HttpExchange>,
    /// Linear memory at the end of the call, in bytes.
    pub memory_bytes: usize,
    /// Wasm instructions by Wasmtime's count, where [`crate::HostOptions::count_fuel`] is on.
    pub fuel: Option<u64>,
}

/// One outbound request. It holds names and sizes, no values: no query, header value or body.
#[derive(Clone, Debug, Default)]
pub struct HttpExchange {
    /// The method.
    pub method: String,
    /// Scheme, host and port, such as `https://sms.example.com` or `https://sms.example.com:8443`: without the scheme's own port.
    pub origin: String,
    /// The path, without the query.
    pub path: String,
    /// Names of the request's headers, in order.
    pub request_headers: Vec<String>,
    /// Bytes of the request's body that were given to the connection. The last of them may not have left.
    pub request_body_bytes: u64,
    /// Bytes of the response's body that were read.
    pub response_body_bytes: u64,
    /// Bytes of the response's head, interim answers included.
    pub response_head_bytes: u64,
    /// Interim answers (1xx) that came before the response.
    pub interim_answers: u32,
    /// Kept connections that were closed instead of being used, because bytes or an end had arrived on them.
    pub discarded_connections: u32,
    /// The response's status.
    pub status: Option<u16>,
    /// True if a kept connection was used. Then the three times below are those of its first use.
    pub reused_connection: bool,
    /// Resolving the name, where that was needed.
    pub dns: Option<Duration>,
    /// Connecting.
    pub connect: Option<Duration>,
    /// The TLS handshake, for `https`.
    pub tls: Option<Duration>,
    /// From the request's start to the response's head.
    pub first_byte: Option<Duration>,
    /// From the request's start to the end of the response, or to the failure.
    pub total: Duration,
    /// Why it was refused by the rules of egress, if it was: `origin`, `address`, `method`, `target`, `length`,
    /// `count`, `at-once`, or `function` where the function that was called makes no request.
    pub refused: Option<&'static str>,
    /// The error that the plugin got when it failed, such as `connection refused`, or [`NO_TRUSTED_AUTHORITY`].
    pub error: Option<String>,
}

/// Result of the compile cache for a load.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CacheUse {
    /// There is none.
    Off,
    /// The code came from it.
    Hit,
    /// It did not have the code.
    Miss,
    /// It had a file that does not authenticate for this component and engine; the file was not used.
    Rejected,
}

impl CacheUse {
    /// A stable word for programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Hit => "hit",
            Self::Miss => "miss",
            Self::Rejected => "rejected",
        }
    }
}

/// Times of a load, and its use of the compile cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoadTimings {
    /// Reading and hashing.
    pub read: Duration,
    /// Compiling, or taking the compiled code from the cache.
    pub compile: Duration,
    /// Result of the compile cache.
    pub cache: CacheUse,
}

/// The most exchanges in one report. A plugin can request thousands that are refused, and each entry takes memory of
/// the host.
const NOTED: usize = 32;

/// The exchanges of one call while it runs. Shared by the policy and the bodies that outlive it.
#[derive(Clone, Default)]
pub(crate) struct CallLog(Arc<Shared>);

#[derive(Default)]
struct Shared {
    /// True if only figures of the exchanges are read.
    brief: bool,
    exchanges: Mutex<Vec<HttpExchange>>,
    asked: AtomicUsize,
    under_way: AtomicU32,
    left: AtomicBool,
}

impl CallLog {
    /// For a call whose report is not read: metrics take figures alone, and describing a request costs as much as
    /// making an instance.
    pub(crate) fn brief() -> Self {
        Self(Arc::new(Shared {
            brief: true,
            ..Shared::default()
        }))
    }

    /// Returns true if requests are to be described.
    pub(crate) fn describes(&self) -> bool {
        !self.0.brief
    }

    /// Number of requests that the plugin attempted.
    pub(crate) fn count(&self) -> usize {
        self.0.asked.load(Ordering::Relaxed)
    }

    /// A place among the requests that are under way, unless all are taken.
    pub(crate) fn place(&self, most: u32) -> Option<Place> {
        let under_way = &self.0.under_way;
        let taken = under_way.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |taken| {
            (taken < most).then_some(taken + 1)
        });
        taken.is_ok().then(|| Place(self.clone()))
    }

    /// Records that a request passed every check and goes to the network.
    pub(crate) fn mark_left(&self) {
        self.0.left.store(true, Ordering::SeqCst);
    }

    /// False only while it is certain that no byte of any request left.
    pub(crate) fn may_have_left(&self) -> bool {
        self.0.left.load(Ordering::SeqCst)
    }

    /// Opens an entry.
    pub(crate) fn open(&self, exchange: HttpExchange) -> Entry {
        let mut exchanges = self.0.exchanges.lock();
        self.0.asked.fetch_add(1, Ordering::Relaxed);
        let index = exchanges.len();
        if index < NOTED {
            exchanges.push(exchange);
        }
        Entry {
            log: self.clone(),
            index,
            start: Instant::now(),
            place: None,
        }
    }

    /// Takes the entries. Later events of their requests are not recorded.
    pub(crate) fn take(&self) -> Vec<HttpExchange> {
        std::mem::take(&mut *self.0.exchanges.lock())
    }
}

/// One of the requests that are under way, until it is dropped.
pub(crate) struct Place(CallLog);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.0.under_way.fetch_sub(1, Ordering::SeqCst);
    }
}

/// One exchange's line in the log. Its clones go with the request, its body and the response's body, so the place
/// that it holds comes free when the last of them is gone.
#[derive(Clone)]
pub(crate) struct Entry {
    log: CallLog,
    index: usize,
    /// Time at which the plugin made the request.
    pub(crate) start: Instant,
    place: Option<Arc<Place>>,
}

impl Entry {
    /// Keeps a place as long as the exchange lasts.
    pub(crate) fn hold(&mut self, place: Place) {
        self.place = Some(Arc::new(place));
    }

    /// Changes the entry.
    pub(crate) fn update(&self, change: impl FnOnce(&mut HttpExchange)) {
        let mut exchanges = self.log.0.exchanges.lock();
        if let Some(exchange) = exchanges.get_mut(self.index) {
            change(exchange);
            exchange.total = self.start.elapsed();
        }
    }
}
