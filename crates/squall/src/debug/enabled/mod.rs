//! Traceback pages of `squall-debug`, and the debug mode.

mod setters;

#[cfg(feature = "templates")]
pub(crate) use squall_debug::Snippet;
pub(crate) use squall_debug::{
    Failure, Observed, RequestMetadata, ShownTraceback, TracebackLayer as Tracebacks,
};

use crate::{prefork, xheaders::peer_ip};

/// Settings as given.
#[derive(Default)]
pub(crate) struct Settings {
    is_on: bool,
    tracebacks: squall_debug::Tracebacks,
}

impl Settings {
    /// Whether the application is in debug mode.
    pub(crate) fn is_on(&self) -> bool {
        self.is_on
    }

    /// Returns the additional hosts of a developer's browser.
    pub(crate) fn allowed_hosts(&self) -> impl Iterator<Item = &str> {
        self.tracebacks.allowed_hosts()
    }

    /// Returns the URL that opens a file in the editor.
    #[expect(clippy::unnecessary_wraps, reason = "as without the feature")]
    pub(crate) fn editor(&self) -> Option<&str> {
        Some(self.tracebacks.editor_url())
    }

    pub(crate) fn build(self) -> Tracebacks {
        let mut tracebacks = self
            .tracebacks
            .library("squall")
            .process_info("squall", env!("CARGO_PKG_VERSION"));
        if self.is_on {
            // Live reload adds a script to the page.
            tracebacks = tracebacks.serve_traceback(true).own_scripts(true);
        }
        if let Some(task_id) = prefork::task_id() {
            tracebacks = tracebacks.process_info("task id", task_id.to_string());
        }
        if let Some(generation) = prefork::generation() {
            tracebacks = tracebacks.process_info("generation", generation.to_string());
        }
        tracebacks.layer(peer_ip)
    }
}
