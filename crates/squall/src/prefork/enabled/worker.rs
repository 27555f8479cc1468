//! A worker's side of the supervisor: readiness, counters and signals.

#[cfg(feature = "autoreload")]
use std::os::unix::process::parent_id;
use std::{future::pending, time::Duration};

use squall_prefork::worker::{self, Notifier};
use squall_server::{Handle, Phase, Stop};
use tokio::{
    select,
    signal::unix::{SignalKind, signal},
    time::interval,
};

use super::counts;
use crate::Result;

/// How often a worker sends its counters to the supervisor.
const REPORT: Duration = Duration::from_secs(1);

/// Returns a text that differs between generations and between supervisors. A worker that is
/// restarted after a crash has the generation of its predecessor.
#[cfg(feature = "autoreload")]
pub(crate) fn generation_id() -> Option<String> {
    worker::generation().map(|generation| format!("{}-{generation}", parent_id()))
}

/// Stops this process when its supervisor dies.
pub(crate) fn follow_supervisor() -> Result<()> {
    // Before the runtime has threads. A parent may have left SIGTERM blocked.
    squall_prefork::unblock_signals()?;
    Ok(worker::stop_with_supervisor()?)
}

/// Notifies the supervisor or systemd, if there is one, while the server with this handle is serving.
pub(crate) async fn notify(
    handle: &Handle,
    serving: impl Future<Output = Result<()>>,
) -> Result<()> {
    let notifier = Notifier::from_env();
    let served = if notifier.is_connected() {
        select! {
            served = serving => served,
            () = report(handle, &notifier) => Ok(()),
        }
    } else {
        serving.await
    };
    notifier.finished(&counts::counters());
    served
}

/// Notifies of readiness, of life (watchdog), of counters and of the graceful shutdown; never
/// returns.
async fn report(handle: &Handle, notifier: &Notifier) {
    handle.reached(Phase::Serving).await;
    notifier.ready();
    let mut counters = interval(REPORT);
    let mut alive = notifier.watchdog_interval().map(interval);
    let mut leaving = Box::pin(handle.reached(Phase::Leaving));
    let mut has_left = false;
    loop {
        select! {
            _ = counters.tick() => notifier.counters(&counts::counters()),
            () = async {
                match &mut alive {
                    Some(alive) => _ = alive.tick().await,
                    None => pending().await,
                }
            } => notifier.alive(),
            () = &mut leaving, if !has_left => {
                has_left = true;
                notifier.stopping();
            }
        }
    }
}

/// Obeys the signals of a supervisor, if this process is a worker; returns whether it is.
///
/// A worker can get the same signal twice: systemd signals every process of a unit, and the death
/// of a supervisor signals its workers. So a second signal does not shorten the graceful shutdown;
/// a supervisor kills a worker that takes too long. The supervisor is notified of each signal, and
/// replaces a worker that was stopped by another process.
///
/// The supervisor handles SIGHUP. No log file is open, so SIGUSR1 reopens nothing.
pub(crate) fn obey_signals(handle: &Handle) -> Result<bool> {
    if !worker::is_worker() {
        return Ok(false);
    }
    let mut terminate = signal(SignalKind::terminate())?;
    let mut quit = signal(SignalKind::quit())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hangup = signal(SignalKind::hangup())?;
    let mut reopen = signal(SignalKind::user_defined1())?;
    let notifier = Notifier::from_env();
    let handle = handle.clone();
    tokio::spawn(async move {
        loop {
            let (mode, signal) = select! {
                _ = terminate.recv() => (Stop::Graceful, SignalKind::terminate()),
                _ = quit.recv() => (Stop::Graceful, SignalKind::quit()),
                _ = interrupt.recv() => (Stop::Quick, SignalKind::interrupt()),
                _ = hangup.recv() => continue,
                _ = reopen.recv() => continue,
            };
            tracing::info!(?mode, "stop signal");
            notifier.stop_signal(signal.as_raw_value());
            handle.stop(mode);
        }
    });
    Ok(true)
}
