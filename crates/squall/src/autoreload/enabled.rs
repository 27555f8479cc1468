//! Live reload of pages, and the watch for a new build.

pub(crate) use squall_autoreload::LiveReload;

use std::path::Path;

use squall_autoreload::{LiveReloadLayer, LiveReloadService, Watching, reload_when_rebuilt};
use squall_server::{Handle, Listening, Serve};
use tower_layer::Layer;

use crate::{Result, prefork, xheaders::peer_ip};

/// Returns the live reload of pages, which watches these folders. These hosts are the developer's as
/// well.
#[expect(clippy::unnecessary_wraps, reason = "as without the feature")]
pub(crate) fn live_reload<'a>(
    folders: impl Iterator<Item = &'a Path>,
    hosts: impl Iterator<Item = &'a str>,
) -> Option<LiveReload> {
    let live = folders.fold(LiveReload::new(), LiveReload::watch);
    Some(hosts.fold(live, LiveReload::allow_host))
}

/// Serves, with the script for live reload in each page if the application is in debug mode.
pub(crate) async fn serve<S>(
    live: Option<LiveReload>,
    listening: Listening,
    service: S,
) -> Result<()>
where
    S: Serve,
    LiveReloadService<S>: Serve,
{
    match live {
        Some(live) => {
            let live = until_stopped(live, &listening.handle());
            listening.serve(live.layer(service)).await?;
        }
        None => listening.serve(service).await?,
    }
    Ok(())
}

/// Returns the layer, which closes its event streams on the stop signal.
fn until_stopped(mut live: LiveReload, handle: &Handle) -> LiveReloadLayer {
    if let Some(generation) = prefork::generation_id() {
        live = live.generation(generation);
    }
    let live = live.layer(peer_ip);
    let (closing, handle) = (live.clone(), handle.clone());
    tokio::spawn(async move {
        handle.stop_requested().await;
        closing.close();
    });
    live
}

/// Reloads the supervisor, by SIGHUP, when the program has been rebuilt; until the result is
/// dropped.
pub(crate) fn watch_build() -> Result<Option<Watching>> {
    Ok(reload_when_rebuilt()?)
}
