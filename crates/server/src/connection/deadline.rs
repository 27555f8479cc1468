//! How long a connection may still take for what it is doing.

use std::{pin::Pin, task::Context, time::Duration};

use tokio::time::{Instant, Sleep, sleep};

use crate::{coarse_clock::CoarseInstant, state::Stage};

/// The time of one stage.
pub(crate) struct Deadline {
    stage: Stage,
    /// When the stage's time is up, if it is limited.
    expires: Option<CoarseInstant>,
    /// Fires at `expires` or earlier. It is moved only to an earlier time, so that a connection
    /// that goes from request to request never touches the runtime's timers.
    timer: Pin<Box<Sleep>>,
    /// When it fires. The timer itself is rarely in the caches.
    fires: CoarseInstant,
}

impl Deadline {
    pub(crate) fn new(stage: Stage, allowed: Duration) -> Self {
        let expires = CoarseInstant::now() + allowed;
        Self {
            stage,
            expires: Some(expires),
            timer: Box::pin(sleep(allowed)),
            fires: expires,
        }
    }

    /// The stage that it is for.
    pub(crate) fn stage(&self) -> Stage {
        self.stage
    }

    /// Registers the task's waker, once.
    pub(crate) fn register(&mut self, cx: &mut Context<'_>) {
        let _ = self.timer.as_mut().poll(cx);
    }

    /// Gives a stage its time, from now on; false if it cannot be up yet.
    pub(crate) fn enter(
        &mut self,
        stage: Stage,
        allowed: Option<Duration>,
        cx: &mut Context<'_>,
    ) -> bool {
        let now = CoarseInstant::now();
        self.stage = stage;
        self.expires = allowed.map(|time| now + time);
        if let Some(expires) = self.expires.filter(|expires| *expires < self.fires) {
            self.fire_at(expires, now, cx);
        }
        now >= self.fires
    }

    /// Whether the stage's time is up. Without a limit it looks again after `idle`; the stage is
    /// entered or left before that matters.
    pub(crate) fn is_up(&mut self, idle: Duration, cx: &mut Context<'_>) -> bool {
        while self.timer.is_elapsed() {
            let now = CoarseInstant::now();
            match self.expires {
                Some(expires) if expires <= now => return true,
                expires => self.fire_at(expires.unwrap_or(now + idle), now, cx),
            }
        }
        false
    }

    fn fire_at(&mut self, at: CoarseInstant, now: CoarseInstant, cx: &mut Context<'_>) {
        self.fires = at;
        self.timer.as_mut().reset(Instant::now() + (at - now));
        let _ = self.timer.as_mut().poll(cx);
    }
}
