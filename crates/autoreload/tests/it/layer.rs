//! The live-reload layer: which requests get the script, which responses, and the event stream.

use std::{
    convert::Infallible,
    fs,
    net::IpAddr,
    pin::pin,
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Full, StreamBody};
use squall_autoreload::{LiveBody, LiveReload, LiveReloadLayer, StateFile, Status};
use testkit::{temp_dir, wait_for};
use tower::{Layer, ServiceExt, service_fn};

const PAGE: &str = "<!doctype html><h1>Hello</h1>";

fn tag(generation: &str) -> String {
    format!("<script src=\"/_squall/live.js\" data-generation=\"{generation}\" defer></script>\n")
}

fn layer(live: LiveReload) -> LiveReloadLayer {
    live.generation("g")
        .layer(|extensions| extensions.get().copied())
}

fn get(path: &str) -> http::request::Builder {
    Request::builder()
        .uri(path)
        .extension(IpAddr::from([127, 0, 0, 1]))
        .header("host", "localhost:8888")
}

/// Sends the request through the layer to a service that returns this response.
async fn send(
    layer: &LiveReloadLayer,
    request: http::request::Builder,
    response: Response<Full<Bytes>>,
) -> Response<LiveBody<Full<Bytes>>> {
    let service = layer.layer(service_fn(async |_: Request<()>| {
        Ok::<_, Infallible>(response.clone())
    }));
    service.oneshot(request.body(()).unwrap()).await.unwrap()
}

fn html(fields: &[(&str, &str)]) -> Response<Full<Bytes>> {
    let mut response = Response::builder().header("content-type", "text/html; charset=utf-8");
    for (name, value) in fields {
        response = response.header(*name, *value);
    }
    response.body(PAGE.into()).unwrap()
}

async fn text(response: Response<LiveBody<Full<Bytes>>>) -> (HeaderMap, String) {
    let (head, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (head.headers, String::from_utf8(body.into()).unwrap())
}

#[tokio::test(flavor = "current_thread")]
async fn html_responses_get_the_script() {
    let layer = layer(LiveReload::new());
    let mut json = html(&[]);
    json.headers_mut()
        .insert("content-type", "application/json".parse().unwrap());
    let mut untyped = html(&[]);
    untyped.headers_mut().remove("content-type");
    let mut capitals = html(&[]);
    capitals
        .headers_mut()
        .insert("content-type", "Text/HTML".parse().unwrap());
    let status = |status: u16| {
        let mut response = html(&[]);
        *response.status_mut() = status.try_into().unwrap();
        response
    };
    let table = [
        ("a page", html(&[]), true),
        ("a page in capitals", capitals, true),
        ("an error page", status(500), true),
        ("JSON", json, false),
        ("no type", untyped, false),
        ("compressed", html(&[("content-encoding", "gzip")]), false),
        ("a range", html(&[("content-range", "bytes 0-3/4")]), false),
        ("a range by its status", status(206), false),
        (
            "a download",
            html(&[("content-disposition", "attachment")]),
            false,
        ),
        ("a redirect", status(303), false),
        ("not modified", status(304), false),
    ];
    for (case, response, expected) in table {
        let (_, body) = text(send(&layer, get("/"), response).await).await;
        let expected = if expected {
            PAGE.to_owned() + &tag("g")
        } else {
            PAGE.to_owned()
        };
        assert_eq!(body, expected, "{case}");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn navigations_ask_for_no_content_coding() {
    let layer = layer(LiveReload::new());
    // The coding that the inner service is asked for.
    let inner = service_fn(async |request: Request<()>| {
        let asked = request.headers().get("accept-encoding").cloned();
        let asked = asked.unwrap_or_else(|| "none".parse().unwrap());
        let response = Response::builder().header("asked", asked);
        Ok::<_, Infallible>(response.body(Full::<Bytes>::default()).unwrap())
    });
    let foreign = IpAddr::from([192, 0, 2, 1]);
    for (case, request, expected) in [
        ("a page", get("/"), "identity"),
        (
            "a fetch by a script",
            get("/").header("sec-fetch-dest", "empty"),
            "gzip, br",
        ),
        ("HEAD", get("/").method("HEAD"), "gzip, br"),
        ("another machine", get("/").extension(foreign), "gzip, br"),
    ] {
        let request = request.header("accept-encoding", "gzip, br");
        let response = layer.layer(inner).oneshot(request.body(()).unwrap()).await;
        let head = response.unwrap().into_parts().0;
        assert_eq!(head.headers["asked"], expected, "{case}");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn local_navigations_get_the_script() {
    let layer = layer(LiveReload::new());
    let foreign = IpAddr::from([192, 0, 2, 1]);
    let table = [
        (
            "a browser",
            get("/").header("sec-fetch-dest", "document"),
            true,
        ),
        (
            "a script",
            get("/").header("sec-fetch-dest", "empty"),
            false,
        ),
        ("HEAD", get("/").method("HEAD"), false),
        ("POST", get("/").method("POST"), false),
        ("another machine", get("/").extension(foreign), false),
        (
            "no host",
            Request::get("/").extension(IpAddr::from([127, 0, 0, 1])),
            false,
        ),
        (
            "another name",
            Request::get("/")
                .extension(IpAddr::from([127, 0, 0, 1]))
                .header("host", "evil.example"),
            false,
        ),
        (
            "an unknown peer",
            Request::get("/").header("host", "localhost"),
            false,
        ),
    ];
    for (case, request, expected) in table {
        let (_, body) = text(send(&layer, request, html(&[])).await).await;
        assert_eq!(body.contains("<script"), expected, "{case}");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn pages_with_the_script_are_not_cached() {
    let layer = layer(LiveReload::new());
    let fields = [
        ("content-length", "29"),
        ("etag", "\"1\""),
        ("last-modified", "Tue, 24 Nov 2026 08:00:00 GMT"),
        ("cache-control", "max-age=3600"),
        ("x-other", "stays"),
    ];
    let (headers, _) = text(send(&layer, get("/"), html(&fields)).await).await;
    assert_eq!(headers["cache-control"], "no-store");
    assert_eq!(headers["x-other"], "stays");
    for removed in ["content-length", "etag", "last-modified"] {
        assert!(!headers.contains_key(removed), "{removed}");
    }
    let other = get("/").header("sec-fetch-dest", "empty");
    let (headers, _) = text(send(&layer, other, html(&fields)).await).await;
    assert_eq!(headers["content-length"], "29");
    assert_eq!(headers["cache-control"], "max-age=3600");
}

#[tokio::test(flavor = "current_thread")]
async fn script_and_events_are_same_origin_and_local() {
    let layer = layer(LiveReload::new());
    let foreign = || IpAddr::from([192, 0, 2, 1]);
    for path in ["/_squall/live.js", "/_squall/live"] {
        let table = [
            ("the page", get(path), true),
            (
                "the page, with Sec-Fetch-Site",
                get(path).header("sec-fetch-site", "same-origin"),
                true,
            ),
            (
                "its origin",
                get(path).header("origin", "http://localhost:8888"),
                true,
            ),
            (
                "another site",
                get(path).header("sec-fetch-site", "cross-site"),
                false,
            ),
            (
                // Without CORS headers, its page cannot read the response.
                "another port of this machine",
                get(path).header("sec-fetch-site", "same-site"),
                true,
            ),
            (
                "another origin",
                get(path).header("origin", "http://evil.example"),
                false,
            ),
            ("no site", get(path).header("origin", "null"), false),
            (
                "a proxy on this machine",
                get(path).header("x-forwarded-for", "8.8.8.8"),
                false,
            ),
            ("another machine", get(path).extension(foreign()), false),
            (
                "rebinding",
                Request::get(path)
                    .extension(IpAddr::from([127, 0, 0, 1]))
                    .header("host", "evil.example"),
                false,
            ),
            ("POST", get(path).method("POST"), false),
        ];
        for (case, request, expected) in table {
            let response = send(&layer, request, html(&[])).await;
            let own = response.headers()["content-type"] != "text/html; charset=utf-8";
            assert_eq!(own, expected, "{case} requests {path}");
            assert!(
                !response
                    .headers()
                    .contains_key("access-control-allow-origin")
            );
        }
    }
    let (headers, script) = text(send(&layer, get("/_squall/live.js"), html(&[])).await).await;
    assert_eq!(headers["content-type"], "text/javascript; charset=utf-8");
    assert!(script.contains("new EventSource(\"/_squall/live\")"));
}

/// A client of the event stream.
struct Events(LiveBody<Full<Bytes>>);

impl Events {
    async fn of(layer: &LiveReloadLayer) -> Self {
        Self(
            send(layer, get("/_squall/live"), html(&[]))
                .await
                .into_body(),
        )
    }

    /// Returns the next event, or `None` at the end of the stream.
    fn next(&mut self) -> Option<String> {
        wait_for("an event", || {
            let mut context = Context::from_waker(Waker::noop());
            match pin!(&mut self.0).poll_frame(&mut context) {
                Poll::Ready(None) => Some(None),
                Poll::Ready(Some(frame)) => {
                    let data = frame.unwrap().into_data().unwrap();
                    Some(Some(String::from_utf8(data.into()).unwrap()))
                }
                Poll::Pending => None,
            }
        })
    }

    #[track_caller]
    fn expect(&mut self, expected: &[&str]) {
        for expected in expected {
            assert_eq!(self.next().as_deref(), Some(*expected));
        }
    }
}

#[tokio::test(flavor = "current_thread")]
async fn events_report_builds_and_changed_files() {
    let (state, files) = (temp_dir(), temp_dir());
    let file = StateFile::new(state.path().join("state"));
    let sheet = files.path().join("css/site.css");
    fs::create_dir(sheet.parent().unwrap()).unwrap();
    fs::write(&sheet, "").unwrap();
    let layer = layer(LiveReload::new().watch(files.path()).state(file.clone()));
    let mut events = Events::of(&layer).await;
    let ready = "event: ready\ndata: {\"generation\":\"g\",\"editor\":\"vscode://file{file}:{line}:{column}\"}\n\n";
    events.expect(&["retry: 100\n\n", ready, "event: fixed\ndata: {}\n\n"]);
    file.publish(&Status::Building).unwrap();
    events.expect(&["event: building\ndata: {}\n\n"]);
    let diagnostics = "error: <x>".to_owned();
    file.publish(&Status::failed(diagnostics)).unwrap();
    let failed = "event: failed\ndata: {\"diagnostics\":\"error: <x>\",\"problems\":[]}\n\n";
    events.expect(&[failed]);
    fs::write(&sheet, "b {}").unwrap();
    events.expect(&["event: css\ndata: {\"path\":\"css/site.css\"}\n\n"]);
    fs::write(files.path().join("page.html"), "").unwrap();
    events.expect(&["event: reload\ndata: {}\n\n"]);
    // A later stream starts with the present status.
    let mut late = Events::of(&layer).await;
    late.expect(&["retry: 100\n\n", ready, failed]);
    layer.close();
    assert_eq!(events.next(), None);
    assert_eq!(late.next(), None);
}

#[tokio::test(flavor = "current_thread")]
async fn script_precedes_trailers() {
    let layer = layer(LiveReload::new());
    let service = layer.layer(service_fn(async |_: Request<()>| {
        let mut trailers = HeaderMap::new();
        trailers.insert("x-end", "1".parse().unwrap());
        let frames = [Frame::data(Bytes::from(PAGE)), Frame::trailers(trailers)];
        let frames = frames.map(Ok::<_, Infallible>);
        let body = StreamBody::new(futures_util::stream::iter(frames));
        let response = Response::builder().header("content-type", "text/html");
        Ok::<_, Infallible>(response.body(body).unwrap())
    }));
    let response = service.oneshot(get("/").body(()).unwrap()).await.unwrap();
    let body = response.into_body().collect().await.unwrap();
    assert_eq!(body.trailers().unwrap()["x-end"], "1");
    assert_eq!(body.to_bytes(), PAGE.to_owned() + &tag("g"));
}
