//! The tower layer: gives pages their script, and the script its events.

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
        CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE,
        CONTENT_TYPE, ETAG, LAST_MODIFIED,
    },
};
use http_body::Body;
use pin_project_lite::pin_project;
use squall_peers::check_local;
use tower_layer::Layer;
use tower_service::Service;

use super::{
    LiveReload,
    allowed::is_navigation,
    body::LiveBody,
    changes::events,
    events::{Event, Hub},
    inject::Injector,
};
use crate::{Roots, Watch, Watching, state::Found};

const EVENTS: &str = "/_squall/live";
const SCRIPT: &str = "/_squall/live.js";

/// Gives HTML pages a script that keeps them up to date; made by [`LiveReload::layer`].
///
/// Whatever is no page, does not come from this machine, or is asked for by another name than
/// this machine's, passes as if the layer were not there. A page that has `data-no-reload` on its
/// `<html>` gets no script, and a page that gets one is not cached.
///
/// It answers `/_squall/live.js` and `/_squall/live` itself. Clones share their events.
#[derive(Clone, Debug)]
pub struct LiveReloadLayer {
    shared: Arc<Shared>,
}

impl LiveReloadLayer {
    pub(super) fn new(
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

    /// Ends the streams of events: call it when the server is told to stop, which would otherwise wait for
    /// them. Browsers come back by themselves, and find the next program.
    pub fn close(&self) {
        self.shared.hub.close();
    }
}

struct Shared {
    settings: LiveReload,
    peer: Box<FindPeer>,
    tag: Bytes,
    hub: Arc<Hub>,
    /// Begun by the first request, so that a process which serves nobody watches nothing.
    watching: OnceLock<Option<Watching>>,
}

type FindPeer = dyn Fn(&Extensions) -> Option<IpAddr> + Send + Sync;

impl Shared {
    fn treats<B>(&self, request: &Request<B>) -> bool {
        let settings = &self.settings;
        let peer = (self.peer)(request.extensions());
        settings.state != Found::LeaveAlone && check_local(peer, request, &settings.hosts).is_ok()
    }

    fn answer<B, R>(&self, request: &Request<B>) -> Option<Response<LiveBody<R>>> {
        let is_asked = request.method() == Method::GET;
        let (kind, body) = match request.uri().path() {
            SCRIPT if is_asked => (
                "text/javascript; charset=utf-8",
                LiveBody::text(include_str!("live.js")),
            ),
            EVENTS if is_asked => (
                "text/event-stream",
                LiveBody::events(self.hub.listen(&self.first())),
            ),
            _ => return None,
        };
        let mut response = Response::new(body);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        Some(response)
    }

    /// What a browser that comes now has to know.
    fn first(&self) -> [Event; 2] {
        self.watch();
        let ready = Event::Ready {
            generation: self.settings.generation.clone(),
        };
        let status = match &self.settings.state {
            Found::File(file) => file.read(),
            Found::Nothing | Found::LeaveAlone => crate::Status::Fine,
        };
        [ready, status.into()]
    }

    fn watch(&self) {
        self.watching.get_or_init(|| {
            let settings = &self.settings;
            let mut roots = settings.watched.iter().fold(Roots::new(), Roots::path);
            if let Found::File(file) = &settings.state {
                roots = roots.path(file.path());
            }
            let hub = Arc::clone(&self.hub);
            let settings = settings.clone();
            let started =
                Watch::new(roots)
                    .quiet(Duration::from_millis(15))
                    .start(move |changed| {
                        for event in events(&settings, changed.iter().map(PathBuf::as_path)) {
                            hub.tell(&event);
                        }
                    });
            started
                .inspect_err(|error| tracing::warn!(%error, "pages are not kept up to date"))
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

/// A service whose pages keep themselves up to date; made by [`LiveReloadLayer`].
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

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let is_treated = self.shared.treats(&request);
        if let Some(response) = is_treated.then(|| self.shared.answer(&request)).flatten() {
            let response = Some(response);
            return ResponseFuture {
                kind: Kind::Own { response },
            };
        }
        let is_page_wanted =
            is_treated && request.method() == Method::GET && is_navigation(request.headers());
        let tag = is_page_wanted.then(|| self.shared.tag.clone());
        if is_page_wanted {
            self.shared.watch();
        }
        let inner = self.inner.call(request);
        ResponseFuture {
            kind: Kind::Inner { inner, tag },
        }
    }
}

pin_project! {
    /// The response of [`LiveReloadService`].
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
                .expect("a future is not polled after its end"))),
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
            // The length is another. The script names the program, so nobody may take a kept page for
            // that of the next one and load it for ever.
            for name in [CONTENT_LENGTH, ETAG, LAST_MODIFIED] {
                head.headers.remove(name);
            }
            head.headers
                .insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
            Response::from_parts(head, LiveBody::page(body, Injector::new(tag)))
        }
    }
}

/// Whether it is HTML that can be added to.
fn is_page(status: StatusCode, headers: &HeaderMap) -> bool {
    let kind = headers
        .get(CONTENT_TYPE)
        .map(HeaderValue::as_bytes)
        .unwrap_or_default();
    let media_type = kind.split(|byte| *byte == b';').next().unwrap_or_default();
    media_type.trim_ascii().eq_ignore_ascii_case(b"text/html")
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
    fn pages_can_be_left_alone() {
        let request = Request::get("/")
            .header("host", "localhost")
            .body(())
            .unwrap();
        for (state, expected) in [(Found::Nothing, true), (Found::LeaveAlone, false)] {
            let mut settings = LiveReload::new();
            settings.state = state;
            let layer = settings.layer(|_| Some(IpAddr::from([127, 0, 0, 1])));
            assert_eq!(layer.shared.treats(&request), expected);
        }
    }

    #[test]
    fn generations_are_harmless() {
        let layer = LiveReload::new().generation("2\"><b>-a.B").layer(|_| None);
        let tag = String::from_utf8(layer.shared.tag.to_vec()).unwrap();
        assert!(tag.contains("data-generation=\"2___b_-a.B\""), "{tag}");
    }
}
