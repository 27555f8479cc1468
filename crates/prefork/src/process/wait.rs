//! Waits for workers that end, by their ids: `waitpid(-1)` would also take children of other code.

use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, WaitIdStatus, WaitOptions, WaitStatus, getpid,
    kill_process_group, wait, waitid,
};

use crate::policy::Exit;

/// Whether the worker has ended; it stays a zombie until `reap`.
pub(crate) fn has_ended(pid: Pid) -> bool {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    // An error can only mean that there is no such child.
    !matches!(waitid(WaitId::Pid(pid), options), Ok(None))
}

/// Ends what the worker left behind in its process group, then lets its id go.
pub(crate) fn reap(pid: Pid) -> Exit {
    // Before the zombie goes: afterwards the number could be another group's.
    let _ = kill_process_group(pid, Signal::KILL);
    match waitid(WaitId::Pid(pid), WaitIdOptions::EXITED) {
        Ok(Some(status)) => exit(&status),
        // SIGCHLD is ignored in this process, so the status is lost.
        Ok(None) | Err(_) => Exit::Code(1),
    }
}

/// As PID 1, waits for the orphans of the whole container. Returns the first worker that ended in
/// between, which is then reaped as well.
pub(crate) fn reap_strangers(is_worker: impl Fn(Pid) -> bool) -> Option<(Pid, Exit)> {
    if !getpid().is_init() {
        return None;
    }
    while let Ok(Some((pid, status))) = wait(WaitOptions::NOHANG) {
        if is_worker(pid) {
            let _ = kill_process_group(pid, Signal::KILL);
            return Some((pid, exit_of(status)));
        }
    }
    None
}

fn exit(status: &WaitIdStatus) -> Exit {
    let code = status.exit_status().map(Exit::Code);
    code.or(status.terminating_signal().map(Exit::Signal))
        .unwrap_or(Exit::Code(1))
}

fn exit_of(status: WaitStatus) -> Exit {
    let code = status.exit_status().map(Exit::Code);
    code.or(status.terminating_signal().map(Exit::Signal))
        .unwrap_or(Exit::Code(1))
}
