//! Methods and request bodies.

use testkit::Wire;

use crate::{
    site::SITE,
    transcript::{Case, check},
};

pub(crate) const CASES: &[Case] = &[
    (
        "HEAD /static/data.txt",
        "200\ncontent-length: 1000\netag: {etag:/static/data.txt}\nlast-modified: {date}\naccept-ranges: bytes\n\n",
    ),
    (
        "HEAD /uncached/data.txt",
        "200\ncontent-length: 1000\nlast-modified: {date}\n\n",
    ),
    ("POST /static/data.txt", "405\nallow: GET, HEAD\n\n"),
    ("PUT /static/data.txt", "405\nallow: GET, HEAD\n\n"),
    ("DELETE /static/data.txt", "405\nallow: GET, HEAD\n\n"),
    ("OPTIONS /static/data.txt", "405\nallow: GET, HEAD\n\n"),
    ("PROPFIND /static/data.txt", "405\nallow: GET, HEAD\n\n"),
    ("get /static/data.txt", "405\nallow: GET, HEAD\n\n"),
    ("POST /static/nowhere", "405\nallow: GET, HEAD\n\n"),
];

#[test]
fn only_get_and_head_are_allowed() {
    check(CASES);
}

/// Bytes of a body that look like a request must not be parsed as one (RUSTSEC-2025-0037 of
/// pingora).
#[test]
fn request_body_is_never_parsed_as_a_request() {
    let inner = "GET /static/images/logo.png HTTP/1.1\r\nhost: localhost\r\n\r\n";
    for (method, path, status) in [
        ("POST", "/static/data.txt", 405),
        ("GET", "/static/data.txt", 200),
        ("GET", "/static/nowhere", 404),
        ("HEAD", "/static/data.txt", 200),
        ("GET", "/uncached/data.txt", 200),
    ] {
        // Sent with the head, or after the response has arrived.
        for at_once in [true, false] {
            let mut wire = Wire::connect(SITE.address);
            let length = inner.len();
            let head = format!(
                "{method} {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {length}\r\n\r\n"
            );
            if at_once {
                wire.send(format!("{head}{inner}"));
                assert_eq!(wire.response_to(method).status, status, "{method} {path}");
            } else {
                wire.send(head);
                assert_eq!(wire.response_to(method).status, status, "{method} {path}");
                // The server may have closed the connection already, which is correct too.
                wire.send(inner);
            }
            wire.send(
                "GET /static/robots.txt HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n",
            );
            let rest = String::from_utf8(wire.read_all()).unwrap();
            let answers_itself = rest.is_empty() || rest.ends_with("\r\n\r\nUser-agent: *");
            assert!(
                answers_itself && !rest.contains("a logo"),
                "{method} {path}: {rest}"
            );
        }
    }
}
