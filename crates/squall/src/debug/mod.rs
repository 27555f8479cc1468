//! Failures, their log lines and the traceback page; the page is part of the feature `debug`.

#[cfg(not(feature = "debug"))]
mod disabled;
#[cfg(feature = "debug")]
mod enabled;

#[cfg(not(feature = "debug"))]
pub(crate) use self::disabled::{
    Failure, Observed, RequestMetadata, Settings, Snippet, Tracebacks,
};
#[cfg(feature = "debug")]
pub(crate) use self::enabled::{Failure, Observed, RequestMetadata, Settings, Snippet, Tracebacks};
