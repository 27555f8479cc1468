//! Faults: deploys, signals, and an environment that fails.

use std::{
    collections::BTreeMap,
    fmt,
    fs::{self, File},
    io::Write,
    sync::Arc,
    time::Duration,
};

use benches::{
    Result,
    process::{client_ports, is_stopped, signal},
};
use rustix::{io::Errno, process::Signal};
use tokio::{net::TcpStream, time::sleep};

use crate::{
    service::{DESCRIPTORS, Service, WORKERS},
    tally::Tally,
};

/// How long a state lasts that a fault brings about.
const WHILE: Duration = Duration::from_secs(2);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    /// `squall reload` of the program as it is.
    Reload,
    /// Another build, then `squall reload`.
    Deploy,
    /// The same, then `squall reload --supervisor`.
    Upgrade,
    /// Programs that cannot serve; `squall reload` has to refuse them and a killed worker of the
    /// old build has to come back.
    BadDeploy,
    /// SIGKILL to a worker.
    Kill,
    /// SIGTERM to a worker, which is not from its supervisor.
    Terminate,
    /// SIGSTOP and SIGCONT to a worker.
    StopWorker,
    /// The same to the supervisor.
    StopSupervisor,
    /// One worker more, and one less.
    Scale,
    /// More connections than the workers have descriptors.
    Descriptors,
    /// No space in the runtime directory, while a worker is killed.
    DiskFull,
    /// The clock of all processes jumps.
    Clock,
}

const FAULTS: [Fault; 12] = [
    Fault::Reload,
    Fault::Deploy,
    Fault::Upgrade,
    Fault::BadDeploy,
    Fault::Kill,
    Fault::Terminate,
    Fault::StopWorker,
    Fault::StopSupervisor,
    Fault::Scale,
    Fault::Descriptors,
    Fault::DiskFull,
    Fault::Clock,
];

/// Injects every fault once before it repeats one, in random order.
#[derive(Default)]
pub(crate) struct Faults {
    next: Vec<Fault>,
    counts: BTreeMap<Fault, u32>,
}

impl Faults {
    pub(crate) async fn inject(&mut self, service: &Service, tally: &Tally) -> Result<()> {
        if self.next.is_empty() {
            self.next = FAULTS.to_vec();
            fastrand::shuffle(&mut self.next);
        }
        let Some(fault) = self.next.pop() else {
            return Ok(());
        };
        *self.counts.entry(fault).or_default() += 1;
        let injected = fault.inject(service, tally).await;
        injected.map_err(|error| format!("{fault:?}: {error}").into())
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (fault, count) in &self.counts {
            writeln!(f, "  {:<22}{count:>9}", format!("{fault:?}"))?;
        }
        Ok(())
    }
}

impl Fault {
    async fn inject(self, service: &Service, tally: &Tally) -> Result<()> {
        match self {
            Self::Reload => service.succeed(&["reload"]).await,
            Self::Deploy => {
                service.deploy(any_build())?;
                service.succeed(&["reload"]).await
            }
            Self::Upgrade => {
                service.deploy(any_build())?;
                service.succeed(&["reload", "--supervisor"]).await
            }
            Self::BadDeploy => {
                for (text, mode) in [
                    ("#!/bin/sh\nexit 1\n", 0o755),
                    ("not a program", 0o755),
                    ("#!/bin/sh\nexit 0\n", 0o644),
                    ("#!/no/such/interpreter\n", 0o755),
                ] {
                    service.deploy_text(text, mode)?;
                    service.refused(&["reload"]).await?;
                }
                kill(service, tally).await?;
                service.wait_for_workers(WORKERS).await?;
                service.deploy(any_build())
            }
            Self::Kill => kill(service, tally).await,
            Self::Terminate => signal_if_alive(any_worker(service)?, Signal::TERM).map(drop),
            Self::StopWorker => pause(any_worker(service)?).await,
            Self::StopSupervisor => pause(service.supervisor()).await,
            Self::Scale => {
                service.succeed(&["scale", "3"]).await?;
                sleep(WHILE).await;
                service.succeed(&["scale", "2"]).await
            }
            Self::Descriptors => {
                let mut connections = Vec::new();
                for _ in 0..(WORKERS + 1) * DESCRIPTORS {
                    connections.push(TcpStream::connect(service.address()).await?);
                }
                sleep(WHILE).await;
                Ok(())
            }
            Self::DiskFull => {
                let path = service.path("run/fill");
                fill(&mut File::create(&path)?);
                kill(service, tally).await?;
                sleep(WHILE).await;
                Ok(fs::remove_file(path)?)
            }
            Self::Clock => {
                let jump = ["+1d", "-1d", "+10y", "-10y", "+0"][fastrand::usize(..5)];
                Ok(fs::write(service.path("clock"), format!("{jump}\n"))?)
            }
        }
    }
}

/// Deletes the runtime directories of the service once a second, as cleaners do.
pub(crate) async fn delete_directory(service: Arc<Service>) {
    loop {
        sleep(Duration::from_secs(1)).await;
        for entry in fs::read_dir(service.path("run")).into_iter().flatten() {
            let Ok(entry) = entry else { continue };
            // A directory may be made anew while it is deleted.
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                let _ = fs::remove_dir_all(entry.path());
            }
        }
    }
}

fn any_build() -> &'static str {
    if fastrand::bool() { "first" } else { "second" }
}

fn any_worker(service: &Service) -> Result<u32> {
    let workers = service.workers()?;
    let index = fastrand::usize(..workers.len().max(1));
    Ok(*workers.get(index).ok_or("there is no worker")?)
}

/// Kills a worker; the requests on connections that it has accepted are excused.
async fn kill(service: &Service, tally: &Tally) -> Result<()> {
    let worker = any_worker(service)?;
    if !signal_if_alive(worker, Signal::STOP)? {
        return Ok(());
    }
    // A stopped process accepts no further connection.
    while !is_stopped(worker) {
        sleep(Duration::from_millis(1)).await;
    }
    tally.killed(client_ports(worker)?);
    signal(worker, Signal::KILL)
}

async fn pause(pid: u32) -> Result<()> {
    if signal_if_alive(pid, Signal::STOP)? {
        sleep(WHILE).await;
        signal_if_alive(pid, Signal::CONT)?;
    }
    Ok(())
}

/// Returns whether the process was there: a worker that retires may have ended since it was chosen, or
/// while it was stopped.
fn signal_if_alive(pid: u32, which: Signal) -> Result<bool> {
    match signal(pid, which) {
        Ok(()) => Ok(true),
        Err(error) if error.downcast_ref() == Some(&Errno::SRCH) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Writes until the file system has no space.
fn fill(file: &mut File) {
    let block = [0; 4096];
    // 16 MiB at most, where the directory is not a file system of its own.
    for _ in 0..4096 {
        if file.write_all(&block).is_err() {
            break;
        }
    }
}
