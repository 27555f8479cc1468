//! The guard: lets users pass, and leads others to the sign-in page.

use std::{
    fmt,
    marker::PhantomData,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http::{Extensions, HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::{ConfigError, CurrentUser, Login, LoginUrl};

/// Tornado's `authenticated`: lets those requests pass that have a [`CurrentUser<U>`](CurrentUser).
/// Of the others, `GET` and `HEAD` are redirected to the sign-in page, and the rest gets 403.
#[must_use]
pub struct LoginLayer<U> {
    settings: Arc<Settings>,
    user: PhantomData<fn() -> U>,
}

struct Settings {
    login_url: LoginUrl,
    origin: Box<Origin>,
}

type Origin = dyn Fn(&Extensions) -> Option<String> + Send + Sync;

impl<U> LoginLayer<U> {
    /// With the address of the sign-in page: see [`LoginUrl::new`].
    ///
    /// # Errors
    ///
    /// When it is none.
    pub fn new(login_url: impl Into<String>) -> Result<Self, ConfigError> {
        LoginUrl::new(login_url).map(|login_url| Self::with(login_url, |_| None))
    }

    /// Says what absolute URLs of this site begin with, such as `https://example.com`, for a
    /// sign-in page on another site. Do not take it from the `Host` alone, which clients choose.
    ///
    /// Defaults to what is not known: such a page gets no `next`.
    pub fn origin(
        self,
        origin: impl Fn(&Extensions) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        Self::with(self.settings.login_url.clone(), origin)
    }

    fn with(
        login_url: LoginUrl,
        origin: impl Fn(&Extensions) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        Self {
            settings: Arc::new(Settings {
                login_url,
                origin: Box::new(origin),
            }),
            user: PhantomData,
        }
    }
}

impl<U, S> Layer<S> for LoginLayer<U> {
    type Service = LoginService<U, S>;

    fn layer(&self, inner: S) -> Self::Service {
        LoginService {
            inner,
            settings: Arc::clone(&self.settings),
            user: PhantomData,
        }
    }
}

/// A service for users only; made by [`LoginLayer`].
pub struct LoginService<U, S> {
    inner: S,
    settings: Arc<Settings>,
    user: PhantomData<fn() -> U>,
}

impl<U, S, B, R> Service<Request<B>> for LoginService<U, S>
where
    U: Clone + Send + Sync + 'static,
    S: Service<Request<B>, Response = Response<R>>,
    R: Default,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = LoginFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        if request.extensions().get::<CurrentUser<U>>().is_some() {
            let inner = self.inner.call(request);
            return LoginFuture {
                state: State::Passed { inner },
            };
        }
        let Settings { login_url, origin } = &*self.settings;
        let origin = origin(request.extensions());
        let login = login_url.login(request.method(), request.uri(), origin.as_deref());
        LoginFuture {
            state: State::Stopped { login },
        }
    }
}

pin_project! {
    /// The response of [`LoginService`]: the inner service's, or the way to the sign-in page.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct LoginFuture<F> {
        #[pin]
        state: State<F>,
    }
}

pin_project! {
    #[derive(Debug)]
    #[project = StateProjection]
    enum State<F> {
        Passed { #[pin] inner: F },
        Stopped { login: Login },
    }
}

impl<F, R, E> Future for LoginFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
    R: Default,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProjection::Passed { inner } => inner.poll(cx),
            StateProjection::Stopped { login } => Poll::Ready(Ok(stop(login))),
        }
    }
}

fn stop<R: Default>(login: &Login) -> Response<R> {
    let mut response = Response::new(R::default());
    match login {
        Login::Redirect(location) => {
            *response.status_mut() = StatusCode::FOUND;
            let headers: &mut HeaderMap = response.headers_mut();
            headers.insert(header::LOCATION, location.clone());
            // After the sign-in the same address must not lead here again.
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        }
        Login::Forbidden => *response.status_mut() = StatusCode::FORBIDDEN,
    }
    response
}

impl<U> Clone for LoginLayer<U> {
    fn clone(&self) -> Self {
        Self {
            settings: Arc::clone(&self.settings),
            user: PhantomData,
        }
    }
}

impl<U, S: Clone> Clone for LoginService<U, S> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            settings: Arc::clone(&self.settings),
            user: PhantomData,
        }
    }
}

impl<U> fmt::Debug for LoginLayer<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoginLayer")
            .field("login_url", &self.settings.login_url)
            .finish_non_exhaustive()
    }
}

impl<U, S: fmt::Debug> fmt::Debug for LoginService<U, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoginService")
            .field("inner", &self.inner)
            .field("login_url", &self.settings.login_url)
            .finish_non_exhaustive()
    }
}
