//! Serving in a runtime that is there: from the sockets to the last hook.

use std::os::unix::process::parent_id;

use squall_autoreload::{LiveReload, LiveReloadLayer, LiveReloadService};
use squall_prefork::worker;
use squall_server::{Handle, Listener, Listening, Serve};
use tower_layer::Layer;

use crate::{
    Application, Error, Result, Server,
    counts::{self, Counting},
    extract::connection,
    listen::Banner,
    server::{Make, Worker},
    site::peer_ip,
};

impl Server {
    /// Serves in the caller's runtime until [`handle`](Self::handle) says stop. Signals are the
    /// caller's matter.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start), but for the runtime.
    pub async fn serve(mut self) -> Result<()> {
        self.check()?;
        self.settle_debug()?;
        let mut server = squall_server::Server::new()
            .limits(self.limits)
            .threads(self.threads)
            .handle(self.handle)
            .observe(Counting);
        if let Some(proxies) = self.proxy_protocol {
            server = server.proxy_protocol(proxies);
        }
        let listening = self.places.listen(server)?;
        let handle = listening.handle();
        counts::serves(handle.clone());
        let service = match self.make {
            Make::Made(service) => service?,
            Make::Factory(factory) => {
                let made_in = Worker {
                    task_id: worker::task_id(),
                    handle: handle.clone(),
                };
                tokio::select! {
                    service = factory(made_in) => service?,
                    // What the factory waits for may never come.
                    () = handle.told_to_stop() => {
                        listening.close();
                        return Ok(());
                    }
                }
            }
        };
        if service.live_reload().is_some() && !self.debug {
            return Err(Error::new(
                "from_fn made an application that debugs: say Server::debug(true) as well",
            ));
        }
        for address in listening.addresses() {
            let is_encrypted = listening.is_encrypted(address);
            tracing::info!(
                "{}",
                Banner {
                    address,
                    is_encrypted
                }
            );
        }
        let live = service.live_reload().cloned();
        let live = live.map(|live| until_stopped(live, &handle));
        match self.xheaders {
            Some(xheaders) => {
                let service = xheaders.layer(connection).layer(service);
                serve_pages(live, listening, service).await?;
            }
            None => serve_pages(live, listening, service).await?,
        }
        for hook in self.on_shutdown {
            hook().await;
        }
        Ok(())
    }
}

/// Serves, and keeps pages up to date if the application debugs.
async fn serve_pages<S>(
    live: Option<LiveReloadLayer>,
    listening: Listening,
    service: S,
) -> Result<()>
where
    S: Serve,
    LiveReloadService<S>: Serve,
{
    match live {
        Some(live) => listening.serve(live.layer(service)).await?,
        None => listening.serve(service).await?,
    }
    Ok(())
}

/// The layer that keeps pages up to date, until the server is told to stop.
fn until_stopped(mut live: LiveReload, handle: &Handle) -> LiveReloadLayer {
    if let Some(generation) = worker::generation() {
        // What has crashed and is started again is the same program.
        live = live.generation(format!("{}-{generation}", parent_id()));
    }
    let live = live.layer(peer_ip);
    let (closing, handle) = (live.clone(), handle.clone());
    tokio::spawn(async move {
        handle.told_to_stop().await;
        closing.close();
    });
    live
}

/// Serves an application on a listener, in the runtime that the caller owns, until the future is
/// dropped: as `axum::serve`. [`Server`] has more to set.
///
/// # Examples
///
/// ```no_run
/// use squall::{Application, get};
///
/// # #[tokio::main]
/// # async fn main() -> squall::Result<()> {
/// let app = Application::new().route("/", get(|| async { "Hello, world" }));
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:8888").await?;
/// squall::serve(listener, app).await
/// # }
/// ```
///
/// # Errors
///
/// When the application has a mistake, or the listener does not listen.
pub async fn serve<L, S>(listener: L, application: Application<S>) -> Result<()>
where
    L: TryInto<Listener, Error = std::io::Error>,
    S: Clone + Send + Sync + 'static,
{
    Server::new(application)
        .listener(listener.try_into()?)
        .serve()
        .await
}
