//! `Inner`: the routes and settings of an application, and the search for a request's endpoint.

use std::{fmt, future::ready, sync::Arc};

use axum_core::{
    body::Body,
    extract::Request,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{Extensions, Method, StatusCode, header};
use squall_routing::{Captures, FindError, MethodMatch, Methods, Router};
use squall_server::BoxError;

use crate::{
    Error,
    application::site::Site,
    autoreload::LiveReload,
    body_limit,
    debug::{RequestMetadata, Tracebacks},
    handler::endpoint::{Endpoint, ResponseFuture as HandlerFuture},
    matched::Matched,
    response::{body_fault::BodyTooLarge, error_pages::ErrorPages},
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
    #[cfg_attr(
        not(feature = "server"),
        expect(dead_code, reason = "only a server reads it")
    )]
    pub(crate) live_reload: Option<LiveReload>,
}

/// The endpoint of one method of a route, and the limit of its requests' bodies in bytes.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) endpoint: Endpoint,
    pub(crate) body_limit: Option<u64>,
}

/// The endpoint of a request.
pub(super) struct Found<'a> {
    target: &'a Target,
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

/// In the extensions of a request that a mounted application need not log.
#[derive(Clone)]
pub(crate) struct OuterLog;

impl Target {
    pub(crate) fn new(endpoint: Endpoint) -> Self {
        Self {
            endpoint,
            body_limit: None,
        }
    }

    /// Responds to a request whose body has the default limit. `is_tried`: whether
    /// [`respond_at_once`](Self::respond_at_once) had no response.
    pub(super) fn respond(&self, mut request: Request, is_tried: bool) -> HandlerFuture {
        if let Some(limit) = self.body_limit {
            body_limit::set_limit(&mut request, limit);
        }
        match body_limit::check_length(&request) {
            Ok(()) if is_tried => self.endpoint.respond_later(request),
            Ok(()) => self.endpoint.respond(request),
            Err(error) => too_large(error),
        }
    }

    /// Responds to a request whose head is not read, nor its body; `limit` is the default one.
    pub(super) fn respond_unread<B>(
        &self,
        extensions: Extensions,
        body: B,
        limit: u64,
    ) -> HandlerFuture
    where
        B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    {
        let limit = self.body_limit.unwrap_or(limit);
        if body.size_hint().lower() > limit {
            return too_large(BodyTooLarge { limit });
        }
        let body = match body.is_end_stream() {
            true => Body::empty(),
            false => Body::new(body),
        };
        let respond = self.endpoint.unread();
        respond.expect("an endpoint of `Found::unread`")(extensions, body)
    }

    /// Responds at once to a request whose body is not read; `limit` is the default one. `None` if the response
    /// has to wait, or the body is too large.
    pub(super) fn respond_at_once<B>(
        &self,
        request: &http::Request<B>,
        limit: u64,
    ) -> Option<Response>
    where
        B: http_body::Body,
    {
        let respond = self.endpoint.at_once()?;
        let limit = self.body_limit.unwrap_or(limit);
        let fits = request.body().size_hint().lower() <= limit;
        let respond = fits.then_some(respond)?;
        respond(request.method(), request.uri(), request.headers())
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
        match self.find(&request) {
            Ok(found) => {
                let target = found.admit(&mut request, &self.site);
                target.respond(request, false)
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
            response: now(response),
            captures: Some(captures),
        })
    }
}

impl<'a> Found<'a> {
    /// Returns the endpoint if its response does not depend on the request's head.
    pub(super) fn unread(&self) -> Option<&'a Target> {
        let target = self.target;
        target.endpoint.unread().is_some().then_some(target)
    }

    /// Returns the endpoint if most of its responses are there at once.
    pub(super) fn at_once(&self) -> Option<&'a Target> {
        let target = self.target;
        target.endpoint.at_once().is_some().then_some(target)
    }

    /// Adds to the request what its extractors read, and returns the endpoint.
    pub(super) fn admit<B>(self, request: &mut http::Request<B>, site: &Arc<Site>) -> &'a Target {
        if let Some(metadata) = request.extensions().get::<RequestMetadata>() {
            record_route(metadata, &self.captures, request.uri().path());
        }
        let matched = Matched {
            captures: Some(self.captures),
            site: Arc::clone(site),
        };
        matched.put(request.extensions_mut());
        self.target
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
            response: now(response),
            captures: None,
        }
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

fn too_large(error: BodyTooLarge) -> HandlerFuture {
    now(Error::refusal(StatusCode::PAYLOAD_TOO_LARGE, error).into_response())
}

fn now(response: Response) -> HandlerFuture {
    Box::pin(ready(response))
}
