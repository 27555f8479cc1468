//! What can be wrong with rules, and why a path is not found.

use std::error::Error;
use std::fmt;

/// Why rules do not make a [`Router`](crate::Router).
///
/// A pattern's text includes the prefixes that it is mounted under.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BuildError {
    /// A pattern or its regex cannot be understood, or compiles to too much.
    #[non_exhaustive]
    Pattern {
        /// The pattern.
        pattern: String,
        /// Where in the pattern, in bytes.
        at: usize,
        /// What is wrong there.
        reason: String,
    },
    /// A host cannot be understood.
    #[non_exhaustive]
    Host {
        /// The host.
        host: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Rules cannot be mounted under this prefix.
    #[non_exhaustive]
    Prefix {
        /// The prefix.
        prefix: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A regex is about whole paths, so it cannot be mounted.
    #[non_exhaustive]
    MountedRegex {
        /// The regex.
        pattern: String,
        /// The prefix that it is mounted under.
        prefix: String,
    },
    /// Two rules match the same paths of the same host. Hosts are written before the paths.
    #[non_exhaustive]
    Conflict {
        /// The rule that was added later.
        rule: String,
        /// The rule that was there before.
        with: String,
        /// Why they cannot be merged.
        reason: String,
    },
    /// Two rules have the same name.
    #[non_exhaustive]
    Name {
        /// The name.
        name: String,
        /// The rule that was added later.
        rule: String,
        /// The rule that was there before.
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
                "regex `{pattern}` is about whole paths and cannot be mounted under `{prefix}`"
            ),
            Self::Conflict { rule, with, reason } => {
                write!(f, "`{rule}` conflicts with `{with}`: {reason}")
            }
            Self::Name { name, rule, with } => {
                write!(f, "the name `{name}` of `{rule}` is the name of `{with}`")
            }
        }
    }
}

impl Error for BuildError {}

/// What is wrong at a place in a pattern whose text the caller knows.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) at: usize,
    pub(crate) reason: String,
}

impl Fault {
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

/// Why [`Router::find`](crate::Router::find) found no endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "each of them has its own status, so a server must know them all"
)]
pub enum FindError {
    /// No rule matches. A server answers 404.
    NotFound,
    /// The path has an invalid percent escape, or is not UTF-8 when decoded. A server answers 400.
    BadEncoding,
}

impl fmt::Display for FindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotFound => "no rule matches the path",
            Self::BadEncoding => "the path is not percent-encoded UTF-8",
        })
    }
}

impl Error for FindError {}
