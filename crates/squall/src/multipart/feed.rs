//! The body as the parser reads it: one chunk at a time, and little while it reads a field's headers.

use std::{
    error::Error as StdError,
    fmt, mem,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Poll, ready},
};

use axum_core::body::Body;
use bytes::Bytes;
use futures_core::Stream;
use http_body::Body as _;
use squall_server::BoxError;

/// The length of a boundary with the headers of a field, and of all before and after the form, in
/// bytes. The parser has no limit, and searches all of it again after each chunk.
const HEAD_LIMIT: usize = 16 * 1024;

/// Not limited.
const DATA: usize = usize::MAX;

/// How much the parser may read.
pub(super) struct Budget(Arc<Shared>);

struct Shared {
    /// The bytes that are left of `HEAD_LIMIT`, or `DATA`.
    left: AtomicUsize,
    /// Polled by the parser, and at the end by [`Budget::skip_rest`].
    body: Mutex<Body>,
}

/// The stream of the parser.
struct Chunks {
    shared: Arc<Shared>,
    /// multer polls until `Pending` before it parses. A `Pending` after each chunk keeps it from
    /// buffering all that the body has.
    is_paused: bool,
}

/// Returns the stream for the parser, and what controls it.
pub(super) fn feed(body: Body) -> (impl Stream<Item = Result<Bytes, BoxError>> + Send, Budget) {
    let shared = Arc::new(Shared {
        left: AtomicUsize::new(HEAD_LIMIT),
        body: Mutex::new(body),
    });
    let chunks = Chunks {
        shared: Arc::clone(&shared),
        is_paused: false,
    };
    (chunks, Budget(shared))
}

impl Budget {
    /// From here on the parser reads the headers of a field.
    pub(super) fn begin_head(&self) {
        self.0.left.store(HEAD_LIMIT, Relaxed);
    }

    /// From here on the parser reads data, which has other limits.
    pub(super) fn end_head(&self) {
        self.0.left.store(DATA, Relaxed);
    }

    /// Reads what is behind the form, so that a body that is cut short there is found, and the
    /// connection can be used again.
    pub(super) async fn skip_rest(&self) -> Result<(), multer::Error> {
        let end = std::future::poll_fn(|cx| {
            while let Some(chunk) = ready!(self.0.poll_chunk(cx)) {
                chunk?;
            }
            Poll::Ready(Ok(()))
        });
        end.await.map_err(multer::Error::StreamReadFailed)
    }
}

impl Shared {
    fn poll_chunk(&self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BoxError>>> {
        let mut body = self.body.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let left = self.left.load(Relaxed);
            if left == 0 && !body.is_end_stream() {
                return Poll::Ready(Some(Err(HeadTooLong.into())));
            }
            let chunk = match ready!(Pin::new(&mut *body).poll_frame(cx)) {
                None => return Poll::Ready(None),
                Some(Err(error)) => return Poll::Ready(Some(Err(error.into()))),
                Some(Ok(frame)) => frame.into_data(),
            };
            // Trailers have no meaning here.
            if let Ok(chunk) = chunk {
                if left != DATA {
                    self.left.store(left.saturating_sub(chunk.len()), Relaxed);
                }
                return Poll::Ready(Some(Ok(chunk)));
            }
        }
    }
}

impl Stream for Chunks {
    type Item = Result<Bytes, BoxError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if mem::take(&mut self.is_paused) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let chunk = ready!(self.shared.poll_chunk(cx));
        self.is_paused = true;
        Poll::Ready(chunk)
    }
}

/// The headers of a field have no end within the limit.
#[derive(Debug)]
pub(super) struct HeadTooLong;

impl fmt::Display for HeadTooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the form has no boundary, or a field has headers of more than {HEAD_LIMIT} bytes"
        )
    }
}

impl StdError for HeadTooLong {}
