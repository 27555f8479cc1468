//! `Cookies`: the handle to the cookies of a request and its response.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::SystemTime,
};

use cookie::{
    Cookie,
    time::{Duration, OffsetDateTime},
};
use http::{HeaderMap, HeaderValue, header};
use smallvec::SmallVec;

use crate::{
    config::CookiesConfig,
    error::{SetCookieError, SetCookieErrorKind, SignedValueError, SignedValueErrorKind},
    header::parse,
    secret::CookieSecret,
    set_cookie::SetCookie,
    signed::Validity,
};

/// The cookies of a request and its response, from the extensions of a request that has passed
/// [`CookiesLayer`](crate::CookiesLayer). Clones share their state.
///
/// [`get_cookie`](Self::get_cookie) reads the request; cookies that are set appear only in the
/// response.
#[derive(Clone)]
pub struct Cookies {
    shared: Arc<CookiesState>,
}

struct CookiesState {
    config: Arc<CookiesConfig>,
    is_https: bool,
    headers: SmallVec<[HeaderValue; 1]>,
    // Parsed on first use, since most requests read no cookie.
    received: OnceLock<HashMap<String, String>>,
    outgoing: Mutex<Vec<SetCookie>>,
}

impl Cookies {
    pub(crate) fn new(config: Arc<CookiesConfig>, is_https: bool, headers: &HeaderMap) -> Self {
        Self {
            shared: Arc::new(CookiesState {
                config,
                is_https,
                headers: headers.get_all(header::COOKIE).iter().cloned().collect(),
                received: OnceLock::new(),
                outgoing: Mutex::default(),
            }),
        }
    }

    /// Returns the value that the client sent, without verification.
    #[must_use]
    pub fn get_cookie(&self, name: &str) -> Option<String> {
        self.received(name).map(str::to_owned)
    }

    /// Returns the value of a signed cookie, if its signature is valid and it is UTF-8. Returns
    /// `None` for a cookie that was changed, has expired or was signed for another name.
    #[must_use]
    pub fn get_signed_cookie(&self, name: &str) -> Option<String> {
        let value = self.get_signed_cookie_with(name, Validity::new())?.ok()?;
        String::from_utf8(value).ok()
    }

    /// Returns the value of a signed cookie that satisfies `validity`, or the reason that it does
    /// not. Returns `None` if the client sent no cookie of this name.
    #[must_use]
    pub fn get_signed_cookie_with(
        &self,
        name: &str,
        validity: Validity,
    ) -> Option<Result<Vec<u8>, SignedValueError>> {
        let signed = self.received(name)?;
        Some(match self.secret() {
            Some(secret) => secret.decode_signed_value(name, signed, validity, SystemTime::now()),
            None => Err(SignedValueErrorKind::NoSecret.into()),
        })
    }

    /// Sets a cookie from a name and a value or from [`Cookie::build`]. It replaces an earlier one
    /// with the same name, domain and path.
    ///
    /// Attributes that are not set default to `Path=/`, `HttpOnly`, `SameSite=Lax`, no expiry (a
    /// session cookie), and `Secure` if the request's scheme is https. A cookie whose name starts
    /// with `__Host-` or `__Secure-` is always `Secure`, so browsers do not accept it over plain
    /// HTTP.
    ///
    /// ```
    /// # fn handler(
    /// #     cookies: squall_cookies::Cookies,
    /// # ) -> Result<(), squall_cookies::SetCookieError> {
    /// use squall_cookies::{Cookie, SameSite};
    ///
    /// cookies.set_cookie(("theme", "dark"))?;
    /// cookies.set_cookie(Cookie::build(("tab", "3")).path("/news").http_only(false))?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if a part contains invalid characters. Nothing is encoded, quoted or
    /// removed.
    pub fn set_cookie<'c>(&self, cookie: impl Into<Cookie<'c>>) -> Result<(), SetCookieError> {
        let cookie = SetCookie::new(cookie.into(), self.shared.is_https)?;
        let mut outgoing = self.outgoing();
        outgoing.retain(|other| !cookie.replaces(other));
        outgoing.push(cookie);
        Ok(())
    }

    /// Sets a cookie with a signed value, see [`set_cookie`](Self::set_cookie); the value may be
    /// any text. It expires after 30 days, unless the cookie sets `Expires` or `Max-Age`;
    /// [`Expiration::Session`](crate::Expiration::Session) makes it a session cookie.
    ///
    /// For values that are not text, use [`CookieSecret::create_signed_value`].
    ///
    /// # Errors
    ///
    /// Returns an error if the layer has no secret, or if a part other than the value contains
    /// invalid characters.
    pub fn set_signed_cookie<'c>(
        &self,
        cookie: impl Into<Cookie<'c>>,
    ) -> Result<(), SetCookieError> {
        const EXPIRES: Duration = Duration::days(30);
        let secret = self.secret().ok_or(SetCookieErrorKind::NoSecret)?;
        let mut cookie = cookie.into();
        let signed = secret.create_signed_value(cookie.name(), cookie.value(), SystemTime::now());
        cookie.set_value(signed);
        if cookie.expires().is_none() && cookie.max_age().is_none() {
            cookie.set_expires(OffsetDateTime::now_utc() + EXPIRES);
        }
        self.set_cookie(cookie)
    }

    /// Removes a cookie from the client. Its domain and path must be those with which it was set; a
    /// name alone uses the defaults.
    ///
    /// # Errors
    ///
    /// See [`set_cookie`](Self::set_cookie).
    pub fn clear_cookie<'c>(&self, cookie: impl Into<Cookie<'c>>) -> Result<(), SetCookieError> {
        let mut cookie = cookie.into();
        cookie.make_removal();
        self.set_cookie(cookie)
    }

    /// Returns the secret of the layer.
    #[must_use]
    pub fn secret(&self) -> Option<&CookieSecret> {
        self.shared.config.secret.as_ref()
    }

    pub(crate) fn append_to(&self, headers: &mut HeaderMap) {
        for cookie in self.outgoing().drain(..) {
            headers.append(header::SET_COOKIE, cookie.header);
        }
    }

    fn received(&self, name: &str) -> Option<&str> {
        let received = self
            .shared
            .received
            .get_or_init(|| parse(&self.shared.headers));
        received.get(name).map(String::as_str)
    }

    fn outgoing(&self) -> MutexGuard<'_, Vec<SetCookie>> {
        // The lock cannot be poisoned: no code panics while it is held.
        self.shared
            .outgoing
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Cookies {
    /// Without names and values, which may be private.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cookies")
            .field("is_https", &self.shared.is_https)
            .finish_non_exhaustive()
    }
}
