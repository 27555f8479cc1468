//! Requests that get the plain response. The tables of conditions are in `squall-peers`.

use std::net::IpAddr;

use http::{Request, Version, request};
use squall_debug::RequestMetadata;

use crate::case::{Log, Result, request, respond, shown};

async fn fails(request: Request<()>) -> Result<()> {
    assert!(request.extensions().get::<RequestMetadata>().is_none());
    Err(std::io::Error::other("broken").into())
}

#[tokio::test]
async fn other_clients_get_the_plain_response() {
    let stranger: IpAddr = "192.0.2.7".parse().unwrap();
    let bare = || Request::builder().header("accept", "text/html");
    let cases: [(&str, request::Builder); 7] = [
        (
            "the peer is not on loopback",
            request("text/html").extension(stranger),
        ),
        (
            "the peer is not on loopback",
            bare().header("host", "localhost"),
        ),
        (
            "a proxy forwarded the request",
            request("text/html").header("x-forwarded-for", "127.0.0.1"),
        ),
        (
            "a proxy forwarded the request",
            request("text/html").version(Version::HTTP_10),
        ),
        (
            "the host is not allowed",
            request("text/html").header("host", "evil.example"),
        ),
        (
            "the host is not allowed",
            request("text/html").uri("http://evil.example/"),
        ),
        (
            "a page of another site sent the request",
            request("text/html")
                .header("sec-fetch-site", "cross-site")
                .header("sec-fetch-mode", "cors"),
        ),
    ];
    for (why, request) in cases {
        let log = Log::default();
        let listening = log.listen();
        let response = respond(shown(), request.body(()).unwrap(), fails).await;
        drop(listening);
        assert_eq!(response.body(), "500 Internal Server Error\n", "{why}");
        assert!(!response.headers().contains_key("content-security-policy"));
        // The log names the reason.
        assert!(
            log.text().contains(&format!("no_page={why}")),
            "{}",
            log.text()
        );
    }
}

#[tokio::test]
async fn allow_host_adds_a_host() {
    let request = Request::builder()
        .extension("::1".parse::<IpAddr>().unwrap())
        .header("host", "dev.example:8888");
    let tracebacks = shown().allow_host("dev.example");
    let response = respond(tracebacks, request.body(()).unwrap(), async |_| {
        Err(std::io::Error::other("broken").into())
    });
    assert!(response.await.body().starts_with("# broken"));
}
