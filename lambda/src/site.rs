//! The site: the same in Lambda and in squall's own server.

use std::{io, path::Path};

use bytes::Bytes;
use futures_util::stream;
use squall::{
    Application, Body, Client, Error, Html, IntoResponse, Json, Query, Redirect, Response, Urls,
    any, get,
    http::{HeaderMap, HeaderValue, StatusCode, header},
};

/// Returns the application, whose static files are in the folder `static` of `root`.
pub fn site(root: &Path) -> Application {
    Application::new()
        .static_path(root.join("static"))
        .compress_response(true)
        .route("/", get(|| async { "Hello, world" }).name("home"))
        .route("/page", get(|| async { Html("<p>Grüße ".repeat(100)) }))
        .route("/users/{id}", get(async || "a user").name("user"))
        .route("/json", get(async || Json([1, 2])))
        .route("/echo", any(echo))
        .route("/cookies", get(cookies))
        .route("/latin-1", get(latin_1))
        .route(
            "/untyped",
            get(async || Response::new(Body::from(&b"\xff\0"[..]))),
        )
        .route("/empty", get(async || StatusCode::NO_CONTENT))
        .route("/moved", get(moved))
        .route("/error", get(error))
        .route("/fails", get(fails))
        .route("/parts", get(parts))
        .route("/query", get(query))
        .route("/header", get(header_fields))
        .route("/me", get(me))
}

/// Responds with the body of the request, and its type.
async fn echo(headers: HeaderMap, body: Bytes) -> Response {
    let mut response = Response::new(Body::from(body));
    if let Some(media_type) = headers.get(header::CONTENT_TYPE) {
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, media_type.clone());
    }
    response
}

async fn cookies() -> Response {
    let mut headers = HeaderMap::new();
    for cookie in ["a=1; Path=/", "b=2; Path=/"] {
        headers.append(header::SET_COOKIE, HeaderValue::from_static(cookie));
    }
    (headers, "cookies").into_response()
}

async fn latin_1() -> Response {
    let media_type = HeaderValue::from_static("text/plain; charset=iso-8859-1");
    ([(header::CONTENT_TYPE, media_type)], &b"caf\xe9"[..]).into_response()
}

async fn moved(urls: Urls) -> squall::Result<Redirect> {
    Ok(Redirect::see_other(urls.reverse_url("user", ["7"])?))
}

async fn error() -> squall::Result<()> {
    Err(Error::new("the reason, for the log"))
}

async fn parts() -> Response {
    let chunks = ["one ", "two"].map(Ok::<_, io::Error>);
    Body::from_stream(stream::iter(chunks)).into_response()
}

/// Its body ends before its end.
async fn fails() -> Response {
    let chunks = [Ok("part"), Err(io::Error::other("the source is gone"))];
    Body::from_stream(stream::iter(chunks)).into_response()
}

/// Responds with the fields of the query, in the order of their names: events have no other.
async fn query(Query(mut fields): Query<Vec<(String, String)>>) -> String {
    fields.sort_by(|(one, _), (other, _)| one.cmp(other));
    format!("{fields:?}")
}

async fn header_fields(headers: HeaderMap) -> String {
    let field = |name| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or("none")
    };
    format!("{} {}", field("cookie"), field("x-test"))
}

/// Responds with the client's address and scheme.
async fn me(Client(client): Client) -> String {
    let address = client.ip().map(|address| address.to_string());
    format!("{} {}", address.unwrap_or_default(), client.scheme())
}
