//! One request, from before it is answered until its failure is.

use std::{fmt, net::IpAddr, sync::Arc};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri, Version, header,
};
use http_body::Body;

use crate::{
    Failure, RequestFacts, RequestId,
    gate::{Asked, Refusal, refusal},
    layer::Shared,
    log, page,
    report::Report,
};

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// A request that was looked at by [`TracebackLayer::observe`](crate::TracebackLayer::observe), and is not yet answered.
pub struct Observed {
    pub(crate) shared: Arc<Shared>,
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    id: Option<RequestId>,
    view: View,
}

/// What the client may see of a failure.
enum View {
    /// Nothing, whoever it is.
    Off,
    Refused(Refusal),
    Page(Box<Kept>),
}

/// What the page needs of a request, which is gone when it fails.
pub(crate) struct Kept {
    pub(crate) peer: Option<IpAddr>,
    pub(crate) version: Version,
    pub(crate) headers: HeaderMap,
    pub(crate) facts: RequestFacts,
}

impl Observed {
    pub(crate) fn new<B>(shared: Arc<Shared>, request: &mut Request<B>) -> Self {
        let view = if shared.serves {
            View::of(&shared, request)
        } else {
            View::Off
        };
        Self {
            method: request.method().clone(),
            uri: request.uri().clone(),
            id: request.extensions().get().cloned(),
            shared,
            view,
        }
    }

    /// The request's method.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The request's target, secrets and all.
    #[must_use]
    pub fn uri(&self) -> &Uri {
        &self.uri
    }

    /// The path and query of the request, with secrets hidden, on one line: for a log.
    #[must_use]
    pub fn target(&self) -> String {
        let facts = self.facts().map(RequestFacts::get).unwrap_or_default();
        log::target(&self.shared.settings.mask, self, &facts)
    }

    /// Takes the [`Failure`] out of a response with a status of 500 or above, logs it, and makes the response what the
    /// client may see. All other responses stay as they are.
    ///
    /// Where the client may not see the page, a body stays, since the application knows what it shows; an
    /// empty one becomes the status in words. Either way `X-Request-Id` is set.
    pub fn respond<R: Body + From<Bytes>>(&self, mut response: Response<R>) -> Response<R> {
        if !response.status().is_server_error() {
            return response;
        }
        match response.extensions_mut().remove() {
            Some(failure) => self.show(response, &failure),
            None => response,
        }
    }

    /// The response to a failure that has none, such as a panic: status 500.
    #[must_use]
    pub fn respond_to<R: Body + From<Bytes>>(&self, failure: Failure) -> Response<R> {
        let mut response = Response::new(R::from(Bytes::new()));
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        self.show(response, &failure)
    }

    fn show<R: Body + From<Bytes>>(&self, response: Response<R>, failure: &Failure) -> Response<R> {
        let (mut head, mut body) = response.into_parts();
        // A response's own id is from further in, where one was given to the request.
        let own = head
            .headers
            .get(X_REQUEST_ID)
            .and_then(RequestId::from_header);
        let id = own.or_else(|| self.id.clone());
        let id = id.unwrap_or_else(RequestId::random);
        log::log(self, failure, head.status, &id);
        match &self.view {
            View::Page(kept) => {
                let settings = &self.shared.settings;
                let report = Report::new(settings, self, kept, failure, head.status, &id);
                let page = page::render(&report, &kept.headers, settings.own_scripts);
                // What the application said of its own body is not true of this one.
                head.headers = page.headers;
                body = R::from(page.body);
            }
            View::Off | View::Refused(_) if body.is_end_stream() => {
                head.headers.remove(header::CONTENT_LENGTH);
                let plain = HeaderValue::from_static("text/plain; charset=utf-8");
                head.headers.insert(header::CONTENT_TYPE, plain);
                body = R::from(Bytes::from(format!("{}\n", head.status)));
            }
            View::Off | View::Refused(_) => {}
        }
        head.headers.insert(X_REQUEST_ID, id.to_header());
        Response::from_parts(head, body)
    }

    /// Why the client does not see the page, though others do.
    pub(crate) fn refusal(&self) -> Option<Refusal> {
        match self.view {
            View::Refused(refusal) => Some(refusal),
            View::Off | View::Page(_) => None,
        }
    }

    pub(crate) fn facts(&self) -> Option<&RequestFacts> {
        match &self.view {
            View::Page(kept) => Some(&kept.facts),
            View::Off | View::Refused(_) => None,
        }
    }
}

impl View {
    fn of<B>(shared: &Shared, request: &mut Request<B>) -> Self {
        let peer = (shared.peer)(request.extensions());
        let asked = Asked {
            peer,
            version: request.version(),
            uri: request.uri(),
            headers: request.headers(),
        };
        if let Some(refusal) = refusal(&asked, &shared.settings.allowed_hosts) {
            return Self::Refused(refusal);
        }
        let facts = RequestFacts::default();
        request.extensions_mut().insert(facts.clone());
        Self::Page(Box::new(Kept {
            peer,
            version: request.version(),
            headers: request.headers().clone(),
            facts,
        }))
    }
}

impl fmt::Debug for Observed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the target, which may have secrets in its query.
        f.debug_struct("Observed").finish_non_exhaustive()
    }
}
