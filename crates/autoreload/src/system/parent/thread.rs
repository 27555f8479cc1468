//! A thread compares the parent's number, where the kernel sends no signal.

use std::{io, thread, time::Duration};

use rustix::process::{Pid, getppid};

/// How often to compare.
const INTERVAL: Duration = Duration::from_millis(500);

#[cfg_attr(test, allow(dead_code, reason = "its test brings a parent of its own"))]
pub(super) fn on_death_of(parent: Pid) -> io::Result<()> {
    after_death(move || getppid() == Some(parent), super::terminate)
}

fn after_death(
    lives: impl Fn() -> bool + Send + 'static,
    then: impl FnOnce() + Send + 'static,
) -> io::Result<()> {
    thread::Builder::new()
        .name("squall-parent".to_owned())
        .spawn(move || {
            while lives() {
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

    use super::after_death;

    #[test]
    fn death_of_the_parent_is_noticed_by_polling() {
        let alive = Arc::new(AtomicBool::new(true));
        let (send, ended) = channel();
        let lives = {
            let alive = Arc::clone(&alive);
            move || alive.load(SeqCst)
        };
        after_death(lives, move || send.send(()).unwrap()).unwrap();
        assert!(ended.try_recv().is_err(), "the parent lives");
        alive.store(false, SeqCst);
        ended.recv_timeout(Duration::from_secs(30)).unwrap();
    }
}
