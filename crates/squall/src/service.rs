//! `ApplicationService`: route, handler, error page and access log of a request.

use std::{
    cell::Cell,
    convert::Infallible,
    fmt,
    future::{pending, ready},
    net::IpAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    thread,
    time::Instant,
};

use axum_core::{
    body::Body,
    extract::{DefaultBodyLimit, Request},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{HeaderValue, Method, StatusCode, Uri, header};
use http_body::Body as _;
use squall_routing::{Captures, FindError, MethodMatch, Methods, Router};
use squall_server::{BoxError, ConnectionInfo};
use tower::{service_fn, util::BoxCloneSyncService};
use tower_service::Service;
use tracing::level_filters::LevelFilter;

use crate::{
    Error, Urls,
    access_log::{self, CLIENT_CLOSED_REQUEST},
    autoreload::LiveReload,
    debug::{Observed, RequestMetadata, Tracebacks},
    error_pages::ErrorPages,
    handler::{Endpoint, ResponseFuture as HandlerFuture},
    servers,
    site::Site,
    xheaders::client_ip,
};

/// An [`Application`](crate::Application) whose settings are checked: a [`tower_service::Service`]
/// that never fails, for squall's servers, for axum, or for any other. Clones share everything.
#[derive(Clone)]
pub struct ApplicationService {
    inner: Arc<Inner>,
    /// The routes with layers around them.
    layered: Option<Endpoint>,
    access_log: bool,
}

pub(crate) type BoxService = BoxCloneSyncService<Request, Response, Infallible>;

/// What all requests look at.
pub(crate) struct Inner {
    pub(crate) router: Router<Methods<Endpoint>>,
    pub(crate) error_pages: ErrorPages,
    pub(crate) site: Arc<Site>,
    pub(crate) tracebacks: Tracebacks,
    /// Whether the application is in debug mode.
    pub(crate) debug: bool,
    /// Reloads open pages in debug mode.
    pub(crate) live_reload: Option<LiveReload>,
}

/// What a request's extensions say of the route that it came by.
#[derive(Clone)]
pub(crate) struct Matched {
    pub(crate) captures: Captures,
    pub(crate) site: Arc<Site>,
}

impl ApplicationService {
    pub(crate) fn new(
        inner: Inner,
        access_log: bool,
        layers: Vec<Box<dyn FnOnce(BoxService) -> Endpoint + Send>>,
    ) -> Self {
        let inner = Arc::new(inner);
        let layered = layers.into_iter().fold(None::<Endpoint>, |below, layer| {
            Some(layer(match below {
                Some(layers) => boxed(move |request| layers.call(request)),
                None => {
                    let routes = Arc::clone(&inner);
                    boxed(move |request| routes.answer(request))
                }
            }))
        });
        Self {
            inner,
            layered,
            access_log,
        }
    }

    /// Keeps of a request what may be needed when it is answered, if anybody will look at it.
    fn see<B>(&self, request: &mut http::Request<B>) -> Option<Box<Seen>> {
        let inner = &self.inner;
        let is_logged = self.access_log && access_log::is_enabled();
        let has_pages = !inner.error_pages.is_empty();
        let may_fail_unseen = LevelFilter::current() < LevelFilter::ERROR;
        if may_fail_unseen && !is_logged && !has_pages && !inner.debug {
            return None;
        }
        // Allocated first, so that it is made in its place.
        let space = Box::new_uninit();
        Some(Box::write(
            space,
            Seen {
                observed: inner.tracebacks.observe(request),
                pages: has_pages.then(|| Arc::clone(inner)),
                log: is_logged.then(|| Log {
                    connection: request.extensions().get().cloned(),
                    ip: client_ip(request.extensions()),
                    begun: Instant::now(),
                }),
            },
        ))
    }

    /// Whether the application is in debug mode.
    pub(crate) fn debugs(&self) -> bool {
        self.inner.debug
    }

    /// Returns what reloads open pages in debug mode.
    pub(crate) fn live_reload(&self) -> Option<LiveReload> {
        self.inner.live_reload.clone()
    }

    /// The names of routes and static files, to make URLs from.
    #[must_use]
    pub fn urls(&self) -> Urls {
        self.inner.site.urls.clone()
    }
}

impl<B> Service<http::Request<B>> for ApplicationService
where
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = ResponseFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: http::Request<B>) -> ResponseFuture {
        let seen = self.see(&mut request);
        let is_head = request.method() == Method::HEAD;
        let found = match &self.layered {
            Some(layers) => Ok(layers),
            None => self.inner.find(&mut request),
        };
        ResponseFuture {
            answer: match found {
                Ok(endpoint) => endpoint.call(with_body(request)),
                Err(answer) => answer,
            },
            seen,
            is_head,
        }
    }
}

impl fmt::Debug for ApplicationService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApplicationService").finish_non_exhaustive()
    }
}

/// The request as handlers see it, with axum's type of body.
fn with_body<B>(mut request: http::Request<B>) -> Request
where
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    if !request.body().is_end_stream() && request.extensions().get::<ConnectionInfo>().is_some() {
        // The server's limit holds; axum's default of 2 MB is for servers that have none.
        DefaultBodyLimit::disable().apply(&mut request);
    }
    request.map(|body| {
        // Most requests have no body, and this one is not allocated.
        if body.is_end_stream() {
            Body::empty()
        } else {
            Body::new(body)
        }
    })
}

impl Inner {
    fn answer(&self, mut request: Request) -> HandlerFuture {
        match self.find(&mut request) {
            Ok(endpoint) => endpoint.call(request),
            Err(answer) => answer,
        }
    }

    /// Finds the endpoint and puts the captures into the request, or answers in its stead.
    fn find<B>(&self, request: &mut http::Request<B>) -> Result<&Endpoint, HandlerFuture> {
        let path = request.uri().path();
        let host = || {
            request.uri().host().or_else(|| {
                let host = request.headers().get(header::HOST)?;
                host.to_str().ok()
            })
        };
        let host = self.router.has_hosts().then(host).flatten();
        let found = match self.router.find(host, path) {
            Ok(found) => found,
            Err(FindError::BadEncoding) => return Err(error(StatusCode::BAD_REQUEST)),
            Err(FindError::NotFound) if path == "*" && request.method() == Method::OPTIONS => {
                return Err(now(StatusCode::NO_CONTENT.into_response()));
            }
            Err(FindError::NotFound) => return Err(error(StatusCode::NOT_FOUND)),
        };
        let (mut response, allow) = match found.endpoint.find(request.method()) {
            MethodMatch::Found(endpoint) | MethodMatch::Head(endpoint) => {
                if let Some(facts) = request.extensions().get::<RequestMetadata>() {
                    tell(facts, &found.captures, path);
                }
                request.extensions_mut().insert(Matched {
                    captures: found.captures,
                    site: Arc::clone(&self.site),
                });
                return Ok(endpoint);
            }
            MethodMatch::Options(allow) => (StatusCode::NO_CONTENT.into_response(), allow),
            MethodMatch::NotAllowed(allow) => (
                Error::status(StatusCode::METHOD_NOT_ALLOWED).into_response(),
                allow,
            ),
        };
        response.headers_mut().insert(header::ALLOW, allow.clone());
        Err(now(response))
    }
}

/// What the debug page says of the route.
fn tell(facts: &RequestMetadata, captures: &Captures, path: &str) {
    facts.set_route(captures.pattern());
    for (name, value) in captures.params(path) {
        facts.add_param(name, value);
    }
}

/// A service that a layer can be put around.
fn boxed(answer: impl Fn(Request) -> HandlerFuture + Clone + Send + Sync + 'static) -> BoxService {
    BoxService::new(service_fn(move |request| {
        let answer = answer(request);
        async move { Ok(answer.await) }
    }))
}

fn now(response: Response) -> HandlerFuture {
    Box::pin(ready(response))
}

fn error(status: StatusCode) -> HandlerFuture {
    now(Error::status(status).into_response())
}

/// The response of an [`ApplicationService`].
pub struct ResponseFuture {
    answer: HandlerFuture,
    seen: Option<Box<Seen>>,
    is_head: bool,
}

/// What is kept of the request for the log and for error pages.
struct Seen {
    observed: Observed,
    /// Where the application has error pages of its own.
    pages: Option<Arc<Inner>>,
    log: Option<Log>,
}

/// What only the access log needs.
struct Log {
    connection: Option<ConnectionInfo>,
    /// Whom a trusted proxy names.
    ip: Option<IpAddr>,
    begun: Instant,
}

/// An error that has its page already: an outer application leaves it alone.
#[derive(Clone)]
struct Shown(Error);

impl Future for ResponseFuture {
    type Output = Result<Response, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut response = ready!(self.answer.as_mut().poll(cx));
        if let Some(error) = response.extensions_mut().remove::<Error>() {
            response = self.show(response, error);
        }
        match self.seen.take() {
            Some(seen) => response = seen.respond(response, self.is_head),
            None if self.is_head => response = without_body(response),
            None => {}
        }
        Poll::Ready(Ok(response))
    }
}

thread_local! {
    /// An outer application has logged the request that is being dropped.
    static IS_ABORT_LOGGED: Cell<bool> = const { Cell::new(false) };
}

/// Dropped without a response: the client is gone, or the server cut the request off at its end.
impl Drop for ResponseFuture {
    fn drop(&mut self) {
        let Some(seen) = self.seen.take() else {
            return;
        };
        // A panic is reported where it is caught.
        if seen.log.is_none() || IS_ABORT_LOGGED.get() || thread::panicking() {
            return;
        }
        let cut_off = servers::are_cutting_off().then(|| Error::new("cut off: the server stops"));
        let status = match cut_off {
            Some(_) => StatusCode::SERVICE_UNAVAILABLE.as_u16(),
            None => CLIENT_CLOSED_REQUEST,
        };
        seen.log(status, cut_off.as_ref());
        IS_ABORT_LOGGED.set(true);
        // With the future of an application that is mounted in this one.
        self.answer = Box::pin(pending());
        IS_ABORT_LOGGED.set(false);
    }
}

impl Seen {
    /// Logs a failure, which the client may see where the application debugs, and the request.
    fn respond(&self, response: Response, is_head: bool) -> Response {
        let mut response = self.observed.respond(response);
        if is_head {
            response = without_body(response);
        }
        let error = response.extensions().get().map(|Shown(error)| error);
        // A failure has its own line, with all of it.
        let error = error.filter(|error| error.failure().is_none());
        self.log(response.status().as_u16(), error);
        response
    }
}

impl Seen {
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
            ip: log.ip,
            begun: log.begun,
            status,
            error,
        }
        .log();
    }
}

impl ResponseFuture {
    fn show(&self, response: Response, error: Error) -> Response {
        let seen = self.seen.as_deref();
        let pages = seen.and_then(|seen| Some((&seen.pages.as_ref()?.error_pages, &seen.observed)));
        let mut response = match pages {
            Some((pages, seen)) => pages.render(response, &error, seen.method(), seen.uri()),
            // These look at nothing of the request.
            None => ErrorPages::default().render(response, &error, &Method::GET, &Uri::default()),
        };
        response.extensions_mut().insert(Shown(error));
        response
    }
}

impl fmt::Debug for ResponseFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}

/// RFC 9110, 9.3.2: the header section of GET, and nothing after it.
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
