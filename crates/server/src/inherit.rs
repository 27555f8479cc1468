//! Sockets that the parent passes in: systemd's protocol (`sd_listen_fds(3)`).

use std::{env, io};

use listenfd::ListenFd;
use socket2::SockRef;

use crate::{Listener, StartError, bind::ListenerSocket};

/// A listener that was passed in, with its name.
#[derive(Debug)]
#[non_exhaustive]
pub struct Inherited {
    /// The socket.
    pub listener: Listener,
    /// Its name in `LISTEN_FDNAMES`, where it has one.
    pub name: Option<String>,
}

/// Takes the sockets that systemd, `systemfd` or a squall supervisor passed to this process.
///
/// `LISTEN_FDS` counts them and they begin at descriptor 3; when `LISTEN_PID` is set and names
/// another process, there are none. Both variables are removed and close-on-exec is set, so that
/// children inherit neither; hence a second call finds nothing. `LISTEN_FDNAMES` stays, and means
/// nothing without them. Call it early, before other threads read the environment.
///
/// # Errors
///
/// When a descriptor is not a listening TCP or unix stream socket, or is missing.
pub fn inherited() -> Result<Vec<Inherited>, StartError> {
    let announced = env::var("LISTEN_FDS").unwrap_or_default();
    let names = env::var("LISTEN_FDNAMES").unwrap_or_default();
    // More than the descriptor limit cannot be there; a count of billions must not be allocated.
    let most = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    let plausible = announced.is_empty()
        || announced
            .parse()
            .is_ok_and(|count: u64| most.is_none_or(|most| count < most));
    if !plausible {
        return Err(StartError::ListenFds { value: announced });
    }
    let mut passed = ListenFd::from_env();
    let mut names = names.split(':');
    (0..passed.len())
        .map(|index| {
            let name = names
                .next()
                .filter(|name| !name.is_empty())
                .map(str::to_owned);
            match take(&mut passed, index) {
                Ok(listener) => Ok(Inherited { listener, name }),
                Err(source) => Err(StartError::Inherited {
                    index,
                    name,
                    source,
                }),
            }
        })
        .collect()
}

fn take(passed: &mut ListenFd, index: usize) -> io::Result<Listener> {
    let gone = || io::Error::from(io::ErrorKind::NotFound);
    let listener: Listener = match passed.take_tcp_listener(index) {
        Ok(socket) => socket.ok_or_else(gone)?.try_into()?,
        Err(_) => passed
            .take_unix_listener(index)?
            .ok_or_else(gone)?
            .try_into()?,
    };
    let socket = match &listener.socket {
        ListenerSocket::Tcp(socket) => SockRef::from(socket),
        ListenerSocket::Unix(socket) => SockRef::from(socket),
    };
    if !socket.is_listener()? {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "the socket does not listen",
        ));
    }
    Ok(listener)
}
