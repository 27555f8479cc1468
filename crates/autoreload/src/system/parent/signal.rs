//! Parent-death signal of the kernel (`PR_SET_PDEATHSIG`).

use std::io;

use rustix::process::{Pid, Signal, set_parent_process_death_signal};

pub(super) fn on_exit_of(_: Pid) -> io::Result<()> {
    Ok(set_parent_process_death_signal(Some(Signal::TERM))?)
}
