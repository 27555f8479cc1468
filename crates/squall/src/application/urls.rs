//! `Urls`: reverse routing, and the URLs of static files.

use std::{fmt, sync::Arc};

use squall_routing::ReverseError;

use crate::{MountPrefix, static_files::FileUrls};

/// Reverse routing: builds URLs of this application. It is an extractor, and outside of handlers
/// [`ApplicationService::urls`](crate::ApplicationService::urls) returns it. Clones are cheap.
///
/// In a mounted application, the extractor's URLs begin with the path of the mount
/// ([`MountPrefix`]).
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
pub struct Urls {
    sources: Arc<Sources>,
    prefix: MountPrefix,
}

#[derive(Default)]
struct Sources {
    routes: squall_routing::Urls,
    #[cfg_attr(
        not(feature = "static"),
        expect(dead_code, reason = "only `static_url` uses them")
    )]
    files: FileUrls,
}

impl Urls {
    pub(crate) fn new(routes: squall_routing::Urls, files: FileUrls) -> Self {
        Self {
            sources: Arc::new(Sources { routes, files }),
            prefix: MountPrefix::default(),
        }
    }

    /// Returns the URLs of an application that is mounted at a prefix.
    pub(crate) fn below(&self, prefix: MountPrefix) -> Self {
        Self {
            sources: Arc::clone(&self.sources),
            prefix,
        }
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
        let path = self.sources.routes.reverse(name, params)?;
        Ok(self.prefix.path(path))
    }

    /// Returns the names of all routes that have one.
    #[cfg(feature = "templates")]
    pub(crate) fn route_names(&self) -> impl Iterator<Item = &str> {
        self.sources.routes.names()
    }

    /// Returns the URL of a static file. Without static files it has no version, and a warning is
    /// logged.
    #[cfg(feature = "static")]
    pub(crate) fn file(&self, name: &str) -> String {
        let path = self.sources.files.url(name).unwrap_or_else(|| {
            tracing::warn!(name, "static_url without a static_path");
            format!("/static/{name}")
        });
        self.prefix.path(path)
    }

    /// Returns whether the application is at the root.
    #[cfg(feature = "templates")]
    pub(crate) fn prefix(&self) -> &MountPrefix {
        &self.prefix
    }
}

impl fmt::Debug for Urls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Urls").finish_non_exhaustive()
    }
}
