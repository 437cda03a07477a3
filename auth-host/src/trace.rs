//! Traces of the host library on standard error, a line each.

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Shows the library's own events from now on. Those of other crates are left out: their content is not checked here.
pub fn show() {
    let ours = Targets::new().with_target("auth_connector_host", LevelFilter::DEBUG);
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(false);
    // No subscriber was set before this one, or this one does not matter.
    let _ = tracing_subscriber::registry()
        .with(ours)
        .with(lines)
        .try_init();
}

/// Shows the events of the service and the library from now on, up to a level.
///
/// # Errors
///
/// One line when there is no such level.
#[cfg(feature = "serve")]
pub fn log(level: &str) -> Result<(), String> {
    let level: LevelFilter = level
        .parse()
        .map_err(|_| "log is error, warn, info, debug or trace".to_owned())?;
    let ours = Targets::new()
        .with_target("auth_connector_host", level)
        .with_target("auth_host", level);
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(false);
    let _ = tracing_subscriber::registry()
        .with(ours)
        .with(lines)
        .try_init();
    Ok(())
}
