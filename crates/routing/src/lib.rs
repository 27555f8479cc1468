//! Routing: matches a request's host, path and method to an endpoint and its parameters, and
//! builds URLs from route names.
//!
//! ```
//! use squall_routing::{Router, Rule, regex};
//!
//! let router = Router::builder()
//!     .route("/", "home")
//!     .route(Rule::new("/users/{id:[0-9]+}").name("user"), "user")
//!     .route("/files/{*path}", "file")
//!     .route(regex(r"/(apple-touch-icon\.png)"), "icon")
//!     .build()?;
//!
//! let path = "/users/7";
//! let found = router.find(Some("example.com"), path)?;
//! assert_eq!(*found.endpoint, "user");
//! assert_eq!(found.captures.get(path, "id"), Some("7"));
//! assert_eq!(found.captures.pattern(), "/users/{id:[0-9]+}");
//!
//! assert_eq!(router.reverse("user", [7])?, "/users/7");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! See [`Pattern`] for the syntax of patterns, [`Host`] for that of hosts, and [`Router`] for
//! precedence. All configuration errors are returned when the router is built.
//!
//! # Percent escapes
//!
//! A path is decoded once. `%2F` never separates segments: for `/tags/c%2Fc++` the pattern
//! `/tags/{tag}` captures the tag `c/c++`. Fixed text also matches its encoded form, so `/café`
//! matches `/caf%C3%A9`. Constraints and regexes match against a path with all escapes decoded
//! except `%2F` and `%25`; values are fully decoded. A path with an invalid escape, or one that
//! decodes to invalid UTF-8, returns [`FindError::BadEncoding`], even if no rule would match it.
//!
//! # Limits
//!
//! This crate depends on no HTTP library and no runtime. The feature `http` adds `Methods`, which
//! uses the types of the `http` crate. The feature `regex`, on by default, adds constraints, several
//! parameters in a segment, and whole-path and host regexes; without it they are configuration errors. It does not treat `/a` and `/a/` as one path, resolve `..`,
//! or redirect.
//!
//! # Why not matchit
//!
//! `matchit` is slightly faster, but it allocates where fixed text and a parameter can both follow,
//! allows one parameter per segment, and does not support constraints. The benchmark `routing`
//! compares the two.
#![forbid(unsafe_code)]

mod builder;
mod captures;
mod encoding;
mod error;
mod host;
#[cfg(feature = "http")]
mod methods;
mod nearest;
#[cfg_attr(not(feature = "regex"), path = "no_path_regex.rs")]
mod path_regex;
mod pattern;
mod piece;
#[cfg_attr(not(feature = "regex"), path = "no_regexes.rs")]
mod regexes;
mod reverse;
mod router;
mod rule;
mod segment;
mod spans;
mod tree;

pub use builder::Builder;
pub use captures::Captures;
pub use error::{BuildError, FindError};
pub use host::Host;
#[cfg(feature = "http")]
pub use methods::{DuplicateMethod, MethodMatch, Methods};
pub use nearest::nearest;
pub use pattern::Pattern;
#[cfg(feature = "regex")]
pub use pattern::regex;
pub use reverse::{ReverseError, Urls};
pub use router::{Match, RouteView, Router};
pub use rule::Rule;
