//! The listening socket in the runtime, TCP or unix, with the options that accepted sockets
//! inherit.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use socket2::{SockRef, TcpKeepalive};
use squall_listen::ListenerSocket;
use tokio::net::{TcpListener, TcpStream};

use crate::{Address, stream::Stream, system::UnixListener};

/// How long the system waits between probes of a silent client, and how many it sends.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(15);
const KEEPALIVE_PROBES: u32 = 4;

pub(super) enum Socket {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl Socket {
    /// Must be called inside a runtime.
    pub(super) fn new(socket: ListenerSocket, tcp_keepalive: Duration) -> io::Result<Self> {
        match socket {
            ListenerSocket::Tcp(socket) => {
                socket.set_nonblocking(true)?;
                // Accepted sockets inherit both options, which spares each of them two system calls.
                // A socket that was passed in may lack them.
                SockRef::from(&socket).set_tcp_nodelay(true)?;
                keep_alive(SockRef::from(&socket), tcp_keepalive);
                TcpListener::from_std(socket).map(Self::Tcp)
            }
            ListenerSocket::Unix(socket) => UnixListener::from_std(socket).map(Self::Unix),
        }
    }

    pub(super) async fn accept(&self) -> io::Result<(Stream, Address)> {
        match self {
            Self::Tcp(socket) => {
                let (stream, peer) = socket.accept().await?;
                Ok((Stream::Tcp(Arc::new(stream)), canonical(peer).into()))
            }
            Self::Unix(socket) => {
                let (stream, peer) = socket.accept().await?;
                Ok((Stream::Unix(Arc::new(stream)), Address::Unix(peer)))
            }
        }
    }

    /// Calls accept(2) directly: tokio's readiness dates from its last poll, and would miss clients
    /// that have connected since.
    pub(super) fn accept_queued(&self) -> io::Result<(Stream, Address)> {
        match self {
            Self::Tcp(socket) => {
                let (stream, peer) = SockRef::from(socket).accept()?;
                stream.set_nonblocking(true)?;
                let peer = peer.as_socket().ok_or(io::ErrorKind::InvalidData)?;
                let stream = TcpStream::from_std(stream.into())?;
                Ok((Stream::Tcp(Arc::new(stream)), canonical(peer).into()))
            }
            Self::Unix(socket) => {
                let (stream, peer) = socket.accept_queued()?;
                Ok((Stream::Unix(Arc::new(stream)), Address::Unix(peer)))
            }
        }
    }
}

/// Has the system probe silent clients; with zero, it does not.
fn keep_alive(socket: SockRef<'_>, idle: Duration) {
    let result = if idle.is_zero() {
        socket.set_keepalive(false)
    } else {
        // Linux takes 1 to 32767 seconds.
        let idle = idle.clamp(Duration::from_secs(1), Duration::from_secs(32767));
        let probes = TcpKeepalive::new()
            .with_time(idle)
            .with_interval(KEEPALIVE_INTERVAL)
            .with_retries(KEEPALIVE_PROBES);
        socket.set_tcp_keepalive(&probes)
    };
    if let Err(error) = result {
        tracing::warn!(%error, ?idle, "cannot set tcp_keepalive, so vanished clients may stay");
    }
}

/// An IPv4 client of a socket for both families is shown as what it is.
pub(super) fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}
