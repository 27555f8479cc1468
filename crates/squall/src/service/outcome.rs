//! Outcome of a request: error page, access log, and the line of a request without a response.

use std::{
    cell::Cell,
    convert::Infallible,
    fmt,
    future::pending,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    thread,
    time::Instant,
};

use axum_core::{body::Body, response::Response};
use http::{HeaderValue, Method, StatusCode, Uri, header};
use http_body::Body as _;
use squall_server::ConnectionInfo;

use super::{
    access_log::{self, CLIENT_CLOSED_REQUEST},
    inner::Inner,
};
use crate::{
    Error, debug::Observed, handler::ResponseFuture as HandlerFuture,
    response::error_pages::ErrorPages, server::handles, xheaders::LoggedClient,
};

/// The response of an [`ApplicationService`](crate::ApplicationService).
pub struct ResponseFuture {
    pub(crate) response: HandlerFuture,
    pub(crate) record: Option<Box<RequestRecord>>,
    pub(crate) is_head: bool,
}

/// Request metadata for the log and for error pages.
pub(crate) struct RequestRecord {
    pub(crate) observed: Observed,
    /// `Some` if the application has error pages of its own.
    pub(crate) pages: Option<Arc<Inner>>,
    pub(crate) log: Option<AccessRecord>,
}

/// Request metadata for the access log.
pub(crate) struct AccessRecord {
    pub(crate) connection: Option<ConnectionInfo>,
    /// The client address that a trusted proxy names.
    pub(crate) source: Option<LoggedClient>,
    pub(crate) begun: Instant,
}

/// An error whose page is rendered: an outer application does not render another.
#[derive(Clone)]
struct RenderedError(Error);

impl Future for ResponseFuture {
    type Output = Result<Response, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut response = ready!(self.response.as_mut().poll(cx));
        if let Some(error) = response.extensions_mut().remove::<Error>() {
            response = self.render(response, error);
        }
        match self.record.take() {
            Some(record) => response = record.finish(response, self.is_head),
            None if self.is_head => response = without_body(response),
            None => {}
        }
        Poll::Ready(Ok(response))
    }
}

thread_local! {
    /// Whether an outer application has logged the request that is being dropped.
    static IS_ABORT_LOGGED: Cell<bool> = const { Cell::new(false) };
}

/// Logs a request without a response: the client disconnected, or the shutdown cut the request off.
impl Drop for ResponseFuture {
    fn drop(&mut self) {
        let Some(record) = self.record.take() else {
            return;
        };
        // A panic is reported where it is caught.
        if record.log.is_none() || IS_ABORT_LOGGED.get() || thread::panicking() {
            return;
        }
        let cut_off = handles::are_cutting_off().then(|| Error::new("cut off by the shutdown"));
        let status = match cut_off {
            Some(_) => StatusCode::SERVICE_UNAVAILABLE.as_u16(),
            None => CLIENT_CLOSED_REQUEST,
        };
        record.log(status, cut_off.as_ref());
        IS_ABORT_LOGGED.set(true);
        // Drops the handler's future, which may be that of a mounted application.
        self.response = Box::pin(pending());
        IS_ABORT_LOGGED.set(false);
    }
}

impl RequestRecord {
    /// Logs a failure, which debug mode shows to the developer, and the request.
    fn finish(&self, response: Response, is_head: bool) -> Response {
        let mut response = self.observed.respond(response);
        if is_head {
            response = without_body(response);
        }
        let error = response
            .extensions()
            .get()
            .map(|RenderedError(error)| error);
        // A failure is logged in a line of its own.
        let error = error.filter(|error| error.failure().is_none());
        self.log(response.status().as_u16(), error);
        response
    }

    /// Writes the line of the access log, if there is one.
    fn log(&self, status: u16, error: Option<&Error>) {
        let Some(log) = &self.log else {
            return;
        };
        let path = self.observed.uri().path();
        let has_query = self.observed.uri().query().is_some();
        let target = has_query.then(|| self.observed.target());
        access_log::Entry {
            method: self.observed.method(),
            target: target.as_deref().unwrap_or(path),
            connection: log.connection.as_ref(),
            source: log.source,
            begun: log.begun,
            status,
            error,
        }
        .log();
    }
}

impl ResponseFuture {
    /// Renders the page of an error.
    fn render(&self, response: Response, error: Error) -> Response {
        let record = self.record.as_deref();
        let pages =
            record.and_then(|record| Some((&record.pages.as_ref()?.error_pages, &record.observed)));
        let mut response = match pages {
            Some((pages, request)) => {
                pages.render(response, &error, request.method(), request.uri())
            }
            // The default pages do not depend on the request.
            None => ErrorPages::default().render(response, &error, &Method::GET, &Uri::default()),
        };
        response.extensions_mut().insert(RenderedError(error));
        response
    }
}

impl fmt::Debug for ResponseFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}

/// Removes the body of a response to HEAD, and keeps its length (RFC 9110, 9.3.2).
fn without_body(mut response: Response) -> Response {
    let length = response.body().size_hint().exact();
    if let (Some(length @ 1..), false) = (
        length,
        response.headers().contains_key(header::CONTENT_LENGTH),
    ) {
        response
            .headers_mut()
            .insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    }
    *response.body_mut() = Body::empty();
    response
}
