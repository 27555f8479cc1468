//! `Shutdown`: the signal that the server's graceful shutdown has begun.

use std::ops::Deref;

use axum_core::extract::FromRequestParts;
use http::request::Parts;
use squall_server::{ConnectionInfo, ShutdownSignal};

use crate::Error;

/// The signal that the server's graceful shutdown has begun, for handlers that wait for something:
/// long polling, and loops of their own. [`Sse`](crate::Sse) obeys it by itself.
///
/// Behind a server that is not squall's, the response is 500.
///
/// # Examples
///
/// ```
/// use squall::Shutdown;
///
/// async fn news(shutdown: Shutdown) -> &'static str {
///     tokio::select! {
///         news = next() => news,
///         () = shutdown.received() => "nothing new",
///     }
/// }
/// # async fn next() -> &'static str { "news" }
/// ```
#[derive(Clone, Debug)]
#[expect(
    clippy::exhaustive_structs,
    reason = "it is taken apart where it is extracted"
)]
pub struct Shutdown(pub ShutdownSignal);

impl Deref for Shutdown {
    type Target = ShutdownSignal;

    fn deref(&self) -> &ShutdownSignal {
        &self.0
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Shutdown {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        let connection = parts.extensions.get::<ConnectionInfo>();
        let signal = connection.map(|connection| connection.shutdown_signal().clone());
        signal
            .map(Self)
            .ok_or_else(|| Error::new("`Shutdown` behind a server that is not squall's"))
    }
}
