//! A request's body: the application polls it anywhere, and `wsgi.input` is read in the thread of the request.
//!
//! A WSGI server binds its input to the thread that it calls the application in, and reading blocks. So the body
//! only asks for a chunk; `drive.rs` sees that, and reads one with Python's lock.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use pyo3::{
    exceptions::{PyTypeError, PyValueError},
    intern,
    prelude::*,
    types::PyBytes,
};
use squall::BodyError;

use crate::environ::Length;

/// How many bytes are read at once. A server waits for all of them, or for the end.
const CHUNK: u64 = 64 * 1024;

/// State that both sides share.
#[derive(Default)]
struct Exchange {
    /// A chunk for the body; an empty one is the end.
    chunk: Option<Result<Bytes, String>>,
    is_wanted: bool,
    /// Whether the request is over: nothing will be read any more.
    is_over: bool,
    body: Option<Waker>,
    driver: Option<Waker>,
}

/// The body of a request, for the application.
pub(crate) struct RequestBody {
    /// `None` of a body without bytes.
    exchange: Option<Arc<Mutex<Exchange>>>,
    /// The bytes that have not come yet; `None` if the end is where the input ends.
    left: Option<u64>,
    is_at_end: bool,
}

/// The input of a request, for the thread of the request.
pub(crate) struct Input {
    stream: Py<PyAny>,
    exchange: Arc<Mutex<Exchange>>,
    left: Option<u64>,
}

/// Returns the body of a request and, if it has one, its input.
pub(crate) fn body(
    length: Length,
    stream: Option<Bound<'_, PyAny>>,
) -> (RequestBody, Option<Input>) {
    let left = match length {
        Length::Bytes(bytes) => Some(bytes),
        Length::ToTheEnd => None,
    };
    let (Some(stream), false) = (stream, left == Some(0)) else {
        return (
            RequestBody {
                exchange: None,
                left: Some(0),
                is_at_end: true,
            },
            None,
        );
    };
    let exchange = Arc::<Mutex<Exchange>>::default();
    let body = RequestBody {
        exchange: Some(Arc::clone(&exchange)),
        left,
        is_at_end: false,
    };
    let input = Input {
        stream: stream.unbind(),
        exchange,
        left,
    };
    (body, Some(input))
}

fn lock(exchange: &Mutex<Exchange>) -> MutexGuard<'_, Exchange> {
    // A state of plain values is whole even after a panic.
    exchange.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Input {
    /// Returns whether the body waits for a chunk, and wakes the task when it does.
    pub(crate) fn is_wanted(&self, cx: &Context<'_>) -> bool {
        let mut exchange = lock(&self.exchange);
        if !exchange.is_wanted {
            exchange.driver = Some(cx.waker().clone());
        }
        exchange.is_wanted
    }

    /// Reads a chunk for the body.
    pub(crate) fn read(&mut self, py: Python<'_>) {
        let chunk = self.read_chunk(py).map_err(|error| error.to_string());
        let mut exchange = lock(&self.exchange);
        exchange.is_wanted = false;
        exchange.chunk = Some(chunk);
        if let Some(body) = exchange.body.take() {
            body.wake();
        }
    }

    fn read_chunk(&mut self, py: Python<'_>) -> PyResult<Bytes> {
        let most = self.left.map_or(CHUNK, |left| left.min(CHUNK));
        let chunk = self
            .stream
            .bind(py)
            .call_method1(intern!(py, "read"), (most,))?;
        let chunk = chunk
            .cast::<PyBytes>()
            .map_err(|_| PyTypeError::new_err("wsgi.input.read() returned no bytes"))?;
        let chunk = chunk.as_bytes();
        if chunk.len() as u64 > most {
            return Err(PyValueError::new_err(
                "wsgi.input.read() returned more than was asked for",
            ));
        }
        if let Some(left) = &mut self.left {
            *left -= chunk.len() as u64;
        }
        Ok(Bytes::copy_from_slice(chunk))
    }
}

/// A body that a task still reads gets an error.
impl Drop for Input {
    fn drop(&mut self) {
        let mut exchange = lock(&self.exchange);
        exchange.is_over = true;
        if let Some(body) = exchange.body.take() {
            body.wake();
        }
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = &mut *self;
        let Some(shared) = this.exchange.as_ref().filter(|_| !this.is_at_end) else {
            return Poll::Ready(None);
        };
        let mut exchange = lock(shared);
        let chunk = match exchange.chunk.take() {
            Some(Ok(chunk)) => chunk,
            Some(Err(error)) => {
                this.is_at_end = true;
                return Poll::Ready(Some(Err(BodyError::broken(error))));
            }
            None if exchange.is_over => {
                this.is_at_end = true;
                return Poll::Ready(Some(Err(BodyError::broken("the request is over"))));
            }
            None => {
                exchange.is_wanted = true;
                exchange.body = Some(cx.waker().clone());
                if let Some(driver) = exchange.driver.take() {
                    driver.wake();
                }
                return Poll::Pending;
            }
        };
        drop(exchange);
        let missing = this.left.unwrap_or(0);
        if chunk.is_empty() {
            this.is_at_end = true;
            return Poll::Ready((missing > 0).then(|| {
                Err(BodyError::broken(format!(
                    "{missing} bytes of the body are missing"
                )))
            }));
        }
        if let Some(left) = &mut this.left {
            *left -= chunk.len() as u64;
            this.is_at_end = *left == 0;
        }
        Poll::Ready(Some(Ok(Frame::data(chunk))))
    }

    fn is_end_stream(&self) -> bool {
        self.is_at_end
    }

    fn size_hint(&self) -> SizeHint {
        match self.left {
            Some(left) => SizeHint::with_exact(left),
            None => SizeHint::default(),
        }
    }
}
