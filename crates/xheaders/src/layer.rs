//! The tower layer: puts a [`Client`](crate::Client) into each request, and logs headers that it
//! ignores.

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http::{Extensions, Request, Response, StatusCode};
use pin_project_lite::pin_project;
use squall_peers::RemovedForwarding;
use tower_layer::Layer;
use tower_service::Service;

use crate::{
    Connection, XHeaders,
    decide::decide,
    header::{FoundHeaders, remove_misspelt},
    log::Log,
};

impl XHeaders {
    /// Returns a layer that puts a [`Client`](crate::Client) into the extensions of each request.
    ///
    /// The function reads the connection from the extensions, where servers put it. For axum, with
    /// `into_make_service_with_connect_info::<SocketAddr>()`:
    ///
    /// ```
    /// use std::net::SocketAddr;
    /// use axum::extract::ConnectInfo;
    /// use squall_xheaders::XHeaders;
    ///
    /// let layer = XHeaders::new().layer(|extensions| {
    ///     extensions.get().map(|ConnectInfo::<SocketAddr>(peer)| *peer)
    /// });
    /// ```
    pub fn layer<C: Into<Connection>>(
        self,
        connection: impl Fn(&Extensions) -> Option<C> + Send + Sync + 'static,
    ) -> XHeadersLayer {
        XHeadersLayer::new(self, move |extensions| {
            connection(extensions).map(Into::into)
        })
    }
}

/// Puts a [`Client`](crate::Client) into the extensions of each request; made by
/// [`XHeaders::layer`].
///
/// It removes headers whose names are spelt with underscores, such as `X_Real_IP`. The others
/// stay as they are, trusted or not. Clones share what was logged.
#[derive(Clone, Debug)]
pub struct XHeadersLayer {
    shared: Arc<LayerShared>,
}

struct LayerShared {
    settings: XHeaders,
    connection: Box<ReadConnection>,
    log: Log,
}

type ReadConnection = dyn Fn(&Extensions) -> Option<Connection> + Send + Sync;

impl XHeadersLayer {
    pub(crate) fn new(
        settings: XHeaders,
        connection: impl Fn(&Extensions) -> Option<Connection> + Send + Sync + 'static,
    ) -> Self {
        Self {
            shared: Arc::new(LayerShared {
                settings,
                connection: Box::new(connection),
                log: Log::default(),
            }),
        }
    }
}

impl fmt::Debug for LayerShared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.settings.fmt(f)
    }
}

impl<S> Layer<S> for XHeadersLayer {
    type Service = XHeadersService<S>;

    fn layer(&self, inner: S) -> XHeadersService<S> {
        XHeadersService {
            inner,
            shared: Arc::clone(&self.shared),
        }
    }
}

/// A service whose requests carry a [`Client`](crate::Client); made by [`XHeadersLayer`].
///
/// With [`Contradictions::Refuse`](crate::Contradictions::Refuse), it responds to contradictory
/// headers with 400 and an empty body.
#[derive(Clone, Debug)]
pub struct XHeadersService<S> {
    inner: S,
    shared: Arc<LayerShared>,
}

impl<S, B, R> Service<Request<B>> for XHeadersService<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    R: Default,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let LayerShared {
            settings,
            connection,
            log,
        } = &*self.shared;
        let connection = connection(request.extensions());
        let found = FoundHeaders::in_headers(request.headers());
        let decision = decide(settings, connection, &request, found);
        if let Some(remark) = decision.remark {
            let peer = connection.map(|connection| connection.peer);
            log.record(remark, peer, request.headers());
        }
        if found.misspelt {
            remove_misspelt(request.headers_mut());
            // Inner layers must still see that a proxy passed the request on.
            RemovedForwarding::mark(request.extensions_mut());
        }
        ResponseFuture {
            inner: decision.client.ok().map(|client| {
                request.extensions_mut().insert(client);
                self.inner.call(request)
            }),
        }
    }
}

pin_project! {
    /// The response of [`XHeadersService`]: the inner service's, or a refusal.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<F> {
        // None if the request is refused.
        #[pin]
        inner: Option<F>,
    }
}

impl<F, R, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
    R: Default,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().inner.as_pin_mut() {
            Some(inner) => inner.poll(cx),
            None => {
                let mut response = Response::new(R::default());
                *response.status_mut() = StatusCode::BAD_REQUEST;
                Poll::Ready(Ok(response))
            }
        }
    }
}
