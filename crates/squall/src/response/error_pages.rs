//! Error pages: the handlers of the application's own, and what they extract.

use std::{collections::HashMap, fmt};

use axum_core::{
    body::Body,
    extract::{FromRequestParts, Request},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header, request::Parts};

use super::{
    Error,
    default_page::default_page,
    negotiate::{self, Format},
};
use crate::handler::endpoint::Endpoint;

/// The error of a request, as an extractor of [error
/// pages](crate::Application::error_page). As a response, it is the default page: HTML, problem
/// details (RFC 9457) or text, as the client prefers.
///
/// # Examples
///
/// ```
/// # #[cfg(feature = "templates")] {
/// use squall::{Application, ErrorPage, IntoResponse, Page, Response, context};
///
/// async fn sorry(error: ErrorPage, page: Page) -> squall::Result<Response> {
///     if !error.prefers_html() {
///         return Ok(error.into_response());
///     }
///     let (status, reason) = (error.status().as_u16(), error.reason());
///     let page = page.render("error.html", context! { status, reason })?;
///     Ok(page.into_response())
/// }
///
/// let application = Application::new().template_path("templates").error_pages(sorry);
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct ErrorPage {
    error: Error,
    method: Method,
    uri: Uri,
    request_id: Option<HeaderValue>,
    accept: Option<HeaderValue>,
}

/// The header with the id of a failure in the log.
pub(crate) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The head of a request, kept for its error page.
pub(crate) struct RequestHead(Box<Parts>);

/// The application's own pages, by status.
#[derive(Default)]
pub(crate) struct ErrorPages {
    by_status: HashMap<StatusCode, Endpoint>,
    others: Option<Endpoint>,
}

impl ErrorPage {
    pub(crate) fn new(error: Error, head: &RequestHead, headers: &HeaderMap) -> Self {
        Self {
            error,
            method: head.0.method.clone(),
            uri: head.0.uri.clone(),
            request_id: headers.get(X_REQUEST_ID).cloned(),
            accept: negotiate::accept(&head.0.headers),
        }
    }

    /// Returns the status of the response.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.error.status_code()
    }

    /// Returns the reason of a [refusal](Error::refusal), which the client may see. It may contain
    /// text of the client: escape it.
    #[must_use]
    pub fn reason(&self) -> Option<String> {
        self.error.reason()
    }

    /// Returns the name of the field or parameter that a refusal is about, if it names one.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        self.error.field()
    }

    /// Returns whether the client prefers HTML to JSON and to text, by `Accept`, as browsers do.
    #[must_use]
    pub fn prefers_html(&self) -> bool {
        Format::preferred(self.accept.as_ref()) == Format::Html
    }

    /// Returns the error. Its text is for the log, and may be confidential unless it is a
    /// [`reason`](Self::reason).
    #[must_use]
    pub fn error(&self) -> &Error {
        &self.error
    }

    /// Returns the method of the request. The page itself gets GET.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// Returns the target of the request.
    #[must_use]
    pub fn uri(&self) -> &Uri {
        &self.uri
    }

    /// Returns the id of the request in the log, which failures have.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_ref()?.to_str().ok()
    }
}

/// Responds with the status and the default page.
impl IntoResponse for ErrorPage {
    fn into_response(self) -> Response {
        let page = default_page(&self.error, self.accept.as_ref(), self.request_id());
        (self.status(), page).into_response()
    }
}

/// Outside of an error page, the response is 500.
impl<S: Send + Sync> FromRequestParts<S> for ErrorPage {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        let page = parts.extensions.get::<Self>();
        page.cloned()
            .ok_or_else(|| Error::new("ErrorPage is an extractor of Application::error_page(…)"))
    }
}

impl RequestHead {
    pub(crate) fn of<B>(request: &http::Request<B>) -> Self {
        let mut head = http::Request::new(()).into_parts().0;
        head.method = request.method().clone();
        head.uri = request.uri().clone();
        head.version = request.version();
        head.headers = request.headers().clone();
        head.extensions = request.extensions().clone();
        Self(Box::new(head))
    }

    /// Returns the request of the page: the same target with GET, without a body and without the
    /// headers of one.
    pub(crate) fn into_request(mut self, page: ErrorPage) -> Request {
        self.0.method = Method::GET;
        for name in [
            header::CONTENT_ENCODING,
            header::CONTENT_LENGTH,
            header::CONTENT_TYPE,
            header::EXPECT,
            header::RANGE,
            header::TRANSFER_ENCODING,
            // A page is no handshake of a WebSocket.
            header::UPGRADE,
        ] {
            self.0.headers.remove(name);
        }
        self.0.extensions.insert(page);
        Request::from_parts(*self.0, Body::empty())
    }
}

impl ErrorPages {
    pub(crate) fn set(&mut self, status: Option<StatusCode>, page: Endpoint) {
        match status {
            Some(status) => drop(self.by_status.insert(status, page)),
            None => self.others = Some(page),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.by_status.is_empty() && self.others.is_none()
    }

    pub(crate) fn find(&self, status: StatusCode) -> Option<&Endpoint> {
        self.by_status.get(&status).or(self.others.as_ref())
    }

    /// Returns the pages, each changed by a function.
    pub(crate) fn map(self, mut wrap: impl FnMut(Endpoint) -> Endpoint) -> Self {
        let by_status = self.by_status.into_iter();
        Self {
            by_status: by_status
                .map(|(status, page)| (status, wrap(page)))
                .collect(),
            others: self.others.map(wrap),
        }
    }
}

/// Puts a page into the response to a request. Status and headers such as `Allow` are kept, unless
/// the page has a status of its own, such as that of a redirect.
pub(crate) fn merge(response: Response, page: Response) -> Response {
    let (mut head, _) = response.into_parts();
    let (page_head, body) = page.into_parts();
    if page_head.status != StatusCode::OK {
        head.status = page_head.status;
    }
    head.headers.remove(header::CONTENT_LENGTH);
    let mut headers = page_head.headers;
    // Both may set cookies, and depend on headers of the request.
    for name in [header::SET_COOKIE, header::VARY] {
        if let header::Entry::Occupied(values) = headers.entry(&name) {
            let (_, values) = values.remove_entry_mult();
            for value in values {
                head.headers.append(&name, value);
            }
        }
    }
    head.headers.extend(headers);
    head.extensions.extend(page_head.extensions);
    Response::from_parts(head, body)
}

impl fmt::Debug for ErrorPages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.by_status.keys()).finish()
    }
}
