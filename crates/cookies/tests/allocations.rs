//! What cookies cost, counted in allocations. A binary of its own, since the counter replaces the allocator.

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

/// Allocations while a request with this header is answered.
fn count(header: &str, handler: impl Fn(&Request<()>)) -> u64 {
    let service = service_fn(|request| {
        handler(&request);
        ready(Ok::<_, Infallible>(Response::new(())))
    });
    let mut service = CookiesLayer::new().layer(service);
    let mut request = Request::new(());
    let header = HeaderValue::from_str(header).expect("it is a header");
    // Servers share the bytes of a request's head between its headers; so does this clone.
    request.headers_mut().insert("cookie", header.clone());
    // The first extension makes the map.
    request.extensions_mut().insert(());
    let mut request = Some(request);
    let counted = measure(|| {
        let request = request.take().expect("it is measured once");
        let mut context = Context::from_waker(Waker::noop());
        let answer = pin!(service.call(request)).poll(&mut context);
        assert!(matches!(answer, Poll::Ready(Ok(_))));
    });
    counted.count_total
}

#[test]
fn cookies_that_nobody_asks_for_cost_a_handle() {
    let pairs = "name=value; ".repeat(100);
    for header in ["a=b", &pairs] {
        let allocations = count(header, |request| {
            assert!(request.extensions().get::<Cookies>().is_some());
        });
        // The handle, and the box in which extensions keep it.
        assert_eq!(allocations, 2, "{header}");
    }
}

#[test]
fn a_header_is_read_once_and_in_linear_time() {
    let header = |pairs: u32| -> String {
        (0..pairs)
            .map(|number| format!("name{number}=\"value\\073\"; "))
            .collect()
    };
    let read = |pairs, times| {
        count(&header(pairs), |request| {
            let cookies: &Cookies = request.extensions().get().expect("the layer is there");
            for _ in 0..times {
                assert_eq!(cookies.get_cookie("absent"), None);
            }
        })
    };
    let (half, whole) = (read(2_048, 1), read(4_096, 1));
    assert!(half > 2_048 && whole < half * 2 + 64, "{half} and {whole}");
    assert_eq!(whole, read(4_096, 100));
}
