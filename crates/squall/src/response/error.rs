//! The error of a handler or of the start: any error, with the status of its response.

use std::{error::Error as StdError, fmt, sync::Arc};

use axum_core::response::{IntoResponse, Response};
use http::StatusCode;
use squall_server::BoxError;

#[cfg(any(feature = "form", feature = "json", feature = "multipart"))]
use super::body_fault::CodedBody;
use super::body_fault::{chain, request_fault};
use crate::debug::Failure;

/// `Result` with squall's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Any error, with the HTTP status of its response.
///
/// `?` converts every error, those of `anyhow` and `eyre` included. It becomes one of two kinds:
///
/// - A *failure* is the fault of the program. The response is 500; the chain of sources and the
///   backtrace of the `?` are logged, and shown to the client in [debug
///   mode](crate::Application::debug) only.
/// - A *refusal* is the fault of the request: a body that is too large, stalled, cut short or
///   malformed. The response has its status and its reason; it is logged in one line without a
///   backtrace. [`refusal`](Self::refusal) makes others.
///
/// For this conversion, `Error` does not itself implement [`std::error::Error`].
///
/// # Examples
///
/// ```
/// use squall::{Error, Path, http::StatusCode};
///
/// async fn square(Path(number): Path<String>) -> squall::Result<String> {
///     if number == "secret" {
///         return Err(Error::status(StatusCode::NOT_FOUND));
///     }
///     let number: u32 = number.parse()?; // 500; the cause is logged
///     let squared = number.checked_mul(number);
///     let squared = squared.ok_or_else(|| {
///         Error::refusal(StatusCode::BAD_REQUEST, "too large to be squared").with_field("number")
///     })?;
///     Ok(squared.to_string())
/// }
/// ```
#[derive(Clone)]
pub struct Error {
    status: StatusCode,
    cause: Option<Cause>,
}

#[derive(Clone)]
enum Cause {
    /// With a backtrace.
    Failure(Failure),
    /// Without a backtrace, because a client can send many.
    Refusal(Arc<Refusal>),
}

struct Refusal {
    source: Arc<dyn StdError + Send + Sync>,
    /// The field or parameter that is wrong.
    field: Option<String>,
}

impl Error {
    /// Returns an error with status 500 (Internal Server Error) and the backtrace of the caller; or a
    /// refusal, if the error is one of reading the request's body.
    #[track_caller]
    pub fn new(source: impl Into<BoxError>) -> Self {
        let source = source.into();
        match request_fault(&*source) {
            Some(status) => Self::refusal(status, source),
            None => Self::from_failure(Failure::new(source)),
        }
    }

    pub(crate) fn from_failure(failure: Failure) -> Self {
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            cause: Some(Cause::Failure(failure)),
        }
    }

    /// Returns the error of a request that the client has to change. The reason, a text or an error,
    /// is part of the response: it must not be confidential.
    #[must_use]
    pub fn refusal(status: StatusCode, reason: impl Into<BoxError>) -> Self {
        let refusal = Refusal {
            source: reason.into().into(),
            field: None,
        };
        Self {
            status,
            cause: Some(Cause::Refusal(Arc::new(refusal))),
        }
    }

    /// Returns an error that is only a status (Tornado's `HTTPError`).
    #[must_use]
    pub fn status(status: StatusCode) -> Self {
        Self {
            status,
            cause: None,
        }
    }

    /// Sets the status of the response.
    ///
    /// Default: 500.
    #[must_use]
    pub fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// Sets the field or parameter that a refusal is about. Other errors have none.
    ///
    /// Default: none.
    #[must_use]
    pub fn with_field(mut self, field: impl Into<String>) -> Self {
        if let Some(Cause::Refusal(refusal)) = &mut self.cause {
            *refusal = Arc::new(Refusal {
                source: Arc::clone(&refusal.source),
                field: Some(field.into()),
            });
        }
        self
    }

    /// Returns the status of the response.
    #[must_use]
    pub fn status_code(&self) -> StatusCode {
        self.status
    }

    /// Returns the reason of a refusal, with its sources, which the client may see.
    #[must_use]
    pub fn reason(&self) -> Option<String> {
        match self.cause.as_ref()? {
            Cause::Refusal(_) => self.causes(),
            Cause::Failure(_) => None,
        }
    }

    /// Returns the cause and its sources in one text; `None` if the error is only a status.
    pub(crate) fn causes(&self) -> Option<String> {
        let mut causes = self.chain().map(ToString::to_string);
        let mut text = causes.next()?;
        for cause in causes {
            // Some errors write their source as well.
            if !text.contains(&cause) {
                text = format!("{text}: {cause}");
            }
        }
        Some(text)
    }

    /// Returns the field or parameter that a refusal is about.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        match self.cause.as_ref()? {
            Cause::Refusal(refusal) => refusal.field.as_deref(),
            Cause::Failure(_) => None,
        }
    }

    /// Returns the cause, or `None` if the error is only a status.
    #[must_use]
    pub fn source(&self) -> Option<&(dyn StdError + Send + Sync + 'static)> {
        Some(match self.cause.as_ref()? {
            Cause::Failure(failure) => failure.error(),
            Cause::Refusal(refusal) => &*refusal.source,
        })
    }

    /// Returns the cause and its sources, outermost first.
    pub fn chain<'a>(&'a self) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
        chain(self.source().map(|error| error as _))
    }

    /// Returns the failure, which is logged with its backtrace.
    pub(crate) fn failure(&self) -> Option<&Failure> {
        match self.cause.as_ref()? {
            Cause::Failure(failure) => Some(failure),
            Cause::Refusal(_) => None,
        }
    }
}

impl<E: Into<BoxError>> From<E> for Error {
    #[track_caller]
    fn from(error: E) -> Self {
        Self::new(error)
    }
}

/// Writes the outermost error, or the status.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.source() {
            Some(source) => fmt::Display::fmt(source, f),
            None => self.status.fmt(f),
        }
    }
}

/// Writes the whole chain, which Rust prints when `main` returns the error.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)?;
        for cause in self.chain().skip(1) {
            write!(f, "\n  caused by: {cause}")?;
        }
        Ok(())
    }
}

/// Responds with the status; the application adds the page.
impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        if let Some(failure) = self.failure() {
            response.extensions_mut().insert(failure.clone());
        }
        // Without the header, the client takes the media type for the cause.
        #[cfg(any(feature = "form", feature = "json", feature = "multipart"))]
        if self
            .source()
            .is_some_and(<dyn StdError + Send + Sync>::is::<CodedBody>)
        {
            let identity = http::HeaderValue::from_static("identity");
            response
                .headers_mut()
                .insert(http::header::ACCEPT_ENCODING, identity);
        }
        response.extensions_mut().insert(self);
        response
    }
}

#[cfg(test)]
mod tests {
    use std::{fmt, io};

    use axum_core::response::IntoResponse;
    use http::StatusCode;

    use super::Error;

    #[derive(Debug)]
    struct Outer(io::Error);

    impl fmt::Display for Outer {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("cannot read the answer")
        }
    }

    impl std::error::Error for Outer {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            Some(&self.0)
        }
    }

    #[test]
    fn debug_output_has_the_chain_of_sources() {
        let error = Error::from(Outer(io::Error::other("connection reset")));
        assert_eq!(error.to_string(), "cannot read the answer");
        assert_eq!(
            format!("{error:?}"),
            "cannot read the answer\n  caused by: connection reset"
        );
        assert_eq!(error.chain().count(), 2);
        assert!(error.source().unwrap().is::<Outer>());
    }

    #[test]
    fn text_of_a_source_comes_once() {
        let inner = axum_core::Error::new(Outer(io::Error::other("connection reset")));
        let error = Error::from(axum_core::Error::new(inner));
        let text = "cannot read the answer: connection reset";
        assert_eq!(error.causes().as_deref(), Some(text));
        assert_eq!(Error::status(StatusCode::GONE).causes(), None);
    }

    #[test]
    fn response_has_its_error_as_extension() {
        let response = Error::new("no")
            .with_status(StatusCode::CONFLICT)
            .into_response();
        assert_eq!(response.status(), StatusCode::CONFLICT);
        let carried = response.extensions().get::<Error>().unwrap();
        assert_eq!(carried.to_string(), "no");
        assert_eq!(Error::status(StatusCode::GONE).to_string(), "410 Gone");
    }
}
