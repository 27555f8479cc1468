//! From settings to a served application: sockets first, then a runtime, then the end.

use std::{io, sync::Arc, thread, time::Duration};

use tokio::{
    runtime::{self, Runtime},
    select,
    task::JoinSet,
    time::{sleep, timeout},
};

use crate::{
    Address, Bind, Handle, Limits, Listener, Observe, Phase, ProxyProtocol, StartError, Stop,
    accept::Acceptor,
    connection::Protocols,
    limits::raise_descriptor_limit,
    obey_signals,
    opening::Opener,
    proxy_protocol::Gate,
    service::Serve,
    tls::{Secure, Tls},
};

/// A server's settings.
///
/// # Examples
///
/// ```no_run
/// use axum::{Router, routing::get};
/// use squall_server::Server;
///
/// let app: Router = Router::new().route("/", get(|| async { "Hello, world" }));
/// Server::new().bind("127.0.0.1:8888").listen()?.run(app)?;
/// # Ok::<(), squall_server::StartError>(())
/// ```
#[derive(Debug, Default)]
#[must_use = "nothing listens before `listen` is called"]
pub struct Server {
    binds: Vec<(Bind, Option<Tls>)>,
    listeners: Vec<(Listener, Option<Tls>)>,
    proxy_protocol: Option<ProxyProtocol>,
    limits: Limits,
    threads: Threads,
    handle: Handle,
    observer: Option<Arc<dyn Observe>>,
}

#[derive(Clone, Copy, Debug)]
struct Threads(usize);

impl Default for Threads {
    fn default() -> Self {
        Self(1)
    }
}

impl Server {
    /// A server that listens nowhere yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Listens on an address as well: a port, a text that [`Address::resolve`] knows, or a [`Bind`]
    /// with settings of its own.
    ///
    /// Defaults to no address.
    pub fn bind(mut self, bind: impl Into<Bind>) -> Self {
        self.binds.push((bind.into(), None));
        self
    }

    /// As [`bind`](Self::bind), for HTTPS: HTTP over TLS, with HTTP/2 for clients that agree on it
    /// in the handshake (ALPN). A client that speaks plain HTTP gets a 400 that says so.
    ///
    /// Defaults to no address.
    #[cfg(feature = "tls")]
    pub fn bind_tls(mut self, bind: impl Into<Bind>, tls: Tls) -> Self {
        self.binds.push((bind.into(), Some(tls)));
        self
    }

    /// Listens on a socket as well that is there already, such as an [inherited](crate::inherited) one.
    ///
    /// Defaults to no socket.
    pub fn listener(mut self, listener: Listener) -> Self {
        self.listeners.push((listener, None));
        self
    }

    /// As [`listener`](Self::listener), for HTTPS.
    ///
    /// Defaults to no socket.
    #[cfg(feature = "tls")]
    pub fn listener_tls(mut self, listener: Listener, tls: Tls) -> Self {
        self.listeners.push((listener, Some(tls)));
        self
    }

    /// Expects a header of the PROXY protocol, version 1 or 2, at the beginning of every connection,
    /// before TLS where there is any; and refuses peers that are none of these proxies.
    /// [`ConnectionInfo::peer`](crate::ConnectionInfo::peer) is then the client that the header names.
    ///
    /// It is for all addresses, since a port that takes both kinds of connections lets a
    /// client choose its address. The header must have come within the
    /// [`head_timeout`](Limits::head_timeout). Who is refused is closed without a word, and logged
    /// once.
    ///
    /// Defaults to none: connections begin with TLS or HTTP.
    pub fn proxy_protocol(mut self, proxies: ProxyProtocol) -> Self {
        self.proxy_protocol = Some(proxies);
        self
    }

    /// Limits and deadlines of every connection.
    ///
    /// Defaults to [`Limits::default`].
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// How many threads serve, each with a runtime and sockets of its own.
    ///
    /// Defaults to 1.
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = Threads(threads);
        self
    }

    /// The handle that stops this server, for whoever must have it first.
    ///
    /// Defaults to a new one.
    pub fn handle(mut self, handle: Handle) -> Self {
        self.handle = handle;
        self
    }

    /// Tells an observer of each request.
    ///
    /// Defaults to none.
    pub fn observe(mut self, observer: impl Observe) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// Checks the settings, and binds nothing yet.
    ///
    /// # Errors
    ///
    /// When a setting makes no sense.
    pub fn check(&self) -> Result<(), StartError> {
        self.limits.check()?;
        let of_listeners = self.listeners.iter().map(|(_, tls)| tls);
        for tls in self.binds.iter().map(|(_, tls)| tls).chain(of_listeners) {
            tls.as_ref().map_or(Ok(()), Tls::check)?;
        }
        let Threads(threads) = self.threads;
        if !(1..=1024).contains(&threads) {
            return Err(StartError::Limit {
                setting: "threads",
                value: threads.to_string(),
                expected: "1 to 1024",
            });
        }
        Ok(())
    }

    /// Checks the settings, then binds and listens. Clients can connect from here on; they are
    /// answered once it is served. Raises the descriptor limit.
    ///
    /// # Errors
    ///
    /// When a setting makes no sense, when there is nothing to listen on, or when the system
    /// refuses an address.
    pub fn listen(self) -> Result<Listening, StartError> {
        self.check()?;
        self.handle.delay_by(self.limits.drain_delay);
        let gate = self
            .proxy_protocol
            .map(|proxies| Arc::new(Gate::new(proxies)));
        let opener = |tls: &Option<Tls>| {
            let secure = tls.as_ref().map(Secure::load).transpose()?;
            Ok::<_, StartError>(Opener {
                gate: gate.clone(),
                secure: secure.map(Arc::new),
            })
        };
        let Threads(threads) = self.threads;
        let mut sets: Vec<Vec<(Listener, Opener)>> = Vec::new();
        sets.resize_with(threads, Vec::new);
        for (bind, tls) in &self.binds {
            let opener = opener(tls)?;
            for (set, listeners) in sets.iter_mut().zip(bind.listen_times(threads)?) {
                set.extend(listeners.into_iter().map(|each| (each, opener.clone())));
            }
        }
        for (listener, tls) in self.listeners {
            let opener = opener(&tls)?;
            for set in &mut sets[1..] {
                let again = listener.try_clone().map_err(|source| StartError::Bind {
                    address: listener.address().clone(),
                    source,
                })?;
                set.push((again, opener.clone()));
            }
            sets[0].push((listener, opener));
        }
        if sets[0].is_empty() {
            return Err(StartError::NoListener);
        }
        Ok(Listening {
            sets,
            limits: self.limits,
            max_connections: self.limits.max_connections.min(raise_descriptor_limit()),
            handle: self.handle,
            observer: self.observer,
        })
    }
}

/// A server whose sockets listen.
#[derive(Debug)]
#[must_use = "clients can connect but nobody answers before it is served"]
pub struct Listening {
    /// The listeners of each thread; there is at least one thread.
    sets: Vec<Vec<(Listener, Opener)>>,
    limits: Limits,
    max_connections: usize,
    handle: Handle,
    observer: Option<Arc<dyn Observe>>,
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
            .any(|(listener, opener)| listener.address() == address && opener.secure.is_some())
    }

    /// Stops this server, and tells where it is in its life.
    #[must_use]
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Closes the sockets without having served: [`Phase::Stopped`].
    pub fn close(self) {
        self.handle.advance(Phase::Stopped);
    }

    /// Serves until it is told to stop, by signals or by its handle: the whole life of a program.
    ///
    /// # Errors
    ///
    /// Inside an asynchronous runtime, which this would block, and when no runtime can be had.
    pub fn run<S: Serve>(self, service: S) -> Result<(), StartError> {
        let runtime = runtime()?;
        let handle = self.handle();
        runtime.block_on(async {
            tokio::spawn(obey_signals(handle).map_err(StartError::Runtime)?);
            self.serve(service).await
        })
    }

    /// Serves in the runtime of the caller until its handle says stop. Signals are the caller's matter.
    ///
    /// With several [`threads`](Server::threads), the others are started and joined here.
    ///
    /// # Errors
    ///
    /// When a thread or a runtime cannot be had.
    pub async fn serve<S: Serve>(mut self, service: S) -> Result<(), StartError> {
        let protocols = Arc::new(Protocols::new(self.limits, self.observer));
        let first = self.sets.swap_remove(0);
        let part = |listeners, service| Part {
            listeners,
            service,
            protocols: Arc::clone(&protocols),
            max_connections: self.max_connections,
            handle: self.handle.clone(),
        };
        // Dropped, and thereby ended, when all is served.
        let mut watching = JoinSet::new();
        for secure in first.iter().filter_map(|(_, opener)| opener.secure.clone()) {
            watching.spawn(secure.watch(self.handle.clone()));
        }
        let mut others = Vec::new();
        for listeners in self.sets {
            let runtime = build_runtime().map_err(StartError::Runtime)?;
            let part = part(listeners, service.clone());
            let thread = thread::Builder::new().name(format!("squall-{}", others.len() + 1));
            let thread = thread
                .spawn(move || runtime.block_on(part.serve()))
                .map_err(StartError::Runtime)?;
            others.push(thread);
        }
        let served = part(first, service).serve().await;
        for thread in others {
            // All stop by the same order and deadline, so this waits for moments at most.
            thread.join().map_err(|_| {
                StartError::Runtime(io::Error::other("a serving thread panicked"))
            })??;
        }
        self.handle.advance(Phase::Stopped);
        served
    }
}

/// What one thread serves.
struct Part<S> {
    listeners: Vec<(Listener, Opener)>,
    service: S,
    protocols: Arc<Protocols>,
    max_connections: usize,
    handle: Handle,
}

impl<S: Serve> Part<S> {
    async fn serve(self) -> Result<(), StartError> {
        let mut loops = JoinSet::new();
        for (listener, opener) in self.listeners {
            let acceptor = Acceptor::new(
                listener,
                opener,
                self.service.clone(),
                Arc::clone(&self.protocols),
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
        while loops.join_next().await.is_some() {}
        drain(&self.handle, &self.protocols.limits).await;
        Ok(())
    }
}

/// Waits until all connections have come to their end, or their time is up.
async fn drain(handle: &Handle, limits: &Limits) {
    let time_is_up = async {
        select! {
            () = sleep(limits.shutdown_timeout) => {}
            () = handle.ordered(Stop::Quick) => select! {
                () = sleep(limits.idle_grace) => {}
                () = handle.ordered(Stop::Now) => {}
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
