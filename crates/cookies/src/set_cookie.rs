//! `Set-Cookie` header builder: validates every part, so that no value can inject an attribute.

use std::fmt::Write;

use cookie::{Cookie, time::UtcOffset};
use http::HeaderValue;
use squall_fields::is_token_byte;

use crate::error::SetCookieErrorKind;

/// A cookie to send. Browsers identify a cookie by name, domain and path.
#[derive(Debug)]
pub(crate) struct SetCookie {
    name: String,
    domain: Option<String>,
    path: Option<String>,
    pub(crate) header: HeaderValue,
}

impl SetCookie {
    /// Fills in the defaults: `Path=/`, `HttpOnly`, `SameSite=Lax`, and `Secure` for https.
    pub(crate) fn new(mut cookie: Cookie<'_>, is_https: bool) -> Result<Self, SetCookieErrorKind> {
        let is_host = has_prefix(cookie.name(), "__Host-");
        if cookie.path().is_none() {
            cookie.set_path("/");
        }
        if cookie.http_only().is_none() {
            cookie.set_http_only(true);
        }
        if cookie.same_site().is_none() {
            cookie.set_same_site(cookie::SameSite::Lax);
        }
        if is_host
            || has_prefix(cookie.name(), "__Secure-")
            || is_https && cookie.secure().is_none()
        {
            cookie.set_secure(true);
        }
        check(&cookie)?;
        if is_host && (cookie.domain().is_some() || cookie.path() != Some("/")) {
            return Err(SetCookieErrorKind::Prefix);
        }
        let mut header = String::new();
        write!(header, "{cookie}").map_err(|_| SetCookieErrorKind::Expires)?;
        // Cannot fail: all parts are checked, and the rest is ASCII.
        let header = HeaderValue::try_from(header).map_err(|_| SetCookieErrorKind::Value)?;
        Ok(Self {
            name: cookie.name().to_owned(),
            domain: cookie.domain().map(str::to_ascii_lowercase),
            path: cookie.path().map(str::to_owned),
            header,
        })
    }

    /// Whether a browser would keep only the later of the two cookies.
    pub(crate) fn replaces(&self, other: &Self) -> bool {
        (&self.name, &self.domain, &self.path) == (&other.name, &other.domain, &other.path)
    }
}

/// Browsers compare prefixes case-insensitively (RFC 6265bis, section 5.7).
fn has_prefix(name: &str, prefix: &str) -> bool {
    name.get(..prefix.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

fn check(cookie: &Cookie<'_>) -> Result<(), SetCookieErrorKind> {
    if cookie.name().is_empty() || !cookie.name().bytes().all(is_token_byte) {
        return Err(SetCookieErrorKind::Name);
    }
    if !cookie.value().bytes().all(is_octet) {
        return Err(SetCookieErrorKind::Value);
    }
    if let Some(domain) = cookie.domain()
        && (domain.is_empty() || !domain.bytes().all(is_host))
    {
        return Err(SetCookieErrorKind::Domain);
    }
    if let Some(path) = cookie.path()
        && (!path.starts_with('/') || !path.bytes().all(is_path))
    {
        return Err(SetCookieErrorKind::Path);
    }
    // The cookie crate panics for a time at the limits of the range that has no UTC representation.
    if let Some(expires) = cookie.expires_datetime()
        && expires
            .checked_to_offset(UtcOffset::UTC)
            .is_none_or(|utc| utc.year() < 1601)
    {
        return Err(SetCookieErrorKind::Expires);
    }
    Ok(())
}

/// `cookie-octet` (RFC 6265, section 4.1.1).
fn is_octet(byte: u8) -> bool {
    byte.is_ascii_graphic() && !b"\",;\\".contains(&byte)
}

fn is_host(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._".contains(&byte)
}

fn is_path(byte: u8) -> bool {
    byte.is_ascii_graphic() && byte != b';'
}
