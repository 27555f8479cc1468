//! Deadlines of a socket, as a value: pings, slow messages, the close handshake, the close at a shutdown.

use std::time::Duration;

use tokio::time::Instant;

use crate::WebSocketSettings;

/// The action that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// Send a ping.
    Ping,
    /// Give up: nothing came after a ping.
    PingTimeout,
    /// Give up: the client reads nothing.
    Unread,
    /// Close: a message takes too long.
    MessageTimeout,
    /// Give up: the client did not close.
    CloseTimeout,
    /// Close, since the server shuts down.
    Shutdown,
}

/// Bytes in either direction since the last ping.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Activity {
    pub(crate) has_read: bool,
    pub(crate) has_written: bool,
}

/// The state of the connection, as far as deadlines depend on it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct State {
    /// Bytes wait to be written.
    pub(crate) has_output: bool,
    /// The connection is not read, since the handler does not receive.
    pub(crate) is_paused: bool,
    /// The message that has arrived in part.
    pub(crate) unfinished: Option<u32>,
    pub(crate) closing: Option<Closing>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Closing {
    /// The close frame of the client is awaited.
    Frame,
    /// The end of the connection is awaited.
    End,
}

#[derive(Debug)]
pub(crate) struct Timing {
    next_ping: Option<Instant>,
    answer: Option<Instant>,
    message: Option<(u32, Instant)>,
    close: Option<(Closing, Instant)>,
    shutdown: Option<Instant>,
}

impl Timing {
    pub(crate) fn new(settings: &WebSocketSettings, now: Instant) -> Self {
        Self {
            next_ping: settings
                .ping_interval
                .and_then(|interval| now.checked_add(interval)),
            answer: None,
            message: None,
            close: None,
            shutdown: None,
        }
    }

    /// Closes the connection after this time.
    pub(crate) fn shut_down(&mut self, now: Instant, after: Duration) {
        self.shutdown = now.checked_add(after);
    }

    /// Begins and ends the deadlines of messages and of the close handshake; returns whether one has changed. Reads the
    /// clock only to begin one.
    pub(crate) fn observe(&mut self, settings: &WebSocketSettings, state: State) -> bool {
        let mut is_changed = false;
        let message = state
            .unfinished
            .filter(|_| !state.is_paused && state.closing.is_none());
        if self.message.map(|(message, _)| message) != message {
            is_changed = true;
            self.message = message.and_then(|message| {
                Some((
                    message,
                    Instant::now().checked_add(settings.message_timeout)?,
                ))
            });
        }
        if self.close.map(|(closing, _)| closing) != state.closing {
            is_changed = true;
            self.close = state.closing.and_then(|closing| {
                Some((closing, Instant::now().checked_add(settings.close_timeout)?))
            });
            (self.next_ping, self.answer, self.shutdown) = (None, None, None);
        }
        is_changed
    }

    /// Returns the earliest deadline.
    pub(crate) fn next(&self) -> Option<Instant> {
        let message = self.message.map(|(_, at)| at);
        let close = self.close.map(|(_, at)| at);
        let all = [self.next_ping, self.answer, message, close, self.shutdown];
        all.into_iter().flatten().min()
    }

    /// Returns what is due, one at a time.
    pub(crate) fn due(
        &mut self,
        settings: &WebSocketSettings,
        now: Instant,
        state: State,
        activity: &mut Activity,
    ) -> Option<Due> {
        if self.close.is_some_and(|(_, at)| at <= now) {
            return Some(Due::CloseTimeout);
        }
        if self.shutdown.take_if(|at| *at <= now).is_some() {
            return Some(Due::Shutdown);
        }
        if self.message.take_if(|(_, at)| *at <= now).is_some() {
            return Some(Due::MessageTimeout);
        }
        if self.answer.take_if(|at| *at <= now).is_some() && !activity.has_read && !state.is_paused
        {
            return Some(Due::PingTimeout);
        }
        if self.next_ping.is_some_and(|at| at <= now) {
            if state.has_output && !activity.has_written {
                return Some(Due::Unread);
            }
            self.next_ping = settings
                .ping_interval
                .and_then(|interval| now.checked_add(interval));
            activity.has_written = false;
            // With a timeout that is longer than the interval, the answer to an earlier ping is still awaited.
            if self.answer.is_none() {
                activity.has_read = false;
                self.answer = now.checked_add(settings.ping_timeout);
            }
            return Some(Due::Ping);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPEN: State = State {
        has_output: false,
        is_paused: false,
        unfinished: None,
        closing: None,
    };

    fn settings() -> WebSocketSettings {
        WebSocketSettings::new()
            .ping_interval(Duration::from_secs(30))
            .ping_timeout(Duration::from_secs(10))
            .message_timeout(Duration::from_secs(60))
            .close_timeout(Duration::from_secs(5))
    }

    /// All that is due over 100 s, with the second of each. `step` sets the state at each deadline.
    fn run(mut step: impl FnMut(u64, &mut State, &mut Activity)) -> Vec<(u64, Due)> {
        let (settings, start) = (settings(), Instant::now());
        let mut timing = Timing::new(&settings, start);
        let (mut state, mut activity) = (OPEN, Activity::default());
        let mut found = Vec::new();
        for second in 0..=100 {
            step(second, &mut state, &mut activity);
            let now = start + Duration::from_secs(second);
            while let Some(due) = timing.due(&settings, now, state, &mut activity) {
                found.push((second, due));
                if due != Due::Ping {
                    return found;
                }
            }
        }
        found
    }

    #[test]
    fn pings() {
        use Due::{Ping, PingTimeout, Unread};
        assert_eq!(run(|_, _, _| {}), [(30, Ping), (40, PingTimeout)]);
        let answers =
            |second, _: &mut State, activity: &mut Activity| activity.has_read |= second == 33;
        assert_eq!(run(answers), [(30, Ping), (60, Ping), (70, PingTimeout)]);
        let before =
            |second, _: &mut State, activity: &mut Activity| activity.has_read |= second == 29;
        assert_eq!(run(before), [(30, Ping), (40, PingTimeout)]);
        let always = |_, _: &mut State, activity: &mut Activity| activity.has_read = true;
        assert_eq!(run(always), [(30, Ping), (60, Ping), (90, Ping)]);
        let paused = |second, state: &mut State, _: &mut Activity| state.is_paused = second < 65;
        assert_eq!(run(paused), [(30, Ping), (60, Ping), (70, PingTimeout)]);
        let unread = |second, state: &mut State, activity: &mut Activity| {
            activity.has_read = true;
            state.has_output = second > 31;
            activity.has_written |= second < 40;
        };
        assert_eq!(run(unread), [(30, Ping), (60, Ping), (90, Unread)]);
    }

    #[tokio::test(start_paused = true)]
    async fn messages_and_closing() {
        let settings = settings();
        let start = Instant::now();
        let mut timing = Timing::new(&settings, start);
        let after = |timing: &Timing| timing.next().map(|at| (at - start).as_secs());
        let mut activity = Activity::default();
        assert_eq!(after(&timing), Some(30));
        timing.next_ping = None;
        for (state, wanted) in [
            (
                State {
                    unfinished: Some(1),
                    ..OPEN
                },
                Some(60),
            ),
            // The same message later, the next one, and one that is not read.
            (
                State {
                    unfinished: Some(1),
                    ..OPEN
                },
                Some(60),
            ),
            (
                State {
                    unfinished: Some(2),
                    ..OPEN
                },
                Some(80),
            ),
            (
                State {
                    unfinished: Some(2),
                    is_paused: true,
                    ..OPEN
                },
                None,
            ),
            (
                State {
                    unfinished: Some(2),
                    ..OPEN
                },
                Some(100),
            ),
            (OPEN, None),
            (
                State {
                    unfinished: Some(3),
                    closing: Some(Closing::Frame),
                    ..OPEN
                },
                Some(65),
            ),
            (
                State {
                    closing: Some(Closing::Frame),
                    ..OPEN
                },
                Some(65),
            ),
            (
                State {
                    closing: Some(Closing::End),
                    ..OPEN
                },
                Some(85),
            ),
        ] {
            timing.observe(&settings, state);
            assert_eq!(after(&timing), wanted, "{state:?}");
            tokio::time::advance(Duration::from_secs(10)).await;
        }
        let due = timing.due(&settings, Instant::now(), OPEN, &mut activity);
        assert_eq!(due, Some(Due::CloseTimeout));
    }

    #[tokio::test(start_paused = true)]
    async fn a_message_that_takes_too_long_and_a_shutdown() {
        let (settings, start) = (settings().ping_interval(None), Instant::now());
        let mut timing = Timing::new(&settings, start);
        let state = State {
            unfinished: Some(1),
            ..OPEN
        };
        timing.observe(&settings, state);
        timing.shut_down(start, Duration::from_secs(70));
        let mut due = |second| {
            let now = start + Duration::from_secs(second);
            timing.due(&settings, now, state, &mut Activity::default())
        };
        assert_eq!(due(59), None);
        assert_eq!(due(60), Some(Due::MessageTimeout));
        assert_eq!(due(69), None);
        assert_eq!(due(70), Some(Due::Shutdown));
        assert_eq!(due(71), None);
    }
}
