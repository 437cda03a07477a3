//! The library's figures as Prometheus text, in a file or on standard output.
//!
//! One send is over before anything could scrape it, so there is no listener: a file is what node_exporter's
//! textfile collector picks up.

use crate::exit::Stop;
use crate::output::Page;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::path::{Path, PathBuf};

/// Upper bounds of the buckets for times, in seconds: from an instance out of the pool (about 0.1 ms) to the longest
/// call (10 s).
const SECONDS: &[f64] = &[
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
    5.0, 10.0,
];

/// Figures that are being gathered.
pub struct Metrics {
    handle: PrometheusHandle,
    to: PathBuf,
}

impl Metrics {
    /// Gathers from now on.
    pub fn gather(to: &Path) -> Result<Self, Stop> {
        let refused = |error| Stop::machine(format!("metrics cannot be gathered: {error}"));
        let seconds = Matcher::Suffix("_seconds".to_owned());
        let handle = PrometheusBuilder::new()
            .set_buckets_for_metric(seconds, SECONDS)
            .and_then(PrometheusBuilder::install_recorder)
            .map_err(refused)?;
        Ok(Self {
            handle,
            to: to.to_owned(),
        })
    }

    /// Writes them: to the page for `-`, else to the file, which is there whole or not at all.
    pub fn write(&self, page: &mut Page) -> Result<(), String> {
        let text = self.handle.render();
        if self.to == Path::new("-") {
            page.line(text.trim_end());
            return Ok(());
        }
        let mut beside = self.to.clone().into_os_string();
        beside.push(format!(".{}", std::process::id()));
        let written =
            std::fs::write(&beside, text).and_then(|()| std::fs::rename(&beside, &self.to));
        written.map_err(|error| {
            let _ = std::fs::remove_file(&beside);
            format!(
                "the metrics cannot be written to {}: {error}",
                self.to.display()
            )
        })
    }
}
