//! Bind options: an address, and how to listen on it.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::Path,
};

use crate::{Address, AddressError};

/// How to listen on an address.
///
/// # Examples
///
/// ```
/// use squall_listen::Bind;
///
/// let listeners = Bind::new("127.0.0.1:0").listen()?;
/// assert_ne!(listeners[0].address().tcp().unwrap().port(), 0);
/// # Ok::<(), squall_listen::ListenError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing listens before `listen` is called"]
pub struct Bind {
    target: Target,
    pub(crate) options: Options,
}

#[derive(Clone, Debug)]
enum Target {
    /// A text with one or several addresses.
    Text(String),
    Host(String, u16),
    Address(Address),
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    pub(crate) backlog: i32,
    pub(crate) reuse_port: bool,
    pub(crate) unix_mode: u32,
}

impl Bind {
    /// Listens on `address`, in any form that [`Address::resolve`] reads.
    pub fn new(address: impl Into<String>) -> Self {
        Self::to(Target::Text(address.into()))
    }

    fn to(target: Target) -> Self {
        let options = Options {
            backlog: 4096,
            reuse_port: false,
            unix_mode: 0o660,
        };
        Self { target, options }
    }

    /// Listens on a unix socket. A stale file of that name is replaced; a socket that a live server
    /// listens on, and a file that is no socket, stay and are an error.
    pub fn unix(path: impl AsRef<Path>) -> Self {
        Self::to(Target::Address(path.as_ref().into()))
    }

    /// Restricts a bare port, which means all interfaces, to 127.0.0.1. Any other address stays as
    /// it is.
    ///
    /// Default: the address as it was given.
    pub fn bare_port_on_loopback(mut self) -> Self {
        if let Ok([Address::Tcp(address)]) = self.resolve().as_deref()
            && Address::Tcp(*address) == Address::any(address.port())
        {
            let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, address.port()));
            self.target = Target::Address(loopback.into());
        }
        self
    }

    /// Sets how many connections may wait to be accepted, for each socket. The system may reduce
    /// it (Linux: `net.core.somaxconn`).
    ///
    /// Default: 4096.
    pub fn backlog(mut self, connections: u16) -> Self {
        self.options.backlog = i32::from(connections);
        self
    }

    /// Sets whether sockets of other processes may listen on the same port and share its
    /// connections (`SO_REUSEPORT`). They have to set it too, and belong to the same user.
    ///
    /// A second copy of the program then starts without an error and takes a share of the
    /// connections. Threads and workers of one program share a port without this setting.
    ///
    /// Default: `false`.
    pub fn reuse_port(mut self, enabled: bool) -> Self {
        self.options.reuse_port = enabled;
        self
    }

    /// Sets the permissions of a unix socket's file: a client needs to write to connect.
    ///
    /// Default: `0o660`.
    pub fn unix_mode(mut self, mode: u32) -> Self {
        self.options.unix_mode = mode;
        self
    }

    /// Returns the addresses that it names.
    ///
    /// # Errors
    ///
    /// As [`Address::resolve`].
    pub fn resolve(&self) -> Result<Vec<Address>, AddressError> {
        match &self.target {
            Target::Text(text) => Address::resolve(text),
            Target::Host(host, port) => Address::resolve_host(host, *port),
            Target::Address(address) => Ok(vec![address.clone().check()?]),
        }
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
        Self::to(Target::Address(Address::any(port)))
    }
}

impl From<Address> for Bind {
    fn from(address: Address) -> Self {
        Self::to(Target::Address(address))
    }
}

impl From<SocketAddr> for Bind {
    fn from(address: SocketAddr) -> Self {
        Self::to(Target::Address(address.into()))
    }
}

impl From<(IpAddr, u16)> for Bind {
    fn from(address: (IpAddr, u16)) -> Self {
        SocketAddr::from(address).into()
    }
}

impl From<(Ipv4Addr, u16)> for Bind {
    fn from(address: (Ipv4Addr, u16)) -> Self {
        SocketAddr::from(address).into()
    }
}

impl From<(Ipv6Addr, u16)> for Bind {
    fn from(address: (Ipv6Addr, u16)) -> Self {
        SocketAddr::from(address).into()
    }
}

impl From<(&str, u16)> for Bind {
    /// A host: an IP address, with or without brackets, or a name.
    fn from((host, port): (&str, u16)) -> Self {
        Self::to(Target::Host(host.to_owned(), port))
    }
}
