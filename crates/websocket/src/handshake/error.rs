//! Handshakes that are refused: the fault, and the response to it.

use std::{error::Error, fmt};

use http::{HeaderValue, Response, StatusCode, header};

/// The fault of a handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HandshakeFault {
    /// The version of HTTP is neither 1.1 nor 2: 400.
    HttpVersion,
    /// The method is not GET, or not CONNECT over HTTP/2: 405.
    Method,
    /// `Upgrade` does not have `websocket`: 426.
    Upgrade,
    /// `Connection` does not have `upgrade`: 400.
    Connection,
    /// `:protocol` is not `websocket` (RFC 8441, section 5): 400.
    Protocol,
    /// `Sec-WebSocket-Version` is not 13: 426.
    Version,
    /// `Sec-WebSocket-Key` is not 16 bytes in Base64, or there are several: 400.
    Key,
    /// The request has a body: 400.
    Body,
    /// The origin is not allowed: 403.
    Origin,
    /// The connection cannot be upgraded, such as within another container: 501.
    NotUpgradable,
    /// The server shuts down: 503, with `Retry-After`.
    ShuttingDown,
}

/// A handshake that is refused. The response's extensions have it too, for an error page of an outer layer.
#[derive(Clone, Debug)]
pub struct HandshakeError {
    fault: HandshakeFault,
}

impl HandshakeError {
    pub(crate) fn new(fault: HandshakeFault) -> Self {
        Self { fault }
    }

    /// Returns the fault.
    #[must_use]
    pub fn fault(&self) -> HandshakeFault {
        self.fault
    }

    /// Returns the status of the response.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self.fault {
            HandshakeFault::Method => StatusCode::METHOD_NOT_ALLOWED,
            HandshakeFault::Upgrade | HandshakeFault::Version => StatusCode::UPGRADE_REQUIRED,
            HandshakeFault::Origin => StatusCode::FORBIDDEN,
            HandshakeFault::NotUpgradable => StatusCode::NOT_IMPLEMENTED,
            HandshakeFault::ShuttingDown => StatusCode::SERVICE_UNAVAILABLE,
            HandshakeFault::HttpVersion
            | HandshakeFault::Connection
            | HandshakeFault::Protocol
            | HandshakeFault::Key
            | HandshakeFault::Body => StatusCode::BAD_REQUEST,
        }
    }

    /// Returns the response: a line of plain text that repeats nothing of the request.
    #[must_use]
    pub fn into_response<B: From<&'static str>>(self) -> Response<B> {
        let mut response = Response::new(B::from(self.text()));
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/plain; charset=utf-8"),
        );
        let (name, value) = match self.fault {
            // GET, since a client that sends another method does not know of RFC 8441.
            HandshakeFault::Method => (header::ALLOW, "GET"),
            HandshakeFault::Upgrade => (header::UPGRADE, "websocket"),
            HandshakeFault::Version => (header::SEC_WEBSOCKET_VERSION, "13"),
            HandshakeFault::ShuttingDown => (header::RETRY_AFTER, "1"),
            _ => {
                response.extensions_mut().insert(self);
                return response;
            }
        };
        headers.insert(name, HeaderValue::from_static(value));
        if matches!(
            self.fault,
            HandshakeFault::Upgrade | HandshakeFault::Version
        ) {
            // A 426 names the protocol (RFC 9110, section 15.5.22), in a header of this connection.
            headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
            headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
        }
        response.extensions_mut().insert(self);
        response
    }

    fn text(&self) -> &'static str {
        match self.fault {
            HandshakeFault::HttpVersion => "a WebSocket needs HTTP/1.1 or HTTP/2\n",
            HandshakeFault::Method => "a WebSocket begins with GET, or over HTTP/2 with CONNECT\n",
            HandshakeFault::Upgrade => "the header Upgrade must have websocket\n",
            HandshakeFault::Connection => "the header Connection must have upgrade\n",
            HandshakeFault::Protocol => "the pseudo-header :protocol must be websocket\n",
            HandshakeFault::Version => "the header Sec-WebSocket-Version must be 13\n",
            HandshakeFault::Key => "the header Sec-WebSocket-Key must be 16 bytes in Base64\n",
            HandshakeFault::Body => "the request of a WebSocket has no body\n",
            HandshakeFault::Origin => "pages of this origin may not open a WebSocket here\n",
            HandshakeFault::NotUpgradable => {
                "this connection cannot become a WebSocket: its server, such as one for WSGI, keeps it\n"
            }
            HandshakeFault::ShuttingDown => "the server shuts down\n",
        }
    }
}

impl fmt::Display for HandshakeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text().trim_end())
    }
}

impl Error for HandshakeError {}
