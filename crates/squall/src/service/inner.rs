//! `Inner`: the routes and settings of an application, and the search for a request's endpoint.

use std::{future::ready, sync::Arc};

use axum_core::{
    extract::Request,
    response::{IntoResponse, Response},
};
use http::{Method, StatusCode, header};
use squall_routing::{Captures, FindError, MethodMatch, Methods, Router};

use crate::{
    Error,
    application::site::Site,
    autoreload::LiveReload,
    debug::{RequestMetadata, Tracebacks},
    handler::{Endpoint, ResponseFuture as HandlerFuture},
    response::error_pages::ErrorPages,
};

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

impl Inner {
    pub(super) fn respond(&self, mut request: Request) -> HandlerFuture {
        match self.find(&mut request) {
            Ok(endpoint) => endpoint.call(request),
            Err(response) => response,
        }
    }

    /// Finds the endpoint and adds the captures to the request. The error is the response of a
    /// request that matches no endpoint.
    pub(super) fn find<B>(
        &self,
        request: &mut http::Request<B>,
    ) -> Result<&Endpoint, HandlerFuture> {
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

fn now(response: Response) -> HandlerFuture {
    Box::pin(ready(response))
}

fn error(status: StatusCode) -> HandlerFuture {
    now(Error::status(status).into_response())
}
