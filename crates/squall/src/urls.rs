//! URLs from names: of routes, and of static files.

use std::{convert::Infallible, fmt, sync::Arc};

use axum_core::extract::FromRequestParts;
use http::request::Parts;
use squall_routing::ReverseError;
use squall_static::StaticUrls;

use crate::service::Matched;

/// Makes URLs of this application: a handler takes it as an argument, a program gets it from
/// [`ApplicationService::urls`](crate::ApplicationService::urls). Clones are cheap.
///
/// # Examples
///
/// ```
/// use squall::{Html, Urls};
///
/// async fn home(urls: Urls) -> squall::Result<Html<String>> {
///     let logo = urls.static_url("images/logo.png");
///     let ada = urls.reverse_url("user", [7])?;
///     Ok(Html(format!(r#"<a href="{ada}"><img src="{logo}" alt="Ada"></a>"#)))
/// }
/// ```
#[derive(Clone, Default)]
pub struct Urls(Arc<Sources>);

#[derive(Default)]
struct Sources {
    routes: squall_routing::Urls,
    files: Option<StaticUrls>,
}

impl Urls {
    pub(crate) fn new(routes: squall_routing::Urls, files: Option<StaticUrls>) -> Self {
        Self(Arc::new(Sources { routes, files }))
    }

    /// The path of a [named](crate::Application::name) route (Tornado's `reverse_url`).
    ///
    /// # Errors
    ///
    /// When there is no such name, or the parameters do not fit its pattern.
    pub fn reverse_url<P: fmt::Display>(
        &self,
        name: &str,
        params: impl IntoIterator<Item = P>,
    ) -> Result<String, ReverseError> {
        self.0.routes.reverse(name, params)
    }

    /// The URL of a static file, with the version of its content (Tornado's `static_url`):
    /// `images/logo.png` → `/static/images/logo.png?v=…`. The file is read the first time; see
    /// [`StaticUrls::url`].
    ///
    /// Without a [`static_path`](crate::Application::static_path) there is no version, and the log
    /// says so.
    #[must_use]
    pub fn static_url(&self, name: &str) -> String {
        match &self.0.files {
            Some(files) => files.url(name),
            None => {
                tracing::warn!(name, "static_url without a static_path");
                format!("/static/{name}")
            }
        }
    }

    /// As [`static_url`](Self::static_url), after a scheme and a host such as
    /// `https://example.com` (Tornado's `include_host`).
    #[must_use]
    pub fn static_url_with_host(&self, origin: &str, name: &str) -> String {
        format!("{}{}", origin.trim_end_matches('/'), self.static_url(name))
    }
}

/// In a request that came by no route, it knows no names.
impl<S: Send + Sync> FromRequestParts<S> for Urls {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let matched = parts.extensions.get::<Matched>();
        Ok(matched
            .map(|matched| matched.site.urls.clone())
            .unwrap_or_default())
    }
}

impl fmt::Debug for Urls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Urls").finish_non_exhaustive()
    }
}
