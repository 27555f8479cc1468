//! Drives a future in the thread of its request, without Python's lock, and reads the request's body when the
//! future waits for it.

use std::{
    any::Any,
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::Poll,
};

use pyo3::{exceptions::PyRuntimeError, prelude::*};
use tokio::runtime::Runtime;

use crate::input::Input;

enum Step<T> {
    Ready(T),
    /// The body waits for a chunk.
    Read,
    Panicked(Box<dyn Any + Send>),
}

/// Waits for a future.
///
/// # Errors
///
/// If it panics. Handlers and their bodies do not: a layer of the application does.
pub(crate) fn drive<F>(
    py: Python<'_>,
    runtime: &Runtime,
    mut future: Pin<&mut F>,
    input: &mut Option<Input>,
) -> PyResult<F::Output>
where
    F: Future<Output: Send> + Send + ?Sized,
{
    loop {
        let wanted = input.as_ref();
        let step = py.detach(|| {
            runtime.block_on(poll_fn(|cx| {
                // The future is not polled again after a panic.
                let polled = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx)));
                match polled {
                    Ok(Poll::Ready(output)) => Poll::Ready(Step::Ready(output)),
                    Ok(Poll::Pending) if wanted.is_some_and(|input| input.is_wanted(cx)) => {
                        Poll::Ready(Step::Read)
                    }
                    Ok(Poll::Pending) => Poll::Pending,
                    Err(panic) => Poll::Ready(Step::Panicked(panic)),
                }
            }))
        });
        match step {
            Step::Ready(output) => return Ok(output),
            Step::Read => {
                if let Some(input) = input {
                    input.read(py);
                }
            }
            Step::Panicked(panic) => {
                let message = panic.downcast_ref::<&str>().copied();
                let message = message.or_else(|| panic.downcast_ref().map(String::as_str));
                let message = message.unwrap_or("a panic without a message");
                return Err(PyRuntimeError::new_err(format!(
                    "the application panicked: {message}"
                )));
            }
        }
    }
}
