//! Settings of the live-reload layer.

use std::{
    path::PathBuf,
    process,
    time::{SystemTime, UNIX_EPOCH},
};

use crate::{StateFile, state::StateSetting};

/// Settings of the live-reload layer.
///
/// For development only: add the layer in the program's debug mode.
#[derive(Clone, Debug)]
#[must_use = "settings do nothing until `layer`"]
pub struct LiveReload {
    pub(super) hosts: Vec<String>,
    pub(super) watched: Vec<PathBuf>,
    pub(super) generation: String,
    pub(super) state: StateSetting,
    pub(super) editor: String,
}

impl LiveReload {
    /// Creates the default settings.
    pub fn new() -> Self {
        let started = SystemTime::now().duration_since(UNIX_EPOCH);
        let started = started.unwrap_or_default().as_nanos();
        Self {
            hosts: Vec::new(),
            watched: Vec::new(),
            generation: format!("{}-{started}", process::id()),
            state: StateFile::from_env(),
            editor: "vscode://file{file}:{line}:{column}".to_owned(),
        }
    }

    /// Adds a host name, without a port, whose requests get the script, such as a name in
    /// `/etc/hosts`. Default: `localhost`, `*.localhost`, `127.0.0.1` and `[::1]`.
    pub fn allow_host(mut self, host: impl AsRef<str>) -> Self {
        self.hosts.push(host.as_ref().to_ascii_lowercase());
        self
    }

    /// Adds a file or a directory that the running program reads, such as static files or
    /// templates. A change reloads pages; a style sheet is replaced in place. Default: none.
    pub fn watch(mut self, path: impl Into<PathBuf>) -> Self {
        self.watched.push(path.into());
        self
    }

    /// Sets the identifier of this process's generation. Pages of another generation reload. A
    /// character other than an ASCII letter, a digit, `.` or `-` is replaced by `_`. Default: the
    /// process id and the time.
    pub fn generation(mut self, generation: impl AsRef<str>) -> Self {
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
        let text = generation.as_ref().chars();
        self.generation = text.map(|c| if is_allowed(c) { c } else { '_' }).collect();
        self
    }

    /// Sets the URL that opens a file in an editor, with the placeholders `{file}`, `{line}` and
    /// `{column}`, for the places of compiler errors. Default: Visual Studio Code's.
    pub fn editor(mut self, url: impl Into<String>) -> Self {
        self.editor = url.into();
        self
    }

    /// Sets the state file, from which the layer reads the status of builds. Default: the path in
    /// the environment variable `SQUALL_DEV_STATE`, set by `squall dev`. An empty value disables
    /// the layer.
    pub fn state(mut self, file: StateFile) -> Self {
        self.state = StateSetting::File(file);
        self
    }
}

impl Default for LiveReload {
    fn default() -> Self {
        Self::new()
    }
}
