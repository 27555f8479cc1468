//! Binds what the workers accept from, and keeps it: a socket outlives the workers it is handed to.

pub(crate) mod bind;
mod held;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use crate::inherit::{Listener, Socket};
use crate::machine::Sharing;
use crate::{Address, Error};
pub(crate) use held::HeldSocket;

/// One configured place to listen.
#[derive(Clone, Debug)]
pub(crate) struct Endpoint {
    pub(crate) name: String,
    /// As it was asked for.
    pub(crate) configured: Address,
    /// With a port in the place of 0.
    pub(crate) address: Address,
    /// The port is `address`'s plus the set's number.
    pub(crate) apart: bool,
}

/// The listening sockets of all sets.
#[derive(Debug)]
pub(crate) struct Sockets {
    endpoints: Vec<Endpoint>,
    sharing: Sharing,
    unix_mode: u32,
    /// By set, then in the order of `endpoints`. `SHARED` holds what every set accepts from.
    sets: BTreeMap<usize, Vec<Option<Socket>>>,
    /// Handed to this process: named by whoever did it, accepted from by every set.
    inherited: Vec<Socket>,
    /// What only workers listen on.
    let_go: Vec<Address>,
    /// Unix sockets made here, to be removed at the end, with their inode.
    made: Vec<(PathBuf, u64)>,
}

const SHARED: usize = 0;

impl Sockets {
    /// Takes over `inherited` sockets, and finds out whether the other endpoints are free.
    pub(crate) fn new(
        endpoints: Vec<Endpoint>,
        sharing: Sharing,
        unix_mode: u32,
        inherited: Vec<Socket>,
    ) -> Result<Self, Error> {
        let mut sockets = Self {
            endpoints,
            sharing,
            unix_mode,
            sets: BTreeMap::new(),
            inherited,
            let_go: Vec::new(),
            made: Vec::new(),
        };
        sockets.forget_given();
        sockets.share_if_alone();
        for endpoint in &mut sockets.endpoints {
            if let Address::Tcp(address) = &mut endpoint.address
                && !endpoint.apart
            {
                *address = bind::probe(*address)
                    .map_err(|error| Error::bind(Address::Tcp(*address), error))?;
            }
        }
        Ok(sockets)
    }

    /// Makes sure that the sets are bound.
    pub(crate) fn open(&mut self, set: usize) -> Result<(), Error> {
        for index in 0..self.endpoints.len() {
            let home = self.home(set, index);
            if self.at(home, index).is_some() {
                continue;
            }
            let endpoint = &self.endpoints[index];
            let address = endpoint.address_in(set);
            let name = endpoint.name.clone();
            let listener = self
                .bind(&address, home == set && self.sharing == Sharing::Group)
                .map_err(|error| Error::bind(address, error))?;
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
    /// no client waits in the queue of one that nobody accepts from.
    pub(crate) fn let_go(&mut self) {
        self.let_go = self.addresses();
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

    /// Every address that is listened on.
    pub(crate) fn addresses(&self) -> Vec<Address> {
        let sets = self.sets.values().flatten().flatten();
        let mut addresses: Vec<Address> = sets
            .chain(&self.inherited)
            .filter_map(|socket| socket.listener.address().ok())
            .chain(self.let_go.iter().cloned())
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
        match (&endpoint.address, self.sharing) {
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

    fn bind(&mut self, address: &Address, grouped: bool) -> io::Result<Listener> {
        match address {
            Address::Tcp(address) => Ok(Listener::Tcp(bind::tcp(*address, grouped)?)),
            Address::Unix(path) => {
                let listener = bind::unix(path, self.unix_mode)?;
                // An upgraded supervisor may have another working directory.
                let path = std::path::absolute(path)?;
                let inode = fs::symlink_metadata(&path)?.ino();
                self.made.push((path, inode));
                Ok(Listener::Unix(listener))
            }
        }
    }

    /// Leaves the files of unix sockets where they are.
    pub(crate) fn leave_files(&mut self) {
        self.made.clear();
    }

    pub(crate) fn sharing(&self) -> Sharing {
        self.sharing
    }

    /// What was handed over need not be bound.
    fn forget_given(&mut self) {
        let given: Vec<Address> = self
            .inherited
            .iter()
            .filter_map(|socket| socket.listener.address().ok())
            .collect();
        self.endpoints
            .retain(|endpoint| !given.contains(&endpoint.address));
    }
}

impl Drop for Sockets {
    /// Removes the files of the unix sockets that are still ours.
    fn drop(&mut self) {
        for (path, inode) in &self.made {
            if fs::symlink_metadata(path).is_ok_and(|found| found.ino() == *inode) {
                // The next start copes with a stale file.
                let _ = fs::remove_file(path);
            }
        }
    }
}

impl Endpoint {
    pub(crate) fn new(name: impl Into<String>, address: Address, apart: bool) -> Self {
        Self {
            name: name.into(),
            configured: address.clone(),
            address,
            apart,
        }
    }

    fn address_in(&self, set: usize) -> Address {
        match &self.address {
            Address::Tcp(address) if self.apart => {
                let mut address = *address;
                let offset = u16::try_from(set).unwrap_or(u16::MAX);
                address.set_port(address.port().saturating_add(offset));
                Address::Tcp(address)
            }
            address => address.clone(),
        }
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

    use super::*;

    fn sockets(address: &str, sharing: Sharing) -> Sockets {
        let address = address.parse().unwrap();
        let endpoints = vec![Endpoint::new("test", address, false)];
        Sockets::new(endpoints, sharing, 0o600, Vec::new()).unwrap()
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
    fn what_is_let_go_closes_with_its_last_worker() {
        for sharing in [Sharing::One, Sharing::Group] {
            let mut sockets = sockets("127.0.0.1:0", sharing);
            sockets.open(0).unwrap();
            let address = ("127.0.0.1", port(&sockets));
            let handed_over = sockets.of(&[0]).unwrap();
            sockets.let_go();
            assert_eq!(port(&sockets), address.1);
            TcpStream::connect(address).unwrap();
            drop(handed_over);
            TcpStream::connect(address).unwrap_err();
        }
    }

    #[test]
    fn what_has_nothing_of_its_own_is_one_set() {
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
