//! `Urls`: reverse routing, and the URLs of static files.

use std::{fmt, sync::Arc};

use squall_routing::ReverseError;

use crate::static_files::FileUrls;

/// Reverse routing: builds URLs of this application. It is an extractor, and outside of handlers
/// [`ApplicationService::urls`](crate::ApplicationService::urls) returns it. Clones are cheap.
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
    #[cfg_attr(
        not(any(feature = "static", feature = "templates")),
        expect(dead_code, reason = "only pages and `static_url` use them")
    )]
    files: FileUrls,
}

impl Urls {
    pub(crate) fn new(routes: squall_routing::Urls, files: FileUrls) -> Self {
        Self(Arc::new(Sources { routes, files }))
    }

    /// Returns the path of a [named](crate::Route::name) route (Tornado's `reverse_url`).
    ///
    /// # Errors
    ///
    /// If there is no such name, or the parameters do not match its pattern.
    pub fn reverse_url<P: fmt::Display>(
        &self,
        name: &str,
        params: impl IntoIterator<Item = P>,
    ) -> Result<String, ReverseError> {
        self.0.routes.reverse(name, params)
    }

    /// Returns the URLs of static files.
    #[cfg(any(feature = "static", feature = "templates"))]
    pub(crate) fn files(&self) -> &FileUrls {
        &self.0.files
    }
}

impl fmt::Debug for Urls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Urls").finish_non_exhaustive()
    }
}
