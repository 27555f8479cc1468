//! The settings: what is served, under which URLs, and how it is kept.

use std::{
    collections::{HashMap, HashSet},
    fs,
    path::{self, Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use http::HeaderValue;

use crate::{
    CachePolicy, ConfigError, ServeStatic, Symlinks,
    media_type::MediaTypes,
    path::FilePath,
    service::{Scope, Shared},
    store::{Policy, Store},
};

/// The files below a directory, and how to serve them; [`build`](Self::build) makes it a service.
#[derive(Clone)]
#[must_use = "settings serve nothing until `build`"]
pub struct StaticFiles {
    policy: Policy,
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
    /// The files below this directory; Tornado's `static_path`.
    ///
    /// A relative path is relative to where the program is when [`build`](Self::build) is called.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self {
            policy: Policy {
                root: root.into(),
                symlinks: Symlinks::default(),
                cache_size: 64 * 1024 * 1024,
                max_cached_file: 16 * 1024 * 1024,
                keeps: true,
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

    /// The directory.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.policy.root
    }

    /// Where URLs of files begin, with a slash at both ends.
    ///
    /// Defaults to `/static/`.
    pub fn static_url_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// The file that is served for the URL of a directory; `None` for no such file. The URL
    /// without a slash at its end is redirected to the one with it.
    ///
    /// Defaults to `index.html`.
    pub fn default_filename<'a>(mut self, name: impl Into<Option<&'a str>>) -> Self {
        self.default_filename = name.into().map(str::to_owned);
        self
    }

    /// Whether anything is remembered about files: their content, their versions, that they are
    /// there. Switched off, each request and each URL reads the file anew, as it is wanted in debug mode.
    ///
    /// Defaults to `true`.
    pub fn static_hash_cache(mut self, on: bool) -> Self {
        self.policy.keeps = on;
        self
    }

    /// How much memory cached files take, in bytes. With zero none is cached.
    ///
    /// Defaults to 64 MiB.
    pub fn cache_size(mut self, bytes: u64) -> Self {
        self.policy.cache_size = bytes;
        self
    }

    /// The longest file that is cached, in bytes, but never more than half of
    /// [`cache_size`](Self::cache_size). Longer ones are read while they are sent, and have no `ETag`
    /// until they have been read through once.
    ///
    /// Defaults to 16 MiB.
    pub fn max_cached_file(mut self, bytes: u64) -> Self {
        self.policy.max_cached_file = bytes;
        self
    }

    /// Whether files and directories are served whose names begin with a dot. `.well-known` at
    /// the top always is.
    ///
    /// Defaults to `false`.
    pub fn dotfiles(mut self, on: bool) -> Self {
        self.dotfiles = on;
        self
    }

    /// Which symbolic links are followed.
    ///
    /// Defaults to [`Symlinks::Within`].
    pub fn symlinks(mut self, symlinks: Symlinks) -> Self {
        self.policy.symlinks = symlinks;
        self
    }

    /// Whether the URL of a directory without a [`default_filename`](Self::default_filename) in it shows
    /// what it holds.
    ///
    /// Defaults to `false`.
    pub fn listing(mut self, on: bool) -> Self {
        self.listing = on;
        self
    }

    /// The file that is served, with status 200, in place of pages that are not there, for applications
    /// that route in the browser. A path whose last segment has a dot in it asks for a file, not for a
    /// page, and still gets 404.
    ///
    /// Defaults to none.
    pub fn fallback(mut self, name: impl Into<String>) -> Self {
        self.fallback = Some(name.into());
        self
    }

    /// For how long clients keep files whose URL names no version, or another one.
    ///
    /// Defaults to [`CachePolicy::Revalidate`].
    pub fn plain_url_cache(mut self, policy: CachePolicy) -> Self {
        self.policy.plain_url_cache = policy;
        self
    }

    /// The `Content-Type` of files with this extension, sent as it stands here.
    ///
    /// Defaults to the table of the `mime_guess` crate, and UTF-8 for text.
    pub fn media_type(
        mut self,
        extension: impl Into<String>,
        media_type: impl Into<String>,
    ) -> Self {
        self.media_types.push((extension.into(), media_type.into()));
        self
    }

    /// Whether `logo.svg.br`, `logo.svg.zst` and `logo.svg.gz` are served for `logo.svg` to clients
    /// that accept them. One that is more than two seconds older than its original is not.
    ///
    /// Defaults to `true`.
    pub fn precompressed(mut self, on: bool) -> Self {
        self.policy.precompressed = on;
        self
    }

    /// Whether cached text is compressed, once, for clients that accept it.
    ///
    /// Defaults to `false`.
    #[cfg(feature = "compress")]
    pub fn compress(mut self, on: bool) -> Self {
        self.policy.compress = on;
        self
    }

    /// Whether URLs name a version as `logo.<version>.png` instead of `logo.png?v=<version>`. Both are
    /// always understood.
    ///
    /// Defaults to `false`.
    pub fn hashed_names(mut self, on: bool) -> Self {
        self.hashed_names = on;
        self
    }

    /// A manifest that [`build`](crate::build) wrote: URLs name the files that are in it, without
    /// looking at them.
    ///
    /// Defaults to none.
    #[cfg(feature = "manifest")]
    pub fn manifest(mut self, path: impl Into<PathBuf>) -> Self {
        self.manifest = Some(path.into());
        self
    }

    /// The clock that says when a file is to be looked at again, a second after it was last: the time
    /// since any moment. It is for tests.
    ///
    /// Defaults to the system's monotonic clock.
    pub fn clock(mut self, now: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        self.policy.clock = Some(Arc::new(now));
        self
    }

    /// Checks the settings and looks at the root.
    ///
    /// # Errors
    ///
    /// As [`ConfigError`] lists them.
    pub fn build(mut self) -> Result<ServeStatic, ConfigError> {
        self.policy.root = root(self.policy.root)?;
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
            checked_name(name, self.dotfiles)?;
        }
        for (extension, media_type) in self.media_types {
            let Ok(value) = HeaderValue::try_from(&media_type) else {
                return Err(ConfigError::MediaType { media_type });
            };
            self.policy.media_types.insert(&extension, value);
        }
        let manifest = match self.manifest {
            Some(path) => crate::manifest::read(&path)
                .map_err(|error| ConfigError::Manifest { path, error })?,
            None => HashMap::new(),
        };
        Ok(ServeStatic {
            shared: Arc::new(Shared {
                store: Arc::new(Store::new(self.policy)),
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

/// The name of a file that requests could name too.
pub(crate) fn checked_name(name: &str, dotfiles: bool) -> Result<(), ConfigError> {
    match FilePath::from_name(name, dotfiles) {
        Some(_) => Ok(()),
        None => Err(ConfigError::Name {
            name: name.to_owned(),
        }),
    }
}

/// The root, absolute, if it is a directory that can be read.
fn root(root: PathBuf) -> Result<PathBuf, ConfigError> {
    if root.as_os_str().is_empty() {
        return Err(ConfigError::EmptyRoot);
    }
    let is_directory = fs::metadata(&root).map(|metadata| metadata.is_dir());
    let absolute = is_directory.and_then(|is_directory| {
        if is_directory {
            fs::read_dir(&root)?;
        }
        // Not its canonical form: a deploy may point a link to another directory.
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
            .field("root", &self.policy.root)
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}
