//! Binds what the workers accept from, and keeps it: a socket outlives the workers it is handed to.

mod held;

use std::{collections::BTreeMap, io};

use squall_listen::{ListenError, SocketFile};

use crate::{Address, policy::Sharing, worker::inherit::Socket};
pub(crate) use held::HeldSocket;

/// One configured address.
#[derive(Debug)]
pub(crate) struct Endpoint {
    pub(crate) name: String,
    pub(crate) target: squall_listen::Endpoint,
    /// The port is that of `target` plus the set's number.
    pub(crate) apart: bool,
}

/// The listening sockets of all sets.
#[derive(Debug)]
pub(crate) struct Sockets {
    /// Of the unix sockets made here, removed at the end: the workers still accept from a socket
    /// that was released. Dropped before the sockets.
    files: Vec<SocketFile>,
    endpoints: Vec<Endpoint>,
    sharing: Sharing,
    /// By set, then in the order of `endpoints`. `SHARED` holds what every set accepts from.
    sets: BTreeMap<usize, Vec<Option<Socket>>>,
    /// Passed to this process, with the names given there; every set accepts from them.
    inherited: Vec<Socket>,
    /// Sockets of one worker each.
    released: Vec<Address>,
}

const SHARED: usize = 0;

impl Sockets {
    /// Takes over `inherited` sockets, and binds the other endpoints.
    pub(crate) fn new(
        endpoints: Vec<Endpoint>,
        sharing: Sharing,
        inherited: Vec<Socket>,
    ) -> Result<Self, ListenError> {
        let mut sockets = Self::unbound(endpoints, sharing, inherited);
        sockets.reserve()?;
        Ok(sockets)
    }

    fn unbound(endpoints: Vec<Endpoint>, sharing: Sharing, inherited: Vec<Socket>) -> Self {
        let mut sockets = Self {
            endpoints,
            sharing,
            sets: BTreeMap::new(),
            inherited,
            released: Vec::new(),
            files: Vec::new(),
        };
        sockets.forget_given();
        sockets.share_if_alone();
        sockets
    }

    /// Binds all addresses before any listens. Each worker's own port is bound when it starts.
    fn reserve(&mut self) -> Result<(), ListenError> {
        let endpoints = std::mem::take(&mut self.endpoints);
        let (apart, together): (Vec<_>, Vec<_>) =
            endpoints.into_iter().partition(|endpoint| endpoint.apart);
        let (mut targets, names): (Vec<_>, Vec<_>) = together
            .into_iter()
            .map(|endpoint| {
                let index = endpoint.target.bind_index();
                (endpoint.target, (index, endpoint.name))
            })
            .unzip();
        let names: BTreeMap<usize, String> = names.into_iter().collect();
        squall_listen::Endpoint::reserve(&mut targets)?;
        let together = targets.into_iter().map(|target| Endpoint {
            name: names[&target.bind_index()].clone(),
            target,
            apart: false,
        });
        self.endpoints = together.chain(apart).collect();
        Ok(())
    }

    /// Makes sure that a set's sockets listen.
    pub(crate) fn open(&mut self, set: usize) -> Result<(), ListenError> {
        for index in 0..self.endpoints.len() {
            let home = self.home(set, index);
            if self.at(home, index).is_some() {
                continue;
            }
            let is_shared = self.is_shared(&self.endpoints[index]);
            let endpoint = &mut self.endpoints[index];
            let listener = if endpoint.apart {
                endpoint.target_of(set).listen()?
            } else if is_shared {
                endpoint.target.listen()?
            } else {
                endpoint.target.listen_shared()?
            };
            let name = endpoint.name.clone();
            self.files.extend(listener.file().cloned());
            self.hold(home, index, Socket { name, listener });
        }
        Ok(())
    }

    pub(crate) fn close(&mut self, set: usize) {
        let Some(mut sockets) = self.sets.remove(&set) else {
            return;
        };
        if set == SHARED {
            for (socket, endpoint) in sockets.iter_mut().zip(&self.endpoints) {
                socket.take_if(|_| !self.is_shared(endpoint));
            }
            self.sets.insert(set, sockets);
        }
    }

    /// Leaves the sockets to the workers: each closes with the last of them that has it, so that
    /// no client waits in a queue that no worker accepts from.
    pub(crate) fn release(&mut self) {
        self.released = self.addresses();
        self.sets.clear();
        self.inherited.clear();
    }

    /// Second handles on what a worker of these sets accepts from.
    pub(crate) fn of(&self, sets: &[usize]) -> io::Result<Vec<Socket>> {
        let mut homes: Vec<(usize, usize)> = sets
            .iter()
            .flat_map(|&set| (0..self.endpoints.len()).map(move |index| (set, index)))
            .map(|(set, index)| (self.home(set, index), index))
            .collect();
        remove_repeated(&mut homes);
        let own = homes
            .into_iter()
            .filter_map(|(set, index)| self.at(set, index));
        own.chain(&self.inherited)
            .map(|socket| {
                Ok(Socket {
                    name: socket.name.clone(),
                    listener: socket.listener.try_clone()?,
                })
            })
            .collect()
    }

    /// Whether there is anything to accept from, opened or not.
    pub(crate) fn has_addresses(&self) -> bool {
        !self.endpoints.is_empty() || !self.inherited.is_empty()
    }

    /// Every address that is listened on.
    pub(crate) fn addresses(&self) -> Vec<Address> {
        let sets = self.sets.values().flatten().flatten();
        let mut addresses: Vec<Address> = sets
            .chain(&self.inherited)
            .map(|socket| socket.listener.address().clone())
            .chain(self.released.iter().cloned())
            .collect();
        remove_repeated(&mut addresses);
        addresses
    }

    /// Where a set's socket is kept.
    fn home(&self, set: usize, index: usize) -> usize {
        if self.is_shared(&self.endpoints[index]) {
            SHARED
        } else {
            set
        }
    }

    /// Whether every set accepts from the same socket. The kernel has no groups of unix sockets.
    fn is_shared(&self, endpoint: &Endpoint) -> bool {
        match (endpoint.target.address(), self.sharing) {
            (Address::Unix(_), _) | (_, Sharing::One) => true,
            (Address::Tcp(_), Sharing::Group) => false,
            (Address::Tcp(_), Sharing::Apart) => !endpoint.apart,
        }
    }

    /// Sets that have nothing of their own are one.
    fn share_if_alone(&mut self) {
        if self
            .endpoints
            .iter()
            .all(|endpoint| self.is_shared(endpoint))
        {
            self.sharing = Sharing::One;
        }
    }

    fn at(&self, set: usize, index: usize) -> Option<&Socket> {
        self.sets.get(&set)?.get(index)?.as_ref()
    }

    fn hold(&mut self, set: usize, index: usize, socket: Socket) {
        let sockets = self.sets.entry(set).or_default();
        sockets.resize_with(self.endpoints.len(), || None);
        sockets[index] = Some(socket);
    }

    pub(crate) fn sharing(&self) -> Sharing {
        self.sharing
    }

    /// Sockets that were handed over are not bound again.
    fn forget_given(&mut self) {
        let given: Vec<Address> = self
            .inherited
            .iter()
            .map(|socket| socket.listener.address().clone())
            .collect();
        self.endpoints
            .retain(|endpoint| !given.contains(endpoint.target.address()));
    }
}

impl Endpoint {
    /// The address of one worker's own port.
    fn target_of(&self, set: usize) -> squall_listen::Endpoint {
        let first = self.target.address().tcp().map_or(0, |first| first.port());
        let offset = u16::try_from(set).unwrap_or(u16::MAX);
        self.target.with_port(first.saturating_add(offset))
    }
}

/// Keeps the first of equal values, and the order.
fn remove_repeated<T: PartialEq>(values: &mut Vec<T>) {
    let mut kept: Vec<T> = Vec::with_capacity(values.len());
    for value in values.drain(..) {
        if !kept.contains(&value) {
            kept.push(value);
        }
    }
    *values = kept;
}

#[cfg(test)]
mod tests {
    use std::net::TcpStream;

    use squall_listen::Bind;

    use super::*;

    fn sockets(address: &str, sharing: Sharing) -> Sockets {
        let targets = squall_listen::Endpoint::plan([&Bind::new(address)]).unwrap();
        let endpoints = targets.into_iter().map(|target| Endpoint {
            name: "test".to_owned(),
            target,
            apart: false,
        });
        Sockets::new(endpoints.collect(), sharing, Vec::new()).unwrap()
    }

    fn port(sockets: &Sockets) -> u16 {
        match sockets.addresses()[..] {
            [Address::Tcp(address)] => address.port(),
            _ => panic!("one address: {:?}", sockets.addresses()),
        }
    }

    #[test]
    fn a_bare_port_means_both_families() {
        let mut sockets = sockets("0", Sharing::Group);
        sockets.open(0).unwrap();
        let port = port(&sockets);
        TcpStream::connect(("127.0.0.1", port)).unwrap();
        if let Address::Tcp(address) = sockets.addresses()[0]
            && address.is_ipv6()
        {
            TcpStream::connect(("::1", port)).unwrap();
        }
    }

    #[test]
    fn sets_of_a_group_share_an_address_and_nothing_else() {
        let mut sockets = sockets("127.0.0.1:0", Sharing::Group);
        for set in [0, 1, 2] {
            sockets.open(set).unwrap();
        }
        port(&sockets);
        assert_eq!(sockets.of(&[1]).unwrap().len(), 1);
        assert_eq!(sockets.of(&[2, 0, 0]).unwrap().len(), 2);
        sockets.close(0);
        assert_eq!(sockets.of(&[0]).unwrap().len(), 0);
        sockets.open(0).unwrap();
        assert_eq!(sockets.of(&[0]).unwrap().len(), 1);
    }

    #[test]
    fn released_socket_closes_with_its_last_worker() {
        for sharing in [Sharing::One, Sharing::Group] {
            let mut sockets = sockets("127.0.0.1:0", sharing);
            sockets.open(0).unwrap();
            let address = ("127.0.0.1", port(&sockets));
            let handed_over = sockets.of(&[0]).unwrap();
            sockets.release();
            assert_eq!(port(&sockets), address.1);
            TcpStream::connect(address).unwrap();
            drop(handed_over);
            TcpStream::connect(address).unwrap_err();
        }
    }

    #[test]
    fn shared_addresses_alone_are_one_set() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("socket");
        let mut sockets = sockets(&format!("unix:{}", path.display()), Sharing::Group);
        assert_eq!(sockets.sharing(), Sharing::One);
        sockets.open(0).unwrap();
        assert_eq!(sockets.of(&[0, 1, 2]).unwrap().len(), 1);
        sockets.close(0);
        assert_eq!(sockets.of(&[0]).unwrap().len(), 1);
        drop(sockets);
        assert!(!path.exists());
    }
}
