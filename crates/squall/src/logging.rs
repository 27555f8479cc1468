//! What the program prints when it has set no `tracing` subscriber of its own.

use std::{
    env,
    io::{IsTerminal, stderr},
};

use tracing::Level;
use tracing_subscriber::{filter::Targets, fmt, layer::SubscriberExt, util::SubscriberInitExt};

/// Prints to stderr what `RUST_LOG` asks for, or `INFO` and worse, unless there is a subscriber.
pub(crate) fn init() {
    if tracing::dispatcher::has_been_set() {
        return;
    }
    let asked = env::var("RUST_LOG").unwrap_or_default();
    let filter = asked.parse::<Targets>();
    let targets = match &filter {
        Ok(targets) if !asked.is_empty() => targets.clone(),
        _ => Targets::new().with_default(Level::INFO),
    };
    let lines = fmt::layer()
        .with_writer(stderr)
        .with_ansi(stderr().is_terminal())
        // It would report that standard error fails on standard error, and panic.
        .log_internal_errors(false);
    // A filter of all is asked once for each place that logs, a layer's own each time. Another thread
    // may have been faster; then its subscriber stays.
    let _ = tracing_subscriber::registry()
        .with(targets)
        .with(lines)
        .try_init();
    if let Err(error) = filter {
        tracing::warn!(RUST_LOG = asked, %error, "cannot read RUST_LOG, so INFO it is");
    }
}
