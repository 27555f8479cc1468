//! `Endpoint`: a handler with its state, or a tower service, with its type erased.

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum_core::{
    extract::Request,
    response::{IntoResponse, Response},
};
use pin_project_lite::pin_project;
use squall_server::BoxError;
use tower_service::Service;

use super::Handler;
use crate::{Error, debug::Failure};

/// A tower service that an application can call: the bounds of [`IntoRoute`](crate::route::IntoRoute) and
/// [`Application::mount`](crate::Application::mount).
pub trait HttpService:
    Service<Request, Response: IntoResponse, Error: Into<BoxError>, Future: Send + 'static>
    + Clone
    + Send
    + Sync
    + 'static
{
}

impl<T> HttpService for T where
    T: Service<Request, Response: IntoResponse, Error: Into<BoxError>, Future: Send + 'static>
        + Clone
        + Send
        + Sync
        + 'static
{
}

pub(crate) type ResponseFuture = Pin<Box<dyn Future<Output = Response> + Send>>;

/// A handler with its state, or a service, behind one type.
#[derive(Clone)]
pub(crate) struct Endpoint(Arc<dyn Fn(Request) -> ResponseFuture + Send + Sync>);

impl Endpoint {
    pub(crate) fn new<H, T, S>(handler: H, state: S) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
        S: Clone + Send + Sync + 'static,
    {
        Self::from_fn(move |request| handler.clone().call(request, state.clone()))
    }

    /// Returns an endpoint that responds to a panic of the future with 500.
    pub(crate) fn from_fn<F, Fut>(f: F) -> Self
    where
        F: Fn(Request) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Response> + Send + 'static,
    {
        Self(Arc::new(move |request| {
            // Allocated first, so that the future, which holds the request, is constructed in
            // place.
            let space = Box::new_uninit();
            let future = Box::write(space, CatchPanic { future: f(request) });
            Box::into_pin(future)
        }))
    }

    pub(crate) fn from_service(service: impl HttpService) -> Self {
        Self::from_fn(move |request| {
            let response = tower::ServiceExt::oneshot(service.clone(), request);
            async move {
                match response.await {
                    Ok(response) => response.into_response(),
                    Err(error) => Error::new(error).into_response(),
                }
            }
        })
    }

    pub(crate) fn call(&self, request: Request) -> ResponseFuture {
        (self.0)(request)
    }
}

pin_project! {
    /// A future that responds to a panic with an error. An `async` block would copy the request
    /// once more.
    struct CatchPanic<F> {
        #[pin]
        future: F,
    }
}

impl<F: Future<Output = Response>> Future for CatchPanic<F> {
    type Output = Response;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Response> {
        let future = self.project().future;
        // After a panic, the future is dropped and not polled again.
        catch_unwind(AssertUnwindSafe(|| future.poll(cx))).unwrap_or_else(|panic| {
            let failure = Failure::from_panic(&*panic);
            Poll::Ready(Error::from_failure(failure).into_response())
        })
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Endpoint")
    }
}
