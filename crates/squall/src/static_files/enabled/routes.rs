//! Static files as routes of an application.

use axum_core::{
    extract::Request,
    response::{IntoResponse, Response},
};
use squall_routing::Rule;
use squall_static::{ConfigError, ServeStatic, StaticFiles};

use super::{FileUrls, StaticRoutes};
use crate::{
    Error,
    file_content::into_response,
    handler::endpoint::Endpoint,
    routes::{IntoRoute, Route, ViaStaticFiles},
};

/// Served at the root as well, where clients request them.
const AT_THE_ROOT: [&str; 2] = ["robots.txt", "favicon.ico"];

/// The whole path of a request names the file: `regex(r"/(apple-touch-icon\.png)")` leads to
/// `apple-touch-icon.png`.
impl<S> IntoRoute<S, ViaStaticFiles> for StaticFiles {
    fn into_route(self) -> Route<S> {
        match self.build() {
            Ok(files) => Route::from_endpoint(endpoint(files)),
            Err(error) => Route::from_error(error.into()),
        }
    }
}

pub(super) fn of(files: ServeStatic) -> Result<StaticRoutes, ConfigError> {
    let prefix = files.static_url_prefix();
    let below = endpoint(files.prefixed());
    let mut routes = vec![
        (Rule::new(prefix), below.clone()),
        (Rule::new(format!("{prefix}{{*path}}")), below),
    ];
    for name in AT_THE_ROOT {
        routes.push((Rule::new(format!("/{name}")), endpoint(files.only(name)?)));
    }
    Ok(StaticRoutes {
        routes,
        urls: FileUrls(Some(files.urls())),
    })
}

/// Serves files. A response with an error status becomes an error of the application, with its
/// page.
fn endpoint(files: ServeStatic) -> Endpoint {
    let cached = files.clone();
    let endpoint = Endpoint::from_fn(move |request: Request| {
        let response = files.respond_later(request);
        async move {
            let response = response.await.unwrap_or_else(|never| match never {});
            with_page(into_response(response))
        }
    });
    endpoint.or_at_once(move |method, uri, headers| {
        let response = cached.respond_at_once(method, uri, headers)?;
        Some(with_page(into_response(response)))
    })
}

fn with_page(response: Response) -> Response {
    let status = response.status();
    if !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let mut error = Error::status(status).into_response();
    error.headers_mut().extend(response.headers().clone());
    error
}
