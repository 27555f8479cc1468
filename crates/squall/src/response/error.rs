//! The error of a handler or of the start: any error, with the status of its response.

use std::{error::Error as StdError, fmt, sync::Arc};

use axum_core::response::{IntoResponse, Response};
use http::StatusCode;
use squall_server::BoxError;

use crate::debug::Failure;

/// `Result` with squall's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Any error, with the HTTP status of its response.
///
/// `?` converts every [`std::error::Error`], with status 500. The chain of sources and the
/// backtrace of the `?` are logged, and shown to the client in [debug
/// mode](crate::Application::debug) only. For this conversion, `Error` does not itself implement
/// [`std::error::Error`].
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
///     let squared = squared.ok_or_else(|| Error::new("too large").with_status(StatusCode::BAD_REQUEST))?;
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
    /// An invalid request. Without a backtrace, because a client can send many.
    Refusal(Arc<dyn StdError + Send + Sync>),
}

impl Error {
    /// Returns an error with status 500 (Internal Server Error) and the backtrace of the caller.
    #[track_caller]
    pub fn new(source: impl Into<BoxError>) -> Self {
        Self::from_failure(Failure::new(source))
    }

    pub(crate) fn from_failure(failure: Failure) -> Self {
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            cause: Some(Cause::Failure(failure)),
        }
    }

    /// Returns the error of an invalid request.
    pub(crate) fn refusal(status: StatusCode, source: impl Into<BoxError>) -> Self {
        Self {
            status,
            cause: Some(Cause::Refusal(source.into().into())),
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

    /// Returns the status of the response.
    #[must_use]
    pub fn status_code(&self) -> StatusCode {
        self.status
    }

    /// Returns the cause, or `None` if the error is only a status.
    #[must_use]
    pub fn source(&self) -> Option<&(dyn StdError + Send + Sync + 'static)> {
        Some(match self.cause.as_ref()? {
            Cause::Failure(failure) => failure.error(),
            Cause::Refusal(error) => &**error,
        })
    }

    /// Returns the cause and its sources, outermost first.
    pub fn chain<'a>(&'a self) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
        let first = self
            .source()
            .map(|error| error as &(dyn StdError + 'static));
        std::iter::successors(first, |&error| StdError::source(error))
    }

    /// Returns the failure, which is logged with its backtrace.
    pub(crate) fn failure(&self) -> Option<&Failure> {
        match self.cause.as_ref()? {
            Cause::Failure(failure) => Some(failure),
            Cause::Refusal(_) => None,
        }
    }
}

impl<E: StdError + Send + Sync + 'static> From<E> for Error {
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
        #[cfg(any(feature = "form", feature = "json"))]
        if self
            .source()
            .is_some_and(<dyn StdError + Send + Sync>::is::<crate::extract::CodedBody>)
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
