//! Shared by the end-to-end benches: a server in a process of its own, load from wrk, a table.
//!
//! The server has one CPU and the load another, so that neither takes time from the other.

use std::{
    env,
    error::Error,
    fs,
    io::{self, BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use rustix::thread::{CpuSet, sched_setaffinity};

pub mod bare;
pub mod compare;
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

    /// The time that all its threads have spent on the CPU so far, in user and kernel mode.
    ///
    /// # Errors
    ///
    /// When the kernel does not keep it (Linux: `/proc/PID/task/*/schedstat`).
    pub fn cpu_time(&self) -> Result<Duration> {
        let mut nanoseconds = 0;
        for task in fs::read_dir(format!("/proc/{}/task", self.process.id()))? {
            let figures = fs::read_to_string(task?.path().join("schedstat"))?;
            let running = figures.split_whitespace().next().unwrap_or_default();
            nanoseconds += running.parse::<u64>()?;
        }
        Ok(Duration::from_nanos(nanoseconds))
    }

    /// Returns the memory of its own in bytes: `RssAnon`.
    ///
    /// # Errors
    ///
    /// When the kernel does not keep it (Linux: `/proc/PID/status`).
    pub fn memory(&self) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let mut lines = status.lines();
        let line = lines.find_map(|line| line.strip_prefix("RssAnon:"));
        let kib: u64 = line
            .and_then(|line| line.trim().strip_suffix(" kB"))
            .ok_or("no RssAnon in /proc/PID/status")?
            .parse()?;
        Ok(kib * 1024)
    }

    /// Returns its response to one request for `/`, without the date.
    ///
    /// # Errors
    ///
    /// When it does not answer.
    pub fn answer(&self) -> Result<String> {
        let mut stream = TcpStream::connect(self.address())?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        stream.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let lines = answer.lines().filter(|line| !line.starts_with("date: "));
        Ok(lines.collect::<Vec<_>>().join("\n"))
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

    /// Asks for a path again and again for some seconds, with a header, and counts the answers.
    ///
    /// # Errors
    ///
    /// When a single one fails, or the machine has no `wrk`.
    pub fn load(&self, path: &str, header: &str, connections: u32, seconds: u64) -> Result<u64> {
        let output = pinned(LOAD_CPU)?
            .arg(find("wrk")?)
            .args(["-t1", &format!("-c{connections}"), &format!("-d{seconds}s")])
            .args(["-H", header])
            .arg(format!("http://{}{path}", self.address()))
            .output()?;
        let report = wrk::Report::read(&String::from_utf8(output.stdout)?)?;
        if report.errors() > 0 {
            return Err(report.to_string().into());
        }
        Ok(report.requests)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It fails only for a process that has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
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

fn pinned(cpu: &str) -> Result<Command> {
    let mut command = Command::new(find("taskset")?);
    command.args(["-c", cpu]);
    Ok(command)
}

/// Where a program is that a bench cannot do without.
///
/// # Errors
///
/// When it is missing; the error explains how to get it.
pub fn find(program: &str) -> Result<PathBuf> {
    testkit::find_outside(program).ok_or_else(|| {
        format!("{program} is missing; get it with: apt-get install wrk util-linux").into()
    })
}
