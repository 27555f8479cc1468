//! WebSockets, with the feature `websocket`: the handshake of `squall-websocket`, with the server's
//! shutdown signal and the origin that trusted proxies name. `handling.rs` ends a socket whose handler fails.

mod handling;

#[cfg(feature = "websocket-deflate")]
#[doc(inline)]
pub use squall_websocket::Compression;
#[doc(inline)]
pub use squall_websocket::{
    CloseCode, CloseFrame, Message, Receiver, Sender, Text, WebSocket, WebSocketError,
    WebSocketSettings,
};

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use axum_core::{
    body::Body,
    extract::FromRequestParts,
    response::{IntoResponse, Response},
};
use http::{header, request::Parts};
use pin_project_lite::pin_project;
use squall_server::ConnectionInfo;
use squall_websocket::HandshakeError;

use self::handling::Handling;
use crate::{Error, Result, prefork::OpenWebSocket, xheaders};

/// The handshake of a WebSocket (Tornado's `WebSocketHandler`), as an extractor.
///
/// A request that is no handshake, and one of a page of another site, is refused. When the server's
/// graceful shutdown begins, sockets are closed with 1001, and clients reconnect to another worker.
/// On a route, [`get`](crate::get) accepts handshakes over HTTP/1.1 and HTTP/2.
///
/// # Examples
///
/// ```
/// use squall::{Application, Response, WebSocket, WebSocketUpgrade, get};
///
/// async fn echo(upgrade: WebSocketUpgrade) -> Response {
///     upgrade.on_upgrade(async |mut socket: WebSocket| {
///         while let Some(message) = socket.recv().await {
///             socket.send(message?).await?;
///         }
///         Ok(())
///     })
/// }
///
/// let application = Application::new().route("/echo", get(echo));
/// ```
pub struct WebSocketUpgrade(squall_websocket::WebSocketUpgrade);

impl WebSocketUpgrade {
    /// Sets limits, deadlines, allowed origins, subprotocols and compression. The site's own origin is
    /// always that of the [`Client`](crate::Client)'s request.
    ///
    /// Default: [`WebSocketSettings::new`].
    #[must_use]
    pub fn settings(self, settings: WebSocketSettings) -> Self {
        Self(self.0.settings(settings.own_origin(xheaders::own_origin)))
    }

    /// Responds to the handshake, and runs the handler in a task when the client has the response.
    /// Requests of other sites' pages get 403, and those during the shutdown 503.
    ///
    /// An error of the handler ends the socket. A failure is logged, and the client gets the code 1011
    /// (internal error); a [refusal](Error::refusal) is logged in one line, and the client gets 1008 (policy
    /// violation) with its reason. A `WebSocketError` is only the end of the connection: `?` passes it on.
    pub fn on_upgrade<C, F>(self, handler: C) -> Response
    where
        C: FnOnce(WebSocket) -> F + Send + 'static,
        F: Future<Output = Result<()>> + Send + 'static,
    {
        match self.0.accept(|socket| Handling::new(socket, handler)) {
            Ok((response, socket)) => {
                tokio::spawn(Counted {
                    socket,
                    _open: OpenWebSocket::default(),
                });
                response.map(Body::from)
            }
            Err(error) => refused_by_error(error.into_response()),
        }
    }
}

pin_project! {
    /// An accepted handshake and its socket, which the metrics count as open.
    struct Counted<F> {
        #[pin]
        socket: F,
        _open: OpenWebSocket,
    }
}

impl<F: Future> Future for Counted<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.project().socket.poll(cx)
    }
}

/// Gives the response to a refused handshake its page, and its line in the log.
fn refused_by_error(mut response: Response) -> Response {
    let Some(error) = response.extensions_mut().remove::<HandshakeError>() else {
        return response;
    };
    let mut refusal = Error::refusal(error.status(), error).into_response();
    let (head, _) = response.into_parts();
    refusal.headers_mut().extend(head.headers);
    for body_header in [header::CONTENT_TYPE, header::CONTENT_LENGTH] {
        refusal.headers_mut().remove(body_header);
    }
    refusal
}

impl<S: Send + Sync> FromRequestParts<S> for WebSocketUpgrade {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        let signal = parts.extensions.get::<ConnectionInfo>();
        let signal = signal.map(|connection| connection.shutdown_signal().received());
        let upgrade = squall_websocket::WebSocketUpgrade::from_parts(parts)
            .map_err(|error| refused_by_error(error.into_response()))?;
        let upgrade = match signal {
            Some(signal) => upgrade.shutdown(signal),
            None => upgrade,
        };
        Ok(Self(upgrade).settings(WebSocketSettings::new()))
    }
}

impl fmt::Debug for WebSocketUpgrade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebSocketUpgrade").finish_non_exhaustive()
    }
}
