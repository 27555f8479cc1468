//! `StaticUrls`: builds URLs with the version of a file, like Tornado's `static_url`.

use std::{
    borrow::Cow,
    io,
    sync::{Arc, PoisonError},
};

use crate::{
    blocking,
    request::path::{FilePath, encode},
    state::ServiceState,
    store::{Lookup, LookupOptions, version::with_version},
    system::IoMode,
};

/// The number of missing files that are logged, since names can come from user input.
const MAX_WARNINGS: usize = 1000;

/// The space that a URL has for its version, so that it is allocated once.
const VERSION_SPACE: usize = 40;

/// Builds URLs of static files. Cheap to clone; shares the cache of the
/// [service](crate::ServeStatic::urls).
#[derive(Clone, Debug)]
pub struct StaticUrls {
    pub(crate) state: Arc<ServiceState>,
}

impl StaticUrls {
    /// Returns the URL of a file by its path below the root: `images/logo.png` →
    /// `/static/images/logo.png?v=<version>`.
    ///
    /// The URL of a missing file has no version; this is logged once per file.
    ///
    /// For templates, which cannot await: the first call reads the file, later ones revalidate it
    /// at most once a second. A file above `max_cached_file` is hashed when it has changed.
    #[must_use]
    pub fn url(&self, name: &str) -> String {
        self.try_url(name, IoMode::Blocking)
            .unwrap_or_else(|_| self.plain(name))
    }

    /// Like [`url`](Self::url), but reads files on tokio's blocking thread pool, if there is one.
    pub async fn url_async(&self, name: &str) -> String {
        if let Ok(url) = self.try_url(name, IoMode::Inline) {
            return url;
        }
        let (urls, owned) = (self.clone(), name.to_owned());
        let url = blocking::run(move || Ok(urls.url(&owned))).await;
        url.unwrap_or_else(|_| self.plain(name))
    }

    /// Like [`url`](Self::url) with an origin, as with Tornado's `include_host`:
    /// `https://example.com` → `https://example.com/static/…`.
    #[must_use]
    pub fn url_with_host(&self, origin: &str, name: &str) -> String {
        format!("{}{}", origin.trim_end_matches('/'), self.url(name))
    }

    /// Fails only with [`WouldBlock`](io::ErrorKind::WouldBlock), in inline mode.
    fn try_url(&self, name: &str, mode: IoMode) -> io::Result<String> {
        let name = name.trim_start_matches('/');
        if let Some(versioned) = self.state.manifest.get(name) {
            return Ok(self.plain(versioned));
        }
        if FilePath::from_name(name, self.state.dotfiles).is_none() {
            self.warn(name, "invalid name");
            return Ok(self.plain(name));
        }
        let options = LookupOptions {
            mode,
            needs_version: true,
            version_mismatch: false,
        };
        let version = match self.state.store.find(name, None, options) {
            Ok(Lookup::File(entry)) => entry.version,
            Ok(Lookup::Directory) => {
                self.warn(name, "it is a directory");
                None
            }
            Err(error) if mode == IoMode::Inline && error.kind() == io::ErrorKind::WouldBlock => {
                return Err(error);
            }
            Err(error) => {
                self.warn(name, &error.to_string());
                None
            }
        };
        let Some(version) = version else {
            return Ok(self.plain(name));
        };
        Ok(if self.state.hashed_names {
            self.plain(&with_version(name, version.as_str()))
        } else {
            self.plain(name) + "?v=" + version.as_str()
        })
    }

    fn plain(&self, name: &str) -> String {
        let name: Cow<'_, str> = encode(name.trim_start_matches('/'));
        let mut url = String::with_capacity(self.state.prefix.len() + name.len() + VERSION_SPACE);
        url.push_str(&self.state.prefix);
        url.push_str(&name);
        url
    }

    fn warn(&self, name: &str, reason: &str) {
        let mut warned = self
            .state
            .warned
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if warned.len() < MAX_WARNINGS && warned.insert(name.to_owned()) {
            tracing::warn!(name = %name.escape_debug(), reason, "no version for the URL of a static file");
        }
    }
}
