//! Shared by the tests: a secret, a time, and one request to a handler with cookies.

use std::{
    convert::Infallible,
    time::{Duration, SystemTime},
};

use http::{Request, Response};
use squall_cookies::{CookieSecret, Cookies, CookiesLayer};
use tower::{Layer, ServiceExt, service_fn};

pub(crate) const SECRET: &str = "32oETzKXQAGaYdkL5gEmGeJJFuYh7EQnp2XdTP1o";

/// The time at which the tests read signed values, and sign most of them.
pub(crate) const NOW: u64 = 1_300_000_000;

pub(crate) fn secret() -> CookieSecret {
    CookieSecret::new(SECRET).unwrap()
}

pub(crate) fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

/// Sends a request with these `Cookie` headers; returns the handler's result and the `Set-Cookie`
/// headers of the response.
pub(crate) fn respond<T: Default>(
    layer: CookiesLayer,
    headers: &[&str],
    handler: impl Fn(&Cookies) -> T,
) -> (T, Vec<String>) {
    let mut request = Request::new(());
    for header in headers {
        let header = header.parse().unwrap();
        request.headers_mut().append("cookie", header);
    }
    let service = service_fn(|request: Request<()>| {
        let result = handler(request.extensions().get().unwrap());
        std::future::ready(Ok::<_, Infallible>(Response::new(result)))
    });
    let response = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(layer.layer(service).oneshot(request))
        .unwrap();
    let set = response.headers().get_all("set-cookie");
    let set = set.iter().map(|header| header.to_str().unwrap().to_owned());
    let set = set.collect();
    (response.into_body(), set)
}
