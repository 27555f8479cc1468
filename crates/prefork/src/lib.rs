//! Supervises worker processes and loses no request when they crash, are reloaded or upgraded.
//!
//! [`Supervisor::run`] binds the sockets and starts this same program again, once for each CPU. A
//! worker finds its sockets ([`worker::sockets`]) and reports its readiness ([`worker::Notifier`]),
//! both in systemd's protocol (`sd_listen_fds(3)`, `sd_notify(3)`): the same program runs under
//! systemd too, and any program that speaks the protocol can be a worker
//! ([`Supervisor::command`]).
//!
//! ```no_run
//! use std::process::ExitCode;
//! use squall_prefork::{Supervisor, worker};
//!
//! fn main() -> ExitCode {
//!     if worker::is_worker() {
//!         return serve();
//!     }
//!     match Supervisor::new().listen("127.0.0.1:8888").run() {
//!         Ok(outcome) => outcome.exit_code(),
//!         Err(error) => {
//!             eprintln!("{error:#}");
//!             error.exit_code()
//!         }
//!     }
//! }
//!
//! fn serve() -> ExitCode {
//!     worker::stop_with_supervisor().expect("the system watches the parent");
//!     let sockets = worker::sockets().expect("the supervisor hands over listening sockets");
//!     let notifier = worker::Notifier::from_env();
//!     // Everything that may fail comes before: a build that doesn't get here never goes live.
//!     notifier.ready();
//!     // … accept on every one of the `sockets` until SIGTERM, then finish what is under way.
//!     // A loop that could get stuck calls `notifier.alive()` each `notifier.watchdog_interval()`.
//! #   drop(sockets);
//!     ExitCode::SUCCESS
//! }
//! ```
//!
//! # What it promises
//!
//! - The supervisor keeps every listening socket, so a crashed worker's queue waits for its
//!   successor. A slot that keeps failing has its queue accepted by another worker.
//! - A reload (SIGHUP) starts the new worker, waits for its `READY=1`, and only then retires the
//!   old one, slot by slot. If a new worker fails, the old ones go on serving.
//! - A crashed worker is restarted from the same executable, even if the file was replaced.
//! - When the supervisor dies, its workers stop gracefully.
//! - A graceful stop (SIGTERM) leaves no client in a queue: a worker that still starts gets the stop
//!   signal when it is ready, unless another accepts from its sockets. The supervisor releases the
//!   sockets, so each closes with the last worker that accepts from it.
//!
//! # What it does not do
//!
//! It neither serves nor parses HTTP, but for the status of a [`HealthCheck`]. It has no event loop for workers, does not daemonize, and does
//! not change users: its workers run as its own user, which systemd or the container chooses.
//!
//! # Systems
//!
//! It runs best on Linux: parent-death signals, `/proc`, abstract sockets and the balance of
//! SO_REUSEPORT are used, and [`Readiness::Listening`] and [`Readiness::Http`] need it. On macOS and FreeBSD there are fallbacks: one socket for all workers,
//! notices by path, and no figures of memory and processor time. `SQUALL_SYSTEM=portable` in the
//! environment selects these fallbacks on Linux, for tests.

pub mod control;
mod counters;
mod directory;
mod error;
#[doc = include_str!("inheritance.md")]
pub mod inheritance;
mod log_output;
pub mod metrics;
mod notices;
mod policy;
mod probes;
mod process;
mod readiness;
mod signals;
mod sockets;
mod status;
mod supervisor;
mod supervisor_loop;
mod system;
pub mod worker;

pub use counters::{Counters, LATENCY_BOUNDS};
pub use error::{ConfigError, Error, Outcome};
pub use log_output::LogOutput;
pub use readiness::{HealthCheck, Readiness};
pub use signals::unblock_signals;
pub use status::{Status, WorkerStatus};
pub use supervisor::{Balance, Restart, Supervisor, WorkerExit, WorkerInfo};

#[doc(no_inline)]
pub use squall_listen::{Address, AddressError, Bind, ListenError};

/// The most workers that one supervisor runs.
pub const MAX_PROCESSES: usize = 1024;
