//! Where the time of a call went and which requests it made: for people and metrics, with nothing in it that
//! identifies a recipient or helps an attacker.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// [`HttpExchange::error`] of an `https` request on a host that has no root certificates at all. The plugin is
/// told `configuration error`, which alone would leave an operator searching.
pub const NO_TRUSTED_AUTHORITY: &str = "configuration error: the host trusts no certificate authority. Install \
    the operating system's root certificates, or give the host an authority in PEM";

/// An outcome and the report that belongs to it.
#[derive(Clone, Debug)]
pub struct Reported<T> {
    /// What came of the call.
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
    /// Its requests, in order, refused ones included.
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
    /// Scheme, host and port, such as `https://sms.example.com:443`.
    pub origin: String,
    /// The path, without the query.
    pub path: String,
    /// Names of the request's headers, in order.
    pub request_headers: Vec<String>,
    /// Bytes of the request's body that the connection took.
    pub request_body_bytes: u64,
    /// Bytes of the response's body that were read.
    pub response_body_bytes: u64,
    /// The response's status.
    pub status: Option<u16>,
    /// Whether a kept connection was used. Then the three times below are those of its first use.
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
    /// What the plugin was told when it failed, such as `connection refused`, or [`NO_TRUSTED_AUTHORITY`].
    pub error: Option<String>,
}

/// The exchanges of one call while it runs. Shared by the hook and the bodies that outlive it.
#[derive(Clone, Default)]
pub(crate) struct CallLog(Arc<Shared>);

#[derive(Default)]
struct Shared {
    exchanges: Mutex<Vec<HttpExchange>>,
    left: AtomicBool,
}

impl CallLog {
    /// How many requests were asked for, and whether bytes of one may have left.
    pub(crate) fn count(&self) -> usize {
        self.0
            .exchanges
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .len()
    }

    /// Notes that a request passed every check and is handed to the network.
    pub(crate) fn mark_left(&self) {
        self.0.left.store(true, Ordering::SeqCst);
    }

    /// False only while it is certain that no byte of any request left.
    pub(crate) fn may_have_left(&self) -> bool {
        self.0.left.load(Ordering::SeqCst)
    }

    /// Opens an entry.
    pub(crate) fn open(&self, exchange: HttpExchange) -> Entry {
        let mut exchanges = self
            .0
            .exchanges
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        exchanges.push(exchange);
        Entry {
            log: self.clone(),
            index: exchanges.len() - 1,
            start: Instant::now(),
        }
    }

    /// The entries as they stand.
    pub(crate) fn snapshot(&self) -> Vec<HttpExchange> {
        self.0
            .exchanges
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// One exchange's place in the log.
#[derive(Clone)]
pub(crate) struct Entry {
    log: CallLog,
    index: usize,
    /// When the request was asked for.
    pub(crate) start: Instant,
}

impl Entry {
    /// Changes the entry.
    pub(crate) fn update(&self, change: impl FnOnce(&mut HttpExchange)) {
        let mut exchanges = self
            .log
            .0
            .exchanges
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(exchange) = exchanges.get_mut(self.index) {
            change(exchange);
            exchange.total = self.start.elapsed();
        }
    }
}
