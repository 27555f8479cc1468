//! `Application::cookie_secret` and `cookies`.

use super::Secret;
use crate::Application;

impl<S: Clone + Send + Sync + 'static> Application<S> {
    /// Sets the secret that signs cookies (Tornado's `cookie_secret`): a text of `squall secret`,
    /// the same in all processes, kept outside of the program's source; or a [`CookieSecret`](crate::CookieSecret) of
    /// several versions: the newest signs, the others still verify.
    ///
    /// It gives handlers [`Cookies`](crate::Cookies), and [`CurrentUser`](crate::CurrentUser) by
    /// the signed cookie `user`. A text that is short, or that looks like one from documentation,
    /// is a configuration error unless the application is in [debug mode](Self::debug).
    ///
    /// Default: no secret; no signed cookie is set or accepted.
    pub fn cookie_secret(mut self, secret: impl Into<Secret>) -> Self {
        self.settings.cookies.secret = Some(secret.into());
        self
    }

    /// Sets whether handlers get [`Cookies`](crate::Cookies) without a secret.
    ///
    /// Default: `false`; a [`cookie_secret`](Self::cookie_secret) turns them on as well.
    pub fn cookies(mut self, enabled: bool) -> Self {
        self.settings.cookies.unsigned = enabled;
        self
    }
}
