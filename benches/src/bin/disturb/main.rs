//! Requests lost while a service is reloaded, upgraded or loses a worker: squall, and beside
//! it nginx and granian; gunicorn and uvicorn by themselves, and under `squall supervise`.
//!
//! `cargo xtask bench disturb [SECONDS] [SERVICE]`; benches/README.md explains the figures.
#![expect(clippy::print_stdout, reason = "the results are for people")]

mod process;
mod service;

use std::{
    env,
    net::TcpStream,
    time::{Duration, Instant},
};

use benches::{
    Result,
    process::{is_stopped, signal, sockets},
    wrk::Report,
};
use rustix::process::Signal;
use testkit::wait_until;

use crate::{
    process::Process,
    service::{
        Service, granian, gunicorn, nginx, squall, supervised_gunicorn, supervised_uvicorn, uvicorn,
    },
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Disturbance {
    /// Six reloads.
    Reloads,
    /// Another build takes the place of the program.
    Upgrade,
    /// A worker is killed each second.
    Kills,
}

/// How to start a service, if its program is here, and what it is put through.
type Row = (
    &'static str,
    fn() -> Result<Option<Service>>,
    &'static [Disturbance],
);

const SERVICES: &[Row] = {
    use Disturbance::{Kills, Reloads, Upgrade};
    &[
        ("squall", squall, &[Reloads, Upgrade, Kills]),
        ("nginx", nginx, &[Reloads, Kills]),
        ("granian", granian, &[Reloads, Kills]),
        ("gunicorn", gunicorn, &[Reloads]),
        ("gunicorn, squall", supervised_gunicorn, &[Reloads]),
        ("uvicorn", uvicorn, &[Reloads]),
        ("uvicorn, squall", supervised_uvicorn, &[Reloads]),
    ]
};

/// Errors that clients counted.
struct Outcome {
    report: Report,
    /// Connections that the killed workers had accepted.
    accepted: u64,
    /// Connections that were refused right after a worker was killed.
    refused: u64,
}

fn main() -> Result<()> {
    let seconds = match env::args().nth(1) {
        Some(seconds) => seconds.parse()?,
        None => 8,
    };
    let only = env::args().nth(2);
    println!("disturb: wrk with 64 connections for {seconds} s");
    println!(
        "{:<16} {:<8} {:<10} {:>9} {:>8} {:>6} {:>6} {:>8} {:>7} {:>8} {:>14}",
        "service",
        "what",
        "clients",
        "requests",
        "connect",
        "read",
        "write",
        "timeout",
        "status",
        "refused",
        "of the killed"
    );
    let mut complaints = Vec::new();
    let is_chosen = |name: &str| only.as_ref().is_none_or(|only| name.starts_with(only));
    for (name, start, disturbances) in SERVICES.iter().filter(|(name, ..)| is_chosen(name)) {
        for what in *disturbances {
            for (clients, keep_alive) in [("keep-alive", true), ("close", false)] {
                let Some(service) = start()? else {
                    println!("{name:<16} is missing; get it with: cargo xtask test --install");
                    continue;
                };
                let outcome = measure(&service, *what, keep_alive, seconds)?;
                let Outcome {
                    report,
                    accepted,
                    refused,
                } = &outcome;
                let what = format!("{what:?}").to_lowercase();
                println!(
                    "{name:<16} {what:<8} {clients:<10} {:>9} {:>8} {:>6} {:>6} {:>8} {:>7} {refused:>8} {accepted:>14}",
                    report.requests,
                    report.connect,
                    report.read,
                    report.write,
                    report.timeout,
                    report.status,
                );
                if *name == "squall" && !outcome.is_as_promised() {
                    complaints.push(format!("{what}, {clients}"));
                }
            }
        }
    }
    if complaints.is_empty() {
        Ok(())
    } else {
        Err(format!("squall lost requests: {}", complaints.join("; ")).into())
    }
}

impl Outcome {
    /// Only connections that killed workers had accepted are lost, and none is refused.
    fn is_as_promised(&self) -> bool {
        let Report {
            requests,
            read,
            write,
            ..
        } = self.report;
        requests > 0
            && self.report.errors() == read + write
            && read + write <= self.accepted
            && self.refused == 0
    }
}

fn measure(
    service: &Service,
    what: Disturbance,
    keep_alive: bool,
    seconds: u32,
) -> Result<Outcome> {
    let count = match what {
        Disturbance::Reloads => 6,
        Disturbance::Upgrade => 1,
        Disturbance::Kills => seconds.saturating_sub(1),
    };
    // Sockets of a worker without clients.
    let own = sockets(service.oldest_worker()?)?.len();
    let wrk = Process::wrk(service.address, seconds, keep_alive)?;
    let start = Instant::now();
    let (mut accepted, mut refused) = (0, 0);
    for round in 1..=count {
        let due = Duration::from_secs(seconds.into()) * round / (count + 1);
        if wrk.ended_within(due.saturating_sub(start.elapsed()))? {
            return Err("wrk ended before its time".into());
        }
        match what {
            Disturbance::Reloads => service.reload()?,
            Disturbance::Upgrade => service.upgrade()?,
            Disturbance::Kills => {
                let worker = service.oldest_worker()?;
                signal(worker, Signal::STOP)?;
                wait_until("the worker to stop", || is_stopped(worker));
                accepted += sockets(worker)?.len().saturating_sub(own) as u64;
                signal(worker, Signal::KILL)?;
                let connects = (0..100).map(|_| TcpStream::connect(service.address));
                refused += connects.filter(std::result::Result::is_err).count() as u64;
            }
        }
    }
    Ok(Outcome {
        report: Report::read(&wrk.output()?)?,
        accepted,
        refused,
    })
}
