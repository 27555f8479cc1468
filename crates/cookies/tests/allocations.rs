//! Allocation counts of the layer. They have their own binary, since the counter replaces the
//! global allocator.

use std::{
    convert::Infallible,
    future::ready,
    pin::pin,
    task::{Context, Poll, Waker},
};

use allocation_counter::measure;
use http::{HeaderValue, Request, Response};
use squall_cookies::{Cookies, CookiesLayer};
use tower::{Layer, Service, service_fn};

/// Counts allocations while a request with this header is handled.
fn count(header: &str, handler: impl Fn(&Request<()>)) -> u64 {
    let service = service_fn(|request| {
        handler(&request);
        ready(Ok::<_, Infallible>(Response::new(())))
    });
    let mut service = CookiesLayer::new().layer(service);
    let mut request = Request::new(());
    let header = HeaderValue::from_str(header).expect("a valid header");
    // A clone shares its bytes, like the headers of a request that a server has parsed.
    request.headers_mut().insert("cookie", header.clone());
    // The first extension allocates the map.
    request.extensions_mut().insert(());
    let mut request = Some(request);
    let counted = measure(|| {
        let request = request.take().expect("called once");
        let mut context = Context::from_waker(Waker::noop());
        let answer = pin!(service.call(request)).poll(&mut context);
        assert!(matches!(answer, Poll::Ready(Ok(_))));
    });
    counted.count_total
}

#[test]
fn unread_cookies_cost_two_allocations() {
    let pairs = "name=value; ".repeat(100);
    for header in ["a=b", &pairs] {
        let allocations = count(header, |request| {
            assert!(request.extensions().get::<Cookies>().is_some());
        });
        // The handle, and its box in the extensions.
        assert_eq!(allocations, 2, "{header}");
    }
}

#[test]
fn cookie_header_is_parsed_once_in_linear_time() {
    let header = |pairs: u32| -> String {
        (0..pairs)
            .map(|number| format!("name{number}=\"value\\073\"; "))
            .collect()
    };
    let read = |pairs, times| {
        count(&header(pairs), |request| {
            let cookies: &Cookies = request.extensions().get().expect("set by the layer");
            for _ in 0..times {
                assert_eq!(cookies.get_cookie("absent"), None);
            }
        })
    };
    let (half, whole) = (read(2_048, 1), read(4_096, 1));
    assert!(half > 2_048 && whole < half * 2 + 64, "{half} and {whole}");
    assert_eq!(whole, read(4_096, 100));
}
