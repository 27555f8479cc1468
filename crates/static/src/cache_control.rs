//! For how long a response may be kept (RFC 9111, section 5.2.2).

use std::time::{Duration, SystemTime};

use http::HeaderValue;

/// Ten years, as Tornado has it.
const TEN_YEARS: Duration = Duration::from_secs(315_360_000);

/// For how long clients may keep a file whose URL does not name its version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum CachePolicy {
    /// They may keep it, and ask each time whether it is still the same: `no-cache`.
    #[default]
    Revalidate,
    /// They need not ask for this long, and may show an old version meanwhile: `public, max-age=…`,
    /// in whole seconds.
    MaxAge(Duration),
    /// They must not keep it: `no-store`.
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

/// `Cache-Control` where the URL names the version that the file has: for ever.
pub(crate) fn immutable() -> HeaderValue {
    HeaderValue::from_static("public, max-age=315360000, immutable")
}

/// `Expires` in the same case, for caches older than `max-age`.
pub(crate) fn expires(now: SystemTime) -> HeaderValue {
    HeaderValue::try_from(httpdate::fmt_http_date(now + TEN_YEARS)).expect("a date is ASCII")
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    #[test]
    fn values() {
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
