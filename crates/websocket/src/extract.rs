//! The extractor of axum and squall.

use axum_core::{
    body::Body,
    extract::FromRequestParts,
    response::{IntoResponse, Response},
};
use http::request::Parts;

use crate::{HandshakeError, WebSocketUpgrade};

impl<S: Sync> FromRequestParts<S> for WebSocketUpgrade {
    type Rejection = HandshakeError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, HandshakeError> {
        Self::from_parts(parts)
    }
}

impl IntoResponse for HandshakeError {
    fn into_response(self) -> Response {
        self.into_response::<Body>()
    }
}
