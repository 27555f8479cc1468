//! Shared by the tests: services that respond with the request's body or a token.

use std::{
    convert::Infallible,
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use http_body::Body;
use http_body_util::{BodyExt, Full};
use squall_xsrf::{Xsrf, XsrfBody, XsrfError, XsrfLayer};
use tower::{Layer, ServiceExt, service_fn};

/// A visitor's cookie, and its token under another mask.
pub(crate) const COOKIE: &str = "_xsrf=2|ff00ff00|ff01fd03fb05f907f709f50bf30df10f|1300000000";
pub(crate) const TOKEN: &str = "2|00000000|000102030405060708090a0b0c0d0e0f|1300000000";

pub(crate) fn post() -> http::request::Builder {
    Request::post("/").header("host", "site.example")
}

/// A response, and whether the inner service was called.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) text: String,
    pub(crate) set_cookie: Option<String>,
    pub(crate) error: Option<XsrfError>,
    pub(crate) calls: usize,
}

pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(future)
}

/// Sends the request to a service that responds with its body.
pub(crate) fn ask<B>(layer: &XsrfLayer, request: Request<B>) -> Answer
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: std::fmt::Debug,
{
    ask_for(layer, request, async |request: Request<XsrfBody<B>>| {
        let body = request.into_body().collect().await.unwrap().to_bytes();
        String::from_utf8_lossy(&body).into_owned()
    })
}

/// Sends the request to a service that responds with a token.
pub(crate) fn ask_token(layer: &XsrfLayer, request: Request<Full<Bytes>>) -> Answer {
    ask_for(layer, request, async |request| {
        let xsrf: &Xsrf = request.extensions().get().unwrap();
        // A request has one token.
        assert_eq!(xsrf.xsrf_token(), xsrf.clone().xsrf_token());
        xsrf.xsrf_token()
    })
}

fn ask_for<B>(
    layer: &XsrfLayer,
    request: Request<B>,
    answer: impl AsyncFn(Request<XsrfBody<B>>) -> String,
) -> Answer
where
    B: Body<Data = Bytes> + Send + 'static,
{
    let calls = Arc::new(AtomicUsize::new(0));
    let service = service_fn(|request| {
        calls.fetch_add(1, Ordering::Relaxed);
        let answer = answer(request);
        async { Ok::<_, Infallible>(Response::new(Bytes::from(answer.await))) }
    });
    let response = block_on(layer.layer(service).oneshot(request)).unwrap();
    let set_cookie = response.headers().get(header::SET_COOKIE);
    let set_cookie = set_cookie.map(|header| header.to_str().unwrap().to_owned());
    Answer {
        status: response.status(),
        set_cookie,
        error: response.extensions().get().cloned(),
        text: String::from_utf8(response.into_body().into()).unwrap(),
        calls: calls.load(Ordering::Relaxed),
    }
}

impl Answer {
    #[track_caller]
    pub(crate) fn is_passed(&self) -> bool {
        let passed = self.calls == 1;
        assert_eq!(passed, self.status == StatusCode::OK, "{self:?}");
        assert_eq!(passed, self.error.is_none(), "{self:?}");
        passed
    }

    /// Returns the name of the only predicate that holds.
    #[track_caller]
    pub(crate) fn kind(&self) -> &'static str {
        let error = self.error.as_ref().unwrap();
        assert_eq!((self.calls, &self.set_cookie), (0, &None));
        assert_eq!(self.text, error.to_string());
        let status = if error.is_unreadable() { 400 } else { 403 };
        assert_eq!(self.status, status);
        let kinds = [
            ("cross-origin", error.is_cross_origin()),
            ("missing", error.is_missing()),
            ("too far", error.is_too_far()),
            ("malformed", error.is_malformed()),
            ("no cookie", error.is_cookie_missing()),
            ("mismatch", error.is_mismatch()),
            ("unreadable", error.is_unreadable()),
        ];
        let mut kinds = kinds.into_iter().filter(|(_, holds)| *holds);
        let (kind, _) = kinds.next().unwrap();
        assert_eq!(kinds.next(), None);
        kind
    }
}
