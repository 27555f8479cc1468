//! The pages of the site.

use std::{
    fs, process,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};
use squall::{
    Body, Client, ConnectionInfo, ErrorPage, Event, Extension, Html, IntoResponse, Json, Page,
    Path, Query, Request, Response, Sse, State, Urls, context, http::header::CONTENT_TYPE,
};
use tokio::time::interval;

pub(crate) async fn home(page: Page) -> squall::Result<Html<String>> {
    page.render("home.html", ())
}

/// Renders every error for browsers; other clients get problem details or text.
pub(crate) async fn error_page(error: ErrorPage, page: Page) -> squall::Result<Response> {
    if !error.prefers_html() {
        return Ok(error.into_response());
    }
    let values = context! {
        status => error.status().as_u16(),
        reason => error.reason(),
        field => error.field(),
        request_id => error.request_id(),
    };
    Ok(page.render("error.html", values)?.into_response())
}

/// Returns the URL of a static file as text.
pub(crate) async fn static_url(urls: Urls, Path(path): Path<String>) -> String {
    urls.static_url(&path)
}

/// The number of this worker, if there are several.
#[derive(Clone, Copy)]
pub(crate) struct TaskId(pub(crate) Option<usize>);

#[derive(Serialize)]
pub(crate) struct Whoami {
    remote_ip: String,
    scheme: &'static str,
    peer: String,
    pid: u32,
    task_id: Option<usize>,
}

/// Returns the client's address and scheme, and the process that responds.
pub(crate) async fn whoami(
    Client(client): Client,
    Extension(connection): Extension<ConnectionInfo>,
    State(TaskId(task_id)): State<TaskId>,
) -> Json<Whoami> {
    Json(Whoami {
        remote_ip: client.source().to_string(),
        scheme: client.scheme().as_str(),
        peer: connection.peer().to_string(),
        pid: process::id(),
        task_id,
    })
}

/// Streams the request's body back.
pub(crate) async fn echo(request: Request) -> Response {
    let (head, body) = request.into_parts();
    let mut response = Body::new(body).into_response();
    if let Some(kind) = head.headers.get(CONTENT_TYPE) {
        response.headers_mut().insert(CONTENT_TYPE, kind.clone());
    }
    response
}

#[derive(Deserialize)]
pub(crate) struct Slow {
    ms: u64,
}

/// Responds after a delay.
pub(crate) async fn slow(Query(Slow { ms }): Query<Slow>) -> String {
    tokio::time::sleep(Duration::from_millis(ms)).await;
    format!("{ms} ms later\n")
}

pub(crate) async fn user(Path(id): Path<u64>) -> String {
    format!("user {id}\n")
}

pub(crate) async fn panic() -> String {
    panic!("a handler can panic, and the server lives on");
}

/// A client that connects again gets at most this many seconds that it has missed.
const MISSED_SECONDS: u64 = 60;

/// Sends an event for each second, and those after the last one that the client has received.
pub(crate) async fn sse(sse: Sse) -> Response {
    let last = sse.last_event_id().and_then(|id| id.parse::<u64>().ok());
    sse.run(async move |events| {
        let mut next = last.map(|second| second.saturating_add(1));
        let mut seconds = interval(Duration::from_secs(1));
        loop {
            seconds.tick().await;
            let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
            // A client may send any id.
            let first = next.unwrap_or(now).max(now.saturating_sub(MISSED_SECONDS));
            for second in first..=now {
                let second = second.to_string();
                events.send(Event::new().id(&second).data(&second)).await?;
            }
            next = Some(now + 1);
        }
    })
}

/// Responds with 500, because `?` converts any error; the log has the chain of causes.
pub(crate) async fn error() -> squall::Result<String> {
    Ok(fs::read_to_string("there/is/no/such/file")?)
}
