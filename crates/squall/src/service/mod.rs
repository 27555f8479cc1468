//! `ApplicationService`: the way of a request from the server to its handler and back.
//!
//! `find.rs` finds the target of a request among the routes of `built.rs`, `target.rs` calls its
//! endpoint, and `outcome.rs` renders error pages and logs what `record.rs` keeps of the request,
//! in the format of `access_log.rs`. `explain.rs` writes debug mode's pages about refused requests.

pub(crate) mod access_log;
mod built;
#[cfg_attr(not(feature = "debug"), path = "no_explain.rs")]
mod explain;
mod find;
mod outcome;
mod record;
mod target;

pub use self::outcome::ResponseFuture;
pub(crate) use self::{built::BuiltApplication, record::OuterLog, target::Target};

use std::{
    convert::Infallible,
    fmt,
    sync::Arc,
    task::{Context, Poll},
};

use axum_core::{
    extract::Request,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::Method;
use squall_server::{BoxError, Limits};
use tower_service::Service;

use self::{
    find::{Found, Unmatched},
    record::{AccessRecord, RequestRecord},
};
use crate::{
    Error, Urls, body_limit,
    handler::endpoint::{Endpoint, ResponseFuture as HandlerFuture, Unread, at_once},
    matched,
    routes::settings::Wrap,
};

/// A checked [`Application`](crate::Application) as a [`tower_service::Service`] that never fails,
/// for squall's servers, axum or any other. Clones share routes and settings.
#[derive(Clone)]
pub struct ApplicationService {
    application: Arc<BuiltApplication>,
    /// The routes inside the application's layers; `None` if it has no layer.
    layered: Option<Endpoint>,
    /// Whether the files of static responses get to the server, which sends them itself.
    sends_files: bool,
    /// The limit of the bodies of requests whose route has none of its own, in bytes.
    max_body_size: u64,
}

impl ApplicationService {
    pub(crate) fn new(application: BuiltApplication, layers: &[Wrap]) -> Self {
        let application = Arc::new(application);
        let routes = Arc::clone(&application);
        let layered = (!layers.is_empty()).then(|| {
            let routes = Endpoint::forward(move |request| routes.respond(request));
            layers.iter().fold(routes, |inner, layer| layer(inner))
        });
        Self {
            application,
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

    /// Has responses keep the files of their bodies, for `file_content::with_file`.
    #[cfg(feature = "server")]
    pub(crate) fn sends_files(mut self) -> Self {
        self.sends_files = true;
        self
    }

    /// Responds to a request with an error, with its page and its line in the log, instead of
    /// calling a handler; for adapters of other servers, which refuse a request that they cannot
    /// pass on.
    pub fn refuse<B>(&self, mut request: http::Request<B>, error: Error) -> ResponseFuture {
        let log = AccessRecord::of(request.extensions(), &self.application);
        let record = RequestRecord::of(&mut request, &self.application, log);
        let is_head = request.method() == Method::HEAD;
        self.response(at_once(error.into_response()), Some(record), is_head)
    }

    /// Whether the application is in debug mode.
    #[cfg(feature = "server")]
    pub(crate) fn is_debug(&self) -> bool {
        self.application.debug
    }

    /// Returns the live reload of open pages, in debug mode.
    #[cfg(feature = "server")]
    pub(crate) fn live_reload(&self) -> Option<crate::autoreload::LiveReload> {
        self.application.live_reload.clone()
    }

    /// Returns the background tasks of handlers.
    #[must_use]
    pub fn tasks(&self) -> crate::Tasks {
        self.application.site.tasks.clone()
    }

    /// Returns the URLs of named routes and of static files.
    #[must_use]
    pub fn urls(&self) -> Urls {
        self.application.site.urls.clone()
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

    fn call(&mut self, request: http::Request<B>) -> ResponseFuture {
        if let Some(layers) = &self.layered {
            return self.respond_layered(layers, request);
        }
        match self.application.find(&request) {
            Ok(found) => self.respond_found(found, request),
            Err(unmatched) => self.respond_unmatched(unmatched, request),
        }
    }
}

impl ApplicationService {
    fn respond_layered<B>(&self, layers: &Endpoint, mut request: http::Request<B>) -> ResponseFuture
    where
        B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    {
        let is_head = request.method() == Method::HEAD;
        let log = AccessRecord::of(request.extensions(), &self.application);
        let record = RequestRecord::of(&mut request, &self.application, log);
        let response = layers.respond(body_limit::with_limit(request, self.max_body_size));
        self.response(response, Some(record), is_head)
    }

    fn respond_unmatched<B>(
        &self,
        unmatched: Unmatched,
        mut request: http::Request<B>,
    ) -> ResponseFuture {
        let is_head = request.method() == Method::HEAD;
        let log = AccessRecord::of(request.extensions(), &self.application);
        let record = RequestRecord::of(&mut request, &self.application, log);
        self.response(unmatched.respond(&request), Some(record), is_head)
    }

    fn respond_found<B>(&self, found: Found<'_>, mut request: http::Request<B>) -> ResponseFuture
    where
        B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    {
        let log = AccessRecord::of(request.extensions(), &self.application);
        let limit = self.max_body_size;
        let target = found.target;
        let mut respond: fn(&Target, Request) -> HandlerFuture = Target::respond;
        // Debug mode's page shows the route, which is in the request.
        if !self.application.tracebacks.shows_page() {
            if let Some(respond) = target.endpoint.unread() {
                return self.respond_unread(target, respond, request, log);
            }
            if let Some(at_once) = target.endpoint.at_once() {
                match target.respond_at_once(at_once, &request, limit) {
                    Some(response) => return self.respond_at_once(response, request, log),
                    None => respond = Target::respond_later,
                }
            }
        }
        let is_head = request.method() == Method::HEAD;
        let record = RequestRecord::of(&mut request, &self.application, log);
        found.admit(&mut request, &self.application.site);
        let response = respond(target, body_limit::with_limit(request, limit));
        self.response(response, Some(record), is_head)
    }

    /// Responds to a request whose head the endpoint does not read: the record takes it.
    fn respond_unread<B>(
        &self,
        target: &Target,
        respond: &Unread,
        request: http::Request<B>,
        log: Option<AccessRecord>,
    ) -> ResponseFuture
    where
        B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    {
        let (record, extensions, body) = RequestRecord::take(request, &self.application, log);
        let is_head = record.observed.method() == Method::HEAD;
        let response = target.respond_unread(respond, extensions, body, self.max_body_size);
        self.response(response, Some(record), is_head)
    }

    /// Returns a response that is there at once. Nothing reads the request any more, and without a
    /// line in the log and an error page, nothing its metadata.
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
            let (record, extensions, _) = RequestRecord::take(request, &self.application, log);
            (Some(record), extensions)
        };
        matched::recycle(extensions);
        self.response(at_once(response), record, is_head)
    }

    fn response(
        &self,
        response: HandlerFuture,
        record: Option<Box<RequestRecord>>,
        is_head: bool,
    ) -> ResponseFuture {
        ResponseFuture::new(response, record, is_head, self.sends_files)
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
