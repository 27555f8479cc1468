//! The timer of a socket. It is not polled on turns that change neither a deadline nor the task.

use std::{
    pin::{Pin, pin},
    task::Context,
};

use tokio::{
    task::unconstrained,
    time::{Instant, Sleep, sleep_until},
};

/// A timer that wakes the task of the driver.
#[derive(Debug, Default)]
pub(crate) struct Alarm {
    sleep: Option<Pin<Box<Sleep>>>,
    /// Set while the timer has the waker of the driver's task.
    is_armed: bool,
}

impl Alarm {
    /// Whether the timer will wake the task, at the last deadline or before it. Reads an atomic instead of polling,
    /// which would register the waker again.
    pub(crate) fn is_running(&self) -> bool {
        let sleep = self.sleep.as_ref();
        self.is_armed && sleep.is_some_and(|sleep| !sleep.is_elapsed())
    }

    /// The task or the deadlines have changed: the next check polls the timer.
    pub(crate) fn disarm(&mut self) {
        self.is_armed = false;
    }

    /// Returns the time once the deadline has passed; until then, the timer wakes the task.
    pub(crate) fn poll(&mut self, deadline: Instant, cx: &mut Context<'_>) -> Option<Instant> {
        let sleep = self
            .sleep
            .get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        // A deadline that has moved away is found when the timer fires, instead of each time.
        if deadline < sleep.deadline() || sleep.is_elapsed() {
            sleep.as_mut().reset(deadline);
        } else if self.is_armed {
            return None;
        }
        // Without tokio's budget, whose end would return `Pending` without registering the waker.
        let is_elapsed = pin!(unconstrained(sleep.as_mut())).poll(cx).is_ready();
        self.is_armed = !is_elapsed;
        is_elapsed.then(|| Instant::now().max(sleep.deadline()))
    }
}
