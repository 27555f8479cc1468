//! Other processes: signals, children, sockets.

use std::{collections::BTreeSet, fs};

use rustix::process::{Pid, Signal, kill_process};

use crate::Result;

/// Sends a signal to a process.
///
/// # Errors
///
/// When there is no such process.
pub fn signal(pid: u32, signal: Signal) -> Result<()> {
    let pid = Pid::from_raw(pid.cast_signed()).ok_or("no process has id 0")?;
    Ok(kill_process(pid, signal)?)
}

/// Whether SIGSTOP has stopped the process.
#[must_use]
pub fn is_stopped(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| stat.contains(") T "))
}

/// Returns the child processes, oldest first.
///
/// # Errors
///
/// When the process has ended.
pub fn children(pid: u32) -> Result<Vec<u32>> {
    let mut children = Vec::new();
    for task in fs::read_dir(format!("/proc/{pid}/task"))? {
        let list = fs::read_to_string(task?.path().join("children"))?;
        let pids = list.split_whitespace().map(str::parse);
        children.extend(pids.collect::<std::result::Result<Vec<u32>, _>>()?);
    }
    Ok(children)
}

/// Returns the inodes of the sockets that the process has open.
///
/// # Errors
///
/// When the process has ended.
pub fn sockets(pid: u32) -> Result<BTreeSet<String>> {
    let descriptors = fs::read_dir(format!("/proc/{pid}/fd"))?;
    let targets = descriptors.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
    let inodes = targets.filter_map(|target| {
        let target = target.to_string_lossy().into_owned();
        let inode = target.strip_prefix("socket:[")?.strip_suffix(']')?;
        Some(inode.to_owned())
    });
    Ok(inodes.collect())
}

/// Returns the client ports of the TCP connections over IPv4 that the process has open.
///
/// # Errors
///
/// When the process has ended.
pub fn client_ports(pid: u32) -> Result<BTreeSet<u16>> {
    let sockets = sockets(pid)?;
    let connections = fs::read_to_string(format!("/proc/{pid}/net/tcp"))?;
    let ports = connections.lines().filter_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let (remote, inode) = (fields.get(2)?, fields.get(9)?);
        let port = u16::from_str_radix(remote.rsplit_once(':')?.1, 16).ok()?;
        (port != 0 && sockets.contains(*inode)).then_some(port)
    });
    Ok(ports.collect())
}
