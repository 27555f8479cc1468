//! The extractor of `Urls`.

use std::convert::Infallible;

use axum_core::extract::FromRequestParts;
use http::request::Parts;

use crate::{Urls, service::Matched};

/// Outside of a route of an application, it has no named routes and no static files.
impl<S: Send + Sync> FromRequestParts<S> for Urls {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let matched = parts.extensions.get::<Matched>();
        Ok(matched
            .map(|matched| matched.site.urls.clone())
            .unwrap_or_default())
    }
}
