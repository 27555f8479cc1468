//! `ResponseStream`: the iterator of a body that is not there at once.

use std::{
    future::poll_fn,
    pin::{Pin, pin},
    sync::{Mutex, PoisonError},
};

use bytes::Bytes;
use http_body::Body as _;
use pyo3::{prelude::*, types::PyBytes};
use squall::Body;

use super::data;
use crate::{drive::drive, input::Input, process::Process};

/// The chunks of a body, each as it comes.
#[pyclass(frozen, module = "squall_wsgi", name = "ResponseStream")]
pub(super) struct ResponseStream {
    process: &'static Process,
    /// `None` while a chunk is waited for, and at the end. A thread that waits for this lock has Python's, so
    /// the lock is not kept while a chunk is waited for.
    state: Mutex<Option<State>>,
}

struct State {
    /// The chunk that came with the head.
    first: Bytes,
    body: Body,
    /// The request's body, which the response may still read.
    input: Option<Input>,
}

impl ResponseStream {
    pub(super) fn new(
        process: &'static Process,
        first: Bytes,
        body: Body,
        input: Option<Input>,
    ) -> Self {
        let state = State { first, body, input };
        Self {
            process,
            state: Mutex::new(Some(state)),
        }
    }

    fn take(&self) -> Option<State> {
        self.state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }

    fn put(&self, state: State) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = Some(state);
    }
}

#[pymethods]
impl ResponseStream {
    fn __iter__(this: PyRef<'_, Self>) -> PyRef<'_, Self> {
        this
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyBytes>>> {
        self.process.check()?;
        let Some(mut state) = self.take() else {
            return Ok(None);
        };
        let mut chunk = std::mem::take(&mut state.first);
        while chunk.is_empty() {
            let frame = pin!(poll_fn(|cx| Pin::new(&mut state.body).poll_frame(cx)));
            match drive(py, &self.process.runtime, frame, &mut state.input)? {
                Some(frame) => chunk = data(frame)?,
                None => return Ok(None),
            }
        }
        self.put(state);
        Ok(Some(PyBytes::new(py, &chunk)))
    }

    /// Drops the body: the server has sent it, or its client has disconnected.
    fn close(&self) {
        if self.process.is_this() {
            // The dropped value may be a part of the runtime.
            let _runtime = self.process.runtime.enter();
            drop(self.take());
        }
    }
}

/// A server that does not call `close`.
impl Drop for ResponseStream {
    fn drop(&mut self) {
        if self.process.is_this() {
            self.close();
        } else {
            // Its tasks belong to the process that has forked.
            std::mem::forget(self.take());
        }
    }
}
