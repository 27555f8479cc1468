//! `Observed`: a request from its start until its response has been inspected for a failure.

use std::{fmt, sync::Arc};

use bytes::Bytes;
use http::{
    Extensions, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri, header,
    response,
};
use http_body::Body;
use squall_peers::{NotLocal, check_local};

use crate::{
    config::LayerConfig,
    failure::Failure,
    log::log_failure,
    page::{self, Page, report::Report},
    refusal::Refusal,
    request::{RequestSnapshot, masked_target, metadata::RequestMetadata, request_id::RequestId},
};

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Headers that describe the body of a response.
const OF_THE_BODY: [HeaderName; 9] = [
    header::ACCEPT_RANGES,
    header::CONTENT_ENCODING,
    header::CONTENT_LANGUAGE,
    header::CONTENT_LENGTH,
    header::CONTENT_LOCATION,
    header::CONTENT_RANGE,
    header::ETAG,
    header::EXPIRES,
    header::LAST_MODIFIED,
];

/// A request in progress; returned by [`TracebackLayer::observe`](crate::TracebackLayer::observe).
pub struct Observed {
    config: Arc<LayerConfig>,
    method: Method,
    uri: Uri,
    id: Option<RequestId>,
    access: PageAccess,
}

/// Marks a response whose body is the traceback page, in its extensions.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ShownTraceback;

/// Whether the client may see the page.
enum PageAccess {
    /// The page is disabled for all clients.
    Disabled,
    Denied(NotLocal),
    Granted(Box<RequestSnapshot>),
}

impl Observed {
    pub(crate) fn new<B>(config: Arc<LayerConfig>, request: &mut Request<B>) -> Self {
        let access = if config.shows_page {
            PageAccess::of(&config, request)
        } else {
            PageAccess::Disabled
        };
        Self {
            access,
            ..Self::without_page(
                config,
                request.method().clone(),
                request.uri().clone(),
                request.extensions(),
            )
        }
    }

    #[inline]
    pub(crate) fn without_page(
        config: Arc<LayerConfig>,
        method: Method,
        uri: Uri,
        extensions: &Extensions,
    ) -> Self {
        Self {
            method,
            uri,
            id: extensions.get().cloned(),
            config,
            access: PageAccess::Disabled,
        }
    }

    /// Returns the request's method.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// Returns the request's URI, including secrets.
    #[must_use]
    pub fn uri(&self) -> &Uri {
        &self.uri
    }

    /// Returns the path and query without secrets, on one line, for a log.
    #[must_use]
    pub fn target(&self) -> String {
        let metadata = match &self.access {
            PageAccess::Granted(request) => request.metadata.get(),
            PageAccess::Disabled | PageAccess::Denied(_) => Default::default(),
        };
        masked_target(&self.config.tracebacks.mask, &self.uri, &metadata)
    }

    /// Handles a response: one with a status of at least 500 and a [`Failure`] in its extensions is
    /// logged, and replaced by the page if the client may see it; so is one with a status of at
    /// least 400 and a [`Refusal`], which is not logged. Other responses are not changed.
    ///
    /// If the client may not see the page, a body is kept; the empty body of a failure is replaced by
    /// the status line. In both cases a failure's response gets `X-Request-Id`.
    pub fn respond<R: Body + From<Bytes>>(&self, mut response: Response<R>) -> Response<R> {
        let status = response.status();
        if !status.is_client_error() && !status.is_server_error() {
            return response;
        }
        if status.is_server_error()
            && let Some(failure) = response.extensions_mut().remove()
        {
            return self.respond_with(response, &failure);
        }
        match response.extensions_mut().remove::<Refusal>() {
            Some(refusal) => self.refuse(response, || refusal),
            None => response,
        }
    }

    /// Replaces the body of a response by the page of a refusal if the client may see it; otherwise
    /// the response is not changed and the refusal is not made.
    pub fn refuse<R: Body + From<Bytes>>(
        &self,
        response: Response<R>,
        refusal: impl FnOnce() -> Refusal,
    ) -> Response<R> {
        let PageAccess::Granted(request) = &self.access else {
            return response;
        };
        let (mut head, _) = response.into_parts();
        let tracebacks = &self.config.tracebacks;
        let id = self.id.as_ref();
        let report = Report::of_refusal(tracebacks, request, &refusal(), head.status, id);
        let page = page::render(&report, &request.headers, tracebacks.own_scripts);
        // Others, such as Allow, WWW-Authenticate and cookies, belong to the status.
        for name in OF_THE_BODY {
            head.headers.remove(name);
        }
        let body = R::from(show(&mut head, page));
        Response::from_parts(head, body)
    }

    /// Builds a 500 response to a failure without a response, such as a panic.
    #[must_use]
    pub fn respond_to<R: Body + From<Bytes>>(&self, failure: Failure) -> Response<R> {
        let mut response = Response::new(R::from(Bytes::new()));
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        self.respond_with(response, &failure)
    }

    fn respond_with<R: Body + From<Bytes>>(
        &self,
        response: Response<R>,
        failure: &Failure,
    ) -> Response<R> {
        let (mut head, mut body) = response.into_parts();
        // The id of an inner layer, in the response, takes precedence.
        let own = head
            .headers
            .get(X_REQUEST_ID)
            .and_then(RequestId::from_header);
        let id = own.or_else(|| self.id.clone());
        let id = id.unwrap_or_else(RequestId::random);
        let request = format!("{} {}", self.method, self.target());
        log_failure(&request, self.denial(), failure, head.status, &id);
        match &self.access {
            PageAccess::Granted(request) => {
                let tracebacks = &self.config.tracebacks;
                let report = Report::of_failure(tracebacks, request, failure, head.status, &id);
                let page = page::render(&report, &request.headers, tracebacks.own_scripts);
                // The headers of the application describe its own body.
                head.headers.clear();
                body = R::from(show(&mut head, page));
            }
            PageAccess::Disabled | PageAccess::Denied(_) if body.is_end_stream() => {
                head.headers.remove(header::CONTENT_LENGTH);
                let plain = HeaderValue::from_static("text/plain; charset=utf-8");
                head.headers.insert(header::CONTENT_TYPE, plain);
                body = R::from(Bytes::from(format!("{}\n", head.status)));
            }
            PageAccess::Disabled | PageAccess::Denied(_) => {}
        }
        head.headers.insert(X_REQUEST_ID, id.to_header());
        Response::from_parts(head, body)
    }

    /// The reason that this client may not see the page, although it is enabled.
    fn denial(&self) -> Option<NotLocal> {
        match self.access {
            PageAccess::Denied(reason) => Some(reason),
            PageAccess::Disabled | PageAccess::Granted(_) => None,
        }
    }
}

/// Puts a page into a response, and returns its body.
fn show(head: &mut response::Parts, page: Page) -> Bytes {
    head.headers.extend(page.headers);
    head.extensions.insert(ShownTraceback);
    page.body
}

impl PageAccess {
    fn of<B>(config: &LayerConfig, request: &mut Request<B>) -> Self {
        let peer = (config.peer)(request.extensions());
        if let Err(reason) = check_local(peer, request, &config.tracebacks.allowed_hosts) {
            return Self::Denied(reason);
        }
        let metadata = RequestMetadata::default();
        request.extensions_mut().insert(metadata.clone());
        Self::Granted(Box::new(RequestSnapshot {
            method: request.method().clone(),
            uri: request.uri().clone(),
            peer,
            version: request.version(),
            headers: request.headers().clone(),
            metadata,
        }))
    }
}

impl fmt::Debug for Observed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The URI may contain secrets in its query.
        f.debug_struct("Observed").finish_non_exhaustive()
    }
}
