//! `Extension`: a value of the request's extensions, by its type.

use axum_core::extract::FromRequestParts;
use http::request::Parts;

use crate::Error;

/// A value that a layer or the server has added to the request, such as
/// [`ConnectionInfo`](crate::ConnectionInfo). If it is missing, the layer is, and the response is
/// 500.
///
/// # Examples
///
/// ```
/// use squall::{ConnectionInfo, Extension};
///
/// async fn whoami(Extension(connection): Extension<ConnectionInfo>) -> String {
///     connection.peer().to_string()
/// }
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[expect(
    clippy::exhaustive_structs,
    reason = "it is taken apart where it is extracted"
)]
pub struct Extension<T>(pub T);

impl<T, S> FromRequestParts<S> for Extension<T>
where
    T: Clone + Send + Sync + 'static,
    S: Send + Sync,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        let value = parts.extensions.get::<T>().cloned();
        value.map(Self).ok_or_else(|| {
            let name = std::any::type_name::<T>();
            Error::new(format!("the request has no extension of the type {name}"))
        })
    }
}
