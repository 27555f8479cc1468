//! Reads a body block by block up to a limit, and buffers it for the inner service.

use std::{
    collections::VecDeque,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame};

use crate::{XsrfBody, error::Kind};

/// The size of blocks. Frames are joined, so that a form sent byte by byte costs neither a buffered
/// frame nor a new search for each byte.
const BLOCK: usize = 16 * 1024;

pub(crate) struct Reader<B> {
    body: Pin<Box<B>>,
    /// The received part of the next block.
    block: BytesMut,
    read: VecDeque<Frame<Bytes>>,
    trailers: Option<Frame<Bytes>>,
    has_ended: bool,
    /// The number of bytes below the limit, or `None` once it is exceeded.
    left: Option<usize>,
}

impl<B> Reader<B>
where
    B: Body<Data = Bytes>,
{
    pub(crate) fn new(body: B, limit: usize) -> Self {
        Self {
            body: Box::pin(body),
            block: BytesMut::new(),
            read: VecDeque::new(),
            trailers: None,
            has_ended: false,
            left: Some(limit),
        }
    }

    /// Returns the next block; only the last is smaller than `BLOCK`. `TooFar` if the block before
    /// exceeded the limit.
    pub(crate) fn poll_block(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Kind>>> {
        let left = self.left.ok_or(Kind::TooFar)?;
        while self.block.len() < BLOCK && !self.has_ended {
            let frame = ready!(self.body.as_mut().poll_frame(cx));
            let frame = frame.transpose().map_err(|_| Kind::Unreadable)?;
            match frame.map(Frame::into_data) {
                Some(Ok(chunk)) => self.block.extend_from_slice(&chunk),
                Some(Err(trailers)) => self.trailers = Some(trailers),
                None => self.has_ended = true,
            }
        }
        if self.block.is_empty() {
            return Poll::Ready(None);
        }
        let block = self.block.split().freeze();
        self.read.push_back(Frame::data(block.clone()));
        self.left = left.checked_sub(block.len());
        Poll::Ready(Some(Ok(block.slice(..block.len().min(left)))))
    }

    /// Returns the whole body: buffered frames, then the rest.
    pub(crate) fn into_body(mut self) -> XsrfBody<B> {
        self.read.extend(self.trailers);
        XsrfBody::again(self.read, (!self.has_ended).then_some(self.body))
    }
}
