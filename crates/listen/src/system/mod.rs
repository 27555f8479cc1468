//! Differences between operating systems.

#[cfg(unix)]
mod unix;
#[cfg(unix)]
pub use unix::{SocketFile, UnixListener};
#[cfg(unix)]
pub(crate) use unix::{
    UNIX_PATH_LIMIT, bind_unix, family_is_missing,
    passed::{is_listener, take},
    reuse_address, reuse_port,
};

#[cfg(not(unix))]
mod windows;
#[cfg(not(unix))]
pub use windows::{SocketFile, UnixListener};
#[cfg(not(unix))]
pub(crate) use windows::{
    UNIX_PATH_LIMIT, bind_unix, family_is_missing,
    passed::{is_listener, take},
    reuse_address, reuse_port,
};
