//! The application of the tests as a Python module: bodies that stream, fail or come late, tasks, and layers that
//! panic.

use std::{env, path::PathBuf, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http_body::Body as _;
use squall::{
    Application, Body, BodyStream, Error, IntoResponse, Query, Redirect, Request, Response, State,
    Tasks, Urls, any, get,
    http::{HeaderMap, HeaderValue, StatusCode, header},
};
use squall_wsgi::Wsgi;
use tokio::sync::Barrier;

/// Where two requests wait for each other.
type Meeting = Arc<Barrier>;

#[derive(serde::Deserialize)]
struct Size {
    bytes: usize,
}

#[derive(serde::Deserialize)]
struct File {
    file: PathBuf,
}

async fn make() -> squall::Result<Wsgi> {
    // Fails outside of a runtime.
    tokio::time::sleep(Duration::from_millis(1)).await;
    if let Ok(reason) = env::var("PROBE_BROKEN") {
        return Err(Error::new(reason));
    }
    let application = Application::with_state(Arc::new(Barrier::new(2)))
        .access_log(env::var_os("PROBE_LOG").is_some())
        .route("/", get(|| async { "Hello, world" }).name("home"))
        .route("/pid", get(async || std::process::id().to_string()))
        .route("/stream", get(streamed))
        .route("/fail-first", get(async || failing(0)))
        .route("/fail-late", get(async || failing(3)))
        .route("/down", get(down))
        .route("/up", any(up).body_limit(u64::MAX))
        .route("/up-in-a-task", any(up_in_a_task))
        .route("/unread", any(async || "unread"))
        .route("/meet", get(meet))
        .route("/task", get(task))
        .route("/headers", get(headers))
        .route("/empty", get(async || ()))
        .route("/no-content", get(async || StatusCode::NO_CONTENT))
        .route(
            "/untyped",
            get(async || Response::new(Body::from("untyped"))),
        )
        .route("/unknown-status", get(async || unknown_status()))
        .route("/moved", get(moved))
        .route("/request", any(request))
        .layer(tower_layer::layer_fn(Panicking));
    let wsgi = Wsgi::new(application)?.max_body_size(1024 * 1024);
    Ok(wsgi)
}

fn chunks(chunks: Vec<Result<&'static str, &'static str>>) -> Response {
    let chunks = stream::iter(chunks).then(|chunk| async move {
        tokio::time::sleep(Duration::from_millis(5)).await;
        chunk.map(Bytes::from).map_err(std::io::Error::other)
    });
    Body::from_stream(chunks).into_response()
}

async fn streamed() -> Response {
    chunks(vec![Ok("one "), Ok(""), Ok("two "), Ok("three")])
}

fn failing(after: usize) -> Response {
    let mut parts = vec![Ok("part "); after];
    parts.push(Err("the source of the stream broke"));
    chunks(parts)
}

/// Streams so many bytes.
async fn down(Query(Size { bytes }): Query<Size>) -> Response {
    let chunk = Bytes::from(vec![b'x'; 64 * 1024]);
    let whole = bytes / chunk.len();
    let rest = chunk.slice(..bytes % chunk.len());
    let chunks = stream::iter(std::iter::repeat_n(chunk, whole).chain([rest]));
    Body::from_stream(chunks.map(Ok::<_, std::convert::Infallible>)).into_response()
}

/// Returns the length of the body, and the sum of its bytes.
async fn up(body: BodyStream) -> squall::Result<String> {
    count(body).await
}

async fn count(mut body: BodyStream) -> squall::Result<String> {
    let (mut length, mut sum) = (0, 0_u64);
    while let Some(chunk) = body.next().await {
        let chunk = chunk?;
        length += chunk.len();
        sum += chunk.iter().map(|&byte| u64::from(byte)).sum::<u64>();
    }
    Ok(format!("{length} {sum}"))
}

/// Reads the body in the runtime's own thread.
async fn up_in_a_task(body: BodyStream) -> squall::Result<String> {
    tokio::spawn(count(body)).await?
}

/// Responds when another request is in this handler as well.
async fn meet(State(meeting): State<Meeting>) -> &'static str {
    meeting.wait().await;
    "met"
}

/// Writes a file after the response.
async fn task(tasks: Tasks, Query(File { file }): Query<File>) -> &'static str {
    tasks.spawn(async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        tokio::fs::write(file, "done").await.expect("there is room");
    });
    "later"
}

async fn headers() -> Response {
    let mut headers = HeaderMap::new();
    for cookie in ["a=1; Path=/", "b=2; Path=/"] {
        headers.append(header::SET_COOKIE, HeaderValue::from_static(cookie));
    }
    let latin_1 = HeaderValue::from_bytes(b"caf\xe9").expect("it may have these bytes");
    headers.insert("x-latin-1", latin_1);
    headers.insert(header::CONNECTION, HeaderValue::from_static("keep-alive"));
    headers.insert("keep-alive", HeaderValue::from_static("timeout=5"));
    (headers, "headers").into_response()
}

fn unknown_status() -> (StatusCode, &'static str) {
    (StatusCode::from_u16(299).expect("three digits"), "unknown")
}

async fn moved(urls: Urls) -> squall::Result<Redirect> {
    Ok(Redirect::see_other(urls.reverse_url("home", [""; 0])?))
}

/// Returns what has arrived: method, target, version, headers and length of the body.
async fn request(request: Request) -> String {
    let mut text = format!(
        "{} {} {:?} {:?}\n",
        request.method(),
        request.uri(),
        request.version(),
        request.body().size_hint().exact(),
    );
    let mut names: Vec<_> = request.headers().iter().collect();
    names.sort_by_key(|(name, _)| name.as_str());
    for (name, value) in names {
        text += &format!("{name}: {}\n", value.as_bytes().escape_ascii());
    }
    text
}

/// A layer that panics if a request has the header `x-panic`.
#[derive(Clone)]
struct Panicking<S>(S);

impl<S: tower_service::Service<Request>> tower_service::Service<Request> for Panicking<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(
        &mut self,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> S::Future {
        assert!(
            !request.headers().contains_key("x-panic"),
            "a layer can panic"
        );
        self.0.call(request)
    }
}

squall_wsgi::application!(probe_wsgi, make);
