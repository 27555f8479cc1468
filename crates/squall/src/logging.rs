//! The default log: a `tracing` subscriber for programs that have set none.

use std::{
    env,
    io::{IsTerminal, stderr},
};

use tracing::Level;
use tracing_subscriber::{
    filter::Targets,
    fmt::{self, writer::BoxMakeWriter},
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

/// Prints to stderr what `RUST_LOG` asks for, or `INFO` and worse, unless there is a subscriber. A
/// lossless log waits for its reader.
pub(crate) fn init(is_lossless: bool) {
    if tracing::dispatcher::has_been_set() {
        return;
    }
    let asked = env::var("RUST_LOG").unwrap_or_default();
    let filter = asked.parse::<Targets>();
    let targets = match &filter {
        Ok(targets) if !asked.is_empty() => targets.clone(),
        _ => Targets::new().with_default(Level::INFO),
    };
    let writer = if is_lossless {
        BoxMakeWriter::new(stderr)
    } else {
        lossy()
    };
    let lines = fmt::layer()
        .with_writer(writer)
        .with_ansi(stderr().is_terminal())
        // It would report that standard error fails on standard error, and panic.
        .log_internal_errors(false);
    // A filter for all layers is evaluated once for each place that logs, a layer's own each time. Another
    // thread may have been faster; then its subscriber stays.
    let _ = tracing_subscriber::registry()
        .with(targets)
        .with(lines)
        .try_init();
    if let Err(error) = filter {
        tracing::warn!(RUST_LOG = asked, %error, "cannot read RUST_LOG, so INFO it is");
    }
}

/// Standard error, where a reader that has stopped blocks nothing.
#[cfg(all(unix, feature = "prefork"))]
fn lossy() -> BoxMakeWriter {
    BoxMakeWriter::new(std::sync::Arc::new(squall_prefork::LogOutput::stderr()))
}

#[cfg(not(all(unix, feature = "prefork")))]
fn lossy() -> BoxMakeWriter {
    BoxMakeWriter::new(stderr)
}
