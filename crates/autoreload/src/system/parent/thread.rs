//! A thread that polls the parent's process id, for systems without a parent-death signal.

use std::{io, thread, time::Duration};

use rustix::process::{Pid, getppid};

/// How often the process id is compared.
const INTERVAL: Duration = Duration::from_millis(500);

#[cfg_attr(test, allow(dead_code, reason = "its test has a fake parent"))]
pub(super) fn on_exit_of(parent: Pid) -> io::Result<()> {
    after_exit(move || getppid() == Some(parent), super::terminate)
}

fn after_exit(
    is_alive: impl Fn() -> bool + Send + 'static,
    then: impl FnOnce() + Send + 'static,
) -> io::Result<()> {
    thread::Builder::new()
        .name("squall-parent".to_owned())
        .spawn(move || {
            while is_alive() {
                thread::park_timeout(INTERVAL);
            }
            then();
        })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{
            Arc,
            atomic::{AtomicBool, Ordering::SeqCst},
            mpsc::channel,
        },
        time::Duration,
    };

    use super::after_exit;

    #[test]
    fn polling_detects_the_exit_of_the_parent() {
        let alive = Arc::new(AtomicBool::new(true));
        let (send, ended) = channel();
        let is_alive = {
            let alive = Arc::clone(&alive);
            move || alive.load(SeqCst)
        };
        after_exit(is_alive, move || send.send(()).unwrap()).unwrap();
        assert!(ended.try_recv().is_err(), "the parent is alive");
        alive.store(false, SeqCst);
        ended.recv_timeout(Duration::from_secs(30)).unwrap();
    }
}
