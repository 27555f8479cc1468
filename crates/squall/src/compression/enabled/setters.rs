//! `Application::compress_response`.

use super::Settings;
use crate::Application;

impl<S: Clone + Send + Sync + 'static> Application<S> {
    /// Sets whether responses are compressed with gzip for clients that accept it (Tornado's
    /// `compress_response`).
    ///
    /// Compressed are texts, JSON, XML, scripts and SVG images of 1,024 bytes or more, and such
    /// responses of unknown length, chunk by chunk. Not compressed are responses with a content coding
    /// of their own, such as precompressed static files, ranges, event streams, other images, error pages
    /// without a handler, and all with `Cache-Control: no-store` or `no-transform`.
    ///
    /// Where a page has both a secret and a text that others choose, such as a search term, the length of
    /// the compressed page tells how well the two match; over HTTPS, too (the attack BREACH). Tokens of
    /// [`xsrf_cookies`](Self::xsrf_cookies) differ in each page and are safe. Send pages with other secrets
    /// with `Cache-Control: no-store`.
    ///
    /// Behind nginx with `gzip on`, this is not needed.
    ///
    /// Default: `false`, because of that attack.
    pub fn compress_response(mut self, enabled: bool) -> Self {
        self.settings.compression = Settings(enabled);
        self
    }
}
