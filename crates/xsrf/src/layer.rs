//! The tower layer, and the setters of its settings.

use std::sync::Arc;

use cookie::SameSite;
use http::{Extensions, request::Parts};
use squall_fields::is_token_byte;
use tower_layer::Layer;

use crate::{ConfigError, XsrfService, origin::is_origin, settings::XsrfSettings, token::Version};

/// Rejects forged requests, and puts an [`Xsrf`](crate::Xsrf) into the extensions of all others.
#[derive(Clone, Debug)]
#[must_use]
pub struct XsrfLayer {
    settings: Arc<XsrfSettings>,
}

impl XsrfLayer {
    /// Creates a layer with the defaults of Tornado: all requests are checked.
    pub fn new() -> Self {
        Self {
            settings: Arc::default(),
        }
    }

    /// Sets the name of the cookie, Tornado's `xsrf_cookie_name`. A name with the prefix `__Host-`
    /// keeps other sites from setting the cookie; browsers reject such a cookie over plain HTTP.
    /// Default: `_xsrf`.
    ///
    /// # Errors
    ///
    /// Returns [`ConfigError::CookieName`] if the name is not a token.
    pub fn cookie_name(mut self, name: impl Into<String>) -> Result<Self, ConfigError> {
        let name = name.into();
        if name.is_empty() || !name.bytes().all(is_token_byte) {
            return Err(ConfigError::CookieName { name });
        }
        self.settings_mut().cookie_name = name;
        Ok(self)
    }

    /// Sets version 1 for new tokens, Tornado's `xsrf_cookie_version=1`: tokens without a mask, for
    /// a site that shares cookies with a Tornado from before 2014. Both versions are read. Default:
    /// version 2.
    pub fn cookie_version_1(mut self) -> Self {
        self.settings_mut().cookie_version = Version::One;
        self
    }

    /// Sets whether the cookie is hidden from scripts (`HttpOnly`). Default: `false`, as in
    /// Tornado: scripts read the cookie to send the header `X-XSRFToken`.
    pub fn http_only(mut self, enabled: bool) -> Self {
        self.settings_mut().http_only = enabled;
        self
    }

    /// Sets the attribute `SameSite` of the cookie. Default: [`SameSite::Lax`], with which other
    /// sites' links send the cookie and their forms do not.
    pub fn same_site(mut self, same_site: SameSite) -> Self {
        self.settings_mut().same_site = same_site;
        self
    }

    /// Sets the function that decides whether a request came by https, so that its cookie is
    /// `Secure`. Default: `false` for all requests.
    pub fn is_https(
        mut self,
        is_https: impl Fn(&Extensions) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.settings_mut().is_https = Arc::new(is_https);
        self
    }

    /// Adds an origin whose requests pass the origin check, in the form that browsers send:
    /// `https://example.com`. They still need the token. Default: none.
    ///
    /// A site behind a proxy that changes `Host` adds its own origin, since browsers without
    /// `Sec-Fetch-Site` are rejected otherwise.
    ///
    /// # Errors
    ///
    /// Returns [`ConfigError::Origin`] if no browser would send the text as `Origin`.
    pub fn trusted_origin(mut self, origin: impl Into<String>) -> Result<Self, ConfigError> {
        let origin = origin.into();
        if !is_origin(&origin) {
            return Err(ConfigError::Origin { origin });
        }
        self.settings_mut().trusted_origins.push(origin);
        Ok(self)
    }

    /// Sets the function that exempts requests from both checks, by path, headers or extensions.
    /// For requests that browsers do not send and that are authenticated in another way, such as an
    /// API key or the signature of a webhook. Default: none.
    ///
    /// ```
    /// # use squall_xsrf::XsrfLayer;
    /// let layer = XsrfLayer::new().exempt(|parts| parts.uri.path().starts_with("/hooks/"));
    /// ```
    pub fn exempt(mut self, exempt: impl Fn(&Parts) -> bool + Send + Sync + 'static) -> Self {
        self.settings_mut().exempt = Arc::new(exempt);
        self
    }

    /// Sets the number of bytes of a form that are searched for the field `_xsrf`, and the memory
    /// that they may take for each request. Default: 1 MiB.
    ///
    /// Put the field first: then a form of any length passes, and its rest is not buffered.
    pub fn form_limit(mut self, bytes: usize) -> Self {
        self.settings_mut().form_limit = bytes;
        self
    }

    fn settings_mut(&mut self) -> &mut XsrfSettings {
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
