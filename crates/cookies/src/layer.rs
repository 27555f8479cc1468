//! The tower layer: gives each request its cookies, and each response those that were set.

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use http::{Extensions, Request, Response};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::{CookieSecret, Cookies};

/// Puts [`Cookies`] into the extensions of each request.
#[derive(Clone, Debug)]
#[must_use]
pub struct CookiesLayer {
    settings: Arc<Settings>,
}

#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) secret: Option<CookieSecret>,
    is_https: Arc<IsHttps>,
}

type IsHttps = dyn Fn(&Extensions) -> bool + Send + Sync;

impl CookiesLayer {
    /// Cookies without secret, for a site that is served over plain HTTP.
    pub fn new() -> Self {
        Self {
            settings: Arc::new(Settings {
                secret: None,
                is_https: Arc::new(|_| false),
            }),
        }
    }

    /// What cookies are signed with.
    ///
    /// Defaults to no secret: signed cookies are neither set nor read.
    pub fn secret(mut self, secret: CookieSecret) -> Self {
        Arc::make_mut(&mut self.settings).secret = Some(secret);
        self
    }

    /// Says of each request whether the client has sent it by https, where cookies are to be `Secure`. Servers, and
    /// layers that know of proxies, tell it in the extensions.
    ///
    /// ```
    /// # use squall_cookies::CookiesLayer;
    /// # #[derive(Clone)] struct Tls;
    /// // Behind a proxy that ends TLS for all requests.
    /// let layer = CookiesLayer::new().is_https(|_| true);
    ///
    /// // As the server tells.
    /// let layer = CookiesLayer::new().is_https(|extensions| extensions.get::<Tls>().is_some());
    /// ```
    ///
    /// Defaults to `false` for all.
    pub fn is_https(
        mut self,
        is_https: impl Fn(&Extensions) -> bool + Send + Sync + 'static,
    ) -> Self {
        Arc::make_mut(&mut self.settings).is_https = Arc::new(is_https);
        self
    }
}

impl Default for CookiesLayer {
    /// [`new`](CookiesLayer::new).
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.secret.fmt(f)
    }
}

impl<S> Layer<S> for CookiesLayer {
    type Service = CookiesService<S>;

    fn layer(&self, inner: S) -> CookiesService<S> {
        CookiesService {
            inner,
            settings: Arc::clone(&self.settings),
        }
    }
}

/// A service whose requests carry [`Cookies`]; made by [`CookiesLayer`].
#[derive(Clone, Debug)]
pub struct CookiesService<S> {
    inner: S,
    settings: Arc<Settings>,
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
        let is_https = (self.settings.is_https)(request.extensions());
        let cookies = Cookies::new(Arc::clone(&self.settings), is_https, request.headers());
        request.extensions_mut().insert(cookies.clone());
        ResponseFuture {
            inner: self.inner.call(request),
            cookies,
        }
    }
}

pin_project! {
    /// The response of [`CookiesService`], with the cookies that were set.
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
