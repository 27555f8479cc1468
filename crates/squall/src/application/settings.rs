//! The settings of an application: its own, and those of each feature.

use http::StatusCode;

use crate::{
    Application, Handler, auth,
    autoreload::{self, LiveReload},
    compression, cookies, debug,
    handler::endpoint::Endpoint,
    locale,
    response::error_pages::ErrorPages,
    routes::handler_types::HandlerTypes,
    static_files, templates, xsrf,
};

/// Settings as given. The settings of a feature that is off are empty.
pub(crate) struct ApplicationSettings {
    pub(crate) access_log: bool,
    pub(crate) error_pages: ErrorPages,
    pub(crate) auth: auth::Settings,
    pub(crate) compression: compression::Settings,
    pub(crate) cookies: cookies::Settings,
    pub(crate) debug: debug::Settings,
    pub(crate) files: static_files::Settings,
    pub(crate) locale: locale::Settings,
    pub(crate) templates: templates::Settings,
    pub(crate) xsrf: xsrf::Settings,
}

impl Default for ApplicationSettings {
    fn default() -> Self {
        Self {
            access_log: true,
            error_pages: ErrorPages::default(),
            auth: auth::Settings::default(),
            compression: compression::Settings::default(),
            cookies: cookies::Settings::default(),
            debug: debug::Settings::default(),
            files: static_files::Settings::default(),
            locale: locale::Settings::default(),
            templates: templates::Settings::default(),
            xsrf: xsrf::Settings::default(),
        }
    }
}

impl ApplicationSettings {
    /// Checks that there are settings for what a handler extracts.
    ///
    /// # Errors
    ///
    /// If the handler would reject every request.
    pub(crate) fn check_handler(&self, types: &HandlerTypes) -> Result<(), String> {
        self.templates.check_handler(types)?;
        let has_secret = self.cookies.has_secret();
        self.auth.check_handler(types, has_secret)
    }

    /// Returns the live reload of pages in debug mode, which watches static files and templates.
    pub(crate) fn live_reload(&self) -> Option<LiveReload> {
        if !self.debug.is_on() {
            return None;
        }
        let folders = self.files.root().into_iter();
        let folders = folders.chain(self.templates.folder());
        autoreload::live_reload(folders, self.debug.allowed_hosts(), self.debug.editor())
    }
}

impl<S: Clone + Send + Sync + 'static> Application<S> {
    /// Sets whether each request is logged in a line: status, method, path, client and
    /// milliseconds, at `INFO` below 400, `WARN` below 500, and `ERROR` above, under the target
    /// `squall::access` (Tornado's `tornado.access`). Query parameters with names of secrets are
    /// masked, see [`Tracebacks::hide`](crate::Tracebacks::hide); without the feature `debug`, the
    /// whole query is.
    ///
    /// A request whose client disconnected before the response is logged with
    /// [499](crate::CLIENT_CLOSED_REQUEST), and one that the shutdown cut off with 503.
    ///
    /// Default: `true`.
    pub fn access_log(mut self, enabled: bool) -> Self {
        self.settings.access_log = enabled;
        self
    }

    /// Sets the page for errors of one status: missing routes (404), missing methods (405), requests
    /// that are refused, failures and panics of handlers (500), and every [`Error`](crate::Error)
    /// that a handler returns. Other responses of handlers are not changed, whatever their status.
    ///
    /// The page is a handler like any other, and [`ErrorPage`](crate::ErrorPage) is its extractor of
    /// the error. It gets the head of the request, with GET and without a body, within the
    /// application's cookies and locale but outside of the layers that were added with
    /// [`layer`](Self::layer). A page that fails is logged, and the default page is sent instead.
    ///
    /// Default: the page of [`error_pages`](Self::error_pages); else a page with the status and the
    /// reason of a [refusal](crate::Error::refusal), as HTML, JSON (RFC 9457) or text, by `Accept`.
    pub fn error_page<T: 'static>(mut self, status: StatusCode, page: impl Handler<T, S>) -> Self {
        let page = Endpoint::from_handler(page, self.state.clone());
        self.settings.error_pages.set(Some(status), page);
        self
    }

    /// Sets the page for errors of every status that has no [`error_page`](Self::error_page) of its
    /// own.
    ///
    /// Default: as [`error_page`](Self::error_page).
    pub fn error_pages<T: 'static>(mut self, page: impl Handler<T, S>) -> Self {
        let page = Endpoint::from_handler(page, self.state.clone());
        self.settings.error_pages.set(None, page);
        self
    }
}
