//! Configuration that `CookiesLayer` shares with the cookies of each request.

use std::{fmt, sync::Arc};

use http::Extensions;

use crate::secret::CookieSecret;

#[derive(Clone)]
pub(crate) struct CookiesConfig {
    pub(crate) secret: Option<CookieSecret>,
    pub(crate) is_https: Arc<IsHttps>,
}

type IsHttps = dyn Fn(&Extensions) -> bool + Send + Sync;

impl fmt::Debug for CookiesConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.secret.fmt(f)
    }
}
