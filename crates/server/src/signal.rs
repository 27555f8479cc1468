//! Stop signals of the system.

use std::io::{self, IsTerminal, stdin};

use crate::{
    Handle, Stop,
    system::{Hangup, StopSignals},
};

/// Returns a future that stops the server on signals: SIGTERM and SIGQUIT gracefully, SIGINT
/// quickly, and at once on any second signal. On Windows, Ctrl-Break and the end of the session
/// stop it gracefully, Ctrl-C quickly.
///
/// SIGHUP reads certificates again where there are any. Otherwise it is logged and ignored, because
/// there is nothing to reload. A terminal sends it when it closes: if standard input is one, it
/// stops the server quickly.
///
/// The future never ends; run it beside the server, in a runtime.
///
/// # Errors
///
/// If the system refuses a handler.
pub fn obey_signals(handle: Handle) -> io::Result<impl Future<Output = ()> + Send> {
    let mut signals = StopSignals::new()?;
    let mut hangup = Hangup::new()?;
    let has_terminal = stdin().is_terminal();
    Ok(async move {
        loop {
            let mode = tokio::select! {
                mode = signals.recv() => mode,
                Some(()) = hangup.recv() => {
                    if !has_terminal {
                        reload(&handle);
                        continue;
                    }
                    Stop::Quick
                }
            };
            let is_second = handle.stop_mode().is_some();
            let mode = if is_second { Stop::Now } else { mode };
            tracing::info!(?mode, "stop signal");
            handle.stop(mode);
        }
    })
}

fn reload(handle: &Handle) {
    if !handle.reload_if_encrypted() {
        tracing::warn!(
            "ignored SIGHUP: one process has nothing to reload; restart it for a new build, \
             or reload without downtime under a supervisor (start(2) or more)"
        );
    }
}
