//! The live-reload layer: adds the script to pages, and serves the script and its events.

use std::{
    fmt,
    net::IpAddr,
    path::PathBuf,
    pin::Pin,
    sync::{Arc, OnceLock},
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use http::{
    Extensions, HeaderMap, HeaderValue, Method, Request, Response, StatusCode,
    header::{
        ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LENGTH,
        CONTENT_RANGE, CONTENT_TYPE, ETAG, LAST_MODIFIED,
    },
};
use http_body::Body;
use pin_project_lite::pin_project;
use squall_fields::MediaType;
use squall_peers::check_local;
use tower_layer::Layer;
use tower_service::Service;

use super::{
    allowed::is_navigation,
    body::LiveBody,
    changes::events,
    events::{Event, Hub},
    inject::Injector,
    settings::LiveReload,
};
use crate::{Roots, Watch, Watching, state::StateSetting};

const EVENTS: &str = "/_squall/live";
const SCRIPT: &str = "/_squall/live.js";

/// A layer that adds a live-reload script to HTML pages; created by [`LiveReload::layer`].
///
/// The layer changes only HTML responses to requests from this machine, to a name of this machine.
/// A page with `data-no-reload` on its `<html>` gets no script. A page with the script is sent with
/// `Cache-Control: no-store`.
///
/// The layer serves `/_squall/live.js` and `/_squall/live` itself. Clones share their events.
#[derive(Clone, Debug)]
pub struct LiveReloadLayer {
    shared: Arc<Shared>,
}

impl LiveReload {
    /// Creates the layer. `peer` returns the address of the peer from a request's extensions. Only
    /// requests from this machine get scripts and events; a request without a peer gets none.
    ///
    /// ```
    /// use std::net::SocketAddr;
    /// use axum::{Router, extract::ConnectInfo};
    /// use squall_autoreload::LiveReload;
    ///
    /// let live = LiveReload::new().watch("static").layer(|extensions| {
    ///     extensions.get().map(|ConnectInfo::<SocketAddr>(peer)| peer.ip())
    /// });
    /// let app: Router = Router::new().layer(live);
    /// # drop(app);
    /// ```
    pub fn layer(
        self,
        peer: impl Fn(&Extensions) -> Option<IpAddr> + Send + Sync + 'static,
    ) -> LiveReloadLayer {
        LiveReloadLayer::new(self, peer)
    }
}

impl LiveReloadLayer {
    fn new(
        settings: LiveReload,
        peer: impl Fn(&Extensions) -> Option<IpAddr> + Send + Sync + 'static,
    ) -> Self {
        let tag = format!(
            "<script src=\"{SCRIPT}\" data-generation=\"{}\" defer></script>\n",
            settings.generation
        );
        Self {
            shared: Arc::new(Shared {
                settings,
                peer: Box::new(peer),
                tag: tag.into(),
                hub: Arc::default(),
                watching: OnceLock::new(),
            }),
        }
    }

    /// Ends all event streams. Call it on a graceful shutdown, which otherwise waits for them.
    /// Browsers reconnect, to the next process.
    pub fn close(&self) {
        self.shared.hub.close();
    }
}

struct Shared {
    settings: LiveReload,
    peer: Box<FindPeer>,
    tag: Bytes,
    hub: Arc<Hub>,
    /// Started by the first request, so that a process without requests, such as a supervisor, has
    /// no watch.
    watching: OnceLock<Option<Watching>>,
}

type FindPeer = dyn Fn(&Extensions) -> Option<IpAddr> + Send + Sync;

impl Shared {
    fn is_allowed<B>(&self, request: &Request<B>) -> bool {
        let settings = &self.settings;
        let peer = (self.peer)(request.extensions());
        settings.state != StateSetting::Disabled
            && check_local(peer, request, &settings.hosts).is_ok()
    }

    fn own_response<B, R>(&self, request: &Request<B>) -> Option<Response<LiveBody<R>>> {
        let is_get = request.method() == Method::GET;
        let (kind, body) = match request.uri().path() {
            SCRIPT if is_get => (
                "text/javascript; charset=utf-8",
                LiveBody::text(include_str!("live.js")),
            ),
            EVENTS if is_get => (
                "text/event-stream",
                LiveBody::events(self.hub.subscribe(&self.first_events())),
            ),
            _ => return None,
        };
        let mut response = Response::new(body);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        Some(response)
    }

    /// Returns the first events of a stream: the generation and the present status.
    fn first_events(&self) -> [Event; 2] {
        self.watch();
        let ready = Event::Ready {
            generation: self.settings.generation.clone(),
            editor: self.settings.editor.clone(),
        };
        let status = match &self.settings.state {
            StateSetting::File(file) => file.read(),
            StateSetting::Unset | StateSetting::Disabled => crate::Status::Fine,
        };
        [ready, status.into()]
    }

    fn watch(&self) {
        self.watching.get_or_init(|| {
            let settings = &self.settings;
            let mut roots = settings.watched.iter().fold(Roots::new(), Roots::path);
            if let StateSetting::File(file) = &settings.state {
                roots = roots.path(file.path());
            }
            let hub = Arc::clone(&self.hub);
            let settings = settings.clone();
            let started =
                Watch::new(roots)
                    .quiet(Duration::from_millis(15))
                    .start(move |changed| {
                        for event in events(&settings, changed.keys().map(PathBuf::as_path)) {
                            hub.send(&event);
                        }
                    });
            started
                .inspect_err(
                    |error| tracing::warn!(%error, "live reload is disabled: cannot watch files"),
                )
                .ok()
        });
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.settings.fmt(f)
    }
}

impl<S> Layer<S> for LiveReloadLayer {
    type Service = LiveReloadService<S>;

    fn layer(&self, inner: S) -> LiveReloadService<S> {
        LiveReloadService {
            inner,
            shared: Arc::clone(&self.shared),
        }
    }
}

/// The service of [`LiveReloadLayer`].
#[derive(Clone, Debug)]
pub struct LiveReloadService<S> {
    inner: S,
    shared: Arc<Shared>,
}

impl<S, B, R> Service<Request<B>> for LiveReloadService<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    R: Body<Data = Bytes>,
{
    type Response = Response<LiveBody<R>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future, R>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let is_allowed = self.shared.is_allowed(&request);
        let own_response = is_allowed.then(|| self.shared.own_response(&request));
        if let Some(response @ Some(_)) = own_response {
            return ResponseFuture {
                kind: Kind::Own { response },
            };
        }
        let may_be_page =
            is_allowed && request.method() == Method::GET && is_navigation(request.headers());
        let tag = may_be_page.then(|| self.shared.tag.clone());
        if may_be_page {
            self.shared.watch();
            // A compressed page, such as a file beside its `.gz`, could not get the script.
            let headers = request.headers_mut();
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        }
        let inner = self.inner.call(request);
        ResponseFuture {
            kind: Kind::Inner { inner, tag },
        }
    }
}

pin_project! {
    /// The response future of [`LiveReloadService`].
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<F, R> {
        #[pin]
        kind: Kind<F, R>,
    }
}

pin_project! {
    #[project = KindProjection]
    enum Kind<F, R> {
        Own { response: Option<Response<LiveBody<R>>> },
        Inner { #[pin] inner: F, tag: Option<Bytes> },
    }
}

impl<F, R, E> Future for ResponseFuture<F, R>
where
    F: Future<Output = Result<Response<R>, E>>,
{
    type Output = Result<Response<LiveBody<R>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().kind.project() {
            KindProjection::Own { response } => Poll::Ready(Ok(response
                .take()
                .expect("a future is not polled after it has returned"))),
            KindProjection::Inner { inner, tag } => {
                let response = ready!(inner.poll(cx))?;
                Poll::Ready(Ok(with_script(response, tag.take())))
            }
        }
    }
}

impl<F, R> fmt::Debug for ResponseFuture<F, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}

fn with_script<R>(response: Response<R>, tag: Option<Bytes>) -> Response<LiveBody<R>> {
    let (mut head, body) = response.into_parts();
    match tag.filter(|_| is_page(head.status, &head.headers)) {
        None => Response::from_parts(head, LiveBody::plain(body)),
        Some(tag) => {
            // The length changes. A cached page would name an old generation in its script, and so
            // reload repeatedly.
            for name in [CONTENT_LENGTH, ETAG, LAST_MODIFIED] {
                head.headers.remove(name);
            }
            head.headers
                .insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
            Response::from_parts(head, LiveBody::page(body, Injector::new(tag)))
        }
    }
}

/// Whether the body is HTML that a script can be appended to.
fn is_page(status: StatusCode, headers: &HeaderMap) -> bool {
    headers
        .get(CONTENT_TYPE)
        .and_then(|value| MediaType::parse(value.as_bytes()))
        .is_some_and(|kind| kind.is("text/html"))
        && !status.is_informational()
        && !status.is_redirection()
        && status != StatusCode::NO_CONTENT
        && status != StatusCode::PARTIAL_CONTENT
        && ![CONTENT_ENCODING, CONTENT_RANGE, CONTENT_DISPOSITION]
            .iter()
            .any(|name| headers.contains_key(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_state_variable_disables_the_layer() {
        let request = Request::get("/")
            .header("host", "localhost")
            .body(())
            .unwrap();
        for (state, expected) in [(StateSetting::Unset, true), (StateSetting::Disabled, false)] {
            let mut settings = LiveReload::new();
            settings.state = state;
            let layer = settings.layer(|_| Some(IpAddr::from([127, 0, 0, 1])));
            assert_eq!(layer.shared.is_allowed(&request), expected);
        }
    }

    #[test]
    fn generation_is_escaped_in_the_script_tag() {
        let layer = LiveReload::new().generation("2\"><b>-a.B").layer(|_| None);
        let tag = String::from_utf8(layer.shared.tag.to_vec()).unwrap();
        assert!(tag.contains("data-generation=\"2___b_-a.B\""), "{tag}");
    }
}
