//! The cookie settings, and the layer that gives requests their cookies.

mod extract;
mod setters;

pub use self::extract::Cookies;

#[cfg(feature = "locale")]
use http::request::Parts;
use squall_cookies::{CookieSecret, CookiesLayer};

use crate::{
    Result,
    routes::settings::{Wrap, wrap},
    xheaders::is_https,
};

/// Settings as given.
#[derive(Default)]
pub(crate) struct Settings {
    secret: Option<Secret>,
    unsigned: bool,
}

/// The argument of [`Application::cookie_secret`](crate::Application::cookie_secret): a text, or a [`CookieSecret`].
#[derive(Debug)]
pub struct Secret(Source);

#[derive(Debug)]
enum Source {
    Text(Vec<u8>),
    Made(CookieSecret),
}

impl Settings {
    pub(crate) fn has_secret(&self) -> bool {
        self.secret.is_some()
    }

    /// Adds the layer, if cookies are on. A weak secret is an error, except in debug mode.
    pub(crate) fn add_layer(self, layers: &mut Vec<Wrap>, debug: bool) -> Result<()> {
        let layer = CookiesLayer::new().is_https(is_https);
        match self.secret {
            Some(secret) => layers.push(wrap(layer.secret(secret.check(debug)?))),
            None if self.unsigned => layers.push(wrap(layer)),
            None => {}
        }
        Ok(())
    }

    /// Returns a cookie of the request, if the cookie layer is on.
    #[cfg(feature = "locale")]
    pub(crate) fn cookie(request: &Parts, name: &str) -> Option<String> {
        let cookies = request.extensions.get::<squall_cookies::Cookies>()?;
        cookies.get_cookie(name)
    }
}

impl Secret {
    fn check(self, debug: bool) -> Result<CookieSecret> {
        Ok(match self.0 {
            Source::Made(secret) => secret,
            Source::Text(text) if debug => CookieSecret::weak_for_debug(text)?,
            Source::Text(text) => CookieSecret::new(text)?,
        })
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
