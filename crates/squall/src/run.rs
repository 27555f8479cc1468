//! The life of a process: alone, as a supervisor, or as a worker. The only glue.

use std::{future::pending, time::Duration};

use squall_autoreload::hand_over_when_built;
use squall_prefork::worker::{self, Notifier};
use squall_server::{Handle, Phase, StartError, Stop, obey_signals};
use tokio::{
    runtime, select,
    signal::unix::{SignalKind, signal},
    time::interval,
};

use crate::{Error, Result, Server, counts};

/// How often a worker tells its supervisor what it has counted.
const REPORT: Duration = Duration::from_secs(1);

/// Serves in this process, and tells a supervisor or systemd about it where there is one.
pub(crate) fn alone(server: Server) -> Result<()> {
    worker::stop_with_supervisor()?;
    let runtime = squall_server::runtime()?;
    runtime.block_on(async {
        let handle = server.handle();
        if worker::is_worker() {
            tokio::spawn(obey_supervisor(handle.clone())?);
        } else {
            tokio::spawn(obey_signals(handle.clone())?);
            #[cfg(feature = "tls")]
            if server.places.have_tls() {
                tokio::spawn(reload_certificates(handle.clone())?);
            }
        }
        let notifier = Notifier::from_env();
        let served = if notifier.is_connected() {
            select! {
                served = server.serve() => served,
                () = report(&handle, &notifier) => Ok(()),
            }
        } else {
            server.serve().await
        };
        notifier.finished(&counts::counters());
        served
    })
}

/// SIGHUP asks for the files to be read again, as it does in most servers with certificates.
#[cfg(feature = "tls")]
fn reload_certificates(handle: Handle) -> Result<impl Future<Output = ()> + Send> {
    let mut hangup = signal(SignalKind::hangup())?;
    Ok(async move {
        while hangup.recv().await.is_some() {
            handle.reload_certificates();
        }
    })
}

/// Tells when the process is ready, that it lives, what it counts, and that it is leaving; never ends.
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

/// A worker can be told twice: systemd signals every process of a unit, and so does the death of a
/// supervisor. That is no reason for haste; a supervisor kills whom it does not want to wait for.
/// It hears of each signal, since it replaces a worker that somebody else has told to stop.
///
/// The supervisor acts on SIGHUP; squall keeps no log file open, so SIGUSR1 has nothing to reopen.
fn obey_supervisor(handle: Handle) -> Result<impl Future<Output = ()> + Send> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut quit = signal(SignalKind::quit())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hangup = signal(SignalKind::hangup())?;
    let mut reopen = signal(SignalKind::user_defined1())?;
    let notifier = Notifier::from_env();
    Ok(async move {
        loop {
            let (how, signal) = select! {
                _ = terminate.recv() => (Stop::Graceful, SignalKind::terminate()),
                _ = quit.recv() => (Stop::Graceful, SignalKind::quit()),
                _ = interrupt.recv() => (Stop::Quick, SignalKind::interrupt()),
                _ = hangup.recv() => continue,
                _ = reopen.recv() => continue,
            };
            tracing::info!(?how, "told to stop by a signal");
            notifier.told_by_signal(signal.as_raw_value());
            handle.stop(how);
        }
    })
}

/// Supervises workers, each of which is this program again.
pub(crate) fn supervised(server: Server, processes: usize) -> Result<()> {
    if runtime::Handle::try_current().is_ok() {
        return Err(StartError::InsideRuntime.into());
    }
    server.check()?;
    if let Some(listener) = server.places.listeners.first() {
        let address = listener.address();
        return Err(Error::new(format!(
            "start({processes}): a listener on {address} cannot be shared by several processes; bind the address"
        )));
    }
    let debug = server.debug;
    let supervisor = server
        .places
        .supervise(server.supervisor.processes(processes))?;
    // Until `run` handles it, SIGHUP would end the process.
    let _watching = debug.then(hand_over_when_built).transpose()?;
    match supervisor.run() {
        Ok(_) => Ok(()),
        Err(error) if error.is_never_booted() || error.is_gave_up() => {
            tracing::error!("{error}");
            #[expect(
                clippy::disallowed_methods,
                reason = "`main` cannot return this status from a `Result`, and nothing is left to clean up"
            )]
            std::process::exit(error.exit_status().into())
        }
        Err(error) => Err(error.into()),
    }
}
