//! The tower layer and its settings.

use std::{fmt, sync::Arc};

use cookie::{Cookie, SameSite};
use http::{Extensions, HeaderValue, request::Parts};
use tower_layer::Layer;

use crate::{ConfigError, XsrfService, origin::is_origin, token::Version};

/// Refuses forged requests, and puts [`Xsrf`](crate::Xsrf) into the extensions of each other.
#[derive(Clone, Debug)]
#[must_use]
pub struct XsrfLayer {
    settings: Arc<Settings>,
}

#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) cookie_name: String,
    pub(crate) cookie_version: Version,
    http_only: bool,
    same_site: SameSite,
    pub(crate) is_https: Arc<IsHttps>,
    pub(crate) trusted_origins: Vec<String>,
    pub(crate) exempt: Arc<Exempt>,
    pub(crate) form_limit: usize,
}

type IsHttps = dyn Fn(&Extensions) -> bool + Send + Sync;
type Exempt = dyn Fn(&Parts) -> bool + Send + Sync;

impl XsrfLayer {
    /// Protects everything, with Tornado's cookie.
    pub fn new() -> Self {
        Self {
            settings: Arc::new(Settings {
                cookie_name: "_xsrf".to_owned(),
                cookie_version: Version::Two,
                http_only: false,
                same_site: SameSite::Lax,
                is_https: Arc::new(|_| false),
                trusted_origins: Vec::new(),
                exempt: Arc::new(|_| false),
                form_limit: 1024 * 1024,
            }),
        }
    }

    /// Tornado's `xsrf_cookie_name`. With a name that begins with `__Host-` no other site can set the cookie,
    /// and no browser takes it over plain HTTP.
    ///
    /// Defaults to `_xsrf`.
    ///
    /// # Errors
    ///
    /// When no cookie can have this name.
    pub fn cookie_name(mut self, name: impl Into<String>) -> Result<Self, ConfigError> {
        let name = name.into();
        let is_token =
            |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if name.is_empty() || !name.bytes().all(is_token) {
            return Err(ConfigError::CookieName { name });
        }
        self.settings_mut().cookie_name = name;
        Ok(self)
    }

    /// Makes tokens as Tornado does where `xsrf_cookie_version` is 1: they always look the same. For a site that
    /// shares its cookies with a Tornado of before 2014.
    ///
    /// Defaults to tokens of version 2. Both are read.
    pub fn cookie_version_1(mut self) -> Self {
        self.settings_mut().cookie_version = Version::One;
        self
    }

    /// Whether scripts cannot read the cookie (`HttpOnly`).
    ///
    /// Defaults to `false`, as in Tornado: scripts read it, to send the header `X-XSRFToken`.
    pub fn http_only(mut self, http_only: bool) -> Self {
        self.settings_mut().http_only = http_only;
        self
    }

    /// With which requests from elsewhere the cookie is sent.
    ///
    /// Defaults to [`SameSite::Lax`]: those that follow a link.
    pub fn same_site(mut self, same_site: SameSite) -> Self {
        self.settings_mut().same_site = same_site;
        self
    }

    /// Says of each request whether the client has sent it by https, where the cookie is to be `Secure`.
    ///
    /// Defaults to `false` for all.
    pub fn is_https(
        mut self,
        is_https: impl Fn(&Extensions) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.settings_mut().is_https = Arc::new(is_https);
        self
    }

    /// Adds an origin whose requests are not taken for forged, written as browsers write it:
    /// `https://example.com`. They need the token still.
    ///
    /// Also for a site behind a proxy that changes `Host`, where old browsers would be refused.
    ///
    /// Defaults to none.
    ///
    /// # Errors
    ///
    /// When no browser would send this.
    pub fn trusted_origin(mut self, origin: impl Into<String>) -> Result<Self, ConfigError> {
        let origin = origin.into();
        if !is_origin(&origin) {
            return Err(ConfigError::Origin { origin });
        }
        self.settings_mut().trusted_origins.push(origin);
        Ok(self)
    }

    /// Says which requests are not checked, by their path, their headers, or what an earlier layer has put into
    /// their extensions: those that are not made by browsers and prove themselves in another way, such as an
    /// API's with a key, or a webhook's with a signature.
    ///
    /// ```
    /// # use squall_xsrf::XsrfLayer;
    /// let layer = XsrfLayer::new().exempt(|parts| parts.uri.path().starts_with("/hooks/"));
    /// ```
    ///
    /// Defaults to none.
    pub fn exempt(mut self, exempt: impl Fn(&Parts) -> bool + Send + Sync + 'static) -> Self {
        self.settings_mut().exempt = Arc::new(exempt);
        self
    }

    /// How far a form is read in search of the field `_xsrf`, in bytes. That much may be kept in memory for each
    /// request.
    ///
    /// Defaults to 1 MiB. Put the field first: then a form of any length will pass, and is not kept.
    pub fn form_limit(mut self, bytes: usize) -> Self {
        self.settings_mut().form_limit = bytes;
        self
    }

    fn settings_mut(&mut self) -> &mut Settings {
        Arc::make_mut(&mut self.settings)
    }
}

impl Default for XsrfLayer {
    /// [`new`](XsrfLayer::new).
    fn default() -> Self {
        Self::new()
    }
}

impl<S> Layer<S> for XsrfLayer {
    type Service = XsrfService<S>;

    fn layer(&self, inner: S) -> XsrfService<S> {
        XsrfService::new(inner, Arc::clone(&self.settings))
    }
}

impl Settings {
    pub(crate) fn set_cookie(&self, token: &str, is_https: bool) -> HeaderValue {
        let name = self.cookie_name.to_ascii_lowercase();
        let must_be_secure = name.starts_with("__host-") || name.starts_with("__secure-");
        let mut cookie = Cookie::build((&self.cookie_name, token))
            .path("/")
            .http_only(self.http_only)
            .same_site(self.same_site);
        if is_https || must_be_secure {
            cookie = cookie.secure(true);
        }
        HeaderValue::try_from(cookie.to_string()).expect("name and token are ASCII")
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("cookie_name", &self.cookie_name)
            .field("cookie_version", &self.cookie_version)
            .field("trusted_origins", &self.trusted_origins)
            .field("form_limit", &self.form_limit)
            .finish_non_exhaustive()
    }
}
