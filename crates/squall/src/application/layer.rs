//! Layers around the routes of an application.

use std::convert::Infallible;

use axum_core::{extract::Request, response::Response};
use tower::{service_fn, util::BoxCloneSyncService};
use tower_layer::Layer;

use crate::{
    handler::{Endpoint, ResponseFuture},
    route::HttpService,
};

/// The service inside a layer.
pub(crate) type BoxService = BoxCloneSyncService<Request, Response, Infallible>;

/// Wraps a service in a layer.
pub(crate) type BoxLayer = Box<dyn FnOnce(BoxService) -> Endpoint + Send>;

pub(crate) fn wrap(
    layer: impl Layer<BoxService, Service: HttpService> + Send + 'static,
) -> BoxLayer {
    Box::new(move |inner| Endpoint::from_service(layer.layer(inner)))
}

/// Returns a function as a service, to wrap it in a layer.
pub(crate) fn boxed(
    respond: impl Fn(Request) -> ResponseFuture + Clone + Send + Sync + 'static,
) -> BoxService {
    BoxService::new(service_fn(move |request| {
        let response = respond(request);
        async move { Ok(response.await) }
    }))
}
