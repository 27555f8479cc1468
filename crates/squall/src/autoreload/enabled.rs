//! Live reload of pages, and the watch for a new build.

pub(crate) use squall_autoreload::LiveReload;

use std::{convert::Infallible, path::Path};

use squall_autoreload::{LiveReloadLayer, Watching, reload_when_rebuilt};
use squall_server::{Handle, Incoming};
use tower::util::{BoxCloneSyncService, Either, MapResponse};
use tower_layer::Layer;
use tower_service::Service;

use crate::{Body, Response, Result, file_content::forget_file, prefork, xheaders::peer_ip};

type Request = http::Request<Incoming>;

/// The service of an application in debug mode.
type LiveService = BoxCloneSyncService<Request, Response, Infallible>;

/// Returns the live reload of pages, which watches these folders. These hosts are the developer's as
/// well, and this is the URL of the developer's editor.
#[expect(clippy::unnecessary_wraps, reason = "as without the feature")]
pub(crate) fn live_reload<'a>(
    folders: impl Iterator<Item = &'a Path>,
    hosts: impl Iterator<Item = &'a str>,
    editor: Option<&str>,
) -> Option<LiveReload> {
    let live = folders.fold(LiveReload::new(), LiveReload::watch);
    let live = match editor {
        Some(url) => live.editor(url),
        None => live,
    };
    Some(hosts.fold(live, LiveReload::allow_host))
}

/// Adds the script for live reload to each page if the application is in debug mode.
///
/// The service has one type in both modes, so the server is compiled once. The layer is boxed, so that
/// requests without it are moved in no more memory than before.
pub(crate) fn with_live_reload<S>(
    live: Option<LiveReload>,
    handle: &Handle,
    service: S,
) -> Either<LiveService, S>
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + Sync + 'static,
    S::Future: Send,
{
    match live {
        Some(live) => {
            let service = until_stopped(live, handle).layer(service);
            let service = MapResponse::new(service, |mut response: http::Response<_>| {
                forget_file(&mut response);
                response.map(Body::new)
            });
            Either::Left(BoxCloneSyncService::new(service))
        }
        None => Either::Right(service),
    }
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
