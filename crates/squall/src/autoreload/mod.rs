//! Reload of the server and of open pages in debug mode, with the feature `autoreload`.

#[cfg(not(feature = "autoreload"))]
mod disabled;
#[cfg(feature = "autoreload")]
mod enabled;

#[cfg(not(feature = "autoreload"))]
pub(crate) use self::disabled::{LiveReload, live_reload};
#[cfg(all(not(feature = "autoreload"), feature = "server"))]
pub(crate) use self::disabled::{watch_build, with_live_reload};
#[cfg(feature = "autoreload")]
pub(crate) use self::enabled::{LiveReload, live_reload, watch_build, with_live_reload};

/// Whether a program in debug mode reloads when it is rebuilt.
#[cfg(feature = "server")]
pub(crate) const IS_ENABLED: bool = cfg!(feature = "autoreload");
