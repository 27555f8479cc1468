//! The settings for static files, their routes and their URLs.

mod routes;
mod setters;
mod static_url;
mod urls;

pub(crate) use self::urls::FileUrls;

use std::path::Path;

use squall_static::StaticFiles;

use super::StaticRoutes;
use crate::Result;

/// Settings as given.
#[derive(Default)]
pub(crate) struct Settings {
    files: Option<StaticFiles>,
    prefix: Option<String>,
}

impl Settings {
    /// Returns the root directory, if files are served.
    pub(crate) fn root(&self) -> Option<&Path> {
        self.files.as_ref().map(StaticFiles::root)
    }

    /// Opens the root and makes the routes.
    pub(crate) fn build(self, debug: bool) -> Result<StaticRoutes> {
        let Some(mut files) = self.files else {
            return Ok(StaticRoutes::default());
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
