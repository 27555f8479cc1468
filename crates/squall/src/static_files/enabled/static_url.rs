//! `Urls::static_url`.

use crate::Urls;

impl Urls {
    /// Returns the URL of a static file with the version of its content (Tornado's `static_url`):
    /// `images/logo.png` → `/static/images/logo.png?v=…`. The file is read the first time; see
    /// [`StaticUrls::url`](squall_static::StaticUrls::url).
    ///
    /// Without a [`static_path`](crate::Application::static_path) the URL has no version, and a
    /// warning is logged.
    #[must_use]
    pub fn static_url(&self, name: &str) -> String {
        self.file(name)
    }

    /// As [`static_url`](Self::static_url), after a scheme and a host such as
    /// `https://example.com` (Tornado's `include_host`).
    #[must_use]
    pub fn static_url_with_host(&self, origin: &str, name: &str) -> String {
        format!("{}{}", origin.trim_end_matches('/'), self.static_url(name))
    }
}
