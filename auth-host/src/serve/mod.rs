//! The service: two listeners, and what goes on beside them.

mod beside;
#[cfg(feature = "dev")]
pub mod dev;
mod due;
mod events;
mod lookups;
mod reports;
pub mod settings;
mod tasks;

use crate::api::{self, Readiness};
use crate::app::{App, AppError, Files, Hook, Made};
use crate::mask;
use crate::recovery;
use axum::Router;
use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use metrics_exporter_prometheus::PrometheusHandle;
use settings::Settings;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};
use tokio::time::timeout;

/// How long requests may go on after the service was told to stop. The longest answer takes 11 s.
const GRACE: Duration = Duration::from_secs(15);

/// How long the head of a request may take to arrive.
const HEAD_TIME: Duration = Duration::from_secs(10);

/// How often certificate files are looked at.
const CERTIFICATES: Duration = Duration::from_secs(2);

/// A service that is about to run.
pub struct Service {
    /// Its state.
    pub app: Arc<App>,
    /// What was made at this start.
    pub made: Made,
    settings: Settings,
    figures: Option<PrometheusHandle>,
    /// Held while the service runs, so that no second one opens the same folder.
    _lock: std::fs::File,
}

/// Where a running service listens.
#[derive(Clone, Copy, Debug)]
pub struct Addresses {
    /// The API.
    pub api: SocketAddr,
    /// The administrator's API.
    pub admin: SocketAddr,
}

impl Service {
    /// Opens the folder, and settles what an earlier process left open. Blocks its thread.
    ///
    /// # Errors
    ///
    /// One line that says what to do.
    pub fn open(
        settings: Settings,
        figures: Option<PrometheusHandle>,
        hook: Option<Hook>,
    ) -> Result<Self, String> {
        settings.check()?;
        let files = Files::of(&settings.data, settings.key_file.as_deref());
        let ca = settings.ca.as_deref().map(read_ca).transpose()?;
        let networks = settings.permit_networks.clone();
        let said = |error: AppError| error.to_string();
        // Before the keys are read: `rotate-key` writes others while it holds the folder.
        let lock = files.lock().map_err(|error| error.to_string())?;
        let (mut app, made) = App::open(files, |options| {
            options.authorities_pem = ca.unwrap_or_default();
            options.permitted_networks = networks;
        })
        .map_err(said)?;
        if let Some(own) = Arc::get_mut(&mut app) {
            own.answer_within = Duration::from_millis(settings.answer_within_ms);
            own.registry_networks
                .clone_from(&settings.registry_networks);
            if let Some(hook) = hook {
                own.hook = hook;
            }
        }
        let open = recovery::settle_ended(&app).map_err(said)?;
        if open > 0 {
            tracing::warn!(
                open,
                "messages that an earlier process left open are unknown now"
            );
        }
        Ok(Self {
            app,
            made,
            settings,
            figures,
            _lock: lock,
        })
    }

    /// Runs until `stop` completes, and then until the requests that are under way have their answers.
    ///
    /// # Errors
    ///
    /// One line about an address or a certificate that cannot be used.
    pub async fn run(
        self,
        started: impl FnOnce(Addresses),
        stop: impl Future<Output = ()>,
    ) -> Result<(), String> {
        let readiness = Readiness::new(self.app.clone(), self.figures.clone());
        let public = api::public(self.app.clone(), readiness.clone());
        let administration = api::administration(
            self.app.clone(),
            readiness.clone(),
            crate::console::Settings {
                hosts: self.settings.console_hosts.clone(),
                catalogues: self.settings.catalogues.clone(),
                has_loopback_http: self.settings.registry_loopback_http,
            },
        );
        let (stopping, stopped) = watch::channel(false);
        let (api_handle, admin_handle) = (Handle::new(), Handle::new());
        let api_listener = bind(self.settings.listen)?;
        let admin_listener = bind(self.settings.admin)?;
        let addresses = Addresses {
            api: address(&api_listener)?,
            admin: address(&admin_listener)?,
        };
        let tls = match (&self.settings.tls_certificate, &self.settings.tls_key) {
            (Some(certificate), Some(key)) => {
                let config = load_tls(certificate, key).await?;
                let files = (certificate.clone(), key.clone());
                tokio::spawn(reload_tls(config.clone(), files, stopped.clone()));
                Some(config)
            }
            _ => None,
        };
        let _ = self
            .app
            .public_address
            .set(public_address(&self.settings, addresses.api));
        tasks::start(&self.app, self.figures.clone(), &stopped);
        let mut listeners = JoinSet::new();
        listeners.spawn(listen(api_listener, tls, api_handle.clone(), public));
        let admin = listen(admin_listener, None, admin_handle.clone(), administration);
        listeners.spawn(admin);
        started(addresses);
        // A listener ends by itself when it fails.
        let early = tokio::select! {
            () = stop => None,
            ended = listeners.join_next() => ended,
        };
        tracing::info!("stopping: requests that are under way get their answers");
        readiness.stop();
        let _ = stopping.send(true);
        api_handle.graceful_shutdown(Some(GRACE));
        admin_handle.graceful_shutdown(Some(GRACE));
        let mut outcome = early.map_or(Ok(()), listened);
        while let Some(ended) = listeners.join_next().await {
            outcome = outcome.and(listened(ended));
        }
        // Messages whose callers left; none begins any more.
        self.app.under_way.close();
        if timeout(GRACE, self.app.under_way.wait()).await.is_err() {
            tracing::warn!("a message is still under way: its outcome will be unknown");
        }
        outcome
    }
}

/// The address that others call: the setting, or else that of the listener.
fn public_address(settings: &Settings, listener: SocketAddr) -> String {
    if let Some(address) = &settings.public_url {
        return address.trim_end_matches('/').to_owned();
    }
    let scheme = match settings.tls_certificate {
        Some(_) => "https",
        None => "http",
    };
    format!("{scheme}://{listener}")
}

fn read_ca(path: &Path) -> Result<Vec<u8>, String> {
    const LARGEST: u64 = 4 << 20;
    crate::files::read(path, LARGEST).map_err(|error| {
        format!(
            "the authorities {} cannot be read: {error}",
            mask::path(path)
        )
    })
}

fn bind(address: SocketAddr) -> Result<std::net::TcpListener, String> {
    let listener = std::net::TcpListener::bind(address).map_err(|error| {
        format!("{address} cannot be listened on: {error}. Choose another address")
    })?;
    listener
        .set_nonblocking(true)
        .map_err(|error| error.to_string())?;
    Ok(listener)
}

fn address(listener: &std::net::TcpListener) -> Result<SocketAddr, String> {
    listener.local_addr().map_err(|error| error.to_string())
}

fn listened(ended: Result<std::io::Result<()>, JoinError>) -> Result<(), String> {
    let ended = ended.map_err(|error| error.to_string())?;
    ended.map_err(|error| error.to_string())
}

async fn listen(
    listener: std::net::TcpListener,
    tls: Option<RustlsConfig>,
    handle: Handle<SocketAddr>,
    router: Router,
) -> std::io::Result<()> {
    let service = router.into_make_service();
    match tls {
        Some(tls) => {
            let mut server = axum_server::from_tcp_rustls(listener, tls)?.handle(handle);
            timeouts(server.http_builder());
            server.serve(service).await
        }
        None => {
            let mut server = axum_server::from_tcp(listener)?.handle(handle);
            timeouts(server.http_builder());
            server.serve(service).await
        }
    }
}

/// A connection that says nothing ends.
fn timeouts<E>(builder: &mut hyper_util::server::conn::auto::Builder<E>) {
    builder
        .http1()
        .timer(hyper_util::rt::TokioTimer::new())
        .header_read_timeout(HEAD_TIME);
}

async fn load_tls(certificate: &Path, key: &Path) -> Result<RustlsConfig, String> {
    // The second time it is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let loaded = RustlsConfig::from_pem_file(certificate, key).await;
    loaded.map_err(|error| {
        format!(
            "TLS cannot be set up from {} and {}: {error}",
            mask::path(certificate),
            mask::path(key)
        )
    })
}

/// Reads the files again when one of them changes. What cannot be read leaves the old ones in place.
async fn reload_tls(
    config: RustlsConfig,
    (certificate, key): (PathBuf, PathBuf),
    mut stopped: watch::Receiver<bool>,
) {
    let mut seen = modified(&certificate, &key);
    loop {
        tokio::select! {
            () = tokio::time::sleep(CERTIFICATES) => {}
            _ = stopped.changed() => return,
        }
        let now = modified(&certificate, &key);
        if now == seen {
            continue;
        }
        match config.reload_from_pem_file(&certificate, &key).await {
            Ok(()) => {
                seen = now;
                tracing::info!("the certificate was read again");
            }
            Err(error) => {
                tracing::error!(%error, "the certificate cannot be read; the old one stays")
            }
        }
    }
}

fn modified(certificate: &Path, key: &Path) -> [Option<SystemTime>; 2] {
    [certificate, key].map(|path| path.metadata().and_then(|data| data.modified()).ok())
}
