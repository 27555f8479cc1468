//! The pool for what may wait for a disk: the only file that knows a runtime.

use std::{
    io,
    panic::resume_unwind,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::{runtime::Handle, task::JoinHandle};

/// The result of a function that runs elsewhere, or has run here already.
#[derive(Debug)]
pub(crate) enum Running<T> {
    Elsewhere(JoinHandle<io::Result<T>>),
    Done(Option<io::Result<T>>),
}

/// Runs a function where it may block: on tokio's pool, or here where there is no tokio.
pub(crate) fn run<T: Send + 'static>(
    function: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Running<T> {
    match Handle::try_current() {
        Ok(runtime) => Running::Elsewhere(runtime.spawn_blocking(function)),
        Err(_) => Running::Done(Some(function())),
    }
}

/// Runs a function on the pool whose result nobody waits for; nowhere if there is no pool.
pub(crate) fn run_aside(function: impl FnOnce() + Send + 'static) {
    if let Ok(runtime) = Handle::try_current() {
        runtime.spawn_blocking(function);
    }
}

impl<T: Unpin> Future for Running<T> {
    /// The function's result; an error of its own when the runtime ends before it has begun.
    type Output = io::Result<T>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        match self.get_mut() {
            Self::Done(result) => Poll::Ready(result.take().expect("polled after it was ready")),
            Self::Elsewhere(handle) => Pin::new(handle).poll(cx).map(|joined| match joined {
                Ok(result) => result,
                Err(error) => match error.try_into_panic() {
                    Ok(panic) => resume_unwind(panic),
                    Err(error) => Err(io::Error::other(error)),
                },
            }),
        }
    }
}
