//! A response as WSGI has it: `head.rs` has the arguments of `start_response`, `stream.rs` the iterator of a
//! body that is not there at once.

mod head;
mod stream;

use std::{
    fmt::Display,
    future::poll_fn,
    pin::{Pin, pin},
    task::Poll,
};

use bytes::{Bytes, BytesMut};
use http_body::{Body as _, Frame};
use pyo3::{
    exceptions::PyRuntimeError,
    prelude::*,
    types::{PyBytes, PyList},
};
use squall::{Body, http::response::Parts};

use self::stream::ResponseStream;
use crate::{drive::drive, input::Input, process::Process, settings::Responding};

/// How many bytes of a body are collected before it becomes an iterator.
const WHOLE: usize = 64 * 1024;

/// A response, and what of its body was there at once.
struct Begun {
    head: Parts,
    /// The length of the whole body, if it is known.
    length: Option<u64>,
    first: Bytes,
    /// `None` if that was all.
    rest: Option<Body>,
}

/// Waits for a response, and passes it to the server.
///
/// # Errors
///
/// Those of the server, and a `RuntimeError` if the body fails before its first byte.
pub(crate) fn send<'py>(
    start_response: &Bound<'py, PyAny>,
    process: &'static Process,
    responding: Responding,
    is_head: bool,
    mut input: Option<Input>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = start_response.py();
    let begun = pin!(begin(responding));
    let begun = drive(py, &process.runtime, begun, &mut input)??;
    // The length of a response to HEAD is that of the body that GET would have.
    let length = begun.length.filter(|_| !is_head);
    let (status, headers) = head::arguments(py, &begun.head, length)?;
    start_response.call1((status, headers))?;
    match begun.rest {
        None if begun.first.is_empty() => Ok(PyList::empty(py).into_any()),
        None => Ok(PyList::new(py, [PyBytes::new(py, &begun.first)])?.into_any()),
        Some(rest) => {
            let stream = ResponseStream::new(process, begun.first, rest, input);
            Ok(Bound::new(py, stream)?.into_any())
        }
    }
}

/// Waits for a response, and takes what there is of its body.
async fn begin(responding: Responding) -> PyResult<Begun> {
    let (head, mut body) = responding.await.into_parts();
    let mut length = body.size_hint().exact();
    let mut first = Bytes::new();
    let mut rest = (!body.is_end_stream()).then_some(());
    while rest.is_some() && first.len() < WHOLE {
        let frame = poll_fn(|cx| Poll::Ready(Pin::new(&mut body).poll_frame(cx))).await;
        match frame {
            Poll::Ready(Some(frame)) => {
                first = joined(first, data(frame)?);
                rest = (!body.is_end_stream()).then_some(());
            }
            Poll::Ready(None) => rest = None,
            Poll::Pending => break,
        }
    }
    if rest.is_none() {
        length = Some(first.len() as u64);
    }
    Ok(Begun {
        head,
        length,
        first,
        rest: rest.map(|()| body),
    })
}

/// Returns both chunks in one.
fn joined(first: Bytes, second: Bytes) -> Bytes {
    if first.is_empty() {
        return second;
    }
    let mut both = BytesMut::from(first);
    both.extend_from_slice(&second);
    both.freeze()
}

/// Returns the data of a frame; WSGI has no trailers.
///
/// # Errors
///
/// The server cuts the response off when an exception comes instead of a chunk.
fn data(frame: Result<Frame<Bytes>, impl Display>) -> PyResult<Bytes> {
    match frame {
        Ok(frame) => Ok(frame.into_data().unwrap_or_default()),
        Err(error) => {
            tracing::error!(%error, "the body of a response failed");
            Err(PyRuntimeError::new_err(format!(
                "the body of the response failed: {error}"
            )))
        }
    }
}
