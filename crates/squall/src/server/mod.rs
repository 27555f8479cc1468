//! `Server`: the builder of addresses, limits, processes and threads of an application.
//!
//! `start.rs` is `start`, `serve.rs` serves in a runtime, `short_forms.rs` has functions for both;
//! `listen.rs` and `tls.rs` make the listeners. `handles.rs` has the servers of this process, for `/readyz` and the counters.

pub(crate) mod handles;
pub(crate) mod listen;
mod serve;
mod short_forms;
mod start;
mod tls;

pub use self::short_forms::serve;

use std::{fmt, mem, pin::Pin};

use squall_server::{Bind, Handle, Limits, Listener, TrustedProxies};

use self::listen::ListenConfig;
use crate::{Application, ApplicationService, Error, Result, Tasks, prefork, xheaders};

/// Runs an application: addresses, limits, processes, threads and shutdown.
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
#[must_use = "a server listens only after `start` or `serve`"]
pub struct Server {
    pub(crate) source: AppSource,
    pub(crate) listen: ListenConfig,
    pub(crate) limits: Limits,
    pub(crate) prefork: prefork::Settings,
    pub(crate) proxy_protocol: Option<TrustedProxies>,
    pub(crate) xheaders: xheaders::Settings,
    pub(crate) threads: usize,
    processes: usize,
    is_log_lossless: bool,
    pub(crate) debug: bool,
    pub(crate) handle: Handle,
    pub(crate) on_start: Vec<StartHook>,
    pub(crate) on_shutdown: Vec<Box<dyn FnOnce() -> BoxFuture<()> + Send>>,
}

/// A hook before the server is ready.
pub(crate) type StartHook = Box<dyn FnOnce(Worker) -> BoxFuture<Result<()>> + Send>;

pub(crate) type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// The application, or the function that makes it in the process that serves it.
pub(crate) enum AppSource {
    Ready(Result<ApplicationService>),
    Factory(Box<dyn FnOnce(Worker) -> BoxFuture<Result<ApplicationService>> + Send>),
}

/// The process that serves an application, for the factory of [`Server::from_fn`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Worker {
    /// The number of this worker of a supervisor, from 0 (Tornado's `task_id`); `None` without a
    /// supervisor.
    pub task_id: Option<usize>,
    /// Stops the server, and returns its phase.
    pub handle: Handle,
    /// Background tasks, which a graceful shutdown waits for.
    pub tasks: Tasks,
}

impl Server {
    /// Returns a server of an application.
    pub fn new<S: Clone + Send + Sync + 'static>(application: Application<S>) -> Self {
        Self::with(AppSource::Ready(application.into_service()))
    }

    /// Returns a server of an application that a factory makes in the process that serves it, where
    /// it can `await` connections to other services. Meanwhile, clients are queued in the
    /// listener's backlog. A stop signal drops the factory's future.
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
    ///         Ok(Application::with_state(pool).route("/", get(home)))
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
        Self::with(AppSource::Factory(Box::new(|worker| {
            Box::pin(async { factory(worker).await?.into_service() })
        })))
    }

    fn with(source: AppSource) -> Self {
        Self {
            source,
            listen: ListenConfig::default(),
            limits: Limits::default(),
            prefork: prefork::Settings::default(),
            proxy_protocol: None,
            xheaders: xheaders::Settings::default(),
            threads: 1,
            processes: 1,
            is_log_lossless: false,
            debug: false,
            handle: Handle::new(),
            on_start: Vec::new(),
            on_shutdown: Vec::new(),
        }
    }

    /// Adds an address to listen on: a port (all interfaces, as in Tornado), a text such as
    /// `"127.0.0.1:8888"`, `"localhost:8888"` or `"unix:/run/app.sock"`, or a [`Bind`] with
    /// settings of its own.
    ///
    /// Sockets that systemd or another parent process passes in replace all addresses of a single
    /// process. A supervisor replaces the addresses that they are bound to, and binds the others.
    ///
    /// Default: no address; without one, [`start`](Self::start) is an error.
    ///
    /// # Errors
    ///
    /// If the text is not an address. The address is bound when the server starts.
    pub fn bind(mut self, address: impl Into<Bind>) -> Result<Self> {
        let bind = address.into();
        bind.resolve()?;
        self.listen.binds.push((bind, None));
        Ok(self)
    }

    /// As [`bind`](Self::bind), for HTTPS. The [`Client`](crate::Client)'s scheme is then `https`.
    /// Certificates are read again when they change, and on SIGHUP, which a supervisor handles by
    /// reloading its workers.
    ///
    /// A socket that is passed in serves HTTPS if it has an address of a `bind_tls` or the name
    /// `https` (systemd's `FileDescriptorName=`). Without any [`bind`](Self::bind), all of them
    /// serve HTTPS.
    ///
    /// Default: no address.
    ///
    /// # Errors
    ///
    /// If the text is not an address, or a file cannot be used.
    #[cfg(feature = "tls")]
    pub fn bind_tls(mut self, address: impl Into<Bind>, tls: squall_server::Tls) -> Result<Self> {
        let bind = address.into();
        bind.resolve()?;
        tls.check()?;
        self.listen.binds.push((bind, Some(tls)));
        Ok(self)
    }

    /// Adds a listener that is already bound.
    ///
    /// Default: no listener.
    pub fn listener(mut self, listener: Listener) -> Self {
        self.listen.listeners.push(listener);
        self
    }

    /// Sets limits and deadlines of every connection.
    ///
    /// Default: [`Limits::default`].
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self.prefork.limits(&limits);
        self
    }

    /// Sets the proxies that send the PROXY protocol header, version 1 or 2: addresses, networks
    /// such as `10.0.0.0/8`, and `unix:` for unix sockets. Every connection must then begin with
    /// the header, and other peers are rejected. HAProxy sends it (`send-proxy-v2`), as do TCP load
    /// balancers of clouds.
    ///
    /// [`Client`](crate::Client) and the access log use the client address of the header.
    /// [`xheaders`](Self::xheaders) uses it as the peer: the trusted proxies there are those in front of
    /// the balancer, not the balancer itself.
    ///
    /// Default: none; connections begin with HTTP or TLS.
    ///
    /// # Errors
    ///
    /// If a text is neither an address nor a network.
    pub fn proxy_protocol<T: AsRef<str>>(
        mut self,
        proxies: impl IntoIterator<Item = T>,
    ) -> Result<Self> {
        self.proxy_protocol = Some(trusted("proxy_protocol", proxies)?);
        Ok(self)
    }

    /// Sets the number of threads per process, each with a runtime and sockets of its own.
    ///
    /// Default: 1.
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = threads;
        self
    }

    /// Adds a start hook. Hooks run one after the other in the process that serves, before it accepts
    /// connections and reports that it is ready; meanwhile, clients are queued in the listener's
    /// backlog. An error ends the start. A hook can spawn background [tasks](Worker::tasks), such as a
    /// loop that cleans up every hour.
    ///
    /// Default: no hook.
    pub fn on_start<F, Fut>(mut self, hook: F) -> Self
    where
        F: FnOnce(Worker) -> Fut + Send + 'static,
        Fut: Future<Output = Result<()>> + Send + 'static,
    {
        self.on_start
            .push(Box::new(|worker| Box::pin(hook(worker))));
        self
    }

    /// Adds a shutdown hook. Hooks run one after the other, after the last connection is closed and the
    /// last [task](Tasks) has ended, and before the process exits; close there what the factory has opened.
    ///
    /// Default: no hook.
    pub fn on_shutdown<F, Fut>(mut self, hook: F) -> Self
    where
        F: FnOnce() -> Fut + Send + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        self.on_shutdown.push(Box::new(|| Box::pin(hook())));
        self
    }

    /// Sets whether the application that [`from_fn`](Self::from_fn) makes is in [debug
    /// mode](Application::debug). [`start`](Self::start) needs it before the application exists;
    /// without it, an application in debug mode is a configuration error.
    ///
    /// Default: the setting of the application of [`new`](Self::new); `false` with `from_fn`.
    pub fn debug(mut self, enabled: bool) -> Self {
        self.debug = enabled;
        self
    }

    /// Sets whether the default log blocks until each line is written to standard error. Use it for
    /// logs that must be complete: an unread pipe then blocks the process, and SIGTERM has no
    /// effect. Otherwise a line that cannot be written soon is dropped, and the number of dropped
    /// lines is logged later.
    ///
    /// A `tracing` subscriber of your own is not affected. Without the feature `prefork`, every log
    /// is lossless.
    ///
    /// Default: `false`.
    pub fn lossless_log(mut self, enabled: bool) -> Self {
        self.is_log_lossless = enabled;
        self
    }

    /// Sets the handle that stops the server, for applications that have it in their state.
    ///
    /// Default: a handle of its own, which [`handle`](Self::handle) returns.
    pub fn with_handle(mut self, handle: Handle) -> Self {
        self.handle = handle;
        self
    }

    /// Returns a handle that stops the server and returns its phase.
    #[must_use]
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Applies the application's debug mode: one process, and bare ports on loopback.
    pub(crate) fn apply_debug(&mut self) -> Result<()> {
        if let AppSource::Ready(Ok(service)) = &self.source {
            self.debug |= service.is_debug();
        }
        if self.debug && self.processes != 1 {
            let processes = self.processes;
            return Err(Error::new(format!(
                "start({processes}): debug mode needs a single process, start(1)"
            )));
        }
        if self.debug {
            self.listen = mem::take(&mut self.listen).on_loopback();
        }
        Ok(())
    }

    /// Returns configuration errors before anything listens.
    pub(crate) fn check(&self) -> Result<()> {
        if let AppSource::Ready(Err(error)) = &self.source {
            return Err(error.clone());
        }
        let server = squall_server::Server::new();
        Ok(server.limits(self.limits).threads(self.threads).check()?)
    }
}

/// Parses the proxies of a setting.
pub(crate) fn trusted<T: AsRef<str>>(
    setting: &str,
    proxies: impl IntoIterator<Item = T>,
) -> Result<TrustedProxies> {
    TrustedProxies::new(proxies).map_err(|error| Error::new(format!("{setting}: {error}")))
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("listen", &self.listen)
            .field("limits", &self.limits)
            .field("threads", &self.threads)
            .finish_non_exhaustive()
    }
}
