//! Accept loop of one listener: the connection limit, exhausted descriptors and fatal errors.

use std::{
    collections::VecDeque,
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use squall_listen::SocketFile;
use tokio::{
    pin, select,
    task::{AbortHandle, yield_now},
    time::{sleep, timeout},
};

use super::socket::{Socket, canonical};
use crate::{
    Address, ConnectionInfo, Handle, Listener, Serve, ShutdownSignal, StartError, Stop,
    connection::{Connection, Established, Handshake, Io, Transport},
    state::{ConnectionState, ServerState},
    stop::OpenConnection,
    stream::Stream,
    system,
};

/// The number of the last connection that this process accepted.
static LAST_ID: AtomicU64 = AtomicU64::new(0);

/// How long to wait for a descriptor, or for room, if no connection of this server closes.
const MAX_WAIT: Duration = Duration::from_millis(100);

/// How many queued connections are still accepted once a graceful shutdown has begun.
const MAX_QUEUED: usize = 4096;

/// How many connections in succession may be gone before they are accepted; after that, the loop
/// waits a little. An error that is misclassified as a passing one must not keep a processor busy.
const MAX_ERRORS_IN_SUCCESSION: u32 = 100;

/// Accepts the connections of one listener and serves each in a task of its own.
pub(crate) struct Acceptor<S> {
    // Dropped before the socket: while the socket still listens, no other process binds the path.
    file: Option<SocketFile>,
    socket: Socket,
    address: Address,

    handshake: Handshake,
    service: S,
    server: Arc<ServerState>,
    handle: Handle,
    shutdown_signal: ShutdownSignal,

    max_connections: usize,
    silent: SilentConnections,
}

impl<S: Serve> Acceptor<S> {
    /// Must be called inside a runtime.
    pub(crate) fn new(
        listener: Listener,
        handshake: Handshake,
        service: S,
        server: Arc<ServerState>,
        handle: Handle,
        max_connections: usize,
    ) -> io::Result<Self> {
        let address = listener.address().clone();
        let (socket, file) = listener.into_parts();
        Ok(Self {
            file,
            socket: Socket::new(socket, server.limits.tcp_keepalive)?,
            address,
            handshake,
            service,
            server,
            shutdown_signal: handle.shutdown_signal(),
            handle,
            max_connections,
            silent: SilentConnections::default(),
        })
    }

    /// Accepts until a graceful shutdown begins, then what the system has queued already: it would
    /// be reset with the socket.
    ///
    /// # Errors
    ///
    /// When the socket cannot accept any more. The server has to end then: a process that lives on
    /// without one of its listeners is an outage that no supervisor sees.
    pub(crate) async fn run(mut self) -> Result<(), StartError> {
        self.accept_until_stop().await?;
        // From here on no client can connect to a unix socket, so its queue is emptied for good.
        drop(self.file.take());
        self.accept_queued();
        Ok(())
    }

    async fn accept_until_stop(&mut self) -> Result<(), StartError> {
        let handle = self.handle.clone();
        let stopping = handle.stop_in_force(Stop::Graceful);
        pin!(stopping);
        // Errors since a connection was accepted.
        let mut errors = 0_u32;
        loop {
            let accepted = select! {
                biased;
                () = &mut stopping => return Ok(()),
                accepted = self.socket.accept() => accepted,
            };
            let error = match accepted {
                Ok((stream, peer)) => {
                    errors = 0;
                    self.on_accepted(stream, peer).await;
                    continue;
                }
                Err(error) => error,
            };
            errors += 1;
            match AcceptError::of(&error) {
                AcceptError::Connection if errors < MAX_ERRORS_IN_SUCCESSION => {
                    tracing::trace!(%error, "a connection was gone before it was accepted");
                }
                AcceptError::Connection | AcceptError::Exhausted => self.back_off(&error).await,
                AcceptError::Listener => {
                    let address = self.address.clone();
                    tracing::error!(%error, %address, "cannot accept any more, so the server stops");
                    handle.stop(Stop::Graceful);
                    return Err(StartError::Accept {
                        address,
                        source: error,
                    });
                }
            }
        }
    }

    /// Accepts what the system has queued.
    fn accept_queued(&mut self) {
        for _ in 0..MAX_QUEUED {
            match self.socket.accept_queued() {
                Ok((stream, peer)) => self.serve(stream, peer),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if AcceptError::of(&error) == AcceptError::Connection => {}
                Err(_) => break,
            }
        }
    }

    async fn on_accepted(&mut self, stream: Stream, peer: Address) {
        if self.handle.connections() >= self.max_connections {
            self.make_room().await;
        }
        self.serve(stream, peer);
    }

    /// Waits for a descriptor, or for memory.
    async fn back_off(&mut self, error: &io::Error) {
        let (connections, address) = (self.handle.connections(), &self.address);
        tracing::warn!(%error, %address, connections, "cannot accept for now");
        let handle = self.handle.clone();
        let closed = handle.next_close();
        self.evict_silent().await;
        // Other processes, or files of the application, may hold the descriptors.
        let _ = timeout(MAX_WAIT, closed).await;
    }

    /// Waits until there is room for one more connection. The oldest connection without a request
    /// is closed for it.
    async fn make_room(&mut self) {
        let handle = self.handle.clone();
        loop {
            let closed = handle.next_close();
            if handle.connections() < self.max_connections {
                return;
            }
            if !self.evict_silent().await {
                tracing::debug!(
                    connections = handle.connections(),
                    "at the connection limit"
                );
            }
            select! {
                () = closed => {}
                // Silent connections of other listeners close without a notification here.
                () = sleep(MAX_WAIT) => {}
            }
            if handle.mode_in_force().is_some() {
                return;
            }
        }
    }

    /// Closes the oldest connection without a request; false if there is none.
    async fn evict_silent(&mut self) -> bool {
        // Connections that were accepted just now have not been polled: their requests may have arrived.
        yield_now().await;
        self.silent.evict_oldest()
    }

    fn serve(&mut self, stream: Stream, peer: Address) {
        let local = self.local_address(&stream);
        let id = LAST_ID.fetch_add(1, Ordering::Relaxed) + 1;
        let state = ConnectionState::new(self.handle.clone(), Arc::clone(&self.server));
        let state = Arc::new(state);
        let open: OpenConnection = self.handle.open();
        let info = ConnectionInfo::new(peer, local, id).with_shutdown_signal(&self.shutdown_signal);
        let service = self.service.clone();
        let connection = if self.handshake.is_needed() {
            let handshake = self.handshake.start(stream, info, Arc::clone(&state), open);
            Connection::with_handshake(handshake, service, Arc::clone(&state))
        } else {
            let io = Io::new(Transport::Plain(stream), Arc::clone(&state), open);
            Connection::new(Established::plain(io, info), service, Arc::clone(&state))
        };
        let task = tokio::spawn(connection);
        self.silent.add(state, task.abort_handle());
    }

    /// Returns the address that the client has connected to.
    fn local_address(&self, stream: &Stream) -> Address {
        match &self.address {
            Address::Tcp(bound) if bound.ip().is_unspecified() => stream
                .local()
                .map_or_else(|| self.address.clone(), |local| canonical(local).into()),
            bound => bound.clone(),
        }
    }
}

/// Connections in the order of acceptance, some of them without a request yet.
#[derive(Default)]
struct SilentConnections(VecDeque<(Arc<ConnectionState>, AbortHandle)>);

impl SilentConnections {
    fn add(&mut self, connection: Arc<ConnectionState>, task: AbortHandle) {
        if self.0.len() == self.0.capacity() {
            // Twice the room of those that stay, so that looking through all is rarely done.
            self.0
                .retain(|(connection, task)| is_silent(connection, task));
            self.0.reserve(self.0.len().max(16));
        }
        self.0.push_back((connection, task));
    }

    fn evict_oldest(&mut self) -> bool {
        while let Some((connection, task)) = self.0.pop_front() {
            if is_silent(&connection, &task) {
                task.abort();
                return true;
            }
        }
        false
    }
}

/// Whether the connection is open, and without a request yet.
fn is_silent(connection: &ConnectionState, task: &AbortHandle) -> bool {
    !connection.activity.has_request() && !task.is_finished()
}

/// The scope of an error of `accept`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum AcceptError {
    /// One connection, which is gone.
    Connection,
    /// The process or the system, which is out of descriptors or memory.
    Exhausted,
    /// The listener, for good.
    Listener,
}

impl AcceptError {
    fn of(error: &io::Error) -> Self {
        if system::is_out_of_resources(error) {
            Self::Exhausted
        } else if system::is_of_listener(error) {
            Self::Listener
        } else {
            // Linux passes on errors of any kind that wait on the new connection.
            Self::Connection
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::{io, sync::Arc};

    use http::Response;
    use http_body_util::Empty;
    use rustix::io::Errno;
    use tokio::{join, time::Instant};

    use super::{AcceptError, Acceptor, MAX_WAIT};
    use crate::{Handle, IntoListener, Limits, connection::Handshake, state::ServerState};

    #[tokio::test(start_paused = true)]
    async fn without_descriptors_the_loop_waits_for_a_close_or_a_while() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let handshake = Handshake {
            proxy_protocol: None,
            tls: None,
        };
        let service = tower::service_fn(async |_| {
            Ok::<_, std::convert::Infallible>(Response::new(Empty::new()))
        });
        let handle = Handle::new();
        let mut acceptor = Acceptor::new(
            listener.into_listener().unwrap(),
            handshake,
            service,
            Arc::new(ServerState::new(Limits::default(), None)),
            handle.clone(),
            1,
        )
        .unwrap();
        let error = io::Error::from(Errno::MFILE);
        let begun = Instant::now();
        acceptor.back_off(&error).await;
        assert!(begun.elapsed() >= MAX_WAIT);
        let connection = handle.open();
        let begun = Instant::now();
        join!(acceptor.back_off(&error), async { drop(connection) });
        assert!(begun.elapsed() < MAX_WAIT);
    }

    #[test]
    fn accept_errors_by_scope() {
        for (errno, wanted) in [
            (Errno::CONNABORTED, AcceptError::Connection),
            (Errno::PROTO, AcceptError::Connection),
            (Errno::PERM, AcceptError::Connection),
            (Errno::NETDOWN, AcceptError::Connection),
            (Errno::INTR, AcceptError::Connection),
            (Errno::MFILE, AcceptError::Exhausted),
            (Errno::NFILE, AcceptError::Exhausted),
            (Errno::NOBUFS, AcceptError::Exhausted),
            (Errno::NOMEM, AcceptError::Exhausted),
            (Errno::INVAL, AcceptError::Listener),
            (Errno::BADF, AcceptError::Listener),
            (Errno::NOTSOCK, AcceptError::Listener),
            (Errno::OPNOTSUPP, AcceptError::Listener),
        ] {
            let error = io::Error::from(errno);
            assert_eq!(AcceptError::of(&error), wanted, "{error}");
        }
        let other = io::Error::other("a socket address of another kind");
        assert_eq!(AcceptError::of(&other), AcceptError::Connection);
    }
}
