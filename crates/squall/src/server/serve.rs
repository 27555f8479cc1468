//! `Server::serve`: listen, serve and run the shutdown hooks, in the caller's runtime.

use std::time::Duration;

use squall_server::{Handle, Stop};
use tokio::task::JoinSet;
use tower::util::{MapResponse, option_layer};
use tower_layer::Layer;

use super::{AppSource, Server, StartHook, Worker, handles, listen::Banner};
use crate::{
    ApplicationService, Error, Result, Tasks, autoreload, file_content::with_file, prefork,
};

impl Server {
    /// Serves in the caller's runtime until [`handle`](Self::handle) stops the server. It handles
    /// no signals.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start), except that a runtime is expected.
    pub async fn serve(mut self) -> Result<()> {
        self.check()?;
        self.apply_debug()?;
        let max_body_size = self.limits.largest_body();
        let mut server = squall_server::Server::new()
            // The application limits bodies, since a route can have a limit of its own.
            .limits(self.limits.max_body_size(u64::MAX))
            .threads(self.threads)
            .handle(self.handle);
        server = prefork::observe(server);
        if let Some(proxies) = self.proxy_protocol {
            server = server.proxy_protocol(proxies);
        }
        let listening = self.listen.listen(server)?;
        let handle = listening.handle();
        handles::add(handle.clone());
        let tasks = Tasks::default();
        tasks.run_here();
        let worker = Worker {
            task_id: prefork::task_id(),
            handle: handle.clone(),
            tasks: tasks.clone(),
        };
        let service = tokio::select! {
            service = make(self.source, self.on_start, worker) => service?,
            // The factory may wait for ever, for a database that is down.
            () = handle.stop_requested() => {
                listening.close();
                return Ok(());
            }
        };
        if service.is_debug() && !self.debug {
            return Err(Error::new(
                "from_fn returned an application in debug mode: set Server::debug(true) as well",
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
        let service = service.max_body_size(max_body_size).sends_files();
        let service_tasks = service.tasks();
        service_tasks.run_here();
        let longest = self.limits.longest_shutdown();
        let mut shutdown_deadline = JoinSet::new();
        shutdown_deadline.spawn(deadline(handle.clone(), longest));
        let live = service.live_reload();
        let service = option_layer(self.xheaders.layer()).layer(service);
        let service = autoreload::with_live_reload(live, &handle, service);
        let service = MapResponse::new(service, with_file);
        listening.serve(service).await?;
        wait_for(&[tasks, service_tasks], &handle, shutdown_deadline).await;
        for hook in self.on_shutdown {
            hook().await;
        }
        Ok(())
    }
}

/// Makes the application and runs the start hooks.
async fn make(
    source: AppSource,
    hooks: Vec<StartHook>,
    worker: Worker,
) -> Result<ApplicationService> {
    let service = match source {
        AppSource::Ready(service) => service?,
        AppSource::Factory(factory) => factory(worker.clone()).await?,
    };
    for hook in hooks {
        hook(worker.clone()).await?;
    }
    Ok(service)
}

/// Returns when a graceful shutdown has taken as long as it may.
async fn deadline(handle: Handle, longest: Duration) {
    handle.stop_requested().await;
    tokio::time::sleep(longest).await;
}

/// Waits for background tasks until the deadline, or until the server has to stop at once.
async fn wait_for(tasks: &[Tasks; 2], handle: &Handle, mut deadline: JoinSet<()>) {
    let [server, application] = tasks;
    let finished = async {
        server.finished().await;
        application.finished().await;
    };
    tokio::select! {
        () = finished => {}
        _ = deadline.join_next() => {}
        () = handle.stop_in_force(Stop::Now) => {}
    }
    let running = server.running() + application.running();
    if running > 0 {
        tracing::warn!(running, "background tasks were cut off by the shutdown");
    }
}
