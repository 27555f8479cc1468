//! `Application::xsrf_cookies` and `xsrf_with`.

use squall_xsrf::XsrfLayer;

use crate::Application;

impl<S: Clone + Send + Sync + 'static> Application<S> {
    /// Sets whether requests with unsafe methods must come from pages of this site: by their
    /// origin, and by Tornado's token in the form field `_xsrf` or the header `X-XSRFToken`
    /// (Tornado's `xsrf_cookies`). The response to others is 403. [`Page`](crate::Page) and
    /// [`Xsrf`](crate::Xsrf) make tokens; [`Route::without_xsrf`](crate::Route::without_xsrf) exempts routes that
    /// browsers do not request.
    ///
    /// Default: `false`.
    pub fn xsrf_cookies(mut self, enabled: bool) -> Self {
        self.settings.xsrf.0 = enabled.then(XsrfLayer::new);
        self
    }

    /// As [`xsrf_cookies`](Self::xsrf_cookies), with other settings. The scheme of a request is
    /// set here.
    ///
    /// Default: none.
    pub fn xsrf_with(mut self, xsrf: XsrfLayer) -> Self {
        self.settings.xsrf.0 = Some(xsrf);
        self
    }
}
