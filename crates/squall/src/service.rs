//! `ApplicationService`: route, handler, error page and access log of a request.

use std::{
    convert::Infallible,
    fmt,
    future::ready,
    sync::Arc,
    task::{Context, Poll},
    time::Instant,
};

use axum_core::{
    body::Body,
    extract::{DefaultBodyLimit, Request},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{Method, StatusCode, header};
use squall_routing::{Captures, FindError, MethodMatch, Methods, Router};
use squall_server::{BoxError, ConnectionInfo};
use tower::{service_fn, util::BoxCloneSyncService};
use tower_service::Service;
use tracing::level_filters::LevelFilter;

use crate::{
    Error, Urls, access_log,
    autoreload::LiveReload,
    debug::{RequestMetadata, Tracebacks},
    error_pages::ErrorPages,
    handler::{Endpoint, ResponseFuture as HandlerFuture},
    outcome::{Log, ResponseFuture, Seen},
    site::Site,
    xheaders::logged_client,
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
                    source: logged_client(request.extensions()),
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
