//! Handle of a running simulator: controls and stops it from Rust.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::watch;

use crate::builder::{Builder, StartError};
use crate::clock::ClockMode;
use crate::fault::{Chaos, Fault, Queued};
use crate::inbox::Message;
use crate::journal::JournalEntry;
use crate::server::{Server, Stop};
use crate::service::Service;

/// A running simulator. It has its own thread, so a test may block its own runtime without blocking the simulator. It
/// stops when it is dropped.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use tencent_sms_simulator::Simulator;
///
/// let simulator = Simulator::start().await?;
/// // … point the code under test at `simulator.url()`, then:
/// assert!(simulator.messages().is_empty());
/// simulator.shutdown().await;
/// # Ok(())
/// # }
/// ```
pub struct Simulator {
    pub(crate) service: Arc<Service>,
    pub(crate) server: Arc<Server>,
    pub(crate) addr: SocketAddr,
    pub(crate) ca_pem: Option<String>,
    pub(crate) stop: watch::Sender<Stop>,
    pub(crate) thread: Option<JoinHandle<()>>,
    pub(crate) stopped: Option<tokio::sync::oneshot::Receiver<()>>,
}

impl Simulator {
    /// Starts with the defaults: plain HTTP on a free loopback port, the built-in catalogue, real time.
    ///
    /// # Errors
    ///
    /// See [`StartError`].
    pub async fn start() -> Result<Self, StartError> {
        Self::builder().start().await
    }

    /// Starts with other settings.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// `http://127.0.0.1:PORT`, or `https`. The loopback address is used for a simulator that listens on all addresses.
    pub fn url(&self) -> String {
        let scheme = if self.ca_pem.is_some() {
            "https"
        } else {
            "http"
        };
        format!("{scheme}://{}", reachable(self.addr))
    }

    /// The address that it listens on.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The certificate that clients must trust, PEM; `None` without TLS.
    pub fn ca_pem(&self) -> Option<&str> {
        self.ca_pem.as_deref()
    }

    /// The token that requests to the control plane must have, as `Authorization: Bearer TOKEN`, if any.
    pub fn control_token(&self) -> Option<&str> {
        self.server.access.token.as_deref()
    }

    /// The accepted messages that are kept, oldest first.
    pub fn messages(&self) -> Vec<Message> {
        self.service.state().inbox.iter().cloned().collect()
    }

    /// Empties the inbox, or removes the messages to one number given in E.164 form. Returns how many there were.
    pub fn clear_messages(&self, to: Option<&str>) -> usize {
        self.service.state().inbox.clear(to)
    }

    /// Each API request and its outcome, oldest first.
    pub fn journal(&self) -> Vec<JournalEntry> {
        self.service.state().journal.iter().cloned().collect()
    }

    /// `SendSms` requests that arrived with headers and whole body, whatever their outcome.
    pub fn complete_requests(&self) -> u64 {
        self.service.state().complete_requests
    }

    /// Sets the clock to run at this many seconds from real time, at most 100 years.
    pub fn set_clock_offset_s(&self, offset_s: i64) {
        self.service.set_clock(ClockMode::running_at_most(offset_s));
    }

    /// Stops the clock at a moment in Unix seconds, or at the nearest in the years 0 to 9999.
    pub fn freeze_clock(&self, unix_s: i64) {
        self.service.set_clock(ClockMode::frozen_near(unix_s));
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        self.service.advance_clock(by);
    }

    /// Now on the simulator's clock, in Unix milliseconds.
    pub fn now_unix_ms(&self) -> i64 {
        self.service.clock().now_ms()
    }

    /// Sets whether responses omit the `Date` header.
    pub fn omit_date_header(&self, omit: bool) {
        self.server.omit_date.store(omit, Ordering::Relaxed);
    }

    /// Queues a fault for the next API request.
    pub fn queue_fault(&self, fault: Fault) {
        self.queue_faults(fault, 1);
    }

    /// Queues a fault for this many API requests, after those already queued.
    pub fn queue_faults(&self, fault: Fault, times: u32) {
        if times > 0 {
            self.service.state().faults.push_back(Queued {
                fault,
                times,
                action: None,
            });
        }
    }

    /// Queues a fault for the next request of one action, such as `SendSms`: other requests in the background do not
    /// use it up.
    pub fn queue_fault_of(&self, action: &str, fault: Fault) {
        self.service.state().faults.push_back(Queued {
            fault,
            times: 1,
            action: Some(action.to_owned()),
        });
    }

    /// Starts faults by chance, or stops them.
    pub fn set_chaos(&self, chaos: Option<Chaos>) {
        let mut state = self.service.state();
        match chaos {
            Some(chaos) => state.set_chaos(chaos),
            None => state.chaos = None,
        }
    }

    /// Resets inbox, journal, limits, balances, faults and counters. The clock stays.
    pub fn reset(&self) {
        self.service.state().reset();
    }

    /// Stops accepting connections, waits up to 2 seconds for responses under way, and ends.
    pub async fn shutdown(mut self) {
        let _ = self.stop.send(Stop::Gracefully);
        if let Some(stopped) = self.stopped.take() {
            let _ = stopped.await;
        }
    }
}

/// A reachable address: all addresses, `0.0.0.0` or `[::]`, include loopback.
fn reachable(addr: SocketAddr) -> SocketAddr {
    let ip = match addr.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, addr.port())
}

impl Drop for Simulator {
    fn drop(&mut self) {
        let _ = self.stop.send(Stop::Now);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Simulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Simulator")
            .field("url", &self.url())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn url_of_all_addresses_is_loopback() {
        for (listen, url) in [
            ("0.0.0.0:80", "127.0.0.1:80"),
            ("[::]:80", "[::1]:80"),
            ("192.168.1.5:80", "192.168.1.5:80"),
        ] {
            assert_eq!(reachable(listen.parse().unwrap()).to_string(), url);
        }
    }
}
