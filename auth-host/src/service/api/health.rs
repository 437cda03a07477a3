//! `/healthz`, `/readyz` and `/metrics`.

use crate::service::app::App;
use crate::service::ids;
use crate::service::problem::Problem;
use crate::service::store::{StoreError, registry};
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// How long a result of the probe is reused.
const FRESH: Duration = Duration::from_secs(1);

/// The timeout of the probe.
const PATIENCE: Duration = Duration::from_secs(3);

/// Readiness of the service to accept requests, and its metrics.
pub struct Readiness {
    app: Arc<App>,
    is_stopping: AtomicBool,
    probed: Mutex<Option<(Instant, bool)>>,
    figures: Option<PrometheusHandle>,
}

impl Readiness {
    /// `figures` is `None` if the service gathers no metrics.
    pub fn new(app: Arc<App>, figures: Option<PrometheusHandle>) -> Arc<Self> {
        Arc::new(Self {
            app,
            is_stopping: AtomicBool::new(false),
            probed: Mutex::new(None),
            figures,
        })
    }

    /// Reports from now on that no requests are accepted.
    pub fn stop(&self) {
        self.is_stopping.store(true, Ordering::Relaxed);
    }

    /// Returns true if a message could be stored now.
    async fn is_ready(&self) -> bool {
        if self.is_stopping.load(Ordering::Relaxed) {
            return false;
        }
        let mut probed = self.probed.lock().await;
        if let Some((at, ready)) = *probed
            && at.elapsed() < FRESH
        {
            return ready;
        }
        let probe = tokio::time::timeout(PATIENCE, probe(&self.app)).await;
        let ready = matches!(probe, Ok(Ok(())));
        *probed = Some((Instant::now(), ready));
        ready
    }
}

/// Writes a row, as a test that a message could be stored now.
async fn probe(app: &App) -> Result<(), StoreError> {
    let now = ids::now_ms().to_string();
    let probed = app
        .store
        .write(move |db| registry::put_setting(db, "probed_at", &now));
    probed.await
}

/// Health and readiness.
pub fn routes(readiness: Arc<Readiness>) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .with_state(readiness)
}

/// Metrics as Prometheus text.
pub fn metrics(readiness: Arc<Readiness>) -> Router {
    Router::new()
        .route("/metrics", get(figures))
        .with_state(readiness)
}

async fn ready(State(readiness): State<Arc<Readiness>>) -> Result<&'static str, Problem> {
    if readiness.is_ready().await {
        return Ok("ready\n");
    }
    Err(Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "not-ready",
        "Not ready",
        "The service is stopping, or its database takes no writes.",
    ))
}

async fn figures(State(readiness): State<Arc<Readiness>>) -> impl IntoResponse {
    let text = readiness
        .figures
        .as_ref()
        .map(PrometheusHandle::render)
        .unwrap_or_default();
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text)
}
