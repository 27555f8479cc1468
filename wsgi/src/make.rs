//! The function that makes the application of a process, asynchronous or not.

use std::pin::Pin;

use squall::Application;

use crate::Wsgi;

/// The result of a function of [`application!`](crate::application): an
/// [`Application`] or a [`Wsgi`].
pub trait IntoWsgi: Sized {
    /// Checks routes and settings.
    ///
    /// # Errors
    ///
    /// If one is wrong.
    fn into_wsgi(self) -> squall::Result<Wsgi>;
}

impl IntoWsgi for Wsgi {
    fn into_wsgi(self) -> squall::Result<Wsgi> {
        Ok(self)
    }
}

impl<S: Clone + Send + Sync + 'static> IntoWsgi for Application<S> {
    fn into_wsgi(self) -> squall::Result<Wsgi> {
        Wsgi::new(self)
    }
}

/// A function of [`application!`](crate::application): it returns a [`Result`](squall::Result) or a future of
/// one. `M` only tells the two apart.
pub trait Make<M>: Send + Sync + 'static {
    /// Calls the function.
    fn make(&self) -> Making;
}

/// The future of an application.
pub(crate) type Making = Pin<Box<dyn Future<Output = squall::Result<Wsgi>> + Send>>;

/// Marks functions that return a result.
#[derive(Debug)]
#[non_exhaustive]
pub struct Blocking;

/// Marks functions that return a future.
#[derive(Debug)]
#[non_exhaustive]
pub struct Async;

impl<F, A> Make<(Blocking, A)> for F
where
    F: Fn() -> squall::Result<A> + Send + Sync + 'static,
    A: IntoWsgi,
{
    fn make(&self) -> Making {
        let made = self().and_then(IntoWsgi::into_wsgi);
        Box::pin(std::future::ready(made))
    }
}

impl<F, Fut, A> Make<(Async, A)> for F
where
    F: Fn() -> Fut + Send + Sync + 'static,
    Fut: Future<Output = squall::Result<A>> + Send + 'static,
    A: IntoWsgi,
{
    fn make(&self) -> Making {
        let making = self();
        Box::pin(async { making.await?.into_wsgi() })
    }
}
