//! The library's metrics as Prometheus text, in a file or on standard output.
//!
//! One send is over before anything could scrape it, so there is no listener: node_exporter's textfile collector reads
//! a file.

use crate::exit::Stop;
use crate::mask;
use crate::output::Page;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Upper bounds of the buckets for times, in seconds: from an instance out of the pool (about 0.1 ms) to the longest
/// call (10 s).
const SECONDS: &[f64] = &[
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
    5.0, 10.0,
];

/// Metrics that are being gathered.
pub struct Metrics {
    handle: PrometheusHandle,
    to: PathBuf,
}

impl Metrics {
    /// Gathers from now on.
    pub fn gather(to: &Path) -> Result<Self, Stop> {
        check(to).map_err(Stop::usage)?;
        Ok(Self {
            handle: recorder()?,
            to: to.to_owned(),
        })
    }

    /// Writes them: to the page for `-`, else to the file, which is written completely or not at all.
    pub fn write(&self, page: &mut Page) -> Result<(), String> {
        let text = self.handle.render();
        if self.to == Path::new("-") {
            page.line(text.trim_end());
            return Ok(());
        }
        check(&self.to)?;
        replace(&self.to, &text).map_err(|error| {
            format!(
                "the metrics cannot be written to {}: {error}",
                mask::path(&self.to)
            )
        })
    }
}

/// Gathers metrics from now on, for the caller to render.
pub fn recorder() -> Result<PrometheusHandle, Stop> {
    let refused = |error| Stop::machine(format!("metrics cannot be gathered: {error}"));
    let seconds = Matcher::Suffix("_seconds".to_owned());
    PrometheusBuilder::new()
        .set_buckets_for_metric(seconds, SECONDS)
        .and_then(PrometheusBuilder::install_recorder)
        .map_err(refused)
}

/// Refuses a path that is not a file: a folder, a pipe or a device would be replaced by one.
fn check(to: &Path) -> Result<(), String> {
    match to.symlink_metadata() {
        Ok(data) if !data.is_file() && !data.is_symlink() && to != Path::new("-") => Err(format!(
            "the metrics cannot be written to {}: it is no regular file. Name a file that may be replaced",
            mask::path(to)
        )),
        _ => Ok(()),
    }
}

/// Replaces a file completely. Others may write into the folder. The temporary file therefore has an unpredictable name
/// and must not exist, so that no existing link is followed. A link at the file's own path is replaced.
fn replace(to: &Path, text: &str) -> std::io::Result<()> {
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(std::io::Error::other)?;
    let mut beside = to.to_owned().into_os_string();
    beside.push(format!(".{:016x}", u64::from_ne_bytes(random)));
    let mut file = std::fs::File::create_new(&beside)?;
    let written = file
        .write_all(text.as_bytes())
        .and_then(|()| std::fs::rename(&beside, to));
    if written.is_err() {
        let _ = std::fs::remove_file(&beside);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("auth-host-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[cfg(unix)]
    #[test]
    fn symlink_at_metrics_path_is_replaced_not_followed() {
        let folder = folder("metrics-link");
        let (victim, to) = (folder.join("victim"), folder.join("metrics"));
        std::fs::write(&victim, "precious").unwrap();
        std::os::unix::fs::symlink(&victim, &to).unwrap();
        replace(&to, "figures").unwrap();
        assert_eq!(std::fs::read_to_string(&victim).unwrap(), "precious");
        assert_eq!(std::fs::read_to_string(&to).unwrap(), "figures");
        assert!(to.symlink_metadata().unwrap().is_file());
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 2);
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn folder_is_refused_with_number_in_name_hidden() {
        let folder = folder("metrics-folder").join("+8613800138000");
        std::fs::create_dir_all(&folder).unwrap();
        let refusal = check(&folder).unwrap_err();
        assert!(refusal.contains("regular file"), "{refusal}");
        assert!(!refusal.contains("13800138000"), "{refusal}");
        std::fs::remove_dir_all(folder.parent().unwrap()).unwrap();
    }
}
