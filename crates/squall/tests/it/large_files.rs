//! Large static files on real sockets, which the kernel sends from the file: whole, in order, and
//! never instead of a body that a layer has changed.

use std::{
    convert::Infallible,
    fs,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use flate2::read::GzDecoder;
use http_body::{Frame, SizeHint};
use squall::{Application, Body, Request, Response, StaticFiles, http::header};
use testkit::{TempDir, Wire, temp_dir};
use tower::{
    ServiceExt, service_fn,
    util::{MapRequestLayer, MapResponseLayer},
};

use crate::{nginx::Nginx, serve_in_background};

const LENGTH: usize = 3_000_007;

/// An application with a large file, `/static/large.txt`, and a small one.
fn site() -> (TempDir, Application) {
    let dir = temp_dir();
    fs::write(dir.path().join("large.txt"), content()).expect("an empty directory");
    fs::write(dir.path().join("small.txt"), "small").expect("an empty directory");
    let files = StaticFiles::new(dir.path()).max_cached_file(1000);
    (dir, Application::new().static_files(files))
}

/// Each byte depends on its place, and none is 0.
fn content() -> Vec<u8> {
    let byte = |at: usize| 1 + (at / 4096 + at) % 251;
    (0..LENGTH).map(|at| byte(at) as u8).collect()
}

fn get(wire: &mut Wire, path: &str, lines: &str) -> testkit::Reply {
    wire.send(format!("GET {path} HTTP/1.1\r\nHost: a\r\n{lines}\r\n"));
    wire.response()
}

/// A body of the same length whose bytes are inverted.
struct Inverted(Body);

impl http_body::Body for Inverted {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = ready!(Pin::new(&mut self.0).poll_frame(cx));
        let inverted = |bytes: Bytes| bytes.iter().map(|byte| !byte).collect();
        Poll::Ready(frame.map(|frame| Ok(frame?.map_data(inverted))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}

fn inverted(response: Response) -> Response {
    response.map(|body| Body::new(Inverted(body)))
}

#[test]
fn file_whole_and_in_ranges_between_other_responses() {
    let (_dir, application) = site();
    let address = serve_in_background(application);
    let content = content();
    // The first connection is from before the first large response.
    let mut wires = [Wire::connect(address), Wire::connect(address)];
    for turn in 0..6 {
        let wire = &mut wires[turn % 2];
        for (lines, range) in [
            ("", 0..LENGTH),
            ("Range: bytes=1000-2000000\r\n", 1000..2_000_001),
            ("Range: bytes=-300000\r\n", LENGTH - 300_000..LENGTH),
            ("Range: bytes=7-7\r\n", 7..8),
        ] {
            let reply = get(wire, "/static/large.txt", lines);
            assert!(reply.body == content[range], "{lines}");
            assert_eq!(get(wire, "/static/small.txt", "").text(), "small");
        }
        wire.send("HEAD /static/large.txt HTTP/1.1\r\nHost: a\r\n\r\n");
        let head = wire.response_to("HEAD");
        assert_eq!(head.header("content-length"), Some(&*LENGTH.to_string()));
        let lines = "Range: bytes=0-499999,1000000-\r\n";
        let several = get(wire, "/static/large.txt", lines);
        assert_eq!(several.status, 206);
        let has = |range: &[u8]| {
            let mut at = several.body.windows(range.len());
            at.any(|window| window == range)
        };
        assert!(has(&content[..500_000]) && has(&content[1_000_000..]));
    }
    let mut wire = Wire::connect(address);
    wire.send("GET /static/large.txt HTTP/1.0\r\n\r\n");
    assert!(wire.response().body == content);
    wire.closed();
}

#[test]
fn pipelined_requests_get_their_responses_in_order() {
    let (_dir, application) = site();
    let mut wire = Wire::connect(serve_in_background(application));
    let paths = ["small", "large", "large", "small", "small", "large"];
    let request = |path| format!("GET /static/{path}.txt HTTP/1.1\r\nHost: a\r\n\r\n");
    let requests: String = paths.into_iter().map(request).collect();
    wire.send(requests.repeat(5));
    let large = content();
    for path in paths.repeat(5) {
        let reply = wire.response();
        let expected = if path == "large" { &*large } else { b"small" };
        assert!(reply.body == expected, "{path}: {} bytes", reply.body.len());
    }
}

/// The file must not be sent where something has made another body of it.
#[test]
fn layers_that_change_the_body_get_its_bytes() {
    type Change = fn(Application) -> Application;
    let cases: [(&str, &str, Change); 6] = [
        ("a layer", "/static/large.txt", |app| {
            app.layer(MapResponseLayer::new(inverted))
        }),
        (
            "an outer layer that changes nothing",
            "/static/large.txt",
            |app| {
                app.layer(MapResponseLayer::new(inverted))
                    .layer(MapRequestLayer::new(|request: Request| request))
            },
        ),
        ("a mounted application", "/m/static/large.txt", |app| {
            let app = app.layer(MapResponseLayer::new(inverted));
            Application::new().mount("/m", app.into_service().expect("it is valid"))
        }),
        (
            "a mounted application in a layer",
            "/m/static/large.txt",
            |app| {
                Application::new()
                    .mount("/m", app.into_service().expect("it is valid"))
                    .layer(MapResponseLayer::new(inverted))
            },
        ),
        ("a mounted router of axum", "/m/static/large.txt", |app| {
            let app = app.into_service().expect("it is valid");
            let router = axum::Router::new().fallback_service(app);
            let router = router.layer(MapResponseLayer::new(inverted));
            Application::new().mount("/m", router)
        }),
        (
            "a service that calls the application",
            "/m/static/large.txt",
            |app| {
                let app = app.into_service().expect("it is valid");
                let service = service_fn(move |request: Request| {
                    let app = app.clone();
                    async move { Ok::<_, Infallible>(inverted(app.oneshot(request).await?)) }
                });
                Application::new().mount("/m", service)
            },
        ),
    ];
    let expected: Vec<u8> = content().iter().map(|byte| !byte).collect();
    for (case, path, change) in cases {
        let (_dir, application) = site();
        let address = serve_in_background(change(application));
        for _ in 0..3 {
            let reply = get(&mut Wire::connect(address), path, "");
            assert_eq!(reply.header("content-length"), Some(&*LENGTH.to_string()));
            assert!(reply.body == expected, "{case}");
        }
    }
}

#[test]
fn compressed_response_is_that_of_the_file() {
    let (_dir, application) = site();
    let address = serve_in_background(application.compress_response(true));
    for _ in 0..3 {
        let mut wire = Wire::connect(address);
        let reply = get(&mut wire, "/static/large.txt", "Accept-Encoding: gzip\r\n");
        assert_eq!(
            reply.header(header::CONTENT_ENCODING.as_str()),
            Some("gzip")
        );
        let mut body = Vec::new();
        std::io::copy(&mut GzDecoder::new(&*reply.body), &mut body).expect("it is gzip");
        assert!(body == content());
        let plain = get(&mut wire, "/static/large.txt", "");
        assert!(plain.body == content());
    }
}

#[test]
fn nginx_gets_the_file_whole() {
    let (_dir, application) = site();
    let Some(nginx) = Nginx::start(&[serve_in_background(application).to_string()]) else {
        return;
    };
    for _ in 0..5 {
        let mut wire = nginx.wire();
        for (lines, range) in [
            ("", 0..LENGTH),
            ("Range: bytes=5-2000000\r\n", 5..2_000_001),
        ] {
            let reply = get(&mut wire, "/static/large.txt", lines);
            assert!(reply.body == content()[range], "{lines}");
        }
    }
}
