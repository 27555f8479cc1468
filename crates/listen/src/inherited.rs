//! Sockets passed in by the parent process: systemd's protocol (`sd_listen_fds(3)`).

use std::{env, io};

use listenfd::ListenFd;

use crate::{ListenError, Listener, system};

/// A listener that was passed in, with its name.
#[derive(Debug)]
#[non_exhaustive]
pub struct Inherited {
    /// The socket.
    pub listener: Listener,
    /// Its name in `LISTEN_FDNAMES`, where it has one.
    pub name: Option<String>,
}

/// More than systemd ever passes. A count of billions would be allocated before it is checked.
const MAX_SOCKETS: usize = 4096;

/// Takes the sockets that systemd, `systemfd` or a squall supervisor passed to this process.
///
/// `LISTEN_FDS` counts them and they begin at descriptor 3; when `LISTEN_PID` is set and names
/// another process, there are none. Both variables are removed and close-on-exec is set, so that
/// children inherit neither; hence a second call returns none. `LISTEN_FDNAMES` stays, and means
/// nothing without them. Call it early, before other threads read the environment.
///
/// A unix socket's file belongs to the process that made it, and stays when the listener is
/// dropped.
///
/// # Errors
///
/// When a descriptor is not a listening TCP or unix stream socket, or is missing.
pub fn inherited() -> Result<Vec<Inherited>, ListenError> {
    let announced = env::var("LISTEN_FDS").unwrap_or_default();
    let names = env::var("LISTEN_FDNAMES").unwrap_or_default();
    let is_count = announced
        .parse()
        .is_ok_and(|count: usize| count <= MAX_SOCKETS);
    if !announced.is_empty() && !is_count {
        return Err(ListenError::ListenFds { value: announced });
    }
    let mut passed = ListenFd::from_env();
    let mut names = names.split(':');
    (0..passed.len())
        .map(|index| {
            let name = names.next().filter(|name| !name.is_empty());
            let name = name.map(str::to_owned);
            match take(&mut passed, index) {
                Ok(listener) => Ok(Inherited { listener, name }),
                Err(source) => Err(ListenError::Inherited {
                    index,
                    name,
                    source,
                }),
            }
        })
        .collect()
}

fn take(passed: &mut ListenFd, index: usize) -> io::Result<Listener> {
    let listener = system::take(passed, index)?.ok_or(io::ErrorKind::NotFound)?;
    if !system::is_listener(&listener)? {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "the socket does not listen",
        ));
    }
    Ok(listener)
}
