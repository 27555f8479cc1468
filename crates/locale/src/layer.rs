//! Tower layer: adds a `Locale` to each request, and `Content-Language` and `Vary` to its response.

use std::{
    fmt,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    task::{Context, Poll, ready},
};

use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, header, request::Parts};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::{accept_language::accept_language, locale::Locale, translations::Translations};

/// A layer that adds a [`Locale`] to the extensions of each request; built by
/// [`Translations::layer`].
///
/// The locale is the closest one to the result of [`user_locale`](Self::user_locale), or else to
/// `Accept-Language`. If the locale was used, the response gets `Content-Language`, unless it has
/// one, and a `Vary` with the headers that selected the locale. Other responses, such as files, are
/// not changed, so caches keep one copy of them. Use the locale before the response is returned;
/// use while the body is streamed comes too late for the headers.
#[derive(Clone, Debug)]
pub struct LocaleLayer {
    config: Arc<LocaleConfig>,
}

struct LocaleConfig {
    translations: Translations,
    user_locale: Option<Box<UserLocale>>,
    vary: Vec<HeaderName>,
}

type UserLocale = dyn Fn(&Parts) -> Option<String> + Send + Sync;

impl Translations {
    /// Returns a layer that adds the [`Locale`] of each request to its extensions.
    #[must_use]
    pub fn layer(self) -> LocaleLayer {
        LocaleLayer::new(self)
    }
}

impl LocaleLayer {
    fn new(translations: Translations) -> Self {
        Self {
            config: Arc::new(LocaleConfig {
                translations,
                user_locale: None,
                vary: vec![header::ACCEPT_LANGUAGE],
            }),
        }
    }

    /// Sets a function that returns the user's choice, such as the value of a cookie: Tornado's
    /// `get_user_locale`. The choice takes precedence over `Accept-Language`. `reads` are the names
    /// of the headers that the function reads, for `Vary`. Default: no function.
    ///
    /// ```
    /// use http::header::COOKIE;
    /// use squall_locale::Translations;
    ///
    /// let layer = Translations::new().layer().user_locale([COOKIE], |request| {
    ///     let cookies = request.headers.get(COOKIE)?.to_str().ok()?;
    ///     let mut cookies = cookies.split("; ").filter_map(|cookie| cookie.split_once('='));
    ///     let (_, code) = cookies.find(|(name, _)| *name == "locale")?;
    ///     Some(code.to_owned())
    /// });
    /// ```
    #[must_use]
    pub fn user_locale(
        self,
        reads: impl IntoIterator<Item = HeaderName>,
        user_locale: impl Fn(&Parts) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        let mut vary = vec![header::ACCEPT_LANGUAGE];
        vary.extend(reads);
        Self {
            config: Arc::new(LocaleConfig {
                translations: self.config.translations.clone(),
                user_locale: Some(Box::new(user_locale)),
                vary,
            }),
        }
    }
}

impl LocaleConfig {
    fn locale(&self, request: &Parts) -> Locale {
        let user_locale = self
            .user_locale
            .as_ref()
            .and_then(|user_locale| user_locale(request));
        let accepted = accept_language(&request.headers);
        let codes = user_locale.as_deref().into_iter().chain(accepted);
        self.translations.get(codes)
    }

    fn add_headers(&self, locale: &Locale, headers: &mut HeaderMap) {
        for name in &self.vary {
            headers.append(header::VARY, name.clone().into());
        }
        if let Ok(language) = HeaderValue::try_from(locale.language_tag()) {
            headers.entry(header::CONTENT_LANGUAGE).or_insert(language);
        }
    }
}

impl fmt::Debug for LocaleConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocaleConfig")
            .field("translations", &self.translations)
            .field("vary", &self.vary)
            .finish_non_exhaustive()
    }
}

impl<S> Layer<S> for LocaleLayer {
    type Service = LocaleService<S>;

    fn layer(&self, inner: S) -> LocaleService<S> {
        LocaleService {
            inner,
            config: Arc::clone(&self.config),
        }
    }
}

/// The service of [`LocaleLayer`].
#[derive(Clone, Debug)]
pub struct LocaleService<S> {
    inner: S,
    config: Arc<LocaleConfig>,
}

impl<S, B, R> Service<Request<B>> for LocaleService<S>
where
    S: Service<Request<B>, Response = Response<R>>,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (mut parts, body) = request.into_parts();
        let (locale, used) = self.config.locale(&parts).with_usage_flag();
        parts.extensions.insert(locale.clone());
        ResponseFuture {
            inner: self.inner.call(Request::from_parts(parts, body)),
            config: Arc::clone(&self.config),
            locale,
            used,
        }
    }
}

pin_project! {
    /// The response future of [`LocaleService`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<F> {
        #[pin]
        inner: F,
        config: Arc<LocaleConfig>,
        locale: Locale,
        used: Arc<AtomicBool>,
    }
}

impl<F, R, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut response = ready!(this.inner.poll(cx));
        if this.used.load(Relaxed)
            && let Ok(response) = &mut response
        {
            this.config.add_headers(this.locale, response.headers_mut());
        }
        Poll::Ready(response)
    }
}
