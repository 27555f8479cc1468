//! Nothing is watched.

use std::path::Path;

use squall_server::Handle;

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

pub(crate) fn with_live_reload<S>(_: Option<LiveReload>, _: &Handle, service: S) -> S {
    service
}

pub(crate) fn watch_build() -> Result<()> {
    Ok(())
}
