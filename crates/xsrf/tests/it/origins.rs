//! The origin check, compared with that of tower-http, which has the same rules.

use std::convert::Infallible;

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::Full;
use squall_xsrf::{ConfigError, XsrfLayer};
use tower::{Layer, ServiceExt, service_fn};
use tower_http::csrf::CsrfLayer;

use crate::site::{COOKIE, TOKEN, ask, block_on, post};

type Empty = Full<Bytes>;

const TRUSTED: &str = "https://trusted.example";

const SITES: [Option<&str>; 7] = [
    None,
    Some(""),
    Some("same-origin"),
    Some("same-site"),
    Some("cross-site"),
    Some("none"),
    Some("SAME-ORIGIN"),
];

const ORIGINS: [Option<&str>; 19] = [
    None,
    Some(""),
    Some("null"),
    Some("https://site.example"),
    Some("http://site.example"),
    Some("https://site.example:443"),
    Some("https://SITE.example"),
    Some("https://site.example."),
    Some("https://site.example/"),
    Some("https://site.example.evil.example"),
    Some("https://evil.example"),
    Some("https://evil.example/site.example"),
    Some("https://site.example@evil.example"),
    Some("https://evil.example#site.example"),
    Some("ftp://site.example"),
    Some("site.example"),
    Some("//site.example"),
    Some(TRUSTED),
    Some("https://trusted.example:8443"),
];

#[test]
fn origin_check_agrees_with_tower_http() {
    let ours = XsrfLayer::new().trusted_origin(TRUSTED).unwrap();
    let theirs = CsrfLayer::new().add_trusted_origin(TRUSTED).unwrap();
    let mut passed = 0;
    for site in SITES {
        for origin in ORIGINS {
            for (uri, host) in [
                ("/", Some("site.example")),
                ("/", Some("site.example:443")),
                ("/", None),
                ("https://site.example/", Some("evil.example")),
            ] {
                let request = || {
                    let mut request = Request::post(uri)
                        .header("cookie", COOKIE)
                        .header("x-xsrftoken", TOKEN);
                    for (name, value) in
                        [("host", host), ("origin", origin), ("sec-fetch-site", site)]
                    {
                        if let Some(value) = value {
                            request = request.header(name, value);
                        }
                    }
                    request.body(Empty::default()).unwrap()
                };
                let service =
                    service_fn(async |_| Ok::<_, Infallible>(Response::new(String::new())));
                let response = block_on(theirs.layer(service).oneshot(request())).unwrap();
                let answer = ask(&ours, request());
                // tower-http compares the default port and the case of letters as text.
                let normalized = |authority: &str| {
                    let host = authority.strip_suffix(":443").unwrap_or(authority);
                    host.eq_ignore_ascii_case("site.example")
                };
                let origin_uri = origin.and_then(|origin| origin.parse::<http::Uri>().ok());
                let is_same = site.is_none_or(str::is_empty)
                    && origin_uri.is_some_and(|uri| {
                        uri.scheme_str() == Some("https")
                            && uri.authority().is_some_and(|it| normalized(it.as_str()))
                    })
                    && (uri != "/" || host.is_some_and(normalized));
                assert_eq!(
                    answer.is_passed(),
                    response.status() == 200 || is_same,
                    "{site:?} {origin:?} {uri} {host:?}"
                );
                if answer.is_passed() {
                    passed += 1;
                } else {
                    assert_eq!(answer.kind(), "cross-origin");
                }
            }
        }
    }
    assert!((150..400).contains(&passed), "{passed}");
}

#[test]
fn a_same_origin_request_still_needs_the_token() {
    for site in ["same-origin", "none"] {
        let request = post()
            .header("sec-fetch-site", site)
            .header("cookie", COOKIE);
        let answer = ask(&XsrfLayer::new(), request.body(Empty::default()).unwrap());
        assert_eq!(answer.kind(), "missing");
    }
    let layer = XsrfLayer::new().trusted_origin(TRUSTED).unwrap();
    let request = post().header("origin", TRUSTED);
    assert_eq!(
        ask(&layer, request.body(Empty::default()).unwrap()).kind(),
        "missing"
    );
}

#[test]
fn websockets() {
    for (method, upgrade, origin, wanted) in [
        (Method::GET, "websocket", Some("https://site.example"), true),
        (
            Method::GET,
            "websocket",
            Some("https://evil.example"),
            false,
        ),
        (
            Method::GET,
            "WebSocket",
            Some("https://evil.example"),
            false,
        ),
        (
            Method::GET,
            "h2c, websocket",
            Some("https://evil.example"),
            false,
        ),
        (Method::GET, "websocket", Some("null"), false),
        (Method::GET, "websocket", None, true),
        (Method::GET, "h2c", Some("https://evil.example"), true),
        (Method::CONNECT, "", Some("https://evil.example"), false),
        (Method::CONNECT, "", Some("https://site.example"), true),
    ] {
        let mut request = post().method(&method).header("upgrade", upgrade);
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        let answer = ask(&XsrfLayer::new(), request.body(Empty::default()).unwrap());
        assert_eq!(answer.is_passed(), wanted, "{method} {upgrade} {origin:?}");
        if !wanted {
            assert_eq!(answer.kind(), "cross-origin");
        }
    }
    // Two `Upgrade` lines, and a cross-site handshake with `Sec-Fetch-Site`.
    let request = post()
        .method(Method::GET)
        .header("upgrade", "h2c")
        .header("upgrade", "websocket");
    let request = request
        .header("sec-fetch-site", "cross-site")
        .body(Empty::default());
    assert_eq!(
        ask(&XsrfLayer::new(), request.unwrap()).kind(),
        "cross-origin"
    );
}

#[test]
fn malformed_trusted_origins_are_errors() {
    let error = XsrfLayer::new().trusted_origin("example.com").unwrap_err();
    assert_eq!(
        error,
        ConfigError::Origin {
            origin: "example.com".to_owned()
        }
    );
    assert_eq!(
        error.to_string(),
        "a trusted origin is written as \"https://example.com\", not \"example.com\""
    );
}
