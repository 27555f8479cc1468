//! The tower layer: gives pages their script, and the script its events.

use std::{
    fmt,
    net::IpAddr,
    path::{Path, PathBuf},
    pin::Pin,
    process,
    sync::{Arc, OnceLock},
    task::{Context, Poll, ready},
    time::{Duration, SystemTime, UNIX_EPOCH},
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
use tower_layer::Layer;
use tower_service::Service;

use super::{
    allowed::{is_local, is_navigation, is_same_origin},
    body::LiveBody,
    events::{Event, Hub},
    inject::Injector,
};
use crate::{Roots, StateFile, Watch, Watching, state::Found};

const EVENTS: &str = "/_squall/live";
const SCRIPT: &str = "/_squall/live.js";

/// Settings of the layer that keeps pages up to date.
///
/// For development only: put it around a service where the program is told to debug, and nowhere
/// else.
#[derive(Clone, Debug)]
#[must_use = "settings do nothing until `layer`"]
pub struct LiveReload {
    hosts: Vec<String>,
    watched: Vec<PathBuf>,
    generation: String,
    state: Found,
}

impl LiveReload {
    /// The defaults.
    pub fn new() -> Self {
        let born = SystemTime::now().duration_since(UNIX_EPOCH);
        let born = born.unwrap_or_default().as_nanos();
        Self {
            hosts: Vec::new(),
            watched: Vec::new(),
            generation: format!("{}-{born}", process::id()),
            state: StateFile::from_env(),
        }
    }

    /// Serves under another name as well, such as that of a proxy on this machine. Without a port.
    ///
    /// Defaults to `localhost`, `*.localhost`, `127.0.0.1` and `[::1]`.
    pub fn allow_host(mut self, host: impl AsRef<str>) -> Self {
        self.hosts.push(host.as_ref().to_ascii_lowercase());
        self
    }

    /// Watches a directory, or a file, that the running program reads by itself: static files, templates. Of a
    /// style sheet, pages take the new text without being loaded again.
    ///
    /// Defaults to nothing.
    pub fn watch(mut self, path: impl Into<PathBuf>) -> Self {
        self.watched.push(path.into());
        self
    }

    /// What tells this program from the one before. A page that came from another is loaded again.
    /// What is neither an ASCII letter or digit nor `.` or `-` becomes `_`.
    ///
    /// Defaults to the process id and the time.
    pub fn generation(mut self, generation: impl AsRef<str>) -> Self {
        let harmless = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
        let text = generation.as_ref().chars();
        self.generation = text.map(|c| if harmless(c) { c } else { '_' }).collect();
        self
    }

    /// Where builds are told of.
    ///
    /// Defaults to what the environment variable `SQUALL_DEV_STATE` names, set by `squall dev`;
    /// set and empty, it turns the layer off.
    pub fn state(mut self, file: StateFile) -> Self {
        self.state = Found::File(file);
        self
    }

    /// The layer. `peer` finds who has connected among a request's extensions: only what comes from
    /// this machine gets scripts and events, so an unknown peer gets none.
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
        let tag = format!(
            "<script src=\"{SCRIPT}\" data-generation=\"{}\" defer></script>\n",
            self.generation
        );
        LiveReloadLayer {
            shared: Arc::new(Shared {
                settings: self,
                peer: Box::new(peer),
                tag: tag.into(),
                hub: Arc::default(),
                watching: OnceLock::new(),
            }),
        }
    }
}

impl Default for LiveReload {
    fn default() -> Self {
        Self::new()
    }
}

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
        settings.state != Found::LeaveAlone
            && is_local(peer, request.uri(), request.headers(), &settings.hosts)
    }

    fn answer<B, R>(&self, request: &Request<B>) -> Option<Response<LiveBody<R>>> {
        let is_asked =
            request.method() == Method::GET && is_same_origin(request.uri(), request.headers());
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

/// What changed files mean to pages: at most one reason to load them again.
fn events<'a>(settings: &LiveReload, changed: impl Iterator<Item = &'a Path>) -> Vec<Event> {
    let mut events = Vec::new();
    for path in changed {
        let event = match &settings.state {
            Found::File(file) if file.path() == path => file.read().into(),
            _ if path.extension().is_some_and(|extension| extension == "css") => Event::Css {
                path: relative(settings, path),
            },
            _ => Event::Reload {},
        };
        if !events.contains(&event) {
            events.push(event);
        }
    }
    events
}

/// As the path of a URL ends in it.
fn relative(settings: &LiveReload, path: &Path) -> String {
    let inside = settings
        .watched
        .iter()
        .find_map(|root| path.strip_prefix(root).ok());
    let inside = inside.filter(|path| path.file_name().is_some());
    let name = path.file_name().unwrap_or_default();
    inside
        .unwrap_or(Path::new(name))
        .to_string_lossy()
        .into_owned()
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
    use crate::Status;

    #[test]
    fn what_changed_files_mean() {
        let directory = testkit::temp_dir();
        let file = StateFile::new(directory.path().join("state"));
        file.publish(&Status::Building).unwrap();
        let settings = LiveReload::new()
            .watch("/site/static")
            .watch("/site/templates")
            .watch("/site/one.css")
            .state(file.clone());
        let css = |path: &str| Event::Css {
            path: path.to_owned(),
        };
        let table: &[(&[&str], Vec<Event>)] = &[
            (&[], vec![]),
            (&["/site/static/site.css"], vec![css("site.css")]),
            (&["/site/static/css/a.css"], vec![css("css/a.css")]),
            (&["/site/one.css"], vec![css("one.css")]),
            (
                &["/site/templates/a.html", "/site/static/a.js"],
                vec![Event::Reload {}],
            ),
            (&[file.path().to_str().unwrap()], vec![Event::Building {}]),
        ];
        for (changed, expected) in table {
            let changed = changed.iter().map(|path| Path::new(*path));
            assert_eq!(events(&settings, changed), *expected);
        }
    }

    #[test]
    fn generations_are_harmless() {
        let layer = LiveReload::new().generation("2\"><b>-a.B").layer(|_| None);
        let tag = String::from_utf8(layer.shared.tag.to_vec()).unwrap();
        assert!(tag.contains("data-generation=\"2___b_-a.B\""), "{tag}");
    }
}
