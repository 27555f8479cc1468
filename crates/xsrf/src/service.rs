//! The tower service: checks each request, then calls the inner service or rejects it.

use std::{
    fmt, mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, header, request::Parts};
use http_body::Body;
use pin_project_lite::pin_project;
use tower_service::Service;

use crate::{
    Xsrf, XsrfBody, XsrfError,
    error::Kind,
    form::Form,
    origin::{is_same_origin, is_websocket},
    reader::Reader,
    settings::XsrfSettings,
    token::Token,
};

/// A service that forged requests do not reach; made by [`XsrfLayer`](crate::XsrfLayer).
///
/// It responds to them with 403, a line of plain text, and an [`XsrfError`] in the extensions.
#[derive(Clone, Debug)]
pub struct XsrfService<S> {
    inner: S,
    settings: Arc<XsrfSettings>,
}

/// The decision by the head of a request: call the inner service, or search the form.
enum Decision {
    Pass,
    Look(Form),
}

impl<S> XsrfService<S> {
    pub(crate) fn new(inner: S, settings: Arc<XsrfSettings>) -> Self {
        Self { inner, settings }
    }
}

impl<S, B, R> Service<Request<B>> for XsrfService<S>
where
    S: Service<Request<XsrfBody<B>>, Response = Response<R>> + Clone,
    B: Body<Data = Bytes> + Send + 'static,
    R: From<Bytes>,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = ResponseFuture<S, B, S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (mut parts, body) = request.into_parts();
        let is_https = (self.settings.is_https)(&parts.extensions);
        let xsrf = Xsrf::new(Arc::clone(&self.settings), is_https, &parts.headers);
        let state = match decide(&self.settings, &xsrf, &parts) {
            Ok(Decision::Pass) => {
                parts.extensions.insert(xsrf.clone());
                let request = Request::from_parts(parts, XsrfBody::untouched(body));
                State::Answering {
                    answering: self.inner.call(request),
                }
            }
            Ok(Decision::Look(form)) => {
                // `self.inner` is ready and may hold reserved capacity, which a clone lacks: keep
                // it for the call.
                let clone = self.inner.clone();
                State::Looking {
                    looking: Box::pin(look(
                        form,
                        self.settings.form_limit,
                        xsrf.clone(),
                        parts,
                        body,
                    )),
                    service: mem::replace(&mut self.inner, clone),
                }
            }
            Err(error) => State::Refused {
                error: error.into(),
            },
        };
        ResponseFuture { state, xsrf }
    }
}

fn decide(settings: &XsrfSettings, xsrf: &Xsrf, parts: &Parts) -> Result<Decision, Kind> {
    let is_websocket = is_websocket(parts);
    // Not Method::is_safe: Go and Tornado leave TRACE out.
    let is_safe = matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS);
    if is_safe && !is_websocket || (settings.exempt)(parts) {
        return Ok(Decision::Pass);
    }
    if !is_same_origin(parts, &settings.trusted_origins) {
        return Err(Kind::CrossOrigin);
    }
    if is_websocket {
        return Ok(Decision::Pass);
    }
    match header_token(&parts.headers) {
        Some(token) => check(token, xsrf).map(|()| Decision::Pass),
        None => Form::of(&parts.headers)
            .map(Decision::Look)
            .ok_or(Kind::Missing),
    }
}

fn header_token(headers: &HeaderMap) -> Option<&str> {
    let token = headers
        .get("x-xsrftoken")
        .or_else(|| headers.get("x-csrftoken"))?;
    // A value that is not ASCII becomes empty, and so malformed.
    Some(token.to_str().unwrap_or_default())
}

fn check(token: &str, xsrf: &Xsrf) -> Result<(), Kind> {
    let token = Token::read(token.trim()).ok_or(Kind::Malformed)?;
    match xsrf.is_received(&token) {
        Some(true) => Ok(()),
        Some(false) => Err(Kind::Mismatch),
        None => Err(Kind::NoCookie),
    }
}

async fn look<B>(
    form: Form,
    limit: usize,
    xsrf: Xsrf,
    mut parts: Parts,
    body: B,
) -> Result<Request<XsrfBody<B>>, XsrfError>
where
    B: Body<Data = Bytes> + Send,
{
    let mut reader = Reader::new(body, limit);
    let token = form.token(&mut reader).await?;
    check(&token, &xsrf)?;
    parts.extensions.insert(xsrf);
    Ok(Request::from_parts(parts, reader.into_body()))
}

pin_project! {
    /// The response of [`XsrfService`]: the inner service's, or the rejection.
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<S, B, F> {
        #[pin]
        state: State<S, B, F>,
        xsrf: Xsrf,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<S, B, F> {
        Looking { looking: Looking<B>, service: S },
        Answering { #[pin] answering: F },
        Refused { error: XsrfError },
    }
}

type Looking<B> = Pin<Box<dyn Future<Output = Result<Request<XsrfBody<B>>, XsrfError>> + Send>>;

impl<S, B, R> Future for ResponseFuture<S, B, S::Future>
where
    S: Service<Request<XsrfBody<B>>, Response = Response<R>>,
    R: From<Bytes>,
{
    type Output = Result<Response<R>, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let next = match this.state.as_mut().project() {
                StateProjection::Looking { looking, service } => {
                    match ready!(looking.as_mut().poll(cx)) {
                        Ok(request) => State::Answering {
                            answering: service.call(request),
                        },
                        Err(error) => State::Refused { error },
                    }
                }
                StateProjection::Answering { answering } => {
                    let mut response = ready!(answering.poll(cx))?;
                    if let Some(cookie) = this.xsrf.set_cookie() {
                        response
                            .headers_mut()
                            .append(header::SET_COOKIE, cookie.clone());
                    }
                    return Poll::Ready(Ok(response));
                }
                StateProjection::Refused { error } => return Poll::Ready(Ok(refuse(error))),
            };
            this.state.set(next);
        }
    }
}

fn refuse<R: From<Bytes>>(error: &XsrfError) -> Response<R> {
    const TEXT: http::HeaderValue = http::HeaderValue::from_static("text/plain; charset=utf-8");
    let mut response = Response::new(Bytes::from_static(error.message().as_bytes()).into());
    *response.status_mut() = error.status();
    response.headers_mut().insert(header::CONTENT_TYPE, TEXT);
    response.extensions_mut().insert(error.clone());
    response
}

impl<S, B, F> fmt::Debug for ResponseFuture<S, B, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
