//! Outcome of a request: its error page and its line in the access log, with or without a response.

use std::{
    cell::Cell,
    convert::Infallible,
    fmt,
    future::pending,
    pin::Pin,
    task::{Context, Poll, ready},
    thread,
};

use axum_core::{body::Body, response::Response};
use http::{HeaderValue, StatusCode, header};
use http_body::Body as _;

use super::{access_log::CLIENT_CLOSED_REQUEST, explain, record::RequestRecord};
use crate::{
    Error, ErrorPage,
    debug::ShownTraceback,
    file_content::forget_file,
    handler::endpoint::ResponseFuture as HandlerFuture,
    response::{
        default_page::default_page,
        error_pages::{self, X_REQUEST_ID},
    },
    server::handles,
};

/// The response of an [`ApplicationService`](crate::ApplicationService).
pub struct ResponseFuture {
    response: HandlerFuture,
    /// Taken when the request is logged.
    record: Option<Box<RequestRecord>>,
    is_head: bool,
    sends_files: bool,
    /// The response whose page is being rendered.
    failed: Option<Box<FailedResponse>>,
}

impl ResponseFuture {
    pub(super) fn new(
        response: HandlerFuture,
        record: Option<Box<RequestRecord>>,
        is_head: bool,
        sends_files: bool,
    ) -> Self {
        Self {
            response,
            record,
            is_head,
            sends_files,
            failed: None,
        }
    }
}

/// An error whose page is rendered: an outer application does not render another.
#[derive(Clone)]
struct RenderedError(Error);

impl Future for ResponseFuture {
    type Output = Result<Response, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut response = ready!(self.response.as_mut().poll(cx));
        if let Some(failed) = self.failed.take() {
            response = failed.finish(response);
        } else if let Some(error) = response.extensions_mut().remove::<Error>() {
            response = match self.fail(response, error) {
                ErrorResponse::Ready(response) => response,
                ErrorResponse::Page(page, failed) => {
                    self.response = page;
                    self.failed = Some(failed);
                    return self.poll(cx);
                }
            };
        }
        if let Some(record) = self.record.take() {
            response = finish(&record, response, self.is_head);
        }
        if !self.sends_files {
            forget_file(&mut response);
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

impl ResponseFuture {
    /// Logs a failure and responds to an error: with the page of debug mode, the default page, or
    /// the future of the application's own page.
    fn fail(&mut self, mut response: Response, error: Error) -> ErrorResponse {
        if let Some(record) = &self.record {
            response = record.observed.respond(response);
            if let (Some(application), false) = (&record.debug, is_traceback(&response)) {
                response = explain::show(&record.observed, response, &error, application);
            }
            if is_traceback(&response) {
                response.extensions_mut().insert(RenderedError(error));
                return ErrorResponse::Ready(response);
            }
        }
        let (page, accept) = match &mut self.record {
            Some(record) => (record.take_page(error.status_code()), record.take_accept()),
            None => (None, None),
        };
        let failed = FailedResponse {
            response,
            error,
            accept,
        };
        match page {
            Some((page, head)) => {
                let error = failed.error.clone();
                let error = ErrorPage::new(error, &head, failed.response.headers());
                let page = page.respond(head.into_request(error));
                ErrorResponse::Page(page, Box::new(failed))
            }
            None => ErrorResponse::Ready(failed.finish_with_default()),
        }
    }
}

/// The response to an error.
enum ErrorResponse {
    Ready(Response),
    /// The future of the application's own page, and the response that it is for.
    Page(HandlerFuture, Box<FailedResponse>),
}

/// A response to an error whose page is being rendered.
struct FailedResponse {
    response: Response,
    error: Error,
    accept: Option<HeaderValue>,
}

impl FailedResponse {
    /// Puts the page into the response, or the default page if the page failed as well.
    fn finish(self, mut page: Response) -> Response {
        if let Some(failed) = page.extensions_mut().remove::<Error>() {
            let status = self.error.status_code().as_u16();
            let cause = format!("{failed:?}");
            tracing::error!(status, error = ?cause, "the error page failed");
            return self.finish_with_default();
        }
        self.merged(page)
    }

    fn finish_with_default(self) -> Response {
        let id = self.response.headers().get(X_REQUEST_ID);
        let id = id.and_then(|id| id.to_str().ok());
        let page = default_page(&self.error, self.accept.as_ref(), id);
        self.merged(page)
    }

    fn merged(self, page: Response) -> Response {
        let mut response = error_pages::merge(self.response, page);
        response.extensions_mut().insert(RenderedError(self.error));
        response
    }
}

impl fmt::Debug for ResponseFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}

/// Logs a failure, which debug mode shows to the developer, and the request.
fn finish(record: &RequestRecord, response: Response, is_head: bool) -> Response {
    let mut response = record.observed.respond(response);
    if is_head {
        response = without_body(response);
    }
    let error = response
        .extensions()
        .get()
        .map(|RenderedError(error)| error);
    // A failure of the server is logged in a line of its own.
    let error =
        error.filter(|error| error.failure().is_none() || !error.status_code().is_server_error());
    record.log(response.status().as_u16(), error);
    response
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

/// Whether the response is a traceback page.
fn is_traceback(response: &Response) -> bool {
    response.extensions().get::<ShownTraceback>().is_some()
}
