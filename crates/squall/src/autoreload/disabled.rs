//! Nothing is watched.

use squall_server::{Listening, Serve};

use crate::{Result, application::settings::ApplicationSettings};

/// No page is reloaded.
#[derive(Clone)]
pub(crate) enum LiveReload {}

pub(crate) fn live_reload(_: &ApplicationSettings) -> Option<LiveReload> {
    None
}

pub(crate) async fn serve(
    _: Option<LiveReload>,
    listening: Listening,
    service: impl Serve,
) -> Result<()> {
    Ok(listening.serve(service).await?)
}

#[cfg(all(unix, feature = "prefork"))]
pub(crate) fn watch_build() -> Result<()> {
    Ok(())
}
