//! Response body: bytes from memory, or a file that is read in chunks.

use std::{
    collections::VecDeque,
    io, mem,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body::{Frame, SizeHint};

use super::file_part::{BodyPart, CachedPart, FilePart};

/// The body of a response of [`ServeStatic`](crate::ServeStatic).
///
/// Returns an error if the file was truncated or modified while it was sent. The server then aborts
/// the connection, so that the client does not take a partial or mixed file for a complete one.
///
/// A clone has the rest of the content.
#[derive(Clone, Debug)]
pub struct Body {
    content: Content,
    remaining: u64,
}

#[derive(Clone, Debug)]
enum Content {
    Bytes(Option<Bytes>),
    Segments(VecDeque<BodySegment>),
}

/// A segment of a body.
#[derive(Clone, Debug)]
pub(crate) enum BodySegment {
    Bytes(Bytes),
    File(FilePart),
    Cached(CachedPart),
}

impl Body {
    pub(crate) fn empty() -> Self {
        Self {
            content: Content::Bytes(None),
            remaining: 0,
        }
    }

    pub(crate) fn bytes(bytes: Bytes) -> Self {
        let remaining = bytes.len() as u64;
        let content = Content::Bytes((remaining > 0).then_some(bytes));
        Self { content, remaining }
    }

    pub(crate) fn segments(segments: impl IntoIterator<Item = BodySegment>) -> Self {
        let segments: VecDeque<_> = segments.into_iter().collect();
        Self {
            remaining: segments.iter().map(BodySegment::length).sum(),
            content: Content::Segments(segments),
        }
    }

    /// Whether the content is that of an open file, and is so long that
    /// [`poll_part`](Self::poll_part) returns ranges of it.
    #[must_use]
    pub fn has_file_parts(&self) -> bool {
        let Content::Segments(segments) = &self.content else {
            return false;
        };
        segments.iter().any(|segment| match segment {
            BodySegment::Bytes(_) => false,
            BodySegment::File(part) => part.has_window(),
            BodySegment::Cached(_) => true,
        })
    }

    /// Returns the next part: a range of the file where it is long and in the page cache, so that
    /// sending it does not wait for the disk; else bytes, as
    /// [`poll_frame`](http_body::Body::poll_frame).
    ///
    /// Each range is returned after a check that the file is unmodified. So poll for a range only
    /// when those before it are sent, and compare the modification time again whenever a range has
    /// waited. Ranges that are sent by reference (`sendfile`) can still change while they wait in a
    /// socket's buffer, if the file is overwritten in place.
    pub fn poll_part(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<BodyPart>>> {
        if let Content::Segments(segments) = &mut self.content {
            while let Some(segment) = segments.front_mut() {
                if segment.length() == 0 {
                    segments.pop_front();
                    continue;
                }
                match segment.next_window() {
                    Ok(Some(part)) => {
                        self.remaining -= part.length() as u64;
                        return Poll::Ready(Some(Ok(part)));
                    }
                    Ok(None) => break,
                    Err(error) => return Poll::Ready(Some(Err(failed(segments, error)))),
                }
            }
        }
        let bytes = ready!(self.poll_bytes(cx));
        Poll::Ready(bytes.map(|bytes| bytes.map(BodyPart::Bytes)))
    }

    fn poll_bytes(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        let chunk = match &mut self.content {
            Content::Bytes(bytes) => match bytes.take() {
                Some(bytes) => bytes,
                None => return Poll::Ready(None),
            },
            Content::Segments(segments) => match ready!(poll_segments(segments, cx)) {
                Some(Ok(chunk)) => chunk,
                Some(Err(error)) => return Poll::Ready(Some(Err(failed(segments, error)))),
                None => return Poll::Ready(None),
            },
        };
        self.remaining -= chunk.len() as u64;
        Poll::Ready(Some(Ok(chunk)))
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let bytes = ready!(self.get_mut().poll_bytes(cx));
        Poll::Ready(bytes.map(|bytes| bytes.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.remaining == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.remaining)
    }
}

/// The body ends with an error.
fn failed(segments: &mut VecDeque<BodySegment>, error: io::Error) -> io::Error {
    tracing::warn!(%error, "cannot send a static file completely");
    segments.clear();
    error
}

fn poll_segments(
    segments: &mut VecDeque<BodySegment>,
    cx: &mut Context<'_>,
) -> Poll<Option<io::Result<Bytes>>> {
    loop {
        match segments.front_mut() {
            None => return Poll::Ready(None),
            Some(BodySegment::File(part)) if part.length() > 0 => {
                return part.poll_chunk(cx).map(Some);
            }
            Some(BodySegment::File(_)) => drop(segments.pop_front()),
            Some(BodySegment::Bytes(bytes)) => {
                let bytes = mem::take(bytes);
                segments.pop_front();
                return Poll::Ready(Some(Ok(bytes)));
            }
            Some(BodySegment::Cached(part)) => {
                let bytes = part.take_bytes();
                segments.pop_front();
                return Poll::Ready(Some(bytes));
            }
        }
    }
}

impl BodySegment {
    fn length(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File(part) => part.length(),
            Self::Cached(part) => part.length(),
        }
    }

    /// Takes the next range that can be sent from a file, if there is one.
    fn next_window(&mut self) -> io::Result<Option<BodyPart>> {
        match self {
            Self::Bytes(_) => Ok(None),
            Self::File(part) => part.next_window(),
            Self::Cached(part) => {
                let window = part.next_window()?;
                if window.is_none() {
                    *self = Self::Bytes(part.take_bytes()?);
                }
                Ok(window)
            }
        }
    }
}
