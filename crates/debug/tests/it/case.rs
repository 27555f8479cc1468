//! A failing service, its requests, and the captured log.

use std::{
    convert::Infallible,
    error::Error,
    fmt, io,
    net::{IpAddr, Ipv4Addr},
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use http::{Request, Response, StatusCode, request};
use http_body_util::{BodyExt, Full};
use squall_debug::{Failure, TracebackLayer, Tracebacks};
use tower::{Layer, ServiceExt, service_fn};

pub(crate) type Body = Full<Bytes>;

/// An error with a cause.
#[derive(Debug)]
pub(crate) struct Outer(pub(crate) String, pub(crate) io::Error);

impl fmt::Display for Outer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Outer {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.1)
    }
}

/// The error of a handler, as in an application.
pub(crate) struct AppError(pub(crate) Failure);

impl<E: Error + Send + Sync + 'static> From<E> for AppError {
    #[track_caller]
    fn from(error: E) -> Self {
        Self(Failure::new(error))
    }
}

pub(crate) type Result<T> = std::result::Result<T, AppError>;

/// A configuration that shows the page, even in release builds.
pub(crate) fn shown() -> Tracebacks {
    Tracebacks::new().serve_traceback(true).even_in_release()
}

pub(crate) fn layer(tracebacks: Tracebacks) -> TracebackLayer {
    tracebacks.layer(|extensions| extensions.get::<IpAddr>().copied())
}

/// A request whose client may see the page.
pub(crate) fn request(accept: &str) -> request::Builder {
    Request::builder()
        .extension(IpAddr::from(Ipv4Addr::LOCALHOST))
        .header("host", "localhost:8888")
        .header("accept", accept)
}

pub(crate) fn failed(failure: Failure) -> Response<Body> {
    let mut response = Response::new(Body::default());
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response.extensions_mut().insert(failure);
    response
}

/// Returns the response of the layer to a handler's failure.
pub(crate) async fn respond<F>(
    tracebacks: Tracebacks,
    request: Request<()>,
    handler: impl Fn(Request<()>) -> F,
) -> Response<String>
where
    F: Future<Output = Result<()>>,
{
    let service = service_fn(async |request| {
        Ok::<_, Infallible>(match handler(request).await {
            Ok(()) => Response::new(Body::from("fine")),
            Err(AppError(failure)) => failed(failure),
        })
    });
    let response = layer(tracebacks).layer(service).oneshot(request).await;
    text(response.unwrap()).await
}

pub(crate) async fn text(response: Response<Body>) -> Response<String> {
    let (head, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Response::from_parts(head, String::from_utf8(body.to_vec()).unwrap())
}

/// Captures the log.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Captures the log of this thread until the guard is dropped.
    pub(crate) fn listen(&self) -> tracing::subscriber::DefaultGuard {
        let writer = self.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_writer(move || writer.clone())
            .with_ansi(false)
            .without_time()
            .finish();
        tracing::subscriber::set_default(subscriber)
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
