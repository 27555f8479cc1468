//! `squall supervise`: process supervisor for any program that takes sockets from its parent.

use std::{
    ffi::OsString,
    io::{IsTerminal, stderr},
    ops::Range,
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use clap::{Args, ValueEnum};
use squall_prefork::{Balance, Bind, Error, LogOutput, Readiness, Restart, Supervisor};

use crate::print_error;

/// Run a program in several worker processes, and restart those that fail.
///
/// The program takes its sockets from LISTEN_FDS (systemd's protocol): one socket for each --listen,
/// descriptors 3 and up, shared by all processes. SIGHUP reloads, SIGTERM stops, SIGTTIN and SIGTTOU
/// add and remove a process.
#[derive(Args)]
pub(crate) struct Supervise {
    /// Number of processes; 0 means one per CPU.
    #[arg(long, default_value_t = 0)]
    processes: usize,
    /// Listen on PORT, HOST:PORT or unix:PATH; repeatable.
    #[arg(long, value_name = "ADDRESS")]
    listen: Vec<String>,
    /// Open one SO_REUSEPORT socket per process, among which the kernel balances connections.
    ///
    /// Without this option the processes share one accept queue. The socket of a process that keeps
    /// failing is closed: connections in its accept queue are reset, new ones go to the others.
    #[arg(long, conflicts_with = "ports")]
    balance: bool,
    /// Mode of unix sockets, in octal.
    #[arg(long, value_name = "MODE", value_parser = mode, default_value = "660")]
    listen_mode: u32,
    /// Length of the queue of connections that wait to be accepted, for each socket.
    #[arg(long, value_name = "COUNT", default_value_t = 4096)]
    backlog: u16,
    /// Share the ports of --listen with other services of this user (SO_REUSEPORT).
    #[arg(long)]
    reuse_port: bool,
    /// Working directory of the program; a relative program path is resolved against it.
    ///
    /// Symbolic links are resolved again at each reload. Default: the current directory.
    #[arg(long, value_name = "DIR")]
    cwd: Option<PathBuf>,
    /// When to restart a process that exits; with on-failure, status 0 means it has finished.
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = When::Always)]
    restart: When,
    /// Give each process its own port, such as 8000..8004 (the end is exclusive).
    #[arg(long, value_name = "FIRST..END", value_parser = ports)]
    ports: Option<Range<u16>>,
    /// When a new process is ready, and the old one stops: notify, exec, listening or http:/PATH.
    ///
    /// notify: it has sent READY=1. exec: it was started; a bad build is found out too late.
    /// listening: it has accepted a connection of the supervisor's. http:/PATH or http://HOST/PATH:
    /// it has responded to GET with a status from 200 to 399. The last two need Linux.
    #[arg(long, value_name = "WHEN", default_value = "notify")]
    ready_when: Readiness,
    /// Seconds until a new process must be ready.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    start_timeout: u64,
    /// Seconds between SIGTERM and SIGKILL.
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    graceful_timeout: u64,
    /// Seconds without WATCHDOG=1 after which a process that has sent it is restarted.
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    worker_timeout: u64,
    /// Exit with status 4 after this many restarts of failed processes in total.
    #[arg(
        long,
        value_name = "COUNT",
        default_value_t = 100,
        conflicts_with = "restart_for_ever"
    )]
    max_restarts: u32,
    /// Restart failed processes without limit.
    #[arg(long)]
    restart_for_ever: bool,
    /// Replace a process after this many requests, if it reports them.
    #[arg(long, value_name = "COUNT")]
    max_requests: Option<u64>,
    /// Replace a process whose resident memory exceeds this, in MiB; allow for growth after the start.
    #[arg(long, value_name = "MIB")]
    max_rss: Option<u64>,
    /// Path of the control socket.
    #[arg(long, value_name = "PATH")]
    control: Option<PathBuf>,
    /// The program and its arguments.
    #[arg(last = true, required = true, value_name = "PROGRAM")]
    program: Vec<OsString>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum When {
    Always,
    OnFailure,
    Never,
}

pub(crate) fn run(arguments: Supervise) -> ExitCode {
    tracing_subscriber::fmt()
        .with_writer(Arc::new(LogOutput::stderr()))
        .with_ansi(stderr().is_terminal())
        // On a failed write to stderr, the subscriber would report it on stderr and panic.
        .log_internal_errors(false)
        .init();
    if let Err(error) = squall_autoreload::stop_with_dev() {
        print_error(&error.to_string());
    }
    match supervisor(arguments).run() {
        Ok(outcome) => outcome.exit_code(),
        Err(error) => {
            print_error(&format!("{error:#}"));
            if let Some(advice) = advice(&error) {
                print_error(advice);
            }
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
        .readiness(arguments.ready_when)
        .restart(match arguments.restart {
            When::Always => Restart::Always,
            When::OnFailure => Restart::OnFailure,
            When::Never => Restart::Never,
        })
        .max_requests(arguments.max_requests)
        .max_rss(
            arguments
                .max_rss
                .map(|mebibytes| mebibytes.saturating_mul(1 << 20)),
        );
    for address in arguments.listen {
        let bind = Bind::new(address)
            .unix_mode(arguments.listen_mode)
            .backlog(arguments.backlog)
            .reuse_port(arguments.reuse_port);
        supervisor = supervisor.listen(bind);
    }
    if let Some(ports) = arguments.ports {
        supervisor = supervisor.ports(ports);
    }
    if arguments.balance {
        supervisor = supervisor.balance(Balance::ReusePort);
    }
    if let Some(directory) = arguments.cwd {
        supervisor = supervisor.current_dir(directory);
    }
    if let Some(path) = arguments.control {
        supervisor = supervisor.control(path);
    }
    supervisor
}

/// Returns the options that avoid an error.
fn advice(error: &Error) -> Option<&'static str> {
    if error.is_never_booted() {
        Some(
            "its exit status is in the log above; use --ready-when listening for a program that does \
                         not send READY=1, and --restart on-failure for one that exits with status 0 when done",
        )
    } else if error.is_gave_up() {
        Some(
            "the exit statuses are in the log above; --max-restarts and --restart-for-ever set \
                         the limit, --restart sets which exits count as failures",
        )
    } else {
        None
    }
}

fn mode(text: &str) -> Result<u32, String> {
    let mode = u32::from_str_radix(text, 8).ok();
    // `from_str_radix` accepts a sign.
    let is_octal = text.bytes().all(|byte| byte.is_ascii_digit());
    mode.filter(|mode| is_octal && *mode <= 0o777)
        .ok_or_else(|| "expected octal permissions from 0 to 777, such as 660".to_owned())
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
    fn mode_is_octal_permission_bits() {
        for (text, mode) in [("600", 0o600), ("0660", 0o660), ("777", 0o777), ("0", 0)] {
            assert_eq!(super::mode(text), Ok(mode), "{text}");
        }
        for bad in [
            "",
            "+600",
            "-1",
            "800",
            "1777",
            "0o660",
            "rw",
            "77777777777777",
        ] {
            assert!(super::mode(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn ports_is_a_non_empty_range() {
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
