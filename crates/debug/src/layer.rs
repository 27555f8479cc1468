//! The tower layer around a service that may fail.

use std::{
    fmt,
    net::IpAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::{Extensions, Request, Response};
use http_body::Body;
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::{
    Failure, Observed, Tracebacks,
    panic::{guarded, install_hook},
};

/// Logs failures, and answers them; made by [`Tracebacks::layer`]. Clones share everything.
#[derive(Clone, Debug)]
pub struct TracebackLayer {
    shared: Arc<Shared>,
}

/// What all requests look at.
pub(crate) struct Shared {
    pub(crate) settings: Tracebacks,
    /// Whether the page is shown to anybody.
    pub(crate) serves: bool,
    pub(crate) peer: Box<ReadPeer>,
}

type ReadPeer = dyn Fn(&Extensions) -> Option<IpAddr> + Send + Sync;

impl TracebackLayer {
    pub(crate) fn new(
        settings: Tracebacks,
        serves: bool,
        peer: impl Fn(&Extensions) -> Option<IpAddr> + Send + Sync + 'static,
    ) -> Self {
        install_hook();
        Self {
            shared: Arc::new(Shared {
                settings,
                serves,
                peer: Box::new(peer),
            }),
        }
    }

    /// Looks at a request before it is answered: what the layer does, for those who call it themselves.
    ///
    /// Give the response to [`Observed::respond`].
    pub fn observe<B>(&self, request: &mut Request<B>) -> Observed {
        Observed::new(Arc::clone(&self.shared), request)
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.settings.fmt(f)
    }
}

impl<S> Layer<S> for TracebackLayer {
    type Service = TracebackService<S>;

    fn layer(&self, inner: S) -> TracebackService<S> {
        TracebackService {
            inner,
            layer: self.clone(),
        }
    }
}

/// A service whose failures are logged and answered; made by [`TracebackLayer`].
#[derive(Clone, Debug)]
pub struct TracebackService<S> {
    inner: S,
    layer: TracebackLayer,
}

impl<S, B, R> Service<Request<B>> for TracebackService<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    R: Body + From<Bytes>,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let observed = self.layer.observe(&mut request);
        ResponseFuture {
            state: match guarded(|| self.inner.call(request)) {
                Ok(future) => State::Running { future },
                Err(panic) => State::Panicked { panic },
            },
            observed: Some(observed),
        }
    }
}

pin_project! {
    /// The response of [`TracebackService`]: the inner service's, or what stands in the place of a failure.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<F> {
        #[pin]
        state: State<F>,
        // None when it is ready.
        observed: Option<Observed>,
    }
}

pin_project! {
    #[derive(Debug)]
    #[project = StateProj]
    enum State<F> {
        Running { #[pin] future: F },
        Panicked { panic: Failure },
    }
}

impl<F, R, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
    R: Body + From<Bytes>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let outcome = match this.state.project() {
            // After a panic the future is not polled again, only dropped.
            StateProj::Running { future } => match guarded(|| future.poll(cx)) {
                Ok(poll) => Ok(ready!(poll)?),
                Err(panic) => Err(panic),
            },
            StateProj::Panicked { panic } => Err(panic.clone()),
        };
        let observed = this.observed.take().expect("polled after it was ready");
        Poll::Ready(Ok(match outcome {
            Ok(response) => observed.respond(response),
            Err(panic) => observed.respond_to(panic),
        }))
    }
}
