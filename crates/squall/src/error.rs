//! The error of a handler or of a start: any error, with the status that tells the client.

use std::{error::Error as StdError, fmt, sync::Arc};

use axum_core::response::{IntoResponse, Response};
use http::StatusCode;
use squall_server::BoxError;

use crate::debug::Failure;

/// `Result` with squall's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Any error, with the HTTP status that it is answered with.
///
/// `?` makes one of every [`std::error::Error`], answered with 500. The chain of sources and the
/// backtrace of the `?` are kept: they go to the log, and to the client only where the application
/// [debugs](crate::Application::debug). So that `?` can do this, `Error` does not itself implement
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
///     let number: u32 = number.parse()?; // 500, and the log says why
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
    /// What a client has done wrong. Whoever sends much of it should not make us take backtraces.
    Refusal(Arc<dyn StdError + Send + Sync>),
}

impl Error {
    /// An error that is answered with 500 (Internal Server Error), with the backtrace of here.
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

    /// A request that cannot be served as it is.
    pub(crate) fn refusal(status: StatusCode, source: impl Into<BoxError>) -> Self {
        Self {
            status,
            cause: Some(Cause::Refusal(source.into().into())),
        }
    }

    /// An error that is only a status (Tornado's `HTTPError`).
    #[must_use]
    pub fn status(status: StatusCode) -> Self {
        Self {
            status,
            cause: None,
        }
    }

    /// Answers with another status.
    ///
    /// Defaults to 500.
    #[must_use]
    pub fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// The status that it is answered with.
    #[must_use]
    pub fn status_code(&self) -> StatusCode {
        self.status
    }

    /// What went wrong, unless it is only a status.
    #[must_use]
    pub fn source(&self) -> Option<&(dyn StdError + Send + Sync + 'static)> {
        Some(match self.cause.as_ref()? {
            Cause::Failure(failure) => failure.error(),
            Cause::Refusal(error) => &**error,
        })
    }

    /// The error and its sources, outermost first.
    pub fn chain<'a>(&'a self) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
        let first = self
            .source()
            .map(|error| error as &(dyn StdError + 'static));
        std::iter::successors(first, |&error| StdError::source(error))
    }

    /// What is logged with its backtrace.
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

/// The outermost error, or the status.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.source() {
            Some(source) => fmt::Display::fmt(source, f),
            None => self.status.fmt(f),
        }
    }
}

/// The whole chain, as it is printed when `main` returns it.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)?;
        for cause in self.chain().skip(1) {
            write!(f, "\n  caused by: {cause}")?;
        }
        Ok(())
    }
}

/// Answers with the status; the application makes the page.
impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        if let Some(failure) = self.failure() {
            response.extensions_mut().insert(failure.clone());
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
    fn the_chain_is_kept_and_shown() {
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
    fn a_response_carries_its_error() {
        let response = Error::new("no")
            .with_status(StatusCode::CONFLICT)
            .into_response();
        assert_eq!(response.status(), StatusCode::CONFLICT);
        let carried = response.extensions().get::<Error>().unwrap();
        assert_eq!(carried.to_string(), "no");
        assert_eq!(Error::status(StatusCode::GONE).to_string(), "410 Gone");
    }
}
