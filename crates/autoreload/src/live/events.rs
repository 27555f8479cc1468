//! Event streams to browsers: server-sent events (HTML Standard, section 9.2).

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use serde::Serialize;

use crate::{Status, diagnostic::Diagnostic};

/// How many events a stream queues. One reload replaces the queue when it is full.
const LIMIT: usize = 64;

/// An event for the script in a page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(super) enum Event {
    /// The first event: the generation that serves, and settings.
    Ready {
        generation: String,
        /// The URL of an editor, with placeholders.
        editor: String,
    },
    Building {},
    Failed {
        diagnostics: String,
        problems: Vec<Diagnostic>,
    },
    /// The running program matches its sources again.
    Fixed {},
    /// A style sheet has changed.
    Css {
        path: String,
    },
    /// Another watched file has changed.
    Reload {},
}

impl Event {
    fn name(&self) -> &'static str {
        match self {
            Self::Ready { .. } => "ready",
            Self::Building {} => "building",
            Self::Failed { .. } => "failed",
            Self::Fixed {} => "fixed",
            Self::Css { .. } => "css",
            Self::Reload {} => "reload",
        }
    }

    /// Serializes to one frame. JSON escapes line breaks, which would end the `data` field.
    fn frame(&self) -> Bytes {
        let data = serde_json::to_string(self).expect("strings are valid JSON");
        format!("event: {}\ndata: {data}\n\n", self.name()).into()
    }
}

impl From<Status> for Event {
    fn from(status: Status) -> Self {
        match status {
            Status::Fine => Self::Fixed {},
            Status::Building => Self::Building {},
            Status::Failed {
                diagnostics,
                problems,
            } => Self::Failed {
                diagnostics,
                problems,
            },
        }
    }
}

/// All open event streams.
#[derive(Debug, Default)]
pub(super) struct Hub {
    streams: Mutex<Streams>,
}

#[derive(Debug, Default)]
struct Streams {
    open: BTreeMap<u64, Queue>,
    next: u64,
    closed: bool,
}

#[derive(Debug, Default)]
struct Queue {
    frames: VecDeque<Bytes>,
    waker: Option<Waker>,
}

impl Queue {
    fn push(&mut self, event: &Event) {
        if self.frames.len() == LIMIT {
            self.frames.clear();
            self.frames.push_back(Event::Reload {}.frame());
        }
        self.frames.push_back(event.frame());
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

impl Hub {
    /// Opens a stream that starts with these events.
    pub(super) fn subscribe(self: &Arc<Self>, first: &[Event]) -> Stream {
        let mut streams = self.lock();
        let id = streams.next;
        streams.next += 1;
        let mut queue = Queue::default();
        // The browser reconnects after 100 ms.
        queue
            .frames
            .push_back(Bytes::from_static(b"retry: 100\n\n"));
        for event in first {
            queue.push(event);
        }
        streams.open.insert(id, queue);
        Stream {
            hub: Arc::clone(self),
            id,
        }
    }

    /// Sends an event to all streams.
    pub(super) fn send(&self, event: &Event) {
        for queue in self.lock().open.values_mut() {
            queue.push(event);
        }
    }

    /// Ends every stream, and each later one, after its queued events.
    pub(super) fn close(&self) {
        let mut streams = self.lock();
        streams.closed = true;
        for queue in streams.open.values_mut() {
            if let Some(waker) = queue.waker.take() {
                waker.wake();
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Streams> {
        // No code can panic while a queue is inconsistent.
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The event stream of one page.
#[derive(Debug)]
pub(super) struct Stream {
    hub: Arc<Hub>,
    id: u64,
}

impl Stream {
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let mut streams = self.hub.lock();
        let closed = streams.closed;
        let Some(queue) = streams.open.get_mut(&self.id) else {
            return Poll::Ready(None);
        };
        match queue.frames.pop_front() {
            Some(frame) => Poll::Ready(Some(frame)),
            None if closed => Poll::Ready(None),
            None => {
                queue.waker = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.hub.lock().open.remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ready(stream: &mut Stream) -> Vec<String> {
        let mut context = Context::from_waker(Waker::noop());
        let mut frames = Vec::new();
        while let Poll::Ready(Some(frame)) = stream.poll(&mut context) {
            frames.push(String::from_utf8(frame.to_vec()).unwrap());
        }
        frames
    }

    fn is_ended(stream: &mut Stream) -> bool {
        stream
            .poll(&mut Context::from_waker(Waker::noop()))
            .is_ready()
    }

    #[test]
    fn frames_are_single_line_json() {
        let failed = Event::Failed {
            diagnostics: "a \"b\"\n\ndata: c\r\u{1b}[0m".to_owned(),
            problems: Vec::new(),
        };
        for (event, expected) in [
            (Event::Building {}, "event: building\ndata: {}\n\n"),
            (
                Event::Css {
                    path: "a.css".to_owned(),
                },
                "event: css\ndata: {\"path\":\"a.css\"}\n\n",
            ),
            (
                failed,
                "event: failed\ndata: {\"diagnostics\":\"a \\\"b\\\"\\n\\ndata: c\\r\\u001b[0m\",\"problems\":[]}\n\n",
            ),
        ] {
            assert_eq!(event.frame(), expected);
        }
    }

    #[test]
    fn all_streams_get_events_until_closed() {
        let hub = Arc::new(Hub::default());
        let mut early = hub.subscribe(&[]);
        hub.send(&Event::Building {});
        let mut late = hub.subscribe(&[Event::Fixed {}]);
        hub.send(&Event::Reload {});
        assert_eq!(
            ready(&mut early),
            [
                "retry: 100\n\n",
                "event: building\ndata: {}\n\n",
                "event: reload\ndata: {}\n\n"
            ]
        );
        assert_eq!(
            ready(&mut late),
            [
                "retry: 100\n\n",
                "event: fixed\ndata: {}\n\n",
                "event: reload\ndata: {}\n\n"
            ]
        );
        assert!(!is_ended(&mut early));
        drop(late);
        assert_eq!(hub.lock().open.len(), 1);
        hub.close();
        assert!(is_ended(&mut early));
        let mut after = hub.subscribe(&[Event::Building {}]);
        assert_eq!(ready(&mut after).len(), 2);
        assert!(is_ended(&mut after));
    }

    #[test]
    fn queue_of_a_slow_stream_is_limited() {
        let hub = Arc::new(Hub::default());
        let mut stream = hub.subscribe(&[]);
        for _ in 0..10 * LIMIT {
            hub.send(&Event::Building {});
        }
        let frames = ready(&mut stream);
        assert!(frames.len() <= LIMIT, "{}", frames.len());
        assert!(frames[0].starts_with("event: reload"));
    }
}
