//! The worker's side: task id, inherited sockets, notices to the supervisor.
//!
//! ```no_run
//! use squall_prefork::worker::{self, Notifier};
//!
//! # fn main() -> std::io::Result<()> {
//! worker::stop_with_supervisor()?;
//! let sockets = worker::sockets()?;
//! let notifier = Notifier::from_env();
//! // … load, connect, then:
//! notifier.ready();
//! # Ok(()) }
//! ```

pub(crate) mod identity;
pub(crate) mod inherit;
pub(crate) mod notifier;

use std::{env, io, path::PathBuf};

use crate::directory;
pub use identity::{generation, is_worker, stop_with_supervisor, task_id};
pub use inherit::Socket;
pub use notifier::Notifier;
#[doc(no_inline)]
pub use squall_listen::{Listener, ListenerSocket};

/// Where the supervisor's control socket is, for [`control::Client`](crate::control::Client).
#[must_use]
pub fn control_path() -> Option<PathBuf> {
    task_id()?;
    let path = PathBuf::from(env::var_os(identity::CONTROL)?);
    if path.exists() {
        return Some(path);
    }
    // The supervisor moves its directory when it cannot make it again where it was.
    Some(directory::find_moved(&path).unwrap_or(path))
}

/// Takes the sockets that the supervisor (or systemd) handed to this process. A second call finds
/// none.
///
/// One address may come more than once: this worker accepts on behalf of a slot that can't.
///
/// # Errors
///
/// When `LISTEN_FDS` and its company do not describe listening sockets.
pub fn sockets() -> io::Result<Vec<Socket>> {
    inherit::take().map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))
}
