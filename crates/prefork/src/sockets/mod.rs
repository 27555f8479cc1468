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
            made: Vec::new(),
        };
        sockets.forget_given();
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
        if set != SHARED {
            self.sets.remove(&set);
        } else if let Some(sockets) = self.sets.get_mut(&set) {
            for (socket, endpoint) in sockets.iter_mut().zip(&self.endpoints) {
                if matches!(endpoint.address, Address::Tcp(_)) {
                    *socket = None;
                }
            }
        }
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
            .collect();
        remove_repeated(&mut addresses);
        addresses
    }

    /// Where a set's socket is kept: unix sockets can't be told apart by the kernel, so all share one.
    fn home(&self, set: usize, index: usize) -> usize {
        let unix = matches!(self.endpoints[index].address, Address::Unix(_));
        if unix || self.sharing == Sharing::One {
            SHARED
        } else {
            set
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
                self.made
                    .push((path.clone(), fs::symlink_metadata(path)?.ino()));
                Ok(Listener::Unix(listener))
            }
        }
    }

    /// Removes the files of the unix sockets that are still ours.
    pub(crate) fn remove_files(&self) {
        for (path, inode) in &self.made {
            if fs::symlink_metadata(path).is_ok_and(|found| found.ino() == *inode) {
                // At the end of the program: the next start copes with a stale file.
                let _ = fs::remove_file(path);
            }
        }
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
