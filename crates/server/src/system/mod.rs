//! Differences between systems: unix sockets, signals, descriptors, `sendfile`, the coarse clock.

mod clock;
mod sendfile;
#[cfg(unix)]
mod unix;
#[cfg(not(unix))]
mod windows;

#[cfg(unix)]
use self::unix as imp;
#[cfg(not(unix))]
use self::windows as imp;

#[cfg(feature = "tls")]
pub(crate) use self::imp::file_stamp;
pub(crate) use self::{
    clock::monotonic_nanoseconds,
    imp::{
        Hangup, StopSignals, UnixListener, UnixStream, is_of_listener, is_out_of_resources,
        path_from_bytes, raise_descriptor_limit,
    },
    sendfile::{CAN_SEND_FILES, send_file, send_more},
};
