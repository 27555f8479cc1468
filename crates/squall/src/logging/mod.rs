//! The default log: a `tracing` subscriber for programs that have set none.

mod clock;
mod lines;

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

use self::lines::Lines;

/// Prints the log to standard error, filtered by `RUST_LOG`, else at `INFO`, unless the program has set a
/// `tracing` subscriber. [`Server::start`](crate::Server::start) calls it; an application in another server
/// does so itself.
pub fn init_log() {
    init(true);
}

/// Sets a subscriber that prints to standard error, filtered by `RUST_LOG`, else at `INFO`, unless
/// the program has set one. A lossless log blocks until its reader reads.
pub(crate) fn init(is_lossless: bool) {
    if tracing::dispatcher::has_been_set() {
        return;
    }
    let rust_log = env::var("RUST_LOG").unwrap_or_default();
    let filter = rust_log.parse::<Targets>();
    let targets = match &filter {
        Ok(targets) if !rust_log.is_empty() => targets.clone(),
        _ => Targets::new().with_default(Level::INFO),
    };
    let writer = if is_lossless {
        BoxMakeWriter::new(stderr)
    } else {
        lossy()
    };
    let lines = fmt::layer()
        .event_format(Lines::default())
        .with_writer(writer)
        .with_ansi(stderr().is_terminal())
        // A failed write would be reported on standard error, and panic there.
        .log_internal_errors(false);
    // A filter for all layers is evaluated once per call site, a layer's own for each event. If
    // another thread has set a subscriber meanwhile, that one is kept.
    let _ = tracing_subscriber::registry()
        .with(targets)
        .with(lines)
        .try_init();
    if let Err(error) = filter {
        tracing::warn!(RUST_LOG = rust_log, %error, "invalid RUST_LOG; using INFO");
    }
}

/// Returns standard error as a writer that drops lines instead of blocking.
#[cfg(all(unix, feature = "prefork"))]
fn lossy() -> BoxMakeWriter {
    BoxMakeWriter::new(std::sync::Arc::new(squall_prefork::LogOutput::stderr()))
}

#[cfg(not(all(unix, feature = "prefork")))]
fn lossy() -> BoxMakeWriter {
    BoxMakeWriter::new(stderr)
}
