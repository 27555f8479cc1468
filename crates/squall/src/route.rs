//! `IntoRoute`: conversion of methods, static files and services to the endpoints of a route.

use axum_core::{extract::Request, response::IntoResponse};
use http::Method;
use squall_server::BoxError;
use tower_service::Service;

#[cfg(feature = "static")]
pub use crate::static_files::ViaStaticFiles;
use crate::{Methods, Result, handler::Endpoint};

/// A target of [`Application::route`](crate::Application::route): [`Methods`],
/// [`StaticFiles`](crate::StaticFiles), or any tower service, which handles every method. The
/// marker `M` keeps these implementations from overlapping.
pub trait IntoRoute<S, M> {
    /// Converts to endpoints with the application's state.
    fn into_endpoints(self, state: &S) -> Endpoints;
}

/// A tower service that an application can call: the bounds of [`IntoRoute`] and
/// [`Application::mount`](crate::Application::mount).
pub trait HttpService:
    Service<Request, Response: IntoResponse, Error: Into<BoxError>, Future: Send + 'static>
    + Clone
    + Send
    + Sync
    + 'static
{
}

impl<T> HttpService for T where
    T: Service<Request, Response: IntoResponse, Error: Into<BoxError>, Future: Send + 'static>
        + Clone
        + Send
        + Sync
        + 'static
{
}

/// The endpoints of one route, by method.
#[derive(Debug)]
pub struct Endpoints(pub(crate) Result<Vec<(Option<Method>, Endpoint)>>);

/// Marks [`Methods`] in [`IntoRoute`].
#[derive(Debug)]
#[non_exhaustive]
pub struct ViaMethods;

/// Marks a service in [`IntoRoute`].
#[derive(Debug)]
#[non_exhaustive]
pub struct ViaService;

impl<S: Clone + Send + Sync + 'static> IntoRoute<S, ViaMethods> for Methods<S> {
    fn into_endpoints(self, state: &S) -> Endpoints {
        Endpoints(Ok(self.bind(state)))
    }
}

impl<S, T: HttpService> IntoRoute<S, ViaService> for T {
    fn into_endpoints(self, _: &S) -> Endpoints {
        Endpoints(Ok(vec![(None, Endpoint::from_service(self))]))
    }
}
