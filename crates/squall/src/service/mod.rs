//! `ApplicationService`: the way of a request from the server to its handler and back.
//!
//! `inner.rs` finds the endpoint of a request, `outcome.rs` renders error pages and logs the request in
//! the format of `access_log.rs`, and `explain.rs` writes debug mode's pages about refused requests.

pub(crate) mod access_log;
#[cfg_attr(not(feature = "debug"), path = "no_explain.rs")]
mod explain;
mod inner;
mod outcome;

pub(crate) use self::inner::{Inner, Matched, OuterLog, Target};
pub use self::outcome::ResponseFuture;

use std::{
    convert::Infallible,
    fmt,
    sync::Arc,
    task::{Context, Poll},
    time::Instant,
};

use axum_core::response::Response;
use bytes::Bytes;
use http::Method;
use squall_server::{BoxError, Limits};
use tower_service::Service;
use tracing::level_filters::LevelFilter;

use self::outcome::{AccessRecord, RequestRecord};
use crate::{
    Tasks, Urls,
    autoreload::LiveReload,
    body_limit,
    handler::endpoint::Endpoint,
    response::{error_pages::RequestHead, negotiate},
    routes::settings::Wrap,
    xheaders::logged_client,
};

/// A checked [`Application`](crate::Application) as a [`tower_service::Service`] that never fails,
/// for squall's servers, axum or any other. Clones share routes and settings.
#[derive(Clone)]
pub struct ApplicationService {
    inner: Arc<Inner>,
    /// The routes inside the application's layers; `None` if it has no layer.
    layered: Option<Endpoint>,
    /// The limit of the bodies of requests whose route has none of its own, in bytes.
    max_body_size: u64,
}

impl ApplicationService {
    pub(crate) fn new(inner: Inner, layers: &[Wrap]) -> Self {
        let inner = Arc::new(inner);
        let routes = Arc::clone(&inner);
        let layered = (!layers.is_empty()).then(|| {
            let routes = Endpoint::forward(move |request| routes.respond(request));
            layers.iter().fold(routes, |inner, layer| layer(inner))
        });
        Self {
            inner,
            layered,
            max_body_size: Limits::default().largest_body(),
        }
    }

    /// Sets the limit of request bodies to that of a server, which then need not limit them itself.
    pub(crate) fn max_body_size(mut self, bytes: u64) -> Self {
        self.max_body_size = bytes;
        self
    }

    /// Returns the request metadata that the response may need, or `None` if neither a log nor a
    /// page uses it.
    fn record<B>(&self, request: &mut http::Request<B>) -> Option<Box<RequestRecord>> {
        let inner = &self.inner;
        let is_logged = inner.site.access_log
            && access_log::is_enabled()
            && request.extensions().get::<OuterLog>().is_none();
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
                debug: inner.debug.then(|| Arc::clone(inner)),
                pages: has_pages.then(|| (Arc::clone(inner), RequestHead::of(request))),
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

    /// Returns the background tasks of handlers.
    pub(crate) fn tasks(&self) -> Tasks {
        self.inner.site.tasks.clone()
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
        let accept = negotiate::accept(request.headers());
        let limit = self.max_body_size;
        let response = match &self.layered {
            Some(layers) => layers.respond(body_limit::with_limit(request, limit)),
            None => match self.inner.find(&mut request) {
                Ok(target) => target.respond(body_limit::with_limit(request, limit)),
                Err(response) => response,
            },
        };
        ResponseFuture {
            response,
            record,
            is_head,
            accept,
            failed: None,
        }
    }
}

impl fmt::Debug for ApplicationService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApplicationService").finish_non_exhaustive()
    }
}
