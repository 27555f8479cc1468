//! `compress_response`: compressed are texts of some length, for clients that accept it.

use std::{fs, io::Read};

use flate2::read::GzDecoder;
use squall::{
    Application, ApplicationService, Body, ErrorPage, Html, Json, StaticFiles, get,
    http::{HeaderMap, StatusCode, header},
};
use testkit::temp_dir;
use tower::ServiceExt;

use crate::{request, service};

const PAGE: &str = "0123456789";

fn page() -> String {
    PAGE.repeat(500)
}

fn application() -> Application {
    let streamed = || {
        let chunks = (0..100).map(|_| Ok::<_, std::convert::Infallible>(PAGE));
        Body::from_stream(futures_util::stream::iter(chunks))
    };
    let html = [(header::CONTENT_TYPE, "text/html")];
    Application::new()
        .route(
            "/page",
            get(async || ([(header::ETAG, "\"a\"")], Html(page()))),
        )
        .route(
            "/weak",
            get(async || ([(header::ETAG, "W/\"a\"")], Html(page()))),
        )
        .route(
            "/vary",
            get(async || ([(header::VARY, "cookie, Accept-Encoding")], Html(page()))),
        )
        .route("/json", get(async || Json(vec![PAGE; 500])))
        .route("/stream", get(async move || (html, streamed())))
        .route("/small", get(async || Html("small")))
        .route(
            "/secret",
            get(async || ([(header::CACHE_CONTROL, "no-store")], Html(page()))),
        )
        .route(
            "/events",
            get(async move || ([(header::CONTENT_TYPE, "text/event-stream")], streamed())),
        )
        .route(
            "/image",
            get(async || ([(header::CONTENT_TYPE, "image/png")], page())),
        )
        .route(
            "/coded",
            get(async || ([(header::CONTENT_ENCODING, "br")], Html(page()))),
        )
        .error_page(StatusCode::NOT_FOUND, async |_: ErrorPage| Html(page()))
}

/// Returns the status, the headers and the decoded body.
async fn ask(
    service: &ApplicationService,
    method: &str,
    target: &str,
    lines: &[(&str, &str)],
) -> (u16, HeaderMap, Vec<u8>) {
    let mut request = request(method, target);
    for &(name, value) in lines {
        request = request.header(name, value);
    }
    let request = request.body(Body::empty()).expect("a good request");
    let response = service.clone().oneshot(request).await;
    let (head, body) = response.unwrap_or_else(|never| match never {}).into_parts();
    let body = axum::body::to_bytes(body, usize::MAX)
        .await
        .expect("a body");
    let mut content = body.to_vec();
    if head
        .headers
        .get(header::CONTENT_ENCODING)
        .is_some_and(|coding| coding == "gzip")
        && method != "HEAD"
    {
        assert!(body.len() < 1000, "{target}: {} bytes", body.len());
        content.clear();
        GzDecoder::new(&*body)
            .read_to_end(&mut content)
            .expect("gzip");
    }
    (head.status.as_u16(), head.headers, content)
}

const GZIP: (&str, &str) = ("accept-encoding", "gzip, br");

#[tokio::test]
async fn texts_are_compressed_for_clients_that_accept_it() {
    let service = service(application().compress_response(true));
    for (target, coding, vary, etag) in [
        (
            "/page",
            Some("gzip"),
            Some("accept-encoding"),
            Some("W/\"a\""),
        ),
        (
            "/weak",
            Some("gzip"),
            Some("accept-encoding"),
            Some("W/\"a\""),
        ),
        ("/vary", Some("gzip"), Some("cookie, Accept-Encoding"), None),
        ("/json", Some("gzip"), Some("accept-encoding"), None),
        ("/stream", Some("gzip"), Some("accept-encoding"), None),
        ("/missing", Some("gzip"), Some("accept-encoding"), None),
        ("/small", None, None, None),
        ("/secret", None, None, None),
        ("/events", None, None, None),
        ("/image", None, None, None),
        ("/coded", Some("br"), None, None),
    ] {
        let (status, headers, content) = ask(&service, "GET", target, &[GZIP]).await;
        let shown =
            |name: header::HeaderName| headers.get(name).map(|value| value.to_str().expect("text"));
        assert_eq!(
            status,
            if target == "/missing" { 404 } else { 200 },
            "{target}"
        );
        assert_eq!(shown(header::CONTENT_ENCODING), coding, "{target}");
        assert_eq!(shown(header::VARY), vary, "{target}");
        assert_eq!(shown(header::ETAG), etag, "{target}");
        if coding == Some("gzip") {
            assert_eq!(shown(header::CONTENT_LENGTH), None, "{target}");
        }
        let (_, plain_headers, plain) = ask(&service, "GET", target, &[]).await;
        assert!(content == plain, "{target}: the content differs");
        if coding != Some("br") {
            assert!(
                !plain_headers.contains_key(header::CONTENT_ENCODING),
                "{target}"
            );
        }
        // A cache has to know that there are two.
        assert_eq!(
            plain_headers.get(header::VARY),
            headers.get(header::VARY),
            "{target}"
        );
        let (_, head, content) = ask(&service, "HEAD", target, &[GZIP]).await;
        assert!(content.is_empty(), "{target}");
        for name in [header::CONTENT_ENCODING, header::VARY, header::ETAG] {
            assert_eq!(head.get(&name), headers.get(&name), "{target} {name}");
        }
    }
}

#[tokio::test]
async fn nothing_is_compressed_by_default() {
    let service = service(application());
    for target in ["/page", "/json", "/stream", "/missing"] {
        let (_, headers, _) = ask(&service, "GET", target, &[GZIP]).await;
        assert!(!headers.contains_key(header::CONTENT_ENCODING), "{target}");
        assert!(!headers.contains_key(header::VARY), "{target}");
    }
}

#[tokio::test]
async fn static_files_keep_their_variants_and_ranges() {
    let files = temp_dir();
    fs::write(files.path().join("plain.css"), page()).expect("a directory of ours");
    fs::write(files.path().join("coded.css"), page()).expect("a directory of ours");
    fs::write(files.path().join("coded.css.br"), "brotli").expect("a directory of ours");
    let service = service(
        Application::new()
            .static_files(StaticFiles::new(files.path()))
            .compress_response(true),
    );
    let accept = ("accept-encoding", "br, gzip, identity;q=0");
    let (status, headers, content) = ask(&service, "GET", "/static/coded.css", &[accept]).await;
    assert_eq!(
        (status, &headers[header::CONTENT_ENCODING]),
        (200, &"br".parse().expect("a value"))
    );
    assert_eq!(content, b"brotli");
    let (status, headers, content) = ask(&service, "GET", "/static/plain.css", &[GZIP]).await;
    assert_eq!(
        (status, &headers[header::CONTENT_ENCODING]),
        (200, &"gzip".parse().expect("a value"))
    );
    assert_eq!(content, page().as_bytes());
    assert!(!headers.contains_key(header::ACCEPT_RANGES));
    // The weak validator of the compressed file is that of the file.
    let etag = headers[header::ETAG].to_str().expect("text").to_owned();
    let (status, ..) = ask(
        &service,
        "GET",
        "/static/plain.css",
        &[GZIP, ("if-none-match", &etag)],
    )
    .await;
    assert_eq!(status, 304);
    let range = ("range", "bytes=10-2009");
    let (status, headers, content) =
        ask(&service, "GET", "/static/plain.css", &[GZIP, range]).await;
    assert_eq!((status, content.len()), (206, 2000));
    assert!(!headers.contains_key(header::CONTENT_ENCODING));
}
