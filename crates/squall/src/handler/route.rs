//! `IntoRoute`: conversion of methods, static files and services to the endpoints of a route.

pub use super::endpoint::HttpService;

use http::Method;

use super::{endpoint::Endpoint, methods::Methods};
use crate::Result;

/// A target of [`Application::route`](crate::Application::route): [`Methods`],
/// [`StaticFiles`](crate::StaticFiles), or any tower service, which handles every method. The
/// marker `M` keeps these implementations from overlapping.
pub trait IntoRoute<S, M> {
    /// Converts to endpoints with the application's state.
    fn into_endpoints(self, state: &S) -> Endpoints;
}

/// The endpoints of one route, by method.
#[derive(Debug)]
pub struct Endpoints(pub(crate) Result<Vec<(Option<Method>, Endpoint)>>);

/// Marks [`Methods`] in [`IntoRoute`].
#[derive(Debug)]
#[non_exhaustive]
pub struct ViaMethods;

/// Marks [`StaticFiles`](crate::StaticFiles) in [`IntoRoute`].
#[cfg(feature = "static")]
#[derive(Debug)]
#[non_exhaustive]
pub struct ViaStaticFiles;

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
