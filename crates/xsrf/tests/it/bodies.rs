//! Bodies arrive whole for any division into frames, and are read no further than necessary.

use std::{
    collections::VecDeque,
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use axum::{Router, body::Body as AxumBody, extract::Multipart, routing::post as axum_post};
use bytes::Bytes;
use http::{HeaderMap, Request};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use proptest::prelude::*;
use squall_xsrf::XsrfLayer;
use tower::ServiceExt;

use crate::site::{COOKIE, TOKEN, ask, block_on, post};

/// A body that returns Pending before each frame, and counts the frames that were read.
#[derive(Default)]
struct Frames {
    frames: VecDeque<io::Result<Frame<Bytes>>>,
    has_paused: bool,
    taken: Arc<AtomicUsize>,
}

impl Frames {
    fn new<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let data = |chunk| Ok(Frame::data(Bytes::copy_from_slice(chunk)));
        Self {
            frames: chunks.into_iter().map(data).collect(),
            ..Self::default()
        }
    }
}

impl Body for Frames {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        self.has_paused = !self.has_paused;
        if self.has_paused {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.taken.fetch_add(1, Ordering::Relaxed);
        Poll::Ready(self.frames.pop_front())
    }

    fn is_end_stream(&self) -> bool {
        self.frames.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        let frames = self.frames.iter().flatten();
        SizeHint::with_exact(
            frames
                .filter_map(Frame::data_ref)
                .map(|data| data.len() as u64)
                .sum(),
        )
    }
}

fn url_encoded(body: Frames) -> Request<Frames> {
    let request = post().header("cookie", COOKIE);
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    request.body(body).unwrap()
}

#[test]
fn reading_stops_after_the_token() {
    let token = format!("_xsrf={TOKEN}&a={}", "1".repeat(20_000));
    let body = Frames::new([token.as_bytes(), b"&b=2", b"&c=3"]);
    let taken = Arc::clone(&body.taken);
    let service = tower::service_fn(move |request: Request<squall_xsrf::XsrfBody<Frames>>| {
        let taken = taken.load(Ordering::Relaxed);
        async move {
            assert_eq!(taken, 1);
            let body = request.into_body();
            let hint = body.size_hint().exact();
            assert!(!body.is_end_stream());
            let body = body.collect().await.unwrap().to_bytes();
            assert_eq!(hint, Some(body.len() as u64));
            assert!(body.ends_with(b"&b=2&c=3"));
            Ok::<_, std::convert::Infallible>(http::Response::new(Bytes::new()))
        }
    });
    let service = tower::Layer::layer(&XsrfLayer::new(), service);
    assert_eq!(
        block_on(service.oneshot(url_encoded(body)))
            .unwrap()
            .status(),
        200
    );
}

#[test]
fn single_bytes_are_joined_to_blocks() {
    let body = format!("a={}&_xsrf={TOKEN}", "1".repeat(40_000));
    let request = url_encoded(Frames::new(body.as_bytes().chunks(1)));
    let service = tower::service_fn(async |request: Request<squall_xsrf::XsrfBody<Frames>>| {
        let (mut body, mut frames) = (request.into_body(), 0);
        while let Some(frame) = body.frame().await {
            frame.unwrap();
            frames += 1;
        }
        Ok::<_, std::convert::Infallible>(http::Response::new(Bytes::from(format!("{frames}"))))
    });
    let service = tower::Layer::layer(&XsrfLayer::new(), service);
    assert_eq!(block_on(service.oneshot(request)).unwrap().body(), "3");
}

#[test]
fn a_form_is_read_up_to_a_limit() {
    let field = format!("_xsrf={TOKEN}");
    for (before, limit, wanted) in [
        (0, field.len(), None),
        (0, field.len() - 1, Some("too far")),
        (100, field.len() + 100, None),
        (100, field.len() + 99, Some("too far")),
        (100_000, 1_000, Some("too far")),
        (0, 0, Some("too far")),
    ] {
        let body = format!("{}{field}", "&".repeat(before));
        for size in [1, 7, body.len()] {
            let layer = XsrfLayer::new().form_limit(limit);
            let answer = ask(
                &layer,
                url_encoded(Frames::new(body.as_bytes().chunks(size))),
            );
            match wanted {
                None => assert!(answer.is_passed(), "{before} {limit} {size}"),
                Some(kind) => assert_eq!(answer.kind(), kind, "{before} {limit} {size}"),
            }
        }
    }
    // Above the limit, but after the token.
    let body = format!("{field}&{}", "a".repeat(100_000));
    let layer = XsrfLayer::new().form_limit(1_000);
    let answer = ask(
        &layer,
        url_encoded(Frames::new(body.as_bytes().chunks(100))),
    );
    assert!(answer.is_passed());
    assert_eq!(answer.text, body);
}

#[test]
fn a_multipart_form_is_read_up_to_a_limit() {
    let file = "x".repeat(10_000);
    let part = |name: &str, content: &str| {
        format!("--b\r\nContent-Disposition: form-data; name={name}\r\n\r\n{content}\r\n")
    };
    for (body, wanted) in [
        (part("_xsrf", TOKEN) + &part("file", &file) + "--b--", None),
        (
            part("file", &file) + &part("_xsrf", TOKEN) + "--b--",
            Some("too far"),
        ),
        (part("file", "") + "--b--", Some("missing")),
    ] {
        for size in [1, 100, body.len()] {
            let mut request = url_encoded(Frames::new(body.as_bytes().chunks(size)));
            let content_type = "multipart/form-data; boundary=b".parse().unwrap();
            request.headers_mut().insert("content-type", content_type);
            let answer = ask(&XsrfLayer::new().form_limit(1_000), request);
            match wanted {
                None => assert!(answer.is_passed() && answer.text == body, "{size}"),
                Some(kind) => assert_eq!(answer.kind(), kind, "{size}"),
            }
        }
    }
}

#[test]
fn a_body_error_is_rejected_with_400() {
    for content_type in [
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=b",
    ] {
        let mut body = Frames::new([b"--b\r\n".as_slice()]);
        body.frames
            .push_back(Err(io::ErrorKind::UnexpectedEof.into()));
        let mut request = url_encoded(body);
        request
            .headers_mut()
            .insert("content-type", content_type.parse().unwrap());
        assert_eq!(ask(&XsrfLayer::new(), request).kind(), "unreadable");
    }
}

#[test]
fn trailers_reach_the_inner_service() {
    let field = format!("_xsrf={TOKEN}");
    let mut body = Frames::new([field.as_bytes()]);
    let trailers: HeaderMap = [("a".parse().unwrap(), "b".parse().unwrap())]
        .into_iter()
        .collect();
    body.frames.push_back(Ok(Frame::trailers(trailers.clone())));
    let service = tower::service_fn(async |request: Request<squall_xsrf::XsrfBody<Frames>>| {
        let collected = request.into_body().collect().await.unwrap();
        let length = collected.trailers().map(HeaderMap::len);
        Ok::<_, std::convert::Infallible>(http::Response::new(Bytes::from(format!("{length:?}"))))
    });
    let service = tower::Layer::layer(&XsrfLayer::new(), service);
    let response = block_on(service.oneshot(url_encoded(body))).unwrap();
    assert_eq!(response.body(), "Some(1)");
}

#[test]
fn axums_extractors_read_the_form_again() {
    async fn fields(mut form: Multipart) -> String {
        let mut fields = Vec::new();
        while let Some(field) = form.next_field().await.unwrap() {
            let name = field.name().unwrap().to_owned();
            fields.push(format!("{name}={}", field.text().await.unwrap()));
        }
        fields.join("&")
    }
    let app = Router::new()
        .route("/", axum_post(fields))
        .layer(XsrfLayer::new());
    let part = |name: &str, content: &str| {
        format!("--b\r\nContent-Disposition: form-data; name={name}\r\n\r\n{content}\r\n")
    };
    let body = part("a", "1") + &part("_xsrf", TOKEN) + &part("b", "2") + "--b--\r\n";
    let request = post()
        .header("cookie", COOKIE)
        .header("content-type", "multipart/form-data; boundary=b")
        .body(AxumBody::from(body))
        .unwrap();
    let answer = block_on(async {
        let response = app.oneshot(request).await.unwrap();
        response.into_body().collect().await.unwrap().to_bytes()
    });
    assert_eq!(answer, format!("a=1&_xsrf={TOKEN}&b=2"));
}

/// Text of parts that have a meaning in a form, but no token; or any bytes.
fn form() -> impl Strategy<Value = Vec<u8>> {
    let parts: Vec<&[u8]> = vec![
        b"&",
        b"=",
        b"%",
        b"+",
        b"_xsrf=",
        b"%5fxsrf=",
        b"_xsrf",
        b"a=1",
        b"2|",
        b"\xff",
        b"\r\n",
        b"\r\n\r\n",
        b"--b",
        b"--b\r\n",
        b"--",
        b"Content-Disposition: form-data; name=_xsrf",
        b"Content-Disposition: form-data; name=_xsrf\r\n\r\n",
        b":",
        b";",
        b"\"",
        b"filename=",
    ];
    let parts = proptest::collection::vec(proptest::sample::select(parts), 0..16);
    prop_oneof![parts.prop_map(|parts| parts.concat()), any::<Vec<u8>>()]
}

proptest! {
    #[test]
    fn bodies_reach_the_inner_service_whole(before in form(), after in form(), size in 1..40_usize) {
        let body = [&before, b"&_xsrf=".as_slice(), TOKEN.as_bytes(), b"&", &after].concat();
        let answer = ask(&XsrfLayer::new(), url_encoded(Frames::new(body.chunks(size))));
        // Unless the arbitrary bytes have a token themselves.
        if answer.is_passed() {
            prop_assert_eq!(answer.text, String::from_utf8_lossy(&body));
        } else {
            prop_assert!(before.windows(4).any(|window| window == b"xsrf"));
        }
    }

    #[test]
    fn arbitrary_forms_have_no_valid_token(body in form(), is_multipart: bool, size in 1..40_usize) {
        let body = [if is_multipart { b"--b\r\n".as_slice() } else { b"_xsrf=" }, &body].concat();
        let mut request = url_encoded(Frames::new(body.chunks(size)));
        if is_multipart {
            let content_type = "multipart/form-data; boundary=b".parse().unwrap();
            request.headers_mut().insert("content-type", content_type);
        }
        let kind = ask(&XsrfLayer::new(), request).kind();
        prop_assert!(["missing", "malformed"].contains(&kind), "{}", kind);
    }
}
