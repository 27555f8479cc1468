//! The XSRF settings, and the guard before each route.

mod extract;
mod setters;

pub use self::extract::Xsrf;

#[cfg(feature = "templates")]
use std::sync::Arc;

use axum_core::{body::Body, extract::Request, response::IntoResponse};
#[cfg(feature = "templates")]
use http::Extensions;
use http::StatusCode;
use squall_xsrf::{XsrfBody, XsrfError, XsrfLayer};
use tower::service_fn;
use tower_layer::Layer;

#[cfg(feature = "templates")]
use super::FormHtml;
use crate::{Error, body_limit::BodyLimit, handler::endpoint::Endpoint, xheaders::is_https};

/// Settings as given.
#[derive(Default)]
pub(crate) struct Settings(Option<XsrfLayer>);

/// Checks a request before the endpoint of its route gets it.
pub(crate) struct Guard(XsrfLayer);

/// Returns how a request passes that the guard has rejected.
#[cfg(feature = "debug")]
pub(crate) fn advice(
    error: &(dyn std::error::Error + Send + Sync + 'static),
) -> Option<&'static str> {
    error.downcast_ref().map(XsrfError::advice)
}

impl Settings {
    pub(crate) fn guard(self) -> Option<Guard> {
        Some(Guard(self.0?.is_https(is_https)))
    }
}

impl Guard {
    pub(crate) fn protect(&self, endpoint: Endpoint) -> Endpoint {
        let inner = service_fn(move |request: http::Request<XsrfBody<Body>>| {
            let response = endpoint.respond(request.map(Body::new));
            async move { Ok::<_, std::convert::Infallible>(response.await) }
        });
        let guarded = self.0.layer(inner);
        Endpoint::from_fn(move |request: Request| {
            let limit = BodyLimit::of(&request);
            let response = tower::ServiceExt::oneshot(guarded.clone(), request);
            async move {
                let mut response = response.await.unwrap_or_else(|never| match never {});
                match response.extensions_mut().remove::<XsrfError>() {
                    // An error of the application has its page and its line in the log.
                    Some(error) if error.is_unreadable() => {
                        let fault = limit.and_then(|limit| limit.fault());
                        let unknown = || Error::refusal(StatusCode::BAD_REQUEST, error);
                        fault.unwrap_or_else(unknown).into_response()
                    }
                    Some(error) => Error::refusal(StatusCode::FORBIDDEN, error).into_response(),
                    None => response,
                }
            }
        })
    }

    /// Returns the function that renders the hidden field of a form, if the guard is on.
    #[cfg(feature = "templates")]
    pub(crate) fn form_html(extensions: &Extensions) -> Option<FormHtml> {
        let xsrf = extensions.get::<squall_xsrf::Xsrf>()?.clone();
        Some(Arc::new(move || xsrf.xsrf_form_html()))
    }
}
