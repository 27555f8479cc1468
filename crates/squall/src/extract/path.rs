//! `Path`: the parameters of the route.

use axum_core::extract::FromRequestParts;
use http::{StatusCode, request::Parts};
use serde::de::DeserializeOwned;
use smallvec::SmallVec;

use super::params::{ParamError, deserialize};
use crate::{Error, matched::Matched};

/// The route's parameters, decoded and deserialized into `T`: one value, a tuple in the order of
/// the pattern, a struct by name, or a map.
///
/// The response is 404 if a value does not parse, and 500 if the handler extracts another number of
/// values than its route has.
///
/// # Examples
///
/// ```
/// use squall::{Application, Path, get};
///
/// async fn post(Path((user, number)): Path<(String, u32)>) -> String {
///     format!("post {number} of {user}")
/// }
///
/// let application = Application::new().route("/users/{user}/posts/{number}", get(post));
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[expect(
    clippy::exhaustive_structs,
    reason = "it is taken apart where it is extracted"
)]
pub struct Path<T>(pub T);

impl<T, S> FromRequestParts<S> for Path<T>
where
    T: DeserializeOwned,
    S: Send + Sync,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        let matched = Matched::of(&parts.extensions);
        let matched = matched.ok_or_else(|| Error::new("`Path` outside of a squall route"))?;
        let params: SmallVec<[_; 4]> = match &matched.captures {
            Some(captures) => captures.params(parts.uri.path()).collect(),
            None => SmallVec::new(),
        };
        match deserialize(&params) {
            Ok(value) => Ok(Self(value)),
            Err(error @ ParamError::Count { .. }) => Err(Error::new(error)),
            Err(error) => Err(Error::refusal(StatusCode::NOT_FOUND, error)),
        }
    }
}
