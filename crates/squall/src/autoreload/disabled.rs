//! Nothing is watched.

use std::path::Path;

use squall_server::{Listening, Serve};

use crate::Result;

/// No page is reloaded.
#[derive(Clone)]
pub(crate) enum LiveReload {}

pub(crate) fn live_reload<'a>(
    _: impl Iterator<Item = &'a Path>,
    _: impl Iterator<Item = &'a str>,
) -> Option<LiveReload> {
    None
}

pub(crate) async fn serve(
    _: Option<LiveReload>,
    listening: Listening,
    service: impl Serve,
) -> Result<()> {
    Ok(listening.serve(service).await?)
}

pub(crate) fn watch_build() -> Result<()> {
    Ok(())
}
