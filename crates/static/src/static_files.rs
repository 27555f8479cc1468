//! `StaticFiles`: the builder of the service.

use std::{
    collections::{HashMap, HashSet},
    fs,
    path::{self, Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use http::HeaderValue;

use crate::{
    error::ConfigError,
    media_type::MediaTypes,
    request::path::{FilePath, check_name},
    response::cache_control::CachePolicy,
    service::{Scope, ServeStatic},
    state::ServiceState,
    store::{Store, StoreConfig},
    system::Symlinks,
};

/// The builder of [`ServeStatic`]: a directory, and how its files are served.
#[derive(Clone)]
#[must_use = "call `build` to get a service"]
pub struct StaticFiles {
    config: StoreConfig,
    prefix: String,
    default_filename: Option<String>,
    fallback: Option<String>,
    dotfiles: bool,
    listing: bool,
    hashed_names: bool,
    manifest: Option<PathBuf>,
    media_types: Vec<(String, String)>,
}

impl StaticFiles {
    /// Creates a builder for the files below this directory, Tornado's `static_path`.
    ///
    /// A relative path is resolved against the working directory when [`build`](Self::build) is
    /// called.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self {
            config: StoreConfig {
                root: root.into(),
                symlinks: Symlinks::default(),
                cache_size: 64 * 1024 * 1024,
                max_cached_file: 16 * 1024 * 1024,
                cache: true,
                precompressed: true,
                compress: false,
                plain_url_cache: CachePolicy::default(),
                media_types: MediaTypes::default(),
                clock: None,
            },
            prefix: "/static/".to_owned(),
            default_filename: Some("index.html".to_owned()),
            fallback: None,
            dotfiles: false,
            listing: false,
            hashed_names: false,
            manifest: None,
            media_types: Vec::new(),
        }
    }

    /// Returns the directory.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.config.root
    }

    /// Sets the prefix of static URLs, with a slash at each end. Default: `/static/`.
    pub fn static_url_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Sets the file that is served for the URL of a directory; `None` disables this. A URL without
    /// a trailing slash is redirected to the one with it. Default: `index.html`.
    pub fn default_filename<'a>(mut self, name: impl Into<Option<&'a str>>) -> Self {
        self.default_filename = name.into().map(str::to_owned);
        self
    }

    /// Whether content, versions and existence of files are cached. If disabled, for debug mode,
    /// each request and each URL reads the file. Default: `true`.
    pub fn static_hash_cache(mut self, enabled: bool) -> Self {
        self.config.cache = enabled;
        self
    }

    /// Sets the memory budget of the cache in bytes; 0 disables it. Default: 64 MiB.
    pub fn cache_size(mut self, bytes: u64) -> Self {
        self.config.cache_size = bytes;
        self
    }

    /// Sets the size of the largest file that is cached, in bytes, limited to half of
    /// [`cache_size`](Self::cache_size). Larger files are read while they are sent, and have no
    /// `ETag` until their hash is computed. Default: 16 MiB.
    pub fn max_cached_file(mut self, bytes: u64) -> Self {
        self.config.max_cached_file = bytes;
        self
    }

    /// Whether files and directories with a leading dot are served. `.well-known` at the top always
    /// is. Default: `false`.
    pub fn dotfiles(mut self, enabled: bool) -> Self {
        self.dotfiles = enabled;
        self
    }

    /// Sets which symbolic links are followed. Default: [`Symlinks::Within`].
    pub fn symlinks(mut self, symlinks: Symlinks) -> Self {
        self.config.symlinks = symlinks;
        self
    }

    /// Whether the URL of a directory without a [`default_filename`](Self::default_filename) shows
    /// a listing. Default: `false`.
    pub fn listing(mut self, enabled: bool) -> Self {
        self.listing = enabled;
        self
    }

    /// Sets the file that is served with status 200 instead of missing pages, for applications that
    /// route in the browser. A path whose last segment contains a dot is a file, not a page, and
    /// still gets 404. Default: none.
    pub fn fallback(mut self, name: impl Into<String>) -> Self {
        self.fallback = Some(name.into());
        self
    }

    /// Sets the cache policy for files whose URL has no version, or another one. Default:
    /// [`CachePolicy::Revalidate`].
    pub fn plain_url_cache(mut self, policy: CachePolicy) -> Self {
        self.config.plain_url_cache = policy;
        self
    }

    /// Sets the `Content-Type` of files with this extension. Default: the table of the `mime_guess`
    /// crate, with UTF-8 for text.
    pub fn media_type(
        mut self,
        extension: impl Into<String>,
        media_type: impl Into<String>,
    ) -> Self {
        self.media_types.push((extension.into(), media_type.into()));
        self
    }

    /// Whether `logo.svg.br`, `logo.svg.zst` and `logo.svg.gz` are served for `logo.svg` to clients
    /// that accept them. A sibling that is more than two seconds older than its original is
    /// ignored. Default: `true`.
    pub fn precompressed(mut self, enabled: bool) -> Self {
        self.config.precompressed = enabled;
        self
    }

    /// Whether cached text files are compressed, once, for clients that accept it. Default:
    /// `false`.
    #[cfg(feature = "compress")]
    pub fn compress(mut self, enabled: bool) -> Self {
        self.config.compress = enabled;
        self
    }

    /// Whether URLs have the form `logo.<version>.png` instead of `logo.png?v=<version>`. Both
    /// forms are always accepted. Default: `false`.
    pub fn hashed_names(mut self, enabled: bool) -> Self {
        self.hashed_names = enabled;
        self
    }

    /// Sets a manifest that [`build`](crate::build) wrote. URLs of its files are built from it,
    /// without reading them. Default: none.
    #[cfg(feature = "manifest")]
    pub fn manifest(mut self, path: impl Into<PathBuf>) -> Self {
        self.manifest = Some(path.into());
        self
    }

    /// Sets the monotonic clock for revalidation, for tests. Default: the clock of the system.
    pub fn clock(mut self, now: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        self.config.clock = Some(Arc::new(now));
        self
    }

    /// Validates the configuration and the root directory.
    ///
    /// # Errors
    ///
    /// Returns a [`ConfigError`].
    pub fn build(mut self) -> Result<ServeStatic, ConfigError> {
        self.config.root = root(self.config.root)?;
        let is_prefix = self.prefix.starts_with('/')
            && self.prefix.ends_with('/')
            && FilePath::from_url(&self.prefix, true).is_some()
            && !self.prefix.contains(['?', '#']);
        if !is_prefix {
            return Err(ConfigError::Prefix {
                prefix: self.prefix,
            });
        }
        for name in self.default_filename.iter().chain(&self.fallback) {
            check_name(name, self.dotfiles)?;
        }
        for (extension, media_type) in self.media_types {
            let Ok(value) = HeaderValue::try_from(&media_type) else {
                return Err(ConfigError::MediaType { media_type });
            };
            self.config.media_types.insert(&extension, value);
        }
        let manifest = match self.manifest {
            Some(path) => crate::manifest::read(&path)
                .map_err(|error| ConfigError::Manifest { path, error })?,
            None => HashMap::new(),
        };
        Ok(ServeStatic {
            state: Arc::new(ServiceState {
                store: Arc::new(Store::new(self.config)),
                prefix: self.prefix,
                default_filename: self.default_filename,
                fallback: self.fallback,
                dotfiles: self.dotfiles,
                listing: self.listing,
                hashed_names: self.hashed_names,
                manifest,
                warned: Mutex::new(HashSet::new()),
            }),
            scope: Scope::All,
        })
    }
}

/// Returns the absolute path of the root, if it is a readable directory.
fn root(root: PathBuf) -> Result<PathBuf, ConfigError> {
    if root.as_os_str().is_empty() {
        return Err(ConfigError::EmptyRoot);
    }
    let is_directory = fs::metadata(&root).map(|metadata| metadata.is_dir());
    let absolute = is_directory.and_then(|is_directory| {
        if is_directory {
            fs::read_dir(&root)?;
        }
        // Not canonicalized: a deploy may switch a symbolic link to another directory.
        Ok(is_directory.then_some(path::absolute(&root)?))
    });
    match absolute {
        Ok(Some(absolute)) => Ok(absolute),
        Ok(None) => Err(ConfigError::RootIsFile { root }),
        Err(error) => Err(ConfigError::UnreadableRoot { root, error }),
    }
}

impl std::fmt::Debug for StaticFiles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StaticFiles")
            .field("root", &self.config.root)
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}
