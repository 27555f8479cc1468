//! Request metadata that is needed after the request: for the access log and for error pages.

use std::{sync::Arc, time::Instant};

use http::{Extensions, HeaderValue, Request, StatusCode};
use squall_server::ConnectionInfo;

use super::{access_log, built::BuiltApplication};
use crate::{
    Error,
    debug::Observed,
    handler::endpoint::Endpoint,
    response::{error_pages::RequestHead, negotiate::Accept},
    xheaders::{LoggedClient, logged_client},
};

/// Request metadata for the log and for error pages.
pub(crate) struct RequestRecord {
    pub(super) observed: Observed,
    /// The media types of a default error page.
    accept: Accept,
    /// `Some` if the application has error pages of its own.
    pages: Option<(Arc<BuiltApplication>, RequestHead)>,
    /// `Some` in debug mode, whose pages about refusals show the routes.
    pub(super) debug: Option<Arc<BuiltApplication>>,
    pub(super) log: Option<AccessRecord>,
}

/// Request metadata for the access log.
pub(crate) struct AccessRecord {
    connection: Option<ConnectionInfo>,
    /// The client address that a trusted proxy names.
    source: Option<LoggedClient>,
    begun: Instant,
}

/// In the extensions of a request that a mounted application need not log.
#[derive(Clone)]
pub(crate) struct OuterLog;

impl RequestRecord {
    /// Returns the metadata of a request that goes on to a handler.
    pub(super) fn of<B>(
        request: &mut Request<B>,
        application: &Arc<BuiltApplication>,
        log: Option<AccessRecord>,
    ) -> Box<Self> {
        // Allocated first, so that the value is constructed in place and not moved.
        let space = Box::new_uninit();
        let record = Self {
            pages: pages(request, application),
            accept: Accept::of(request.headers()),
            observed: application.tracebacks.observe(request),
            debug: application.debug.then(|| Arc::clone(application)),
            log,
        };
        Box::write(space, record)
    }

    /// Takes the metadata of a request whose head is not needed any more, and returns the rest of
    /// it. This spares clones, and the search for `Accept`.
    pub(super) fn take<B>(
        request: Request<B>,
        application: &Arc<BuiltApplication>,
        log: Option<AccessRecord>,
    ) -> (Box<Self>, Extensions, B) {
        let space = Box::new_uninit();
        let pages = pages(&request, application);
        let (parts, body) = request.into_parts();
        let tracebacks = &application.tracebacks;
        let record = Self {
            pages,
            accept: Accept::In(parts.headers),
            observed: tracebacks.observe_parts(parts.method, parts.uri, &parts.extensions),
            debug: application.debug.then(|| Arc::clone(application)),
            log,
        };
        (Box::write(space, record), parts.extensions, body)
    }

    /// Takes the application's own page for errors of a status, with the head of its request.
    pub(super) fn take_page(&mut self, status: StatusCode) -> Option<(Endpoint, RequestHead)> {
        let (application, head) = self.pages.take()?;
        let page = application.error_pages.find(status)?.clone();
        Some((page, head))
    }

    /// Takes the value of `Accept`.
    pub(super) fn take_accept(&mut self) -> Option<HeaderValue> {
        std::mem::replace(&mut self.accept, Accept::Value(None)).into_value()
    }

    /// Writes the line of the access log, if there is one.
    pub(super) fn log(&self, status: u16, error: Option<&Error>) {
        let Some(log) = &self.log else {
            return;
        };
        let path = self.observed.uri().path();
        let has_query = self.observed.uri().query().is_some();
        let target = has_query.then(|| self.observed.target());
        access_log::Entry {
            method: self.observed.method(),
            target: target.as_deref().unwrap_or(path),
            connection: log.connection.as_ref(),
            source: log.source,
            begun: log.begun,
            status,
            error,
        }
        .log();
    }
}

impl AccessRecord {
    /// Returns the metadata of a request, if it is logged.
    pub(super) fn of(extensions: &Extensions, application: &BuiltApplication) -> Option<Self> {
        let is_logged = application.site.access_log
            && access_log::is_enabled()
            && extensions.get::<OuterLog>().is_none();
        is_logged.then(|| Self {
            connection: extensions.get().cloned(),
            source: logged_client(extensions),
            begun: Instant::now(),
        })
    }
}

/// Returns the head of a request, if the application has error pages.
fn pages<B>(
    request: &Request<B>,
    application: &Arc<BuiltApplication>,
) -> Option<(Arc<BuiltApplication>, RequestHead)> {
    let has_pages = !application.error_pages.is_empty();
    has_pages.then(|| (Arc::clone(application), RequestHead::of(request)))
}
