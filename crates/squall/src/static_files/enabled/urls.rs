//! URLs of static files.

use squall_static::StaticUrls;

/// The URLs of the application's static files, if it has any.
#[derive(Default)]
pub(crate) struct Urls(pub(super) Option<StaticUrls>);

impl crate::Urls {
    /// Returns the URL of a static file with the version of its content (Tornado's `static_url`):
    /// `images/logo.png` → `/static/images/logo.png?v=…`. The file is read the first time; see
    /// [`StaticUrls::url`].
    ///
    /// Without a [`static_path`](crate::Application::static_path) the URL has no version, and a
    /// warning is logged.
    #[must_use]
    pub fn static_url(&self, name: &str) -> String {
        match &self.files().0 {
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
    /// Returns the templates' function `static_url`.
    #[cfg(feature = "templates")]
    pub(crate) fn static_url_function(&self) -> Option<impl Fn(&str) -> String + use<>> {
        let urls = self.clone();
        Some(move |name: &str| urls.static_url(name))
    }
}
