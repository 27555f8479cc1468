//! `ListenError`: a socket that cannot listen.

use std::{error::Error as StdError, fmt, io};

use crate::{Address, AddressError};

/// Why nothing listens. Each variant has the value that was configured.
#[derive(Debug)]
#[non_exhaustive]
pub enum ListenError {
    /// The text is not an address.
    Address(AddressError),
    /// The socket cannot be made or bound, or does not listen.
    Bind {
        /// The address that was to be bound.
        address: Address,
        /// The system's error.
        source: io::Error,
    },
    /// One program binds an address twice.
    Repeated {
        /// The address.
        address: Address,
    },
    /// [`Bind::unix_mode`](crate::Bind::unix_mode) has more than the bits of permissions.
    UnixMode {
        /// The mode.
        mode: u32,
    },
    /// A socket that was passed in cannot be used.
    Inherited {
        /// Its index among `LISTEN_FDS`, from 0.
        index: usize,
        /// Its name in `LISTEN_FDNAMES`, where it has one.
        name: Option<String>,
        /// The system's error.
        source: io::Error,
    },
    /// `LISTEN_FDS` does not count the sockets that were passed in.
    ListenFds {
        /// The variable's value.
        value: String,
    },
}

impl ListenError {
    pub(crate) fn bind(address: &Address) -> impl FnOnce(io::Error) -> Self {
        let address = address.clone();
        |source| Self::Bind { address, source }
    }

    /// Returns whether another socket listens on the address already (`EADDRINUSE`).
    #[must_use]
    pub fn is_address_in_use(&self) -> bool {
        matches!(self, Self::Bind { source, .. } if source.kind() == io::ErrorKind::AddrInUse)
    }

    /// Returns whether the settings or the environment are wrong, so that another attempt fails
    /// alike, whatever else runs on the machine.
    #[must_use]
    pub fn is_config(&self) -> bool {
        match self {
            Self::Address(_)
            | Self::Repeated { .. }
            | Self::UnixMode { .. }
            | Self::Inherited { .. }
            | Self::ListenFds { .. } => true,
            Self::Bind { .. } => false,
        }
    }
}

/// Writes the message of [`ListenError::Bind`], with the way out where the error has one.
fn write_bind(f: &mut fmt::Formatter<'_>, address: &Address, kind: io::ErrorKind) -> fmt::Result {
    if kind == io::ErrorKind::AddrInUse {
        return write!(
            f,
            "{address} is in use by another process; stop it or choose another address"
        );
    }
    write!(f, "cannot listen on {address}")?;
    let reason = match (address.tcp(), kind) {
        (Some(tcp), io::ErrorKind::PermissionDenied) if tcp.port() < 1024 => {
            "a port below 1024 needs CAP_NET_BIND_SERVICE or a socket from systemd"
        }
        (Some(_), io::ErrorKind::AddrNotAvailable) => {
            "no network interface of this machine has this address"
        }
        (None, io::ErrorKind::NotFound) => "create its directory first",
        _ => return Ok(()),
    };
    write!(f, ": {reason}")
}

impl fmt::Display for ListenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(error) => error.fmt(f),
            Self::Bind { address, source } => write_bind(f, address, source.kind()),
            Self::Repeated { address } => write!(f, "{address} is bound twice: remove one"),
            Self::UnixMode { mode } => write!(f, "unix_mode(0o{mode:o}): expected 0 to 0o777"),
            Self::Inherited { index, name, .. } => {
                write!(f, "cannot listen on inherited socket {index}")?;
                name.iter().try_for_each(|name| write!(f, " ({name:?})"))
            }
            Self::ListenFds { value } => write!(
                f,
                "LISTEN_FDS={value:?} does not count the sockets that were passed in"
            ),
        }
    }
}

impl StdError for ListenError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Address(error) => error.source(),
            Self::Bind { source, .. } | Self::Inherited { source, .. } => Some(source),
            Self::Repeated { .. } | Self::UnixMode { .. } | Self::ListenFds { .. } => None,
        }
    }
}

impl From<AddressError> for ListenError {
    fn from(error: AddressError) -> Self {
        Self::Address(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_name_the_address_and_leave_the_cause_to_the_source() {
        for (address, kind, message) in [
            (
                "127.0.0.1:8888",
                io::ErrorKind::AddrInUse,
                "127.0.0.1:8888 is in use by another process; stop it or choose another address",
            ),
            (
                "192.0.2.1:8888",
                io::ErrorKind::AddrNotAvailable,
                "cannot listen on 192.0.2.1:8888: no network interface of this machine has this address",
            ),
            (
                "unix:/missing/site.sock",
                io::ErrorKind::NotFound,
                "cannot listen on unix:/missing/site.sock: create its directory first",
            ),
            (
                "80",
                io::ErrorKind::PermissionDenied,
                "cannot listen on [::]:80: a port below 1024 needs CAP_NET_BIND_SERVICE or a socket from systemd",
            ),
            (
                "8888",
                io::ErrorKind::PermissionDenied,
                "cannot listen on [::]:8888",
            ),
        ] {
            let error = ListenError::bind(&address.parse().unwrap())(kind.into());
            assert_eq!(error.to_string(), message);
            assert_eq!(error.source().unwrap().to_string(), kind.to_string());
        }
    }
}
