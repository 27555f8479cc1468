//! A server's settings, and the sockets that are made of them.

use std::sync::Arc;

use squall_listen::{Endpoint, ListenError};

use crate::{
    Bind, Handle, Limits, Listener, Listening, Observe, StartError, TrustedProxies,
    connection::Handshake, proxy_protocol::ProxyProtocol, system, tls::Tls,
};

/// Descriptors that are not connections: listeners, the runtime's own, logs, files being served.
const OTHER_DESCRIPTORS: u64 = 64;

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
    proxy_protocol: Option<TrustedProxies>,
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

    /// Adds an address to listen on: a port, a text of
    /// [`Address::resolve`](crate::Address::resolve), or a [`Bind`] with settings of its own.
    ///
    /// Default: no address.
    pub fn bind(mut self, bind: impl Into<Bind>) -> Self {
        self.binds.push((bind.into(), None));
        self
    }

    /// As [`bind`](Self::bind), for HTTPS: HTTP over TLS, with HTTP/2 for clients that agree on it
    /// in the handshake (ALPN). The response to plain HTTP is 400.
    ///
    /// Default: no address.
    #[cfg(feature = "tls")]
    pub fn bind_tls(mut self, bind: impl Into<Bind>, tls: Tls) -> Self {
        self.binds.push((bind.into(), Some(tls)));
        self
    }

    /// Adds a listener that is already bound, such as an [inherited](crate::inherited) one.
    ///
    /// Default: no listener.
    pub fn listener(mut self, listener: Listener) -> Self {
        self.listeners.push((listener, None));
        self
    }

    /// As [`listener`](Self::listener), for HTTPS.
    ///
    /// Default: no listener.
    #[cfg(feature = "tls")]
    pub fn listener_tls(mut self, listener: Listener, tls: Tls) -> Self {
        self.listeners.push((listener, Some(tls)));
        self
    }

    /// Sets the proxies that send the PROXY protocol header, version 1 or 2. Every connection must
    /// then begin with the header, before TLS, and other peers are rejected.
    /// [`ConnectionInfo::peer`](crate::ConnectionInfo::peer) is the client that the header names.
    ///
    /// It applies to all addresses: on a port that accepts connections with and without the header,
    /// a client could claim any address. The header must arrive within the
    /// [`head_timeout`](Limits::head_timeout). A rejected connection is closed without a response,
    /// and logged once.
    ///
    /// Default: none; connections begin with TLS or HTTP.
    pub fn proxy_protocol(mut self, proxies: TrustedProxies) -> Self {
        self.proxy_protocol = Some(proxies);
        self
    }

    /// Sets limits and deadlines of every connection.
    ///
    /// Default: [`Limits::default`].
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets the number of threads, each with a runtime and sockets of its own.
    ///
    /// Default: 1.
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = Threads(threads);
        self
    }

    /// Sets the handle that stops this server, for callers that need it before the server listens.
    ///
    /// Default: a new handle.
    pub fn handle(mut self, handle: Handle) -> Self {
        self.handle = handle;
        self
    }

    /// Sets an observer of all requests.
    ///
    /// Default: none.
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
        self.handle
            .set_times(self.limits.drain_delay, self.limits.shutdown_timeout);
        let proxy_protocol = self.proxy_protocol.map(ProxyProtocol::new).map(Arc::new);
        let handshake = |tls: &Option<Tls>| Handshake::load(proxy_protocol.clone(), tls.as_ref());
        let Threads(threads) = self.threads;
        let mut sets: Vec<Vec<(Listener, Handshake)>> = Vec::new();
        sets.resize_with(threads, Vec::new);
        let mut endpoints = Endpoint::plan(self.binds.iter().map(|(bind, _)| bind))?;
        Endpoint::reserve(&mut endpoints)?;
        for mut endpoint in endpoints {
            let (_, tls) = &self.binds[endpoint.bind_index()];
            let handshake = handshake(tls)?;
            share_out(&mut sets, listen_times(&mut endpoint, threads)?, &handshake);
        }
        for (listener, tls) in self.listeners {
            let handshake = handshake(&tls)?;
            share_out(&mut sets, clones(listener, threads)?, &handshake);
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

/// Adds one listener to the set of each thread.
fn share_out(
    sets: &mut [Vec<(Listener, Handshake)>],
    listeners: Vec<Listener>,
    handshake: &Handshake,
) {
    for (set, listener) in sets.iter_mut().zip(listeners) {
        set.push((listener, handshake.clone()));
    }
}

/// Returns one listener for each thread. They share a port, each with a queue of its own; a unix
/// socket is one, with several handles.
fn listen_times(endpoint: &mut Endpoint, threads: usize) -> Result<Vec<Listener>, ListenError> {
    if threads > 1 && endpoint.address().tcp().is_some() {
        return (0..threads).map(|_| endpoint.listen_shared()).collect();
    }
    clones(endpoint.listen()?, threads)
}

/// Returns several handles of one socket.
fn clones(listener: Listener, count: usize) -> Result<Vec<Listener>, ListenError> {
    let mut clones = vec![listener];
    while clones.len() < count {
        let clone = clones[0].try_clone().map_err(|source| ListenError::Bind {
            address: clones[0].address().clone(),
            source,
        })?;
        clones.push(clone);
    }
    Ok(clones)
}

/// Raises the descriptor limit, and returns how many connections it allows.
fn raise_descriptor_limit() -> usize {
    let room = system::raise_descriptor_limit().map_or(u64::MAX, |limit| {
        limit.saturating_sub(OTHER_DESCRIPTORS).max(1)
    });
    usize::try_from(room).unwrap_or(usize::MAX)
}
