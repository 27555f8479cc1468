//! The streams of events to browsers (server-sent events, the HTML standard's section 9.2).

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use serde::Serialize;

use crate::Status;

/// Events that a browser has not taken. It is told to load the page again instead of the rest.
const LIMIT: usize = 64;

/// What happens in a page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(super) enum Event {
    /// Which program answers.
    Ready {
        generation: String,
    },
    Building {},
    Failed {
        diagnostics: String,
    },
    /// What runs is what the sources say, again.
    Fixed {},
    /// A style sheet is another.
    Css {
        path: String,
    },
    /// Something else that pages are made of is.
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

    /// JSON is one line, whatever the text in it.
    fn frame(&self) -> Bytes {
        let data = serde_json::to_string(self).expect("text and nothing else is JSON");
        format!("event: {}\ndata: {data}\n\n", self.name()).into()
    }
}

impl From<Status> for Event {
    fn from(status: Status) -> Self {
        match status {
            Status::Fine => Self::Fixed {},
            Status::Building => Self::Building {},
            Status::Failed { diagnostics } => Self::Failed { diagnostics },
        }
    }
}

/// Everybody who listens.
#[derive(Debug, Default)]
pub(super) struct Hub {
    listeners: Mutex<Listeners>,
}

#[derive(Debug, Default)]
struct Listeners {
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
    /// A stream that begins with these.
    pub(super) fn listen(self: &Arc<Self>, first: &[Event]) -> Stream {
        let mut listeners = self.lock();
        let id = listeners.next;
        listeners.next += 1;
        let mut queue = Queue::default();
        // A browser that lost its stream comes back soon.
        queue
            .frames
            .push_back(Bytes::from_static(b"retry: 100\n\n"));
        for event in first {
            queue.push(event);
        }
        listeners.open.insert(id, queue);
        Stream {
            hub: Arc::clone(self),
            id,
        }
    }

    pub(super) fn tell(&self, event: &Event) {
        for queue in self.lock().open.values_mut() {
            queue.push(event);
        }
    }

    /// Ends every stream, and each that begins later, after what it has to say.
    pub(super) fn close(&self) {
        let mut listeners = self.lock();
        listeners.closed = true;
        for queue in listeners.open.values_mut() {
            if let Some(waker) = queue.waker.take() {
                waker.wake();
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Listeners> {
        // A queue is whole between any two lines here.
        self.listeners
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// One browser's events.
#[derive(Debug)]
pub(super) struct Stream {
    hub: Arc<Hub>,
    id: u64,
}

impl Stream {
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let mut listeners = self.hub.lock();
        let closed = listeners.closed;
        let Some(queue) = listeners.open.get_mut(&self.id) else {
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

    fn is_over(stream: &mut Stream) -> bool {
        stream
            .poll(&mut Context::from_waker(Waker::noop()))
            .is_ready()
    }

    #[test]
    fn frames() {
        let failed = Event::Failed {
            diagnostics: "a \"b\"\n\ndata: c\r\u{1b}[0m".to_owned(),
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
                "event: failed\ndata: {\"diagnostics\":\"a \\\"b\\\"\\n\\ndata: c\\r\\u001b[0m\"}\n\n",
            ),
        ] {
            assert_eq!(event.frame(), expected);
        }
    }

    #[test]
    fn everybody_hears_of_it_until_the_end() {
        let hub = Arc::new(Hub::default());
        let mut early = hub.listen(&[]);
        hub.tell(&Event::Building {});
        let mut late = hub.listen(&[Event::Fixed {}]);
        hub.tell(&Event::Reload {});
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
        assert!(!is_over(&mut early));
        drop(late);
        assert_eq!(hub.lock().open.len(), 1);
        hub.close();
        assert!(is_over(&mut early));
        let mut after = hub.listen(&[Event::Building {}]);
        assert_eq!(ready(&mut after).len(), 2);
        assert!(is_over(&mut after));
    }

    #[test]
    fn who_does_not_listen_costs_little() {
        let hub = Arc::new(Hub::default());
        let mut stream = hub.listen(&[]);
        for _ in 0..10 * LIMIT {
            hub.tell(&Event::Building {});
        }
        let frames = ready(&mut stream);
        assert!(frames.len() <= LIMIT, "{}", frames.len());
        assert!(frames[0].starts_with("event: reload"));
    }
}
