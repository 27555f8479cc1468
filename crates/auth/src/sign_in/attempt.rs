//! What a sign-in has to remember until the user comes back, kept by the user's own browser.

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

/// Long enough to find a second factor, and too short to find somebody's old cookie.
const LASTS: Duration = Duration::from_secs(10 * 60);

/// A sign-in that has begun: where to send the user, and what their browser has to keep meanwhile.
pub struct Attempt {
    url: String,
    cookie: String,
}

impl Attempt {
    pub(super) fn new(url: Url, kept: &Kept<'_>) -> Self {
        Self {
            url: url.into(),
            cookie: kept.write(),
        }
    }

    /// The provider's page, for the header `Location` of a redirect.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The value of a cookie that proves that the browser that comes back is the one that left. It may stand in
    /// a cookie as it is.
    ///
    /// Let it be `HttpOnly`, `SameSite=Lax` (`Strict` would not come back) and `Secure`, and call it `__Host-`
    /// something; no other site can set it then. Signing it is not needed.
    #[must_use]
    pub fn cookie(&self) -> &str {
        &self.cookie
    }
}

impl fmt::Debug for Attempt {
    /// Without what the browser keeps.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempt").finish_non_exhaustive()
    }
}

/// The content of that cookie: `state.nonce.verifier.time.next`, with `next` in Base64. The nonce is for OpenID
/// Connect alone, and empty without.
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

    /// Reads the cookie's value, and sees whether the answer is one to this attempt.
    pub(super) fn read(cookie: &'a str, answer: &Answer) -> Result<Self, Kind> {
        let kept = Self::parse(cookie).ok_or(Kind::State)?;
        let state = answer.get("state").ok_or(Kind::State)?;
        if !bool::from(kept.state.as_bytes().ct_eq(state.as_bytes())) {
            return Err(Kind::State);
        }
        if now().saturating_sub(kept.began) > LASTS {
            return Err(Kind::Expired);
        }
        Ok(kept)
    }

    fn parse(cookie: &'a str) -> Option<Self> {
        let mut parts = cookie.splitn(5, '.');
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

/// The query that the provider has led back with.
pub(super) struct Answer(HashMap<String, String>);

impl Answer {
    /// Each parameter may be there once (RFC 6749, section 3.1).
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

    /// The code, if the user has signed in (RFC 6749, section 4.1.2).
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
        let answer = Answer::read(query)?;
        Kept::read(cookie, &answer).map(|kept| kept.next)
    }

    #[test]
    fn what_is_kept_comes_back() {
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
    fn what_does_not_belong_together() {
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
