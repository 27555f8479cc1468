//! Sign-in attempts: their secrets, kept in a cookie until the provider redirects back.

use std::{
    collections::HashMap,
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use oauth2::{AuthorizationCode, url::Url};
use subtle::ConstantTimeEq;

use super::error::{Kind, SignInError};
use crate::safe_next;

/// The lifetime of an attempt: long enough to find a second factor.
const LIFETIME: Duration = Duration::from_secs(10 * 60);

/// The number of attempts that a cookie holds, such as one for each tab; the oldest is dropped.
const MAX_ATTEMPTS: usize = 5;

/// The length of a cookie's value with more than one attempt. Browsers keep cookies of up to 4096
/// bytes.
const MAX_LEN: usize = 3072;

/// Separates attempts. It is in no attempt, and may stand in a cookie.
const SEPARATOR: char = '~';

/// A sign-in attempt: the URL for the redirect, and the value for the cookie.
pub struct Attempt {
    url: String,
    cookie: String,
}

impl Attempt {
    /// Adds the attempt before those of `cookie` that can still be finished.
    pub(super) fn new(url: Url, kept: &Kept<'_>, cookie: &str) -> Self {
        let mut value = kept.write();
        for attempt in unfinished(cookie).take(MAX_ATTEMPTS - 1) {
            if value.len() + 1 + attempt.len() > MAX_LEN {
                break;
            }
            value.push(SEPARATOR);
            value.push_str(attempt);
        }
        Self {
            url: url.into(),
            cookie: value,
        }
    }

    /// Returns the cookie's value without the attempt that `query` finishes, or `None` to clear the
    /// cookie.
    ///
    /// Set it with the response to every callback, whether `finish` succeeds or not: an attempt is
    /// valid for one callback, and those of other tabs are kept.
    #[must_use]
    pub fn others(query: &str, cookie: &str) -> Option<String> {
        let response = AuthorizationResponse::read(query).ok();
        let state = response.as_ref().and_then(|response| response.get("state"));
        let others: Vec<&str> = unfinished(cookie)
            .filter(|attempt| !state.is_some_and(|state| has_state(attempt, state)))
            .take(MAX_ATTEMPTS)
            .collect();
        (!others.is_empty()).then(|| others.join(&SEPARATOR.to_string()))
    }

    /// Returns the provider's page, for the header `Location` of a redirect.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the value of the cookie that ties the attempt to this browser. It needs no quoting.
    ///
    /// Set the cookie with `HttpOnly`, `SameSite=Lax` (`Strict` would not come back) and `Secure`,
    /// and a name that begins with `__Host-`, so that no other site can set it. It needs no
    /// signature.
    #[must_use]
    pub fn cookie(&self) -> &str {
        &self.cookie
    }
}

impl fmt::Debug for Attempt {
    /// Without the secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempt").finish_non_exhaustive()
    }
}

/// The attempts of a cookie that are well-formed and have not expired, the newest first.
fn unfinished(cookie: &str) -> impl Iterator<Item = &str> {
    cookie
        .split(SEPARATOR)
        .filter(|attempt| Kept::parse(attempt).is_some_and(|kept| !kept.is_expired()))
}

fn has_state(attempt: &str, state: &str) -> bool {
    Kept::parse(attempt).is_some_and(|kept| kept.has_state(state))
}

/// An attempt in the cookie: `state.nonce.verifier.time.next`, with `next` in Base64. The nonce is
/// for OpenID Connect only, and empty otherwise.
pub(super) struct Kept<'a> {
    state: &'a str,
    pub(super) nonce: &'a str,
    pub(super) verifier: &'a str,
    began: Duration,
    pub(super) next: String,
}

impl<'a> Kept<'a> {
    pub(super) fn new(state: &'a str, nonce: &'a str, verifier: &'a str, next: &str) -> Self {
        Self {
            state,
            nonce,
            verifier,
            began: now(),
            next: safe_next(next).unwrap_or("/").to_owned(),
        }
    }

    fn write(&self) -> String {
        let next = BASE64_URL_SAFE_NO_PAD.encode(&self.next);
        let began = self.began.as_secs();
        format!(
            "{}.{}.{}.{began}.{next}",
            self.state, self.nonce, self.verifier
        )
    }

    /// Returns the attempt in the cookie that has the callback's state.
    pub(super) fn read(cookie: &'a str, response: &AuthorizationResponse) -> Result<Self, Kind> {
        let state = response.get("state").ok_or(Kind::State)?;
        let kept = cookie
            .split(SEPARATOR)
            .take(MAX_ATTEMPTS)
            .filter_map(Self::parse)
            .find(|kept| kept.has_state(state))
            .ok_or(Kind::State)?;
        if kept.is_expired() {
            return Err(Kind::Expired);
        }
        Ok(kept)
    }

    fn has_state(&self, state: &str) -> bool {
        self.state.as_bytes().ct_eq(state.as_bytes()).into()
    }

    fn is_expired(&self) -> bool {
        now().saturating_sub(self.began) > LIFETIME
    }

    fn parse(attempt: &'a str) -> Option<Self> {
        let mut parts = attempt.splitn(5, '.');
        let is_secret = |part: &&str| part.len() >= 16;
        let state = parts.next().filter(is_secret)?;
        let nonce = parts
            .next()
            .filter(|part| part.is_empty() || is_secret(part))?;
        let verifier = parts.next().filter(is_secret)?;
        let began = Duration::from_secs(parts.next()?.parse().ok()?);
        let next = BASE64_URL_SAFE_NO_PAD.decode(parts.next()?).ok()?;
        let next = String::from_utf8(next).ok()?;
        Some(Self {
            state,
            nonce,
            verifier,
            began,
            next: safe_next(&next)?.to_owned(),
        })
    }
}

/// The query of the provider's redirect back.
pub(super) struct AuthorizationResponse(HashMap<String, String>);

impl AuthorizationResponse {
    /// Rejects repeated parameters (RFC 6749, section 3.1).
    pub(super) fn read(query: &str) -> Result<Self, Kind> {
        let mut parameters = HashMap::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            if parameters
                .insert(name.into_owned(), value.into_owned())
                .is_some()
            {
                return Err(Kind::State);
            }
        }
        Ok(Self(parameters))
    }

    /// Returns the code, if the user has signed in (RFC 6749, section 4.1.2).
    pub(super) fn code(&self) -> Result<AuthorizationCode, SignInError> {
        match (self.get("error"), self.get("code")) {
            (Some("access_denied"), _) => Err(Kind::Denied.into()),
            (Some(error), _) => {
                let description = self.get("error_description").unwrap_or_default();
                let reason = format!("{error} {description}");
                Err(SignInError::refused(&reason))
            }
            (None, Some(code)) => Ok(AuthorizationCode::new(code.to_owned())),
            (None, None) => Err(Kind::State.into()),
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

fn now() -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATE: &str = "state567890123456";
    const NONCE: &str = "nonce567890123456";
    const VERIFIER: &str = "verifier90123456";

    fn read(cookie: &str, query: &str) -> Result<String, Kind> {
        let response = AuthorizationResponse::read(query)?;
        Kept::read(cookie, &response).map(|kept| kept.next)
    }

    fn attempt(cookie: &str, number: usize, next: &str) -> String {
        let state = format!("{STATE}{number}");
        let kept = Kept::new(&state, NONCE, VERIFIER, next);
        let url = Url::parse("https://provider.example/").unwrap();
        Attempt::new(url, &kept, cookie).cookie
    }

    fn query(number: usize) -> String {
        format!("code=x&state={STATE}{number}")
    }

    #[test]
    fn attempts_in_two_tabs_finish_in_any_order() {
        for (first, second) in [(1, 2), (2, 1)] {
            let cookie = attempt(&attempt("", 1, "/1"), 2, "/2");
            assert_eq!(read(&cookie, &query(first)).unwrap(), format!("/{first}"));
            let cookie = Attempt::others(&query(first), &cookie).unwrap();
            // An attempt is valid for one callback.
            assert_eq!(read(&cookie, &query(first)).unwrap_err(), Kind::State);
            assert_eq!(read(&cookie, &query(second)).unwrap(), format!("/{second}"));
            assert_eq!(Attempt::others(&query(second), &cookie), None);
        }
    }

    #[test]
    fn a_cookie_is_bounded_and_drops_the_oldest_attempts() {
        let cookie = (0..100).fold(String::new(), |cookie, n| attempt(&cookie, n, "/"));
        for n in 0..100 {
            assert_eq!(read(&cookie, &query(n)).is_ok(), n >= 95, "{n}");
        }
        let long = format!("/{}", "a".repeat(1500));
        let cookie = (0..100).fold(String::new(), |cookie, n| attempt(&cookie, n, &long));
        assert!(cookie.len() <= MAX_LEN, "{}", cookie.len());
        assert!(read(&cookie, &query(99)).is_ok());
        // One that is too long alone is kept: the caller has bounded the length of URLs.
        let longer = format!("/{}", "a".repeat(6000));
        assert!(read(&attempt(&cookie, 7, &longer), &query(7)).is_ok());
    }

    #[test]
    fn malformed_and_expired_attempts_are_dropped() {
        let now = now().as_secs();
        let begun = |time: u64| format!("{STATE}9.{NONCE}.{VERIFIER}.{time}.Lw");
        for old in [
            "",
            "~",
            "~~~~~~",
            "garbage",
            "a.b.c.d.e",
            &begun(0),
            &begun(now - 601),
        ] {
            let good = attempt("", 1, "/");
            assert_eq!(attempt(old, 1, "/").len(), good.len(), "{old}");
            let cookie = format!("{old}~{good}");
            assert_eq!(
                Attempt::others("", &cookie).as_deref(),
                Some(&*good),
                "{old}"
            );
            assert_eq!(Attempt::others(&query(1), &cookie), None, "{old}");
        }
        assert_eq!(Attempt::others("state=a&state=a", "garbage"), None);
        // A malformed callback removes no attempt.
        let good = attempt("", 1, "/");
        let repeated = format!("{0}&{0}", query(1));
        assert_eq!(Attempt::others(&repeated, &good).as_deref(), Some(&*good));
    }

    #[test]
    fn attempts_are_read_back() {
        for (nonce, next, kept) in [
            (NONCE, "/me?a=b", "/me?a=b"),
            ("", "/me?a=b", "/me?a=b"),
            (NONCE, "//evil.example", "/"),
            (NONCE, "", "/"),
        ] {
            let cookie = Kept::new(STATE, nonce, VERIFIER, next).write();
            assert!(
                cookie
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
            );
            assert_eq!(
                read(&cookie, &format!("code=x&state={STATE}")).unwrap(),
                kept
            );
        }
    }

    #[test]
    fn callbacks_of_other_attempts_are_rejected() {
        let good = Kept::new(STATE, NONCE, VERIFIER, "/").write();
        let query = format!("state={STATE}");
        let evil = BASE64_URL_SAFE_NO_PAD.encode("//evil.example");
        let now = now().as_secs();
        let begun = |time: u64, next: &str| format!("{STATE}.{NONCE}.{VERIFIER}.{time}.{next}");
        for (cookie, query, wanted) in [
            (good.as_str(), "", Kind::State),
            (&good, "state=", Kind::State),
            (&good, "state=other", Kind::State),
            (&good, "STATE=state567890123456", Kind::State),
            (&good, &format!("state={STATE}x"), Kind::State),
            (&good, &format!("state={STATE}&state={STATE}"), Kind::State),
            (&good, &format!("state=x&state={STATE}"), Kind::State),
            (&good, &format!("{query}&code=a&code=b"), Kind::State),
            ("", &query, Kind::State),
            ("....", "state=", Kind::State),
            (STATE, &query, Kind::State),
            (&good.replace(STATE, ""), "state=", Kind::State),
            (&good.replace(NONCE, "short"), &query, Kind::State),
            (&good.replace(VERIFIER, "short"), &query, Kind::State),
            (&format!("{good}.x"), &query, Kind::State),
            (&begun(now, "!"), &query, Kind::State),
            (&begun(now, &evil), &query, Kind::State),
            (&begun(now - 601, "Lw"), &query, Kind::Expired),
            (&begun(0, "Lw"), &query, Kind::Expired),
        ] {
            assert_eq!(read(cookie, query).unwrap_err(), wanted, "{cookie} {query}");
        }
        assert_eq!(read(&begun(now - 590, "Lw"), &query).unwrap(), "/");
    }
}
