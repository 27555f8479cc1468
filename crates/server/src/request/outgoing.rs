//! The body of a response as it is sent, with what the client has not taken yet.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::{Buf, Bytes};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::in_flight::InFlight;
use crate::state::ConnectionState;

/// The size of a chunk of a response, or of a write, from which copying takes longer than a write of its own.
pub(crate) const LARGE: usize = 4096;

/// Over HTTP/2, the client has to take something before we can go on: its window may be shut.
#[derive(Debug)]
struct Untaken(Arc<ConnectionState>);

impl Untaken {
    fn of(in_flight: &InFlight) -> Option<Self> {
        let shared = in_flight.connection();
        let counts = shared.activity.on_untaken();
        counts.then(|| Self(Arc::clone(shared)))
    }
}

impl Drop for Untaken {
    fn drop(&mut self) {
        self.0.activity.on_taken();
    }
}

/// A chunk of a response's body. Over HTTP/2 it may wait for flow control long after the service is
/// done.
#[derive(Debug)]
pub(crate) struct Chunk {
    bytes: Bytes,
    untaken: Option<Untaken>,
}

impl Buf for Chunk {
    fn remaining(&self) -> usize {
        self.bytes.remaining()
    }

    fn chunk(&self) -> &[u8] {
        self.bytes.chunk()
    }

    fn advance(&mut self, count: usize) {
        self.bytes.advance(count);
        if let Some(Untaken(shared)) = &self.untaken {
            shared.activity.on_taking(count);
        }
    }
}

pin_project! {
    /// A response's body: the service's own, or none if the server makes the response itself.
    pub(crate) struct Outgoing<B> {
        #[pin]
        body: Option<B>,
        in_flight: InFlight,
        // None while it is the service that we wait for.
        untaken: Option<Untaken>,
    }
}

impl<B> Outgoing<B> {
    pub(crate) fn new(body: Option<B>, in_flight: InFlight) -> Self {
        Self {
            body,
            untaken: Untaken::of(&in_flight),
            in_flight,
        }
    }
}

impl<B: Body<Data = Bytes>> Body for Outgoing<B> {
    type Data = Chunk;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Chunk>, B::Error>>> {
        let this = self.project();
        let Some(body) = this.body.as_pin_mut() else {
            return Poll::Ready(None);
        };
        // hyper polls again once the client has taken the last chunk.
        *this.untaken = None;
        let frame = ready!(body.poll_frame(cx));
        *this.untaken = Untaken::of(this.in_flight);
        let chunk = |bytes: Bytes| {
            if bytes.len() >= LARGE {
                this.in_flight.connection().protocols.on_large_chunk();
            }
            Chunk {
                bytes,
                untaken: Untaken::of(this.in_flight),
            }
        };
        Poll::Ready(frame.map(|frame| frame.map(|frame| frame.map_data(chunk))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(B::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body
            .as_ref()
            .map_or(SizeHint::with_exact(0), B::size_hint)
    }
}
