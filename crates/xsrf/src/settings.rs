//! Settings of the layer.

use std::{fmt, sync::Arc};

use cookie::{Cookie, SameSite};
use http::{Extensions, HeaderValue, request::Parts};

use crate::token::Version;

#[derive(Clone)]
pub(crate) struct XsrfSettings {
    pub(crate) cookie_name: String,
    pub(crate) cookie_version: Version,
    pub(crate) http_only: bool,
    pub(crate) same_site: SameSite,
    pub(crate) is_https: Arc<IsHttps>,
    pub(crate) trusted_origins: Vec<String>,
    pub(crate) exempt: Arc<Exempt>,
    pub(crate) form_limit: usize,
}

type IsHttps = dyn Fn(&Extensions) -> bool + Send + Sync;
type Exempt = dyn Fn(&Parts) -> bool + Send + Sync;

impl Default for XsrfSettings {
    /// Tornado's.
    fn default() -> Self {
        Self {
            cookie_name: "_xsrf".to_owned(),
            cookie_version: Version::Two,
            http_only: false,
            same_site: SameSite::Lax,
            is_https: Arc::new(|_| false),
            trusted_origins: Vec::new(),
            exempt: Arc::new(|_| false),
            form_limit: 1024 * 1024,
        }
    }
}

impl XsrfSettings {
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

impl fmt::Debug for XsrfSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("XsrfSettings")
            .field("cookie_name", &self.cookie_name)
            .field("cookie_version", &self.cookie_version)
            .field("trusted_origins", &self.trusted_origins)
            .field("form_limit", &self.form_limit)
            .finish_non_exhaustive()
    }
}
