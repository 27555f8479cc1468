//! `GzipBody`: a body that is compressed as it is sent.

use std::{
    io::Write,
    mem,
    pin::Pin,
    task::{Context, Poll},
};

use axum_core::{BoxError, body::Body};
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use http::HeaderMap;
use http_body::Frame;

/// Tornado's level.
const LEVEL: u32 = 6;

/// The bytes that are compressed before others are looked after, about a millisecond.
const SLICE: usize = 32 * 1024;

/// The size of a chunk that is worth a write, in bytes.
const CHUNK: usize = 16 * 1024;

pub(super) struct GzipBody {
    body: Body,
    /// Taken at the end.
    encoder: Option<GzEncoder<Vec<u8>>>,
    /// The rest of a chunk, not compressed yet.
    rest: Bytes,
    /// Whether the encoder holds data back.
    is_unflushed: bool,
    trailers: Option<HeaderMap>,
}

impl GzipBody {
    pub(super) fn new(body: Body) -> Self {
        Self {
            body,
            encoder: Some(GzEncoder::new(Vec::new(), Compression::new(LEVEL))),
            rest: Bytes::new(),
            is_unflushed: false,
            trailers: None,
        }
    }

    /// Returns what the encoder has put out.
    fn take(&mut self) -> Option<Frame<Bytes>> {
        let chunk = mem::take(self.encoder.as_mut()?.get_mut());
        (!chunk.is_empty()).then(|| Frame::data(chunk.into()))
    }
}

impl http_body::Body for GzipBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = &mut *self;
        let Some(encoder) = &mut this.encoder else {
            let trailers = this.trailers.take();
            return Poll::Ready(trailers.map(|trailers| Ok(Frame::trailers(trailers))));
        };
        if this.rest.is_empty() {
            match Pin::new(&mut this.body).poll_frame(cx) {
                Poll::Pending => {
                    // A client waits for what the body has sent so far.
                    if mem::take(&mut this.is_unflushed) {
                        encoder.flush()?;
                        if let Some(chunk) = this.take() {
                            return Poll::Ready(Some(Ok(chunk)));
                        }
                    }
                    return Poll::Pending;
                }
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(error.into()))),
                Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                    Ok(chunk) => this.rest = chunk,
                    Err(frame) => this.trailers = frame.into_trailers().ok(),
                },
                Poll::Ready(None) => {
                    let encoder = this.encoder.take().expect("it is there until here");
                    let chunk = Frame::data(encoder.finish()?.into());
                    return Poll::Ready(Some(Ok(chunk)));
                }
            }
        }
        let slice = this.rest.split_to(this.rest.len().min(SLICE));
        encoder.write_all(&slice)?;
        this.is_unflushed |= !slice.is_empty();
        if encoder.get_ref().len() >= CHUNK
            && let Some(chunk) = this.take()
        {
            return Poll::Ready(Some(Ok(chunk)));
        }
        // Other connections of this thread have their turn between two slices.
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::Read,
        pin::Pin,
        sync::Arc,
        task::{Context, Poll, Wake, Waker},
    };

    use axum_core::body::Body;
    use bytes::Bytes;
    use flate2::read::{GzDecoder, MultiGzDecoder};
    use http_body::{Body as _, Frame};

    use super::GzipBody;

    struct Ignored;

    impl Wake for Ignored {
        fn wake(self: Arc<Self>) {}
    }

    /// A body of frames; `None` stands for a wait.
    struct Frames(Vec<Option<Frame<Bytes>>>);

    impl http_body::Body for Frames {
        type Data = Bytes;
        type Error = std::io::Error;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
            match self.0.is_empty() {
                true => Poll::Ready(None),
                false => self
                    .0
                    .remove(0)
                    .map_or(Poll::Pending, |frame| Poll::Ready(Some(Ok(frame)))),
            }
        }
    }

    /// Polls until the body has a frame, and returns it with the number of polls without one.
    fn next(body: &mut GzipBody) -> (usize, Option<Frame<Bytes>>) {
        let waker = Waker::from(Arc::new(Ignored));
        let mut cx = Context::from_waker(&waker);
        for pending in 0.. {
            if let Poll::Ready(frame) = Pin::new(&mut *body).poll_frame(&mut cx) {
                return (pending, frame.map(|frame| frame.unwrap()));
            }
        }
        unreachable!()
    }

    fn data(bytes: impl Into<Bytes>) -> Option<Frame<Bytes>> {
        Some(Frame::data(bytes.into()))
    }

    #[test]
    fn content_is_the_same_and_trailers_follow() {
        let random: Vec<u8> = (0..200_000_u32)
            .map(|i| (i.wrapping_mul(i) >> 7) as u8)
            .collect();
        let mut trailers = http::HeaderMap::new();
        trailers.insert("x-end", http::HeaderValue::from_static("1"));
        let frames = vec![
            data(""),
            data("a"),
            None,
            data(random.clone()),
            data(vec![b'x'; 300_000]),
            Some(Frame::trailers(trailers.clone())),
        ];
        let mut body = GzipBody::new(Body::new(Frames(frames)));
        let (mut coded, mut found) = (Vec::new(), None);
        while let (_, Some(frame)) = next(&mut body) {
            match frame.into_data() {
                Ok(chunk) => coded.extend_from_slice(&chunk),
                Err(frame) => found = frame.into_trailers().ok(),
            }
        }
        assert_eq!(found, Some(trailers));
        let mut content = Vec::new();
        GzDecoder::new(&*coded).read_to_end(&mut content).unwrap();
        assert!(content == [b"a", &*random, &[b'x'; 300_000]].concat());
    }

    #[test]
    fn empty_body_is_an_empty_stream() {
        let mut body = GzipBody::new(Body::empty());
        let (_, frame) = next(&mut body);
        let coded = frame.unwrap().into_data().unwrap();
        let mut content = Vec::new();
        MultiGzDecoder::new(&*coded)
            .read_to_end(&mut content)
            .unwrap();
        assert!(content.is_empty());
        assert!(next(&mut body).1.is_none());
    }

    #[test]
    fn chunk_is_sent_before_a_wait() {
        let frames = vec![data("hello"), None, None, data(" world")];
        let mut body = GzipBody::new(Body::new(Frames(frames)));
        let (_, frame) = next(&mut body);
        let coded = frame.unwrap().into_data().unwrap();
        let mut decoder = GzDecoder::new(&*coded);
        let mut content = [0; 5];
        decoder.read_exact(&mut content).unwrap();
        assert_eq!(&content, b"hello");
    }

    #[test]
    fn long_chunk_yields_between_slices() {
        let mut body = GzipBody::new(Body::from(vec![b'x'; 320_000]));
        let (pending, frame) = next(&mut body);
        assert!(frame.is_some());
        assert_eq!(pending, 10);
    }
}
