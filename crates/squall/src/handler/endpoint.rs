//! `Endpoint`: a handler or a tower service, with its type erased.

use std::{
    any::Any,
    convert::Infallible,
    fmt,
    future::ready,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum_core::{
    body::Body,
    extract::Request,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{Extensions, HeaderMap, Method, Uri};
use pin_project_lite::pin_project;
use squall_server::BoxError;
use tower_service::Service;

use super::Handler;
use crate::{Error, debug::Failure, file_content::forget_file};

/// A tower service that an application can call: the bounds of a
/// [route](crate::Application::route), of [`Application::mount`](crate::Application::mount) and of
/// what a layer returns.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a tower service that squall can call",
    label = "not a service of HTTP requests",
    note = "it must be a `Service<squall::Request>` whose response implements `IntoResponse`, whose error \
            is `Into<Box<dyn Error + Send + Sync>>` and whose future is `Send`; and `Clone + Send + Sync`",
    note = "a handler is put on a route with `get(…)`, `post(…)`, `any(…)`, …"
)]
pub trait HttpService:
    Service<Request, Response: IntoResponse, Error: Into<BoxError>, Future: Send + 'static>
    + Clone
    + Send
    + Sync
    + 'static
{
}

#[diagnostic::do_not_recommend]
impl<T> HttpService for T where
    T: Service<Request, Response: IntoResponse, Error: Into<BoxError>, Future: Send + 'static>
        + Clone
        + Send
        + Sync
        + 'static
{
}

/// A future of a response, behind a pointer.
pub(crate) type ResponseFuture = Pin<Box<dyn Future<Output = Response> + Send>>;

/// The service inside a [layer](crate::Route::layer): handlers, inner layers, or all routes of the
/// application. It never fails, and accepts any type of body.
#[derive(Clone)]
pub struct Endpoint(Respond);

#[derive(Clone)]
enum Respond {
    /// The handler has arguments, or there is a layer.
    Request(Arc<dyn Fn(Request) -> ResponseFuture + Send + Sync>),
    /// The response does not depend on the request's head.
    Unread(Arc<Unread>),
    /// Most responses are there at once, and depend on the request's head alone.
    #[cfg_attr(
        not(any(feature = "static", test)),
        expect(dead_code, reason = "only static files do so")
    )]
    AtOnce(
        Arc<AtOnce>,
        Arc<dyn Fn(Request) -> ResponseFuture + Send + Sync>,
    ),
}

/// A function that responds without the request's head.
pub(crate) type Unread = dyn Fn(Extensions, Body) -> ResponseFuture + Send + Sync;

/// A function that responds at once, or returns `None`.
pub(crate) type AtOnce = dyn Fn(&Method, &Uri, &HeaderMap) -> Option<Response> + Send + Sync;

impl Endpoint {
    /// Returns an endpoint that responds to a panic of the future with 500.
    pub(crate) fn from_fn<F, Fut>(f: F) -> Self
    where
        F: Fn(Request) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Response> + Send + 'static,
    {
        Self::forward(move |request| catch_panic(|| f(request)))
    }

    pub(crate) fn from_handler<H, T, S>(handler: H, state: S) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
        S: Clone + Send + Sync + 'static,
    {
        if H::READS_HEAD {
            return Self::from_fn(move |request| handler.clone().call(request, state.clone()));
        }
        Self(Respond::Unread(Arc::new(move |extensions, body| {
            catch_panic(|| handler.clone().call_unread(extensions, body, state.clone()))
        })))
    }

    /// Returns an endpoint of a function whose futures respond to panics already.
    pub(crate) fn forward(
        respond: impl Fn(Request) -> ResponseFuture + Send + Sync + 'static,
    ) -> Self {
        Self(Respond::Request(Arc::new(respond)))
    }

    /// Returns the endpoint with a function that responds to most requests at once, so that the
    /// endpoint gets the others.
    #[cfg(any(feature = "static", test))]
    pub(crate) fn or_at_once(
        self,
        respond: impl Fn(&Method, &Uri, &HeaderMap) -> Option<Response> + Send + Sync + 'static,
    ) -> Self {
        let at_once = move |method: &Method, uri: &Uri, headers: &HeaderMap| {
            let respond = AssertUnwindSafe(|| respond(method, uri, headers));
            catch_unwind(respond).unwrap_or_else(|panic| Some(panicked(&*panic)))
        };
        Self(Respond::AtOnce(
            Arc::new(at_once),
            Arc::new(move |request| self.respond(request)),
        ))
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

    pub(crate) fn respond(&self, request: Request) -> ResponseFuture {
        match &self.0 {
            Respond::Request(respond) => respond(request),
            Respond::AtOnce(respond, later) => {
                match respond(request.method(), request.uri(), request.headers()) {
                    Some(response) => at_once(response),
                    None => later(request),
                }
            }
            Respond::Unread(respond) => {
                let (parts, body) = request.into_parts();
                respond(parts.extensions, body)
            }
        }
    }

    /// Responds to a request for which [`at_once`](Self::at_once) had no response.
    pub(crate) fn respond_later(&self, request: Request) -> ResponseFuture {
        match &self.0 {
            Respond::AtOnce(_, later) => later(request),
            Respond::Request(_) | Respond::Unread(_) => self.respond(request),
        }
    }

    /// Returns the function that responds without the request's head, if the response does not
    /// depend on it.
    pub(crate) fn unread(&self) -> Option<&Unread> {
        match &self.0 {
            Respond::Request(_) | Respond::AtOnce(..) => None,
            Respond::Unread(respond) => Some(&**respond),
        }
    }

    /// Returns the function that responds at once, if there is one.
    pub(crate) fn at_once(&self) -> Option<&AtOnce> {
        match &self.0 {
            Respond::Request(_) | Respond::Unread(_) => None,
            Respond::AtOnce(respond, _) => Some(&**respond),
        }
    }
}

impl<B> Service<http::Request<B>> for Endpoint
where
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = EndpointFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<B>) -> EndpointFuture {
        EndpointFuture(self.respond(request.map(Body::new)))
    }
}

/// The response of an [`Endpoint`].
pub struct EndpointFuture(ResponseFuture);

impl Future for EndpointFuture {
    type Output = Result<Response, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx).map(|mut response| {
            // The layer may change the body.
            forget_file(&mut response);
            Ok(response)
        })
    }
}

/// Returns a future of a response that is there at once.
pub(crate) fn at_once(response: Response) -> ResponseFuture {
    Box::pin(ready(response))
}

/// Boxes a future that responds to a panic with 500.
fn catch_panic<F>(make: impl FnOnce() -> F) -> ResponseFuture
where
    F: Future<Output = Response> + Send + 'static,
{
    // Allocated first, so that the future, which may hold the request, is constructed in place.
    let space = Box::new_uninit();
    let future = Box::write(space, CatchPanic { future: make() });
    Box::into_pin(future)
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
        catch_unwind(AssertUnwindSafe(|| future.poll(cx)))
            .unwrap_or_else(|panic| Poll::Ready(panicked(&*panic)))
    }
}

fn panicked(panic: &(dyn Any + Send)) -> Response {
    Error::from_failure(Failure::from_panic(panic)).into_response()
}

impl fmt::Debug for EndpointFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EndpointFuture").finish_non_exhaustive()
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Endpoint")
    }
}
