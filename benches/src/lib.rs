//! Shared by the end-to-end benches: a server in a process of its own, load from wrk and h2load, statistics.
//!
//! The server has one CPU and the load another, so that neither takes time from the other.

use std::{
    env,
    error::Error,
    fs,
    io::{self, BufRead, BufReader, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use nix::{time::ClockId, unistd::Pid};
use rustix::process::{Resource, Signal, getrlimit, setrlimit};
use rustix::thread::{CpuSet, sched_setaffinity};
use tokio::runtime::{Builder, Runtime};

pub mod compare;
pub mod h2load;
pub mod listing;
pub mod process;
pub mod wrk;

/// `Result` with any error: a bench that fails prints the reason and ends.
pub type Result<T> = std::result::Result<T, Box<dyn Error>>;

const SERVER_CPU: &str = "0";
const LOAD_CPU: &str = "1";

/// A server in a process of its own, which ends when this is dropped.
#[derive(Debug)]
pub struct Server {
    process: Child,
    addresses: Vec<SocketAddr>,
}

impl Server {
    /// Runs this program once more, with the arguments `--serve NAME`.
    ///
    /// # Errors
    ///
    /// When it ends before it [listens](listen), or the machine has no `taskset`.
    pub fn start(name: &str) -> Result<Self> {
        let mut process = pinned(SERVER_CPU)?
            .arg(env::current_exe()?)
            .args(["--serve", name])
            .stdout(Stdio::piped())
            // The log of a server that has one.
            .stderr(Stdio::null())
            .spawn()?;
        let output = process.stdout.take().expect("it is piped");
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let addresses = line.split_whitespace().map(str::parse);
        match addresses.collect() {
            Ok(addresses) if !line.is_empty() => Ok(Self { process, addresses }),
            _ => Err(format!("{name} did not start; try it alone: --serve {name}").into()),
        }
    }

    /// Starts another program on the CPU of the servers. It listens on the address some time later: see [`wait`](Self::wait).
    ///
    /// # Errors
    ///
    /// When the program cannot be run, or the machine has no `taskset`.
    pub fn spawn(program: &Command, address: SocketAddr) -> Result<Self> {
        let mut command = pinned(SERVER_CPU)?;
        command.arg(program.get_program()).args(program.get_args());
        if let Some(directory) = program.get_current_dir() {
            command.current_dir(directory);
        }
        let process = command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        Ok(Self {
            process,
            addresses: vec![address],
        })
    }

    /// Waits until it accepts connections.
    ///
    /// # Errors
    ///
    /// When it ends before.
    pub fn wait(&mut self) -> Result<()> {
        let address = self.address();
        testkit::wait_for("the server to listen", || match self.process.try_wait() {
            Ok(Some(status)) => Some(Err(format!("it ended: {status}").into())),
            Ok(None) => TcpStream::connect(address).ok().map(|_| Ok(())),
            Err(error) => Some(Err(error.into())),
        })
    }

    /// Stops it with SIGTERM, and waits for its end.
    ///
    /// # Errors
    ///
    /// When it has ended already.
    pub fn stop(mut self) -> Result<()> {
        process::signal(self.process.id(), Signal::TERM)?;
        self.process.wait()?;
        Ok(())
    }

    /// Returns the CPU time in user and kernel mode of all its threads so far, those of its children included.
    ///
    /// # Errors
    ///
    /// When it has ended.
    pub fn cpu_time(&self) -> Result<Duration> {
        self.processes()?.into_iter().map(cpu_time).sum()
    }

    /// Returns its process and the children, and theirs.
    fn processes(&self) -> Result<Vec<u32>> {
        let mut found = vec![self.process.id()];
        let mut next = 0;
        while let Some(&pid) = found.get(next) {
            found.extend(process::children(pid)?);
            next += 1;
        }
        Ok(found)
    }

    /// Returns its memory in bytes, that of its children included: `RssAnon`.
    ///
    /// # Errors
    ///
    /// When the kernel does not keep it (Linux: `/proc/PID/status`).
    pub fn memory(&self) -> Result<u64> {
        self.processes()?.into_iter().map(memory).sum()
    }

    /// Where it listens first of all.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.addresses[0]
    }

    /// Where it listens; there is at least one address.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Children outlive a parent that is killed. It fails only for a process that has ended already.
        for pid in self.processes().unwrap_or_default() {
            let _ = process::signal(pid, Signal::KILL);
        }
        let _ = self.process.wait();
    }
}

/// Returns a runtime on this thread.
///
/// # Errors
///
/// When the system refuses it.
pub fn current_thread() -> Result<Runtime> {
    Ok(Builder::new_current_thread().enable_all().build()?)
}

/// Returns the CPU time of a process, threads that have ended included.
fn cpu_time(pid: u32) -> Result<Duration> {
    let clock = ClockId::pid_cpu_clock_id(Pid::from_raw(pid.cast_signed()))?;
    Ok(clock.now()?.into())
}

fn memory(pid: u32) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let mut lines = status.lines();
    let line = lines.find_map(|line| line.strip_prefix("RssAnon:"));
    let kib: u64 = line
        .and_then(|line| line.trim().strip_suffix(" kB"))
        .ok_or("no RssAnon in /proc/PID/status")?
        .parse()?;
    Ok(kib * 1024)
}

/// Listens on a free port of 127.0.0.1, and prints it for [`Server::start`].
///
/// # Errors
///
/// When the system refuses it.
pub fn listen() -> io::Result<TcpListener> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    listener.set_nonblocking(true)?;
    announce(&listener.local_addr()?.to_string())?;
    Ok(listener)
}

/// Prints the addresses of this process for [`Server::start`], with blanks between them.
///
/// # Errors
///
/// When standard output is closed.
pub fn announce(addresses: &str) -> io::Result<()> {
    writeln!(io::stdout(), "{addresses}")
}

/// Raises the limit of open descriptors for this process and its children, as far as it may.
///
/// # Errors
///
/// When the system refuses it.
pub fn raise_descriptors() -> Result<()> {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    Ok(setrlimit(Resource::Nofile, limit)?)
}

/// Moves this thread, and those that it starts, to the CPU of the load.
///
/// # Errors
///
/// When the machine has no second CPU.
pub fn be_the_load() -> Result<()> {
    let mut cpus = CpuSet::new();
    cpus.set(LOAD_CPU.parse()?);
    Ok(sched_setaffinity(None, &cpus)?)
}

/// Returns a command for a program on the CPU of the load.
///
/// # Errors
///
/// When `taskset` is missing.
pub fn loader(program: &Path) -> Result<Command> {
    let mut command = pinned(LOAD_CPU)?;
    command.arg(program);
    Ok(command)
}

fn pinned(cpu: &str) -> Result<Command> {
    let mut command = Command::new(outside("taskset")?);
    command.args(["-c", cpu]);
    Ok(command)
}

/// Where a program is that a bench cannot do without.
///
/// # Errors
///
/// When it is missing; the error explains how to get it.
pub fn outside(program: &str) -> Result<PathBuf> {
    testkit::find_outside(program).ok_or_else(|| {
        format!("{program} is missing; get it with: cargo xtask test --install").into()
    })
}
