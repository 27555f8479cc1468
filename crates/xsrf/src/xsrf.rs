//! The handle in the request's extensions, which makes tokens for pages.

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use cookie::Cookie;
use http::{HeaderMap, HeaderValue, header};
use smallvec::SmallVec;

use crate::{form::FIELD, settings::XsrfSettings, token::Token};

/// Makes the token for a page; in the extensions of every request that has passed
/// [`XsrfLayer`](crate::XsrfLayer). Clones return the same token.
///
/// If the request has no valid cookie, a call of [`xsrf_token`](Self::xsrf_token) or
/// [`xsrf_form_html`](Self::xsrf_form_html) makes its response set one. Call them before the
/// response's head is returned, and not for a response that shared caches store.
#[derive(Clone)]
pub struct Xsrf {
    shared: Arc<Shared>,
}

struct Shared {
    settings: Arc<XsrfSettings>,
    is_https: bool,
    headers: SmallVec<[HeaderValue; 1]>,
    // Lazy, since most requests need no token.
    received: OnceLock<Option<Token>>,
    made: OnceLock<Made>,
}

struct Made {
    text: String,
    set_cookie: Option<HeaderValue>,
}

impl Xsrf {
    pub(crate) fn new(settings: Arc<XsrfSettings>, is_https: bool, headers: &HeaderMap) -> Self {
        Self {
            shared: Arc::new(Shared {
                settings,
                is_https,
                headers: headers.get_all(header::COOKIE).iter().cloned().collect(),
                received: OnceLock::new(),
                made: OnceLock::new(),
            }),
        }
    }

    /// Returns the token for this page, to be sent back as a field or header: 32 to 60 characters
    /// of digits, `a` to `f`, and `|`. Each request has a new mask; all tokens are valid as long as
    /// the cookie is.
    ///
    /// # Panics
    ///
    /// When the system gives no random bytes.
    #[must_use]
    pub fn xsrf_token(&self) -> String {
        self.made().text.clone()
    }

    /// Returns the token as a hidden field of an HTML form.
    ///
    /// # Panics
    ///
    /// When the system gives no random bytes.
    #[must_use]
    pub fn xsrf_form_html(&self) -> String {
        // The characters of a token need no escape in HTML.
        format!(
            r#"<input type="hidden" name="{FIELD}" value="{}"/>"#,
            self.made().text
        )
    }

    /// Whether the token is equal to that of the cookie; `None` without a valid cookie.
    pub(crate) fn is_received(&self, token: &Token) -> Option<bool> {
        self.received().map(|received| received.is(token))
    }

    /// Returns the cookie to set, if a token was made and the request had no valid cookie.
    pub(crate) fn set_cookie(&self) -> Option<&HeaderValue> {
        self.shared.made.get()?.set_cookie.as_ref()
    }

    fn made(&self) -> &Made {
        self.shared.made.get_or_init(|| {
            let Shared {
                settings, is_https, ..
            } = &*self.shared;
            let received = self.received();
            let token = received.unwrap_or_else(Token::random);
            let text = token.write(settings.cookie_version);
            let set_cookie = received
                .is_none()
                .then(|| settings.set_cookie(&text, *is_https));
            Made { text, set_cookie }
        })
    }

    fn received(&self) -> Option<Token> {
        let Shared {
            settings,
            headers,
            received,
            ..
        } = &*self.shared;
        *received.get_or_init(|| read_cookie(&settings.cookie_name, headers))
    }
}

/// Returns the token in the last cookie of this name, as Tornado does.
fn read_cookie(name: &str, headers: &[HeaderValue]) -> Option<Token> {
    let headers = headers.iter().filter_map(|header| header.to_str().ok());
    let cookies = headers.flat_map(Cookie::split_parse).filter_map(Result::ok);
    let cookie = cookies.filter(|cookie| cookie.name() == name).last()?;
    Token::read(cookie.value_trimmed())
}

impl fmt::Debug for Xsrf {
    /// Without the token, which is a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Xsrf").finish_non_exhaustive()
    }
}
