//! The adapter for the caller's HTTP client.

use std::{error::Error, fmt, pin::Pin, sync::Arc};

use http::{Request, Response};
use oauth2::AsyncHttpClient;

/// Sends a request and returns the response. Type-erased, since the compiler cannot prove that
/// `finish` is `Send` with the closure's own type.
#[derive(Clone)]
pub(super) struct Http(Arc<SendRequest>);

type SendRequest = dyn Fn(Request<Vec<u8>>) -> ResponseFuture + Send + Sync;

type ResponseFuture = Pin<Box<dyn Future<Output = Result<Response<Vec<u8>>, HttpError>> + Send>>;

impl Http {
    pub(super) fn new<F, E>(send: impl Fn(Request<Vec<u8>>) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Response<Vec<u8>>, E>> + Send + 'static,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        Self(Arc::new(move |request| {
            let response = send(request);
            Box::pin(async { response.await.map_err(|error| HttpError(error.into())) })
        }))
    }
}

impl AsyncHttpClient<'_> for Http {
    type Error = HttpError;
    type Future = ResponseFuture;

    fn call(&self, request: Request<Vec<u8>>) -> ResponseFuture {
        (self.0)(request)
    }
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Http")
    }
}

/// The client's error. `Box<dyn Error>` does not implement `Error` itself.
#[derive(Debug)]
pub(super) struct HttpError(Box<dyn Error + Send + Sync>);

impl fmt::Display for HttpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for HttpError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}
