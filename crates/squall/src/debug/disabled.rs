//! Failures without backtrace, and their log lines.

#[cfg(feature = "templates")]
use std::path::PathBuf;
use std::{any::Any, error::Error, fmt, sync::Arc};

use axum_core::response::Response;
use http::{Extensions, Method, Request, Uri};
use squall_server::{BoxError, panic_message};

#[derive(Default)]
pub(crate) struct Settings {}

/// An error or a panic that the client did not cause.
#[derive(Clone)]
pub(crate) struct Failure(Arc<dyn Error + Send + Sync>);

/// A panic of a handler.
#[derive(Debug)]
struct Panic(String);

/// Logs failures; there is no page.
pub(crate) struct Tracebacks;

/// The head of a request whose response is pending.
pub(crate) struct Observed {
    method: Method,
    uri: Uri,
}

/// Metadata for the page; never in a request.
#[derive(Clone)]
pub(crate) enum RequestMetadata {}

/// Marks a traceback page; no response is one.
#[derive(Clone)]
pub(crate) enum ShownTraceback {}

/// The lines of a template, for the page.
#[cfg(feature = "templates")]
pub(crate) struct Snippet;

impl Settings {
    pub(crate) fn is_on(&self) -> bool {
        false
    }

    pub(crate) fn allowed_hosts(&self) -> impl Iterator<Item = &str> {
        std::iter::empty()
    }

    pub(crate) fn editor(&self) -> Option<&str> {
        None
    }

    pub(crate) fn build(self) -> Tracebacks {
        Tracebacks
    }
}

impl Failure {
    pub(crate) fn new(error: impl Into<BoxError>) -> Self {
        Self(error.into().into())
    }

    pub(crate) fn from_panic(payload: &(dyn Any + Send)) -> Self {
        Self::new(Panic(panic_message(payload).to_owned()))
    }

    pub(crate) fn error(&self) -> &(dyn Error + Send + Sync + 'static) {
        &*self.0
    }

    #[cfg(feature = "templates")]
    pub(crate) fn with_snippet(self, _: Snippet) -> Self {
        self
    }
}

impl Tracebacks {
    pub(crate) fn observe<B>(&self, request: &mut Request<B>) -> Observed {
        Observed {
            method: request.method().clone(),
            uri: request.uri().clone(),
        }
    }

    pub(crate) fn observe_parts(&self, method: Method, uri: Uri, _: &Extensions) -> Observed {
        Observed { method, uri }
    }

    pub(crate) fn shows_page(&self) -> bool {
        false
    }
}

impl Observed {
    pub(crate) fn method(&self) -> &Method {
        &self.method
    }

    pub(crate) fn uri(&self) -> &Uri {
        &self.uri
    }

    /// Returns the path. The query may contain secrets, which only the feature `debug` can hide.
    pub(crate) fn target(&self) -> String {
        format!("{}?…", self.uri.path())
    }

    /// Logs the failure that a response carries.
    pub(crate) fn respond(&self, mut response: Response) -> Response {
        if !response.status().is_server_error() {
            return response;
        }
        if let Some(Failure(error)) = response.extensions_mut().remove() {
            let causes = std::iter::successors(error.source(), |&error| error.source());
            let causes: String = causes.map(|cause| format!(": {cause}")).collect();
            let text = format!("{error}{causes}");
            let (status, method, path) = (response.status(), &self.method, self.uri.path());
            // Debug formatting escapes line breaks, so that neither text begins a new line.
            tracing::error!(status = status.as_u16(), %method, ?path, error = ?text, "request failed");
        }
        response
    }
}

impl RequestMetadata {
    pub(crate) fn set_route(&self, _: &str) {
        match *self {}
    }

    pub(crate) fn add_param(&self, _: &str, _: impl Into<String>) {
        match *self {}
    }

    #[cfg(feature = "form")]
    pub(crate) fn add_form_field(&self, _: String, _: String) {
        match *self {}
    }
}

#[cfg(feature = "templates")]
impl Snippet {
    pub(crate) fn new(_: &str, _: &str, _: u32) -> Self {
        Self
    }

    pub(crate) fn file(self, _: PathBuf) -> Self {
        self
    }
}

impl fmt::Display for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Panic {}
