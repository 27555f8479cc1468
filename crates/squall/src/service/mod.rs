//! `ApplicationService`: the way of a request from the server to its handler and back.
//!
//! `inner.rs` finds the endpoint of a request, `outcome.rs` renders error pages and logs the request in
//! the format of `access_log.rs`.

pub(crate) mod access_log;
mod inner;
mod outcome;

pub(crate) use self::inner::{Inner, Matched};
pub use self::outcome::ResponseFuture;

use std::{
    convert::Infallible,
    fmt,
    sync::Arc,
    task::{Context, Poll},
    time::Instant,
};

use axum_core::{
    body::Body,
    extract::{DefaultBodyLimit, Request},
    response::Response,
};
use bytes::Bytes;
use http::Method;
use squall_server::{BoxError, ConnectionInfo};
use tower_service::Service;
use tracing::level_filters::LevelFilter;

use self::outcome::{AccessRecord, RequestRecord};
use crate::{
    Urls,
    application::layer::{BoxLayer, boxed},
    autoreload::LiveReload,
    handler::Endpoint,
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
