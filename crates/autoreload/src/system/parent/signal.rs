//! The kernel sends the signal (`PR_SET_PDEATHSIG`).

use std::io;

use rustix::process::{Pid, Signal, set_parent_process_death_signal};

pub(super) fn on_death_of(_: Pid) -> io::Result<()> {
    Ok(set_parent_process_death_signal(Some(Signal::TERM))?)
}
