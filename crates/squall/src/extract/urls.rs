//! The extractor of `Urls`.

use std::convert::Infallible;

use axum_core::extract::FromRequestParts;
use http::request::Parts;

use crate::{MountPrefix, Urls, matched::Matched};

/// Outside of a route of an application, it has no named routes and no static files.
impl<S: Send + Sync> FromRequestParts<S> for Urls {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let matched = Matched::of(&parts.extensions);
        let urls = matched.map(|matched| &matched.site.urls);
        Ok(urls.map_or_else(Self::default, |urls| {
            urls.below(MountPrefix::of(&parts.extensions))
        }))
    }
}
