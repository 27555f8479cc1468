//! Nothing is watched.

use std::path::Path;

#[cfg(feature = "server")]
use squall_server::Handle;

#[cfg(feature = "server")]
use crate::Result;

/// No page is reloaded.
#[derive(Clone)]
pub(crate) enum LiveReload {}

pub(crate) fn live_reload<'a>(
    _: impl Iterator<Item = &'a Path>,
    _: impl Iterator<Item = &'a str>,
    _: Option<&str>,
) -> Option<LiveReload> {
    None
}

#[cfg(feature = "server")]
pub(crate) fn with_live_reload<S>(_: Option<LiveReload>, _: &Handle, service: S) -> S {
    service
}

#[cfg(feature = "server")]
pub(crate) fn watch_build() -> Result<()> {
    Ok(())
}
