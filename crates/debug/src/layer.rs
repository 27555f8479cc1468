//! Tower layer: catches panics, logs failures and responds with the page or a plain 500.

use std::{
    net::IpAddr,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::{Extensions, Method, Request, Response, Uri};
use http_body::Body;
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::{
    config::LayerConfig,
    failure::{Failure, panic::install_hook},
    observed::Observed,
    tracebacks::Tracebacks,
};

/// A layer that logs failures and responds to them; built by [`Tracebacks::layer`]. Cheap to clone.
#[derive(Clone, Debug)]
pub struct TracebackLayer {
    config: Arc<LayerConfig>,
}

impl Tracebacks {
    /// Builds the layer. `peer` returns the peer's address, from the extensions in which the server
    /// stores it; without an address the page is not shown.
    ///
    /// It must be the address of the socket, not one from a header. The first layer of a process
    /// installs a panic hook that captures the backtrace and calls the previous hook.
    ///
    /// ```
    /// use std::net::SocketAddr;
    /// use axum::extract::ConnectInfo;
    /// use squall_debug::Tracebacks;
    ///
    /// let layer = Tracebacks::new().layer(|extensions| {
    ///     let ConnectInfo(peer) = extensions.get::<ConnectInfo<SocketAddr>>()?;
    ///     Some(peer.ip())
    /// });
    /// ```
    #[must_use]
    pub fn layer(
        self,
        peer: impl Fn(&Extensions) -> Option<IpAddr> + Send + Sync + 'static,
    ) -> TracebackLayer {
        let shows_page = self.shows_page(cfg!(debug_assertions));
        if self.is_requested() && !shows_page {
            tracing::warn!(
                "serve_traceback has no effect in a release build; call Tracebacks::even_in_release to show the traceback page"
            );
        }
        TracebackLayer::new(self, shows_page, peer)
    }
}

impl TracebackLayer {
    fn new(
        tracebacks: Tracebacks,
        shows_page: bool,
        peer: impl Fn(&Extensions) -> Option<IpAddr> + Send + Sync + 'static,
    ) -> Self {
        install_hook();
        Self {
            config: Arc::new(LayerConfig {
                tracebacks,
                shows_page,
                peer: Box::new(peer),
            }),
        }
    }

    /// Starts the handling of a request, for servers that call the layer without its tower service.
    ///
    /// Pass the response to [`Observed::respond`].
    pub fn observe<B>(&self, request: &mut Request<B>) -> Observed {
        Observed::new(Arc::clone(&self.config), request)
    }

    /// Returns whether clients of this machine may see the page.
    #[must_use]
    pub fn shows_page(&self) -> bool {
        self.config.shows_page
    }

    /// As [`observe`](Self::observe), for the parts of a request, whose client does not see the page.
    #[inline]
    #[must_use]
    pub fn observe_parts(&self, method: Method, uri: Uri, extensions: &Extensions) -> Observed {
        Observed::without_page(Arc::clone(&self.config), method, uri, extensions)
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

/// The service of [`TracebackLayer`].
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
            state: match catch_panic(|| self.inner.call(request)) {
                Ok(future) => State::Running { future },
                Err(panic) => State::Panicked { panic },
            },
            observed: Some(observed),
        }
    }
}

pin_project! {
    /// The response future of [`TracebackService`]: the inner response, or the response to a
    /// failure.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<F> {
        #[pin]
        state: State<F>,
        // `None` after completion.
        observed: Option<Observed>,
    }
}

pin_project! {
    #[derive(Debug)]
    #[project = StateProjection]
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
            // After a panic the future is only dropped, never polled again.
            StateProjection::Running { future } => match catch_panic(|| future.poll(cx)) {
                Ok(poll) => Ok(ready!(poll)?),
                Err(panic) => Err(panic),
            },
            StateProjection::Panicked { panic } => Err(panic.clone()),
        };
        let observed = this.observed.take().expect("polled after completion");
        Poll::Ready(Ok(match outcome {
            Ok(response) => observed.respond(response),
            Err(panic) => observed.respond_to(panic),
        }))
    }
}

/// Converts a panic of the service to a failure.
fn catch_panic<T>(call: impl FnOnce() -> T) -> Result<T, Failure> {
    // Unwind-safe: a service that panicked is dropped, and not used again.
    catch_unwind(AssertUnwindSafe(call)).map_err(|payload| Failure::from_panic(&*payload))
}
