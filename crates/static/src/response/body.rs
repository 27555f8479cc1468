//! Response body: bytes from memory, or a file that is read in chunks.

use std::{
    collections::VecDeque,
    fs::File,
    io,
    ops::Range,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body::{Frame, SizeHint};

use crate::{
    blocking::{self, BlockingTask},
    store::signature::Signature,
    system::{self, IoMode},
};

/// The size of a read. A chunk of this size stays in the CPU cache until it is sent.
const CHUNK: u64 = 64 * 1024;

/// The longest range of a [`BodyPart`]. The event loop sends it at once.
const WINDOW: u64 = 256 * 1024;

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

/// A part of a [`Body`], for a server that can send files itself.
#[derive(Clone, Debug)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a server has to send each part, so a new one is a breaking change"
)]
pub enum BodyPart {
    /// Bytes in memory.
    Bytes(Bytes),
    /// A range of a file that is in the page cache.
    File {
        /// The open file.
        file: Arc<File>,
        /// Where the range begins, in bytes.
        offset: u64,
        /// The length of the range, in bytes: at most 256 KiB.
        length: usize,
    },
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
        let lengths = segments.iter().map(|segment| match segment {
            BodySegment::Bytes(bytes) => bytes.len() as u64,
            BodySegment::File(part) => part.length(),
        });
        Self {
            remaining: lengths.sum(),
            content: Content::Segments(segments),
        }
    }

    /// Whether the content comes from a file and not from memory, and is so long that
    /// [`poll_part`](Self::poll_part) returns ranges of it.
    #[must_use]
    pub fn has_file_parts(&self) -> bool {
        let Content::Segments(segments) = &self.content else {
            return false;
        };
        segments
            .iter()
            .any(|segment| matches!(segment, BodySegment::File(part) if part.has_window()))
    }

    /// Returns the next part: a range of the file where it is long and in the page cache, so that
    /// sending it does not wait for the disk; else bytes, as
    /// [`poll_frame`](http_body::Body::poll_frame).
    ///
    /// The end of a file is always bytes. It is returned after a check that the file is unmodified:
    /// poll for it only when the ranges before it are sent. Ranges that are sent by reference
    /// (`sendfile`) can still change while they wait in a socket's buffer, if the file is
    /// overwritten in place.
    pub fn poll_part(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<BodyPart>>> {
        if let Content::Segments(segments) = &mut self.content {
            while matches!(segments.front(), Some(BodySegment::File(part)) if part.length() == 0) {
                segments.pop_front();
            }
            if let Some(BodySegment::File(part)) = segments.front_mut()
                && let Some((offset, length)) = part.next_window()
            {
                self.remaining -= length as u64;
                let file = Arc::clone(&part.file);
                return Poll::Ready(Some(Ok(BodyPart::File {
                    file,
                    offset,
                    length,
                })));
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
                Some(Err(error)) => {
                    tracing::warn!(%error, "cannot send a static file completely");
                    segments.clear();
                    return Poll::Ready(Some(Err(error)));
                }
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
                let bytes = std::mem::take(bytes);
                segments.pop_front();
                return Poll::Ready(Some(Ok(bytes)));
            }
        }
    }
}

impl Clone for FilePart {
    fn clone(&self) -> Self {
        Self::new(Arc::clone(&self.file), self.signature, self.range.clone())
    }
}

/// A range of a file that is still to be read.
#[derive(Debug)]
pub(crate) struct FilePart {
    file: Arc<File>,
    /// The signature when the length of the body was announced.
    signature: Signature,
    range: Range<u64>,
    reading: Option<BlockingTask<Bytes>>,
}

impl FilePart {
    pub(crate) fn new(file: Arc<File>, signature: Signature, range: Range<u64>) -> Self {
        Self {
            file,
            signature,
            range,
            reading: None,
        }
    }

    fn length(&self) -> u64 {
        self.range.end - self.range.start
    }

    /// Whether there is more than the end of the range, which is read.
    fn has_window(&self) -> bool {
        self.length() >= 2 * CHUNK
    }

    /// Takes the next bytes that are in the page cache and not the end of the range: their offset
    /// and length.
    fn next_window(&mut self) -> Option<(u64, usize)> {
        if self.reading.is_some() || !self.has_window() {
            return None;
        }
        let offset = self.range.start;
        let length = (self.length() - CHUNK).min(WINDOW);
        // The kernel reads ahead in steps below the window's length: its ends stand for the rest.
        let is_cached = |offset| {
            let read = system::read_at(&self.file, &mut [0], offset, IoMode::Inline);
            matches!(read, Ok(1))
        };
        if !(is_cached(offset + length - 1) && is_cached(offset)) {
            return None;
        }
        self.range.start += length;
        Some((offset, usize::try_from(length).expect("at most WINDOW")))
    }

    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Bytes>> {
        let chunk = loop {
            if let Some(reading) = &mut self.reading {
                let chunk = ready!(Pin::new(reading).poll(cx));
                self.reading = None;
                break chunk?;
            }
            match read(
                &self.file,
                self.range.clone(),
                &self.signature,
                IoMode::Inline,
            ) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    let (file, range, signature) =
                        (Arc::clone(&self.file), self.range.clone(), self.signature);
                    self.reading = Some(blocking::run(move || {
                        read(&file, range, &signature, IoMode::Blocking)
                    }));
                }
                chunk => break chunk?,
            }
        };
        self.range.start += chunk.len() as u64;
        Poll::Ready(Ok(chunk))
    }
}

/// Reads the start of a range, which must not be empty.
fn read(file: &File, range: Range<u64>, signature: &Signature, mode: IoMode) -> io::Result<Bytes> {
    let length = (range.end - range.start).min(CHUNK);
    let mut chunk = vec![0; usize::try_from(length).expect("at most CHUNK")];
    let read = system::read_at(file, &mut chunk, range.start, mode)?;
    if read == 0 {
        return Err(io::Error::new(
            io::ErrorKind::UnexpectedEof,
            "the file was truncated while it was sent",
        ));
    }
    chunk.truncate(read);
    // Checked before the last chunk is sent: without it, the client detects the incomplete body.
    let is_last = range.start + read as u64 == range.end;
    if is_last && !signature.is_still_of(file)? {
        return Err(io::Error::other("the file was modified while it was sent"));
    }
    Ok(chunk.into())
}
