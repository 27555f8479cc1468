//! The handle: what a request's cookies are, and which ones go out with its response.

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
    CookieSecret, SetCookieError, SignedValueError, Validity,
    error::{SetCookieErrorKind, SignedValueErrorKind},
    header::parse,
    layer::Settings,
    set_cookie::SetCookie,
};

/// The cookies of a request and its response; in the extensions of every request that has passed
/// [`CookiesLayer`](crate::CookiesLayer). Clones are the same cookies.
///
/// What is set shows in the response, not in [`get_cookie`](Self::get_cookie): that tells what the client has sent.
#[derive(Clone)]
pub struct Cookies {
    shared: Arc<Shared>,
}

struct Shared {
    settings: Arc<Settings>,
    is_https: bool,
    headers: SmallVec<[HeaderValue; 1]>,
    // Most requests ask for no cookie, so headers are read when the first is asked for.
    received: OnceLock<HashMap<String, String>>,
    outgoing: Mutex<Vec<SetCookie>>,
}

impl Cookies {
    pub(crate) fn new(settings: Arc<Settings>, is_https: bool, headers: &HeaderMap) -> Self {
        Self {
            shared: Arc::new(Shared {
                settings,
                is_https,
                headers: headers.get_all(header::COOKIE).iter().cloned().collect(),
                received: OnceLock::new(),
                outgoing: Mutex::default(),
            }),
        }
    }

    /// The value that the client has sent, whoever made it.
    #[must_use]
    pub fn get_cookie(&self, name: &str) -> Option<String> {
        self.received(name).map(str::to_owned)
    }

    /// The value of a signed cookie, if it is text and should be believed. A cookie that is tampered with,
    /// expired or of another name is as good as none.
    #[must_use]
    pub fn get_signed_cookie(&self, name: &str) -> Option<String> {
        let value = self.get_signed_cookie_with(name, Validity::new())?.ok()?;
        String::from_utf8(value).ok()
    }

    /// The value of a signed cookie, if it is valid in the given sense; else why it is not. `None` if the client
    /// has sent no cookie of this name.
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

    /// Sets a cookie: a name and a value, or what [`Cookie::build`] makes of them. One that was set before with
    /// the same name, domain and path is replaced.
    ///
    /// What is not said is `Path=/`, `HttpOnly` and `SameSite=Lax`, lasts as long as the browser is open, and is
    /// `Secure` if the request came by https. A cookie whose name begins with `__Host-` is always `Secure`, so
    /// browsers will not take it over plain HTTP.
    ///
    /// ```
    /// # fn handler(cookies: squall_cookies::Cookies) -> Result<(), squall_cookies::SetCookieError> {
    /// use squall_cookies::{Cookie, SameSite};
    ///
    /// cookies.set_cookie(("theme", "dark"))?;
    /// cookies.set_cookie(Cookie::build(("tab", "3")).path("/news").http_only(false))?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// When a part has characters that it must not have; nothing is encoded, quoted or left out.
    pub fn set_cookie<'c>(&self, cookie: impl Into<Cookie<'c>>) -> Result<(), SetCookieError> {
        let cookie = SetCookie::new(cookie.into(), self.shared.is_https)?;
        let mut outgoing = self.outgoing();
        outgoing.retain(|other| !cookie.replaces(other));
        outgoing.push(cookie);
        Ok(())
    }

    /// Sets a cookie with its value signed, as [`set_cookie`](Self::set_cookie) does; the value may be any text.
    /// It lasts for 30 days where it says nothing else, and [`Expiration::Session`](crate::Expiration::Session)
    /// is something else.
    ///
    /// Values that are not text can be signed with [`CookieSecret::create_signed_value`].
    ///
    /// # Errors
    ///
    /// When the layer was given no secret, or a part other than the value has characters that it must not have.
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

    /// Tells the client to forget a cookie. Its domain and path must be those that it was set with: a name alone
    /// means the defaults.
    ///
    /// # Errors
    ///
    /// As in [`set_cookie`](Self::set_cookie).
    pub fn clear_cookie<'c>(&self, cookie: impl Into<Cookie<'c>>) -> Result<(), SetCookieError> {
        let mut cookie = cookie.into();
        cookie.make_removal();
        self.set_cookie(cookie)
    }

    /// What the layer was given to sign with.
    #[must_use]
    pub fn secret(&self) -> Option<&CookieSecret> {
        self.shared.settings.secret.as_ref()
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
        // Nothing can panic while it is locked.
        self.shared
            .outgoing
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Cookies {
    /// Without names and values: they are the user's.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cookies")
            .field("is_https", &self.shared.is_https)
            .finish_non_exhaustive()
    }
}
