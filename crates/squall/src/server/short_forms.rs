//! `Application::listen` and `serve`: short forms of a `Server`.

use squall_server::{Bind, IntoListener};

use crate::{Application, Result, Server};

impl<S: Clone + Send + Sync + 'static> Application<S> {
    /// Listens and serves in this process until a signal stops it. Short for
    /// `Server::new(self).bind(address)?.start(1)`.
    ///
    /// # Errors
    ///
    /// As [`into_service`](Self::into_service), [`Server::bind`] and [`Server::start`].
    pub fn listen(self, address: impl Into<Bind>) -> Result<()> {
        Server::new(self).bind(address)?.start(1)
    }
}

/// Serves an application on a listener, in the caller's runtime, until the future is dropped, as
/// `axum::serve` does. [`Server`] has more settings.
///
/// # Examples
///
/// ```no_run
/// use squall::{Application, get};
///
/// # #[tokio::main]
/// # async fn main() -> squall::Result<()> {
/// let app = Application::new().route("/", get(|| async { "Hello, world" }));
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:8888").await?;
/// squall::serve(listener, app).await
/// # }
/// ```
///
/// # Errors
///
/// If a route or setting of the application is wrong, or the listener does not listen.
pub async fn serve<L, S>(listener: L, application: Application<S>) -> Result<()>
where
    L: IntoListener,
    S: Clone + Send + Sync + 'static,
{
    Server::new(application)
        .listener(listener.into_listener()?)
        .serve()
        .await
}
