//! `Outgoing`: a response's body as hyper sends it, from the service or from a file.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::{Buf, Bytes};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::in_flight::InFlight;
use crate::{
    BoxError,
    file_response::{FileBody, FilePart},
    state::{ConnectionState, FileChunk, FileRange},
};

pin_project! {
    /// A response's body: the service's own, a file of the same content, or none if the server makes
    /// the response itself.
    pub(crate) struct Outgoing<B> {
        #[pin]
        body: Option<B>,
        file: Option<FileSource>,
        in_flight: InFlight,
    }
}

impl<B: Body> Outgoing<B> {
    pub(crate) fn new(body: Option<B>, mut in_flight: InFlight) -> Self {
        in_flight.set_waits_for_window(true);
        Self {
            body,
            file: None,
            in_flight,
        }
    }

    /// As [`new`](Self::new), but sends the file instead of the body where chunks of files get to
    /// the socket as they are.
    pub(crate) fn with_file(
        body: Option<B>,
        parts: Box<dyn FileBody>,
        in_flight: InFlight,
    ) -> Self {
        let length = body.as_ref().and_then(|body| body.size_hint().exact());
        let file = length.map(|remaining| FileSource { parts, remaining });
        match file {
            Some(file) if in_flight.state().files.is_open() => Self {
                file: Some(file),
                ..Self::new(None, in_flight)
            },
            _ => Self::new(body, in_flight),
        }
    }
}

impl<B: Body<Data = Bytes, Error: Into<BoxError>>> Body for Outgoing<B> {
    type Data = Chunk;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Chunk>, BoxError>>> {
        let this = self.project();
        let state = this.in_flight.state();
        let frame = match (this.body.as_pin_mut(), this.file) {
            (Some(body), _) => body.poll_frame(cx).map(|frame| {
                frame.map(|frame| match frame {
                    Ok(frame) => Ok(frame.map_data(Content::Bytes)),
                    Err(error) => Err(error.into()),
                })
            }),
            (None, Some(file)) => file
                .poll_content(state, cx)
                .map(|content| content.map(|content| Ok(Frame::data(content?)))),
            (None, None) => Poll::Ready(None),
        };
        // hyper polls again once the client has taken the last chunk, so a pending body waits for
        // the service.
        this.in_flight.set_waits_for_window(frame.is_ready());
        let frame = ready!(frame);
        let state = this.in_flight.state();
        let chunk = |content| {
            if let Content::Bytes(bytes) = &content {
                state.server.on_chunk(bytes.len());
            }
            Chunk {
                content,
                window_wait: WindowWait::begin(state),
            }
        };
        Poll::Ready(frame.map(|frame| frame.map(|frame| frame.map_data(chunk))))
    }

    fn is_end_stream(&self) -> bool {
        match (&self.body, &self.file) {
            (Some(body), _) => body.is_end_stream(),
            (None, Some(file)) => file.remaining == 0,
            (None, None) => true,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match (&self.body, &self.file) {
            (Some(body), _) => body.size_hint(),
            (None, file) => SizeHint::with_exact(file.as_ref().map_or(0, |file| file.remaining)),
        }
    }
}

/// A file that is sent instead of the service's body.
struct FileSource {
    parts: Box<dyn FileBody>,
    /// How many bytes of the announced length have yet to come.
    remaining: u64,
}

impl FileSource {
    /// Returns the next part as hyper's chunk.
    fn poll_content(
        &mut self,
        state: &Arc<ConnectionState>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Content>>> {
        ready!(state.files.poll_turn(cx));
        let part = match ready!(self.parts.poll_part(cx)) {
            Some(Ok(part)) => part,
            Some(Err(error)) => return Poll::Ready(Some(Err(error))),
            None => return Poll::Ready(None),
        };
        let length = match &part {
            FilePart::Bytes(bytes) => bytes.len(),
            FilePart::File { length, .. } => *length,
        };
        let Some(remaining) = self.remaining.checked_sub(length as u64) else {
            let error = io::Error::other("the file is longer than its response");
            return Poll::Ready(Some(Err(error)));
        };
        self.remaining = remaining;
        Poll::Ready(Some(Ok(match part {
            FilePart::Bytes(bytes) => Content::Bytes(bytes),
            FilePart::File { length: 0, .. } => Content::Bytes(Bytes::new()),
            FilePart::File {
                file,
                offset,
                length,
                modified,
            } => {
                let range = FileRange::new(file, offset, length, modified);
                Content::File(FileChunk::new(state, range))
            }
        })))
    }
}

/// A chunk of a response's body. Over HTTP/2 it may wait for the client's window long after the
/// service is done.
#[derive(Debug)]
pub(crate) struct Chunk {
    content: Content,
    window_wait: Option<WindowWait>,
}

#[derive(Debug)]
enum Content {
    Bytes(Bytes),
    File(FileChunk),
}

impl Buf for Chunk {
    fn remaining(&self) -> usize {
        match &self.content {
            Content::Bytes(bytes) => bytes.remaining(),
            Content::File(chunk) => chunk.remaining(),
        }
    }

    fn chunk(&self) -> &[u8] {
        match &self.content {
            Content::Bytes(bytes) => bytes.chunk(),
            Content::File(chunk) => chunk.placeholder(),
        }
    }

    fn advance(&mut self, count: usize) {
        match &mut self.content {
            Content::Bytes(bytes) => bytes.advance(count),
            Content::File(chunk) => chunk.advance(count),
        }
        if let Some(WindowWait(state)) = &self.window_wait {
            state.activity.on_window_passed(count);
        }
    }
}

/// A chunk that waits for the client's flow-control window, over HTTP/2.
#[derive(Debug)]
struct WindowWait(Arc<ConnectionState>);

impl WindowWait {
    /// Returns `None` over HTTP/1.1.
    fn begin(state: &Arc<ConnectionState>) -> Option<Self> {
        let is_counted = state.activity.begin_window_wait();
        is_counted.then(|| Self(Arc::clone(state)))
    }
}

impl Drop for WindowWait {
    fn drop(&mut self) {
        self.0.activity.end_window_wait();
    }
}
