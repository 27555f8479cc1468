//! Reload of the server and of open pages in debug mode, with the feature `autoreload`.

#[cfg(not(feature = "autoreload"))]
mod disabled;
#[cfg(feature = "autoreload")]
mod enabled;

#[cfg(all(not(feature = "autoreload"), unix, feature = "prefork"))]
pub(crate) use self::disabled::watch_build;
#[cfg(not(feature = "autoreload"))]
pub(crate) use self::disabled::{LiveReload, live_reload, serve};
#[cfg(all(feature = "autoreload", unix, feature = "prefork"))]
pub(crate) use self::enabled::watch_build;
#[cfg(feature = "autoreload")]
pub(crate) use self::enabled::{LiveReload, live_reload, serve};

/// Whether a program in debug mode reloads when it is rebuilt.
pub(crate) const IS_ENABLED: bool = cfg!(feature = "autoreload");
