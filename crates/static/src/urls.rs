//! From names of files to URLs that name their versions: Tornado's `static_url`.

use std::{
    borrow::Cow,
    io,
    sync::{Arc, PoisonError},
};

use crate::{
    blocking,
    path::{FilePath, encode},
    service::Shared,
    store::{Found, Look},
    system::How,
    version::with_version,
};

/// How many names without a file the log hears of: they may come from outside.
const MAX_WARNINGS: usize = 1000;

/// Makes URLs of static files. Clones are cheap, and share the cache of the service that they
/// are [from](crate::ServeStatic::urls).
#[derive(Clone, Debug)]
pub struct StaticUrls {
    pub(crate) shared: Arc<Shared>,
}

impl StaticUrls {
    /// The URL of a file, by its path below the root: `images/logo.png` →
    /// `/static/images/logo.png?v=<version>`.
    ///
    /// For a file that is not there, the URL has no version, and the log a warning, once.
    ///
    /// This is for templates, which cannot wait. The file is read the first time, and looked at
    /// again at most once a second; a great file is read through when it has changed.
    #[must_use]
    pub fn url(&self, name: &str) -> String {
        self.try_url(name, How::Blocking)
            .unwrap_or_else(|_| self.plain(name))
    }

    /// As [`url`](Self::url), but what has to wait for a disk does so elsewhere: on tokio's pool of
    /// blocking threads, where there is one.
    pub async fn url_async(&self, name: &str) -> String {
        if let Ok(url) = self.try_url(name, How::Inline) {
            return url;
        }
        let (urls, owned) = (self.clone(), name.to_owned());
        let url = blocking::run(move || Ok(urls.url(&owned))).await;
        url.unwrap_or_else(|_| self.plain(name))
    }

    /// As [`url`](Self::url) with a host, as Tornado's `include_host` gives it: `https://example.com` →
    /// `https://example.com/static/…`.
    #[must_use]
    pub fn url_with_host(&self, origin: &str, name: &str) -> String {
        format!("{}{}", origin.trim_end_matches('/'), self.url(name))
    }

    /// Fails only where it would have to wait and must not.
    fn try_url(&self, name: &str, how: How) -> io::Result<String> {
        let name = name.trim_start_matches('/');
        if let Some(versioned) = self.shared.manifest.get(name) {
            return Ok(self.plain(versioned));
        }
        if FilePath::from_name(name, self.shared.dotfiles).is_none() {
            self.warn(name, "no request can name it");
            return Ok(self.plain(name));
        }
        let look = Look {
            how,
            needs_version: true,
            in_doubt: false,
        };
        let version = match self.shared.store.find(name, None, look) {
            Ok(Found::File(entry)) => entry.version,
            Ok(Found::Directory) => {
                self.warn(name, "it is a directory");
                None
            }
            Err(error) if how == How::Inline && error.kind() == io::ErrorKind::WouldBlock => {
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
        Ok(if self.shared.hashed_names {
            self.plain(&with_version(name, version.as_str()))
        } else {
            format!("{}?v={}", self.plain(name), version.as_str())
        })
    }

    fn plain(&self, name: &str) -> String {
        let name: Cow<'_, str> = encode(name.trim_start_matches('/'));
        format!("{}{name}", self.shared.prefix)
    }

    fn warn(&self, name: &str, reason: &str) {
        let mut warned = self
            .shared
            .warned
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if warned.len() < MAX_WARNINGS && warned.insert(name.to_owned()) {
            tracing::warn!(name = %name.escape_debug(), reason, "a static file has no version");
        }
    }
}
