//! `Cache-Control` of responses (RFC 9111, section 5.2.2).

use std::time::{Duration, SystemTime};

use http::HeaderValue;

/// Ten years, as in Tornado.
const TEN_YEARS: Duration = Duration::from_secs(315_360_000);

/// The cache policy for files whose URL does not contain their version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum CachePolicy {
    /// Clients may store the file, but must revalidate it for each use: `no-cache`.
    #[default]
    Revalidate,
    /// Clients may use the file without revalidation for this time, even if it has changed:
    /// `public, max-age=…`, in whole seconds.
    MaxAge(Duration),
    /// Clients must not store the file: `no-store`.
    NoStore,
}

impl CachePolicy {
    pub(crate) fn cache_control(self) -> HeaderValue {
        match self {
            Self::Revalidate => HeaderValue::from_static("no-cache"),
            Self::MaxAge(age) => {
                HeaderValue::try_from(format!("public, max-age={}", age.as_secs()))
                    .expect("digits are ASCII")
            }
            Self::NoStore => HeaderValue::from_static("no-store"),
        }
    }
}

/// `Cache-Control` for a URL that contains the file's current version.
pub(crate) fn immutable() -> HeaderValue {
    HeaderValue::from_static("public, max-age=315360000, immutable")
}

/// `Expires` for the same case, for caches without `max-age` support.
pub(crate) fn expires(now: SystemTime) -> HeaderValue {
    HeaderValue::try_from(httpdate::fmt_http_date(now + TEN_YEARS)).expect("a date is ASCII")
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    #[test]
    fn policies_have_these_values() {
        for (policy, value) in [
            (CachePolicy::default(), "no-cache"),
            (
                CachePolicy::MaxAge(Duration::from_millis(60_999)),
                "public, max-age=60",
            ),
            (CachePolicy::MaxAge(Duration::ZERO), "public, max-age=0"),
            (CachePolicy::NoStore, "no-store"),
        ] {
            assert_eq!(policy.cache_control(), value);
        }
        assert!(
            immutable()
                .to_str()
                .unwrap()
                .contains(&TEN_YEARS.as_secs().to_string())
        );
        assert_eq!(expires(UNIX_EPOCH), "Sun, 30 Dec 1979 00:00:00 GMT");
    }
}
