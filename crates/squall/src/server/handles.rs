//! The servers of this process, however many it runs.

use std::sync::{Mutex, PoisonError};

use squall_server::{Handle, Phase, Stop};

static SERVERS: Mutex<Vec<Handle>> = Mutex::new(Vec::new());

/// Adds a server: `/readyz` and the counters include it.
pub(crate) fn add(handle: Handle) {
    with(|servers| servers.push(handle));
}

/// Whether every server of this process is serving, and none has got a stop signal.
pub(crate) fn are_serving() -> bool {
    with(|servers| {
        let mut servers = servers.iter();
        servers.all(|server| server.phase() == Phase::Serving)
    })
}

/// Whether a server of this process cuts off what did not finish in time.
pub(crate) fn are_cutting_off() -> bool {
    with(|servers| {
        let mut servers = servers.iter();
        servers.any(|server| server.stop_mode() == Some(Stop::Now))
    })
}

/// Calls a function with the servers. The list is whole even after a panic of another thread.
pub(crate) fn with<T>(use_servers: impl FnOnce(&mut Vec<Handle>) -> T) -> T {
    use_servers(&mut SERVERS.lock().unwrap_or_else(PoisonError::into_inner))
}
