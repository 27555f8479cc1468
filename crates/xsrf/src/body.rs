//! The request body for the inner service: untouched, or replayed from the buffered frames.

use std::{
    collections::VecDeque,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

pin_project! {
    /// The body of a request that has passed [`XsrfService`](crate::XsrfService): the same
    /// content as the original, even if part of it was read in search of the token.
    #[derive(Debug)]
    pub struct XsrfBody<B> {
        #[pin]
        state: State<B>,
    }
}

pin_project! {
    #[derive(Debug)]
    #[project = StateProjection]
    enum State<B> {
        Untouched { #[pin] body: B },
        Again { read: VecDeque<Frame<Bytes>>, rest: Option<Pin<Box<B>>> },
    }
}

impl<B> XsrfBody<B> {
    pub(crate) fn untouched(body: B) -> Self {
        Self {
            state: State::Untouched { body },
        }
    }

    pub(crate) fn again(read: VecDeque<Frame<Bytes>>, rest: Option<Pin<Box<B>>>) -> Self {
        Self {
            state: State::Again { read, rest },
        }
    }
}

impl<B> Body for XsrfBody<B>
where
    B: Body<Data = Bytes>,
{
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        match self.project().state.project() {
            StateProjection::Untouched { body } => body.poll_frame(cx),
            StateProjection::Again { read, rest } => match (read.pop_front(), rest) {
                (Some(frame), _) => Poll::Ready(Some(Ok(frame))),
                (None, Some(rest)) => rest.as_mut().poll_frame(cx),
                (None, None) => Poll::Ready(None),
            },
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.state {
            State::Untouched { body } => body.is_end_stream(),
            State::Again { read, rest } => {
                read.is_empty() && rest.as_ref().is_none_or(Body::is_end_stream)
            }
        }
    }

    fn size_hint(&self) -> SizeHint {
        let (read, rest) = match &self.state {
            State::Untouched { body } => return body.size_hint(),
            State::Again { read, rest } => (read, rest),
        };
        let rest = rest
            .as_ref()
            .map_or(SizeHint::with_exact(0), Body::size_hint);
        let read = read
            .iter()
            .filter_map(Frame::data_ref)
            .map(|chunk| chunk.len() as u64)
            .sum::<u64>();
        let mut hint = SizeHint::new();
        hint.set_lower(rest.lower() + read);
        if let Some(upper) = rest.upper() {
            hint.set_upper(upper + read);
        }
        hint
    }
}
