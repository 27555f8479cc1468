//! `Application::debug` and `tracebacks`.

use crate::Application;

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
