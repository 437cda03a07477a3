//! Builder of a simulator, and the reasons why one does not start.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use crate::callback::{self, OnFailure};
use crate::catalogue::Catalogue;
use crate::clock::{Clock, ClockMode};
use crate::control::access::{Access, parse_host, parse_token, random_token};
use crate::gateway::signature::Leniency;
use crate::server::{DEFAULT_CLIENT_TIMEOUT, Server, Stop};
use crate::service::{Event, Observer, Service};
use crate::simulator::Simulator;
use crate::tls;
use crate::world::{DEFAULT_DELIVERY_DELAY_MS, World};

/// How many messages and journal entries are kept unless told otherwise.
pub const DEFAULT_RETENTION: usize = 10_000;

/// How long a graceful stop waits for answers under way.
const GRACE: Duration = Duration::from_secs(2);

/// Why a simulator did not start.
#[derive(Debug)]
pub enum StartError {
    /// The address could not be listened on.
    Listen {
        /// The address.
        addr: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The local certificate authority could not be made.
    Tls(String),
    /// The callback's URL is not one that can be posted to.
    Callback(String),
    /// A host or the token of the control plane is none.
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

/// How a simulator should start.
pub struct Builder {
    listen: SocketAddr,
    tls: bool,
    catalogue: Catalogue,
    /// `None` for one that cannot be.
    clock: Option<ClockMode>,
    leniency: Leniency,
    retention: usize,
    seed: Option<u64>,
    observer: Option<Observer>,
    empty_handler: bool,
    delivery_delay: Duration,
    callback: Option<String>,
    on_callback_failure: Option<OnFailure>,
    client_timeout: Duration,
    allowed_hosts: Vec<String>,
    control_token: Option<String>,
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
    /// Where to listen; a free loopback port by default.
    pub fn listen(mut self, addr: SocketAddr) -> Self {
        self.listen = addr;
        self
    }

    /// Whether to speak TLS under a local authority made for this run.
    pub fn tls(mut self, tls: bool) -> Self {
        self.tls = tls;
        self
    }

    /// What the service knows; the built-in catalogue by default.
    pub fn catalogue(mut self, catalogue: Catalogue) -> Self {
        self.catalogue = catalogue;
        self
    }

    /// Seconds between real time and the simulator's, which may be negative. To provoke `SignatureExpire`
    /// use 301 or, behind real time, -302: time passes between signing and checking, and whole seconds are
    /// compared.
    pub fn clock_offset_s(mut self, offset_s: i64) -> Self {
        self.clock = ClockMode::running(offset_s);
        self
    }

    /// Starts with a clock that stands still at a moment in Unix seconds.
    pub fn frozen_clock(mut self, unix_s: i64) -> Self {
        self.clock = ClockMode::frozen(unix_s);
        self
    }

    /// What to let pass that the service would refuse; nothing by default.
    pub fn leniency(mut self, leniency: Leniency) -> Self {
        self.leniency = leniency;
        self
    }

    /// How many messages and journal entries to keep; 10,000 by default.
    pub fn retention(mut self, retention: usize) -> Self {
        self.retention = retention;
        self
    }

    /// Makes request ids, serial numbers and chances repeat from run to run.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Is told of every API request, on the simulator's thread: it should be quick and must not call back.
    pub fn observer(mut self, observer: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        self.observer = Some(Box::new(observer));
        self
    }

    /// How long after acceptance, on the simulator's clock, a delivery report comes; 1 second by default.
    pub fn delivery_delay(mut self, delay: Duration) -> Self {
        self.delivery_delay = delay;
        self
    }

    /// Posts delivery reports to this URL, `http://host:port/path`, as they fall due.
    pub fn callback(mut self, url: impl Into<String>) -> Self {
        self.callback = Some(url.into());
        self
    }

    /// Is told in a sentence when the callback's receiver did not take reports, on the simulator's thread.
    pub fn on_callback_failure(mut self, tell: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.on_callback_failure = Some(Box::new(tell));
        self
    }

    /// Longest wait for a TLS handshake, for the head of a request, and for its body; 60 seconds by default.
    /// Idle connections end then, too.
    pub fn client_timeout(mut self, timeout: Duration) -> Self {
        self.client_timeout = timeout;
        self
    }

    /// Lets the control plane answer to this name in `Host` too, beside those of loopback: the name of a container,
    /// for example.
    pub fn allow_host(mut self, name: impl Into<String>) -> Self {
        self.allowed_hosts.push(name.into());
        self
    }

    /// Sets the token that each request to the control plane must have, as `Authorization: Bearer TOKEN`. None is needed
    /// on loopback; elsewhere one is made for the run, unless it is set here.
    pub fn control_token(mut self, token: impl Into<String>) -> Self {
        self.control_token = Some(token.into());
        self
    }

    /// Answers `{}` to every API request without looking at it: the baseline of a benchmark.
    pub fn empty_handler(mut self, empty: bool) -> Self {
        self.empty_handler = empty;
        self
    }

    /// Starts the simulator.
    ///
    /// # Errors
    ///
    /// See [`StartError`].
    pub async fn start(self) -> Result<Simulator, StartError> {
        self.start_blocking()
    }

    /// Starts the simulator from code that has no async runtime.
    ///
    /// # Errors
    ///
    /// See [`StartError`].
    pub fn start_blocking(self) -> Result<Simulator, StartError> {
        let clock = self.clock.ok_or(StartError::Clock)?;
        let listen_error = |source| StartError::Listen {
            addr: self.listen,
            source,
        };
        let listener = TcpListener::bind(self.listen).map_err(listen_error)?;
        listener.set_nonblocking(true).map_err(listen_error)?;
        let addr = listener.local_addr().map_err(listen_error)?;
        let tls = if self.tls {
            Some(tls::generate().map_err(StartError::Tls)?)
        } else {
            None
        };
        let (acceptor, ca_pem) = match tls {
            Some(tls) => (Some(TlsAcceptor::from(tls.config)), Some(tls.ca_pem)),
            None => (None, None),
        };
        let callback = self
            .callback
            .as_deref()
            .map(callback::Target::parse)
            .transpose();
        let callback = callback.map_err(StartError::Callback)?;
        let access = access(
            self.tls,
            &self.allowed_hosts,
            self.control_token.as_deref(),
            addr,
        )?;
        let mut world = World::new(self.seed.unwrap_or_else(random_seed), self.retention);
        world.delivery_delay_ms =
            i64::try_from(self.delivery_delay.as_millis()).unwrap_or(i64::MAX);
        let service = Arc::new(Service::new(
            self.catalogue,
            Clock::new(clock),
            self.leniency,
            world,
            self.observer,
        ));
        let server = Arc::new(Server {
            service: service.clone(),
            omit_date: AtomicBool::new(false),
            empty_handler: self.empty_handler,
            access,
            client_timeout: self.client_timeout,
            connections: watch::Sender::new(0),
        });
        let (stop, stop_seen) = watch::channel(Stop::No);
        let (stopped_sender, stopped) = tokio::sync::oneshot::channel();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("tencent-sms-simulator")
            .enable_all()
            .build()
            .map_err(StartError::Runtime)?;
        let listener = {
            let _context = runtime.enter();
            tokio::net::TcpListener::from_std(listener).map_err(listen_error)?
        };
        let running = server.clone();
        let on_failure = self.on_callback_failure;
        let thread = std::thread::Builder::new()
            .name("tencent-sms-simulator".to_owned())
            .spawn(move || {
                if let Some(target) = callback {
                    runtime.spawn(callback::run(running.service.clone(), target, on_failure));
                }
                runtime.block_on(async {
                    let mut stop = stop_seen.clone();
                    running.clone().run(listener, acceptor, stop_seen).await;
                    if *stop.borrow_and_update() == Stop::Gracefully {
                        tokio::select! {
                            () = running.all_answered() => {}
                            _ = stop.changed() => {}
                            () = tokio::time::sleep(GRACE) => {}
                        }
                    }
                });
                runtime.shutdown_background();
                let _ = stopped_sender.send(());
            })
            .map_err(StartError::Runtime)?;
        Ok(Simulator {
            service,
            server,
            addr,
            ca_pem,
            stop,
            thread: Some(thread),
            stopped: Some(stopped),
        })
    }
}

fn access(
    tls: bool,
    hosts: &[String],
    token: Option<&str>,
    listen: SocketAddr,
) -> Result<Access, StartError> {
    let hosts = hosts
        .iter()
        .map(|host| parse_host(host))
        .collect::<Result<_, _>>()
        .map_err(StartError::Control)?;
    let token = match token {
        Some(token) => Some(parse_token(token).map_err(StartError::Control)?),
        None if listen.ip().is_loopback() => None,
        None => Some(random_token().map_err(StartError::Random)?),
    };
    // Everybody's address is nobody's name: the ready line then has loopback's.
    let listen = Some(listen.ip().to_canonical()).filter(|address| !address.is_unspecified());
    Ok(Access {
        hosts,
        listen,
        token,
        tls,
    })
}

/// A seed from the standard library's per-process randomness.
fn random_seed() -> u64 {
    use std::hash::{BuildHasher, Hasher};
    std::collections::hash_map::RandomState::new()
        .build_hasher()
        .finish()
}
