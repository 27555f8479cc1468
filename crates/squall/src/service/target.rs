//! `Target`: the endpoint of a method, and the limit of its requests' bodies.

use std::fmt;

use axum_core::{
    body::Body,
    extract::Request,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{Extensions, StatusCode};
use squall_server::BoxError;

use crate::{
    Error, body_limit,
    handler::endpoint::{AtOnce, Endpoint, ResponseFuture as HandlerFuture, Unread, at_once},
    response::body_fault::BodyTooLarge,
};

/// The endpoint of one method of a route, and the limit of its requests' bodies in bytes.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) endpoint: Endpoint,
    pub(crate) body_limit: Option<u64>,
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
        match self.limit(&mut request) {
            Ok(()) => self.endpoint.respond(request),
            Err(error) => too_large(error),
        }
    }

    /// As [`respond`](Self::respond), after [`respond_at_once`](Self::respond_at_once) had no
    /// response.
    pub(super) fn respond_later(&self, mut request: Request) -> HandlerFuture {
        match self.limit(&mut request) {
            Ok(()) => self.endpoint.respond_later(request),
            Err(error) => too_large(error),
        }
    }

    /// Sets the limit of the body, if it is not the default one, and checks `Content-Length`.
    fn limit(&self, request: &mut Request) -> Result<(), BodyTooLarge> {
        if let Some(limit) = self.body_limit {
            body_limit::set_limit(request, limit);
        }
        body_limit::check_length(request)
    }

    /// Responds to a request whose head is not read, nor its body; `limit` is the default one.
    pub(super) fn respond_unread<B>(
        &self,
        respond: &Unread,
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
        respond(extensions, body)
    }

    /// Responds at once to a request whose body is not read; `limit` is the default one. `None` if
    /// the response has to wait, or the body is too large.
    pub(super) fn respond_at_once<B>(
        &self,
        respond: &AtOnce,
        request: &http::Request<B>,
        limit: u64,
    ) -> Option<Response>
    where
        B: http_body::Body,
    {
        let limit = self.body_limit.unwrap_or(limit);
        if request.body().size_hint().lower() > limit {
            return None;
        }
        respond(request.method(), request.uri(), request.headers())
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Target")
    }
}

fn too_large(error: BodyTooLarge) -> HandlerFuture {
    at_once(Error::refusal(StatusCode::PAYLOAD_TOO_LARGE, error).into_response())
}
