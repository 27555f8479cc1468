//! What can be set of the layer.

use std::{
    net::IpAddr,
    path::PathBuf,
    process,
    time::{SystemTime, UNIX_EPOCH},
};

use http::Extensions;

use super::LiveReloadLayer;
use crate::{StateFile, state::Found};

/// Settings of the layer that keeps pages up to date.
///
/// For development only: put it around a service where the program is told to debug, and nowhere
/// else.
#[derive(Clone, Debug)]
#[must_use = "settings do nothing until `layer`"]
pub struct LiveReload {
    pub(super) hosts: Vec<String>,
    pub(super) watched: Vec<PathBuf>,
    pub(super) generation: String,
    pub(super) state: Found,
}

impl LiveReload {
    /// The defaults.
    pub fn new() -> Self {
        let born = SystemTime::now().duration_since(UNIX_EPOCH);
        let born = born.unwrap_or_default().as_nanos();
        Self {
            hosts: Vec::new(),
            watched: Vec::new(),
            generation: format!("{}-{born}", process::id()),
            state: StateFile::from_env(),
        }
    }

    /// Serves under another name as well, such as that of a proxy on this machine. Without a port.
    ///
    /// Defaults to `localhost`, `*.localhost`, `127.0.0.1` and `[::1]`.
    pub fn allow_host(mut self, host: impl AsRef<str>) -> Self {
        self.hosts.push(host.as_ref().to_ascii_lowercase());
        self
    }

    /// Watches a directory, or a file, that the running program reads by itself: static files, templates. Of a
    /// style sheet, pages take the new text without being loaded again.
    ///
    /// Defaults to nothing.
    pub fn watch(mut self, path: impl Into<PathBuf>) -> Self {
        self.watched.push(path.into());
        self
    }

    /// What tells this program from the one before. A page that came from another is loaded again.
    /// What is neither an ASCII letter or digit nor `.` or `-` becomes `_`.
    ///
    /// Defaults to the process id and the time.
    pub fn generation(mut self, generation: impl AsRef<str>) -> Self {
        let harmless = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
        let text = generation.as_ref().chars();
        self.generation = text.map(|c| if harmless(c) { c } else { '_' }).collect();
        self
    }

    /// Where builds are told of.
    ///
    /// Defaults to what the environment variable `SQUALL_DEV_STATE` names, set by `squall dev`;
    /// set and empty, it turns the layer off.
    pub fn state(mut self, file: StateFile) -> Self {
        self.state = Found::File(file);
        self
    }

    /// The layer. `peer` finds who has connected among a request's extensions: only what comes from
    /// this machine gets scripts and events, so an unknown peer gets none.
    ///
    /// ```
    /// use std::net::SocketAddr;
    /// use axum::{Router, extract::ConnectInfo};
    /// use squall_autoreload::LiveReload;
    ///
    /// let live = LiveReload::new().watch("static").layer(|extensions| {
    ///     extensions.get().map(|ConnectInfo::<SocketAddr>(peer)| peer.ip())
    /// });
    /// let app: Router = Router::new().layer(live);
    /// # drop(app);
    /// ```
    pub fn layer(
        self,
        peer: impl Fn(&Extensions) -> Option<IpAddr> + Send + Sync + 'static,
    ) -> LiveReloadLayer {
        LiveReloadLayer::new(self, peer)
    }
}

impl Default for LiveReload {
    fn default() -> Self {
        Self::new()
    }
}
