//! The cookies of a client. Their paths and hosts are not compared: a test has one site.

use std::collections::BTreeMap;

use cookie::Cookie;
use http::{HeaderMap, header};

#[derive(Debug, Default)]
pub(super) struct CookieJar(BTreeMap<String, String>);

impl CookieJar {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    pub(super) fn set(&mut self, name: &str, value: &str) {
        self.0.insert(name.to_owned(), value.to_owned());
    }

    /// Returns the value of the header `Cookie`, if there is any cookie.
    pub(super) fn header(&self) -> Option<String> {
        let pairs = self.0.iter().map(|(name, value)| format!("{name}={value}"));
        let pairs: Vec<_> = pairs.collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    /// Applies `Set-Cookie`; a cookie that has expired is removed.
    ///
    /// # Panics
    ///
    /// If a header is not a cookie.
    pub(super) fn update(&mut self, headers: &HeaderMap) {
        for line in headers.get_all(header::SET_COOKIE) {
            let text = line.to_str().ok();
            let Some(cookie) = text.and_then(|text| Cookie::parse(text).ok()) else {
                panic!("the response has a malformed Set-Cookie: {line:?}");
            };
            let is_removed =
                cookie.max_age().is_some_and(|age| !age.is_positive()) || cookie.value().is_empty();
            if is_removed {
                self.0.remove(cookie.name());
            } else {
                self.set(cookie.name(), cookie.value());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, header::SET_COOKIE};

    use super::CookieJar;

    #[test]
    fn cookies_are_kept_replaced_and_removed() {
        let mut jar = CookieJar::default();
        assert_eq!(jar.header(), None);
        for (lines, expected) in [
            (&["a=1; Path=/; HttpOnly", "b=2"][..], Some("a=1; b=2")),
            (&["a=3"], Some("a=3; b=2")),
            (&["b=; Max-Age=0"], Some("a=3")),
            (&["a=gone; Max-Age=0"], None),
            (&["c=\"quoted\""], Some("c=\"quoted\"")),
        ] {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(SET_COOKIE, HeaderValue::from_static(line));
            }
            jar.update(&headers);
            assert_eq!(jar.header().as_deref(), expected, "{lines:?}");
        }
    }
}
