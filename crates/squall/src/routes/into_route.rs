//! `IntoRoute`: conversion of static files and services to routes.

use super::Route;
use crate::handler::endpoint::HttpService;

/// A target of [`Application::route`](crate::Application::route): a [`Route`],
/// [`StaticFiles`](crate::StaticFiles), or any tower service, which handles every method. The
/// marker `M` keeps these implementations from overlapping.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the target of a route in an application with the state `{S}`",
    label = "not a target of this application",
    note = "a `Route<T>` has handlers that extract `State<T>`: make the application with `Application::with_state(…)`, \
            with a state of the type `T`",
    note = "put a handler on a route with `get(…)`, `post(…)`, `any(…)`, …",
    note = "a tower service must be `Clone + Send + Sync` and take `squall::Request`"
)]
pub trait IntoRoute<S, M> {
    /// Converts to a route.
    fn into_route(self) -> Route<S>;
}

/// Marks [`Route`] in [`IntoRoute`].
#[derive(Debug)]
#[non_exhaustive]
pub struct ViaRoute;

/// Marks [`StaticFiles`](crate::StaticFiles) in [`IntoRoute`].
#[cfg(feature = "static")]
#[derive(Debug)]
#[non_exhaustive]
pub struct ViaStaticFiles;

/// Marks a service in [`IntoRoute`].
#[derive(Debug)]
#[non_exhaustive]
pub struct ViaService;

impl<S> IntoRoute<S, ViaRoute> for Route<S> {
    fn into_route(self) -> Self {
        self
    }
}

impl<S, T: HttpService> IntoRoute<S, ViaService> for T {
    fn into_route(self) -> Route<S> {
        Route::service(self)
    }
}
