//! One request and the only response that is right for it.

use std::sync::Arc;

use bytes::Bytes;
use fastrand::Rng;
use http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt, StreamBody, combinators::BoxBody};
use hyper::body::Frame;

/// The largest body that is echoed, in bytes.
const MAX_ECHO: usize = 200_000;

/// A static file: its path below `/static/`, and its content.
pub(crate) type File = (String, Bytes);

/// A request with its expected response.
pub(crate) struct Exchange {
    pub(crate) name: &'static str,
    pub(crate) request: Request<BoxBody<Bytes, std::io::Error>>,
    pub(crate) status: StatusCode,
    /// `None` where the body differs from one response to the next.
    pub(crate) body: Option<Bytes>,
}

impl Exchange {
    /// Picks one of the kinds, with random content.
    pub(crate) fn random(rng: &mut Rng, files: &Arc<[File]>) -> Self {
        match rng.u8(..100) {
            0..40 => user(rng),
            40..60 => echo(rng),
            60..75 => file(rng, files),
            75..85 => range(rng, files),
            85..90 => slow(rng),
            90..95 => home(),
            95..98 => missing(rng),
            _ => panic(),
        }
    }

    fn new(name: &'static str, method: Method, path: &str) -> Self {
        Self {
            name,
            request: Request::builder()
                .method(method)
                .uri(format!("http://localhost{path}"))
                .header(header::HOST, "localhost")
                .body(BoxBody::default())
                .expect("a path of this file is a valid URI"),
            status: StatusCode::OK,
            body: None,
        }
    }

    fn expect(mut self, body: impl Into<Bytes>) -> Self {
        self.body = Some(body.into());
        self
    }
}

/// An answer of a few bytes that names its request: a swapped response shows.
fn user(rng: &mut Rng) -> Exchange {
    let id = rng.u64(..);
    Exchange::new("user", Method::GET, &format!("/users/{id}")).expect(format!("user {id}\n"))
}

/// A body of random length, in random chunks with pauses or in one.
fn echo(rng: &mut Rng) -> Exchange {
    let mut bytes = vec![0; rng.usize(..MAX_ECHO) >> rng.u8(..17)];
    rng.fill(&mut bytes);
    let body = Bytes::from(bytes);
    let mut exchange = Exchange::new("echo", Method::POST, "/echo").expect(body.clone());
    *exchange.request.body_mut() = if rng.bool() {
        http_body_util::Full::new(body)
            .map_err(|never| match never {})
            .boxed()
    } else {
        let mut rest = body;
        let mut chunks = Vec::new();
        while !rest.is_empty() {
            chunks.push(rest.split_to(rng.usize(1..=rest.len())));
        }
        let frames = chunks.into_iter().map(|chunk| Ok(Frame::data(chunk)));
        StreamBody::new(futures_util::stream::iter(frames)).boxed()
    };
    exchange
}

fn file(rng: &mut Rng, files: &Arc<[File]>) -> Exchange {
    let (path, content) = &files[rng.usize(..files.len())];
    Exchange::new("file", Method::GET, &format!("/static/{path}")).expect(content.clone())
}

fn range(rng: &mut Rng, files: &Arc<[File]>) -> Exchange {
    let (path, content) = &files[rng.usize(..files.len())];
    let first = rng.usize(..content.len());
    let last = rng.usize(first..content.len());
    let mut exchange = Exchange::new("range", Method::GET, &format!("/static/{path}"))
        .expect(content.slice(first..=last));
    exchange.status = StatusCode::PARTIAL_CONTENT;
    let range = format!("bytes={first}-{last}")
        .parse()
        .expect("digits are a header value");
    exchange.request.headers_mut().insert(header::RANGE, range);
    exchange
}

/// A response that is under way while faults come and go.
fn slow(rng: &mut Rng) -> Exchange {
    let ms = rng.u64(..400);
    Exchange::new("slow", Method::GET, &format!("/slow?ms={ms}")).expect(format!("{ms} ms later\n"))
}

/// A rendered page; it has a new xsrf token each time.
fn home() -> Exchange {
    Exchange::new("home", Method::GET, "/")
}

fn missing(rng: &mut Rng) -> Exchange {
    let mut exchange = Exchange::new("missing", Method::GET, &format!("/no/{}", rng.u64(..)));
    exchange.status = StatusCode::NOT_FOUND;
    exchange
}

fn panic() -> Exchange {
    let mut exchange = Exchange::new("panic", Method::GET, "/panic");
    exchange.status = StatusCode::INTERNAL_SERVER_ERROR;
    exchange
}
