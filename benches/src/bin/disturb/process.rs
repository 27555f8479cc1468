//! Child processes that end with this program.

use std::{
    io::Read,
    net::SocketAddr,
    process::{Child, Command, Stdio},
    time::Duration,
};

use benches::{
    Result, outside,
    process::{children, signal},
};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open},
};

/// How long a process may take to end by itself.
const PATIENCE: Duration = Duration::from_secs(10);

/// A child that ends, with its own children, when this is dropped.
pub(crate) struct Process(Child);

impl Process {
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        command.stdin(Stdio::null()).stderr(Stdio::null());
        Ok(Self(command.spawn()?))
    }

    /// 64 clients that ask for `/` without pause.
    pub(crate) fn wrk(address: SocketAddr, seconds: u32, keep_alive: bool) -> Result<Self> {
        let connection = if keep_alive { "keep-alive" } else { "close" };
        let mut command = Command::new(outside("wrk")?);
        command
            .args(["-t1", "-c64", &format!("-d{seconds}s")])
            .args(["-H", &format!("Connection: {connection}")])
            .arg(format!("http://{address}/"));
        Self::start(command.stdout(Stdio::piped()))
    }

    pub(crate) fn pid(&self) -> u32 {
        self.0.id()
    }

    pub(crate) fn ended_within(&self, time: Duration) -> Result<bool> {
        let process = pidfd_open(Pid::from_child(&self.0), PidfdFlags::empty())?;
        let time = Timespec::try_from(time)?;
        let mut polled = [PollFd::new(&process, PollFlags::IN)];
        Ok(poll(&mut polled, Some(&time))? > 0)
    }

    /// Returns the standard output, up to the process's end.
    pub(crate) fn output(mut self) -> Result<String> {
        let mut text = String::new();
        let output = self.0.stdout.take();
        output
            .ok_or("it was not piped")?
            .read_to_string(&mut text)?;
        Ok(text)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Errors mean that a process has ended already.
        let children = children(self.pid()).unwrap_or_default();
        let _ = kill_process(Pid::from_child(&self.0), Signal::INT);
        if !self.ended_within(PATIENCE).unwrap_or(false) {
            for child in children {
                let _ = signal(child, Signal::KILL);
            }
            let _ = self.0.kill();
        }
        let _ = self.0.wait();
    }
}
