//! Certificate reload: when files have changed, or on demand.

use std::{sync::Arc, time::Duration};

use tokio::{
    select,
    task::spawn_blocking,
    time::{MissedTickBehavior, interval},
};

use super::acceptor::TlsAcceptor;
use crate::Handle;

/// How often the files are checked.
const PERIOD: Duration = Duration::from_secs(1);

impl TlsAcceptor {
    /// Reads the files again when they have changed, and on demand; never ends.
    pub(crate) async fn watch(self: Arc<Self>, handle: Handle) {
        let mut reloads = handle.certificate_reloads();
        let mut period = interval(PERIOD);
        // By default, the checks that a standstill has missed follow each other at once, and files
        // that are being replaced would pass for unchanged since the last check.
        period.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let is_requested = select! {
                reload = reloads.changed() => reload.is_ok(),
                _ = period.tick() => false,
            };
            let acceptor = Arc::clone(&self);
            // Disks can be slow, and this thread serves.
            let looked = spawn_blocking(move || {
                if acceptor.files.are_to_be_read() || is_requested {
                    acceptor.reload();
                }
            });
            // It does not panic; and when the runtime ends, so does this.
            let _ = looked.await;
        }
    }
}
