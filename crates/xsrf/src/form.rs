//! Looks for the token in a form, no further than it must, and keeps what it has read.

use std::{
    collections::VecDeque,
    future::poll_fn,
    mem,
    pin::{Pin, pin},
    sync::atomic::{AtomicBool, Ordering},
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, header};
use http_body::{Body, Frame};
use multer::Multipart;

use crate::{XsrfBody, XsrfError, error::Kind};

/// Tornado's name of the field, whatever the cookie's name is.
pub(crate) const FIELD: &str = "_xsrf";

/// The forms that browsers send without asking first. (The third, text/plain, has no fields.)
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Form {
    UrlEncoded,
    Multipart { boundary: String },
}

impl Form {
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        let content_type = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
        let kind = content_type.split(';').next()?.trim();
        if kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            Some(Self::UrlEncoded)
        } else {
            // It refuses whatever is not multipart/form-data.
            let boundary = multer::parse_boundary(content_type).ok()?;
            Some(Self::Multipart { boundary })
        }
    }

    /// The field's value; `Missing` if the form ends without it.
    pub(crate) async fn token<B>(self, reader: &mut Reader<B>) -> Result<String, Kind>
    where
        B: Body<Data = Bytes> + Send,
    {
        let found = match self {
            Self::UrlEncoded => in_url_encoded(reader).await?,
            Self::Multipart { boundary } => in_multipart(reader, boundary).await?,
        };
        found.ok_or(Kind::Missing)
    }
}

async fn in_url_encoded<B>(reader: &mut Reader<B>) -> Result<Option<String>, Kind>
where
    B: Body<Data = Bytes>,
{
    let mut pair = Vec::new();
    while let Some(chunk) = reader.chunk().await.transpose()? {
        let mut pieces = chunk.split(|&byte| byte == b'&').peekable();
        while let Some(piece) = pieces.next() {
            pair.extend_from_slice(piece);
            if pieces.peek().is_some() {
                let value = value(&pair);
                if value.is_some() {
                    return Ok(value);
                }
                pair.clear();
            }
        }
    }
    Ok(value(&pair))
}

fn value(pair: &[u8]) -> Option<String> {
    let (name, value) = form_urlencoded::parse(pair).next()?;
    (name == FIELD).then(|| value.into_owned())
}

async fn in_multipart<B>(reader: &mut Reader<B>, boundary: String) -> Result<Option<String>, Kind>
where
    B: Body<Data = Bytes> + Send,
{
    // Multer asks for chunks before it looks at those that it has: a pause after each keeps it from taking more than it
    // must, and the limit is an error only once it cannot go on without.
    let mut pause = false;
    let is_over = AtomicBool::new(false);
    let chunks = stream::poll_fn(|cx| {
        if mem::take(&mut pause) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let chunk = ready!(reader.poll_chunk(cx));
        if matches!(chunk, Some(Err(Kind::TooFar))) {
            is_over.store(true, Ordering::Relaxed);
            return Poll::Pending;
        }
        pause = true;
        Poll::Ready(chunk.map(|chunk| chunk.map_err(XsrfError::from)))
    });
    let mut form = Multipart::new(chunks, boundary);
    let mut search = pin!(async {
        while let Some(field) = form.next_field().await? {
            if field.name() == Some(FIELD) {
                return field.text().await.map(Some);
            }
        }
        Ok(None)
    });
    poll_fn(|cx| match search.as_mut().poll(cx) {
        Poll::Ready(found) => Poll::Ready(found.map_err(kind)),
        Poll::Pending if is_over.load(Ordering::Relaxed) => Poll::Ready(Err(Kind::TooFar)),
        Poll::Pending => Poll::Pending,
    })
    .await
}

/// What is wrong with the form itself is for the handler to say, if it ever gets it.
fn kind(error: multer::Error) -> Kind {
    match error {
        multer::Error::StreamReadFailed(_) => Kind::Unreadable,
        _ => Kind::Missing,
    }
}

/// A body of which the beginning is read, and kept.
pub(crate) struct Reader<B> {
    body: Pin<Box<B>>,
    read: VecDeque<Frame<Bytes>>,
    /// How many bytes may still be looked at, or `None` where there were more.
    left: Option<usize>,
}

impl<B> Reader<B>
where
    B: Body<Data = Bytes>,
{
    pub(crate) fn new(body: B, limit: usize) -> Self {
        Self {
            body: Box::pin(body),
            read: VecDeque::new(),
            left: Some(limit),
        }
    }

    /// The body as it was.
    pub(crate) fn into_body(self) -> XsrfBody<B> {
        XsrfBody::again(self.read, self.body)
    }

    async fn chunk(&mut self) -> Option<Result<Bytes, Kind>> {
        poll_fn(|cx| self.poll_chunk(cx)).await
    }

    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Kind>>> {
        let left = self.left.ok_or(Kind::TooFar)?;
        while let Some(frame) = ready!(self.body.as_mut().poll_frame(cx)) {
            let frame = frame.map_err(|_| Kind::Unreadable)?;
            let chunk = frame.data_ref().cloned();
            self.read.push_back(frame);
            if let Some(chunk) = chunk {
                self.left = left.checked_sub(chunk.len());
                return Poll::Ready(Some(Ok(chunk.slice(..chunk.len().min(left)))));
            }
        }
        Poll::Ready(None)
    }
}
