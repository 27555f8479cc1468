//! The body of a response: bytes from memory, or a file read as the client takes it.

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
    blocking::{self, Running},
    signature::Signature,
    system::{self, How},
};

/// How much is read from a file at a time: it stays in the CPU's cache until it is sent.
const CHUNK: u64 = 64 * 1024;

/// The body of a response of [`ServeStatic`](crate::ServeStatic).
///
/// It fails when the file cannot be read to the end that was promised: it was cut, or written
/// to meanwhile. The server then ends the connection, so that the client does not take a part,
/// or a mixture, for the whole.
#[derive(Debug)]
pub struct Body {
    content: Content,
    remaining: u64,
}

#[derive(Debug)]
enum Content {
    Bytes(Option<Bytes>),
    Pieces(VecDeque<Piece>),
}

/// What is sent before the next piece.
#[derive(Debug)]
pub(crate) enum Piece {
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

    pub(crate) fn pieces(pieces: impl IntoIterator<Item = Piece>) -> Self {
        let pieces: VecDeque<_> = pieces.into_iter().collect();
        let lengths = pieces.iter().map(|piece| match piece {
            Piece::Bytes(bytes) => bytes.len() as u64,
            Piece::File(part) => part.length(),
        });
        Self {
            remaining: lengths.sum(),
            content: Content::Pieces(pieces),
        }
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let body = self.get_mut();
        let chunk = match &mut body.content {
            Content::Bytes(bytes) => match bytes.take() {
                Some(bytes) => bytes,
                None => return Poll::Ready(None),
            },
            Content::Pieces(pieces) => match ready!(poll_pieces(pieces, cx)) {
                Some(Ok(chunk)) => chunk,
                Some(Err(error)) => {
                    tracing::warn!(%error, "a file could not be sent to its end");
                    pieces.clear();
                    return Poll::Ready(Some(Err(error)));
                }
                None => return Poll::Ready(None),
            },
        };
        body.remaining -= chunk.len() as u64;
        Poll::Ready(Some(Ok(Frame::data(chunk))))
    }

    fn is_end_stream(&self) -> bool {
        self.remaining == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.remaining)
    }
}

fn poll_pieces(
    pieces: &mut VecDeque<Piece>,
    cx: &mut Context<'_>,
) -> Poll<Option<io::Result<Bytes>>> {
    loop {
        match pieces.front_mut() {
            None => return Poll::Ready(None),
            Some(Piece::File(part)) if part.length() > 0 => {
                return part.poll_chunk(cx).map(Some);
            }
            Some(Piece::File(_)) => drop(pieces.pop_front()),
            Some(Piece::Bytes(bytes)) => {
                let bytes = std::mem::take(bytes);
                pieces.pop_front();
                return Poll::Ready(Some(Ok(bytes)));
            }
        }
    }
}

/// A part of a file that is still to be read.
#[derive(Debug)]
pub(crate) struct FilePart {
    file: Arc<File>,
    /// As it was when its length was promised.
    signature: Signature,
    range: Range<u64>,
    reading: Option<Running<Bytes>>,
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

    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Bytes>> {
        let chunk = loop {
            if let Some(reading) = &mut self.reading {
                let chunk = ready!(Pin::new(reading).poll(cx));
                self.reading = None;
                break chunk?;
            }
            match read(&self.file, self.range.clone(), &self.signature, How::Inline) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    let (file, range, signature) =
                        (Arc::clone(&self.file), self.range.clone(), self.signature);
                    self.reading = Some(blocking::run(move || {
                        read(&file, range, &signature, How::Blocking)
                    }));
                }
                chunk => break chunk?,
            }
        };
        self.range.start += chunk.len() as u64;
        Poll::Ready(Ok(chunk))
    }
}

/// Reads the beginning of a range that is not empty.
fn read(file: &File, range: Range<u64>, signature: &Signature, how: How) -> io::Result<Bytes> {
    let length = (range.end - range.start).min(CHUNK);
    let mut chunk = vec![0; usize::try_from(length).expect("it is at most a chunk")];
    let read = system::read_at(file, &mut chunk, range.start, how)?;
    if read == 0 {
        return Err(io::Error::new(
            io::ErrorKind::UnexpectedEof,
            "the file was cut while it was sent",
        ));
    }
    chunk.truncate(read);
    // Before the last bytes go out: without them the client knows that something was wrong.
    let is_last = range.start + read as u64 == range.end;
    if is_last && !signature.is_still_of(file)? {
        return Err(io::Error::other(
            "the file was written to while it was sent",
        ));
    }
    Ok(chunk.into())
}
