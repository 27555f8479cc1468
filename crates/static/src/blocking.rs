//! Blocking thread pool: runs disk I/O off the event loop. The only use of tokio.

use std::{
    io,
    panic::resume_unwind,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::{runtime::Handle, task::JoinHandle};

/// A task on the blocking pool, or the result of a function that has run inline.
#[derive(Debug)]
pub(crate) enum BlockingTask<T> {
    Spawned(JoinHandle<io::Result<T>>),
    Done(Option<io::Result<T>>),
}

/// Runs a function on tokio's blocking pool, or inline without a tokio runtime.
pub(crate) fn run<T: Send + 'static>(
    function: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> BlockingTask<T> {
    match Handle::try_current() {
        Ok(runtime) => BlockingTask::Spawned(runtime.spawn_blocking(function)),
        Err(_) => BlockingTask::Done(Some(function())),
    }
}

/// Runs a function on the blocking pool in the background; does nothing without a tokio runtime.
pub(crate) fn spawn(function: impl FnOnce() + Send + 'static) {
    if let Ok(runtime) = Handle::try_current() {
        runtime.spawn_blocking(function);
    }
}

impl<T: Unpin> Future for BlockingTask<T> {
    /// The function's result; an error if the runtime shuts down before the function has started.
    type Output = io::Result<T>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        match self.get_mut() {
            Self::Done(result) => Poll::Ready(result.take().expect("polled after completion")),
            Self::Spawned(handle) => Pin::new(handle).poll(cx).map(|joined| match joined {
                Ok(result) => result,
                Err(error) => match error.try_into_panic() {
                    Ok(panic) => resume_unwind(panic),
                    Err(error) => Err(io::Error::other(error)),
                },
            }),
        }
    }
}
