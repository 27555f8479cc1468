//! `Serve`: the services that a server can serve.

use std::task::{Context, Poll};

use bytes::Bytes;
use http::Request;
use http_body::Body;
use tower_service::Service;

use super::incoming::Incoming;
use crate::{BoxError, file_response::Respond};

/// A service that a server can serve: a clonable [`tower_service::Service`] from a request to a
/// response.
///
/// It is implemented for every such type; it only names the bounds in one place.
pub trait Serve: Clone + Send + Unpin + 'static {
    /// Its responses: [`http::Response`] or [`FileResponse`](crate::FileResponse).
    type Response: Respond<Body = Self::Body>;
    /// The body of its responses.
    type Body: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static;
    /// Its future.
    type Future: Future<Output = Result<Self::Response, Self::Error>> + Send;
    /// Its error: logged, and turned into a response with status 500.
    type Error: Into<BoxError>;

    /// As [`Service::poll_ready`].
    ///
    /// # Errors
    ///
    /// As the service.
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>>;

    /// As [`Service::call`].
    fn call(&mut self, request: Request<Incoming>) -> Self::Future;
}

impl<S> Serve for S
where
    S: Service<Request<Incoming>> + Clone + Send + Unpin + 'static,
    S::Response: Respond,
    S::Future: Send,
    S::Error: Into<BoxError>,
    <S::Response as Respond>::Body: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    type Response = S::Response;
    type Body = <S::Response as Respond>::Body;
    type Future = S::Future;
    type Error = S::Error;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        Service::poll_ready(self, cx)
    }

    fn call(&mut self, request: Request<Incoming>) -> S::Future {
        Service::call(self, request)
    }
}
