//! `Inner`: the routes and settings of an application, and the search for a request's endpoint.

use std::{fmt, future::ready, sync::Arc};

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
    body_limit,
    debug::{RequestMetadata, Tracebacks},
    handler::endpoint::{Endpoint, ResponseFuture as HandlerFuture},
    response::error_pages::ErrorPages,
};

/// Routes and settings; shared by all requests.
pub(crate) struct Inner {
    pub(crate) router: Router<Methods<Target>>,
    pub(crate) error_pages: ErrorPages,
    pub(crate) site: Arc<Site>,
    pub(crate) tracebacks: Tracebacks,
    /// Whether the application is in debug mode.
    pub(crate) debug: bool,
    /// Reloads open pages in debug mode.
    pub(crate) live_reload: Option<LiveReload>,
}

/// The endpoint of one method of a route, and the limit of its requests' bodies in bytes.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) endpoint: Endpoint,
    pub(crate) body_limit: Option<u64>,
}

/// The matched route, in a request's extensions.
#[derive(Clone)]
pub(crate) struct Matched {
    /// `None` in an error page.
    pub(crate) captures: Option<Captures>,
    pub(crate) site: Arc<Site>,
}

/// In debug mode, in the extensions of a response to a request without a route.
#[cfg_attr(
    not(feature = "debug"),
    expect(dead_code, reason = "only the page of debug mode reads it")
)]
#[derive(Clone)]
pub(super) struct Unrouted {
    pub(super) host: Option<String>,
    pub(super) path: String,
}

/// In the extensions of a request that a mounted application need not log.
#[derive(Clone)]
pub(crate) struct OuterLog;

impl Matched {
    /// Returns the values of a request without a route: of an error page.
    pub(crate) fn nowhere(site: &Arc<Site>) -> Self {
        Self {
            captures: None,
            site: Arc::clone(site),
        }
    }

    /// Returns an endpoint whose requests have these values.
    pub(crate) fn add_to(self, endpoint: Endpoint) -> Endpoint {
        Endpoint::forward(move |mut request| {
            request.extensions_mut().insert(self.clone());
            endpoint.respond(request)
        })
    }
}

impl Target {
    pub(crate) fn new(endpoint: Endpoint) -> Self {
        Self {
            endpoint,
            body_limit: None,
        }
    }

    /// Responds to a request whose body has the default limit.
    pub(super) fn respond(&self, mut request: Request) -> HandlerFuture {
        if let Some(limit) = self.body_limit {
            body_limit::set_limit(&mut request, limit);
        }
        match body_limit::check_length(&request) {
            Ok(()) => self.endpoint.respond(request),
            Err(error) => {
                let status = StatusCode::PAYLOAD_TOO_LARGE;
                now(Error::refusal(status, error).into_response())
            }
        }
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Target")
    }
}

impl Inner {
    /// Responds to a request that has passed the layers. Its body has a limit already.
    pub(super) fn respond(&self, mut request: Request) -> HandlerFuture {
        match self.find(&mut request) {
            Ok(target) => target.respond(request),
            Err(response) => response,
        }
    }

    /// Finds the endpoint and adds the captures to the request. The error is the response of a
    /// request that matches no endpoint.
    pub(super) fn find<B>(&self, request: &mut http::Request<B>) -> Result<&Target, HandlerFuture> {
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
            Err(error @ FindError::BadEncoding) => {
                let error = Error::refusal(StatusCode::BAD_REQUEST, error);
                return Err(now(error.into_response()));
            }
            Err(FindError::NotFound) if path == "*" && request.method() == Method::OPTIONS => {
                return Err(now(StatusCode::NO_CONTENT.into_response()));
            }
            Err(FindError::NotFound) => {
                let mut response = Error::status(StatusCode::NOT_FOUND).into_response();
                if self.debug {
                    response.extensions_mut().insert(Unrouted {
                        host: host.map(str::to_owned),
                        path: path.to_owned(),
                    });
                }
                return Err(now(response));
            }
        };
        if let Some(metadata) = request.extensions().get::<RequestMetadata>() {
            record_route(metadata, &found.captures, path);
        }
        let (mut response, allow) = match found.endpoint.find(routed_method(request)) {
            MethodMatch::Found(target) | MethodMatch::Head(target) => {
                request.extensions_mut().insert(Matched {
                    captures: Some(found.captures),
                    site: Arc::clone(&self.site),
                });
                return Ok(target);
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

/// Returns the method that a request is routed by. The handshake of a WebSocket is a GET over HTTP/1.1, and
/// over HTTP/2 a CONNECT (RFC 8441).
fn routed_method<B>(request: &http::Request<B>) -> &Method {
    match *request.method() {
        Method::CONNECT => &Method::GET,
        _ => request.method(),
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
