//! From a supervisor to its successor.

use std::collections::BTreeMap;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{Endpoint, Sockets};
use crate::inherit::{Listener, Socket};
use crate::machine::Sharing;
use crate::{Address, Error};

/// A socket on its way to a successor. Inherited ones have no place.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct HeldSocket {
    name: String,
    unix: bool,
    place: Option<HeldPlace>,
}

#[derive(Debug, Serialize, Deserialize)]
struct HeldPlace {
    set: usize,
    /// The endpoint as it was asked for, and with its port.
    configured: String,
    address: String,
    /// Of a file that was made here.
    inode: Option<u64>,
}

impl Sockets {
    /// Everything, for a successor.
    pub(crate) fn held(&self) -> (Vec<HeldSocket>, Vec<BorrowedFd<'_>>) {
        let inherited = self.inherited.iter().map(|socket| (socket, None));
        let own = self.sets.iter().flat_map(|(&set, sockets)| {
            sockets
                .iter()
                .zip(&self.endpoints)
                .filter_map(move |(socket, endpoint)| {
                    Some((socket.as_ref()?, Some(self.place(set, endpoint))))
                })
        });
        let held = |(socket, place): (&Socket, _)| HeldSocket {
            name: socket.name.clone(),
            unix: matches!(socket.listener, Listener::Unix(_)),
            place,
        };
        let all = inherited
            .chain(own)
            .map(|(socket, place)| (held((socket, place)), socket.listener.as_fd()));
        all.unzip()
    }

    fn place(&self, set: usize, endpoint: &Endpoint) -> HeldPlace {
        let made = |path: &PathBuf| self.made.iter().find(|(made, _)| made == path);
        HeldPlace {
            set,
            configured: endpoint.configured.to_string(),
            address: endpoint.address.to_string(),
            inode: match &endpoint.address {
                Address::Unix(path) => made(path).map(|(_, inode)| *inode),
                Address::Tcp(_) => None,
            },
        }
    }

    /// Goes on with a predecessor's sockets. What the new settings don't ask for is closed, what
    /// they ask for in addition is bound when the next worker starts.
    pub(crate) fn resume(
        endpoints: Vec<Endpoint>,
        sharing: Sharing,
        unix_mode: u32,
        held: Vec<(HeldSocket, OwnedFd)>,
    ) -> Result<Self, Error> {
        let mut resumed = Self {
            endpoints,
            sharing,
            unix_mode,
            sets: BTreeMap::new(),
            inherited: Vec::new(),
            let_go: Vec::new(),
            made: Vec::new(),
        };
        let mut own = Vec::new();
        for (HeldSocket { name, unix, place }, fd) in held {
            let listener = if unix {
                Listener::Unix(fd.into())
            } else {
                Listener::Tcp(fd.into())
            };
            let socket = Socket { name, listener };
            match place {
                Some(place) => own.push((place, socket)),
                None => resumed.inherited.push(socket),
            }
        }
        resumed.forget_given();
        resumed.share_if_alone();
        for (place, socket) in own {
            resumed.take_place(place, socket)?;
        }
        Ok(resumed)
    }

    fn take_place(&mut self, place: HeldPlace, socket: Socket) -> Result<(), Error> {
        let asked = |endpoint: &Endpoint| endpoint.configured.to_string() == place.configured;
        let Some(index) = self.endpoints.iter().position(asked) else {
            return Ok(());
        };
        let address: Address = place.address.parse()?;
        if let (Address::Unix(path), Some(inode)) = (&address, place.inode) {
            self.made.push((path.clone(), inode));
        }
        self.endpoints[index].address = address;
        self.hold(self.home(place.set, index), index, socket);
        Ok(())
    }
}
