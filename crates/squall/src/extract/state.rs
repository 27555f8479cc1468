//! `State`: the application's state, or a part of it.

use std::convert::Infallible;

use axum_core::extract::{FromRef, FromRequestParts};
use http::request::Parts;

/// The value of [`Application::with_state`](crate::Application::with_state), or a part of it by [`FromRef`].
///
/// # Examples
///
/// ```
/// use std::sync::{Arc, atomic::{AtomicU64, Ordering}};
/// use squall::{Application, State, get};
///
/// async fn count(State(visits): State<Arc<AtomicU64>>) -> String {
///     visits.fetch_add(1, Ordering::Relaxed).to_string()
/// }
///
/// let visits = Arc::new(AtomicU64::new(1));
/// let application = Application::with_state(visits).route("/", get(count));
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[expect(
    clippy::exhaustive_structs,
    reason = "it is taken apart where it is extracted"
)]
pub struct State<T>(pub T);

impl<T, S> FromRequestParts<S> for State<T>
where
    T: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = Infallible;

    async fn from_request_parts(_: &mut Parts, state: &S) -> Result<Self, Infallible> {
        Ok(Self(T::from_ref(state)))
    }
}
