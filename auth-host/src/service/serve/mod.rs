//! The service: two listeners, and its background tasks.

mod beside;
mod certificate;
#[cfg(feature = "dev")]
pub mod dev;
mod due;
mod events;
mod listener;
mod lookups;
mod reports;
pub mod settings;
mod tasks;

use crate::exit::Stop;
use crate::files;
use crate::service::api::{self, Readiness};
use crate::service::app::{App, AppError, Files, Hook, Made};
use crate::service::recovery;
pub use listener::Listener;
use metrics_exporter_prometheus::PrometheusHandle;
use settings::Settings;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// How long requests may continue after the service was told to stop. The longest response takes 11 s.
const GRACE: Duration = Duration::from_secs(15);

/// A service that is about to run.
pub struct Service {
    /// Its state.
    pub app: Arc<App>,
    /// The files that were made at this start.
    pub made: Made,
    settings: Settings,
    figures: Option<PrometheusHandle>,
    /// Held while the service runs, so that no second one opens the same folder.
    _lock: std::fs::File,
}

/// The addresses of a running service.
#[derive(Clone, Copy, Debug)]
pub struct Addresses {
    /// The API.
    pub api: SocketAddr,
    /// The administrator's API.
    pub admin: SocketAddr,
}

/// Opens the folder of these settings. Blocks its thread.
///
/// # Errors
///
/// [`Stop`] with the action to take.
pub fn open(settings: &Settings, hook: Option<Hook>) -> Result<(Arc<App>, Made), Stop> {
    let files = Files::of(&settings.data, settings.key_file.as_deref());
    let authorities = settings.ca.as_deref().map(files::pem).transpose()?;
    Ok(App::open(files, |options| {
        options.authorities_pem = authorities.unwrap_or_default();
        options
            .permitted_networks
            .clone_from(&settings.permit_networks);
        options
            .registry_networks
            .clone_from(&settings.registry_networks);
        options.answer_within = Duration::from_millis(settings.answer_within_ms);
        if let Some(hook) = hook {
            options.hook = hook;
        }
    })?)
}

/// Values for the sample sign-in.
pub struct Access {
    /// A key for the API.
    pub key: String,
    /// The address at which codes arrive, if it is a public page.
    pub inbox: Option<String>,
}

impl Service {
    /// Opens the folder, and settles what an earlier process left open. Blocks its thread.
    ///
    /// # Errors
    ///
    /// One line with the action to take.
    pub fn open(
        settings: Settings,
        figures: Option<PrometheusHandle>,
        hook: Option<Hook>,
    ) -> Result<Self, String> {
        settings.check()?;
        let files = Files::of(&settings.data, settings.key_file.as_deref());
        let said = |error: AppError| error.to_string();
        // Before the keys are read: `rotate-key` writes others while it locks the folder.
        let lock = files.lock().map_err(|error| error.to_string())?;
        let (app, made) = open(&settings, hook).map_err(|stop| stop.message)?;
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

    /// Runs until `stop` completes, and then until the requests that are under way have their responses.
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
            crate::service::console::Settings {
                hosts: self.settings.console_hosts.clone(),
                catalogues: self.settings.catalogues.clone(),
                has_loopback_http: self.settings.registry_loopback_http,
            },
        );
        let (stopping, stopped) = watch::channel(false);
        let tls = match (&self.settings.tls_certificate, &self.settings.tls_key) {
            (Some(certificate), Some(key)) => {
                let (certificate, key) = (certificate.clone(), key.clone());
                let files = certificate::Files { certificate, key };
                let config = files.load()?;
                tokio::spawn(files.reload(config.clone(), stopped.clone()));
                Some(config)
            }
            _ => None,
        };
        let api = Listener::bind("api", self.settings.listen, tls).await?;
        let admin = Listener::bind("admin", self.settings.admin, None).await?;
        let addresses = Addresses {
            api: api.address()?,
            admin: admin.address()?,
        };
        let _ = self
            .app
            .public_address
            .set(public_address(&self.settings, addresses.api));
        let listeners = vec![addresses.api, addresses.admin];
        self.app.listens_at(listeners).await;
        tasks::start(&self.app, self.figures.clone(), &stopped);
        let mut listeners = JoinSet::new();
        listeners.spawn(api.serve(public, stopped.clone()));
        listeners.spawn(admin.serve(administration, stopped.clone()));
        started(addresses);
        // A listener ends by itself only where it panics.
        let early = tokio::select! {
            () = stop => None,
            ended = listeners.join_next() => ended,
        };
        tracing::info!("stopping: requests that are under way get their answers");
        readiness.stop();
        let _ = stopping.send(true);
        let mut outcome = early.unwrap_or(Ok(()));
        while let Some(ended) = listeners.join_next().await {
            outcome = outcome.and(ended);
        }
        self.app.listens_at(Vec::new()).await;
        // Messages whose callers disconnected; none begins any more.
        self.app.under_way.close();
        if timeout(GRACE, self.app.under_way.wait()).await.is_err() {
            tracing::warn!("a message is still under way: its outcome will be unknown");
        }
        outcome.map_err(|error| error.to_string())
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
