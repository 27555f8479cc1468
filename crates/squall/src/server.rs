//! From an application to a running program: sockets, signals, the end. The only glue.

use std::{fmt, pin::Pin};

use squall_server::{Bind, Handle, Limits, Listener, Listening, Stop, inherited, obey_signals};

use crate::{Application, ApplicationService, Error, Result, logging};

/// Runs an application: where it listens, within which limits, in how many processes and threads.
///
/// # Examples
///
/// ```no_run
/// use squall::{Application, Server, get};
///
/// fn main() -> squall::Result<()> {
///     let app = Application::new().route("/", get(|| async { "Hello, world" }));
///     Server::new(app).bind(8888)?.start(1)
/// }
/// ```
#[must_use = "nothing listens before `start` or `serve`"]
pub struct Server {
    make: Make,
    binds: Vec<Bind>,
    listeners: Vec<Listener>,
    limits: Limits,
    threads: usize,
    handle: Handle,
    on_shutdown: Vec<Box<dyn FnOnce() -> BoxFuture<()> + Send>>,
}

type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

enum Make {
    Made(Result<ApplicationService>),
    Factory(Box<dyn FnOnce(Worker) -> BoxFuture<Result<ApplicationService>> + Send>),
}

/// What an application's factory can know of the process that it is made in.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Worker {
    /// Stops the process, and tells where it is in its life.
    pub handle: Handle,
}

impl Server {
    /// Serves an application that is there already.
    pub fn new<S: Clone + Send + Sync + 'static>(application: Application<S>) -> Self {
        Self::with(Make::Made(application.into_service()))
    }

    /// Serves an application that is made in the process that serves it, where it can `await`
    /// connections to other services. Clients can connect meanwhile and wait. An order to stop that
    /// comes before it is made drops the future.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use squall::{Application, Server, State, get};
    ///
    /// # #[derive(Clone)] struct Pool;
    /// # async fn connect() -> std::io::Result<Pool> { Ok(Pool) }
    /// # async fn home(_: State<Pool>) {}
    /// fn main() -> squall::Result<()> {
    ///     Server::from_fn(|_worker| async {
    ///         let pool = connect().await?;
    ///         Ok(Application::new().state(pool).route("/", get(home)))
    ///     })
    ///     .bind(8888)?
    ///     .start(1)
    /// }
    /// ```
    pub fn from_fn<F, Fut, S>(factory: F) -> Self
    where
        F: FnOnce(Worker) -> Fut + Send + 'static,
        Fut: Future<Output = Result<Application<S>>> + Send + 'static,
        S: Clone + Send + Sync + 'static,
    {
        Self::with(Make::Factory(Box::new(|worker| {
            Box::pin(async { factory(worker).await?.into_service() })
        })))
    }

    fn with(make: Make) -> Self {
        Self {
            make,
            binds: Vec::new(),
            listeners: Vec::new(),
            limits: Limits::default(),
            threads: 1,
            handle: Handle::new(),
            on_shutdown: Vec::new(),
        }
    }

    /// Listens on an address as well: a port (all interfaces, as in Tornado), a text such as
    /// `"127.0.0.1:8888"`, `"localhost:8888"` or `"unix:/run/app.sock"`, or a [`Bind`] with
    /// settings of its own. Sockets that systemd or another supervisor passes in take the place of
    /// all addresses.
    ///
    /// # Errors
    ///
    /// When the text is not an address. Whether it can be had shows when the server starts.
    pub fn bind(mut self, address: impl Into<Bind>) -> Result<Self> {
        let bind = address.into();
        bind.resolve()?;
        self.binds.push(bind);
        Ok(self)
    }

    /// Listens on a socket as well that is there already.
    ///
    /// Defaults to no socket.
    pub fn listener(mut self, listener: Listener) -> Self {
        self.listeners.push(listener);
        self
    }

    /// Limits and deadlines of every connection.
    ///
    /// Defaults to [`Limits::default`].
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// How many threads of each process serve, each with a runtime and sockets of its own.
    ///
    /// Defaults to 1.
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = threads;
        self
    }

    /// Runs after the last connection has ended and before the process does: the place to close
    /// what the factory has opened. Hooks run one after the other.
    ///
    /// Defaults to nothing.
    pub fn on_shutdown<F, Fut>(mut self, hook: F) -> Self
    where
        F: FnOnce() -> Fut + Send + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        self.on_shutdown.push(Box::new(|| Box::pin(hook())));
        self
    }

    /// Stops the server, and tells where it is in its life.
    #[must_use]
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Serves until a signal ends it: the whole life of a program. SIGTERM and SIGQUIT end it
    /// gracefully, SIGINT (Ctrl-C) quickly, a second one at once.
    ///
    /// `processes` is 1 for now: this one.
    ///
    /// # Errors
    ///
    /// When the application, a setting or an address is wrong, before anything is served; inside
    /// an asynchronous runtime, where [`serve`](Self::serve) belongs; and when the factory fails.
    pub fn start(self, processes: usize) -> Result<()> {
        if processes != 1 {
            return Err(Error::new(format!("start({processes}): expected 1")));
        }
        logging::init();
        let runtime = squall_server::runtime()?;
        runtime.block_on(async {
            tokio::spawn(obey_signals(self.handle())?);
            self.serve().await
        })
    }

    /// Serves in the caller's runtime until [`handle`](Self::handle) says stop. Signals are the
    /// caller's matter.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start), but for the runtime.
    pub async fn serve(self) -> Result<()> {
        let Self {
            make, on_shutdown, ..
        } = self;
        // Mistakes in routes come before anything listens.
        let make = match make {
            Make::Made(service) => Make::Made(Ok(service?)),
            factory @ Make::Factory(_) => factory,
        };
        let listening = listen(
            self.binds,
            self.listeners,
            self.limits,
            self.threads,
            self.handle,
        )?;
        let service = match make {
            Make::Made(service) => service?,
            Make::Factory(factory) => {
                let handle = listening.handle();
                let stopped = handle.clone();
                tokio::select! {
                    service = factory(Worker { handle }) => service?,
                    // What the factory waits for may never come.
                    () = stopped.ordered(Stop::Graceful) => return Ok(()),
                }
            }
        };
        for address in listening.addresses() {
            let scheme = if address.tcp().is_some() {
                "http://"
            } else {
                ""
            };
            tracing::info!(
                "listening on {scheme}{address} (process {})",
                std::process::id()
            );
        }
        listening.serve(service).await?;
        for hook in on_shutdown {
            hook().await;
        }
        Ok(())
    }
}

fn listen(
    binds: Vec<Bind>,
    listeners: Vec<Listener>,
    limits: Limits,
    threads: usize,
    handle: Handle,
) -> Result<Listening> {
    let mut server = squall_server::Server::new()
        .limits(limits)
        .threads(threads)
        .handle(handle);
    let passed = inherited()?;
    if passed.is_empty() {
        server = binds.into_iter().fold(server, squall_server::Server::bind);
    }
    let passed = passed.into_iter().map(|inherited| inherited.listener);
    server = passed
        .chain(listeners)
        .fold(server, squall_server::Server::listener);
    Ok(server.listen()?)
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("binds", &self.binds)
            .field("listeners", &self.listeners)
            .field("limits", &self.limits)
            .field("threads", &self.threads)
            .finish_non_exhaustive()
    }
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
