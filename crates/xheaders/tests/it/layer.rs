//! The layer: the requests that the inner service receives.

use std::{convert::Infallible, net::SocketAddr};

use http::{HeaderName, Request, Response, StatusCode};
use squall_xheaders::{Client, Contradictions, Peer, XHeaders, XHeadersLayer};
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::case::{request, settings, socket_addr, tell};

fn layer() -> XHeadersLayer {
    settings().layer(|extensions| extensions.get::<SocketAddr>().copied())
}

/// Responds with the client and the names of the headers.
async fn whoami(request: Request<()>) -> Result<Response<String>, Infallible> {
    let client = request.extensions().get::<Client>().map(tell);
    let names = request.headers().keys();
    let names: Vec<_> = names.map(HeaderName::as_str).collect();
    let text = format!("{} {}", client.unwrap_or_default(), names.join(" "));
    Ok(Response::new(text.trim_end().to_owned()))
}

fn from(peer: &str, lines: &str) -> Request<()> {
    let mut request = request(lines);
    request.extensions_mut().insert(socket_addr(peer));
    request
}

#[tokio::test]
async fn each_request_has_its_own_client() {
    let mut service = layer().layer(service_fn(whoami));
    for (peer, lines, wanted) in [
        (
            "127.0.0.1",
            "x-forwarded-for: 203.0.113.7",
            "203.0.113.7 x-forwarded-for",
        ),
        ("127.0.0.1", "", "127.0.0.1:9"),
        (
            "192.0.2.1",
            "x-forwarded-for: 203.0.113.7",
            "192.0.2.1:9 x-forwarded-for",
        ),
        ("192.0.2.1", "", "192.0.2.1:9"),
    ] {
        let service = service.ready().await.unwrap();
        let response = service.call(from(peer, lines)).await.unwrap();
        assert_eq!(response.body(), wanted, "{peer} {lines}");
    }
}

#[tokio::test]
async fn a_client_in_the_extensions_is_replaced() {
    let mut request = from("127.0.0.1", "");
    let other = XHeaders::new().client(Some(Peer::Unix.into()), &request);
    request.extensions_mut().insert(other.unwrap());
    let response = layer().layer(service_fn(whoami)).oneshot(request).await;
    assert_eq!(response.unwrap().body(), "127.0.0.1:9");
}

#[tokio::test]
async fn headers_without_a_known_peer_are_not_trusted() {
    let request = request("x-forwarded-for: 203.0.113.7");
    let response = layer().layer(service_fn(whoami)).oneshot(request).await;
    assert_eq!(response.unwrap().body(), "unknown x-forwarded-for");
}

#[tokio::test]
async fn refused_contradictions_do_not_reach_the_service() {
    let service = service_fn(
        async |_: Request<()>| -> Result<Response<String>, Infallible> { panic!("it was called") },
    );
    let request = from(
        "127.0.0.1",
        "x-forwarded-for: 6.6.6.6\nx-real-ip: 203.0.113.7",
    );
    let layer = settings()
        .contradictions(Contradictions::Refuse)
        .layer(|extensions| extensions.get::<SocketAddr>().copied());
    let response = layer.layer(service).oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    assert_eq!(response.body(), "");
    assert!(response.headers().is_empty());
}

#[tokio::test]
async fn headers_with_underscores_are_removed() {
    let lines = "x_real_ip: 1.1.1.1\nx_real_ip: 2.2.2.2\nX-Forwarded_For: 3.3.3.3\nx_forwarded_proto: https\n\
        x-real-ip: 203.0.113.7\nx_own: a\nxx_real_ip: b\nforwarded_: c";
    for (peer, addr) in [("127.0.0.1", "203.0.113.7"), ("192.0.2.1", "192.0.2.1:9")] {
        let service = layer().layer(service_fn(whoami));
        let response = service.oneshot(from(peer, lines)).await.unwrap();
        let (told, names) = response.body().split_once(' ').unwrap();
        assert_eq!(told, addr);
        let mut names: Vec<_> = names.split(' ').collect();
        names.sort_unstable();
        assert_eq!(names, ["forwarded_", "x-real-ip", "x_own", "xx_real_ip"]);
    }
}

#[tokio::test]
async fn errors_of_the_inner_service_are_returned() {
    let service = service_fn(async |_: Request<()>| Err::<Response<String>, _>("broken"));
    let error = layer().layer(service).oneshot(from("127.0.0.1", "")).await;
    assert_eq!(error.unwrap_err(), "broken");
}
