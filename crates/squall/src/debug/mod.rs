//! Failures, their log lines and the traceback page; the page is part of the feature `debug`.

#[cfg(not(feature = "debug"))]
mod disabled;
#[cfg(feature = "debug")]
mod enabled;

#[cfg(all(not(feature = "debug"), feature = "templates"))]
pub(crate) use self::disabled::Snippet;
#[cfg(not(feature = "debug"))]
pub(crate) use self::disabled::{
    Failure, Observed, RequestMetadata, Settings, ShownTraceback, Tracebacks,
};
#[cfg(all(feature = "debug", feature = "templates"))]
pub(crate) use self::enabled::Snippet;
#[cfg(feature = "debug")]
pub(crate) use self::enabled::{
    Failure, Observed, RequestMetadata, Settings, ShownTraceback, Tracebacks,
};
