//! From a supervisor to its successor.

use std::{
    io,
    net::TcpListener,
    os::{
        fd::{AsFd, BorrowedFd, OwnedFd},
        unix::net::UnixListener,
    },
};

use serde::{Deserialize, Serialize};
use squall_listen::{Listener, ListenerSocket, SocketFile};

use super::{Endpoint, Sockets};
use crate::{policy::Sharing, worker::inherit::Socket};

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
    /// The configured address, with port 0 where that was configured.
    configured: String,
    /// Of a unix socket that was made here.
    file: Option<SocketFile>,
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
                    let socket = socket.as_ref()?;
                    let place = HeldPlace {
                        set,
                        configured: endpoint.target.configured().to_string(),
                        file: socket.listener.file().cloned(),
                    };
                    Some((socket, Some(place)))
                })
        });
        let held = |(socket, place): (&Socket, _)| HeldSocket {
            name: socket.name.clone(),
            unix: matches!(socket.listener.socket(), ListenerSocket::Unix(_)),
            place,
        };
        let all = inherited
            .chain(own)
            .map(|(socket, place)| (held((socket, place)), socket.listener.as_fd()));
        all.unzip()
    }

    /// Takes over a predecessor's sockets. Sockets that the new settings do not name are closed, and
    /// new addresses are bound when the next worker starts.
    pub(crate) fn resume(
        endpoints: Vec<Endpoint>,
        sharing: Sharing,
        held: Vec<(HeldSocket, OwnedFd)>,
    ) -> io::Result<Self> {
        let mut own = Vec::new();
        let mut inherited = Vec::new();
        for (HeldSocket { name, unix, place }, fd) in held {
            let mut listener = if unix {
                Listener::try_from(UnixListener::from(fd))?
            } else {
                Listener::try_from(TcpListener::from(fd))?
            };
            match place {
                Some(mut place) => {
                    place
                        .file
                        .take()
                        .into_iter()
                        .for_each(|file| listener.set_file(file));
                    own.push((place, Socket { name, listener }));
                }
                None => inherited.push(Socket { name, listener }),
            }
        }
        let mut resumed = Self::unbound(endpoints, sharing, inherited);
        for (place, socket) in own {
            resumed.take_place(&place, socket);
        }
        Ok(resumed)
    }

    fn take_place(&mut self, place: &HeldPlace, socket: Socket) {
        let index = (0..self.endpoints.len()).find(|&index| {
            let endpoint = &self.endpoints[index];
            // Port 0 may be configured several times.
            endpoint.target.configured().to_string() == place.configured
                && self.at(self.home(place.set, index), index).is_none()
        });
        let Some(index) = index else {
            return;
        };
        let endpoint = &mut self.endpoints[index];
        if !endpoint.apart {
            endpoint
                .target
                .set_address(socket.listener.address().clone());
        }
        self.files.extend(socket.listener.file().cloned());
        self.hold(self.home(place.set, index), index, socket);
    }
}
