//! Traces of the host library on standard error, a line each.

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Shows the library's own events from now on. Those of other crates stay out: what they hold is theirs to say.
pub fn show() {
    let ours = Targets::new().with_target("auth_connector_host", LevelFilter::DEBUG);
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(false);
    // There is none before this one, or this one does not matter.
    let _ = tracing_subscriber::registry()
        .with(ours)
        .with(lines)
        .try_init();
}
