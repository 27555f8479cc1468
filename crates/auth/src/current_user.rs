//! Asks who a request comes from, and tells those behind.

use std::{
    fmt, mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use http::{Request, request::Parts};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

/// The user that a request comes from: in the extensions of those requests that have one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_structs,
    reason = "it is taken apart in patterns, as extractors are"
)]
pub struct CurrentUser<U>(
    /// As your function has told.
    pub U,
);

/// Puts a [`CurrentUser`] into the extensions of each request that comes from a user.
#[must_use]
pub struct CurrentUserLayer<U> {
    find: Arc<Find<U>>,
}

type Find<U> = dyn Fn(&Parts) -> Found<U> + Send + Sync;

enum Found<U> {
    Now(Option<U>),
    Later(Later<U>),
}

type Later<U> = Pin<Box<dyn Future<Output = Option<U>> + Send>>;

impl<U> CurrentUserLayer<U> {
    /// With a function that finds the user in what a request's head says, or in what earlier layers
    /// have put into its extensions.
    pub fn new(find: impl Fn(&Parts) -> Option<U> + Send + Sync + 'static) -> Self {
        Self {
            find: Arc::new(move |parts| Found::Now(find(parts))),
        }
    }

    /// With a function that has to wait for the answer, such as a database's. What it needs of the
    /// head it takes along.
    ///
    /// ```
    /// use http::{header, request::Parts};
    /// use squall_auth::CurrentUserLayer;
    ///
    /// # #[derive(Clone)] struct User;
    /// # async fn find_session(_: http::HeaderValue) -> Option<User> { None }
    /// let layer = CurrentUserLayer::wait_for(|parts: &Parts| {
    ///     let cookie = parts.headers.get(header::COOKIE).cloned();
    ///     async move { find_session(cookie?).await }
    /// });
    /// ```
    pub fn wait_for<F>(find: impl Fn(&Parts) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Option<U>> + Send + 'static,
    {
        Self {
            find: Arc::new(move |parts| Found::Later(Box::pin(find(parts)))),
        }
    }
}

impl<U, S> Layer<S> for CurrentUserLayer<U> {
    type Service = CurrentUserService<U, S>;

    fn layer(&self, inner: S) -> Self::Service {
        CurrentUserService {
            inner,
            find: Arc::clone(&self.find),
        }
    }
}

/// A service that knows its users; made by [`CurrentUserLayer`].
///
/// What a client or an earlier layer has said of the [`CurrentUser`] does not count.
pub struct CurrentUserService<U, S> {
    inner: S,
    find: Arc<Find<U>>,
}

impl<U, S, B> Service<Request<B>> for CurrentUserService<U, S>
where
    U: Clone + Send + Sync + 'static,
    S: Service<Request<B>> + Clone,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = CurrentUserFuture<U, S, B, S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (parts, body) = request.into_parts();
        let found = (self.find)(&parts);
        let request = Request::from_parts(parts, body);
        CurrentUserFuture {
            state: match found {
                Found::Now(user) => State::Answering {
                    answering: self.inner.call(with(user, request)),
                },
                Found::Later(finding) => {
                    // The clone has yet to become ready; ours is, and waits for the user.
                    let clone = self.inner.clone();
                    State::Finding {
                        finding,
                        request: Some(request),
                        service: mem::replace(&mut self.inner, clone),
                    }
                }
            },
        }
    }
}

fn with<U: Clone + Send + Sync + 'static, B>(
    user: Option<U>,
    mut request: Request<B>,
) -> Request<B> {
    let extensions = request.extensions_mut();
    extensions.remove::<CurrentUser<U>>();
    if let Some(user) = user {
        extensions.insert(CurrentUser(user));
    }
    request
}

pin_project! {
    /// The response of [`CurrentUserService`].
    #[must_use = "futures do nothing unless polled"]
    pub struct CurrentUserFuture<U, S, B, F> {
        #[pin]
        state: State<U, S, B, F>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<U, S, B, F> {
        Finding { finding: Later<U>, request: Option<Request<B>>, service: S },
        Answering { #[pin] answering: F },
    }
}

impl<U, S, B> Future for CurrentUserFuture<U, S, B, S::Future>
where
    U: Clone + Send + Sync + 'static,
    S: Service<Request<B>>,
{
    type Output = Result<S::Response, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        loop {
            let answering = match state.as_mut().project() {
                StateProjection::Finding {
                    finding,
                    request,
                    service,
                } => {
                    let user = ready!(finding.as_mut().poll(cx));
                    let request = request
                        .take()
                        .expect("it is taken once, when the user is found");
                    service.call(with(user, request))
                }
                StateProjection::Answering { answering } => return answering.poll(cx),
            };
            state.set(State::Answering { answering });
        }
    }
}

impl<U> Clone for CurrentUserLayer<U> {
    fn clone(&self) -> Self {
        Self {
            find: Arc::clone(&self.find),
        }
    }
}

impl<U, S: Clone> Clone for CurrentUserService<U, S> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            find: Arc::clone(&self.find),
        }
    }
}

impl<U> fmt::Debug for CurrentUserLayer<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CurrentUserLayer").finish_non_exhaustive()
    }
}

impl<U, S: fmt::Debug> fmt::Debug for CurrentUserService<U, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CurrentUserService")
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
}

impl<U, S, B, F> fmt::Debug for CurrentUserFuture<U, S, B, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CurrentUserFuture").finish_non_exhaustive()
    }
}
