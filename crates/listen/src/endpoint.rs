//! From the addresses of a program to its sockets: all are free before any listens.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener},
};

use socket2::{Domain, Protocol, Socket, Type};

use crate::{
    Address, Bind, ListenError, Listener, ListenerSocket, SocketFile, bind::Options, system,
};

/// One address of a program, and the sockets that listen on it.
///
/// # Examples
///
/// Two threads that share a port, each with a queue of its own:
///
/// ```
/// use squall_listen::{Bind, Endpoint};
///
/// let mut endpoints = Endpoint::plan([&Bind::new("127.0.0.1:0")])?;
/// Endpoint::reserve(&mut endpoints)?;
/// let first = endpoints[0].listen_shared()?;
/// let second = endpoints[0].listen_shared()?;
/// assert_eq!(first.address(), second.address());
/// # Ok::<(), squall_listen::ListenError>(())
/// ```
#[derive(Debug)]
pub struct Endpoint {
    configured: Address,
    address: Address,
    options: Options,
    bind: usize,
    /// Bound, but not listening; the next listener takes it.
    reserved: Option<(Socket, Option<SocketFile>)>,
    /// `[::]` without IPv4, since another endpoint of the program has `0.0.0.0` on this port.
    only_v6: bool,
    overlap: Overlap,
    /// One of several addresses of a name, of which a family may be missing.
    optional: bool,
}

/// How an address relates to the others of its program, as far as they have the same port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Overlap {
    None,
    /// A wildcard address whose port another endpoint has on one interface.
    Covers,
    /// One interface, whose port another endpoint has on all.
    Covered,
}

impl Bind {
    /// Binds and listens, on every address that the text names.
    ///
    /// # Errors
    ///
    /// When the text is not an address, or the system refuses one of its addresses. Of a host name
    /// that has IPv4 and IPv6 addresses, a family that this machine lacks is left out.
    pub fn listen(&self) -> Result<Vec<Listener>, ListenError> {
        let mut endpoints = Endpoint::plan([self])?;
        Endpoint::reserve(&mut endpoints)?;
        endpoints.iter_mut().map(Endpoint::listen).collect()
    }
}

impl Endpoint {
    /// Resolves the addresses of a program, in their order, and binds nothing yet.
    ///
    /// # Errors
    ///
    /// When a text is not an address, an address comes twice, or `unix_mode` has more than the
    /// bits of permissions.
    pub fn plan<'a>(binds: impl IntoIterator<Item = &'a Bind>) -> Result<Vec<Self>, ListenError> {
        let mut endpoints: Vec<Self> = Vec::new();
        for (index, bind) in binds.into_iter().enumerate() {
            let addresses = bind.resolve()?;
            let mode = bind.options.unix_mode;
            if mode > 0o777 {
                return Err(ListenError::UnixMode { mode });
            }
            let optional = addresses.len() > 1;
            for address in addresses {
                endpoints.push(Self {
                    configured: address.clone(),
                    address,
                    options: bind.options,
                    bind: index,
                    reserved: None,
                    only_v6: false,
                    overlap: Overlap::None,
                    optional,
                });
            }
        }
        relate(&mut endpoints)?;
        Ok(endpoints)
    }

    /// Binds the addresses of all endpoints; none listens yet. Removes endpoints of host names
    /// whose family (IPv4 or IPv6) this machine lacks, as long as the name has another.
    ///
    /// An address that another process has is found even if that process shares its port, unless
    /// [`Bind::reuse_port`] is set.
    ///
    /// # Errors
    ///
    /// When an address is in use or the system refuses it. Nothing stays bound by this call then.
    pub fn reserve(endpoints: &mut Vec<Self>) -> Result<(), ListenError> {
        let result = reserve_all(endpoints);
        if result.is_err() {
            for endpoint in endpoints {
                endpoint.reserved = None;
            }
        }
        result
    }

    /// Returns the address. After [`reserve`](Self::reserve) it has a port in the place of 0.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Returns the address as it was configured, with port 0 where that was configured.
    #[must_use]
    pub fn configured(&self) -> &Address {
        &self.configured
    }

    /// Returns the index of its [`Bind`] in the arguments of [`plan`](Self::plan).
    #[must_use]
    pub fn bind_index(&self) -> usize {
        self.bind
    }

    /// Returns an endpoint for another port of the same interface, with the same options.
    #[must_use]
    pub fn with_port(&self, port: u16) -> Self {
        let address = match &self.address {
            Address::Tcp(address) => Address::Tcp(SocketAddr::new(address.ip(), port)),
            Address::Unix(path) => Address::Unix(path.clone()),
        };
        Self {
            configured: address.clone(),
            address,
            reserved: None,
            ..*self
        }
    }

    /// Sets the address that sockets of an earlier run already have: the port that 0 became.
    pub fn set_address(&mut self, address: Address) {
        self.address = address;
    }

    /// Listens, with a socket that no other listener of this endpoint shares the address with.
    ///
    /// # Errors
    ///
    /// When the address is in use, by another listener of this endpoint too, or refused.
    pub fn listen(&mut self) -> Result<Listener, ListenError> {
        self.listen_as(self.overlap != Overlap::None)
    }

    /// Listens with one more socket on the address: each has a queue, and the system spreads
    /// connections over them (`SO_REUSEPORT`). The first has to be made by this method as well.
    ///
    /// # Errors
    ///
    /// When the system refuses it. A unix socket is never shared: use [`Listener::try_clone`].
    pub fn listen_shared(&mut self) -> Result<Listener, ListenError> {
        self.listen_as(true)
    }

    fn listen_as(&mut self, shared: bool) -> Result<Listener, ListenError> {
        let is_member = shared && self.reserved.is_none();
        if self.reserved.is_none() {
            self.bind(is_member)?;
        }
        let (socket, file) = self.reserved.take().expect("it was bound above");
        self.start(socket, file, shared)
            .map_err(ListenError::bind(&self.address))
    }

    fn start(
        &self,
        socket: Socket,
        file: Option<SocketFile>,
        shared: bool,
    ) -> io::Result<Listener> {
        let address = self.address.clone();
        socket.listen(self.options.backlog)?;
        let is_tcp = address.tcp().is_some();
        if is_tcp && (shared || self.options.reuse_port) {
            // Only now: a socket that listens without it has shown that no other process has the
            // port, which the option would hide.
            system::reuse_port(&socket)?;
        }
        let socket = if is_tcp {
            ListenerSocket::Tcp(TcpListener::from(socket))
        } else {
            ListenerSocket::Unix(socket.into())
        };
        Ok(Listener::new(socket, address, file))
    }

    /// Binds a socket and keeps it; a `member` joins those that listen on the address already.
    fn bind(&mut self, member: bool) -> Result<(), ListenError> {
        let failed = ListenError::bind(&self.address);
        match &self.address {
            Address::Tcp(address) => {
                let share = member || self.options.reuse_port || self.overlap == Overlap::Covered;
                // A port of its own in the place of 0, not one that is shared already.
                let share = share && address.port() != 0;
                let (socket, address) = self.bind_tcp(*address, share).map_err(failed)?;
                self.address = Address::Tcp(address);
                self.reserved = Some((socket, None));
            }
            Address::Unix(path) => {
                let bound = system::bind_unix(path, self.options.unix_mode);
                let (socket, file) = bound.map_err(failed)?;
                self.reserved = Some((socket, Some(file)));
            }
        }
        Ok(())
    }

    fn bind_tcp(&self, address: SocketAddr, share: bool) -> io::Result<(Socket, SocketAddr)> {
        let any = IpAddr::from(Ipv6Addr::UNSPECIFIED);
        let socket = match tcp_socket(address, self.only_v6, share) {
            // A bare port asks for IPv4 and IPv6; a machine without the latter still has the former.
            Err(error)
                if address.ip() == any && !self.only_v6 && system::family_is_missing(&error) =>
            {
                tcp_socket((Ipv4Addr::UNSPECIFIED, address.port()).into(), false, share)?
            }
            socket => socket?,
        };
        let bound = socket.local_addr()?.as_socket();
        Ok((socket, bound.unwrap_or(address)))
    }
}

/// Finds addresses that come twice, and those of one port that overlap.
fn relate(endpoints: &mut [Endpoint]) -> Result<(), ListenError> {
    for index in 0..endpoints.len() {
        let (before, rest) = endpoints.split_at_mut(index);
        let (endpoint, after) = rest.split_first_mut().expect("the index is in range");
        let address = &endpoint.address;
        let is_free_port = address.tcp().is_some_and(|address| address.port() == 0);
        if !is_free_port && before.iter().any(|other| other.address == *address) {
            let address = address.clone();
            return Err(ListenError::Repeated { address });
        }
        let others = || before.iter().chain(after.iter());
        let v4 = address
            .tcp()
            .map(|address| Address::Tcp((Ipv4Addr::UNSPECIFIED, address.port()).into()));
        let any = Address::any(address.tcp().map_or(0, |address| address.port()));
        endpoint.only_v6 = *address == any
            && !is_free_port
            && others().any(|other| Some(&other.address) == v4.as_ref());
    }
    // `only_v6` of all is known.
    for index in 0..endpoints.len() {
        let one = &endpoints[index];
        let overlaps = |wide: &Endpoint, narrow: &Endpoint| {
            let is_v4 = narrow
                .address
                .tcp()
                .is_some_and(|address| address.is_ipv4());
            wide.address.covers(&narrow.address) && !(wide.only_v6 && is_v4)
        };
        endpoints[index].overlap = if endpoints.iter().any(|other| overlaps(other, one)) {
            Overlap::Covered
        } else if endpoints.iter().any(|other| overlaps(one, other)) {
            Overlap::Covers
        } else {
            Overlap::None
        };
    }
    Ok(())
}

fn reserve_all(endpoints: &mut Vec<Endpoint>) -> Result<(), ListenError> {
    let mut missing = Vec::new();
    // A wildcard address first: it also shows a process that has the port on one interface.
    for overlap in [[Overlap::None, Overlap::Covers], [Overlap::Covered; 2]] {
        for endpoint in endpoints.iter_mut() {
            if !overlap.contains(&endpoint.overlap) {
                continue;
            }
            match endpoint.bind(false) {
                Err(ListenError::Bind { address, source })
                    if (endpoint.optional || endpoint.only_v6)
                        && system::family_is_missing(&source) =>
                {
                    missing.push((endpoint.bind, ListenError::Bind { address, source }));
                }
                result => result?,
            }
            if endpoint.overlap == Overlap::Covers
                && let Some((socket, _)) = &endpoint.reserved
            {
                system::reuse_port(socket).map_err(ListenError::bind(&endpoint.address))?;
            }
        }
    }
    for (bind, error) in missing {
        let mut same = endpoints.iter().filter(|endpoint| endpoint.bind == bind);
        if !same.any(|endpoint| endpoint.reserved.is_some() || endpoint.only_v6) {
            return Err(error);
        }
    }
    endpoints.retain(|endpoint| endpoint.reserved.is_some());
    Ok(())
}

fn tcp_socket(address: SocketAddr, only_v6: bool, reuse_port: bool) -> io::Result<Socket> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    if address.is_ipv6() {
        // `[::]` means both families, whatever the system's default (`net.ipv6.bindv6only`).
        socket.set_only_v6(only_v6 || !address.ip().is_unspecified())?;
    }
    system::reuse_address(&socket)?;
    if reuse_port {
        system::reuse_port(&socket)?;
    }
    // Inherited by every accepted socket on Linux, which saves a call for each connection.
    socket.set_tcp_nodelay(true)?;
    socket.bind(&address.into())?;
    Ok(socket)
}
