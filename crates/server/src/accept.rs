//! The accept loop of one listener: what it does at the connection limit and out of descriptors.

use std::{
    collections::VecDeque,
    io,
    net::SocketAddr,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use socket2::SockRef;
use tokio::{
    net::{TcpListener, TcpStream},
    pin, select,
    task::{AbortHandle, yield_now},
    time::{sleep, timeout},
};

use crate::{
    Address, ConnectionInfo, Handle, Listener, Stop,
    activity::Activity,
    bind::ListenerSocket,
    connection::Connection,
    io::{Io, Transport},
    opening::{Opened, Opener},
    protocols::Protocols,
    service::{Serve, Shared},
    stop::OpenConnection,
    stream::Stream,
    system::{self, UnixListener, UnixStream},
};

/// The number of the last connection that this process accepted.
static LAST_ID: AtomicU64 = AtomicU64::new(0);

/// How long to wait for a descriptor when none of our own connections gives one back.
const OUT_OF_DESCRIPTORS: Duration = Duration::from_millis(100);

/// How many queued connections are still accepted after the order to stop.
const LAST_CALL: usize = 4096;

/// Accepts the connections of one listener and serves each in a task of its own.
pub(crate) struct Acceptor<S> {
    socket: Socket,
    address: Address,
    opener: Opener,
    service: S,
    protocols: Arc<Protocols>,
    handle: Handle,
    max_connections: usize,
    silent: Silent,
}

enum Socket {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl<S: Serve> Acceptor<S> {
    /// Must be called inside a runtime.
    pub(crate) fn new(
        listener: Listener,
        opener: Opener,
        service: S,
        protocols: Arc<Protocols>,
        handle: Handle,
        max_connections: usize,
    ) -> io::Result<Self> {
        let address = listener.address().clone();
        Ok(Self {
            socket: match listener.socket {
                ListenerSocket::Tcp(socket) => Socket::Tcp(TcpListener::from_std(socket)?),
                ListenerSocket::Unix(socket) => Socket::Unix(UnixListener::from_std(socket)?),
            },
            address,
            opener,
            service,
            protocols,
            handle,
            max_connections,
            silent: Silent::default(),
        })
    }

    /// Accepts until the order to stop, and then what the system has queued already: it would be
    /// reset with the socket.
    pub(crate) async fn run(mut self) {
        let handle = self.handle.clone();
        let ordered = handle.ordered(Stop::Graceful);
        pin!(ordered);
        loop {
            select! {
                biased;
                () = &mut ordered => break,
                accepted = self.socket.accept() => self.on_accepted(accepted).await,
            }
        }
        for _ in 0..LAST_CALL {
            match self.socket.accept_queued() {
                Ok((stream, peer)) => self.serve(stream, peer),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if concerns_one_connection(&error) => {}
                Err(_) => break,
            }
        }
    }

    async fn on_accepted(&mut self, accepted: io::Result<(Stream, Address)>) {
        match accepted {
            Ok((stream, peer)) => {
                if self.handle.connections() >= self.max_connections {
                    self.make_room().await;
                }
                self.serve(stream, peer);
            }
            Err(error) if concerns_one_connection(&error) => {
                tracing::trace!(%error, "a connection was gone before it was accepted");
            }
            Err(error) => {
                let connections = self.handle.connections();
                tracing::warn!(%error, connections, "cannot accept for now");
                let handle = self.handle.clone();
                let closed = handle.next_close();
                self.evict_silent().await;
                // Other processes, or files of the application, may hold the descriptors.
                let _ = timeout(OUT_OF_DESCRIPTORS, closed).await;
            }
        }
    }

    /// Waits until there is room for one more connection: one that has not asked for anything makes
    /// room for one that might.
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
                // A silent connection of another listener, or one that asks just now, tells nobody.
                () = sleep(OUT_OF_DESCRIPTORS) => {}
            }
            if handle.order_in_force().is_some() {
                return;
            }
        }
    }

    /// Closes the oldest connection that has not asked for anything; false when there is none.
    async fn evict_silent(&mut self) -> bool {
        // Those that were accepted just now have not been looked at: their requests may be here.
        yield_now().await;
        self.silent.evict_oldest()
    }

    fn serve(&mut self, stream: Stream, peer: Address) {
        let local = match &self.address {
            Address::Tcp(bound) if bound.ip().is_unspecified() => stream
                .local()
                .map_or_else(|| self.address.clone(), |local| canonical(local).into()),
            bound => bound.clone(),
        };
        let id = LAST_ID.fetch_add(1, Ordering::Relaxed) + 1;
        let shared = Arc::new(Shared {
            activity: Activity::default(),
            handle: self.handle.clone(),
            protocols: Arc::clone(&self.protocols),
        });
        let open: OpenConnection = self.handle.open();
        let info = ConnectionInfo::new(peer, local, id);
        let service = self.service.clone();
        let connection = if self.opener.has_nothing_to_do() {
            let io = Io::new(Transport::Plain(stream), Arc::clone(&shared), open);
            let opened = Opened::plain(io, info);
            Connection::new(opened, service, Arc::clone(&shared))
        } else {
            let opening = self.opener.open(stream, info, Arc::clone(&shared), open);
            Connection::opening(opening, service, Arc::clone(&shared))
        };
        let task = tokio::spawn(connection);
        self.silent.add(shared, task.abort_handle());
    }
}

impl Socket {
    async fn accept(&self) -> io::Result<(Stream, Address)> {
        match self {
            Self::Tcp(socket) => {
                let (stream, peer) = socket.accept().await?;
                Ok((Stream::Tcp(Arc::new(stream)), canonical(peer).into()))
            }
            Self::Unix(socket) => {
                let (stream, peer) = socket.accept().await?;
                let path = peer.as_pathname().unwrap_or(Path::new(""));
                Ok((Stream::Unix(Arc::new(stream)), path.into()))
            }
        }
    }

    /// Asks the system itself: tokio only knows what its last look at all sockets has told, and
    /// would miss who has connected since.
    fn accept_queued(&self) -> io::Result<(Stream, Address)> {
        match self {
            Self::Tcp(socket) => {
                let (stream, peer) = SockRef::from(socket).accept()?;
                stream.set_nonblocking(true)?;
                let peer = peer.as_socket().ok_or(io::ErrorKind::InvalidData)?;
                let stream = TcpStream::from_std(stream.into())?;
                Ok((Stream::Tcp(Arc::new(stream)), canonical(peer).into()))
            }
            Self::Unix(socket) => {
                let (stream, peer) = SockRef::from(socket).accept()?;
                stream.set_nonblocking(true)?;
                let path = peer.as_pathname().unwrap_or(Path::new(""));
                let stream = UnixStream::from_std(stream.into())?;
                Ok((Stream::Unix(Arc::new(stream)), path.into()))
            }
        }
    }
}

/// Connections in the order of acceptance, of which some have not asked for anything yet.
#[derive(Default)]
struct Silent(VecDeque<(Arc<Shared>, AbortHandle)>);

impl Silent {
    fn add(&mut self, connection: Arc<Shared>, task: AbortHandle) {
        let still_silent = |(connection, task): &(Arc<Shared>, AbortHandle)| {
            !connection.activity.has_asked() && !task.is_finished()
        };
        if self.0.len() == self.0.capacity() {
            // Twice the room of those that stay, so that looking through all is rarely done.
            self.0.retain(still_silent);
            self.0.reserve(self.0.len().max(16));
        }
        self.0.push_back((connection, task));
    }

    fn evict_oldest(&mut self) -> bool {
        while let Some((connection, task)) = self.0.pop_front() {
            if !connection.activity.has_asked() && !task.is_finished() {
                task.abort();
                return true;
            }
        }
        false
    }
}

/// An IPv4 client of a socket for both families is shown as what it is.
fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

/// Whether `accept` failed for one connection only, and the listener goes on.
fn concerns_one_connection(error: &io::Error) -> bool {
    error.raw_os_error().is_some() && !system::is_out_of_resources(error)
}
