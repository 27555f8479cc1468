//! The settings for static files, their routes and their URLs.

mod routes;
mod urls;

pub(crate) use self::urls::Urls;

#[cfg(feature = "autoreload")]
use std::path::Path;
use std::path::PathBuf;

use squall_static::StaticFiles;

use super::Added;
use crate::{Application, Result};

/// Settings as given.
#[derive(Default)]
pub(crate) struct Settings {
    files: Option<StaticFiles>,
    prefix: Option<String>,
}

impl Settings {
    /// Returns the root directory, if files are served.
    #[cfg(feature = "autoreload")]
    pub(crate) fn root(&self) -> Option<&Path> {
        self.files.as_ref().map(StaticFiles::root)
    }

    /// Opens the root and makes the routes.
    pub(crate) fn build(self, debug: bool) -> Result<Added> {
        let Some(mut files) = self.files else {
            return Ok(Added::default());
        };
        if debug {
            // A developer saves a file more often than the cache checks it.
            files = files.static_hash_cache(false);
        }
        if let Some(prefix) = self.prefix {
            files = files.static_url_prefix(prefix);
        }
        Ok(routes::of(files.build()?)?)
    }
}

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
