//! Serving: runtimes, accept loops, and the wait for the last connection.

use std::{io, sync::Arc, thread, time::Duration};

use tokio::{
    runtime::{self, Runtime},
    select,
    task::JoinSet,
    time::{sleep, timeout},
};

use super::accept::Acceptor;
use crate::{
    Address, Handle, Limits, Listener, Observe, Phase, Serve, StartError, Stop,
    connection::Handshake, obey_signals, state::ServerState,
};

/// A server whose sockets listen.
#[derive(Debug)]
#[must_use = "clients can connect but nobody answers before it is served"]
pub struct Listening {
    /// The listeners of each thread; there is at least one thread.
    pub(crate) sets: Vec<Vec<(Listener, Handshake)>>,
    pub(crate) limits: Limits,
    pub(crate) max_connections: usize,
    pub(crate) handle: Handle,
    pub(crate) observer: Option<Arc<dyn Observe>>,
}

impl Listening {
    /// Where it listens, each address once.
    pub fn addresses(&self) -> impl Iterator<Item = &Address> {
        self.sets[0].iter().map(|(listener, _)| listener.address())
    }

    /// Whether clients speak TLS at one of its addresses.
    #[must_use]
    pub fn is_encrypted(&self, address: &Address) -> bool {
        self.sets[0]
            .iter()
            .any(|(listener, handshake)| listener.address() == address && handshake.tls.is_some())
    }

    /// Returns the handle that stops this server and returns its phase.
    #[must_use]
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Closes the sockets without having served: [`Phase::Stopped`].
    pub fn close(self) {
        self.handle.advance(Phase::Stopped);
    }

    /// Serves until a signal or the handle stops the server.
    ///
    /// # Errors
    ///
    /// Inside an asynchronous runtime, which this would block; if no runtime can be built; and if a
    /// listener [fails](StartError::Accept).
    pub fn run<S: Serve>(self, service: S) -> Result<(), StartError> {
        let runtime = runtime()?;
        let handle = self.handle();
        runtime.block_on(async {
            tokio::spawn(obey_signals(handle).map_err(StartError::Runtime)?);
            self.serve(service).await
        })
    }

    /// Serves in the runtime of the caller until its handle stops it. It handles no signals.
    ///
    /// With several [`threads`](crate::Server::threads), the others are started and joined here.
    ///
    /// # Errors
    ///
    /// If a thread or a runtime cannot be started, and if a listener [fails](StartError::Accept).
    pub async fn serve<S: Serve>(mut self, service: S) -> Result<(), StartError> {
        let server = Arc::new(ServerState::new(self.limits, self.observer));
        let first = self.sets.swap_remove(0);
        let serving_thread = |listeners, service| ServingThread {
            listeners,
            service,
            server: Arc::clone(&server),
            max_connections: self.max_connections,
            handle: self.handle.clone(),
        };
        // Dropped, and thereby ended, when all is served.
        let mut watchers = JoinSet::new();
        for acceptor in first
            .iter()
            .filter_map(|(_, handshake)| handshake.tls.clone())
        {
            watchers.spawn(acceptor.watch(self.handle.clone()));
        }
        let mut others = Vec::new();
        for listeners in self.sets {
            let runtime = build_runtime().map_err(StartError::Runtime)?;
            let serving = serving_thread(listeners, service.clone());
            let thread = thread::Builder::new()
                .name(format!("squall-{}", others.len() + 1))
                .spawn(move || runtime.block_on(serving.serve()))
                .map_err(StartError::Runtime)?;
            others.push(thread);
        }
        let served = serving_thread(first, service).serve().await;
        for thread in others {
            // All threads have the same stop mode and deadline, so this waits for moments at most.
            thread.join().map_err(|_| {
                StartError::Runtime(io::Error::other("a serving thread panicked"))
            })??;
        }
        self.handle.advance(Phase::Stopped);
        served
    }
}

/// The listeners of one thread, and what it serves on them.
struct ServingThread<S> {
    listeners: Vec<(Listener, Handshake)>,
    service: S,
    server: Arc<ServerState>,
    max_connections: usize,
    handle: Handle,
}

impl<S: Serve> ServingThread<S> {
    async fn serve(self) -> Result<(), StartError> {
        let mut loops = JoinSet::new();
        for (listener, handshake) in self.listeners {
            let acceptor = Acceptor::new(
                listener,
                handshake,
                self.service.clone(),
                Arc::clone(&self.server),
                self.handle.clone(),
                self.max_connections,
            )
            .map_err(StartError::Runtime)?;
            loops.spawn(acceptor.run());
        }
        // Every socket listens since before this thread was started.
        self.handle.advance(Phase::Serving);
        self.handle.leave().await;
        self.handle.advance(Phase::Draining);
        let mut outcome = Ok(());
        while let Some(ended) = loops.join_next().await {
            // A loop that panicked has been reported by the panic itself.
            outcome = outcome.and(ended.unwrap_or(Ok(())));
        }
        drain(&self.handle, &self.server.limits).await;
        outcome
    }
}

/// Waits until all connections are closed, or the shutdown timeout expires.
async fn drain(handle: &Handle, limits: &Limits) {
    let time_is_up = async {
        select! {
            () = sleep(limits.shutdown_timeout) => {}
            () = handle.stop_in_force(Stop::Quick) => select! {
                () = sleep(limits.idle_grace) => {}
                () = handle.stop_in_force(Stop::Now) => {}
            },
        }
    };
    select! {
        () = all_closed(handle) => return,
        () = time_is_up => {}
    }
    tracing::warn!(
        connections = handle.connections(),
        "cut off what did not finish in time"
    );
    handle.stop(Stop::Now);
    // Connections that the application took over by an upgrade are not ours to end.
    let _ = timeout(
        limits.idle_grace.max(Duration::from_millis(100)),
        all_closed(handle),
    )
    .await;
}

async fn all_closed(handle: &Handle) {
    loop {
        let closed = handle.next_close();
        if handle.connections() == 0 {
            return;
        }
        closed.await;
    }
}

/// The runtime that squall serves on: one thread, with timers and sockets.
///
/// # Errors
///
/// Inside another runtime, or when the system refuses.
pub fn runtime() -> Result<Runtime, StartError> {
    if runtime::Handle::try_current().is_ok() {
        return Err(StartError::InsideRuntime);
    }
    build_runtime().map_err(StartError::Runtime)
}

fn build_runtime() -> io::Result<Runtime> {
    runtime::Builder::new_current_thread().enable_all().build()
}
