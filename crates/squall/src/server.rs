//! An application with the addresses, limits and processes that it runs with.

use std::{fmt, mem, pin::Pin};

use squall_server::{Bind, Handle, Limits, Listener, TrustedProxies};

use crate::{
    Application, ApplicationService, Error, Result, autoreload, listen::Places, logging, prefork,
    run, xheaders,
};

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
    pub(crate) make: Make,
    pub(crate) places: Places,
    pub(crate) limits: Limits,
    pub(crate) prefork: prefork::Settings,
    pub(crate) proxy_protocol: Option<TrustedProxies>,
    pub(crate) xheaders: xheaders::Settings,
    pub(crate) threads: usize,
    processes: usize,
    is_log_lossless: bool,
    pub(crate) debug: bool,
    pub(crate) handle: Handle,
    pub(crate) on_shutdown: Vec<Box<dyn FnOnce() -> BoxFuture<()> + Send>>,
}

pub(crate) type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

pub(crate) enum Make {
    Made(Result<ApplicationService>),
    Factory(Box<dyn FnOnce(Worker) -> BoxFuture<Result<ApplicationService>> + Send>),
}

/// What an application's factory can know of the process that it is made in.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Worker {
    /// Which worker of a supervisor this is, from 0, or `None` (Tornado's `task_id`).
    pub task_id: Option<usize>,
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
            places: Places::default(),
            limits: Limits::default(),
            prefork: prefork::Settings::default(),
            proxy_protocol: None,
            xheaders: xheaders::Settings::default(),
            threads: 1,
            processes: 1,
            is_log_lossless: false,
            debug: false,
            handle: Handle::new(),
            on_shutdown: Vec::new(),
        }
    }

    /// Listens on an address as well: a port (all interfaces, as in Tornado), a text such as
    /// `"127.0.0.1:8888"`, `"localhost:8888"` or `"unix:/run/app.sock"`, or a [`Bind`] with
    /// settings of its own.
    ///
    /// Where systemd or somebody else passes sockets in, a process that serves alone takes them in the
    /// place of all addresses. A supervisor takes each in the place of the same address, and still
    /// listens on the others.
    ///
    /// # Errors
    ///
    /// When the text is not an address. Whether it can be had shows when the server starts.
    pub fn bind(mut self, address: impl Into<Bind>) -> Result<Self> {
        let bind = address.into();
        bind.resolve()?;
        self.places.binds.push((bind, None));
        Ok(self)
    }

    /// As [`bind`](Self::bind), for HTTPS. The [`Client`](crate::Client)'s scheme is then `https`. Certificates are
    /// read again when they change, and on SIGHUP, which reloads a supervisor's workers altogether.
    ///
    /// Of sockets that are passed in, those are for HTTPS that have an address from here or the name `https`
    /// (systemd's `FileDescriptorName=`), or all where there is no [`bind`](Self::bind).
    ///
    /// # Errors
    ///
    /// When the text is not an address, or a file cannot be used.
    #[cfg(feature = "tls")]
    pub fn bind_tls(mut self, address: impl Into<Bind>, tls: squall_server::Tls) -> Result<Self> {
        let bind = address.into();
        bind.resolve()?;
        tls.check()?;
        self.places.binds.push((bind, Some(tls)));
        Ok(self)
    }

    /// Listens on a socket as well that is there already.
    ///
    /// Defaults to no socket.
    pub fn listener(mut self, listener: Listener) -> Self {
        self.places.listeners.push(listener);
        self
    }

    /// Limits and deadlines of every connection.
    ///
    /// Defaults to [`Limits::default`].
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self.prefork.limits(&limits);
        self
    }

    /// Expects that every connection begins with a header of the PROXY protocol, version 1 or 2, and
    /// refuses peers other than these proxies: addresses, networks such as `10.0.0.0/8`, and `unix:` for unix
    /// sockets. HAProxy sends it (`send-proxy-v2`), and balancers of clouds that pass on TCP.
    ///
    /// [`Client`](crate::Client) and the access log then have the client that the header names. It
    /// is the peer for [`xheaders`](Self::xheaders) too: name there whoever connects to this balancer, not the
    /// balancer itself.
    ///
    /// Defaults to none: connections begin with HTTP.
    ///
    /// # Errors
    ///
    /// When a text is neither an address nor a network.
    pub fn proxy_protocol<T: AsRef<str>>(
        mut self,
        proxies: impl IntoIterator<Item = T>,
    ) -> Result<Self> {
        self.proxy_protocol = Some(trusted("proxy_protocol", proxies)?);
        Ok(self)
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

    /// Says that an application of [`from_fn`](Self::from_fn) will [debug](Application::debug): who starts it
    /// has to know before it is made. Without this, such an application does not start.
    ///
    /// Defaults to what an application says that is there already.
    pub fn debug(mut self, yes: bool) -> Self {
        self.debug = yes;
        self
    }

    /// Sets whether each line of the default log waits until it is written, however long the reader of
    /// standard error takes. It is for logs that must be complete: a pipe that nobody reads then blocks the
    /// process, and SIGTERM has no effect. Otherwise a line waits for a moment and is dropped if
    /// nothing was read; the next line that can be written is preceded by the number of dropped lines.
    ///
    /// A `tracing` subscriber of your own is not affected. Without the feature `prefork`, every log is lossless.
    ///
    /// Default: `false`.
    pub fn lossless_log(mut self, yes: bool) -> Self {
        self.is_log_lossless = yes;
        self
    }

    /// Stops the server, and tells where it is in its life.
    #[must_use]
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Serves until a signal ends it: the whole life of a program. SIGTERM and SIGQUIT end it
    /// gracefully, SIGINT (Ctrl-C) quickly, a second one at once. SIGHUP reloads a supervisor's workers;
    /// a process that serves alone reads its certificates again, and ignores it if it has none.
    ///
    /// With 1 it serves in this process. With any other number it supervises that many workers, and
    /// with 0 one for each CPU (Tornado's `start`): each is this program, executed again up to this
    /// call. Whatever comes before may touch anything, and is done in the supervisor as well.
    ///
    /// An application that [debugs](Application::debug) is supervised also when it is alone: so it can be
    /// replaced, when it was built anew, without refusing a request.
    ///
    /// # Errors
    ///
    /// When the application, a setting or an address is wrong, before anything is served, as is an
    /// application that debugs in several processes; inside an asynchronous runtime, where [`serve`](Self::serve) belongs; and when the factory fails.
    /// A supervisor whose workers fail for good ends the process instead, with a status that
    /// tells: 3 when none was ever ready, 4 when it gave up.
    pub fn start(mut self, processes: usize) -> Result<()> {
        logging::init(self.is_log_lossless);
        self.processes = processes;
        self.settle_debug()?;
        // A program that reloads needs a supervisor, which cannot pass on a listener that it did not bind.
        let reloads = self.debug && autoreload::IS_ENABLED && prefork::IS_ENABLED;
        let stays = processes == 1 && (!reloads || !self.places.listeners.is_empty());
        if stays || prefork::is_worker() {
            run::alone(self)
        } else {
            prefork::supervised(self, processes)
        }
    }

    /// Takes notice of an application that debugs.
    pub(crate) fn settle_debug(&mut self) -> Result<()> {
        if let Make::Made(Ok(service)) = &self.make {
            self.debug |= service.debugs();
        }
        if self.debug && self.processes != 1 {
            let processes = self.processes;
            return Err(Error::new(format!(
                "start({processes}): an application that debugs goes with one process"
            )));
        }
        if self.debug {
            self.places = mem::take(&mut self.places).on_loopback();
        }
        Ok(())
    }

    /// Mistakes in routes and settings come before anything listens.
    pub(crate) fn check(&self) -> Result<()> {
        if let Make::Made(Err(error)) = &self.make {
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
            .field("places", &self.places)
            .field("limits", &self.limits)
            .field("threads", &self.threads)
            .finish_non_exhaustive()
    }
}
