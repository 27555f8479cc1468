//! `Tracebacks`: the builder of the layer.

use crate::{mask::Mask, page::editor::Editor};

/// The configuration of failure handling, and the builder of the layer; see the [crate]
/// documentation.
#[derive(Clone, Debug, Default)]
#[must_use = "call `layer` to get a layer"]
pub struct Tracebacks {
    serve_traceback: bool,
    even_in_release: bool,
    pub(crate) allowed_hosts: Vec<String>,
    pub(crate) mask: Mask,
    pub(crate) editor: Editor,
    pub(crate) process_info: Vec<(String, String)>,
    pub(crate) libraries: Vec<String>,
    pub(crate) own_scripts: bool,
}

impl Tracebacks {
    /// Creates the default configuration: failures are logged, and clients get a plain response.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether the page is shown to clients that may see it (Tornado's `serve_traceback`). Without
    /// debug assertions it stays disabled, with a warning in the log, unless
    /// [`even_in_release`](Self::even_in_release) is called. Default: `false`.
    pub fn serve_traceback(mut self, enabled: bool) -> Self {
        self.serve_traceback = enabled;
        self
    }

    /// Allows [`serve_traceback`](Self::serve_traceback) in release builds. It takes no argument,
    /// so that only a line of code can enable it, never an environment variable. Default: not
    /// allowed.
    pub fn even_in_release(mut self) -> Self {
        self.even_in_release = true;
        self
    }

    /// Adds an allowed name for `Host`, without a port. Add only names that no attacker can resolve
    /// to 127.0.0.1. Default: `localhost`, its subdomains, `127.0.0.1` and `[::1]`.
    pub fn allow_host(mut self, host: impl Into<String>) -> Self {
        self.allowed_hosts.push(host.into());
        self
    }

    /// Returns the names that [`allow_host`](Self::allow_host) has added.
    pub fn allowed_hosts(&self) -> impl Iterator<Item = &str> {
        self.allowed_hosts.iter().map(String::as_str)
    }

    /// Hides the values of names that contain this text: headers, cookies, parameters, and fields
    /// of queries and forms. Case, `-` and `_` are ignored. Default: passwords, tokens, keys,
    /// sessions, signatures and the like. Long cookies and values that look like credentials are
    /// hidden under any name.
    pub fn hide(mut self, name: &str) -> Self {
        self.mask.add(name);
        self
    }

    /// Sets the editor for links to source files. Default: Visual Studio Code.
    pub fn editor(mut self, editor: Editor) -> Self {
        self.editor = editor;
        self
    }

    /// Returns the URL of the editor, with the placeholders `{file}`, `{line}` and `{column}`.
    #[must_use]
    pub fn editor_url(&self) -> &str {
        self.editor.url()
    }

    /// Adds a row to the section "Process" of the page, such as the task id or a version. Default:
    /// the process id and the operating system.
    pub fn process_info(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.process_info.push((name.into(), value.into()));
        self
    }

    /// Folds the frames of this crate, and of crates whose names extend it with `_`, as library
    /// frames. Default: only crates from a registry or a git checkout.
    pub fn library(mut self, name: impl Into<String>) -> Self {
        self.libraries.push(name.into());
        self
    }

    /// Whether scripts of the same origin may run on the page and connect to it, such as the live
    /// reload script. Default: `false`, so that the page's policy allows only its own script.
    pub fn own_scripts(mut self, enabled: bool) -> Self {
        self.own_scripts = enabled;
        self
    }

    pub(crate) fn is_requested(&self) -> bool {
        self.serve_traceback
    }

    pub(crate) fn shows_page(&self, debug_assertions: bool) -> bool {
        self.serve_traceback && (debug_assertions || self.even_in_release)
    }
}

#[cfg(test)]
mod tests {
    use super::Tracebacks;

    #[test]
    fn release_build_needs_both_settings() {
        let off = Tracebacks::new();
        let on = off.clone().serve_traceback(true);
        for (tracebacks, debug, release) in [
            (off.clone(), false, false),
            (off.even_in_release(), false, false),
            (on.clone(), true, false),
            (on.clone().even_in_release(), true, true),
            (on.serve_traceback(false).even_in_release(), false, false),
        ] {
            assert_eq!(tracebacks.shows_page(true), debug, "{tracebacks:?}");
            assert_eq!(tracebacks.shows_page(false), release, "{tracebacks:?}");
        }
    }
}
