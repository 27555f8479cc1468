//! Errors: configuration errors before listening, and errors of request bodies.

use std::{any::Any, error::Error as StdError, fmt, io, time::Duration};

use squall_listen::{Address, AddressError, ListenError};

/// Any error, as a service or a body hands it to us.
pub type BoxError = Box<dyn StdError + Send + Sync>;

/// Why a server cannot start or go on. Every variant carries the offending value.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// An address cannot be listened on, or a socket that was passed in cannot be used.
    Listen(ListenError),
    /// There is nothing to listen on.
    NoListener,
    /// A listener failed for good while the server was running.
    Accept {
        /// Where it listened.
        address: Address,
        /// The error of the system.
        source: io::Error,
    },
    /// A limit makes no sense.
    Limit {
        /// The setter's name.
        setting: &'static str,
        /// The given value.
        value: String,
        /// The values that it takes.
        expected: &'static str,
    },
    /// A file for TLS cannot be used.
    #[cfg(feature = "tls")]
    Tls(crate::TlsError),
    /// The calling thread already runs an asynchronous runtime, so that this one cannot block on
    /// its own.
    InsideRuntime,
    /// The runtime, one of its threads or its signals could not be had.
    Runtime(io::Error),
}

impl StartError {
    pub(crate) fn limit(setting: &'static str, value: Duration) -> Self {
        Self::Limit {
            setting,
            value: format!("{value:?}"),
            expected: "more than zero",
        }
    }

    /// Returns whether another process listens on an address already (`EADDRINUSE`).
    #[must_use]
    pub fn is_address_in_use(&self) -> bool {
        matches!(self, Self::Listen(error) if error.is_address_in_use())
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listen(error) => error.fmt(f),
            Self::Accept { address, .. } => write!(f, "cannot accept on {address} any more"),
            Self::NoListener => f.write_str("nothing to listen on: bind an address first"),
            Self::Limit {
                setting,
                value,
                expected,
            } => write!(f, "{setting}({value}): expected {expected}"),
            #[cfg(feature = "tls")]
            Self::Tls(error) => error.fmt(f),
            Self::InsideRuntime => f.write_str(
                "cannot block on a server inside an asynchronous runtime: \
                 await `serve(..)` there, or start from a plain `fn main`",
            ),
            Self::Runtime(_) => f.write_str("cannot start the runtime"),
        }
    }
}

impl StdError for StartError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Listen(error) => error.source(),
            Self::Accept { source, .. } => Some(source),
            Self::Runtime(source) => Some(source),
            #[cfg(feature = "tls")]
            Self::Tls(error) => error.source(),
            Self::NoListener | Self::Limit { .. } | Self::InsideRuntime => None,
        }
    }
}

impl From<ListenError> for StartError {
    fn from(error: ListenError) -> Self {
        Self::Listen(error)
    }
}

impl From<AddressError> for StartError {
    fn from(error: AddressError) -> Self {
        Self::Listen(error.into())
    }
}

#[cfg(feature = "tls")]
impl From<crate::TlsError> for StartError {
    fn from(error: crate::TlsError) -> Self {
        Self::Tls(error)
    }
}

/// Why a request's body ended before its end.
///
/// [`status`](Self::status) is the status for the response.
#[derive(Debug)]
pub struct BodyError(BodyErrorKind);

#[derive(Debug)]
pub(crate) enum BodyErrorKind {
    TooLarge { limit: u64 },
    Stalled { after: Duration },
    Broken(BoxError),
}

impl BodyError {
    /// Returns the error of a body that broke off or is malformed, for other servers.
    #[must_use]
    pub fn broken(source: impl Into<BoxError>) -> Self {
        BodyErrorKind::Broken(source.into()).into()
    }

    /// Whether the body is longer than the limit (413 Content Too Large).
    #[must_use]
    pub fn is_too_large(&self) -> bool {
        matches!(self.0, BodyErrorKind::TooLarge { .. })
    }

    /// Whether no byte came for the whole body deadline (408 Request Timeout).
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        matches!(self.0, BodyErrorKind::Stalled { .. })
    }

    /// Returns the status for the response: 413, 408 or 400.
    #[must_use]
    pub fn status(&self) -> http::StatusCode {
        match self.0 {
            BodyErrorKind::TooLarge { .. } => http::StatusCode::PAYLOAD_TOO_LARGE,
            BodyErrorKind::Stalled { .. } => http::StatusCode::REQUEST_TIMEOUT,
            BodyErrorKind::Broken(_) => http::StatusCode::BAD_REQUEST,
        }
    }
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            BodyErrorKind::TooLarge { limit } => {
                write!(f, "the request body is longer than {limit} bytes")
            }
            BodyErrorKind::Stalled { after } => {
                write!(f, "no byte of the request body came for {after:?}")
            }
            BodyErrorKind::Broken(_) => f.write_str("the request body broke off or is malformed"),
        }
    }
}

impl StdError for BodyError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.0 {
            BodyErrorKind::Broken(source) => Some(&**source),
            BodyErrorKind::TooLarge { .. } | BodyErrorKind::Stalled { .. } => None,
        }
    }
}

impl From<BodyErrorKind> for BodyError {
    fn from(kind: BodyErrorKind) -> Self {
        Self(kind)
    }
}

/// Returns the message of a panic, if it has one.
#[must_use]
pub fn panic_message(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a panic without a message")
}
