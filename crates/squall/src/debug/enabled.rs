//! Traceback pages of `squall-debug`, and the debug mode.

#[cfg(feature = "templates")]
pub(crate) use squall_debug::Snippet;
pub(crate) use squall_debug::{Failure, Observed, RequestMetadata, TracebackLayer as Tracebacks};

use axum_core::response::Response;
use squall_debug::ShownTraceback;

use crate::{Application, prefork, xheaders::peer_ip};

/// Settings as given.
#[derive(Default)]
pub(crate) struct Settings {
    is_on: bool,
    tracebacks: squall_debug::Tracebacks,
}

/// Whether the response is a traceback page.
pub(crate) fn is_traceback(response: &Response) -> bool {
    response.extensions().get::<ShownTraceback>().is_some()
}

impl Settings {
    /// Whether the application is in debug mode.
    pub(crate) fn is_on(&self) -> bool {
        self.is_on
    }
    /// Returns the additional hosts of a developer's browser.
    #[cfg(feature = "autoreload")]
    pub(crate) fn allowed_hosts(&self) -> impl Iterator<Item = &str> {
        self.tracebacks.allowed_hosts()
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

impl<S: Clone + Send + Sync + 'static> Application<S> {
    /// Sets debug mode (Tornado's `debug`), for development:
    ///
    /// - an error or a panic of a handler is shown as a page with its traceback, and a refused
    ///   request (404, 422, …) as one with its reason and what to do, to this machine only,
    /// - templates and static files are read again when they change,
    /// - a [`Server`](crate::Server) reloads when the program has been rebuilt
    ///   (Tornado's `autoreload`), and so do pages that are open in a browser,
    /// - a bare port listens on loopback only, and a weak [`cookie_secret`](Self::cookie_secret) is
    ///   accepted.
    ///
    /// Each is part of a feature of its own: `debug`, `templates`, `static`, `autoreload` (with
    /// `prefork`), `cookies`. A release build shows the page only with
    /// [`Tracebacks::even_in_release`](crate::Tracebacks::even_in_release). Set debug mode from a
    /// constant or a command line flag, never from a request. It needs a single process.
    ///
    /// Default: `false`.
    pub fn debug(mut self, enabled: bool) -> Self {
        self.settings.debug.is_on = enabled;
        self
    }

    /// Sets the contents of the traceback page, its allowed hosts, and the editor of its links.
    /// [`debug`](Self::debug) turns it on.
    ///
    /// Default: [`Tracebacks::new`](crate::Tracebacks::new).
    pub fn tracebacks(mut self, tracebacks: crate::Tracebacks) -> Self {
        self.settings.debug.tracebacks = tracebacks;
        self
    }
}
