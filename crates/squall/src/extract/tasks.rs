//! The extractor of `Tasks`.

use axum_core::extract::FromRequestParts;
use http::request::Parts;

use crate::{Error, Tasks, matched::Matched};

/// Outside of a route of an application, the response is 500.
impl<S: Send + Sync> FromRequestParts<S> for Tasks {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        let matched = Matched::of(&parts.extensions);
        matched
            .map(|matched| matched.site.tasks.clone())
            .ok_or_else(|| Error::new("`Tasks` outside of a squall route"))
    }
}
