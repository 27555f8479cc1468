//! Routing: from a request's host, path and method to an endpoint and its parameters, and from
//! names back to URLs.
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
//! [`Pattern`] has the language of patterns, [`Host`] that of hosts, and [`Router`] the order in
//! which rules are tried. All mistakes in rules are found when the router is built.
//!
//! # Percent escapes
//!
//! A path is decoded once. `%2F` never separates segments: in `/tags/c%2Fc++` the pattern
//! `/tags/{tag}` finds the tag `c/c++`. Fixed text matches its encoded form, so `/café` matches
//! `/caf%C3%A9`. Constraints and regexes see a path with every escape decoded but `%2F` and
//! `%25`; values are decoded fully. A path with an escape that is broken, or is not UTF-8, is
//! [`FindError::BadEncoding`], whether or not a rule would match it.
//!
//! # What it does not do
//!
//! It does not serve, and knows neither an HTTP library nor a runtime; the feature `http` adds
//! `Methods` on the `http` crate's types. It does not treat `/a` and `/a/` as one, resolve `..`,
//! or redirect.
//!
//! # Why its own tree
//!
//! `matchit` is a little faster, but allocates where fixed text and a parameter may both come
//! next, allows one parameter a segment, and has no place for constraints. The workspace's bench
//! `routing` compares the two.
#![forbid(unsafe_code)]

mod builder;
mod captures;
mod encoding;
mod error;
mod host;
#[cfg(feature = "http")]
mod methods;
mod pattern;
mod regexes;
mod reverse;
mod router;
mod rule;
mod segment;
mod spans;
mod tree;
mod whole;

pub use builder::Builder;
pub use captures::Captures;
pub use error::{BuildError, FindError};
pub use host::Host;
#[cfg(feature = "http")]
pub use methods::{DuplicateMethod, MethodMatch, Methods};
pub use pattern::{Pattern, regex};
pub use reverse::{ReverseError, Urls};
pub use router::{Match, Router};
pub use rule::Rule;
