//! `Cookie` and `Set-Cookie` headers: arbitrary text does not change the pair after it, and a
//! cookie that is set is one pair with its attributes.
#![no_main]

use std::{
    convert::Infallible,
    future::Ready,
    pin::pin,
    task::{Context, Poll, Waker},
};

use http::{HeaderValue, Request, Response};
use libfuzzer_sys::fuzz_target;
use squall_cookies::{Cookies, CookiesLayer};
use tower_layer::Layer;
use tower_service::Service;

/// A service that calls a function with the cookies and responds with an empty body.
struct With<F>(F);

impl<F: Fn(&Cookies)> Service<Request<()>> for With<F> {
    type Response = Response<()>;
    type Error = Infallible;
    type Future = Ready<Result<Response<()>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<()>) -> Self::Future {
        (self.0)(request.extensions().get().expect("set by the layer"));
        std::future::ready(Ok(Response::new(())))
    }
}

/// The `Set-Cookie` header of the response, if there is one.
fn visit(header: HeaderValue, handler: impl Fn(&Cookies)) -> Option<HeaderValue> {
    let mut service = CookiesLayer::new().layer(With(handler));
    let mut request = Request::new(());
    request.headers_mut().insert("cookie", header);
    let answer = pin!(service.call(request)).poll(&mut Context::from_waker(Waker::noop()));
    let Poll::Ready(Ok(response)) = answer else {
        panic!("nothing has to be waited for");
    };
    response.headers().get("set-cookie").cloned()
}

fuzz_target!(|bytes: &[u8]| {
    let header = [bytes, b";name=value"].concat();
    if let Ok(header) = HeaderValue::from_bytes(&header) {
        drop(visit(header, |cookies| {
            assert_eq!(cookies.get_cookie("name").as_deref(), Some("value"));
        }));
    }

    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let (name, value) = text.split_once('=').unwrap_or(("name", text));
    let none = HeaderValue::from_static("");
    let set = visit(none, |cookies| drop(cookies.set_cookie((name, value))));
    if let Some(set) = set {
        let set = set.to_str().expect("it is ASCII").to_owned();
        let wanted = format!("{name}={value}; HttpOnly; SameSite=Lax; Path=/");
        let wanted = match name.to_ascii_lowercase() {
            name if name.starts_with("__host-") || name.starts_with("__secure-") => {
                wanted.replace("; Path", "; Secure; Path")
            }
            _ => wanted,
        };
        assert_eq!(set, wanted);
        let pair = set.split(';').next().expect("there is a first");
        let header = HeaderValue::from_str(pair).expect("it was one");
        drop(visit(header, |cookies| {
            assert_eq!(cookies.get_cookie(name).as_deref(), Some(value));
        }));
    }
});
