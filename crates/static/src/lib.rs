//! Serves the files of a directory: with the version of each in its URL, for ever in the client's
//! cache, and from memory.
//!
//! ```
//! use axum::Router;
//! use squall_static::StaticFiles;
//!
//! # let folder = testkit::temp_dir();
//! # let root = folder.path();
//! # std::fs::create_dir(root.join("images"))?;
//! # std::fs::write(root.join("images/logo.png"), "a logo")?;
//! let files = StaticFiles::new(root).build()?;
//!
//! let urls = files.urls();
//! assert_eq!(urls.url("images/logo.png"), "/static/images/logo.png?v=debe7e55e398958e5bb7");
//!
//! let app: Router = Router::new()
//!     .route_service("/robots.txt", files.only("robots.txt")?)
//!     .nest_service("/static", files);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`StaticFiles`] has the settings, [`ServeStatic`] is the service, and [`StaticUrls`] makes the URLs.
//!
//! # Versions
//!
//! A version is the beginning of the SHA-256 of a file's content. It is in the URL that
//! [`StaticUrls`] makes, and in the `ETag`. A response may be kept for ten years, and is
//! `immutable`, only when the version in its URL (`?v=…`, or `logo.<version>.png`) is that of the
//! content that is sent. With any other version in it, the same file is sent, to be asked for each
//! time: while a deploy replaces one server after the other, an old file does not get into caches
//! under a new URL.
//!
//! # What is remembered
//!
//! Files up to [`max_cached_file`](StaticFiles::max_cached_file) are kept in memory, with their headers,
//! as long as [`cache_size`](StaticFiles::cache_size) has room. Each is looked at again at most once a
//! second, when it is asked for. What is sent is what was hashed, so content and `ETag` always fit.
//! Replace files by renaming others over them: that is whole at any time. Where a file is written in
//! place, the old version is served until it has rested for half a second, or for five seconds at most.
//!
//! Greater files are read while they are sent: at once what the kernel has in memory, the rest on
//! tokio's pool of blocking threads. One that changes meanwhile ends the connection. They have an
//! `ETag` when they have been read through once, which the first request begins, and waits for only if
//! its answer depends on it.
//!
//! # What is refused
//!
//! A path is decoded once, and must then be one of names: no `.` or `..`, no empty segment, no
//! slash in a segment, no backslash, colon or control character, no name that Windows takes for
//! another (`nul.txt`, `a.txt.`, `GIT~1`), on any system. Hidden files are refused, but for
//! `.well-known`; links out of the root are, and whatever is neither a file nor a directory. On
//! Linux the kernel sees to it that a path stays below the root (`openat2`), even while somebody
//! replaces its directories; elsewhere it is checked before the file is opened.
//!
//! # Features
//!
//! | feature | what it adds | default |
//! |---|---|---|
//! | `compress` | `StaticFiles::compress`: cached text is compressed, once | no |
//! | `manifest` | `StaticFiles::manifest`: names from a manifest that `build` wrote | no |
//! | `build` | `build`: a tree with versions in names, compressed siblings and a manifest | no |
//!
//! # What it does not do
//!
//! It takes no uploads, makes no error pages (its errors have no body, for the application to give
//! them one), and compresses nothing that is not in memory. Requests with an `Origin` get no CORS headers: a
//! layer of tower-http adds these.
#![forbid(unsafe_code)]

mod accept_encoding;
mod blocking;
mod body;
#[cfg(feature = "build")]
pub mod build;
mod cache_control;
mod compress;
mod conditions;
mod entry;
mod error;
mod listing;
mod load;
mod manifest;
mod media_type;
mod multipart;
mod path;
mod range;
mod respond;
mod service;
mod signature;
mod static_files;
mod store;
mod system;
mod urls;
mod version;
mod visit;

pub use crate::{
    body::Body,
    cache_control::CachePolicy,
    error::ConfigError,
    service::{ResponseFuture, ServeStatic},
    static_files::StaticFiles,
    system::Symlinks,
    urls::StaticUrls,
};
