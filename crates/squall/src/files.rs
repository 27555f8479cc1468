//! Static files as routes of an application.

use std::path::PathBuf;

use axum_core::{
    body::Body,
    extract::Request,
    response::{IntoResponse, Response},
};
use squall_routing::Rule;
use squall_static::{ConfigError, ServeStatic, StaticFiles, StaticUrls};
use tower::ServiceExt;

use crate::{Error, handler::Endpoint};

/// Served at the top as well, since clients look for them there.
const AT_THE_TOP: [&str; 2] = ["robots.txt", "favicon.ico"];

/// What an application was told about its static files.
#[derive(Default)]
pub(crate) struct Files {
    pub(crate) files: Option<StaticFiles>,
    pub(crate) prefix: Option<String>,
}

/// What static files add to an application.
pub(crate) struct Added {
    pub(crate) routes: Vec<(Rule, Endpoint)>,
    pub(crate) urls: StaticUrls,
}

impl Files {
    pub(crate) fn path(&mut self, path: PathBuf) {
        self.files = Some(StaticFiles::new(path));
    }

    pub(crate) fn build(self) -> Result<Option<Added>, ConfigError> {
        let Some(mut files) = self.files else {
            return Ok(None);
        };
        if let Some(prefix) = self.prefix {
            files = files.static_url_prefix(prefix);
        }
        let files = files.build()?;
        let prefix = files.static_url_prefix();
        let below = endpoint(files.prefixed());
        let mut routes = vec![
            (Rule::new(prefix), below.clone()),
            (Rule::new(format!("{prefix}{{*path}}")), below),
        ];
        for name in AT_THE_TOP {
            routes.push((Rule::new(format!("/{name}")), endpoint(files.only(name)?)));
        }
        Ok(Some(Added {
            routes,
            urls: files.urls(),
        }))
    }
}

/// Serves files; what is wrong with a request becomes an error of the application, with its page.
pub(crate) fn endpoint(files: ServeStatic) -> Endpoint {
    Endpoint::from_fn(move |request: Request| {
        let answer = files.clone().oneshot(request);
        async move {
            let response = answer.await.unwrap_or_else(|never| match never {});
            let response: Response = response.map(Body::new);
            let status = response.status();
            if !(status.is_client_error() || status.is_server_error()) {
                return response;
            }
            let mut error = Error::status(status).into_response();
            error.headers_mut().extend(response.headers().clone());
            error
        }
    })
}
