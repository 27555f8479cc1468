//! Faults of a request's body, and the status of their responses.

use std::{error::Error, fmt};

use http::StatusCode;
use squall_server::BodyError;

/// A request's body is larger than the limit.
#[derive(Debug)]
pub(crate) struct BodyTooLarge {
    /// In bytes.
    pub(crate) limit: u64,
}

/// The body has a content coding. The response has `Accept-Encoding`.
#[cfg(any(feature = "form", feature = "json", feature = "multipart"))]
#[derive(Debug)]
pub(crate) struct CodedBody {
    pub(crate) coding: String,
}

/// Returns the status of an error that the request caused.
pub(crate) fn request_fault(error: &(dyn Error + 'static)) -> Option<StatusCode> {
    chain(Some(error)).find_map(|error| {
        if let Some(error) = error.downcast_ref::<BodyError>() {
            return Some(error.status());
        }
        // The end of a connection, of which a client can cause many.
        #[cfg(feature = "websocket")]
        if error.is::<squall_websocket::WebSocketError>() {
            return Some(StatusCode::BAD_REQUEST);
        }
        error
            .is::<BodyTooLarge>()
            .then_some(StatusCode::PAYLOAD_TOO_LARGE)
    })
}

/// Returns an error and its sources, outermost first.
pub(super) fn chain<'a>(
    first: Option<&'a (dyn Error + 'static)>,
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(first, |&error| error.source())
}

impl fmt::Display for BodyTooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the request body is longer than {} bytes", self.limit)
    }
}

impl Error for BodyTooLarge {}

#[cfg(any(feature = "form", feature = "json", feature = "multipart"))]
impl fmt::Display for CodedBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let coding = &self.coding;
        write!(
            f,
            "expected a body without a content coding, found `Content-Encoding: {coding:?}`"
        )
    }
}

#[cfg(any(feature = "form", feature = "json", feature = "multipart"))]
impl Error for CodedBody {}
