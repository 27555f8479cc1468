//! The handshake's request, and the upgrade that follows it.

use std::{
    fmt,
    pin::Pin,
    sync::{Arc, LazyLock},
    task::{Context, Poll, Waker, ready},
};

use http::{HeaderValue, Request, Response, StatusCode, header, request::Parts};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use pin_project_lite::pin_project;

use crate::{
    HandshakeError, HandshakeFault, WebSocket, WebSocketSettings,
    connection::Connection,
    deflate::{Agreement, Coder},
    driver::{Driver, Shared, ShutdownSignal},
    handshake::{Handshake, extensions, select_protocol},
};

static DEFAULT: LazyLock<Arc<WebSocketSettings>> = LazyLock::new(Arc::default);

/// The request of a handshake, over HTTP/1.1 or HTTP/2.
///
/// In axum and squall it is an extractor (feature `axum`). With hyper alone, make it with [`new`](Self::new).
#[must_use]
pub struct WebSocketUpgrade {
    // As it was, but for `on_upgrade`: the origin is checked with the last settings.
    parts: Parts,
    handshake: Handshake,
    on_upgrade: OnUpgrade,
    settings: Arc<WebSocketSettings>,
    shutdown: Option<ShutdownSignal>,
}

impl WebSocketUpgrade {
    /// Checks the request of a handshake, but for its origin. The settings are those in the request's extensions, as
    /// `WebSocketSettings` or in an `Arc`, or else the default.
    ///
    /// # Errors
    ///
    /// A fault of the request, which [`HandshakeError::into_response`] answers.
    pub fn new<B>(request: &mut Request<B>) -> Result<Self, HandshakeError> {
        let (mut parts, ()) = Request::new(()).into_parts();
        parts.method = request.method().clone();
        parts.uri = request.uri().clone();
        parts.version = request.version();
        parts.headers = request.headers().clone();
        let on_upgrade = request.extensions_mut().remove();
        parts.extensions = request.extensions().clone();
        Self::check(parts, on_upgrade)
    }

    /// Checks the head of a request, as [`new`](Self::new) does.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn from_parts(parts: &mut Parts) -> Result<Self, HandshakeError> {
        let on_upgrade = parts.extensions.remove();
        Self::check(parts.clone(), on_upgrade)
    }

    fn check(parts: Parts, on_upgrade: Option<OnUpgrade>) -> Result<Self, HandshakeError> {
        #[cfg(feature = "http2")]
        let protocol = parts.extensions.get().map(hyper::ext::Protocol::as_str);
        #[cfg(not(feature = "http2"))]
        let protocol = None;
        let handshake = Handshake::check(&parts, protocol).map_err(HandshakeError::new)?;
        let on_upgrade =
            on_upgrade.ok_or_else(|| HandshakeError::new(HandshakeFault::NotUpgradable))?;
        let extensions = &parts.extensions;
        let settings = match extensions.get::<Arc<WebSocketSettings>>() {
            Some(settings) => Arc::clone(settings),
            None => match extensions.get::<WebSocketSettings>() {
                Some(settings) => Arc::new(settings.clone()),
                None => Arc::clone(&DEFAULT),
            },
        };
        Ok(Self {
            parts,
            handshake,
            on_upgrade,
            settings,
            shutdown: None,
        })
    }

    /// Sets the settings; an `Arc` is shared between connections. Default: those in the request's extensions.
    pub fn settings(mut self, settings: impl Into<Arc<WebSocketSettings>>) -> Self {
        self.settings = settings.into();
        self
    }

    /// Sets the signal of a graceful shutdown: when the future is ready, the socket gets a close frame with
    /// [`shutdown_code`](WebSocketSettings::shutdown_code), and the client may answer it within
    /// [`close_timeout`](WebSocketSettings::close_timeout). The handler receives messages until then. A handshake that
    /// comes after the signal is refused with 503. Default: none.
    pub fn shutdown(mut self, signal: impl Future<Output = ()> + Send + 'static) -> Self {
        self.shutdown = Some(Box::pin(signal));
        self
    }

    /// Returns the head of the request.
    #[must_use]
    pub fn parts(&self) -> &Parts {
        &self.parts
    }

    /// Returns the response of the handshake, and spawns a task for the handler on tokio's runtime. An origin that is
    /// not allowed gets 403.
    ///
    /// # Panics
    ///
    /// Outside of tokio's runtime.
    pub fn on_upgrade<C, F, B>(self, handler: C) -> Response<B>
    where
        C: FnOnce(WebSocket) -> F + Send + 'static,
        F: Future + Send + 'static,
        B: From<&'static str>,
    {
        match self.accept(handler) {
            Ok((response, socket)) => {
                tokio::spawn(socket);
                response.map(B::from)
            }
            Err(error) => error.into_response(),
        }
    }

    /// Returns the response of the handshake, and a future that waits for the upgrade and then runs the handler and the
    /// connection, for another executor than tokio's or a handler that is not `Send`.
    ///
    /// # Errors
    ///
    /// An origin that is not allowed, and a server that shuts down.
    pub fn accept<C, F>(
        mut self,
        handler: C,
    ) -> Result<(Response<&'static str>, Accepted<C, F>), HandshakeError>
    where
        C: FnOnce(WebSocket) -> F,
        F: Future,
    {
        let cx = &mut Context::from_waker(Waker::noop());
        let is_signalled = |signal: &mut ShutdownSignal| signal.as_mut().poll(cx).is_ready();
        if self.shutdown.as_mut().is_some_and(is_signalled) {
            return Err(HandshakeError::new(HandshakeFault::ShuttingDown));
        }
        if !self.settings.origins.allows(&self.parts) {
            tracing::debug!(
                origin = ?self.parts.headers.get(header::ORIGIN),
                "refused a WebSocket: own_origin, allowed_origins or check_origin"
            );
            return Err(HandshakeError::new(HandshakeFault::Origin));
        }
        let headers = &self.parts.headers;
        let protocol = select_protocol(headers, &self.settings.protocols);
        let compression = self.settings.compression.as_ref();
        let agreement = compression.and_then(|it| Agreement::select(&extensions(headers), it));
        let coder = compression.zip(agreement);
        let coder = coder.map(|(settings, agreement)| Coder::new(settings, agreement));
        let is_http2 = self.handshake == Handshake::Http2;
        let response = response(self.handshake, protocol.as_ref(), agreement.as_ref());
        let state = State::Waiting {
            on_upgrade: self.on_upgrade,
            start: Some(Start {
                handler,
                coder,
                protocol,
                is_http2,
                settings: self.settings,
                shutdown: self.shutdown,
            }),
        };
        Ok((response, Accepted { state }))
    }
}

fn response(
    handshake: Handshake,
    protocol: Option<&HeaderValue>,
    agreement: Option<&Agreement>,
) -> Response<&'static str> {
    let mut response = Response::new("");
    let headers = response.headers_mut();
    if let Some(protocol) = protocol {
        headers.insert(header::SEC_WEBSOCKET_PROTOCOL, protocol.clone());
    }
    if let Some(agreement) = agreement {
        let value = HeaderValue::try_from(agreement.response());
        let value = value.expect("names and numbers are valid in a header");
        headers.insert(header::SEC_WEBSOCKET_EXTENSIONS, value);
    }
    // Over HTTP/2 the status is 200, and there is no key (RFC 8441, section 5).
    if let Handshake::Http1 { accept } = handshake {
        headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    }
    response
}

impl fmt::Debug for WebSocketUpgrade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebSocketUpgrade")
            .field("uri", &self.parts.uri)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

/// The parts of a connection that is upgraded later.
struct Start<C> {
    handler: C,
    coder: Option<Coder>,
    protocol: Option<HeaderValue>,
    is_http2: bool,
    settings: Arc<WebSocketSettings>,
    shutdown: Option<ShutdownSignal>,
}

impl<C> Start<C> {
    fn run<F>(self, upgraded: Upgraded) -> Driver<F>
    where
        C: FnOnce(WebSocket) -> F,
        F: Future,
    {
        let io = Box::new(TokioIo::new(upgraded));
        let connection = Connection::new(io, self.is_http2, self.coder, self.settings);
        let shared = Shared::new(connection, self.protocol);
        let handler = (self.handler)(WebSocket::new(&shared));
        Driver::new(shared, handler, self.shutdown)
    }
}

pin_project! {
    /// The future of an accepted handshake: the upgrade, then the handler and its connection.
    #[must_use = "the handler does not run unless this is polled"]
    pub struct Accepted<C, F> {
        #[pin]
        state: State<C, F>,
    }
}

pin_project! {
    // Not an async block, which would keep room for the handler twice.
    #[project = StateProjection]
    enum State<C, F> {
        Waiting { on_upgrade: OnUpgrade, start: Option<Start<C>> },
        Running { #[pin] driver: Driver<F> },
    }
}

impl<C, F> Future for Accepted<C, F>
where
    C: FnOnce(WebSocket) -> F,
    F: Future,
{
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.project().state;
        loop {
            let driver = match state.as_mut().project() {
                StateProjection::Running { driver } => return driver.poll(cx),
                StateProjection::Waiting { on_upgrade, start } => {
                    match ready!(Pin::new(on_upgrade).poll(cx)) {
                        Ok(upgraded) => {
                            let start = start.take().expect("the state changes when it is taken");
                            start.run(upgraded)
                        }
                        Err(error) => {
                            tracing::debug!(%error, "the connection did not become a WebSocket");
                            return Poll::Ready(());
                        }
                    }
                }
            };
            state.set(State::Running { driver });
        }
    }
}

impl<C, F> fmt::Debug for Accepted<C, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Accepted").finish_non_exhaustive()
    }
}
