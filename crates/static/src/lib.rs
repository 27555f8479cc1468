//! Static files as a tower service: versioned URLs with `immutable` caching, validators, ranges and
//! an in-memory cache.
//!
//! ```
//! use axum::Router;
//! use squall_static::StaticFiles;
//!
//! # let folder = tempfile::tempdir()?;
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
//! [`StaticFiles`] is the builder, [`ServeStatic`] the service, and [`StaticUrls`] builds URLs.
//!
//! # Versions
//!
//! A version is the start of the SHA-256 of a file's content. It is part of the URL that
//! [`StaticUrls`] builds, and of the `ETag`. A response may be cached for ten years, as
//! `immutable`, only if the version in its URL (`?v=…`, or `logo.<version>.png`) is that of the
//! content. For any other version the current file is sent with the policy of
//! [`plain_url_cache`](StaticFiles::plain_url_cache), by default `no-cache`: during a rolling
//! deploy, an old file does not get into caches under a new URL.
//!
//! # Caching in memory
//!
//! Files up to [`max_cached_file`](StaticFiles::max_cached_file) are cached with their headers,
//! within the budget of [`cache_size`](StaticFiles::cache_size). A cached file is revalidated with
//! `stat` at most once a second, when it is requested. The bytes that are sent are the bytes that
//! were hashed, so content and `ETag` always match. Replace files by renaming new ones over them,
//! which is atomic. The root stays open for a second, and 4096 missing names are kept as long, so a
//! new file appears after a second at most, at once in debug mode
//! ([`static_hash_cache`](StaticFiles::static_hash_cache)). If a file is written in place, the old
//! version is served until the file has been unchanged for half a second, or for five seconds at
//! most. The time of a change is that of the file system: if its clock is more than half a second
//! late, as that of a network file system may be, a half written file counts as complete.
//!
//! Larger files are read while they are sent: inline what is in the page cache, the rest on tokio's
//! blocking thread pool. If such a file changes while it is sent, the connection is aborted. A
//! large file has no `ETag` until its hash is computed. The first request starts this in the
//! background, or waits for it if the response depends on the `ETag`.
//!
//! A server that can send files itself (`sendfile`) takes ranges of what is in the page cache
//! instead ([`Body::poll_part`]), also of cached files from 64 KiB on. Up to 256 of those are kept
//! open, on Linux. One that is modified is sent from memory, or aborted if its beginning was sent
//! from the file.
//!
//! # Rejected paths
//!
//! A path is decoded once, and must then consist of plain names: no `.` or `..`, no empty segment,
//! no slash in a segment, no backslash, colon or control character, and no name that Windows maps
//! to another file (`nul.txt`, `a.txt.`, `GIT~1`), on all systems. Hidden files are rejected,
//! except `.well-known`, as are links out of the root and everything that is neither a file nor a
//! directory. On Linux the kernel confines paths to the root (`openat2`), even if directories are
//! replaced concurrently; on other systems the path is checked before the file is opened.
//!
//! # Features
//!
//! | feature | what it adds | default |
//! |---|---|---|
//! | `compress` | `StaticFiles::compress`: compresses cached text files, once | no |
//! | `manifest` | `StaticFiles::manifest`: reads versioned names from a manifest of `build` | no |
//! | `build` | `build`: a tree with versioned names, compressed siblings and a manifest | no |
//!
//! # Limits
//!
//! This crate has no uploads and no error pages (error responses have no body, so that the
//! application can add one), and compresses only cached files. It adds no CORS headers; use a layer
//! of tower-http.
#![forbid(unsafe_code)]

mod blocking;
#[cfg(feature = "build")]
pub mod build;
mod compress;
mod error;
mod manifest;
mod media_type;
mod request;
mod request_context;
mod response;
mod service;
mod state;
mod static_files;
mod store;
mod system;
mod urls;

pub use crate::{
    error::ConfigError,
    response::{body::Body, cache_control::CachePolicy, file_part::BodyPart},
    service::{ResponseFuture, ServeStatic},
    static_files::StaticFiles,
    system::Symlinks,
    urls::StaticUrls,
};
