//! `ServeStatic`: the tower service for static files.

use std::{
    convert::Infallible,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri, header};
use tower_service::Service;

use crate::{
    blocking::{self, BlockingTask},
    error::ConfigError,
    request::{
        head::RequestHead,
        path::{FilePath, check_name},
    },
    request_context::RequestContext,
    response::{body::Body, status},
    state::ServiceState,
    system::IoMode,
    urls::StaticUrls,
};

/// The [`tower_service::Service`] that [`StaticFiles::build`](crate::StaticFiles::build) returns.
///
/// It never returns an error. A missing file is a 404 response with an empty body. Clones share one
/// cache.
#[derive(Clone, Debug)]
pub struct ServeStatic {
    pub(crate) state: Arc<ServiceState>,
    pub(crate) scope: Scope,
}

/// The part of the request's path that names a file.
#[derive(Clone, Debug)]
pub(crate) enum Scope {
    /// The whole path.
    All,
    /// The path after the prefix of static URLs.
    Prefixed,
    /// Always the same file, for every path.
    Only(Arc<str>),
}

impl ServeStatic {
    /// Returns a service for requests whose path starts with
    /// [`static_url_prefix`](crate::StaticFiles::static_url_prefix); other requests get 404.
    ///
    /// Without it, the whole path names a file: for a router that strips the prefix, such as axum's
    /// `nest_service`, and for files at the root, such as `/robots.txt`.
    #[must_use]
    pub fn prefixed(&self) -> Self {
        self.scoped(Scope::Prefixed)
    }

    /// Returns a service that responds to every request with one file, which need not exist yet.
    ///
    /// # Errors
    ///
    /// Returns [`ConfigError::Name`] if the name can never be served.
    pub fn only(&self, name: &str) -> Result<Self, ConfigError> {
        check_name(name, self.state.dotfiles)?;
        Ok(self.scoped(Scope::Only(name.into())))
    }

    /// Returns a URL builder for these files.
    #[must_use]
    pub fn urls(&self) -> StaticUrls {
        StaticUrls {
            state: Arc::clone(&self.state),
        }
    }

    /// Returns the prefix of static URLs: `/static/`.
    #[must_use]
    pub fn static_url_prefix(&self) -> &str {
        &self.state.prefix
    }

    /// Responds to a request at once, as the service does; `None` if that would wait for the disk.
    ///
    /// It spares a caller that has to box futures or to copy requests the cost of both.
    #[must_use]
    pub fn respond_at_once(
        &self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
    ) -> Option<Response<Body>> {
        let head = RequestHead {
            method,
            uri,
            headers,
        };
        self.respond(head, IoMode::Inline).ok()
    }

    /// Responds to a request on tokio's blocking thread pool, for which
    /// [`respond_at_once`](Self::respond_at_once) had no response.
    pub fn respond_later<B>(&self, request: Request<B>) -> ResponseFuture {
        let service = self.clone();
        // The request body is not read: the server drains it or closes the connection.
        let (request, _) = request.into_parts();
        let respond = move || {
            let head = RequestHead {
                method: &request.method,
                uri: &request.uri,
                headers: &request.headers,
            };
            service.respond(head, IoMode::Blocking)
        };
        ResponseFuture(State::Waiting(blocking::run(respond)))
    }

    /// Returns the current size of the cache in bytes.
    #[must_use]
    pub fn cached(&self) -> u64 {
        self.state.store.size()
    }

    fn scoped(&self, scope: Scope) -> Self {
        Self {
            state: Arc::clone(&self.state),
            scope,
        }
    }

    /// Responds to a request; [`WouldBlock`](io::ErrorKind::WouldBlock) if inline mode would have
    /// to wait for the disk.
    fn respond(&self, request: RequestHead<'_>, mode: IoMode) -> io::Result<Response<Body>> {
        if !matches!(*request.method, Method::GET | Method::HEAD) {
            let mut response = status(StatusCode::METHOD_NOT_ALLOWED);
            response
                .headers_mut()
                .insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
            return Ok(response);
        }
        let Some(path) = self.path(request.uri.path()) else {
            return Ok(status(StatusCode::NOT_FOUND));
        };
        let context = RequestContext::new(&self.state, request, mode);
        let error = match context.path(&path) {
            Ok(response) => return Ok(response),
            Err(error) => error,
        };
        match error.kind() {
            io::ErrorKind::WouldBlock if mode == IoMode::Inline => Err(error),
            io::ErrorKind::NotFound => context.fallback(&path.name),
            _ => {
                tracing::error!(%error, path = %path.name.escape_debug(), "cannot read a static file");
                Ok(status(StatusCode::INTERNAL_SERVER_ERROR))
            }
        }
    }

    fn path<'a>(&'a self, path: &'a str) -> Option<FilePath<'a>> {
        let dotfiles = self.state.dotfiles;
        match &self.scope {
            Scope::All => FilePath::from_url(path, dotfiles),
            Scope::Prefixed => {
                // The rest keeps its slash, so that `/static//a` has an empty segment.
                let prefix = self.state.prefix.trim_end_matches('/');
                let rest = path
                    .strip_prefix(prefix)
                    .filter(|rest| rest.starts_with('/'))?;
                FilePath::from_url(rest, dotfiles)
            }
            Scope::Only(name) => FilePath::from_name(name, dotfiles),
        }
    }
}

impl<B> Service<Request<B>> for ServeStatic {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = ResponseFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> ResponseFuture {
        match self.respond_at_once(request.method(), request.uri(), request.headers()) {
            Some(response) => ResponseFuture(State::Ready(Some(response))),
            None => self.respond_later(request),
        }
    }
}

/// The response future of [`ServeStatic`]; ready at once unless it waits for the disk.
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct ResponseFuture(State);

#[derive(Debug)]
enum State {
    Ready(Option<Response<Body>>),
    Waiting(BlockingTask<Response<Body>>),
}

impl Future for ResponseFuture {
    type Output = Result<Response<Body>, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.get_mut().0 {
            State::Ready(response) => {
                Poll::Ready(Ok(response.take().expect("polled after completion")))
            }
            State::Waiting(running) => Pin::new(running).poll(cx).map(|result| {
                Ok(result.unwrap_or_else(|error| {
                    tracing::error!(%error, "cannot read a static file");
                    status(StatusCode::INTERNAL_SERVER_ERROR)
                }))
            }),
        }
    }
}
