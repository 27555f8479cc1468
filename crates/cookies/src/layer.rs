//! Tower layer: adds `Cookies` to each request, and `Set-Cookie` headers to its response.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use http::{Extensions, Request, Response};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::{config::CookiesConfig, cookies::Cookies, secret::CookieSecret};

/// A layer that adds [`Cookies`] to the extensions of each request.
#[derive(Clone, Debug)]
#[must_use]
pub struct CookiesLayer {
    config: Arc<CookiesConfig>,
}

impl CookiesLayer {
    /// Creates a layer without a secret, for a site that is served over plain HTTP.
    pub fn new() -> Self {
        Self {
            config: Arc::new(CookiesConfig {
                secret: None,
                is_https: Arc::new(|_| false),
            }),
        }
    }

    /// Sets the secret that signs cookies. Without one, signed cookies cannot be set or read.
    /// Default: no secret.
    pub fn secret(mut self, secret: CookieSecret) -> Self {
        Arc::make_mut(&mut self.config).secret = Some(secret);
        self
    }

    /// Sets the function that returns whether the client's scheme is https, so that cookies are
    /// `Secure`. Its argument is the request's extensions, in which the server or a proxy-aware
    /// layer stores the scheme.
    ///
    /// ```
    /// # use squall_cookies::CookiesLayer;
    /// # #[derive(Clone)] struct Tls;
    /// // Behind a proxy that terminates TLS for all requests.
    /// let layer = CookiesLayer::new().is_https(|_| true);
    ///
    /// // With connection metadata from the server.
    /// let layer = CookiesLayer::new().is_https(|extensions| extensions.get::<Tls>().is_some());
    /// ```
    ///
    /// Default: `false` for all requests.
    pub fn is_https(
        mut self,
        is_https: impl Fn(&Extensions) -> bool + Send + Sync + 'static,
    ) -> Self {
        Arc::make_mut(&mut self.config).is_https = Arc::new(is_https);
        self
    }
}

impl Default for CookiesLayer {
    /// See [`new`](CookiesLayer::new).
    fn default() -> Self {
        Self::new()
    }
}

impl<S> Layer<S> for CookiesLayer {
    type Service = CookiesService<S>;

    fn layer(&self, inner: S) -> CookiesService<S> {
        CookiesService {
            inner,
            config: Arc::clone(&self.config),
        }
    }
}

/// The service of [`CookiesLayer`].
#[derive(Clone, Debug)]
pub struct CookiesService<S> {
    inner: S,
    config: Arc<CookiesConfig>,
}

impl<S, B, R> Service<Request<B>> for CookiesService<S>
where
    S: Service<Request<B>, Response = Response<R>>,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let is_https = (self.config.is_https)(request.extensions());
        let cookies = Cookies::new(Arc::clone(&self.config), is_https, request.headers());
        request.extensions_mut().insert(cookies.clone());
        ResponseFuture {
            inner: self.inner.call(request),
            cookies,
        }
    }
}

pin_project! {
    /// The response future of [`CookiesService`]; adds the `Set-Cookie` headers.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<F> {
        #[pin]
        inner: F,
        cookies: Cookies,
    }
}

impl<F, R, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut response = ready!(this.inner.poll(cx))?;
        this.cookies.append_to(response.headers_mut());
        Poll::Ready(Ok(response))
    }
}
