//! `ApplicationService`: the way of a request from the server to its handler and back.
//!
//! `inner.rs` finds the endpoint of a request, `outcome.rs` renders error pages and logs the request in
//! the format of `access_log.rs`, and `explain.rs` writes debug mode's pages about refused requests.

pub(crate) mod access_log;
#[cfg_attr(not(feature = "debug"), path = "no_explain.rs")]
mod explain;
mod inner;
mod outcome;

pub(crate) use self::inner::{Inner, OuterLog, Target};
pub use self::outcome::ResponseFuture;

use std::{
    convert::Infallible,
    fmt,
    future::ready,
    sync::Arc,
    task::{Context, Poll},
    time::Instant,
};

use axum_core::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{Extensions, Method};
use squall_server::{BoxError, Limits};
use tower_service::Service;

use self::outcome::{AccessRecord, RequestRecord};
use crate::{
    Error, Urls, body_limit,
    handler::endpoint::Endpoint,
    matched,
    response::{error_pages::RequestHead, negotiate::Accept},
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
    /// Whether the files of static responses get to the server, which sends them itself.
    sends_files: bool,
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
            sends_files: false,
            max_body_size: Limits::default().largest_body(),
        }
    }

    /// Sets the size limit of a request's body, in bytes (413), where no route sets
    /// [its own](crate::Route::body_limit). In squall's server,
    /// [`Limits::max_body_size`](crate::Limits::max_body_size) sets it.
    ///
    /// Default: 100 MiB.
    #[must_use]
    pub fn max_body_size(mut self, bytes: u64) -> Self {
        self.max_body_size = bytes;
        self
    }

    /// Has responses keep the files of their bodies, for `static_files::with_file`.
    #[cfg(feature = "server")]
    pub(crate) fn sends_files(mut self) -> Self {
        self.sends_files = true;
        self
    }

    /// Responds to a request with an error, with its page and its line in the log, instead of calling
    /// a handler; for adapters of other servers, which refuse a request that they cannot pass on.
    pub fn refuse<B>(&self, mut request: http::Request<B>, error: Error) -> ResponseFuture {
        let record = self.record(&mut request);
        let is_head = request.method() == Method::HEAD;
        let response = Box::pin(ready(error.into_response()));
        ResponseFuture::new(response, Some(record), is_head, self.sends_files)
    }

    /// Returns the request metadata that the response may need.
    fn record<B>(&self, request: &mut http::Request<B>) -> Box<RequestRecord> {
        // Allocated first, so that the value is constructed in place and not moved.
        let space = Box::new_uninit();
        let record = RequestRecord {
            pages: self.pages(request),
            accept: Accept::of(request.headers()),
            observed: self.inner.tracebacks.observe(request),
            debug: self.inner.debug.then(|| Arc::clone(&self.inner)),
            log: self.log(request.extensions()),
        };
        Box::write(space, record)
    }

    /// Returns the head of a request, if the application has error pages.
    fn pages<B>(&self, request: &http::Request<B>) -> Option<(Arc<Inner>, RequestHead)> {
        let has_pages = !self.inner.error_pages.is_empty();
        has_pages.then(|| (Arc::clone(&self.inner), RequestHead::of(request)))
    }

    /// Returns the metadata of the access log, if the request is logged.
    fn log(&self, extensions: &Extensions) -> Option<AccessRecord> {
        let is_logged = self.inner.site.access_log
            && access_log::is_enabled()
            && extensions.get::<OuterLog>().is_none();
        is_logged.then(|| AccessRecord {
            connection: extensions.get().cloned(),
            source: logged_client(extensions),
            begun: Instant::now(),
        })
    }

    /// Responds to a request whose head the endpoint does not read: the record takes it, which spares
    /// its clones and the search for `Accept`.
    fn respond_unread<B>(&self, target: &Target, request: http::Request<B>) -> ResponseFuture
    where
        B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    {
        let log = self.log(request.extensions());
        let (record, extensions, body) = self.record_of(request, log);
        let is_head = record.observed.method() == Method::HEAD;
        let response = target.respond_unread(extensions, body, self.max_body_size);
        ResponseFuture::new(response, Some(record), is_head, self.sends_files)
    }

    /// Returns a response that is there at once. Nothing reads the request any more, and without a line in the
    /// log and an error page, nothing its metadata.
    fn respond_at_once<B>(
        &self,
        response: Response,
        request: http::Request<B>,
        log: Option<AccessRecord>,
    ) -> ResponseFuture {
        let is_head = request.method() == Method::HEAD;
        let is_final = log.is_none() && !is_head && response.extensions().get::<Error>().is_none();
        let (record, extensions) = if is_final {
            (None, request.into_parts().0.extensions)
        } else {
            let (record, extensions, _) = self.record_of(request, log);
            (Some(record), extensions)
        };
        matched::recycle(extensions);
        let response = Box::pin(ready(response));
        ResponseFuture::new(response, record, is_head, self.sends_files)
    }

    /// Returns the request metadata of a request whose head is not needed any more, and the rest of it.
    fn record_of<B>(
        &self,
        request: http::Request<B>,
        log: Option<AccessRecord>,
    ) -> (Box<RequestRecord>, Extensions, B) {
        let space = Box::new_uninit();
        let pages = self.pages(&request);
        let (parts, body) = request.into_parts();
        let tracebacks = &self.inner.tracebacks;
        let record = RequestRecord {
            pages,
            accept: Accept::In(parts.headers),
            observed: tracebacks.observe_parts(parts.method, parts.uri, &parts.extensions),
            debug: self.inner.debug.then(|| Arc::clone(&self.inner)),
            log,
        };
        (Box::write(space, record), parts.extensions, body)
    }

    /// Whether the application is in debug mode.
    #[cfg(feature = "server")]
    pub(crate) fn is_debug(&self) -> bool {
        self.inner.debug
    }

    /// Returns the live reload of open pages, in debug mode.
    #[cfg(feature = "server")]
    pub(crate) fn live_reload(&self) -> Option<crate::autoreload::LiveReload> {
        self.inner.live_reload.clone()
    }

    /// Returns the background tasks of handlers.
    #[must_use]
    pub fn tasks(&self) -> crate::Tasks {
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
        let is_head = request.method() == Method::HEAD;
        let limit = self.max_body_size;
        let (record, response);
        if let Some(layers) = &self.layered {
            record = self.record(&mut request);
            response = layers.respond(body_limit::with_limit(request, limit));
        } else {
            match self.inner.find(&request) {
                Ok(found) => {
                    let mut is_tried = false;
                    // The page shows the route, which is in the request.
                    if !self.inner.tracebacks.shows_page() {
                        if let Some(target) = found.unread() {
                            return self.respond_unread(target, request);
                        }
                        if let Some(target) = found.at_once() {
                            let log = self.log(request.extensions());
                            if let Some(response) = target.respond_at_once(&request, limit) {
                                return self.respond_at_once(response, request, log);
                            }
                            is_tried = true;
                        }
                    }
                    record = self.record(&mut request);
                    let target = found.admit(&mut request, &self.inner.site);
                    response = target.respond(body_limit::with_limit(request, limit), is_tried);
                }
                Err(unmatched) => {
                    record = self.record(&mut request);
                    response = unmatched.respond(&request);
                }
            }
        }
        ResponseFuture::new(response, Some(record), is_head, self.sends_files)
    }
}

impl fmt::Debug for ApplicationService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApplicationService").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    };

    use axum_core::{
        body::Body,
        response::{IntoResponse, Response},
    };
    use http_body_util::BodyExt;
    use tower::{ServiceExt, layer::util::Identity};

    use crate::{Application, Route, handler::endpoint::Endpoint};

    #[tokio::test]
    async fn response_that_is_not_there_at_once_is_looked_for_once() {
        for has_layer in [false, true] {
            let tried = Arc::new(AtomicU32::new(0));
            let counter = Arc::clone(&tried);
            let endpoint = Endpoint::from_fn(|_| async { "later".into_response() });
            let endpoint = endpoint.or_at_once(move |_, uri, _| {
                counter.fetch_add(1, Relaxed);
                (uri.path() == "/now").then(|| "now".into_response())
            });
            let mut app = Application::new().access_log(false);
            for path in ["/now", "/later"] {
                app = app.route(path, Route::from_endpoint(endpoint.clone()));
            }
            let app = if has_layer {
                app.layer(Identity::new())
            } else {
                app
            };
            let service = app.into_service().unwrap();
            for (path, body) in [("/now", "now"), ("/later", "later")] {
                let request = http::Request::get(path).body(Body::empty()).unwrap();
                let response: Response = service.clone().oneshot(request).await.unwrap();
                let received = response.into_body().collect().await.unwrap().to_bytes();
                assert_eq!(received, body, "with a layer: {has_layer}");
            }
            assert_eq!(tried.load(Relaxed), 2, "with a layer: {has_layer}");
        }
    }
}
