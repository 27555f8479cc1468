//! The service under test: the example `friendfeed` with two workers, and its operator's commands.

use std::{
    env, fmt,
    fs::{self, OpenOptions, Permissions},
    io::Write,
    net::SocketAddr,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use benches::{
    Result,
    process::{children, signal},
};
use bytes::Bytes;
use rustix::process::Signal;
use testkit::{TempDir, find_outside, free_port, temp_dir};
use tokio::{
    net::TcpStream,
    task::spawn_blocking,
    time::{sleep, timeout},
};

use crate::{exchange::File, log::Log};

/// Descriptors that each process of the service may have.
pub(crate) const DESCRIPTORS: usize = 400;

pub(crate) const WORKERS: usize = 2;

/// How long a command, a restart or the end may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Appended to an executable to make another build of it.
const MARK: &[u8] = b"another build";

pub(crate) struct Service {
    supervisor: Child,
    address: SocketAddr,
    files: Arc<[File]>,
    log: Log,
    /// Unmounted before the directory is removed.
    _disk: Option<Disk>,
    directory: TempDir,
}

impl Service {
    pub(crate) async fn start() -> Result<Self> {
        let directory = temp_dir();
        let path = |name: &str| directory.path().join(name);
        let example = env::current_exe()?.with_file_name("examples/friendfeed");
        fs::copy(&example, path("first"))
            .and_then(|_| fs::copy(&example, path("second")))
            .map_err(|error| format!("{}: {error}", example.display()))?;
        OpenOptions::new()
            .append(true)
            .open(path("second"))?
            .write_all(MARK)?;
        fs::hard_link(path("first"), path("program"))?;
        fs::create_dir(path("run"))?;
        fs::write(path("clock"), "+0\n")?;
        let disk = Disk::mount(path("run"))?;
        let port = free_port();
        let mut command = Command::new(benches::outside("prlimit")?);
        command
            .arg(format!("--nofile={DESCRIPTORS}:{DESCRIPTORS}"))
            .arg(path("program"))
            .args(["--processes", &WORKERS.to_string()])
            .args(["--port", &port.to_string()])
            .env("RUNTIME_DIRECTORY", path("run"))
            .env("NO_COLOR", "1");
        if let Some(library) = fake_clock()? {
            command
                .env("LD_PRELOAD", library)
                .env("FAKETIME_TIMESTAMP_FILE", path("clock"))
                .env("FAKETIME_CACHE_DURATION", "1")
                .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        }
        let mut supervisor = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        let log = Log::follow(supervisor.stderr.take().ok_or("it was not piped")?);
        let service = Self {
            supervisor,
            address: ([127, 0, 0, 1], port).into(),
            files: static_files()?,
            log,
            _disk: disk,
            directory,
        };
        service.wait_for_workers(WORKERS).await?;
        service
            .wait("the service to listen", async |service| {
                TcpStream::connect(service.address).await.is_ok()
            })
            .await?;
        Ok(service)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn files(&self) -> Arc<[File]> {
        Arc::clone(&self.files)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn supervisor(&self) -> u32 {
        self.supervisor.id()
    }

    /// The processes that the supervisor has started, oldest first.
    pub(crate) fn workers(&self) -> Result<Vec<u32>> {
        children(self.supervisor.id())
    }

    pub(crate) async fn wait_for_workers(&self, count: usize) -> Result<()> {
        self.wait(&format!("{count} workers"), async |service| {
            service
                .workers()
                .is_ok_and(|workers| workers.len() == count)
        })
        .await
    }

    async fn wait(&self, what: &str, condition: impl AsyncFn(&Self) -> bool) -> Result<()> {
        let start = Instant::now();
        while !condition(self).await {
            if start.elapsed() > PATIENCE {
                return Err(self.failed(&format!("waited in vain for {what}")));
            }
            sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    }

    /// Replaces the program on disk, by another build of it.
    pub(crate) fn deploy(&self, build: &str) -> Result<()> {
        // rename(2) does nothing where both names are the same file already.
        fs::remove_file(self.path("program"))?;
        Ok(fs::hard_link(self.path(build), self.path("program"))?)
    }

    /// Replaces the program on disk by a file that cannot serve.
    pub(crate) fn deploy_text(&self, text: &str, mode: u32) -> Result<()> {
        fs::write(self.path("new"), text)?;
        fs::set_permissions(self.path("new"), Permissions::from_mode(mode))?;
        Ok(fs::rename(self.path("new"), self.path("program"))?)
    }

    /// Runs a subcommand of `squall` until it succeeds: the control socket may just be deleted.
    pub(crate) async fn succeed(&self, arguments: &'static [&'static str]) -> Result<()> {
        let start = Instant::now();
        loop {
            let output = self.command(arguments).await?;
            if output.status.success() {
                return Ok(());
            }
            let text = String::from_utf8_lossy(&output.stderr).into_owned();
            if !is_not_found(&text) || start.elapsed() > PATIENCE {
                return Err(self.failed(&format!("squall {}: {text}", arguments.join(" "))));
            }
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// Runs a subcommand of `squall` that the supervisor has to refuse.
    pub(crate) async fn refused(&self, arguments: &'static [&'static str]) -> Result<()> {
        let start = Instant::now();
        loop {
            let output = self.command(arguments).await?;
            let text = String::from_utf8_lossy(&output.stderr).into_owned();
            if output.status.success() {
                let what = arguments.join(" ");
                return Err(self.failed(&format!("squall {what} accepted a broken program")));
            }
            if !is_not_found(&text) {
                return Ok(());
            }
            if start.elapsed() > PATIENCE {
                return Err(self.failed(&text));
            }
            sleep(Duration::from_millis(50)).await;
        }
    }

    async fn command(&self, arguments: &'static [&'static str]) -> Result<Output> {
        let mut command = Command::new(env::current_exe()?.with_file_name("squall"));
        command
            .args(arguments)
            .env("RUNTIME_DIRECTORY", self.path("run"))
            .env_remove("XDG_RUNTIME_DIR")
            .env("TMPDIR", self.path("run"));
        let run = spawn_blocking(move || command.output());
        match timeout(PATIENCE, run).await {
            Ok(output) => Ok(output??),
            Err(_) => Err(self.failed(&format!("squall {} hangs", arguments.join(" ")))),
        }
    }

    pub(crate) fn failed(&self, what: &str) -> Box<dyn std::error::Error> {
        format!("{what}\nthe last lines of the log:\n{}", self.log.last()).into()
    }

    /// Memory and descriptors of the supervisor.
    pub(crate) fn resources(&self) -> Result<Resources> {
        let pid = self.supervisor.id();
        let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
        let resident = status.lines().find_map(|line| {
            let value = line.strip_prefix("VmRSS:")?.trim();
            value.strip_suffix(" kB")?.parse().ok()
        });
        Ok(Resources {
            resident: resident.ok_or("no VmRSS")?,
            descriptors: fs::read_dir(format!("/proc/{pid}/fd"))?.count(),
        })
    }

    /// Stops the service; returns complaints about its end and its log.
    pub(crate) async fn stop(mut self) -> Result<Vec<String>> {
        let workers = self.workers()?;
        self.succeed(&["stop"]).await?;
        let status = self.supervisor.wait()?;
        let mut complaints = self.log.forbidden();
        if !status.success() {
            complaints.push(format!("the supervisor ended with {status}"));
        }
        let alive = |pid: &&u32| Path::new(&format!("/proc/{pid}")).exists();
        if let Some(worker) = workers.iter().find(alive) {
            complaints.push(format!("worker {worker} survived its supervisor"));
        }
        Ok(complaints)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // Fails for processes that have ended, which is the usual case.
        for worker in self.workers().unwrap_or_default() {
            let _ = signal(worker, Signal::KILL);
        }
        let _ = self.supervisor.kill();
        let _ = self.supervisor.wait();
    }
}

/// Memory and descriptors of a process, which must not grow while it runs.
pub(crate) struct Resources {
    /// KiB of memory.
    resident: usize,
    descriptors: usize,
}

impl Resources {
    /// A supervisor allocates once for each kind of event; after that its memory is flat.
    const GROWTH: usize = 4096;

    pub(crate) fn complaints(&self, before: &Self) -> Vec<String> {
        let mut complaints = Vec::new();
        if self.resident > before.resident + Self::GROWTH {
            complaints.push(format!("memory grew: {before}, then {self}"));
        }
        // A generation that is being replaced has its executable and sockets open.
        if self.descriptors > before.descriptors + 8 {
            complaints.push(format!("descriptors leak: {before}, then {self}"));
        }
        complaints
    }
}

impl fmt::Display for Resources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} KiB, {} descriptors", self.resident, self.descriptors)
    }
}

/// A small file system of its own, so that it can be filled.
struct Disk(PathBuf);

impl Disk {
    /// Returns `None` where this user may not mount.
    fn mount(path: PathBuf) -> Result<Option<Self>> {
        let mut command = Command::new("mount");
        command.args(["-t", "tmpfs", "-o", "size=1m,mode=0700", "tmpfs"]);
        let output = command.arg(&path).output()?;
        Ok(output.status.success().then_some(Self(path)))
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily, since a process that was just killed may still have a file open.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// The library that shifts a program's clock, if it is installed.
fn fake_clock() -> Result<Option<String>> {
    let Some(faketime) = find_outside("faketime") else {
        return Ok(None);
    };
    let output = Command::new(faketime)
        .args(["-f", "+0", "printenv", "LD_PRELOAD"])
        .output()?;
    let library = String::from_utf8(output.stdout)?.trim().to_owned();
    Ok(Some(library).filter(|library| !library.is_empty()))
}

/// The static files of the example.
fn static_files() -> Result<Arc<[File]>> {
    let root =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/squall/examples/friendfeed/static");
    let mut files = Vec::new();
    for entry in fs::read_dir(&root).map_err(|error| format!("{}: {error}", root.display()))? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            let name = entry
                .file_name()
                .into_string()
                .map_err(|_| "a name in UTF-8")?;
            files.push((name, Bytes::from(fs::read(entry.path())?)));
        }
    }
    Ok(files.into())
}

/// Whether the command found no control socket, or lost the one that it found.
fn is_not_found(stderr: &str) -> bool {
    [
        "no running service of this user",
        "the service is not running",
        "no supervisor listens there",
    ]
    .iter()
    .any(|text| stderr.contains(text))
}
