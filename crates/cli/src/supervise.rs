//! `squall supervise`: any program, in several processes.

use std::{
    ffi::OsString,
    io::{IsTerminal, stderr},
    ops::Range,
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use clap::Args;
use squall_prefork::{LogOutput, Readiness, Supervisor};

use crate::complain;

/// Run a program in several processes, and replace those that fail.
///
/// The program finds its sockets by LISTEN_FDS and says READY=1 to NOTIFY_SOCKET, systemd's
/// protocol. SIGHUP reloads, SIGTERM stops, SIGTTIN and SIGTTOU add and remove a worker.
#[derive(Args)]
pub(crate) struct Supervise {
    /// How many processes; 0 takes one for each CPU.
    #[arg(long, default_value_t = 0)]
    processes: usize,
    /// Listen on a port, HOST:PORT or unix:PATH; may come several times.
    #[arg(long, value_name = "ADDRESS")]
    listen: Vec<String>,
    /// A port of its own for each process, such as 8000..8004 (the last is not taken).
    #[arg(long, value_name = "FIRST..END", value_parser = ports)]
    ports: Option<Range<u16>>,
    /// The program does not say READY=1: count it as ready once it runs.
    #[arg(long)]
    ready_on_exec: bool,
    /// Seconds that a process may take until it is ready.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    start_timeout: u64,
    /// Seconds that a process may take to end after SIGTERM.
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    graceful_timeout: u64,
    /// Seconds after which a process that stopped saying WATCHDOG=1 is replaced.
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    worker_timeout: u64,
    /// Give up after so many restarts.
    #[arg(
        long,
        value_name = "COUNT",
        default_value_t = 100,
        conflicts_with = "restart_for_ever"
    )]
    max_restarts: u32,
    /// Never give up.
    #[arg(long)]
    restart_for_ever: bool,
    /// Replace a process after so many requests, if it counts them.
    #[arg(long, value_name = "COUNT")]
    max_requests: Option<u64>,
    /// Replace a process that uses more memory than this, in MiB.
    #[arg(long, value_name = "MIB")]
    max_rss: Option<u64>,
    /// Put the control socket there.
    #[arg(long, value_name = "PATH")]
    control: Option<PathBuf>,
    /// The program and its arguments.
    #[arg(last = true, required = true, value_name = "PROGRAM")]
    program: Vec<OsString>,
}

pub(crate) fn run(arguments: Supervise) -> ExitCode {
    tracing_subscriber::fmt()
        .with_writer(Arc::new(LogOutput::stderr()))
        .with_ansi(stderr().is_terminal())
        .init();
    let followed = squall_autoreload::stop_with_dev();
    if let Err(error) = followed {
        complain(&error.to_string());
    }
    match supervisor(arguments).run() {
        Ok(outcome) => outcome.exit_code(),
        Err(error) => {
            complain(&error.to_string());
            error.exit_code()
        }
    }
}

fn supervisor(arguments: Supervise) -> Supervisor {
    let mut program = arguments.program.into_iter();
    let name = program.next().expect("clap requires a program");
    let restarts = (!arguments.restart_for_ever).then_some(arguments.max_restarts);
    let mut supervisor = Supervisor::new()
        .command(name, program)
        .processes(arguments.processes)
        .start_timeout(Duration::from_secs(arguments.start_timeout))
        .graceful_timeout(Duration::from_secs(arguments.graceful_timeout))
        .worker_timeout(Duration::from_secs(arguments.worker_timeout))
        .max_restarts(restarts)
        .max_requests(arguments.max_requests)
        .max_rss(
            arguments
                .max_rss
                .map(|mebibytes| mebibytes.saturating_mul(1 << 20)),
        );
    for address in arguments.listen {
        supervisor = supervisor.listen(address);
    }
    if let Some(ports) = arguments.ports {
        supervisor = supervisor.ports(ports);
    }
    if arguments.ready_on_exec {
        supervisor = supervisor.readiness(Readiness::Exec);
    }
    if let Some(path) = arguments.control {
        supervisor = supervisor.control(path);
    }
    supervisor
}

fn ports(text: &str) -> Result<Range<u16>, String> {
    let range = text
        .split_once("..")
        .and_then(|(first, end)| Some(first.parse().ok()?..end.parse().ok()?));
    range
        .filter(|range| !range.is_empty())
        .ok_or_else(|| "expected FIRST..END, such as 8000..8004".to_owned())
}

#[cfg(test)]
mod tests {
    #[test]
    fn ports() {
        assert_eq!(super::ports("8000..8004"), Ok(8000..8004));
        for bad in [
            "",
            "8000",
            "..",
            "8000..",
            "8004..8000",
            "8000..8000",
            "-1..5",
            "1..65536",
            "a..b",
        ] {
            assert!(super::ports(bad).is_err(), "{bad}");
        }
    }
}
