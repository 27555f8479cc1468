//! What a site is told in Tornado's settings.

use std::path::PathBuf;

use axum_core::{extract::FromRequestParts, response::IntoResponse};
use http::StatusCode;
use serde::Serialize;
use squall_cookies::CookieSecret;
use squall_debug::Tracebacks;
use squall_locale::Translations;
use squall_static::StaticFiles;
use squall_templates::Templates;
use squall_xsrf::XsrfLayer;

use crate::{
    Application, ErrorPage, Result, error_pages::ErrorPages, files::Files, user::FindUser,
};

/// Settings as they were given; [`Site`](crate::site::Site) is what becomes of them.
pub(crate) struct Settings {
    pub(crate) access_log: bool,
    pub(crate) cookie_secret: Option<Secret>,
    pub(crate) cookies: bool,
    pub(crate) debug: bool,
    pub(crate) error_pages: ErrorPages,
    pub(crate) files: Files,
    pub(crate) find_user: Option<FindUser>,
    pub(crate) login_url: Option<String>,
    pub(crate) templates: Option<Templates>,
    pub(crate) tracebacks: Tracebacks,
    pub(crate) translations: Option<Translations>,
    pub(crate) xsrf: Option<XsrfLayer>,
}

/// What [`Application::cookie_secret`] takes: a text, or a [`CookieSecret`] that was made before.
#[derive(Debug)]
pub struct Secret(pub(crate) Source);

#[derive(Debug)]
pub(crate) enum Source {
    Text(Vec<u8>),
    Made(CookieSecret),
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            access_log: true,
            cookie_secret: None,
            cookies: false,
            debug: false,
            error_pages: ErrorPages::default(),
            files: Files::default(),
            find_user: None,
            login_url: None,
            templates: None,
            tracebacks: Tracebacks::new(),
            translations: None,
            xsrf: None,
        }
    }
}

impl<S: Clone + Send + Sync + 'static> Application<S> {
    /// Whether each request is logged in a line: status, method, path, client and milliseconds, at
    /// `INFO` below 400, `WARN` below 500, and `ERROR` above, under the target `squall::access`
    /// (Tornado's `tornado.access`). What a query has under names of secrets is hidden, as
    /// [`Tracebacks::hide`] says.
    ///
    /// Defaults to `true`.
    pub fn access_log(mut self, yes: bool) -> Self {
        self.settings.access_log = yes;
        self
    }

    /// What cookies are signed with (Tornado's `cookie_secret`): a text of `squall secret`, the same
    /// in all processes, that stays out of the program's source; or a [`CookieSecret`] of several
    /// versions, of which the newest signs and the others are still believed.
    ///
    /// It gives handlers [`Cookies`](crate::Cookies), and [`CurrentUser`](crate::CurrentUser) by the
    /// signed cookie `user`. A text that is short, or whose like stands in documentation, is
    /// refused unless the application [debugs](Self::debug).
    ///
    /// Defaults to no secret: no signed cookie is set or believed.
    pub fn cookie_secret(mut self, secret: impl Into<Secret>) -> Self {
        self.settings.cookie_secret = Some(secret.into());
        self
    }

    /// Whether handlers get [`Cookies`](crate::Cookies).
    ///
    /// Defaults to `false`; a [`cookie_secret`](Self::cookie_secret) does this as well.
    pub fn cookies(mut self, yes: bool) -> Self {
        self.settings.cookies = yes;
        self
    }

    /// Finds a request's user, for [`CurrentUser`](crate::CurrentUser) and the templates'
    /// `current_user` (Tornado's `get_current_user`). The argument is an extractor, or a tuple of
    /// some; the result may be any type of yours.
    ///
    /// Defaults to the text in the signed cookie `user`, where there is a
    /// [`cookie_secret`](Self::cookie_secret).
    ///
    /// # Examples
    ///
    /// ```
    /// use squall::{Application, Cookies, State};
    ///
    /// # #[derive(Clone)] struct Users;
    /// # impl Users { async fn find(&self, _: &str) -> squall::Result<Option<User>> { Ok(None) } }
    /// #[derive(Clone, serde::Serialize)]
    /// struct User {
    ///     name: String,
    /// }
    ///
    /// let application = Application::new()
    ///     .state(Users)
    ///     .cookie_secret("XmkIdK0u3n8Sv1bhvGvLrL1a2JQhDT5qVnpB0kSjqXk")
    ///     .current_user(async |(cookies, State(users)): (Cookies, State<Users>)| {
    ///         match cookies.get_signed_cookie("user") {
    ///             Some(id) => users.find(&id).await,
    ///             None => Ok(None),
    ///         }
    ///     });
    /// ```
    pub fn current_user<E, F, Fut, U>(mut self, find: F) -> Self
    where
        E: FromRequestParts<S> + Send,
        F: Fn(E) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Option<U>>> + Send,
        U: Serialize + Send + Sync + 'static,
    {
        self.settings.find_user = Some(FindUser::new(self.state.clone(), find));
        self
    }

    /// Whether this is a program that is being written (Tornado's `debug`). Then
    ///
    /// - an error or a panic of a handler shows as a page with its traceback, to this machine only,
    /// - templates and static files are read again when they change,
    /// - a [`Server`](crate::Server) hands over to the new program when it has been built
    ///   (Tornado's `autoreload`), and pages that are open in a browser follow,
    /// - a bare port listens on loopback only, and a weak [`cookie_secret`](Self::cookie_secret) will do.
    ///
    /// In a release build the page needs [`Tracebacks::even_in_release`] as well. Give it a constant or a flag
    /// of the command line, never something that a request can say. It goes with one process.
    ///
    /// Defaults to `false`.
    pub fn debug(mut self, yes: bool) -> Self {
        self.settings.debug = yes;
        self
    }

    /// The page for errors of one status: routes that are missing (404), methods that are (405),
    /// handlers that fail or panic (500), and every [`Error`](crate::Error) that a handler returns.
    /// A response that a handler made itself is left alone.
    ///
    /// Defaults to a page that says the status and nothing else.
    pub fn error_page<R: IntoResponse>(
        mut self,
        status: StatusCode,
        page: impl Fn(&ErrorPage<'_>) -> R + Send + Sync + 'static,
    ) -> Self {
        self.settings.error_pages.set(status, page);
        self
    }

    /// Where [`CurrentUser`](crate::CurrentUser) sends those who have not signed in, with the page
    /// that they wanted as `next` (Tornado's `login_url`).
    ///
    /// Defaults to nowhere: they get 403.
    pub fn login_url(mut self, url: impl Into<String>) -> Self {
        self.settings.login_url = Some(url.into());
        self
    }

    /// Serves the files of a directory below `/static/`, and its `robots.txt` and `favicon.ico` at the
    /// top as well (Tornado's `static_path`). [`Urls::static_url`](crate::Urls::static_url) names
    /// them with the version of their content, for clients to keep for ever.
    ///
    /// Defaults to no static files.
    pub fn static_path(mut self, path: impl Into<PathBuf>) -> Self {
        self.settings.files.path(path.into());
        self
    }

    /// As [`static_path`](Self::static_path), with settings of its own.
    ///
    /// Defaults to no static files.
    pub fn static_files(mut self, files: StaticFiles) -> Self {
        self.settings.files.files = Some(files);
        self
    }

    /// Where static files are below (Tornado's `static_url_prefix`).
    ///
    /// Defaults to `/static/`.
    pub fn static_url_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.settings.files.prefix = Some(prefix.into());
        self
    }

    /// The folder of the templates that [`Page`](crate::Page) renders (Tornado's `template_path`).
    /// They are compiled when the application is built, and read again after a change where it
    /// [debugs](Self::debug).
    ///
    /// Defaults to no templates.
    pub fn template_path(self, path: impl Into<PathBuf>) -> Self {
        self.templates(Templates::new(path))
    }

    /// As [`template_path`](Self::template_path), with functions, filters and settings of its own.
    ///
    /// Defaults to no templates.
    pub fn templates(mut self, templates: Templates) -> Self {
        self.settings.templates = Some(templates);
        self
    }

    /// What the page of a failure shows, to whom, and with links to which editor.
    /// [`debug`](Self::debug) switches it on.
    ///
    /// Defaults to [`Tracebacks::new`].
    pub fn tracebacks(mut self, tracebacks: Tracebacks) -> Self {
        self.settings.tracebacks = tracebacks;
        self
    }

    /// Translations for [`Locale`](crate::Locale) and the templates' `_`, from gettext's catalogues
    /// or Tornado's CSV. The cookie `locale` chooses among them, and then `Accept-Language`.
    ///
    /// Defaults to none: every text is itself.
    pub fn translations(mut self, translations: Translations) -> Self {
        self.settings.translations = Some(translations);
        self
    }

    /// Whether requests that change something must come from pages of this site: by their origin, and by
    /// Tornado's token in the form's field `_xsrf` or the header `X-XSRFToken` (Tornado's `xsrf_cookies`).
    /// Those that do not get 403. [`Page`](crate::Page) and [`Xsrf`](crate::Xsrf) make tokens;
    /// [`without_xsrf`](Self::without_xsrf) is for routes that browsers do not ask.
    ///
    /// Defaults to `false`.
    pub fn xsrf_cookies(mut self, yes: bool) -> Self {
        self.settings.xsrf = yes.then(XsrfLayer::new);
        self
    }

    /// As [`xsrf_cookies`](Self::xsrf_cookies), with settings of its own. By which scheme a request came is
    /// set here.
    ///
    /// Defaults to none.
    pub fn xsrf_with(mut self, xsrf: XsrfLayer) -> Self {
        self.settings.xsrf = Some(xsrf);
        self
    }
}

impl From<CookieSecret> for Secret {
    fn from(secret: CookieSecret) -> Self {
        Self(Source::Made(secret))
    }
}

impl From<String> for Secret {
    fn from(secret: String) -> Self {
        Self(Source::Text(secret.into()))
    }
}

impl From<&str> for Secret {
    fn from(secret: &str) -> Self {
        secret.to_owned().into()
    }
}
