//! Start of a simulator with a builder's settings.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use crate::builder::{Builder, StartError};
use crate::callback;
use crate::clock::Clock;
use crate::control::access::{Access, parse_host, parse_token, random_token};
use crate::random::Random;
use crate::server::{Server, Stop};
use crate::service::Service;
use crate::simulator::Simulator;
use crate::state::State;
use crate::tls;

/// Time that a graceful stop waits for responses under way.
const GRACE: Duration = Duration::from_secs(2);

impl Builder {
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
        let mut state = State::new(
            Random::new(self.seed.unwrap_or_else(random_seed)),
            self.retention,
        );
        state.records.has_callback = callback.is_some();
        state.delivery_delay_ms =
            i64::try_from(self.delivery_delay.as_millis()).unwrap_or(i64::MAX);
        let service = Arc::new(Service::new(
            self.catalogue,
            Clock::new(clock),
            self.leniency,
            state,
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
    // An unspecified address names no host; the ready line then has the loopback address.
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
