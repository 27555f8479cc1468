//! The service: which file a request is for, and what becomes of it when there is none.

use std::{
    collections::{HashMap, HashSet},
    convert::Infallible,
    io,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

use http::{HeaderValue, Method, Request, Response, StatusCode, header, request};
use tower_service::Service;

use crate::{
    ConfigError, StaticUrls,
    blocking::{self, Running},
    body::Body,
    path::FilePath,
    respond::status,
    static_files::checked_name,
    store::Store,
    system::How,
    visit::Visit,
};

/// Serves files: a [`tower_service::Service`] that [`StaticFiles::build`](crate::StaticFiles::build) makes.
///
/// It answers every request, and never fails: 404 for what is not there, without a body. Clones share
/// one cache.
#[derive(Clone, Debug)]
pub struct ServeStatic {
    pub(crate) shared: Arc<Shared>,
    pub(crate) scope: Scope,
}

/// Which part of a request's path names a file.
#[derive(Clone, Debug)]
pub(crate) enum Scope {
    /// All of it.
    All,
    /// What follows the prefix of static URLs.
    Prefixed,
    /// None: it is always this one.
    Only(Arc<str>),
}

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) store: Arc<Store>,
    pub(crate) prefix: String,
    pub(crate) default_filename: Option<String>,
    pub(crate) fallback: Option<String>,
    pub(crate) dotfiles: bool,
    pub(crate) listing: bool,
    pub(crate) hashed_names: bool,
    pub(crate) manifest: HashMap<String, String>,
    /// Names without a file that the log has heard of.
    pub(crate) warned: Mutex<HashSet<String>>,
}

impl ServeStatic {
    /// The same files for requests whose path begins with
    /// [`static_url_prefix`](crate::StaticFiles::static_url_prefix); others get 404.
    ///
    /// Without it the whole path names a file: for a router that takes the prefix off, as
    /// axum's `nest_service` does, and for files at the top, such as `/robots.txt`.
    #[must_use]
    pub fn prefixed(&self) -> Self {
        self.scoped(Scope::Prefixed)
    }

    /// One of the files, whatever the request's path is.
    ///
    /// The file need not be there yet.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Name`] if no request could name it.
    pub fn only(&self, name: &str) -> Result<Self, ConfigError> {
        checked_name(name, self.shared.dotfiles)?;
        Ok(self.scoped(Scope::Only(name.into())))
    }

    /// Makes URLs of these files.
    #[must_use]
    pub fn urls(&self) -> StaticUrls {
        StaticUrls {
            shared: Arc::clone(&self.shared),
        }
    }

    /// What the path of a static URL begins with: `/static/`.
    #[must_use]
    pub fn static_url_prefix(&self) -> &str {
        &self.shared.prefix
    }

    /// How many bytes the cache takes now.
    #[must_use]
    pub fn cached(&self) -> u64 {
        self.shared.store.size()
    }

    fn scoped(&self, scope: Scope) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            scope,
        }
    }

    /// [`WouldBlock`](io::ErrorKind::WouldBlock) if it cannot be answered without waiting.
    fn answer(&self, request: &request::Parts, how: How) -> io::Result<Response<Body>> {
        if !matches!(request.method, Method::GET | Method::HEAD) {
            let mut response = status(StatusCode::METHOD_NOT_ALLOWED);
            response
                .headers_mut()
                .insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
            return Ok(response);
        }
        let Some(path) = self.path(request) else {
            return Ok(status(StatusCode::NOT_FOUND));
        };
        let visit = Visit::new(&self.shared, request, how);
        let error = match visit.path(&path) {
            Ok(response) => return Ok(response),
            Err(error) => error,
        };
        match error.kind() {
            io::ErrorKind::WouldBlock if how == How::Inline => Err(error),
            io::ErrorKind::NotFound => visit.fallback(&path.name),
            _ => {
                tracing::error!(%error, path = %path.name.escape_debug(), "a file cannot be read");
                Ok(status(StatusCode::INTERNAL_SERVER_ERROR))
            }
        }
    }

    fn path<'a>(&'a self, request: &'a request::Parts) -> Option<FilePath<'a>> {
        let path = request.uri.path();
        let dotfiles = self.shared.dotfiles;
        match &self.scope {
            Scope::All => FilePath::from_url(path, dotfiles),
            Scope::Prefixed => {
                // The rest keeps the slash: a second one after it must not vanish.
                let prefix = self.shared.prefix.trim_end_matches('/');
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
        // The server drains a body that nobody reads, or closes the connection.
        let (request, _) = request.into_parts();
        match self.answer(&request, How::Inline) {
            Ok(response) => ResponseFuture(State::Ready(Some(response))),
            Err(_) => {
                let service = self.clone();
                let answer = move || service.answer(&request, How::Blocking);
                ResponseFuture(State::Waiting(blocking::run(answer)))
            }
        }
    }
}

/// The response of [`ServeStatic`]: there already, unless it has to wait for a disk.
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct ResponseFuture(State);

#[derive(Debug)]
enum State {
    Ready(Option<Response<Body>>),
    Waiting(Running<Response<Body>>),
}

impl Future for ResponseFuture {
    type Output = Result<Response<Body>, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.get_mut().0 {
            State::Ready(response) => {
                Poll::Ready(Ok(response.take().expect("polled after it was ready")))
            }
            State::Waiting(running) => Pin::new(running).poll(cx).map(|result| {
                Ok(result.unwrap_or_else(|error| {
                    tracing::error!(%error, "a file cannot be read");
                    status(StatusCode::INTERNAL_SERVER_ERROR)
                }))
            }),
        }
    }
}
