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
    application::BoxLayer,
    autoreload::LiveReload,
    debug::{RequestMetadata, Tracebacks},
    error_pages::ErrorPages,
    handler::{Endpoint, ResponseFuture as HandlerFuture},
    outcome::{AccessRecord, RequestRecord, ResponseFuture},
    site::Site,
    xheaders::logged_client,
};

/// A checked [`Application`](crate::Application) as a [`tower_service::Service`] that never fails,
/// for squall's servers, axum or any other. Clones share routes and settings.
#[derive(Clone)]
pub struct ApplicationService {
    inner: Arc<Inner>,
    /// The routes inside the application's layers; `None` if it has no layer.
    layered: Option<Endpoint>,
    access_log: bool,
}

pub(crate) type BoxService = BoxCloneSyncService<Request, Response, Infallible>;

/// Routes and settings; shared by all requests.
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

/// The matched route, in a request's extensions.
#[derive(Clone)]
pub(crate) struct Matched {
    pub(crate) captures: Captures,
    pub(crate) site: Arc<Site>,
}

impl ApplicationService {
    pub(crate) fn new(inner: Inner, access_log: bool, layers: Vec<BoxLayer>) -> Self {
        let inner = Arc::new(inner);
        let layered = layers
            .into_iter()
            .fold(None::<Endpoint>, |inner_layers, layer| {
                Some(layer(match inner_layers {
                    Some(layers) => boxed(move |request| layers.call(request)),
                    None => {
                        let routes = Arc::clone(&inner);
                        boxed(move |request| routes.respond(request))
                    }
                }))
            });
        Self {
            inner,
            layered,
            access_log,
        }
    }

    /// Returns the request metadata that the response may need, or `None` if neither a log nor a
    /// page uses it.
    fn record<B>(&self, request: &mut http::Request<B>) -> Option<Box<RequestRecord>> {
        let inner = &self.inner;
        let is_logged = self.access_log && access_log::is_enabled();
        let has_pages = !inner.error_pages.is_empty();
        let is_failure_unlogged = LevelFilter::current() < LevelFilter::ERROR;
        if is_failure_unlogged && !is_logged && !has_pages && !inner.debug {
            return None;
        }
        // Allocated first, so that the value is constructed in place and not moved.
        let space = Box::new_uninit();
        Some(Box::write(
            space,
            RequestRecord {
                observed: inner.tracebacks.observe(request),
                pages: has_pages.then(|| Arc::clone(inner)),
                log: is_logged.then(|| AccessRecord {
                    connection: request.extensions().get().cloned(),
                    source: logged_client(request.extensions()),
                    begun: Instant::now(),
                }),
            },
        ))
    }

    /// Whether the application is in debug mode.
    pub(crate) fn is_debug(&self) -> bool {
        self.inner.debug
    }

    /// Returns the live reload of open pages, in debug mode.
    pub(crate) fn live_reload(&self) -> Option<LiveReload> {
        self.inner.live_reload.clone()
    }

    /// Returns the URLs of named routes and of static files.
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
        let record = self.record(&mut request);
        let is_head = request.method() == Method::HEAD;
        let endpoint = match &self.layered {
            Some(layers) => Ok(layers),
            None => self.inner.find(&mut request),
        };
        ResponseFuture {
            response: match endpoint {
                Ok(endpoint) => endpoint.call(with_body(request)),
                Err(response) => response,
            },
            record,
            is_head,
        }
    }
}

impl fmt::Debug for ApplicationService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApplicationService").finish_non_exhaustive()
    }
}

/// Returns the request with axum's body type.
fn with_body<B>(mut request: http::Request<B>) -> Request
where
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    if !request.body().is_end_stream() && request.extensions().get::<ConnectionInfo>().is_some() {
        // squall-server limits bodies itself; axum's limit of 2 MB would apply as well.
        DefaultBodyLimit::disable().apply(&mut request);
    }
    request.map(|body| {
        // Most requests have no body, and an empty one needs no allocation.
        if body.is_end_stream() {
            Body::empty()
        } else {
            Body::new(body)
        }
    })
}

impl Inner {
    fn respond(&self, mut request: Request) -> HandlerFuture {
        match self.find(&mut request) {
            Ok(endpoint) => endpoint.call(request),
            Err(response) => response,
        }
    }

    /// Finds the endpoint and adds the captures to the request. The error is the response of a
    /// request that matches no endpoint.
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
                if let Some(metadata) = request.extensions().get::<RequestMetadata>() {
                    record_route(metadata, &found.captures, path);
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

/// Records the route and its parameters for the debug page.
fn record_route(metadata: &RequestMetadata, captures: &Captures, path: &str) {
    metadata.set_route(captures.pattern());
    for (name, value) in captures.params(path) {
        metadata.add_param(name, value);
    }
}

/// Returns a function as a service, to wrap it in a layer.
fn boxed(respond: impl Fn(Request) -> HandlerFuture + Clone + Send + Sync + 'static) -> BoxService {
    BoxService::new(service_fn(move |request| {
        let response = respond(request);
        async move { Ok(response.await) }
    }))
}

fn now(response: Response) -> HandlerFuture {
    Box::pin(ready(response))
}

fn error(status: StatusCode) -> HandlerFuture {
    now(Error::status(status).into_response())
}
