//! `Application::static_path`, `static_files` and `static_url_prefix`.

use std::path::PathBuf;

use squall_static::StaticFiles;

use crate::Application;

impl<S: Clone + Send + Sync + 'static> Application<S> {
    /// Serves the files of a directory below `/static/`, and its `robots.txt` and `favicon.ico` at
    /// the root as well (Tornado's `static_path`). [`Urls::static_url`](crate::Urls::static_url)
    /// returns their URLs with a version of their content, which clients may cache for ever.
    ///
    /// Default: no static files.
    pub fn static_path(mut self, path: impl Into<PathBuf>) -> Self {
        self.settings.files.files = Some(StaticFiles::new(path));
        self
    }

    /// As [`static_path`](Self::static_path), with other settings.
    ///
    /// Default: no static files.
    pub fn static_files(mut self, files: StaticFiles) -> Self {
        self.settings.files.files = Some(files);
        self
    }

    /// Sets the path below which static files are served (Tornado's `static_url_prefix`).
    ///
    /// Default: `/static/`.
    pub fn static_url_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.settings.files.prefix = Some(prefix.into());
        self
    }
}
