//! Bare hyper: the cheapest sane program on it, with pipelined flush on a current-thread runtime, no limits and no deadlines.

use std::{collections::HashMap, convert::Infallible, fs, io};

use http_body_util::{BodyExt, Full};
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
    header::{CONTENT_TYPE, HeaderValue},
    server::conn::{http1, http2},
    service::service_fn,
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use peers::{HELLO, Scene, arguments, message};
use tokio::net::TcpListener;

/// Content by path, in memory.
type Files = HashMap<String, Bytes>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let (scene, address) = arguments();
    let files = match scene {
        Scene::Files => files()?,
        _ => Files::new(),
    };
    // It lives as long as the process, and needs no counter.
    let files: &'static Files = Box::leak(Box::new(files));
    let listener = TcpListener::bind(address).await?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let answer = service_fn(async |request: Request<Incoming>| {
            Ok::<_, Infallible>(match request.uri().path() {
                "/length" => length(request).await,
                path => answer(path, files),
            })
        });
        if matches!(scene, Scene::Http2) {
            let builder = http2::Builder::new(TokioExecutor::new());
            tokio::spawn(builder.serve_connection(TokioIo::new(stream), answer));
            continue;
        }
        let connection = http1::Builder::new()
            .pipeline_flush(true)
            .serve_connection(TokioIo::new(stream), answer);
        tokio::spawn(connection);
    }
}

fn answer(path: &str, files: &Files) -> Response<Full<Bytes>> {
    let (kind, body) = match path {
        "/" => ("text/plain; charset=utf-8", HELLO.into()),
        "/json" => {
            let json = serde_json::to_vec(&message()).expect("a string is valid JSON");
            ("application/json", json.into())
        }
        _ => {
            let id = path.strip_prefix("/users/");
            let id = id.and_then(|id| id.parse::<u64>().ok());
            let body = id.map(|id| id.to_string().into());
            let body = body.or_else(|| files.get(path).cloned());
            ("text/plain; charset=utf-8", body.unwrap_or_default())
        }
    };
    respond(kind, body)
}

async fn length(request: Request<Incoming>) -> Response<Full<Bytes>> {
    let body = request.into_body().collect().await;
    let length = body.map_or(0, |body| body.to_bytes().len());
    respond("text/plain; charset=utf-8", length.to_string().into())
}

fn respond(kind: &'static str, body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    let kind = HeaderValue::from_static(kind);
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

fn files() -> io::Result<Files> {
    let entries = fs::read_dir("static")?.map(|entry| {
        let entry = entry?;
        let path = format!("/static/{}", entry.file_name().display());
        Ok((path, fs::read(entry.path())?.into()))
    });
    entries.collect()
}
