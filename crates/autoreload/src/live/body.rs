//! Response body of the live-reload layer.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::{events::Stream, inject::Injector};

pin_project! {
    /// The response body of [`LiveReloadService`](crate::LiveReloadService): the inner body, with
    /// the script appended to an HTML page, or the layer's own script or event stream.
    #[derive(Debug)]
    pub struct LiveBody<B> {
        #[pin]
        kind: Kind<B>,
    }
}

pin_project! {
    #[derive(Debug)]
    #[project = KindProjection]
    enum Kind<B> {
        Plain { #[pin] inner: B },
        Page {
            #[pin]
            inner: B,
            injector: Injector,
            // Trailers, sent after the script.
            held: Option<Frame<Bytes>>,
        },
        Text { text: Option<Bytes> },
        Events { stream: Stream },
    }
}

impl<B> LiveBody<B> {
    pub(super) fn plain(inner: B) -> Self {
        Self {
            kind: Kind::Plain { inner },
        }
    }

    pub(super) fn page(inner: B, injector: Injector) -> Self {
        let kind = Kind::Page {
            inner,
            injector,
            held: None,
        };
        Self { kind }
    }

    pub(super) fn text(text: &'static str) -> Self {
        let text = Some(Bytes::from_static(text.as_bytes()));
        Self {
            kind: Kind::Text { text },
        }
    }

    pub(super) fn events(stream: Stream) -> Self {
        Self {
            kind: Kind::Events { stream },
        }
    }
}

impl<B: Body<Data = Bytes>> Body for LiveBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let data = |bytes: Option<Bytes>| bytes.map(|bytes| Ok(Frame::data(bytes)));
        match self.project().kind.project() {
            KindProjection::Plain { inner } => inner.poll_frame(cx),
            KindProjection::Text { text } => Poll::Ready(data(text.take())),
            KindProjection::Events { stream } => stream.poll(cx).map(data),
            KindProjection::Page {
                inner,
                injector,
                held,
            } => {
                if let Some(frame) = held.take() {
                    return Poll::Ready(Some(Ok(frame)));
                }
                match ready!(inner.poll_frame(cx)) {
                    Some(Ok(frame)) => {
                        if let Some(chunk) = frame.data_ref() {
                            injector.record(chunk);
                        } else if let Some(script) = injector.end() {
                            *held = Some(frame);
                            return Poll::Ready(data(Some(script)));
                        }
                        Poll::Ready(Some(Ok(frame)))
                    }
                    Some(Err(error)) => Poll::Ready(Some(Err(error))),
                    None => Poll::Ready(data(injector.end())),
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Plain { inner } => inner.is_end_stream(),
            Kind::Text { text } => text.is_none(),
            Kind::Page { .. } | Kind::Events { .. } => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Plain { inner } => inner.size_hint(),
            Kind::Text { text } => {
                let length = text.as_ref().map_or(0, Bytes::len);
                SizeHint::with_exact(length as u64)
            }
            // Whether the script is added depends on the page's content.
            Kind::Page { .. } | Kind::Events { .. } => SizeHint::default(),
        }
    }
}
