//! The search for a request's endpoint, and the response to a request without one.

use std::sync::Arc;

use axum_core::{
    extract::Request,
    response::{IntoResponse, Response},
};
use http::{Method, StatusCode, header};
use squall_routing::{Captures, FindError, MethodMatch};

use super::{built::BuiltApplication, target::Target};
use crate::{
    Error,
    application::site::Site,
    debug::RequestMetadata,
    handler::endpoint::{ResponseFuture as HandlerFuture, at_once},
    matched::Matched,
};

/// The endpoint of a request.
pub(super) struct Found<'a> {
    pub(super) target: &'a Target,
    captures: Captures,
}

/// The response to a request without an endpoint.
pub(super) struct Unmatched {
    response: HandlerFuture,
    /// The parameters of the route, if the path matches one.
    captures: Option<Captures>,
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

impl BuiltApplication {
    /// Responds to a request that has passed the layers. Its body has a limit already.
    pub(super) fn respond(&self, mut request: Request) -> HandlerFuture {
        match self.find(&request) {
            Ok(found) => {
                let target = found.target;
                found.admit(&mut request, &self.site);
                target.respond(request)
            }
            Err(unmatched) => unmatched.respond(&request),
        }
    }

    /// Finds the endpoint of a request.
    pub(super) fn find<B>(&self, request: &http::Request<B>) -> Result<Found<'_>, Unmatched> {
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
                return Err(error.into_response().into());
            }
            Err(FindError::NotFound) if path == "*" && request.method() == Method::OPTIONS => {
                return Err(StatusCode::NO_CONTENT.into_response().into());
            }
            Err(FindError::NotFound) => {
                let mut response = Error::status(StatusCode::NOT_FOUND).into_response();
                if self.debug {
                    response.extensions_mut().insert(Unrouted {
                        host: host.map(str::to_owned),
                        path: path.to_owned(),
                    });
                }
                return Err(response.into());
            }
        };
        let captures = found.captures;
        let (mut response, allow) = match found.endpoint.find(routed_method(request)) {
            MethodMatch::Found(target) | MethodMatch::Head(target) => {
                return Ok(Found { target, captures });
            }
            MethodMatch::Options(allow) => (StatusCode::NO_CONTENT.into_response(), allow),
            MethodMatch::NotAllowed(allow) => (
                Error::status(StatusCode::METHOD_NOT_ALLOWED).into_response(),
                allow,
            ),
        };
        response.headers_mut().insert(header::ALLOW, allow.clone());
        Err(Unmatched {
            response: at_once(response),
            captures: Some(captures),
        })
    }
}

impl Found<'_> {
    /// Adds to the request what its extractors read.
    pub(super) fn admit<B>(self, request: &mut http::Request<B>, site: &Arc<Site>) {
        if let Some(metadata) = request.extensions().get::<RequestMetadata>() {
            record_route(metadata, &self.captures, request.uri().path());
        }
        let matched = Matched {
            captures: Some(self.captures),
            site: Arc::clone(site),
        };
        matched.put(request.extensions_mut());
    }
}

impl Unmatched {
    /// Responds to the request, of which no endpoint needs anything.
    pub(super) fn respond<B>(self, request: &http::Request<B>) -> HandlerFuture {
        if let (Some(captures), Some(metadata)) = (&self.captures, request.extensions().get()) {
            record_route(metadata, captures, request.uri().path());
        }
        self.response
    }
}

impl From<Response> for Unmatched {
    fn from(response: Response) -> Self {
        Self {
            response: at_once(response),
            captures: None,
        }
    }
}

/// Returns the method that a request is routed by. The handshake of a WebSocket is a GET over
/// HTTP/1.1, and over HTTP/2 a CONNECT (RFC 8441).
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
