//! HTTP/2 on hyper, with the feature `http2`.

use std::{
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, Waker},
};

use hyper::{rt::Executor, server::conn::http2};
use hyper_util::rt::TokioIo;
use tokio::runtime::{Handle, RuntimeFlavor};

use super::io::Io;
use crate::{Serve, request::Adapter};

type Connection<S> = http2::Connection<TokioIo<Io>, Adapter<S>, Streams>;

/// An HTTP/2 connection.
pub(crate) struct Http2<S: Serve> {
    connection: Pin<Box<Connection<S>>>,
    streams: Streams,
    /// Whether the runtime has a single thread.
    is_alone: bool,
}

/// hyper's executor of streams. The connection's task polls each stream once, since most respond at
/// once: then the stream needs no task of its own, whose allocation and scheduling cost more than
/// that poll.
///
/// It has `Some` while hyper is polled. In a runtime of several threads it never has: there, each
/// stream gets its task, because the handlers of one connection can run at the same time.
#[derive(Clone, Default)]
struct Streams(Arc<Mutex<Option<Vec<StreamFuture>>>>);

type StreamFuture = Pin<Box<dyn Future<Output = ()> + Send>>;

impl<S: Serve> Http2<S> {
    pub(crate) const IS_ENABLED: bool = true;

    pub(crate) fn begin(io: Io, adapter: Adapter<S>) -> Self {
        let streams = Streams::default();
        let builder = adapter.state.server.http2(streams.clone());
        Self {
            connection: Box::pin(builder.serve_connection(TokioIo::new(io), adapter)),
            streams,
            is_alone: Handle::current().runtime_flavor() == RuntimeFlavor::CurrentThread,
        }
    }

    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<hyper::Result<()>> {
        let connection = self.connection.as_mut();
        if !self.is_alone {
            return connection.poll(cx);
        }
        self.streams.poll_accepted(|| connection.poll(cx))
    }

    pub(crate) fn graceful_shutdown(&mut self) {
        self.connection.as_mut().graceful_shutdown();
    }
}

impl Streams {
    /// Polls the connection, and then each stream that it has accepted.
    fn poll_accepted<T>(&self, poll: impl FnOnce() -> T) -> T {
        self.replace(Some(Vec::new()));
        let result = poll();
        // A stream that has something to send wakes the connection's task, as one with a task of
        // its own would.
        let accepted = self.replace(None);
        accepted.into_iter().flatten().for_each(poll_first);
        result
    }

    fn replace(&self, accepted: Option<Vec<StreamFuture>>) -> Option<Vec<StreamFuture>> {
        let mut streams = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        mem::replace(&mut streams, accepted)
    }
}

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for Streams {
    fn execute(&self, future: F) {
        let mut streams = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *streams {
            Some(accepted) => accepted.push(Box::pin(future)),
            None => drop(tokio::spawn(future)),
        }
    }
}

/// Polls a stream, and spawns it if it is not done: its task polls it again, with the waker of that
/// task.
fn poll_first(mut stream: StreamFuture) {
    let polled = catch_unwind(AssertUnwindSafe(move || {
        let mut cx = Context::from_waker(Waker::noop());
        stream.as_mut().poll(&mut cx).is_pending().then_some(stream)
    }));
    // As in a task, a panic ends the stream alone, after the panic hook has reported it.
    if let Ok(Some(stream)) = polled {
        tokio::spawn(stream);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

    use hyper::rt::Executor;
    use tokio::{runtime::Handle, sync::oneshot, task::yield_now};

    use super::Streams;

    /// Polls a future as a stream that hyper has just accepted.
    fn accept(future: impl Future<Output = ()> + Send + 'static) {
        let streams = Streams::default();
        streams.poll_accepted(|| streams.execute(future));
    }

    #[tokio::test]
    async fn stream_that_responds_at_once_needs_no_task() {
        static POLLED: AtomicU32 = AtomicU32::new(0);
        let tasks = Handle::current().metrics().num_alive_tasks();
        accept(async {
            POLLED.fetch_add(1, Relaxed);
        });
        assert_eq!(POLLED.load(Relaxed), 1);
        assert_eq!(Handle::current().metrics().num_alive_tasks(), tasks);
    }

    #[tokio::test]
    async fn stream_that_waits_is_woken_in_its_own_task() {
        let (wake, woken) = oneshot::channel();
        let (done, finished) = oneshot::channel();
        accept(async {
            yield_now().await;
            done.send(woken.await).unwrap();
        });
        yield_now().await;
        wake.send(7).unwrap();
        assert_eq!(finished.await, Ok(Ok(7)));
    }

    #[tokio::test]
    async fn panic_of_a_stream_ends_no_other() {
        let (done, finished) = oneshot::channel();
        accept(async { panic!("a body panics") });
        accept(async { done.send(()).unwrap() });
        assert_eq!(finished.await, Ok(()));
    }

    #[tokio::test]
    async fn task_of_a_stream_can_spawn_another() {
        let (done, finished) = oneshot::channel();
        Streams::default().execute(async { done.send(()).unwrap() });
        assert_eq!(finished.await, Ok(()));
    }
}
