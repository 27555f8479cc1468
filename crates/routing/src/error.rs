//! Errors of building a router and of finding a route.

use std::{error::Error, fmt};

/// A configuration error in the rules of a [`Router`](crate::Router).
///
/// The text of a pattern includes the prefixes under which it is mounted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BuildError {
    /// A pattern is invalid, or its regex exceeds the size limit.
    #[non_exhaustive]
    Pattern {
        /// The pattern.
        pattern: String,
        /// The byte offset of the error in the pattern.
        at: usize,
        /// The reason.
        reason: String,
    },
    /// A host is invalid.
    #[non_exhaustive]
    Host {
        /// The host.
        host: String,
        /// The reason.
        reason: String,
    },
    /// A mount prefix is invalid.
    #[non_exhaustive]
    Prefix {
        /// The prefix.
        prefix: String,
        /// The reason.
        reason: String,
    },
    /// A regex cannot be mounted, since it matches whole paths.
    #[non_exhaustive]
    MountedRegex {
        /// The regex.
        pattern: String,
        /// The prefix under which it is mounted.
        prefix: String,
    },
    /// Two rules match the same paths of the same host. A rule's text is its host and its path.
    #[non_exhaustive]
    Conflict {
        /// The rule that was added later.
        rule: String,
        /// The rule that was added earlier.
        with: String,
        /// The reason that they cannot be merged.
        reason: String,
    },
    /// Two rules have the same name.
    #[non_exhaustive]
    Name {
        /// The name.
        name: String,
        /// The rule that was added later.
        rule: String,
        /// The rule that was added earlier.
        with: String,
    },
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pattern {
                pattern,
                at,
                reason,
            } => write!(f, "pattern `{pattern}`, byte {at}: {reason}"),
            Self::Host { host, reason } => write!(f, "host `{host}`: {reason}"),
            Self::Prefix { prefix, reason } => write!(f, "prefix `{prefix}`: {reason}"),
            Self::MountedRegex { pattern, prefix } => write!(
                f,
                "regex `{pattern}` matches whole paths and cannot be mounted under `{prefix}`"
            ),
            Self::Conflict { rule, with, reason } => {
                write!(f, "`{rule}` conflicts with `{with}`: {reason}")
            }
            Self::Name { name, rule, with } => {
                write!(f, "duplicate route name `{name}`: `{rule}` and `{with}`")
            }
        }
    }
}

impl Error for BuildError {}

/// An error at a byte offset of a pattern; [`in_pattern`](Self::in_pattern) adds the pattern.
#[derive(Debug)]
pub(crate) struct PatternError {
    pub(crate) at: usize,
    pub(crate) reason: String,
}

impl PatternError {
    pub(crate) fn new(at: usize, reason: impl Into<String>) -> Self {
        Self {
            at,
            reason: reason.into(),
        }
    }

    pub(crate) fn in_pattern(self, pattern: &str) -> BuildError {
        BuildError::Pattern {
            pattern: pattern.to_owned(),
            at: self.at,
            reason: self.reason,
        }
    }
}

/// The reason that [`Router::find`](crate::Router::find) found no route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "each variant has its own status, so a server must handle all of them"
)]
pub enum FindError {
    /// No rule matches. The status is 404.
    NotFound,
    /// The path has an invalid percent escape, or is not UTF-8 when decoded. The status is 400.
    BadEncoding,
}

impl fmt::Display for FindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotFound => "no rule matches the path",
            Self::BadEncoding => "the path is not valid percent-encoded UTF-8",
        })
    }
}

impl Error for FindError {}
