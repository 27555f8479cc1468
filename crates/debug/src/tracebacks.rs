//! The settings.

use std::net::IpAddr;

use http::Extensions;

use crate::{Editor, TracebackLayer, mask::Mask};

/// What becomes of failures, and who sees their traceback; see the [crate's](crate) page.
#[derive(Clone, Debug, Default)]
#[must_use = "it does nothing before `layer`"]
pub struct Tracebacks {
    serve_traceback: bool,
    even_in_release: bool,
    pub(crate) allowed_hosts: Vec<String>,
    pub(crate) mask: Mask,
    pub(crate) editor: Editor,
    pub(crate) facts: Vec<(String, String)>,
    pub(crate) libraries: Vec<String>,
    pub(crate) own_scripts: bool,
}

impl Tracebacks {
    /// The defaults: failures are logged and answered plainly.
    pub fn new() -> Self {
        Self::default()
    }

    /// Shows the page to those who may see it (Tornado's `serve_traceback`).
    ///
    /// In a build without debug assertions it stays off, and the log says so, unless
    /// [`even_in_release`](Self::even_in_release) is called. Defaults to false.
    pub fn serve_traceback(mut self, serve: bool) -> Self {
        self.serve_traceback = serve;
        self
    }

    /// Lets [`serve_traceback`](Self::serve_traceback) have its effect in a release build.
    ///
    /// It takes no argument, so that what switches it on is a line of the program and not a variable of its
    /// environment. Defaults to not.
    pub fn even_in_release(mut self) -> Self {
        self.even_in_release = true;
        self
    }

    /// Lets one more name stand in `Host`, written without a port.
    ///
    /// Name only hosts whose names nobody else can give to 127.0.0.1. Defaults to `localhost`, the names
    /// below it, `127.0.0.1` and `[::1]`.
    pub fn allow_host(mut self, host: impl Into<String>) -> Self {
        self.allowed_hosts.push(host.into());
        self
    }

    /// The names that [`allow_host`](Self::allow_host) has added, for others that look at them too.
    pub fn allowed_hosts(&self) -> impl Iterator<Item = &str> {
        self.allowed_hosts.iter().map(String::as_str)
    }

    /// Hides what has this text in its name: headers, cookies, parameters, and fields of queries and forms. Case, `-`
    /// and `_` do not count.
    ///
    /// Defaults to passwords, tokens, keys, sessions, signatures and the like. Long cookies and what looks like a credential
    /// are hidden under any name.
    pub fn hide(mut self, name: &str) -> Self {
        self.mask.add(name);
        self
    }

    /// The editor that links open.
    ///
    /// Defaults to Visual Studio Code.
    pub fn editor(mut self, editor: Editor) -> Self {
        self.editor = editor;
        self
    }

    /// Says one more thing about the process on the page, such as its task id or a version.
    ///
    /// Defaults to the process id and this system.
    pub fn fact(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.facts.push((name.into(), value.into()));
        self
    }

    /// Folds the frames of this crate, and of those whose names go on with `_`, as those of libraries are.
    ///
    /// Defaults to none: what comes from a registry or a git checkout is known without.
    pub fn library(mut self, name: impl Into<String>) -> Self {
        self.libraries.push(name.into());
        self
    }

    /// Lets scripts of this origin run on the page, and connect to it, as those that a live reload adds to every page.
    ///
    /// Defaults to false: the page's policy lets none but its own run.
    pub fn own_scripts(mut self, allow: bool) -> Self {
        self.own_scripts = allow;
        self
    }

    /// The layer with these settings. `peer` says from where the connection came, as the server tells it in a request's
    /// extensions; without an answer there is no page.
    ///
    /// It must be the address of the socket and not what a header says. The first layer of a process installs
    /// a panic hook, which keeps the backtrace and calls the hook before it.
    ///
    /// ```
    /// use std::net::SocketAddr;
    /// use axum::extract::ConnectInfo;
    /// use squall_debug::Tracebacks;
    ///
    /// let layer = Tracebacks::new().layer(|extensions| {
    ///     let ConnectInfo(peer) = extensions.get::<ConnectInfo<SocketAddr>>()?;
    ///     Some(peer.ip())
    /// });
    /// ```
    #[must_use]
    pub fn layer(
        self,
        peer: impl Fn(&Extensions) -> Option<IpAddr> + Send + Sync + 'static,
    ) -> TracebackLayer {
        let serves = self.serves(cfg!(debug_assertions));
        if self.serve_traceback && !serves {
            tracing::warn!(
                "no traceback page is shown in a release build, unless Tracebacks::even_in_release is called"
            );
        }
        TracebackLayer::new(self, serves, peer)
    }

    fn serves(&self, debug_assertions: bool) -> bool {
        self.serve_traceback && (debug_assertions || self.even_in_release)
    }
}

#[cfg(test)]
mod tests {
    use super::Tracebacks;

    #[test]
    fn a_release_build_has_to_say_it_twice() {
        let off = Tracebacks::new();
        let on = off.clone().serve_traceback(true);
        for (tracebacks, debug, release) in [
            (off.clone(), false, false),
            (off.even_in_release(), false, false),
            (on.clone(), true, false),
            (on.clone().even_in_release(), true, true),
            (on.serve_traceback(false).even_in_release(), false, false),
        ] {
            assert_eq!(tracebacks.serves(true), debug, "{tracebacks:?}");
            assert_eq!(tracebacks.serves(false), release, "{tracebacks:?}");
        }
    }
}
