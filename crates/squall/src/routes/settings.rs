//! Settings of a route or a group: layers, limits, and the exemption from the XSRF check.

use std::{sync::Arc, time::Duration};

use axum_core::response::IntoResponse;
use http::StatusCode;
use tower_layer::Layer;

use crate::{
    Error,
    handler::endpoint::{Endpoint, HttpService},
};

/// A tower layer of routes: the bounds of [`Route::layer`](crate::Route::layer).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a tower layer that squall can use",
    label = "not a layer around squall's `Endpoint`",
    note = "it must be a `tower_layer::Layer<squall::route::Endpoint>` whose service is a `Service<squall::Request>` \
            that is `Clone + Send + Sync`, responds with `IntoResponse`, and has a `Send` future"
)]
pub trait RouteLayer: Layer<Endpoint, Service: HttpService> + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<T> RouteLayer for T where T: Layer<Endpoint, Service: HttpService> + Send + Sync + 'static {}

/// Wraps an endpoint in a layer.
pub(crate) type Wrap = Arc<dyn Fn(Endpoint) -> Endpoint + Send + Sync>;

/// Returns a layer with its type erased.
pub(crate) fn wrap(layer: impl RouteLayer) -> Wrap {
    Arc::new(move |inner| Endpoint::from_service(layer.layer(inner)))
}

#[derive(Clone, Default)]
pub(crate) struct RouteSettings {
    /// From the innermost to the outermost.
    layers: Vec<Wrap>,
    /// In bytes.
    pub(crate) body_limit: Option<u64>,
    pub(crate) timeout: Option<Duration>,
    /// Whether the XSRF guard lets all requests pass.
    pub(crate) is_xsrf_exempt: bool,
}

impl RouteSettings {
    pub(crate) fn add_layer(&mut self, layer: impl RouteLayer) {
        self.layers.push(wrap(layer));
    }

    /// Adds the settings of a group. Its layers are outer; its limits are those of routes that have
    /// none.
    pub(crate) fn add_outer(&mut self, group: &Self) {
        self.layers.extend(group.layers.iter().cloned());
        self.body_limit = self.body_limit.or(group.body_limit);
        self.timeout = self.timeout.or(group.timeout);
        self.is_xsrf_exempt |= group.is_xsrf_exempt;
    }

    /// Returns the endpoint within its timeout and its layers.
    pub(crate) fn apply(&self, endpoint: Endpoint) -> Endpoint {
        let endpoint = match self.timeout {
            Some(timeout) => limited(endpoint, timeout),
            None => endpoint,
        };
        let layers = self.layers.iter();
        layers.fold(endpoint, |inner, layer| layer(inner))
    }
}

/// Responds with 503 if the endpoint takes longer.
fn limited(endpoint: Endpoint, timeout: Duration) -> Endpoint {
    Endpoint::from_fn(move |request| {
        let response = tokio::time::timeout(timeout, endpoint.respond(request));
        async move {
            response.await.unwrap_or_else(|_| {
                let reason = format!("the handler took longer than {timeout:?}");
                Error::refusal(StatusCode::SERVICE_UNAVAILABLE, reason).into_response()
            })
        }
    })
}
