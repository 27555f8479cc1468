//! `Handler`: functions from extractors to a response; `Endpoint`: a handler or service with its
//! type erased.

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum_core::{
    extract::{FromRequest, FromRequestParts, Request},
    response::{IntoResponse, Response},
};
use pin_project_lite::pin_project;

use crate::{Error, debug::Failure, route::HttpService};

/// A function that handles a request: `async fn(extractors…) -> impl IntoResponse`.
///
/// Each argument but the last reads the request's head ([`FromRequestParts`]); the last may read
/// the body ([`FromRequest`]). These are axum's traits, so extractors and responses that are
/// written for axum work. `S` is the application's state.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a handler for an application with state `{S}`",
    note = "a handler is an `async fn` of up to eight extractors that returns a response; \
            only its last argument may read the body, and state is set before the routes that use it"
)]
pub trait Handler<T, S>: Clone + Send + Sync + 'static {
    /// Handles one request.
    fn call(self, request: Request, state: S) -> impl Future<Output = Response> + Send;
}

impl<F, Fut, R, S> Handler<(), S> for F
where
    F: FnOnce() -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = R> + Send,
    R: IntoResponse,
    S: Send + Sync + 'static,
{
    /// Keeps the body while the handler runs, because dropping an unread body closes the
    /// connection.
    fn call(self, request: Request, _: S) -> impl Future<Output = Response> + Send {
        let body = request.into_body();
        async move {
            let response = self().await.into_response();
            drop(body);
            response
        }
    }
}

impl<F, Fut, R, S, M, L> Handler<(M, L), S> for F
where
    F: FnOnce(L) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = R> + Send,
    R: IntoResponse,
    S: Send + Sync + 'static,
    L: FromRequest<S, M> + Send,
{
    async fn call(self, request: Request, state: S) -> Response {
        let last = match L::from_request(request, &state).await {
            Ok(last) => last,
            Err(rejection) => return rejection.into_response(),
        };
        self(last).await.into_response()
    }
}

macro_rules! impl_handler {
    ($($argument:ident),+) => {
        #[diagnostic::do_not_recommend]
        impl<F, Fut, R, S, M, $($argument,)+ L> Handler<(M, $($argument,)+ L), S> for F
        where
            F: FnOnce($($argument,)+ L) -> Fut + Clone + Send + Sync + 'static,
            Fut: Future<Output = R> + Send,
            R: IntoResponse,
            S: Send + Sync + 'static,
            $($argument: FromRequestParts<S> + Send,)+
            L: FromRequest<S, M> + Send,
        {
            #[expect(non_snake_case, reason = "an argument has the name of its type")]
            async fn call(self, request: Request, state: S) -> Response {
                let (mut parts, body) = request.into_parts();
                $(
                    let $argument = match $argument::from_request_parts(&mut parts, &state).await {
                        Ok(value) => value,
                        Err(rejection) => return rejection.into_response(),
                    };
                )+
                let request = Request::from_parts(parts, body);
                let last = match L::from_request(request, &state).await {
                    Ok(last) => last,
                    Err(rejection) => return rejection.into_response(),
                };
                self($($argument,)+ last).await.into_response()
            }
        }
    };
}

impl_handler!(A);
impl_handler!(A, B);
impl_handler!(A, B, C);
impl_handler!(A, B, C, D);
impl_handler!(A, B, C, D, E);
impl_handler!(A, B, C, D, E, G);
impl_handler!(A, B, C, D, E, G, H);

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
