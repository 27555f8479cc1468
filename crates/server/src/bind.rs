//! From an address to a listening socket; no runtime is needed yet.

use std::{
    fs, io, net,
    os::unix::{
        fs::{FileTypeExt, PermissionsExt},
        net as unix,
    },
    path::{Path, PathBuf},
};

use socket2::{Domain, Protocol, SockAddr, SockRef, Socket, Type};

use crate::{Address, AddressError, StartError};

/// How many connections the system may queue for us, for each socket.
const BACKLOG: i32 = 4096;

/// A socket that listens, made by [`Bind`] or [passed in](crate::inherited).
#[derive(Debug)]
pub struct Listener {
    pub(crate) socket: ListenerSocket,
    address: Address,
}

#[derive(Debug)]
pub(crate) enum ListenerSocket {
    Tcp(net::TcpListener),
    Unix(unix::UnixListener),
}

impl Listener {
    /// Where it listens. A port that was asked for as 0 is known here.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// A second handle on the same socket: both accept from one queue.
    ///
    /// # Errors
    ///
    /// When the system has no descriptor left.
    pub fn try_clone(&self) -> io::Result<Self> {
        Ok(Self {
            socket: match &self.socket {
                ListenerSocket::Tcp(socket) => ListenerSocket::Tcp(socket.try_clone()?),
                ListenerSocket::Unix(socket) => ListenerSocket::Unix(socket.try_clone()?),
            },
            address: self.address.clone(),
        })
    }
}

impl TryFrom<net::TcpListener> for Listener {
    type Error = io::Error;

    fn try_from(socket: net::TcpListener) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        // Inherited by every accepted socket on Linux, which saves a call for each connection.
        SockRef::from(&socket).set_tcp_nodelay(true)?;
        Ok(Self {
            address: Address::Tcp(socket.local_addr()?),
            socket: ListenerSocket::Tcp(socket),
        })
    }
}

impl TryFrom<unix::UnixListener> for Listener {
    type Error = io::Error;

    fn try_from(socket: unix::UnixListener) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        let path = socket.local_addr()?.as_pathname().map(Path::to_owned);
        Ok(Self {
            address: Address::Unix(path.unwrap_or_default()),
            socket: ListenerSocket::Unix(socket),
        })
    }
}

impl TryFrom<tokio::net::TcpListener> for Listener {
    type Error = io::Error;

    fn try_from(socket: tokio::net::TcpListener) -> io::Result<Self> {
        socket.into_std()?.try_into()
    }
}

impl TryFrom<tokio::net::UnixListener> for Listener {
    type Error = io::Error;

    fn try_from(socket: tokio::net::UnixListener) -> io::Result<Self> {
        socket.into_std()?.try_into()
    }
}

/// How to listen on an address.
///
/// # Examples
///
/// ```
/// use squall_server::Bind;
///
/// let listeners = Bind::new("127.0.0.1:0").listen()?;
/// assert_ne!(listeners[0].address().tcp().unwrap().port(), 0);
/// # Ok::<(), squall_server::StartError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing listens before `listen` is called"]
pub struct Bind {
    place: Place,
    backlog: i32,
    reuse_port: bool,
    unix_mode: u32,
}

#[derive(Clone, Debug)]
enum Place {
    /// A text that names addresses.
    Text(String),
    Address(Address),
}

impl Bind {
    /// Listens on `address`, in any form that [`Address::resolve`] knows.
    pub fn new(address: impl Into<String>) -> Self {
        Self::at(Place::Text(address.into()))
    }

    fn at(place: Place) -> Self {
        Self {
            place,
            backlog: BACKLOG,
            reuse_port: false,
            unix_mode: 0o660,
        }
    }

    /// Listens on a unix socket. A stale file of that name is replaced; one that a living server
    /// listens on, or that is no socket, is left alone and an error.
    pub fn unix(path: impl AsRef<Path>) -> Self {
        Self::at(Place::Address(path.as_ref().into()))
    }

    /// Keeps a bare port, which means all interfaces, to this machine: 127.0.0.1. Any other address stays
    /// as it is.
    ///
    /// Defaults to the address as it was given.
    pub fn bare_port_on_loopback(mut self) -> Self {
        if let Ok([Address::Tcp(address)]) = self.resolve().as_deref()
            && Address::Tcp(*address) == Address::any(address.port())
        {
            let loopback = net::SocketAddr::from((net::Ipv4Addr::LOCALHOST, address.port()));
            self.place = Place::Address(loopback.into());
        }
        self
    }

    /// How many connections may wait to be accepted; the system may cut it (Linux: `net.core.somaxconn`).
    ///
    /// Defaults to 4096.
    pub fn backlog(mut self, connections: u16) -> Self {
        self.backlog = i32::from(connections);
        self
    }

    /// Whether other sockets may listen on the same port and share its connections (`SO_REUSEPORT`).
    ///
    /// It hides that a second copy of a program was started, hence off.
    ///
    /// Defaults to `false`.
    pub fn reuse_port(mut self, yes: bool) -> Self {
        self.reuse_port = yes;
        self
    }

    /// The permissions of a unix socket's file: who may connect.
    ///
    /// Defaults to `0o660`.
    pub fn unix_mode(mut self, mode: u32) -> Self {
        self.unix_mode = mode;
        self
    }

    /// Binds `count` sockets to each address that the text names, for as many accepting threads.
    ///
    /// They share the port (`SO_REUSEPORT`); a unix socket is one, with several handles.
    pub(crate) fn listen_times(&self, count: usize) -> Result<Vec<Vec<Listener>>, StartError> {
        let first = self
            .clone()
            .reuse_port(self.reuse_port || count > 1)
            .listen()?;
        let mut sets = vec![first];
        for _ in 1..count {
            let again = |listener: &Listener| {
                let socket = match listener.address() {
                    Address::Tcp(address) => tcp_socket(*address, true)
                        .and_then(|socket| socket.listen(self.backlog).map(|()| socket))
                        .and_then(|socket| net::TcpListener::from(socket).try_into()),
                    Address::Unix(_) => listener.try_clone(),
                };
                socket.map_err(|source| StartError::Bind {
                    address: listener.address.clone(),
                    source,
                })
            };
            let set = sets[0].iter().map(again).collect::<Result<_, _>>()?;
            sets.push(set);
        }
        Ok(sets)
    }

    /// The addresses that it names.
    ///
    /// # Errors
    ///
    /// As [`Address::resolve`].
    pub fn resolve(&self) -> Result<Vec<Address>, AddressError> {
        match &self.place {
            Place::Text(text) => Address::resolve(text),
            Place::Address(address) => Ok(vec![address.clone()]),
        }
    }

    /// Binds and listens, on every address that the text names.
    ///
    /// # Errors
    ///
    /// When the text is not an address, or the system refuses one of its addresses. Of a host name
    /// that has IPv4 and IPv6 addresses, a family that this machine lacks is left out.
    pub fn listen(&self) -> Result<Vec<Listener>, StartError> {
        let addresses = self.resolve()?;
        let alone = addresses.len() == 1;
        let mut listeners = Vec::new();
        let mut missing = None;
        for address in addresses {
            match self.listen_on(&address) {
                Ok(listener) => listeners.push(listener),
                Err(source) if !alone && family_is_missing(&source) => {
                    missing = Some(StartError::Bind { address, source });
                }
                Err(source) => return Err(StartError::Bind { address, source }),
            }
        }
        match missing {
            Some(error) if listeners.is_empty() => Err(error),
            _ => Ok(listeners),
        }
    }

    fn listen_on(&self, address: &Address) -> io::Result<Listener> {
        match address {
            Address::Tcp(address) => match self.listen_tcp(*address) {
                // A bare port asks for IPv4 and IPv6; a machine without the latter still has the former.
                Err(error)
                    if address.ip() == net::Ipv6Addr::UNSPECIFIED && family_is_missing(&error) =>
                {
                    self.listen_tcp((net::Ipv4Addr::UNSPECIFIED, address.port()).into())
                }
                result => result,
            },
            Address::Unix(path) => self.listen_unix(path),
        }
    }

    fn listen_tcp(&self, address: net::SocketAddr) -> io::Result<Listener> {
        if self.reuse_port {
            // The option would let a second copy of this program take a share of the connections
            // unnoticed. Without it, this finds a stranger on the port.
            tcp_socket(address, false)?;
        }
        let socket = tcp_socket(address, self.reuse_port)?;
        socket.listen(self.backlog)?;
        net::TcpListener::from(socket).try_into()
    }

    fn listen_unix(&self, path: &Path) -> io::Result<Listener> {
        refuse_taken(path)?;
        // Bound under another name first, so that nobody can connect before the mode is set, and so
        // that the old name never disappears: renaming replaces a stale file in one step.
        let fresh = beside(path);
        let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
        let _ = fs::remove_file(&fresh);
        socket.bind(&SockAddr::unix(&fresh)?)?;
        let ready = fs::set_permissions(&fresh, fs::Permissions::from_mode(self.unix_mode))
            .and_then(|()| socket.listen(self.backlog))
            .and_then(|()| fs::rename(&fresh, path));
        if let Err(error) = ready {
            let _ = fs::remove_file(&fresh);
            return Err(error);
        }
        let mut listener = Listener::try_from(unix::UnixListener::from(socket))?;
        listener.address = Address::Unix(path.to_owned());
        Ok(listener)
    }
}

impl From<&str> for Bind {
    fn from(address: &str) -> Self {
        Self::new(address)
    }
}

impl From<String> for Bind {
    fn from(address: String) -> Self {
        Self::new(address)
    }
}

impl From<u16> for Bind {
    fn from(port: u16) -> Self {
        Self::at(Place::Address(Address::any(port)))
    }
}

impl From<net::SocketAddr> for Bind {
    fn from(address: net::SocketAddr) -> Self {
        Self::at(Place::Address(address.into()))
    }
}

impl From<(net::IpAddr, u16)> for Bind {
    fn from(address: (net::IpAddr, u16)) -> Self {
        net::SocketAddr::from(address).into()
    }
}

fn tcp_socket(address: net::SocketAddr, reuse_port: bool) -> io::Result<Socket> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    if address.is_ipv6() {
        // `[::]` means both families, whatever the system's default (`net.ipv6.bindv6only`).
        socket.set_only_v6(!address.ip().is_unspecified())?;
    }
    // Connections of the last run that linger in TIME_WAIT must not block a restart.
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(reuse_port)?;
    socket.bind(&address.into())?;
    Ok(socket)
}

/// A living server's socket, and any file that is not a socket, are left alone.
fn refuse_taken(path: &Path) -> io::Result<()> {
    let kind = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata.file_type(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    if !kind.is_socket() {
        return Err(io::Error::new(
            io::ErrorKind::AlreadyExists,
            "the path exists and is not a socket",
        ));
    }
    match unix::UnixStream::connect(path) {
        Ok(_) => Err(io::ErrorKind::AddrInUse.into()),
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Ok(()),
        Err(error) => Err(error),
    }
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}", std::process::id()));
    name.into()
}

fn family_is_missing(error: &io::Error) -> bool {
    let codes = [
        rustix::io::Errno::AFNOSUPPORT,
        rustix::io::Errno::ADDRNOTAVAIL,
    ];
    codes
        .iter()
        .any(|code| error.raw_os_error() == Some(code.raw_os_error()))
}
