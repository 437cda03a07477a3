//! Builder of a simulator, and the reasons why one does not start.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use crate::callback::OnFailure;
use crate::catalogue::Catalogue;
use crate::clock::ClockMode;
use crate::gateway::signature::Leniency;
use crate::server::DEFAULT_CLIENT_TIMEOUT;
use crate::service::{Event, Observer};
use crate::state::DEFAULT_DELIVERY_DELAY_MS;

/// Messages and journal entries that are kept by default.
pub const DEFAULT_RETENTION: usize = 10_000;

/// Reason why a simulator did not start.
#[derive(Debug)]
pub enum StartError {
    /// The address could not be listened on.
    Listen {
        /// The address.
        addr: SocketAddr,
        /// The system's error.
        source: io::Error,
    },
    /// The local certificate authority could not be made.
    Tls(String),
    /// The callback's URL cannot be posted to.
    Callback(String),
    /// A host or the token of the control plane is not valid.
    Control(String),
    /// The clock would be more than 100 years off, or stand at a moment without a date.
    Clock,
    /// The system gave no randomness for a token.
    Random(String),
    /// The runtime or its thread could not be started.
    Runtime(io::Error),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listen { addr, source } => write!(
                f,
                "cannot listen on {addr}: {source}. Choose another address, or port 0 for any free port"
            ),
            Self::Tls(why) => write!(f, "cannot make the local certificate authority: {why}"),
            Self::Callback(why) => write!(f, "cannot use the callback: {why}"),
            Self::Control(why) => write!(f, "cannot open the control plane: {why}"),
            Self::Clock => f.write_str(
                "cannot set the clock: it may run up to 100 years off real time, or stand in the years 0 to 9999",
            ),
            Self::Random(why) => f.write_str(why),
            Self::Runtime(source) => write!(f, "cannot start the simulator's thread: {source}"),
        }
    }
}

impl std::error::Error for StartError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Listen { source, .. } | Self::Runtime(source) => Some(source),
            Self::Tls(_) | Self::Callback(_) | Self::Control(_) | Self::Clock | Self::Random(_) => {
                None
            }
        }
    }
}

/// Settings of a simulator before its start.
pub struct Builder {
    pub(crate) listen: SocketAddr,
    pub(crate) tls: bool,
    pub(crate) catalogue: Catalogue,
    /// `None` for a clock that is not possible.
    pub(crate) clock: Option<ClockMode>,
    pub(crate) leniency: Leniency,
    pub(crate) retention: usize,
    pub(crate) seed: Option<u64>,
    pub(crate) observer: Option<Observer>,
    pub(crate) empty_handler: bool,
    pub(crate) delivery_delay: Duration,
    pub(crate) callback: Option<String>,
    pub(crate) on_callback_failure: Option<OnFailure>,
    pub(crate) client_timeout: Duration,
    pub(crate) allowed_hosts: Vec<String>,
    pub(crate) control_token: Option<String>,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            tls: false,
            catalogue: Catalogue::default(),
            clock: ClockMode::running(0),
            leniency: Leniency::default(),
            retention: DEFAULT_RETENTION,
            seed: None,
            observer: None,
            empty_handler: false,
            delivery_delay: Duration::from_millis(DEFAULT_DELIVERY_DELAY_MS.unsigned_abs()),
            callback: None,
            on_callback_failure: None,
            client_timeout: DEFAULT_CLIENT_TIMEOUT,
            allowed_hosts: Vec::new(),
            control_token: None,
        }
    }
}

impl Builder {
    /// Sets the address to listen on; a free loopback port by default.
    pub fn listen(mut self, addr: SocketAddr) -> Self {
        self.listen = addr;
        self
    }

    /// Enables TLS under a local authority made for this run.
    pub fn tls(mut self, tls: bool) -> Self {
        self.tls = tls;
        self
    }

    /// Sets the service's catalogue; the built-in one by default.
    pub fn catalogue(mut self, catalogue: Catalogue) -> Self {
        self.catalogue = catalogue;
        self
    }

    /// Sets the seconds between real time and the simulator's, which may be negative. To provoke `SignatureExpire` use
    /// 301 or, behind real time, -302: time passes between signing and checking, and whole seconds are compared.
    pub fn clock_offset_s(mut self, offset_s: i64) -> Self {
        self.clock = ClockMode::running(offset_s);
        self
    }

    /// Starts with a clock that is frozen at a moment in Unix seconds.
    pub fn frozen_clock(mut self, unix_s: i64) -> Self {
        self.clock = ClockMode::frozen(unix_s);
        self
    }

    /// Sets which requests are accepted that the service would refuse; none by default.
    pub fn leniency(mut self, leniency: Leniency) -> Self {
        self.leniency = leniency;
        self
    }

    /// Sets the number of messages and journal entries to keep; 10,000 by default.
    pub fn retention(mut self, retention: usize) -> Self {
        self.retention = retention;
        self
    }

    /// Makes request ids, serial numbers and chances repeat from run to run.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Sets a function that is called with every API request, on the simulator's thread. It should be quick and must
    /// not call back.
    pub fn observer(mut self, observer: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        self.observer = Some(Box::new(observer));
        self
    }

    /// Sets the delay of delivery reports after acceptance, on the simulator's clock; 1 second by default.
    pub fn delivery_delay(mut self, delay: Duration) -> Self {
        self.delivery_delay = delay;
        self
    }

    /// Posts delivery reports to this URL, `http://host:port/path`, as they fall due.
    pub fn callback(mut self, url: impl Into<String>) -> Self {
        self.callback = Some(url.into());
        self
    }

    /// Sets a function that is called with a sentence when the callback's receiver rejected reports, on the simulator's
    /// thread.
    pub fn on_callback_failure(mut self, tell: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.on_callback_failure = Some(Box::new(tell));
        self
    }

    /// Sets the longest wait for a TLS handshake, for the head of a request, and for its body; 60 seconds by default.
    /// Idle connections are closed after this time, too.
    pub fn client_timeout(mut self, timeout: Duration) -> Self {
        self.client_timeout = timeout;
        self
    }

    /// Lets the control plane accept this name in `Host`, in addition to those of loopback: the name of a container,
    /// for example.
    pub fn allow_host(mut self, name: impl Into<String>) -> Self {
        self.allowed_hosts.push(name.into());
        self
    }

    /// Sets the token that each request to the control plane must have, as `Authorization: Bearer TOKEN`. None is
    /// needed on loopback. Elsewhere one is made for the run, unless it is set here.
    pub fn control_token(mut self, token: impl Into<String>) -> Self {
        self.control_token = Some(token.into());
        self
    }

    #[doc(hidden)]
    /// Responds `{}` to every API request without reading it: the baseline of a benchmark.
    pub fn empty_handler(mut self, empty: bool) -> Self {
        self.empty_handler = empty;
        self
    }
}
