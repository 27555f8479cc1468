//! The tower layer: gives each request its locale, and says on responses what they depend on.

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

use crate::{Locale, Translations, accept_language};

/// Puts a [`Locale`] into the extensions of each request; made by [`Translations::layer`].
///
/// It is the closest to what the [`user_locale`](Self::user_locale) says, or else to `Accept-Language`. A response
/// whose request's locale was asked for anything gets `Content-Language`, unless it has one, and a `Vary` that names
/// the headers which decided. Responses that no language has touched, such as files, stay as they are, and caches
/// keep one copy of them. So ask the locale before the response is returned, not only in its body while that is sent.
#[derive(Clone, Debug)]
pub struct LocaleLayer {
    settings: Arc<Settings>,
}

struct Settings {
    translations: Translations,
    user_locale: Option<Box<UserLocale>>,
    vary: Vec<HeaderName>,
}

type UserLocale = dyn Fn(&Parts) -> Option<String> + Send + Sync;

impl LocaleLayer {
    pub(crate) fn new(translations: Translations) -> Self {
        Self {
            settings: Arc::new(Settings {
                translations,
                user_locale: None,
                vary: vec![header::ACCEPT_LANGUAGE],
            }),
        }
    }

    /// What the user has chosen, such as the value of a cookie: Tornado's `get_user_locale`. It comes before
    /// `Accept-Language`. With it come the names of the headers that it reads, for `Vary`.
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
    ///
    /// Defaults to no choice of a user.
    #[must_use]
    pub fn user_locale(
        self,
        reads: impl IntoIterator<Item = HeaderName>,
        user_locale: impl Fn(&Parts) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        let mut vary = vec![header::ACCEPT_LANGUAGE];
        vary.extend(reads);
        Self {
            settings: Arc::new(Settings {
                translations: self.settings.translations.clone(),
                user_locale: Some(Box::new(user_locale)),
                vary,
            }),
        }
    }
}

impl Settings {
    fn locale(&self, request: &Parts) -> Locale {
        let user_locale = self.user_locale.as_ref().and_then(|ask| ask(request));
        let accepted = accept_language(&request.headers);
        let codes = user_locale.as_deref().into_iter().chain(accepted);
        self.translations.get(codes)
    }

    fn mark(&self, locale: &Locale, headers: &mut HeaderMap) {
        for name in &self.vary {
            headers.append(header::VARY, name.clone().into());
        }
        if let Ok(language) = HeaderValue::try_from(locale.language_tag()) {
            headers.entry(header::CONTENT_LANGUAGE).or_insert(language);
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
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
            settings: Arc::clone(&self.settings),
        }
    }
}

/// A service whose requests carry a [`Locale`]; made by [`LocaleLayer`].
#[derive(Clone, Debug)]
pub struct LocaleService<S> {
    inner: S,
    settings: Arc<Settings>,
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
        let (locale, asked) = self.settings.locale(&parts).watched();
        parts.extensions.insert(locale.clone());
        ResponseFuture {
            inner: self.inner.call(Request::from_parts(parts, body)),
            settings: Arc::clone(&self.settings),
            locale,
            asked,
        }
    }
}

pin_project! {
    /// The response of [`LocaleService`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<F> {
        #[pin]
        inner: F,
        settings: Arc<Settings>,
        locale: Locale,
        asked: Arc<AtomicBool>,
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
        if this.asked.load(Relaxed)
            && let Ok(response) = &mut response
        {
            this.settings.mark(this.locale, response.headers_mut());
        }
        Poll::Ready(response)
    }
}
